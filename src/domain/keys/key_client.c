/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_client.h"

#include <inttypes.h>

#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

const char *const key_client_state_names[] = { "ACTIVE", "STOPPED", NULL };

static result read_row(struct db_rows *rows, struct key_client *c)
{
	*c = (struct key_client){
		.id = db_i64(rows, 0),
		.rate = db_u32(rows, 6),
		.burst = db_u32(rows, 7),
		.quota_day = db_i64(rows, 8),
		.state = (enum key_client_state)db_enum(rows, 9, key_client_state_names),
		.created = { db_i64(rows, 10) },
	};
	db_text(rows, 1, c->name, sizeof c->name);
	db_fixed(rows, 2, c->certificate, sizeof c->certificate);
	db_text(rows, 3, c->ops, sizeof c->ops);
	db_text(rows, 4, c->usages, sizeof c->usages);
	db_text(rows, 5, c->labels, sizeof c->labels);
	TRY(db_done(rows));
	return key_client_prepare(c);
}

/* Who it is, and what it may: in lines of their own, each shorter than a line may be. */
static result note(struct key_act *act, const char *op, const struct key_client *c)
{
	char certificate[2 * KEY_CLIENT_CERTIFICATE + 1];

	hex_encode(bytes_of(c->certificate, sizeof c->certificate), certificate);
	TRY(key_audit_write(act, op, OK,
	                    "client=%s certificate=%s state=%s rate=%u burst=%u quota=%" PRId64,
	                    c->name, certificate, key_client_state_names[c->state], c->rate,
	                    c->burst, c->quota_day));
	TRY(key_audit_write(act, "CLIENT.OPS", OK, "client=%s ops=%s", c->name, c->ops));
	return key_audit_write(act, "CLIENT.KEYS", OK, "client=%s usages=%s labels=%s", c->name,
	                       c->usages, c->labels);
}
_Static_assert(KEY_CLIENT_TEXT_MAX + KEY_CLIENT_NAME_MAX + 16 <= KEY_AUDIT_DETAIL_MAX, "a line");

static result added(result r, const struct key_client *c)
{
	return r.code == DB_DUPLICATE ? FAIL(KEY_CLIENT_EXISTS, "%s, or its certificate", c->name)
	                              : r;
}

static result require_room(struct db_tx *tx)
{
	int64_t count;

	TRY(db_select_i64(tx, &sql_key_client_count, DB_NO_ARGS, &count));
	return count < KEY_CLIENTS_MAX ? OK : FAIL(KEY_CLIENTS, "%" PRId64 " clients", count);
}

result key_client_add(struct key_act *act, struct key_client *c)
{
	TRY(key_client_prepare(c));
	TRY(require_room(act->tx));
	c->created = act->now;
	c->state = KEY_CLIENT_ACTIVE;
	TRY(added(
	        db_select_i64(act->tx, &sql_key_client_add,
	                      DB_ARGS(db_arg_text(c->name),
	                              db_arg_bytes(bytes_of(c->certificate, sizeof c->certificate)),
	                              db_arg_text(c->ops), db_arg_text(c->usages),
	                              db_arg_text(c->labels), db_arg_i64(c->rate),
	                              db_arg_i64(c->burst), db_arg_i64(c->quota_day),
	                              db_arg_text(key_client_state_names[c->state]),
	                              db_arg_i64(c->created.us)),
	                      &c->id),
	        c));
	return note(act, "CLIENT.ADD", c);
}

result key_client_save(struct key_act *act, const struct key_client *changed, bool *widens)
{
	struct key_client c = *changed, before;

	TRY(key_client_prepare(&c));
	TRY(key_client_load(act->tx, c.id, &before));
	if (widens)
		*widens = key_client_widens(&before, &c);
	if (before.state == KEY_CLIENT_STOPPED && c.state == KEY_CLIENT_ACTIVE)
		TRY(require_room(act->tx));
	TRY(added(
	        db_execute(act->tx, &sql_key_client_save,
	                   DB_ARGS(db_arg_i64(c.id), db_arg_text(c.name),
	                           db_arg_bytes(bytes_of(c.certificate, sizeof c.certificate)),
	                           db_arg_text(c.ops), db_arg_text(c.usages), db_arg_text(c.labels),
	                           db_arg_i64(c.rate), db_arg_i64(c.burst), db_arg_i64(c.quota_day),
	                           db_arg_text(key_client_state_names[c.state])),
	                   NULL),
	        &c));
	return note(act, "CLIENT.SAVE", &c);
}

result key_client_stop(struct key_act *act, int64_t id)
{
	struct key_client c;

	TRY(key_client_load(act->tx, id, &c));
	TRY(db_execute(act->tx, &sql_key_client_stop, DB_ARGS(db_arg_i64(id)), NULL));
	return key_audit_write(act, "CLIENT.STOP", OK, "client=%s", c.name);
}

result key_client_load(struct db_tx *tx, int64_t id, struct key_client *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_key_client_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(KEY_CLIENT_NOT_FOUND, "client %" PRId64, id);
	}
	return read_row(&rows, out);
}

result key_client_find(struct db_tx *tx, const uint8_t certificate[KEY_CLIENT_CERTIFICATE],
                       struct key_client *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*found = false;
	TRY(db_select(tx, &sql_key_client_by_certificate,
	              DB_ARGS(db_arg_bytes(bytes_of(certificate, KEY_CLIENT_CERTIFICATE))), &rows));
	if (!db_next(&rows))
		return db_done(&rows);
	TRY(read_row(&rows, out));
	*found = true;
	return OK;
}

result key_client_list(struct db_tx *tx, struct arena *a, struct key_client **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, KEY_CLIENT_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_key_client_list, DB_ARGS(db_arg_i64(KEY_CLIENT_ROWS_MAX)), &rows));
	while (*count < KEY_CLIENT_ROWS_MAX && db_next(&rows))
		TRY(read_row(&rows, &(*out)[(*count)++]));
	return db_done(&rows);
}
