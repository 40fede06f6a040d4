/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pin.h"

#include "base/secret.h"
#include "crypto/cipher.h"

/* ISO 9564-1: the control nibble names the format. */
enum { FORMAT_0 = 0x00, FORMAT_4 = 0x40 };

void pin_wipe(struct pin *p)
{
	secret_wipe_bytes(p, sizeof *p);
}

result pin_parse(struct str text, struct pin *out)
{
	if (text.len < PIN_DIGITS_MIN || text.len > PIN_DIGITS_MAX || !str_is_digits(text))
		return FAIL(PIN_BLOCK_BAD, "a PIN has 4 to 12 digits");
	*out = (struct pin){ .len = (uint8_t)text.len };
	for (size_t i = 0; i < text.len; i++)
		out->digits[i] = (uint8_t)(text.at[i] - '0');
	return OK;
}

size_t pin_block_size(enum suite suite)
{
	return suite_has_envelope(suite) ? PIN_BLOCK_FORMAT4 : PIN_BLOCK_FORMAT0;
}

static void put_nibble(uint8_t *bytes, size_t at, uint8_t nibble)
{
	if (at % 2)
		bytes[at / 2] = (uint8_t)((bytes[at / 2] & 0xF0) | nibble);
	else
		bytes[at / 2] = (uint8_t)((bytes[at / 2] & 0x0F) | nibble << 4);
}

static uint8_t get_nibble(const uint8_t *bytes, size_t at)
{
	return at % 2 ? bytes[at / 2] & 0x0F : bytes[at / 2] >> 4;
}

/* ISO 9564-1 9.4.2.3: M = digits beyond twelve, then the card number, zeros behind. */
static void card_block4(struct str card_no, uint8_t out[16])
{
	size_t len = card_no.len < 12 ? 12 : card_no.len;
	size_t zeros = len - card_no.len; /* a short number stands right in twelve places */

	memset(out, 0, 16);
	put_nibble(out, 0, (uint8_t)(len - 12));
	for (size_t i = 0; i < card_no.len; i++)
		put_nibble(out, 1 + zeros + i, (uint8_t)(card_no.at[i] - '0'));
}

/* ISO 9564-1 9.3.2: 0000 and the rightmost twelve digits without the check digit. */
static void card_block0(struct str card_no, uint8_t out[8])
{
	size_t have = card_no.len - 1;
	size_t take = have < 12 ? have : 12;

	memset(out, 0, 8);
	for (size_t i = 0; i < take; i++)
		put_nibble(out, 16 - take + i, (uint8_t)(card_no.at[have - take + i] - '0'));
}

/* Control, length, digits, then filler up to so many nibbles. */
static void pin_field(const struct pin *pin, uint8_t format, size_t nibbles, uint8_t *out)
{
	uint8_t filler = format == FORMAT_4 ? 0xA : 0xF;

	out[0] = (uint8_t)(format | pin->len);
	for (size_t i = 0; i < nibbles - 2; i++)
		put_nibble(out, 2 + i, i < pin->len ? pin->digits[i] : filler);
}

static result read_pin_field(const uint8_t *in, uint8_t format, size_t nibbles, struct pin *out)
{
	uint8_t filler = format == FORMAT_4 ? 0xA : 0xF;
	uint8_t len = in[0] & 0x0F;
	uint8_t wrong = (in[0] & 0xF0) != format || len < PIN_DIGITS_MIN || len > PIN_DIGITS_MAX;

	*out = (struct pin){ .len = len <= PIN_DIGITS_MAX ? len : 0 };
	for (size_t i = 0; i < nibbles - 2; i++) {
		uint8_t nibble = get_nibble(in, 2 + i);

		if (i < out->len)
			out->digits[i] = nibble;
		wrong |= i < out->len ? nibble > 9 : nibble != filler;
	}
	if (!wrong)
		return OK;
	pin_wipe(out);
	return FAIL(PIN_BLOCK_BAD, "a PIN block does not open");
}

static result key_of(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], struct cipher_key *out)
{
	static const enum cipher_kind kinds[] = { [SUITE_AES] = CIPHER_AES128,
		                                  [SUITE_SM4] = CIPHER_SM4,
		                                  [SUITE_3DES] = CIPHER_3DES,
		                                  [SUITE_UNIONPAY] = CIPHER_3DES };

	if (!suite_is_known(suite))
		return FAIL(SUITE_UNSUPPORTED, "suite %d", (int)suite);
	return cipher_key_init(out, kinds[suite], bytes_of(tpk, SUITE_KEY_SIZE));
}

static result check_card_no(struct str card_no)
{
	if (card_no.len > PIN_CARD_MAX || !str_is_digits(card_no))
		return FAIL(PIN_BLOCK_BAD, "a card number has 1 to 19 digits");
	return OK;
}

static void mix(uint8_t *block, const uint8_t *with, size_t len)
{
	for (size_t i = 0; i < len; i++)
		block[i] ^= with[i];
}

result pin_seal(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], const struct pin *pin,
                struct str card_no, struct random_source *random, uint8_t out[PIN_BLOCK_MAX])
{
	SCOPED(cipher_key_deinit) struct cipher_key key = { 0 };
	uint8_t card[16];

	TRY(check_card_no(card_no));
	TRY(key_of(suite, tpk, &key));
	if (suite_has_envelope(suite)) {
		pin_field(pin, FORMAT_4, 16, out);
		random_fill(random, out + 8, 8);
		card_block4(card_no, card);
		cipher_encrypt(&key, out, 16, out);
		mix(out, card, 16);
		cipher_encrypt(&key, out, 16, out);
	} else {
		pin_field(pin, FORMAT_0, 16, out);
		card_block0(card_no, card);
		mix(out, card, 8);
		cipher_encrypt(&key, out, 8, out);
	}
	return OK;
}

static result open_format4(struct cipher_key *key, struct bytes block, struct str card_no,
                           struct pin *out)
{
	uint8_t clear[16], card[16];
	result r;

	card_block4(card_no, card);
	cipher_decrypt(key, block.at, 16, clear);
	mix(clear, card, 16);
	cipher_decrypt(key, clear, 16, clear);
	r = read_pin_field(clear, FORMAT_4, 16, out);
	secret_wipe_bytes(clear, sizeof clear);
	return r;
}

static result open_format0(struct cipher_key *key, struct bytes block, struct str card_no,
                           struct pin *out)
{
	uint8_t clear[8], card[8];
	result r;

	card_block0(card_no, card);
	cipher_decrypt(key, block.at, 8, clear);
	mix(clear, card, 8);
	r = read_pin_field(clear, FORMAT_0, 16, out);
	secret_wipe_bytes(clear, sizeof clear);
	return r;
}

result pin_open(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], struct bytes block,
                struct str card_no, struct pin *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key key = { 0 };

	TRY(check_card_no(card_no));
	TRY(key_of(suite, tpk, &key));
	if (block.len != pin_block_size(suite))
		return FAIL(PIN_BLOCK_BAD, "a PIN block of %zu bytes", block.len);
	return suite_has_envelope(suite) ? open_format4(&key, block, card_no, out)
	                                 : open_format0(&key, block, card_no, out);
}
