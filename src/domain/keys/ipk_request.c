/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ipk_request.h"

/* What the issuer says of itself; the key comes from its owner, the hash is ours. */
static const enum ipk_name wished[] = { IPK_IIN, IPK_EXP, IPK_TRK, IPK_SVC, IPK_IDX };

static result collect(const struct ipk_profile *profile, const struct ipk_values *wish,
                      const struct emv_key *key, struct ipk_values *out)
{
	uint8_t exponent[EMV_EXPONENT_MAX];
	size_t len = emv_key_exponent(key, exponent);
	const enum ipk_name *name;

	*out = (struct ipk_values){ 0 };
	EACH (name, wished)
		if (ipk_is_set(wish, *name))
			TRY(ipk_set(out, *name, ipk_get(wish, *name)));
	TRY(ipk_set(out, IPK_N, emv_key_modulus(key)));
	TRY(ipk_set(out, IPK_E, bytes_of(exponent, len)));
	return ipk_set_missing(out, &profile->defaults);
}

/* --- the hash --- */

static result hash_of(const struct ipk_profile *profile, const struct ipk_values *v,
                      const struct ipk_parts *parts, uint8_t hash[EMV_HASH])
{
	uint8_t text[2 * IPK_FILE_MAX];
	struct writer w = writer_of(text, sizeof text);
	struct bytes covered;

	TRY(ipk_fields_lay_hash(&profile->hash, v, parts, &w));
	covered = writer_bytes(&w);
	return emv_sha1(&covered, 1, hash);
}

/* The signed block in clear: up to HASH, HASH over that, the rest. */
static result lay_block(const struct ipk_profile *profile, struct bytes plain,
                        struct ipk_request *r, struct writer *w)
{
	const struct ipk_fields *block = &profile->block;
	size_t hash_at = ipk_fields_find(block, IPK_HASH);
	struct ipk_parts parts = { .plain = plain };

	TRY(ipk_fields_lay(block, 0, hash_at, &r->values, w));
	parts.block = writer_bytes(w);
	TRY(hash_of(profile, &r->values, &parts, r->hash));
	TRY(ipk_set(&r->values, IPK_HASH, bytes_of(r->hash, EMV_HASH)));
	return ipk_fields_lay(block, hash_at, block->count, &r->values, w);
}

/* --- make --- */

static result make_file(const struct ipk_profile *profile, struct emv_signer *issuer,
                        struct ipk_request *r)
{
	struct writer w = writer_of(r->file.at, sizeof r->file.at), b;
	uint8_t block[IPK_FILE_MAX];
	size_t plain_len, size = issuer->size;

	b = writer_of(block, sizeof block);
	TRY(ipk_fields_lay(&profile->plain, 0, profile->plain.count, &r->values, &w));
	plain_len = w.len;
	TRY(lay_block(profile, writer_bytes(&w), r, &b));
	if (b.len != size || size != ipk_number(&r->values, IPK_NI))
		return FAIL(INVALID_KEY, "a block of %zu bytes for a key of %zu", b.len, size);
	writer_fill(&w, 0, size);
	TRY(writer_done(&w));
	r->file.len = w.len;
	TRY(issuer->raw(issuer, bytes_of(block, size), r->file.at + plain_len));
	return ipk_profile_file_name(profile->request_name, &r->values, r->file.name);
}

static result make_hash_file(const struct ipk_profile *profile, struct ipk_request *r)
{
	uint8_t raw[IPK_FILE_MAX / 4];
	char hex[2 * sizeof raw + 1];
	struct writer w = writer_of(raw, sizeof raw);
	struct bytes content;

	TRY(ipk_fields_lay(&profile->hash_file, 0, profile->hash_file.count, &r->values, &w));
	content = writer_bytes(&w);
	hex_encode(content, hex);
	if (profile->hash_is_hex)
		content = bytes_of(hex, 2 * content.len);
	memcpy(r->hash_file.at, content.at, content.len);
	r->hash_file.len = content.len;
	return ipk_profile_file_name(profile->hash_name, &r->values, r->hash_file.name);
}

result ipk_request_make(const struct ipk_profile *profile, const struct ipk_values *wish,
                        const struct emv_key *key, struct emv_signer *issuer,
                        struct ipk_request *out)
{
	struct ipk_values back;

	TRY(collect(profile, wish, key, &out->values));
	TRY(make_file(profile, issuer, out));
	TRY(make_hash_file(profile, out));
	if (!is_ok(ipk_request_read(profile, bytes_of(out->file.at, out->file.len), &back)))
		return FAIL(INVALID_KEY, "a request does not verify under the key in it");
	return OK;
}

/* --- read --- */

/* A failure under the signature: the check's name stays in the detail. */
static result signature_wrong(void)
{
	char why[160];

	str_copy(str_of(result_last()->text), why, sizeof why);
	return FAIL(SIGNATURE_WRONG, "signed block of a request: %s", why);
}

static result check_hash(const struct ipk_profile *profile, const struct ipk_values *v,
                         const struct ipk_parts *parts)
{
	uint8_t hash[EMV_HASH];

	TRY(hash_of(profile, v, parts, hash));
	if (!bytes_equal(bytes_of(hash, EMV_HASH), ipk_get(v, IPK_HASH)))
		return FAIL(SIGNATURE_WRONG, "hash of a request");
	return OK;
}

/* The block in clear: its fields agree with the open part, and its hash with both. */
static result read_block(const struct ipk_profile *profile, struct bytes plain, struct bytes block,
                         struct ipk_values *v)
{
	const struct ipk_fields *f = &profile->block;
	size_t hash_at = ipk_fields_find(f, IPK_HASH);
	struct ipk_parts parts = { .plain = plain };
	struct reader r = reader_of(block);

	if (!is_ok(ipk_fields_read(f, 0, hash_at, v, &r)))
		return signature_wrong();
	parts.block = bytes_of(block.at, block.len - r.left);
	if (!is_ok(ipk_fields_read(f, hash_at, f->count, v, &r)) || !is_ok(reader_done(&r)))
		return signature_wrong();
	return check_hash(profile, v, &parts);
}

static result key_inside(const struct ipk_values *v, struct emv_key *key)
{
	if (!is_ok(emv_key_init(key, ipk_get(v, IPK_N), emv_exponent_of(ipk_get(v, IPK_E)))))
		return FAIL(IPK_FILE, "the public key of a request");
	return OK;
}

result ipk_request_read(const struct ipk_profile *profile, struct bytes file,
                        struct ipk_values *out)
{
	struct reader r = reader_of(file);
	uint8_t block[EMV_KEY_MAX];
	struct bytes plain, signature;
	struct emv_key key;
	result raw;

	*out = (struct ipk_values){ 0 };
	TRY(ipk_fields_read(&profile->plain, 0, profile->plain.count, out, &r));
	TRY(key_inside(out, &key));
	plain = bytes_of(file.at, file.len - r.left);
	signature = reader_bytes(&r, key.size);
	if (!is_ok(reader_done(&r)))
		return FAIL(IPK_FILE, "a request of %zu bytes, not %zu", file.len,
		            plain.len + key.size);
	raw = emv_raw(&key, signature, block);
	if (raw.code == INVALID_BYTES)
		return signature_wrong();
	TRY(raw);
	return read_block(profile, plain, bytes_of(block, key.size), out);
}
