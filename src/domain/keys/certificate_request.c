/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "domain/keys/certificate.h"
#include "domain/keys/certificate_key.h"
#include "domain/keys/certificate_rows.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

/* --- rows --- */

static void read_row(struct db_rows *rows, struct certificate_request *q)
{
	*q = (struct certificate_request){
		.id = db_i64(rows, 0),
		.ca = db_i64(rows, 1),
		.ca_key = db_i64(rows, 2),
		.key_version = db_i64(rows, 3),
		.state = (enum certificate_state)db_enum(rows, 15, certificate_state_names),
		.created = { db_i64(rows, 16) },
	};
	certificate_read_label(rows, 4, q->label);
	db_text(rows, 8, q->profile, sizeof q->profile);
	db_text(rows, 9, q->iin, sizeof q->iin);
	db_text(rows, 10, q->expiry, sizeof q->expiry);
	db_text(rows, 11, q->tracking, sizeof q->tracking);
	db_text(rows, 12, q->file.name, sizeof q->file.name);
	db_text(rows, 13, q->hash_file.name, sizeof q->hash_file.name);
	db_fixed(rows, 14, q->hash, sizeof q->hash);
}

static void read_file(struct db_rows *rows, int column, struct ipk_file *f)
{
	struct bytes b = db_bytes(rows, column);

	f->len = b.len <= sizeof f->at ? b.len : 0;
	if (f->len)
		memcpy(f->at, b.at, f->len);
}

result certificate_request_load(struct db_tx *tx, int64_t id, struct certificate_request *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_certificate_request_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(CERTIFICATE_NOT_FOUND, "request %" PRId64, id);
	read_row(&rows, out);
	read_file(&rows, 17, &out->file);
	read_file(&rows, 18, &out->hash_file);
	return db_done(&rows);
}

