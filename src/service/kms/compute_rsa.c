/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/compute_rsa.h"

#include "crypto/digest.h"

enum { SALT = DIGEST_SIZE, ZEROS = 8, TRAILER = 0xBC, BLOCK_MAX = 512 };

/* RFC 8017 9.2, note 1 */
static const uint8_t sha256_info[] = { 0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	                               0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

result compute_rsa_pkcs1(struct bytes message, uint8_t *block, size_t size)
{
	struct writer w = writer_of(block, size);
	uint8_t hash[DIGEST_SIZE];
	size_t tail = sizeof sha256_info + sizeof hash;

	if (size < tail + 11)
		return FAIL(INVALID_KEY, "a key of %zu bytes is too short", size);
	digest_sha256(message, hash);
	writer_u16(&w, 0x0001);
	writer_fill(&w, 0xFF, size - tail - 3);
	writer_u8(&w, 0x00);
	writer_put(&w, bytes_of(sha256_info, sizeof sha256_info));
	writer_put(&w, bytes_of(hash, sizeof hash));
	return writer_done(&w);
}

/* XOR with MGF1-SHA-256 of the seed (RFC 8017 B.2.1). */
static void mask(const uint8_t seed[DIGEST_SIZE], uint8_t *at, size_t len)
{
	uint8_t in[DIGEST_SIZE + 4], out[DIGEST_SIZE];

	memcpy(in, seed, DIGEST_SIZE);
	for (size_t i = 0; i < len; i++) {
		if (i % DIGEST_SIZE == 0) {
			store_be32(in + DIGEST_SIZE, (uint32_t)(i / DIGEST_SIZE));
			digest_sha256(bytes_of(in, sizeof in), out);
		}
		at[i] ^= out[i % DIGEST_SIZE];
	}
}

/* Moduli are whole bytes with the first bit set, so that emBits is 8 × size - 1. */
result compute_rsa_pss(struct hsm_session *s, struct bytes message, uint8_t *block, size_t size)
{
	uint8_t in[ZEROS + DIGEST_SIZE + SALT] = { 0 };
	size_t db = size - DIGEST_SIZE - 1;

	if (size < DIGEST_SIZE + SALT + 2 || size > BLOCK_MAX)
		return FAIL(INVALID_KEY, "a key of %zu bytes does not do for PSS", size);
	digest_sha256(message, in + ZEROS);
	TRY(hsm_random(s, in + ZEROS + DIGEST_SIZE, SALT));
	memset(block, 0, size);
	block[db - SALT - 1] = 0x01;
	memcpy(block + db - SALT, in + ZEROS + DIGEST_SIZE, SALT);
	digest_sha256(bytes_of(in, sizeof in), block + db);
	mask(block + db, block, db);
	block[0] &= 0x7F;
	block[size - 1] = TRAILER;
	return OK;
}
