/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/emv_block.h"

#include "base/secret.h"
#include "crypto/evp.h"

result emv_sha1(const struct bytes *pieces, size_t count, uint8_t out[EMV_HASH])
{
	SCOPED(evp_free_digest) EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool is_fed = md && EVP_DigestInit_ex(md, EVP_sha1(), NULL) == 1;

	for (size_t i = 0; i < count && is_fed; i++)
		is_fed = EVP_DigestUpdate(md, pieces[i].at, pieces[i].len) == 1;
	if (!is_fed || EVP_DigestFinal_ex(md, out, NULL) != 1)
		return FAIL(CRYPTO_FAULT, "SHA-1 is not to be had");
	return OK;
}

/* --- keys --- */

result emv_key_init(struct emv_key *k, struct bytes modulus, uint32_t exponent)
{
	if (modulus.len < EMV_KEY_MIN || modulus.len > EMV_KEY_MAX)
		return FAIL(INVALID_KEY, "an EMV modulus of %zu bytes", modulus.len);
	if (!(modulus.at[0] & 0x80) || !(modulus.at[modulus.len - 1] & 1))
		return FAIL(INVALID_KEY, "an EMV modulus fills its bytes and is odd");
	if (exponent != 3 && exponent != 65537)
		return FAIL(INVALID_KEY, "EMV exponent %u, not 3 or 65537", exponent);
	*k = (struct emv_key){ .size = modulus.len, .exponent = exponent };
	memcpy(k->modulus, modulus.at, modulus.len);
	return OK;
}

size_t emv_key_exponent(const struct emv_key *k, uint8_t out[EMV_EXPONENT_MAX])
{
	size_t len = k->exponent > 0xFF ? 3 : 1;

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(k->exponent >> 8 * (len - 1 - i));
	return len;
}

uint32_t emv_exponent_of(struct bytes exponent)
{
	static const uint8_t f4[] = { 1, 0, 1 };

	if (exponent.len == 1 && exponent.at[0] == 3)
		return 3;
	return bytes_equal(exponent, bytes_of(f4, sizeof f4)) ? 65537 : 0;
}

result emv_raw(const struct emv_key *k, struct bytes in, uint8_t *out)
{
	SCOPED(rsa_key_deinit) struct rsa_key key = { 0 };

	TRY(rsa_key_from_public(&key, emv_key_modulus(k), k->exponent));
	return rsa_raw_public(&key, in, out);
}

static result raw_of_rsa(struct emv_signer *signer, struct bytes in, uint8_t *out)
{
	/* `signer` is its first member */
	const struct emv_rsa_signer *s = (const struct emv_rsa_signer *)signer;

	return rsa_raw_private(s->key, in, out);
}

void emv_rsa_signer_init(struct emv_rsa_signer *s, const struct rsa_key *key)
{
	*s = (struct emv_rsa_signer){ .signer = { raw_of_rsa, key->size }, .key = key };
}

result emv_ca_checksum(const uint8_t rid[EMV_RID], uint8_t index, const struct emv_key *k,
                       uint8_t out[EMV_HASH])
{
	uint8_t exponent[EMV_EXPONENT_MAX];
	size_t len = emv_key_exponent(k, exponent);
	const struct bytes pieces[] = {
		{ rid, EMV_RID }, { &index, 1 }, { k->modulus, k->size }, { exponent, len }
	};

	return emv_sha1(pieces, ARRAY_LEN(pieces), out);
}

result emv_ca_check(const uint8_t rid[EMV_RID], uint8_t index, const struct emv_key *k,
                    const uint8_t published[EMV_HASH])
{
	uint8_t checksum[EMV_HASH];

	TRY(emv_ca_checksum(rid, index, k, checksum));
	if (!bytes_equal(bytes_of(checksum, EMV_HASH), bytes_of(published, EMV_HASH)))
		return FAIL(EMV_CERTIFICATE, "checksum of CA key %02X", index);
	return OK;
}

/* --- the frame --- */

static result hash_of(struct bytes content, const struct emv_beyond *beyond, uint8_t out[EMV_HASH])
{
	struct bytes pieces[1 + ARRAY_LEN(beyond->pieces)] = { content };

	memcpy(pieces + 1, beyond->pieces, sizeof beyond->pieces);
	return emv_sha1(pieces, ARRAY_LEN(pieces), out);
}

result emv_block_sign(struct emv_signer *signer, struct bytes content,
                      const struct emv_beyond *beyond, uint8_t *out)
{
	uint8_t block[EMV_KEY_MAX];
	size_t hash_at = 1 + content.len;

	if (signer->size > EMV_KEY_MAX || content.len + 1 + EMV_TAIL != signer->size)
		return FAIL(INVALID_KEY, "a block of %zu bytes for a key of %zu",
		            content.len + 1 + EMV_TAIL, signer->size);
	block[0] = EMV_HEADER;
	memcpy(block + 1, content.at, content.len);
	TRY(hash_of(content, beyond, block + hash_at));
	block[hash_at + EMV_HASH] = EMV_TRAILER;
	return signer->raw(signer, bytes_of(block, signer->size), out);
}

result emv_block_open(const struct emv_key *k, struct bytes in, uint8_t format, const char *what,
                      uint8_t *block)
{
	result r;

	if (in.len != k->size)
		return FAIL(EMV_CERTIFICATE, "%s: %zu bytes under a key of %zu", what, in.len,
		            k->size);
	r = emv_raw(k, in, block);
	if (r.code == INVALID_BYTES)
		return FAIL(EMV_CERTIFICATE, "%s: not below the modulus", what);
	TRY(r);
	if (block[0] != EMV_HEADER)
		return FAIL(EMV_CERTIFICATE, "%s: header %02X", what, block[0]);
	if (block[k->size - 1] != EMV_TRAILER)
		return FAIL(EMV_CERTIFICATE, "%s: trailer %02X", what, block[k->size - 1]);
	if (block[1] != format)
		return FAIL(EMV_CERTIFICATE, "%s: format %02X", what, block[1]);
	return OK;
}

result emv_block_check_hash(struct bytes block, const struct emv_beyond *beyond, const char *what)
{
	size_t hash_at = block.len - EMV_TAIL;
	uint8_t hash[EMV_HASH];

	TRY(hash_of(bytes_of(block.at + 1, hash_at - 1), beyond, hash));
	if (!bytes_equal(bytes_of(hash, EMV_HASH), bytes_of(block.at + hash_at, EMV_HASH)))
		return FAIL(EMV_CERTIFICATE, "%s: hash", what);
	return OK;
}

result emv_block_check_pad(struct bytes pad, const char *what)
{
	for (size_t i = 0; i < pad.len; i++)
		if (pad.at[i] != EMV_PAD)
			return FAIL(EMV_CERTIFICATE, "%s: padding %02X", what, pad.at[i]);
	return OK;
}
