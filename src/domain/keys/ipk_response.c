/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ipk_response.h"

/* A response on its way in. */
struct answer {
	const struct ipk_expected *expected;
	struct reader in;
	struct bytes plain, detached;
	struct ipk_values values;
	struct ipk_issued *issued;
	struct emv_recovered recovered;
};

/* --- the open part --- */

static result find_ca(struct answer *a)
{
	const struct ipk_expected *e = a->expected;
	uint8_t index = (uint8_t)ipk_number(&a->values, IPK_CAI);

	for (size_t i = 0; i < e->ca_count; i++) {
		const struct ipk_ca *ca = &e->cas[i];

		if (ca->index != index)
			continue;
		if (ca->expiry.yyyymmdd < e->today.yyyymmdd)
			return FAIL(EMV_CERTIFICATE, "CA key %02X expired on %u", index,
			            ca->expiry.yyyymmdd);
		a->issued->ca = ca;
		return OK;
	}
	return FAIL(EMV_CERTIFICATE, "CA key %02X is not known", index);
}

static bool has(const struct ipk_fields *f, enum ipk_name name)
{
	return ipk_fields_find(f, name) < f->count;
}

/* Lengths that the layout does not carry follow from the request's key and the CA's. */
static result add_lengths(struct answer *a, bool knows_ca)
{
	const struct ipk_fields *f = &a->expected->profile->response;
	const struct ipk_values *request = a->expected->request;
	size_t ni = ipk_number(request, IPK_NI), room;

	if (!has(f, IPK_EL))
		TRY(ipk_set_number(&a->values, IPK_EL, ipk_number(request, IPK_EL)));
	if (!knows_ca || has(f, IPK_RL))
		return OK;
	room = a->issued->ca->key.size - EMV_ISSUER_EXTRA;
	return ipk_set_number(&a->values, IPK_RL, ni > room ? ni - room : 0);
}

static result read_plain(struct answer *a)
{
	const struct ipk_fields *f = &a->expected->profile->response;
	size_t behind_index = ipk_fields_find(f, IPK_CAI) + 1;
	struct bytes file = bytes_of(a->in.at, a->in.left);

	TRY(add_lengths(a, false));
	TRY(ipk_fields_read(f, 0, behind_index, &a->values, &a->in));
	TRY(find_ca(a));
	TRY(add_lengths(a, true));
	TRY(ipk_fields_read(f, behind_index, f->count, &a->values, &a->in));
	a->plain = bytes_of(file.at, file.len - a->in.left);
	return OK;
}

/* --- the certificate --- */

static result read_certificate(struct answer *a)
{
	struct bytes remainder = ipk_get(&a->values, IPK_R), exponent = ipk_get(&a->values, IPK_E);
	bool is_detached = a->expected->profile->detach != IPK_DETACH_NONE;
	struct emv_certificate *c = &a->issued->certificate;
	size_t size = a->issued->ca->key.size, left = a->in.left;
	struct bytes block = reader_bytes(&a->in, size);

	a->detached = reader_bytes(&a->in, is_detached ? size : 0);
	if (!is_ok(reader_done(&a->in)))
		return FAIL(IPK_FILE, "%zu bytes behind the open part, not %zu", left,
		            is_detached ? 2 * size : size);
	*c = (struct emv_certificate){ .size = size,
		                       .remainder_len = remainder.len,
		                       .exponent_len = exponent.len };
	memcpy(c->block, block.at, size);
	if (remainder.len)
		memcpy(c->remainder, remainder.at, remainder.len);
	memcpy(c->exponent, exponent.at, exponent.len);
	return emv_issuer_recover(&a->issued->ca->key, c, &a->recovered);
}

/* What stands in the open part too must be the same there. */
static result check_agreement(const struct answer *a)
{
	const struct emv_holder *h = &a->recovered.holder;
	const struct {
		enum ipk_name name;
		struct bytes certified;
	} rows[] = {
		{ IPK_IIN, { h->id, EMV_ISSUER_ID } },
		{ IPK_EXP, { h->expiry, sizeof h->expiry } },
		{ IPK_SN, { h->serial, sizeof h->serial } },
	}, *row;

	EACH (row, rows)
		if (ipk_is_set(&a->values, row->name) &&
		    !bytes_equal(ipk_get(&a->values, row->name), row->certified))
			return FAIL(EMV_CERTIFICATE, "%s of the open part and of the certificate",
			            ipk_name_text(row->name));
	return OK;
}

