/* SPDX-License-Identifier: Apache-2.0 */
/* What an RSA key does: rsa.h from rsa_raw_private on. */
#include "crypto/rsa.h"

#include <openssl/rsa.h>

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/evp.h"

static EVP_PKEY_CTX *context_of(const struct rsa_key *k)
{
	return k->pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL) : NULL;
}

static result require_pair(const struct rsa_key *k)
{
	return k->is_pair ? OK : FAIL(INVALID_KEY, "an RSA key without private half");
}

/* --- raw --- */

static result check_block(const struct rsa_key *k, struct bytes block)
{
	if (block.len != k->size)
		return FAIL(INVALID_BYTES, "block of %zu bytes, RSA key of %zu", block.len,
		            k->size);
	if (memcmp(block.at, k->modulus, k->size) >= 0)
		return FAIL(INVALID_BYTES, "block not below the modulus");
	return OK;
}

result rsa_raw_private(const struct rsa_key *k, struct bytes block, uint8_t *out)
{
	SCOPED(evp_free_context) EVP_PKEY_CTX *ctx = NULL;
	size_t len = k->size;

	TRY(require_pair(k));
	TRY(check_block(k, block));
	ctx = context_of(k);
	if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_decrypt(ctx, out, &len, block.at, block.len) != 1 || len != k->size)
		return FAIL(CRYPTO_FAULT, "raw private RSA of %zu bytes", k->size);
	return OK;
}

result rsa_raw_public(const struct rsa_key *k, struct bytes block, uint8_t *out)
{
	SCOPED(evp_free_context) EVP_PKEY_CTX *ctx = NULL;
	size_t len = k->size;

	TRY(check_block(k, block));
	ctx = context_of(k);
	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_encrypt(ctx, out, &len, block.at, block.len) != 1 || len != k->size)
		return FAIL(CRYPTO_FAULT, "raw public RSA of %zu bytes", k->size);
	return OK;
}

/* --- signatures --- */

static bool set_scheme(EVP_PKEY_CTX *ctx, enum rsa_scheme scheme)
{
	if (scheme == RSA_SCHEME_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

result rsa_sign(const struct rsa_key *k, enum rsa_scheme scheme, struct bytes message, uint8_t *out)
{
	SCOPED(evp_free_digest) EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL; /* md's own */
	size_t len = k->size;

	TRY(require_pair(k));
	if (!md ||
	    EVP_DigestSignInit(md, &ctx, algorithm_digest(ALGORITHM_SHA256), NULL, k->pkey) != 1)
		return FAIL(CRYPTO_FAULT, "no RSA signature to be had");
	if (!set_scheme(ctx, scheme) ||
	    EVP_DigestSign(md, out, &len, message.at, message.len) != 1 || len != k->size)
		return FAIL(INVALID_KEY, "an RSA key of %zu bytes does not sign", k->size);
	return OK;
}

result rsa_verify(const struct rsa_key *k, enum rsa_scheme scheme, struct bytes message,
                  struct bytes signature)
{
	SCOPED(evp_free_digest) EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL; /* md's own */

	if (!md ||
	    EVP_DigestVerifyInit(md, &ctx, algorithm_digest(ALGORITHM_SHA256), NULL, k->pkey) != 1)
		return FAIL(CRYPTO_FAULT, "no RSA verification to be had");
	if (signature.len != k->size || !set_scheme(ctx, scheme) ||
	    EVP_DigestVerify(md, signature.at, signature.len, message.at, message.len) != 1)
		return FAIL(SIGNATURE_WRONG, "RSA signature of %zu bytes", signature.len);
	return OK;
}

/* --- OAEP --- */

static bool set_oaep(EVP_PKEY_CTX *ctx, enum rsa_oaep oaep)
{
	const EVP_MD *md = oaep == RSA_OAEP_SHA1 ? EVP_sha1() : EVP_sha256();

	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

/* RFC 8017 7.1.1 step 1b */
size_t rsa_seal_max(const struct rsa_key *k, enum rsa_oaep oaep)
{
	size_t extra = 2 * (oaep == RSA_OAEP_SHA1 ? 20 : 32) + 2;

	return k->size < extra ? 0 : k->size - extra;
}

result rsa_seal(const struct rsa_key *k, enum rsa_oaep oaep, struct bytes message, uint8_t *out)
{
	SCOPED(evp_free_context) EVP_PKEY_CTX *ctx = context_of(k);
	size_t len = k->size;

	if (message.len > rsa_seal_max(k, oaep))
		return FAIL(INVALID_BYTES, "%zu bytes for an RSA key of %zu", message.len, k->size);
	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || !set_oaep(ctx, oaep) ||
	    EVP_PKEY_encrypt(ctx, out, &len, message.at, message.len) != 1 || len != k->size)
		return FAIL(CRYPTO_FAULT, "OAEP under an RSA key of %zu bytes", k->size);
	return OK;
}

result rsa_open(const struct rsa_key *k, enum rsa_oaep oaep, struct bytes sealed,
                struct writer *out)
{
	SCOPED(evp_free_context) EVP_PKEY_CTX *ctx = context_of(k);
	uint8_t clear[RSA_KEY_SIZE_MAX] = { 0 };
	size_t len = sizeof clear;
	bool is_open;

	TRY(require_pair(k));
	is_open = ctx && sealed.len == k->size && EVP_PKEY_decrypt_init(ctx) == 1 &&
	          set_oaep(ctx, oaep) &&
	          EVP_PKEY_decrypt(ctx, clear, &len, sealed.at, sealed.len) == 1;
	if (is_open)
		writer_put(out, bytes_of(clear, len));
	secret_wipe_bytes(clear, sizeof clear);
	return is_open ? writer_done(out) : FAIL(CIPHERTEXT_BROKEN, "OAEP under an RSA key");
}
