/* SPDX-License-Identifier: Apache-2.0 */
/* What an SM2 key does: sm2.h from sm2_sign on. */
#include "crypto/sm2.h"

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/der.h"
#include "crypto/evp.h"

static result require_pair(const struct sm2_key *k)
{
	return k->is_pair ? OK : FAIL(INVALID_KEY, "an SM2 key without private half");
}

static void take(struct reader *r, uint8_t out[SM2_FIELD])
{
	struct bytes b = der_read_number(r);

	memset(out, 0, SM2_FIELD);
	if (b.len > SM2_FIELD)
		r->bad = true;
	else if (b.len)
		memcpy(out + SM2_FIELD - b.len, b.at, b.len);
}

/* --- signatures --- */

result sm2_signature_to_der(const uint8_t raw[SM2_RAW_SIGNATURE], struct writer *out)
{
	struct bytes r = bytes_of(raw, SM2_FIELD), s = bytes_of(raw + SM2_FIELD, SM2_FIELD);

	der_put_head(out, DER_SEQUENCE, der_number_size(r) + der_number_size(s));
	der_put_number(out, r);
	der_put_number(out, s);
	return writer_done(out);
}

result sm2_signature_from_der(struct bytes der, uint8_t raw[SM2_RAW_SIGNATURE])
{
	struct reader outer = reader_of(der), in;

	in = reader_of(der_read(&outer, DER_SEQUENCE));
	take(&in, raw);
	take(&in, raw + SM2_FIELD);
	if (outer.bad || outer.left || in.bad || in.left)
		return FAIL(SIGNATURE_WRONG, "not an SM2 signature in DER");
	return OK;
}

/* Z depends on the id (GB/T 32918.2 5.5); OpenSSL's own default is an empty one. */
static result start(EVP_MD_CTX *md, const struct sm2_key *k, struct str id, bool signs)
{
	EVP_PKEY_CTX *ctx = NULL; /* md's own */
	const EVP_MD *sm3 = algorithm_digest(ALGORITHM_SM3);

	if (id.len > SM2_ID_MAX)
		return FAIL(INVALID_BYTES, "an SM2 user id of %zu bytes", id.len);
	if (!md || !sm3 ||
	    (signs ? EVP_DigestSignInit(md, &ctx, sm3, NULL, k->pkey)
	           : EVP_DigestVerifyInit(md, &ctx, sm3, NULL, k->pkey)) != 1 ||
	    (id.len && EVP_PKEY_CTX_set1_id(ctx, id.at, (int)id.len) != 1))
		return FAIL(CRYPTO_FAULT, "no SM2 signature to be had");
	return OK;
}

result sm2_sign(const struct sm2_key *k, struct str id, struct bytes message,
                uint8_t out[SM2_RAW_SIGNATURE])
{
	SCOPED(evp_free_digest) EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t der[SM2_SIGNATURE_MAX];
	size_t len = sizeof der;

	TRY(require_pair(k));
	TRY(start(md, k, id, true));
	if (EVP_DigestSign(md, der, &len, message.at, message.len) != 1)
		return FAIL(CRYPTO_FAULT, "an SM2 signature was not made");
	return sm2_signature_from_der(bytes_of(der, len), out);
}

result sm2_verify(const struct sm2_key *k, struct str id, struct bytes message,
                  const uint8_t signature[SM2_RAW_SIGNATURE])
{
	SCOPED(evp_free_digest) EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t der[SM2_SIGNATURE_MAX];
	struct writer w = writer_of(der, sizeof der);

	TRY(start(md, k, id, false));
	TRY(sm2_signature_to_der(signature, &w));
	if (EVP_DigestVerify(md, der, w.len, message.at, message.len) != 1)
		return FAIL(SIGNATURE_WRONG, "an SM2 signature does not verify");
	return OK;
}

/* --- encryption --- */

result sm2_sealed_to_der(const struct sm2_sealed *s, struct writer *out)
{
	struct bytes x = bytes_of(s->x, SM2_FIELD), y = bytes_of(s->y, SM2_FIELD);

	if (!s->len || s->len > SM2_TEXT_MAX)
		return FAIL(CIPHERTEXT_BROKEN, "an SM2 ciphertext of %u bytes", s->len);
	der_put_head(out, DER_SEQUENCE,
	             der_number_size(x) + der_number_size(y) + der_size(SM2_FIELD) +
	                     der_size(s->len));
	der_put_number(out, x);
	der_put_number(out, y);
	der_put(out, DER_OCTETS, bytes_of(s->hash, SM2_FIELD));
	der_put(out, DER_OCTETS, bytes_of(s->text, s->len));
	return writer_done(out);
}

result sm2_sealed_from_der(struct bytes der, struct sm2_sealed *out)
{
	struct reader outer = reader_of(der), in;
	struct bytes hash, text;

	in = reader_of(der_read(&outer, DER_SEQUENCE));
	take(&in, out->x);
	take(&in, out->y);
	hash = der_read(&in, DER_OCTETS);
	text = der_read(&in, DER_OCTETS);
	if (outer.bad || outer.left || in.bad || in.left || hash.len != SM2_FIELD || !text.len ||
	    text.len > SM2_TEXT_MAX)
		return FAIL(CIPHERTEXT_BROKEN, "not an SM2 ciphertext in DER");
	memcpy(out->hash, hash.at, SM2_FIELD);
	out->len = (uint32_t)text.len;
	memcpy(out->text, text.at, text.len);
	return OK;
}

result sm2_seal(const struct sm2_key *k, struct bytes text, struct sm2_sealed *out)
{
	SCOPED(evp_free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	uint8_t der[SM2_SEALED_MAX];
	size_t len = sizeof der;

	if (!text.len || text.len > SM2_TEXT_MAX)
		return FAIL(INVALID_BYTES, "%zu bytes for SM2", text.len);
	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_encrypt(ctx, der, &len, text.at, text.len) != 1)
		return FAIL(CRYPTO_FAULT, "an SM2 ciphertext was not made");
	return sm2_sealed_from_der(bytes_of(der, len), out);
}

result sm2_open(const struct sm2_key *k, const struct sm2_sealed *sealed, struct writer *out)
{
	SCOPED(evp_free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	uint8_t der[SM2_SEALED_MAX], clear[SM2_TEXT_MAX] = { 0 };
	struct writer w = writer_of(der, sizeof der);
	size_t len = sizeof clear;
	bool is_open;

	TRY(require_pair(k));
	TRY(sm2_sealed_to_der(sealed, &w));
	is_open = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	          EVP_PKEY_decrypt(ctx, clear, &len, der, w.len) == 1;
	if (is_open)
		writer_put(out, bytes_of(clear, len));
	secret_wipe_bytes(clear, sizeof clear);
	return is_open ? writer_done(out) : FAIL(CIPHERTEXT_BROKEN, "a ciphertext of SM2");
}
