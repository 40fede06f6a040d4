/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pin.h"

#include "base/secret.h"
#include "crypto/cipher.h"

enum {
	FIELD_DIGITS = 14, /* places behind control and length, in the first eight bytes */
	FILLER_LEAST = 0xA,
	FILLERS = 6,
};
_Static_assert((int)PIN_CHANCE == 2 * (int)FIELD_DIGITS, "two bytes a place");

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

size_t pin_format_size(unsigned format)
{
	return format == PIN_FORMAT_4                             ? PIN_BLOCK_FORMAT4
	       : format == PIN_FORMAT_0 || format == PIN_FORMAT_3 ? PIN_BLOCK_FORMAT0
	                                                          : 0;
}

static enum pin_format format_of(enum suite suite)
{
	return suite_has_envelope(suite) ? PIN_FORMAT_4 : PIN_FORMAT_0;
}

size_t pin_block_size(enum suite suite)
{
	return pin_format_size(format_of(suite));
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

/* --- the PIN's field --- */

/* Of format 3: A…F, as good as evenly. */
static uint8_t random_filler(const uint8_t at[2])
{
	return (uint8_t)(FILLER_LEAST + load_be16(at) % FILLERS);
}

/* Control, length, digits, then filler in what is left of eight bytes; eight random ones behind
 * them in format 4. */
void pin_field_make(enum pin_format format, const struct pin *pin, const uint8_t chance[PIN_CHANCE],
                    uint8_t out[PIN_BLOCK_MAX])
{
	out[0] = (uint8_t)((unsigned)format << 4 | pin->len);
	for (size_t i = 0; i < FIELD_DIGITS; i++) {
		uint8_t filler = format == PIN_FORMAT_0   ? 0xF
		                 : format == PIN_FORMAT_4 ? 0xA
		                                          : random_filler(chance + 2 * i);

		put_nibble(out, 2 + i, i < pin->len ? pin->digits[i] : filler);
	}
	if (format == PIN_FORMAT_4)
		memcpy(out + 8, chance, 8);
}

static bool is_filler(enum pin_format format, uint8_t nibble)
{
	return format == PIN_FORMAT_0   ? nibble == 0xF
	       : format == PIN_FORMAT_4 ? nibble == 0xA
	                                : nibble >= FILLER_LEAST;
}

result pin_field_read(enum pin_format format, const uint8_t *field, struct pin *out)
{
	uint8_t len = field[0] & 0x0F;
	unsigned wrong = field[0] >> 4 != (unsigned)format;

	wrong |= len < PIN_DIGITS_MIN || len > PIN_DIGITS_MAX;
	*out = (struct pin){ .len = len <= PIN_DIGITS_MAX ? len : 0 };
	for (size_t i = 0; i < FIELD_DIGITS; i++) {
		uint8_t nibble = get_nibble(field, 2 + i);

		if (i < out->len)
			out->digits[i] = nibble;
		wrong |= i < out->len ? nibble > 9 : !is_filler(format, nibble);
	}
	if (!wrong)
		return OK;
	pin_wipe(out);
	return FAIL(PIN_BLOCK_BAD, "a PIN block does not open");
}

static result check_card_no(struct str card_no)
{
	if (card_no.len > PIN_CARD_MAX || !str_is_digits(card_no))
		return FAIL(PIN_BLOCK_BAD, "a card number has 1 to 19 digits");
	return OK;
}

result pin_card_field(enum pin_format format, struct str card_no, uint8_t out[PIN_BLOCK_MAX])
{
	TRY(check_card_no(card_no));
	if (format == PIN_FORMAT_4)
		card_block4(card_no, out);
	else
		card_block0(card_no, out);
	return OK;
}

/* --- blocks of a suite --- */

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

static void mix(uint8_t *block, const uint8_t *with, size_t len)
{
	for (size_t i = 0; i < len; i++)
		block[i] ^= with[i];
}

result pin_seal(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], const struct pin *pin,
                struct str card_no, struct random_source *random, uint8_t out[PIN_BLOCK_MAX])
{
	SCOPED(cipher_key_deinit) struct cipher_key key = { 0 };
	enum pin_format format = format_of(suite);
	size_t size = pin_format_size(format);
	uint8_t card[PIN_BLOCK_MAX], chance[PIN_CHANCE];

	TRY(pin_card_field(format, card_no, card));
	TRY(key_of(suite, tpk, &key));
	random_fill(random, chance, sizeof chance);
	pin_field_make(format, pin, chance, out);
	if (format == PIN_FORMAT_4)
		cipher_encrypt(&key, out, size, out);
	mix(out, card, size);
	cipher_encrypt(&key, out, size, out);
	return OK;
}

result pin_open(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], struct bytes block,
                struct str card_no, struct pin *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key key = { 0 };
	enum pin_format format = format_of(suite);
	uint8_t clear[PIN_BLOCK_MAX], card[PIN_BLOCK_MAX];
	result r;

	TRY(pin_card_field(format, card_no, card));
	TRY(key_of(suite, tpk, &key));
	if (block.len != pin_format_size(format))
		return FAIL(PIN_BLOCK_BAD, "a PIN block of %zu bytes", block.len);
	cipher_decrypt(&key, block.at, block.len, clear);
	mix(clear, card, block.len);
	if (format == PIN_FORMAT_4)
		cipher_decrypt(&key, clear, block.len, clear);
	r = pin_field_read(format, clear, out);
	secret_wipe_bytes(clear, sizeof clear);
	return r;
}
