/* SPDX-License-Identifier: Apache-2.0 */
/* Signed static and dynamic application data. */
#include "crypto/emv_block.h"

enum {
	SDA_FORMAT = 0x03,
	DDA_FORMAT = 0x05,
	SDA_HEAD = 4, /* format, hash algorithm, code 2 */
	DDA_HEAD = 3, /* format, hash algorithm, length of the dynamic data */
	NUMBER_MIN = 2,
	NUMBER_MAX = 8,
};
static const char sda[] = "signed static data", dda[] = "signed dynamic data";

/* Pad what is written to the room of a block, and sign it. */
static result sign(struct emv_signer *signer, struct writer *w, struct bytes beyond_block,
                   uint8_t *out)
{
	struct emv_beyond beyond = { { beyond_block } };
	size_t room = signer->size - 1 - EMV_TAIL;

	if (signer->size < EMV_KEY_MIN || signer->size > EMV_KEY_MAX || w->bad || w->len > room)
		return FAIL(INVALID_KEY, "%zu bytes to sign under a key of %zu", w->len,
		            signer->size);
	writer_fill(w, EMV_PAD, room - w->len);
	return emv_block_sign(signer, writer_bytes(w), &beyond, out);
}

/* EMV Book 2, table 7 */
result emv_sda_make(struct emv_signer *issuer, const uint8_t dac[2], struct bytes static_data,
                    uint8_t *out)
{
	uint8_t content[EMV_KEY_MAX];
	struct writer w = writer_of(content, sizeof content);

	writer_u8(&w, SDA_FORMAT);
	writer_u8(&w, EMV_SHA1);
	writer_put(&w, bytes_of(dac, 2));
	return sign(issuer, &w, static_data, out);
}

static result check_hash_algorithm(uint8_t indicator, const char *what)
{
	if (indicator != EMV_SHA1)
		return FAIL(EMV_CERTIFICATE, "%s: hash algorithm %02X", what, indicator);
	return OK;
}

/* Padding from `from` up to the hash. */
static result check_padding(const struct emv_key *k, const uint8_t *block, size_t from,
                            const char *what)
{
	return emv_block_check_pad(bytes_of(block + from, k->size - EMV_TAIL - from), what);
}

result emv_sda_verify(const struct emv_key *issuer, struct bytes ssad, struct bytes static_data,
                      uint8_t dac[2])
{
	struct emv_beyond beyond = { { static_data } };
	uint8_t block[EMV_KEY_MAX];

	TRY(emv_block_open(issuer, ssad, SDA_FORMAT, sda, block));
	TRY(emv_block_check_hash(bytes_of(block, issuer->size), &beyond, sda));
	TRY(check_hash_algorithm(block[2], sda));
	TRY(check_padding(issuer, block, 1 + SDA_HEAD, sda));
	memcpy(dac, block + 3, 2);
	return OK;
}

/* The first byte says how long the number behind it is; more may follow (Book 2 6.5.1). */
static bool is_dynamic(struct bytes dynamic)
{
	return dynamic.len && dynamic.at[0] >= NUMBER_MIN && dynamic.at[0] <= NUMBER_MAX &&
	       dynamic.at[0] < dynamic.len;
}

/* EMV Book 2, table 15 */
result emv_dda_make(struct emv_signer *icc, struct bytes dynamic, struct bytes terminal_data,
                    uint8_t *out)
{
	uint8_t content[EMV_KEY_MAX];
	struct writer w = writer_of(content, sizeof content);

	if (!is_dynamic(dynamic) || dynamic.len + EMV_DYNAMIC_EXTRA > icc->size)
		return FAIL(INVALID_BYTES, "dynamic data of %zu bytes for a key of %zu",
		            dynamic.len, icc->size);
	writer_u8(&w, DDA_FORMAT);
	writer_u8(&w, EMV_SHA1);
	writer_u8(&w, (uint8_t)dynamic.len);
	writer_put(&w, dynamic);
	return sign(icc, &w, terminal_data, out);
}

result emv_dda_verify(const struct emv_key *icc, struct bytes sdad, struct bytes terminal_data,
                      uint8_t number[8], size_t *number_len)
{
	struct emv_beyond beyond = { { terminal_data } };
	uint8_t block[EMV_KEY_MAX];
	struct bytes dynamic;

	TRY(emv_block_open(icc, sdad, DDA_FORMAT, dda, block));
	TRY(emv_block_check_hash(bytes_of(block, icc->size), &beyond, dda));
	TRY(check_hash_algorithm(block[2], dda));
	dynamic = bytes_of(block + 1 + DDA_HEAD, block[3]);
	if (dynamic.len + EMV_DYNAMIC_EXTRA > icc->size || !is_dynamic(dynamic))
		return FAIL(EMV_CERTIFICATE, "%s: length of the card's part", dda);
	TRY(check_padding(icc, block, 1 + DDA_HEAD + dynamic.len, dda));
	*number_len = dynamic.at[0];
	memcpy(number, dynamic.at + 1, *number_len);
	return OK;
}
