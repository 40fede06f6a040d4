/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/emv_keys.h"

#include <openssl/evp.h>

#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/mac.h"
#include "crypto/pboc.h"

enum {
	Y_SIZE = 8, /* what a card's key is made of: 16 digits in BCD */
	Y_DIGITS = 2 * Y_SIZE,
	DIGITS_MAX =
	        1 + EMV_CARD_DIGITS_MAX + 2, /* a zero in front, sequence number behind: even */
	SHA1_SIZE = 20,
};

static result encrypt(const uint8_t key[EMV_KEY_SIZE], const uint8_t *in, size_t len, uint8_t *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };

	TRY(cipher_key_init(&k, CIPHER_3DES, bytes_of(key, EMV_KEY_SIZE)));
	cipher_encrypt(&k, in, len, out);
	return OK;
}

static void pack(const uint8_t *digits, size_t count, uint8_t *out)
{
	for (size_t i = 0; i < count / 2; i++)
		out[i] = (uint8_t)(digits[2 * i] << 4 | digits[2 * i + 1]);
}

/* Values of the digits of card number and sequence number; how many. */
static size_t digits_of(const struct emv_card *card, uint8_t *digits)
{
	size_t len = card->number.len;

	for (size_t i = 0; i < len; i++)
		digits[i] = (uint8_t)(card->number.at[i] - '0');
	digits[len] = card->sequence / 10;
	digits[len + 1] = card->sequence % 10;
	return len + 2;
}

/* A1.4.1: rightmost 16 digits, zeros in front of fewer. */
static void make_y_a(const uint8_t *digits, size_t count, uint8_t y[Y_SIZE])
{
	uint8_t right[Y_DIGITS] = { 0 };
	size_t take = count < Y_DIGITS ? count : Y_DIGITS;

	memcpy(right + Y_DIGITS - take, digits + count - take, take);
	pack(right, Y_DIGITS, y);
}

/* A1.4.2: the hash's decimal digits from the left; when they do not do, its letters from the left,
 * A as 0 to F as 5. */
static void decimalise(const uint8_t hash[SHA1_SIZE], uint8_t y[Y_SIZE])
{
	uint8_t found[Y_DIGITS];
	size_t count = 0;

	for (int letters = 0; letters < 2; letters++) {
		for (size_t i = 0; i < 2 * SHA1_SIZE && count < Y_DIGITS; i++) {
			uint8_t nibble = i % 2 ? hash[i / 2] & 0x0F : hash[i / 2] >> 4;

			if ((nibble > 9) == letters)
				found[count++] = (uint8_t)(nibble - 10 * letters);
		}
	}
	pack(found, Y_DIGITS, y);
}

static result make_y_b(const uint8_t *digits, size_t count, uint8_t y[Y_SIZE])
{
	uint8_t padded[DIGITS_MAX] = { 0 }, packed[DIGITS_MAX / 2], hash[SHA1_SIZE];
	size_t odd = count % 2;

	ASSERT(count + odd <= DIGITS_MAX);
	memcpy(padded + odd, digits, count);
	pack(padded, count + odd, packed);
	if (!EVP_Q_digest(NULL, "SHA1", NULL, packed, (count + odd) / 2, hash, NULL))
		return FAIL(CRYPTO_FAULT, "SHA-1 is not to be had");
	decimalise(hash, y);
	return OK;
}

static result check_card(const struct emv_card *card)
{
	if (card->number.len < EMV_CARD_DIGITS_MIN || card->number.len > EMV_CARD_DIGITS_MAX ||
	    !str_is_digits(card->number) || card->sequence > EMV_SEQUENCE_MAX)
		return FAIL(INVALID_NUMBER, "card number of %zu, sequence number %u",
		            card->number.len, card->sequence);
	return OK;
}

result emv_master_key(enum emv_option option, const uint8_t issuer[EMV_KEY_SIZE],
                      const struct emv_card *card, uint8_t out[EMV_KEY_SIZE])
{
	uint8_t digits[DIGITS_MAX], y[2 * Y_SIZE];
	size_t count;

	TRY(check_card(card));
	count = digits_of(card, digits);
	if (option == EMV_OPTION_B && card->number.len > Y_DIGITS)
		TRY(make_y_b(digits, count, y));
	else
		make_y_a(digits, count, y);
	for (size_t i = 0; i < Y_SIZE; i++)
		y[Y_SIZE + i] = (uint8_t)~y[i];
	TRY(encrypt(issuer, y, sizeof y, out));
	pboc_set_parity(out, EMV_KEY_SIZE);
	return OK;
}

result emv_session_key(const uint8_t master[EMV_KEY_SIZE], uint16_t counter,
                       uint8_t out[EMV_KEY_SIZE])
{
	uint8_t r[EMV_KEY_SIZE] = { [2] = 0xF0, [10] = 0x0F };

	store_be16(r, counter);
	store_be16(r + 8, counter);
	TRY(encrypt(master, r, sizeof r, out));
	pboc_set_parity(out, EMV_KEY_SIZE);
	return OK;
}

result emv_arqc(const uint8_t session[EMV_KEY_SIZE], struct bytes data,
                uint8_t out[EMV_CRYPTOGRAM_SIZE])
{
	static const uint8_t pad = 0x80;
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	uint8_t full[MAC_FULL_SIZE];

	TRY(mac_key_init(&key, MAC_X919, bytes_of(session, EMV_KEY_SIZE)));
	mac_begin(&key);
	mac_add(&key, data);
	mac_add(&key, bytes_of(&pad, 1)); /* the zeros behind it are X9.19's own padding */
	mac_end(&key, full);
	memcpy(out, full, EMV_CRYPTOGRAM_SIZE);
	return OK;
}

result emv_arpc1(const uint8_t session[EMV_KEY_SIZE], const uint8_t arqc[EMV_CRYPTOGRAM_SIZE],
                 const uint8_t arc[EMV_ARC_SIZE], uint8_t out[EMV_CRYPTOGRAM_SIZE])
{
	uint8_t block[EMV_CRYPTOGRAM_SIZE];

	memcpy(block, arqc, sizeof block);
	for (size_t i = 0; i < EMV_ARC_SIZE; i++)
		block[i] ^= arc[i];
	return encrypt(session, block, sizeof block, out);
}

result emv_arpc2(const uint8_t session[EMV_KEY_SIZE], const uint8_t arqc[EMV_CRYPTOGRAM_SIZE],
                 const uint8_t csu[EMV_CSU_SIZE], struct bytes proprietary,
                 uint8_t out[EMV_ARPC2_SIZE])
{
	uint8_t data[EMV_CRYPTOGRAM_SIZE + EMV_CSU_SIZE + EMV_PROPRIETARY_MAX];
	struct writer w = writer_of(data, sizeof data);
	uint8_t mac[EMV_CRYPTOGRAM_SIZE];

	writer_put(&w, bytes_of(arqc, EMV_CRYPTOGRAM_SIZE));
	writer_put(&w, bytes_of(csu, EMV_CSU_SIZE));
	writer_put(&w, proprietary);
	if (w.bad)
		return FAIL(INVALID_BYTES, "%zu bytes of the issuer's own", proprietary.len);
	TRY(emv_arqc(session, writer_bytes(&w), mac));
	memcpy(out, mac, EMV_ARPC2_SIZE);
	return OK;
}