result certificate_request_list(struct db_tx *tx, int64_t ca, struct arena *a,
                                struct certificate_request **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CERTIFICATE_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_certificate_request_list,
	              DB_ARGS(db_arg_i64(ca), db_arg_i64(CERTIFICATE_ROWS_MAX)), &rows));
	while (*count < CERTIFICATE_ROWS_MAX && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

/* --- what is wished for --- */

/* SP 800-57 part 1, 7.1: a key that is not yet active may prove who owns it. */
static result check_key_state(const struct key_act *act, const struct certificate_key *k)
{
	enum key_state s = key_version_state_at(&k->version, act->now);
	char label[KEY_LABEL_SIZE];

	return s == KEY_PRE || s == KEY_ACTIVE
	               ? OK
	               : FAIL(KEY_STATE, "%s is %s", certificate_key_label(k, label),
	                      key_state_names[s]);
}

static result check_ca_key(struct key_act *act, const struct certificate_wish *w, size_t size)
{
	struct ca_key k;

	if (w->ca_key == 0)
		return OK;
	TRY(ca_key_load(act->tx, w->ca_key, &k));
	if (k.ca != w->ca)
		return FAIL(CA_FIELD, "CA key %02X is another authority's", k.public.index);
	TRY(ca_key_require_active(&k, ca_day(act->now)));
	if (size > k.public.key.size)
		return FAIL(CERTIFICATE_KEY, "%zu bits under a CA key of %zu", size * 8,
		            k.public.key.size * 8);
	return OK;
}

static result load_profile(struct key_act *act, const struct certificate_wish *w,
                           struct ipk_profile *out)
{
	struct ca c;

	TRY(ca_load(act->tx, w->ca, &c));
	TRY(ipk_profile_load(w->profile, out));
	return ca_takes_profile(&c, w->profile)
	               ? OK
	               : FAIL(CA_FIELD, "%s does not take profile %s", c.code, out->name);
}

static result check_expiry(const struct key_act *act, const struct ipk_values *v)
{
	return certificate_is_past(ipk_get(v, IPK_EXP).at, act->now)
	               ? FAIL(IPK_VALUE, "EXP is no month, or is past")
	               : OK;
}

static result read_values(const struct key_act *act, const struct certificate_wish *w,
                          struct ipk_values *out)
{
	*out = (struct ipk_values){ 0 };
	TRY(ipk_set_text(out, IPK_IIN, w->iin));
	TRY(ipk_set_text(out, IPK_EXP, w->expiry));
	TRY(ipk_set_text(out, IPK_TRK, w->tracking));
	if (w->index.len)
		TRY(ipk_set_text(out, IPK_IDX, w->index));
	if (w->service.len)
		TRY(ipk_set_text(out, IPK_SVC, w->service));
	return check_expiry(act, out);
}

static result require_new(struct db_tx *tx, const struct certificate_wish *w)
{
	int64_t there;

	TRY(db_select_i64(
	        tx, &sql_certificate_request_taken,
	        DB_ARGS(db_arg_str(w->profile), db_arg_str(w->iin), db_arg_str(w->tracking)),
	        &there));
	return there ? FAIL(CERTIFICATE_TRACKING, STR_FMT " of " STR_FMT, STR_ARG(w->tracking),
	                    STR_ARG(w->iin))
	             : OK;
}

/* --- acts --- */

static struct bytes content(const struct ipk_file *f)
{
	return bytes_of(f->at, f->len);
}

static result insert(struct key_act *act, const struct certificate_wish *w,
                     const struct ipk_request *made, int64_t *id)
{
	struct db_arg ca_key = w->ca_key ? db_arg_i64(w->ca_key) : db_arg_null();

	return db_select_i64(
	        act->tx, &sql_certificate_request_add,
	        DB_ARGS(db_arg_i64(w->ca), ca_key, db_arg_i64(w->key_version),
	                db_arg_str(w->profile), db_arg_str(w->iin), db_arg_str(w->expiry),
	                db_arg_str(w->tracking), db_arg_text(made->file.name),
	                db_arg_bytes(content(&made->file)), db_arg_text(made->hash_file.name),
	                db_arg_bytes(content(&made->hash_file)),
	                db_arg_bytes(bytes_of(made->hash, EMV_HASH)), db_arg_i64(act->now.us)),
	        id);
}

static result note(struct key_act *act, const char *op, const struct certificate_request *q)
{
	char hash[2 * EMV_HASH + 1];

	hex_encode(bytes_of(q->hash, EMV_HASH), hash);
	return key_audit_write(act, op, OK, "label=%s profile=%s iin=%s tracking=%s hash=%s",
	                       q->label, q->profile, q->iin, q->tracking, hash);
}

result certificate_request_make(struct key_act *act, const struct certificate_wish *w,
                                struct certificate_request *out)
{
	SCOPED(certificate_key_close) struct certificate_key key = { 0 };
	struct ipk_profile profile;
	struct ipk_values values;
	struct ipk_request made;
	int64_t id;

	TRY(load_profile(act, w, &profile));
	TRY(certificate_key_load(act->tx, w->key_version, &key));
	TRY(check_key_state(act, &key));
	TRY(check_ca_key(act, w, key.public.size));
	TRY(read_values(act, w, &values));
	TRY(require_new(act->tx, w));
	TRY(certificate_key_open(act->ring, &key));
	TRY(ipk_request_make(&profile, &values, &key.public, &key.signer, &made));
	TRY(insert(act, w, &made, &id));
	TRY(certificate_request_load(act->tx, id, out));
	return note(act, "IPK.REQUEST", out);
}

result certificate_request_sent(struct key_act *act, int64_t id)
{
	struct certificate_request q;

	TRY(certificate_request_load(act->tx, id, &q));
	if (q.state != CERTIFICATE_IS_DRAFT)
		return FAIL(CERTIFICATE_STATE, "the request is %s",
		            certificate_state_names[q.state]);
	TRY(certificate_set_request(act, id, CERTIFICATE_IS_SENT));
	return note(act, "IPK.SENT", &q);
}

result certificate_request_remove(struct key_act *act, int64_t id)
{
	struct certificate_request q;
	int64_t count;

	TRY(certificate_request_load(act->tx, id, &q));
	TRY(db_select_i64(act->tx, &sql_certificate_request_children, DB_ARGS(db_arg_i64(id)),
	                  &count));
	if (count)
		return FAIL(CERTIFICATE_IN_USE, "the certificate of %s %s", q.iin, q.tracking);
	TRY(db_execute(act->tx, &sql_certificate_request_remove, DB_ARGS(db_arg_i64(id)), NULL));
	return note(act, "IPK.REQUEST.REMOVE", &q);
}
