/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PIN block (密码块) from one key to another (ISO 9564-1). The card number stays the same: a PIN
 * that could be moved to another card's block could be tried out there. The PIN in clear stays
 * here.
 */
#include "base/secret.h"
#include "crypto/pin.h"
#include "domain/keys/exchange_value.h"
#include "service/kms/compute_op.h"

enum { PAN_SIZE = 10, PAN_DIGITS_MIN = 8 };

static const char pin_usages[] = "P0";

/* One side of the work. */
struct side {
	enum pin_format format;
	size_t size;
	struct working_key *key;
	uint8_t card[PIN_BLOCK_MAX]; /* the card number's field */
};

/* cn in 10 bytes, F behind the digits */
static result read_card(const struct compute_call *c, char digits[2 * PAN_SIZE + 1],
                        struct str *out)
{
	hex_encode(kms_bytes(&c->in, KMS_TAG_PAN), digits);
	size_t len = strspn(digits, "0123456789");
	if (strspn(digits + len, "F") != 2 * PAN_SIZE - len || len < PAN_DIGITS_MIN ||
	    len > PIN_CARD_MAX)
		return FAIL(KMS_FIELD_WRONG, "card number");
	*out = (struct str){ digits, len };
	return OK;
}

/* Formats 0 and 3 are for ciphers of 8 bytes, format 4 for those of 16. */
static result open_side(struct compute_call *c, const struct key_entry *entry, uint32_t format,
                        struct str card, struct side *s)
{
	s->size = pin_format_size(format);
	s->format = (enum pin_format)format;
	if (s->size == 0)
		return FAIL(KMS_FIELD_WRONG, "format %u", format);
	if (s->size != (entry->definition.algorithm == 'T' ? 8 : 16))
		return FAIL(KEY_USE, "format %u with algorithm %c", format,
		            entry->definition.algorithm);
	TRY(pin_card_field(s->format, card, s->card));
	return key_cache_key(c->cache, entry, &s->key);
}

/* No PIN goes under a key that is weaker than the one it came under. */
static result require_strength(const struct side *from, const struct side *to)
{
	unsigned has = exchange_strength(working_key_header(from->key)->algorithm,
	                                 working_key_bits(from->key));
	unsigned gets = exchange_strength(working_key_header(to->key)->algorithm,
	                                  working_key_bits(to->key));

	return gets >= has ? OK : FAIL(EXCHANGE_STRENGTH, "from %u bits to %u", has, gets);
}

static result cipher(const struct side *s, bool encrypt, uint8_t block[PIN_BLOCK_MAX])
{
	struct hsm_cipher_call call = {
		.mode = HSM_ECB, .encrypt = encrypt, .in = bytes_of(block, s->size), .out = block
	};

	return working_key_cipher(s->key, &call);
}

static void mix_card(const struct side *s, uint8_t block[PIN_BLOCK_MAX])
{
	for (size_t i = 0; i < s->size; i++)
		block[i] ^= s->card[i];
}

static result open_block(struct compute_call *c, const struct side *from, struct pin *pin)
{
	uint8_t block[PIN_BLOCK_MAX];

	memcpy(block, kms_bytes(&c->in, KMS_TAG_DATA).at, from->size);
	result r = cipher(from, false, block);
	mix_card(from, block);
	if (is_ok(r) && from->format == PIN_FORMAT_4)
		r = cipher(from, false, block);
	if (is_ok(r))
		r = pin_field_read(from->format, block, pin);
	secret_wipe_bytes(block, sizeof block);
	return r.code == PIN_BLOCK_BAD ? compute_note_wrong(c, kms_bytes(&c->in, KMS_TAG_PAN), 1)
	                               : r;
}

static result make_block(struct compute_call *c, const struct side *to, const struct pin *pin)
{
	uint8_t block[PIN_BLOCK_MAX], chance[PIN_CHANCE] = { 0 };
	result r = OK;

	if (to->format != PIN_FORMAT_0)
		TRY(hsm_random(key_cache_session(c->cache), chance, sizeof chance));
	pin_field_make(to->format, pin, chance, block);
	if (to->format == PIN_FORMAT_4)
		r = cipher(to, true, block);
	mix_card(to, block);
	if (is_ok(r))
		r = cipher(to, true, block);
	if (is_ok(r))
		kms_put(c->out, KMS_TAG_RESULT, bytes_of(block, to->size));
	secret_wipe_bytes(block, sizeof block);
	return r;
}

/* 0090: 0001 label | 0002 format 1 | 0004 PIN block | 0008 card number 10 | 000F second label |
 * 0014 its format 1 → 0005 PIN block */
static result translate(struct compute_call *c)
{
	SCOPED(pin_wipe) struct pin pin = { 0 };
	struct side from = { 0 }, to = { 0 };
	char digits[2 * PAN_SIZE + 1];
	struct str card;

	TRY(read_card(c, digits, &card));
	TRY(open_side(c, c->keys[0], kms_number(&c->in, KMS_TAG_MODE), card, &from));
	TRY(open_side(c, c->kek, kms_number(&c->in, KMS_TAG_KEK_MODE), card, &to));
	if (kms_bytes(&c->in, KMS_TAG_DATA).len != from.size)
		return FAIL(KMS_FIELD_WRONG, "a block of another format");
	TRY(require_strength(&from, &to));
	TRY(open_block(c, &from, &pin));
	return make_block(c, &to, &pin);
}

static const struct kms_rule rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, PIN_BLOCK_FORMAT0, PIN_BLOCK_FORMAT4, 1, 1 },
	{ KMS_TAG_PAN, PAN_SIZE, PAN_SIZE, 1, 1 },
	{ KMS_TAG_KEK, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_KEK_MODE, 1, 1, 1, 1 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_PIN_TRANSLATE,
	  .name = "pin-translate",
	  .usages = pin_usages,
	  .deed = KEY_TO_PROCESS,
	  .kek_usages = pin_usages,
	  .kek_deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(rules),
	  .work = translate },
};

const struct compute_table compute_pin_table = { ops, ARRAY_LEN(ops) };
