/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a request: checked whole, stored once. */
#include "domain/keys/certificate.h"
#include "domain/keys/certificate_key.h"
#include "domain/keys/certificate_rows.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

/* An answer on its way in. */
struct arrival {
	struct certificate_request request;
	struct ca authority;
	struct ca_key *keys;
	struct ipk_ca *cas;
	size_t count;
	struct ipk_profile profile;
	struct ipk_values asked;
	struct ipk_issued issued;
	char serial[CERTIFICATE_SERIAL_TEXT + 1];
};

/* --- was it here before? --- */

static result require_first(struct key_act *act, int64_t request, struct bytes file,
                            struct certificate *out, bool *again)
{
	uint8_t source[DIGEST_SIZE];
	bool found;

	TRY(certificate_of_request(act->tx, request, out, &found));
	digest_sha256(file, source);
	*again = found && memcmp(source, out->source, DIGEST_SIZE) == 0;
	return !found || *again
	               ? OK
	               : FAIL(CERTIFICATE_EXISTS, "the request has certificate %s", out->serial);
}

/* --- what it is held against --- */

/* What was asked stands in the file that we signed; our key stands in its row. */
static result read_request(struct key_act *act, struct arrival *a)
{
	struct certificate_key key = { 0 };
	struct bytes file = bytes_of(a->request.file.at, a->request.file.len);
	enum key_state s;

	TRY(certificate_key_load(act->tx, a->request.key_version, &key));
	s = key_version_state_at(&key.version, act->now);
	if (s == KEY_COMPROMISED || s == KEY_DESTROYED)
		return FAIL(KEY_STATE, "%s is %s", a->request.label, key_state_names[s]);
	TRY(ipk_profile_load(str_of(a->request.profile), &a->profile));
	TRY(ipk_request_read(&a->profile, file, &a->asked));
	if (!bytes_equal(ipk_get(&a->asked, IPK_N), emv_key_modulus(&key.public)))
		return FAIL(CERTIFICATE_KEY, "the request is not of the key %s", a->request.label);
	/* what a profile does not put into its file is known from the row */
	TRY(ipk_set_text(&a->asked, IPK_IIN, str_of(a->request.iin)));
	return ipk_set_text(&a->asked, IPK_EXP, str_of(a->request.expiry));
}

/* The authority's keys; expired ones too, so that they are told from unknown ones. */
static result read_keys(struct key_act *act, struct arena *arena, struct arrival *a)
{
	size_t count;

	TRY(ca_load(act->tx, a->request.ca, &a->authority));
	TRY(ca_key_list(act->tx, a->request.ca, arena, &a->keys, &count));
	a->cas = arena_array(arena, count + 1, sizeof *a->cas);
	for (size_t i = 0; i < count; i++)
		if (a->keys[i].state != CA_KEY_REVOKED) {
			a->keys[a->count] = a->keys[i];
			a->cas[a->count++] = a->keys[i].public;
		}
	return OK;
}

static const struct ca_key *signer_of(const struct arrival *a)
{
	return &a->keys[a->issued.ca - a->cas];
}

static result require_new_serial(struct key_act *act, struct arrival *a)
{
	int64_t there;

	hex_encode(bytes_of(a->issued.holder.serial, sizeof a->issued.holder.serial), a->serial);
	TRY(db_select_i64(act->tx, &sql_certificate_serial_taken,
	                  DB_ARGS(db_arg_i64(signer_of(a)->id), db_arg_text(a->serial)), &there));
	return there ? FAIL(CERTIFICATE_SERIAL, "%s of CA key %02X", a->serial, a->issued.ca->index)
	             : OK;
}

/* --- keeping it --- */

/* MMYY as yyyymm */
static int64_t month_of(const uint8_t expiry[2])
{
	int months = emv_expiry_months(expiry);

	return (months - 1) / 12 * 100 + (months - 1) % 12 + 1;
}

static result make_xml(const struct arrival *a, struct buf *out)
{
	struct str issuer, rest;
	const char *scheme = a->authority.scheme == CA_OTHER ? a->request.profile
	                                                     : ca_scheme_names[a->authority.scheme];

	str_cut(str_of(a->request.label), '.', &issuer, &rest);
	return ipk_response_xml(&a->issued, issuer, str_of(scheme), out);
}

static result insert(struct key_act *act, const struct arrival *a, int64_t *id)
{
	SCOPED(buf_free) struct buf xml = { .limit = CERTIFICATE_XML_MAX };
	const struct emv_certificate *c = &a->issued.certificate;

	TRY(make_xml(a, &xml));
	return db_select_i64(act->tx, &sql_certificate_add,
	                     DB_ARGS(db_arg_i64(a->request.id), db_arg_i64(signer_of(a)->id),
	                             db_arg_text(a->serial),
	                             db_arg_i64(month_of(a->issued.holder.expiry)),
	                             db_arg_bytes(bytes_of(c->block, c->size)),
	                             db_arg_bytes(bytes_of(c->remainder, c->remainder_len)),
	                             db_arg_bytes(bytes_of(c->exponent, c->exponent_len)),
	                             db_arg_str(buf_text(&xml)),
	                             db_arg_bytes(bytes_of(a->issued.source, DIGEST_SIZE)),
	                             db_arg_i64(act->now.us)),
	                     id);
}

static result keep(struct key_act *act, const struct arrival *a, struct certificate *out)
{
	int64_t id;

	TRY(insert(act, a, &id));
	TRY(certificate_set_request(act, a->request.id, CERTIFICATE_IS_ISSUED));
	TRY(certificate_load(act->tx, id, out));
	return certificate_note(act, "IPK.IMPORT", out);
}

result certificate_import(struct key_act *act, int64_t request, struct bytes file,
                          struct certificate *out, bool *again)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	struct arrival a = { .count = 0 };
	struct ipk_expected expected;

	if (file.len == 0 || file.len > IPK_FILE_MAX)
		return FAIL(IPK_FILE, "an answer of %zu bytes", file.len);
	TRY(certificate_request_load(act->tx, request, &a.request));
	TRY(require_first(act, request, file, out, again));
	if (*again)
		return OK;
	if (!certificate_may_move(a.request.state, CERTIFICATE_IS_ISSUED))
		return FAIL(CERTIFICATE_STATE, "the request is %s",
		            certificate_state_names[a.request.state]);
	TRY(read_request(act, &a));
	TRY(read_keys(act, &arena, &a));
	expected = (struct ipk_expected){ &a.profile, &a.asked, a.cas, a.count, ca_day(act->now) };
	TRY(ipk_response_read(&expected, file, &a.issued));
	TRY(require_new_serial(act, &a));
	return keep(act, &a, out);
}
