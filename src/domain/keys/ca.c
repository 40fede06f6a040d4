/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ca.h"

#include <inttypes.h>

#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

const char *const ca_scheme_names[] = { "unionpay", "visa", "mastercard", "other", NULL };

/* --- what it must be --- */

/* keys 16.2; an authority of another kind may have any. */
static bool is_rid_of(enum ca_scheme scheme, const uint8_t rid[EMV_RID])
{
	static const uint8_t known[][EMV_RID] = {
		[CA_UNIONPAY] = { 0xA0, 0x00, 0x00, 0x03, 0x33 },
		[CA_VISA] = { 0xA0, 0x00, 0x00, 0x00, 0x03 },
		[CA_MASTERCARD] = { 0xA0, 0x00, 0x00, 0x00, 0x04 },
	};

	return scheme == CA_OTHER || memcmp(rid, known[scheme], EMV_RID) == 0;
}

static result check(const struct ca *c)
{
	if (!c->name[0] || !str_is_utf8(str_of(c->name)))
		return FAIL(CA_FIELD, "name");
	if (!str_is_utf8(str_of(c->note)))
		return FAIL(CA_FIELD, "note");
	if (!is_rid_of(c->scheme, c->rid))
		return FAIL(CA_FIELD, "the RID is not that of %s", ca_scheme_names[c->scheme]);
	return OK;
}

bool ca_takes_profile(const struct ca *c, struct str profile)
{
	struct str family = str_of(ca_scheme_names[c->scheme]), head, rest;

	str_cut(profile, '-', &head, &rest);
	return c->scheme == CA_OTHER || str_equal(head, family);
}

/* --- rows --- */

static void read_row(struct db_rows *rows, struct ca *c)
{
	*c = (struct ca){ .id = db_i64(rows, 0),
		          .scheme = (enum ca_scheme)db_enum(rows, 3, ca_scheme_names) };
	db_text(rows, 1, c->code, sizeof c->code);
	db_text(rows, 2, c->name, sizeof c->name);
	db_fixed(rows, 4, c->rid, sizeof c->rid);
	db_text(rows, 5, c->note, sizeof c->note);
}

result ca_load(struct db_tx *tx, int64_t id, struct ca *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_ca_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(CA_NOT_FOUND, "authority %" PRId64, id);
	read_row(&rows, out);
	return db_done(&rows);
}

result ca_list(struct db_tx *tx, struct arena *a, struct ca **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CA_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_ca_list, DB_ARGS(db_arg_i64(CA_ROWS_MAX)), &rows));
	while (*count < CA_ROWS_MAX && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

/* --- acts --- */

static result note(struct key_act *act, const char *op, const struct ca *c)
{
	char rid[2 * EMV_RID + 1];

	hex_encode(bytes_of(c->rid, EMV_RID), rid);
	return key_audit_write(act, op, OK, "ca=%s scheme=%s rid=%s", c->code,
	                       ca_scheme_names[c->scheme], rid);
}

static result require_alone(struct db_tx *tx, const struct ca *c)
{
	int64_t count;

	TRY(db_select_i64(tx, &sql_ca_children, DB_ARGS(db_arg_i64(c->id)), &count));
	return count == 0 ? OK
	                  : FAIL(CA_IN_USE, "%" PRId64 " keys and requests of %s", count, c->code);
}

result ca_add(struct key_act *act, struct ca *c)
{
	int64_t there;

	if (!key_code_is_valid(str_of(c->code)))
		return FAIL(KEY_LABEL, "a code has 1 to 8 of A-Z and 0-9");
	TRY(check(c));
	TRY(db_select_i64(act->tx, &sql_ca_taken, DB_ARGS(db_arg_text(c->code)), &there));
	if (there)
		return FAIL(CA_EXISTS, "%s", c->code);
	TRY(db_select_i64(act->tx, &sql_ca_add,
	                  DB_ARGS(db_arg_text(c->code), db_arg_text(c->name),
	                          db_arg_text(ca_scheme_names[c->scheme]),
	                          db_arg_bytes(bytes_of(c->rid, EMV_RID)), db_arg_text(c->note),
	                          db_arg_i64(act->now.us)),
	                  &c->id));
	return note(act, "CA.ADD", c);
}

result ca_save(struct key_act *act, const struct ca *c)
{
	struct ca before;

	TRY(ca_load(act->tx, c->id, &before));
	TRY(check(c));
	if (c->scheme != before.scheme || memcmp(c->rid, before.rid, EMV_RID) != 0)
		TRY(require_alone(act->tx, &before));
	TRY(db_execute(act->tx, &sql_ca_save,
	               DB_ARGS(db_arg_i64(c->id), db_arg_text(c->name),
	                       db_arg_text(ca_scheme_names[c->scheme]),
	                       db_arg_bytes(bytes_of(c->rid, EMV_RID)), db_arg_text(c->note)),
	               NULL));
	memcpy(before.rid, c->rid, EMV_RID);
	before.scheme = c->scheme;
	return note(act, "CA.SAVE", &before);
}

result ca_remove(struct key_act *act, int64_t id)
{
	struct ca c;

	TRY(ca_load(act->tx, id, &c));
	TRY(require_alone(act->tx, &c));
	TRY(db_execute(act->tx, &sql_ca_remove, DB_ARGS(db_arg_i64(id)), NULL));
	return note(act, "CA.REMOVE", &c);
}
