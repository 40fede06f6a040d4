/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ipk_testkit.h"

#include <stdio.h>

static const uint8_t rid[EMV_RID] = { 0xA0, 0x00, 0x00, 0x09, 0x99 };

/* --- keys --- */

static void key_of(const struct rsa_key *pair, struct emv_key *key, struct emv_rsa_signer *signer)
{
	ASSERT(is_ok(emv_key_init(key, rsa_key_modulus(pair), pair->exponent)));
	emv_rsa_signer_init(signer, pair);
}

static void finish(struct ipk_authority *a)
{
	key_of(&a->pair, &a->ca.key, &a->signer);
	memcpy(a->ca.rid, rid, sizeof rid);
	a->ca.index = 0xF1;
	a->ca.expiry = (struct bizdate){ 20401231 };
}

void ipk_authority_init(struct ipk_authority *a, struct bytes p, struct bytes q)
{
	ASSERT(is_ok(rsa_key_from_primes(&a->pair, p, q, 3)));
	finish(a);
}

void ipk_authority_fresh(struct ipk_authority *a, unsigned bits)
{
	ASSERT(is_ok(rsa_key_generate(&a->pair, bits, 3)));
	finish(a);
}

void ipk_authority_deinit(struct ipk_authority *a)
{
	rsa_key_deinit(&a->pair);
}

void ipk_issuer_init(struct ipk_issuer *i, struct bytes p, struct bytes q)
{
	ASSERT(is_ok(rsa_key_from_primes(&i->pair, p, q, 3)));
	key_of(&i->pair, &i->key, &i->signer);
}

void ipk_issuer_fresh(struct ipk_issuer *i, unsigned bits, uint32_t exponent)
{
	ASSERT(is_ok(rsa_key_generate(&i->pair, bits, exponent)));
	key_of(&i->pair, &i->key, &i->signer);
}

void ipk_issuer_deinit(struct ipk_issuer *i)
{
	rsa_key_deinit(&i->pair);
}

void ipk_test_wish(struct ipk_values *wish)
{
	*wish = (struct ipk_values){ 0 };
	ASSERT(is_ok(ipk_set_text(wish, IPK_IIN, STR("62258800"))));
	ASSERT(is_ok(ipk_set_text(wish, IPK_EXP, STR("1230"))));
	ASSERT(is_ok(ipk_set_text(wish, IPK_TRK, STR("000123"))));
	ASSERT(is_ok(ipk_set_text(wish, IPK_IDX, STR("000001"))));
}

/* --- answers --- */

static void certify(const struct ipk_authority *a, const struct ipk_values *v,
                    struct emv_certificate *out)
{
	struct emv_rsa_signer signer = a->signer;
	struct emv_holder holder = { 0 };
	struct emv_key key;

	memcpy(holder.id, ipk_get(v, IPK_IIN).at, EMV_ISSUER_ID);
	memcpy(holder.expiry, ipk_get(v, IPK_EXP).at, sizeof holder.expiry);
	memcpy(holder.serial, ipk_get(v, IPK_SN).at, sizeof holder.serial);
	ASSERT(is_ok(emv_key_init(&key, ipk_get(v, IPK_N), emv_exponent_of(ipk_get(v, IPK_E)))));
	ASSERT(is_ok(emv_issuer_make(&signer.signer, &holder, &key, out)));
}

/* Visa: the tracking number; UnionPay: the serial number; Mastercard: issuer and its index. */
static void name_answer(const struct ipk_profile *profile, const struct ipk_values *v,
                        char out[IPK_FILE_NAME_MAX])
{
	const char *pattern = str_equal(str_of(profile->name), STR("mastercard"))
	                              ? "{IIN}-{IDX}.c{CAI}"
	                      : strncmp(profile->name, "unionpay", 8) == 0 ? "{SN}.I{CAI}"
	                                                                   : "{TRK}.I{CAI}";

	ASSERT(is_ok(ipk_profile_file_name(pattern, v, out)));
}

static size_t put_mark(enum ipk_detach detach, uint8_t *at)
{
	static const char info[] = "\x30\x21\x30\x09\x06\x05\x2B\x0E\x03\x02\x1A\x05\x00\x04\x14";

	if (detach == IPK_DETACH_DIGESTINFO) {
		memcpy(at, info, sizeof info - 1);
		return sizeof info - 1;
	}
	*at = 0x01;
	return 1;
}

void ipk_authority_sign(const struct ipk_authority *a, enum ipk_detach detach,
                        struct ipk_file *file)
{
	size_t size = a->pair.size, plain_len = file->len - 2 * size, mark_len;
	uint8_t clear[EMV_KEY_MAX], mark[16], block[EMV_KEY_MAX];
	const struct bytes covered[] = { { file->at, plain_len }, { clear, size } };

	ASSERT(is_ok(rsa_raw_public(&a->pair, bytes_of(file->at + plain_len, size), clear)));
	mark_len = put_mark(detach, mark);
	memset(block, 0xFF, size);
	block[0] = 0x00;
	block[1] = 0x01;
	block[size - EMV_HASH - mark_len - 1] = 0x00;
	memcpy(block + size - EMV_HASH - mark_len, mark, mark_len);
	ASSERT(is_ok(emv_sha1(covered, ARRAY_LEN(covered), block + size - EMV_HASH)));
	ASSERT(is_ok(
	        rsa_raw_private(&a->pair, bytes_of(block, size), file->at + file->len - size)));
}

void ipk_authority_answer(const struct ipk_authority *a, const struct ipk_profile *profile,
                          const struct ipk_values *asked, const char *serial, struct ipk_file *out)
{
	struct writer w = writer_of(out->at, sizeof out->at);
	struct ipk_values v = *asked;
	struct emv_certificate c;

	ASSERT(is_ok(ipk_set_text(&v, IPK_SN, str_of(serial))));
	ASSERT(is_ok(ipk_set(&v, IPK_CAI, bytes_of(&a->ca.index, 1))));
	certify(a, &v, &c);
	ASSERT(is_ok(ipk_set(&v, IPK_R, bytes_of(c.remainder, c.remainder_len))));
	ASSERT(is_ok(ipk_fields_lay(&profile->response, 0, profile->response.count, &v, &w)));
	writer_put(&w, bytes_of(c.block, c.size));
	if (profile->detach != IPK_DETACH_NONE)
		writer_fill(&w, 0, c.size);
	ASSERT(is_ok(writer_done(&w)));
	out->len = w.len;
	name_answer(profile, &v, out->name);
	if (profile->detach != IPK_DETACH_NONE)
		ipk_authority_sign(a, profile->detach, out);
}