/* --- against the request --- */

static result check_request(const struct answer *a)
{
	static const enum ipk_name same[] = { IPK_SVC, IPK_IDX, IPK_TRK }, *name;
	const struct ipk_values *request = a->expected->request;
	const struct emv_recovered *r = &a->recovered;

	if (!bytes_equal(bytes_of(r->holder.id, EMV_ISSUER_ID), ipk_get(request, IPK_IIN)))
		return FAIL(EMV_CERTIFICATE, "issuer of the certificate is not the request's");
	if (!bytes_equal(emv_key_modulus(&r->key), ipk_get(request, IPK_N)))
		return FAIL(EMV_CERTIFICATE, "key of the certificate is not the request's");
	if (r->key.exponent != emv_exponent_of(ipk_get(request, IPK_E)))
		return FAIL(EMV_CERTIFICATE, "exponent of the certificate is not the request's");
	EACH (name, same)
		if (ipk_is_set(&a->values, *name) && !ipk_is_same(&a->values, request, *name))
			return FAIL(EMV_CERTIFICATE, "%s is not the request's",
			            ipk_name_text(*name));
	return OK;
}

static result check_dates(const struct answer *a)
{
	struct bytes wanted = ipk_get(a->expected->request, IPK_EXP);
	const uint8_t *expiry = a->recovered.holder.expiry;
	uint32_t today = a->expected->today.yyyymmdd;
	int months = emv_expiry_months(expiry);

	if (!wanted.len || months < emv_expiry_months(wanted.at))
		return FAIL(EMV_CERTIFICATE, "expiry %02X%02X before what was requested", expiry[0],
		            expiry[1]);
	if (months < (int)(today / 10000 * 12 + today / 100 % 100))
		return FAIL(EMV_CERTIFICATE, "expiry %02X%02X is past", expiry[0], expiry[1]);
	return OK;
}

/* --- the detached signature --- */

/* What stands between the padding and the hash: RFC 8017 9.2 note 1, or UnionPay's 01. */
static struct bytes mark_of(enum ipk_detach detach)
{
	static const uint8_t digest_info[] = { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E,
		                               0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14 };
	static const uint8_t one[] = { 0x01 };

	return detach == IPK_DETACH_DIGESTINFO ? bytes_of(digest_info, sizeof digest_info)
	                                       : bytes_of(one, sizeof one);
}

/* 00 01 FF… 00, mark, SHA-1 over open part and certificate in clear: all of it, or none. */
static result check_detached(const struct answer *a)
{
	const struct emv_key *ca = &a->issued->ca->key;
	struct bytes mark = mark_of(a->expected->profile->detach);
	const struct bytes covered[] = { a->plain, { a->recovered.block, a->recovered.size } };
	uint8_t want[EMV_KEY_MAX], got[EMV_KEY_MAX], hash[EMV_HASH];
	struct writer w = writer_of(want, ca->size);
	result raw;

	if (a->expected->profile->detach == IPK_DETACH_NONE)
		return OK;
	TRY(emv_sha1(covered, ARRAY_LEN(covered), hash));
	writer_u16(&w, 0x0001);
	writer_fill(&w, 0xFF, ca->size - 3 - mark.len - EMV_HASH);
	writer_u8(&w, 0);
	writer_put(&w, mark);
	writer_put(&w, bytes_of(hash, EMV_HASH));
	TRY(writer_done(&w));
	raw = emv_raw(ca, a->detached, got);
	if (raw.code == INVALID_BYTES || (is_ok(raw) && memcmp(got, want, ca->size) != 0))
		return FAIL(EMV_CERTIFICATE, "detached signature");
	return raw;
}

result ipk_response_read(const struct ipk_expected *expected, struct bytes file,
                         struct ipk_issued *out)
{
	struct answer a = { .expected = expected, .in = reader_of(file), .issued = out };

	TRY(read_plain(&a));
	TRY(read_certificate(&a));
	TRY(check_agreement(&a));
	TRY(check_request(&a));
	TRY(check_dates(&a));
	TRY(check_detached(&a));
	out->holder = a.recovered.holder;
	memcpy(out->hash, a.recovered.block + a.recovered.size - 1 - EMV_HASH, EMV_HASH);
	digest_sha256(file, out->source);
	return OK;
}
