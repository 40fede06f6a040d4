/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kcv.h"

#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "crypto/mac.h"

enum {
	ECB_LEN = 3,     /* of TDES and DES; of AES where it is asked for */
	SM4_ECB_LEN = 4, /* as Chinese devices show it */
	CMAC_LEN = 5,    /* X9.24-1 */
	HMAC_LEN = 3,
	PUBLIC_LEN = 4,
};

static const uint8_t zeros[16];

static void put(struct kcv *out, enum kcv_type type, const uint8_t *full, uint8_t len)
{
	*out = (struct kcv){ .type = type, .len = len };
	memcpy(out->at, full, len);
}

static result by_ecb(char algorithm, struct bytes key, struct kcv *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };
	enum cipher_kind kind;
	uint8_t block[CIPHER_BLOCK_MAX];

	TRY(cipher_kind_of(algorithm, key.len, &kind));
	TRY(cipher_key_init(&k, kind, key));
	cipher_encrypt(&k, zeros, cipher_block_size(kind), block);
	put(out, KCV_ECB, block, algorithm == '4' ? SM4_ECB_LEN : ECB_LEN);
	secret_wipe_bytes(block, sizeof block);
	return OK;
}

static result by_cmac(enum mac_kind kind, struct bytes key, struct kcv *out)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	uint8_t full[MAC_FULL_SIZE];

	TRY(mac_key_init(&k, kind, key));
	mac_once(&k, bytes_of(zeros, k.block_size), full);
	put(out, KCV_CMAC, full, CMAC_LEN);
	secret_wipe_bytes(full, sizeof full);
	return OK;
}

static result by_hmac(struct bytes key, struct kcv *out)
{
	uint8_t full[HMAC_SIZE];

	if (key.len == 0)
		return FAIL(INVALID_KEY, "HMAC key of no bytes");
	TRY(hmac_once(HMAC_SHA256, key, bytes_of(NULL, 0), full));
	put(out, KCV_CMAC, full, HMAC_LEN);
	secret_wipe_bytes(full, sizeof full);
	return OK;
}

result kcv_of_secret(char algorithm, enum kcv_type type, struct bytes key, struct kcv *out)
{
	if (type == KCV_ECB)
		return by_ecb(algorithm, key, out);
	if (type == KCV_CMAC && algorithm == 'A')
		return by_cmac(MAC_AES_CMAC, key, out);
	if (type == KCV_CMAC && algorithm == 'T')
		return by_cmac(MAC_TDES_CMAC, key, out);
	if (type == KCV_CMAC && algorithm == '4')
		return by_cmac(MAC_SM4_CMAC, key, out);
	if (type == KCV_CMAC && algorithm == 'H')
		return by_hmac(key, out);
	return FAIL(INVALID_KEY, "no check value %d for algorithm %c", (int)type, algorithm);
}

enum kcv_type kcv_default(char algorithm)
{
	switch (algorithm) {
	case 'T':
	case 'D':
	case '4':
		return KCV_ECB;
	case 'A':
	case 'H':
		return KCV_CMAC;
	default:
		return KCV_PUBLIC;
	}
}

result kcv_of_spki(struct bytes der, struct kcv *out)
{
	uint8_t full[DIGEST_SIZE];

	if (der.len == 0)
		return FAIL(INVALID_KEY, "public key of no bytes");
	digest_sha256(der, full);
	put(out, KCV_PUBLIC, full, PUBLIC_LEN);
	return OK;
}

result kcv_of_sm2(const uint8_t point[64], struct kcv *out)
{
	uint8_t full[DIGEST_SIZE];

	digest_sm3(bytes_of(point, 64), full);
	put(out, KCV_PUBLIC, full, PUBLIC_LEN);
	return OK;
}

const char *kcv_text(const struct kcv *k, char out[KCV_TEXT_SIZE])
{
	hex_encode(bytes_of(k->at, k->len < KCV_MAX ? k->len : KCV_MAX), out);
	return out;
}

result kcv_parse(struct str text, enum kcv_type type, struct kcv *out)
{
	struct kcv k = { .type = type, .len = (uint8_t)(text.len / 2) };

	if (text.len % 2 || text.len < 2 * KCV_COMPARED_MIN || text.len > 2 * KCV_MAX)
		return FAIL(INVALID_HEX, "a check value of %zu digits", text.len);
	TRY(hex_decode(text, k.at, k.len));
	*out = k;
	return OK;
}

bool kcv_is(const struct kcv *a, const struct kcv *b)
{
	size_t len = a->len < b->len ? a->len : b->len;

	return a->type == b->type && len >= KCV_COMPARED_MIN && len <= KCV_MAX &&
	       bytes_equal(bytes_of(a->at, len), bytes_of(b->at, len));
}
