/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/certificate_testkit.h"

static const struct instant vectors_now = { 1795320000000000 }; /* 2026-11-22 12:00 +08:00 */

#define CA                                                                                         \
	"SELECT id || '|' || code || '|' || name || '|' || scheme || '|' || note FROM kms_ca "     \
	"ORDER BY id"
#define CA_KEY                                                                                     \
	"SELECT id || '|' || ca || '|' || pk_index || '|' || expiry || '|' || state FROM "         \
	"kms_cakey ORDER BY id"
#define REQUEST                                                                                    \
	"SELECT id || '|' || keyver || '|' || tracking || '|' || state FROM kms_ipkreq ORDER BY "  \
	"id"
#define ISSUED                                                                                     \
	"SELECT id || '|' || req || '|' || serial || '|' || state || xml FROM kms_ipkcert ORDER "  \
	"BY id"
#define AUDIT "SELECT 'audit ' || count(*) FROM kms_audit"

const struct db_statement certificate_tables[] = {
	{ "ca", CA, CA, 0 },
	{ "ca_key", CA_KEY, CA_KEY, 0 },
	{ "request", REQUEST, REQUEST, 0 },
	{ "certificate", ISSUED, ISSUED, 0 },
	{ "audit", AUDIT, AUDIT, 0 },
	{ 0 },
};

/* --- the rig --- */

struct ca_offer certificate_offer(const struct ipk_authority *a)
{
	struct ca_offer o = { .key = a->ca };

	CHECK_OK(emv_ca_checksum(a->ca.rid, a->ca.index, &a->ca.key, o.published));
	return o;
}

struct key_version certificate_store_pair(struct certificate_rig *r, const struct key_definition *k,
                                          const struct rsa_key *pair)
{
	struct key_order order = { .at_once = true, .origin = KEY_FROM_IMPORT };
	uint8_t der[RSA_KEY_DER_MAX];
	struct writer w = writer_of(der, sizeof der);
	struct key_version v = { 0 };

	CHECK_OK(rsa_key_save(pair, &w));
	CHECK_OK(KEY_CHANGE(&r->f, key_version_store(act, k, &order, writer_bytes(&w), NULL, &v)));
	secret_wipe_bytes(der, sizeof der);
	return v;
}

static void known_keys(struct certificate_rig *r)
{
	ipk_authority_init(&r->authority, vector(CERTIFICATE_VECTORS, "ca-p"),
	                   vector(CERTIFICATE_VECTORS, "ca-q"));
	ipk_issuer_init(&r->issuer, vector(CERTIFICATE_VECTORS, "issuer-p"),
	                vector(CERTIFICATE_VECTORS, "issuer-q"));
}

bool certificate_rig_open(struct certificate_rig *r, enum db_engine engine,
                          enum product_place place)
{
	struct ca_offer offer;

	if (!key_fixture_open(&r->f, engine, true))
		return false;
	r->f.now = vectors_now;
	known_keys(r);
	r->ca = (struct ca){ .code = "CAMPUSCA", .name = "校园认证机构", .scheme = CA_OTHER };
	memcpy(r->ca.rid, r->authority.ca.rid, EMV_RID);
	offer = certificate_offer(&r->authority);
	CHECK_OK(KEY_CHANGE(&r->f, ca_add(act, &r->ca)));
	CHECK_OK(KEY_CHANGE(&r->f, ca_key_import(act, r->ca.id, &offer, &r->ca_key)));
	r->definition = key_fixture_define(&r->f, "CAMPUS01.EMV.IPK", "S0", 'R', 1024, place);
	r->version = certificate_store_pair(r, &r->definition, &r->issuer.pair);
	return r->version.id != 0;
}

void certificate_rig_close(struct certificate_rig *r)
{
	key_fixture_close(&r->f);
	ipk_authority_deinit(&r->authority);
	ipk_issuer_deinit(&r->issuer);
}

/* --- requests and answers --- */

struct certificate_wish certificate_wish_of(const struct certificate_rig *r, const char *profile)
{
	return (struct certificate_wish){
		.ca = r->ca.id,
		.ca_key = r->ca_key.id,
		.key_version = r->version.id,
		.profile = str_of(profile),
		.iin = STR("62258800"),
		.expiry = STR("1230"),
		.tracking = STR("000123"),
		.index = STR("000001"),
	};
}

struct certificate_request certificate_sent(struct certificate_rig *r, const char *profile)
{
	struct certificate_wish w = certificate_wish_of(r, profile);
	struct certificate_request q = { 0 };

	CHECK_OK(KEY_CHANGE(&r->f, certificate_request_make(act, &w, &q)));
	CHECK_OK(KEY_CHANGE(&r->f, certificate_request_sent(act, q.id)));
	return q;
}

static void read_asked(const struct certificate_request *q, struct ipk_profile *profile,
                       struct ipk_values *asked)
{
	CHECK_OK(ipk_profile_load(str_of(q->profile), profile));
	CHECK_OK(ipk_request_read(profile, bytes_of(q->file.at, q->file.len), asked));
}

void certificate_answer(const struct ipk_authority *a, const struct certificate_request *q,
                        const char *serial, struct ipk_file *out)
{
	struct ipk_profile profile;
	struct ipk_values asked;

	read_asked(q, &profile, &asked);
	ipk_authority_answer(a, &profile, &asked, serial, out);
}

void certificate_answer_but(const struct ipk_authority *a, const struct certificate_request *q,
                            enum ipk_name name, struct str text, struct ipk_file *out)
{
	struct ipk_profile profile;
	struct ipk_values asked;

	read_asked(q, &profile, &asked);
	asked.of[name].is_set = false;
	CHECK_OK(ipk_set_text(&asked, name, text));
	ipk_authority_answer(a, &profile, &asked, "0A0B0C", out);
}

struct certificate certificate_in_use(struct certificate_rig *r, const char *profile)
{
	struct certificate_request q = certificate_sent(r, profile);
	struct certificate c = { 0 };
	struct ipk_file file;
	bool again;

	certificate_answer(&r->authority, &q, "0A0B0C", &file);
	CHECK_OK(KEY_CHANGE(
	        &r->f, certificate_import(act, q.id, bytes_of(file.at, file.len), &c, &again)));
	CHECK_OK(KEY_CHANGE(&r->f, certificate_use(act, c.id)));
	c.state = CERTIFICATE_IS_IN_USE;
	return c;
}
