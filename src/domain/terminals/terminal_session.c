/* SPDX-License-Identifier: Apache-2.0 */
/* What a host that restarts must know of its sessions (terminal-protocol 7.7). */
#include "domain/domain_sql.h"
#include "domain/terminals/terminal.h"

enum { SESSIONS_ROOM = 256 };

static const char *const session_state_names[] = { "PENDING", "ACTIVE", "CLOSED", NULL };

result terminal_session_open(struct db_tx *tx, struct terminal_session *s)
{
	int64_t id;

	TRY(db_select_i64(tx, &sql_terminal_session_open,
	                  DB_ARGS(db_arg_i64(s->terminal_id), db_arg_i64(s->suite),
	                          db_arg_i64(s->key_version), db_arg_i64(s->key_date.yyyymmdd),
	                          db_arg_i64(s->key_seq), db_arg_i64(TERMINAL_COUNTER_STEP),
	                          db_arg_i64(s->opened.us), db_arg_i64(s->valid_until.us)),
	                  &id));
	ASSERT(id <= UINT32_MAX);
	s->id = (uint32_t)id;
	s->state = TERMINAL_SESSION_PENDING;
	s->send_reserved = TERMINAL_COUNTER_STEP;
	s->receive_high = 0;
	return OK;
}

result terminal_session_activate(struct db_tx *tx, uint32_t id)
{
	int64_t changed;

	TRY(db_execute(tx, &sql_terminal_session_activate, DB_ARGS(db_arg_i64(id)), &changed));
	if (changed == 0)
		return FAIL(TERMINAL_SESSION_UNKNOWN, "session %u", id);
	return db_execute(tx, &sql_terminal_session_close_others, DB_ARGS(db_arg_i64(id)), NULL);
}

result terminal_session_reserve(struct db_tx *tx, uint32_t id, uint64_t *reserved)
{
	int64_t bound;
	result r =
	        db_select_i64(tx, &sql_terminal_session_reserve,
	                      DB_ARGS(db_arg_i64(id), db_arg_i64(TERMINAL_COUNTER_STEP)), &bound);

	if (r.code == DB_NO_ROW)
		return FAIL(TERMINAL_SESSION_UNKNOWN, "session %u", id);
	TRY(r);
	*reserved = (uint64_t)bound;
	return OK;
}

result terminal_session_received(struct db_tx *tx, uint32_t id, uint64_t receive_high)
{
	return db_execute_later(tx, &sql_terminal_session_received,
	                        DB_ARGS(db_arg_i64(id), db_arg_i64((int64_t)receive_high)));
}

result terminal_session_close(struct db_tx *tx, uint32_t id)
{
	return db_execute(tx, &sql_terminal_session_close, DB_ARGS(db_arg_i64(id)), NULL);
}

static void read_session(struct db_rows *rows, struct terminal_session *out)
{
	*out = (struct terminal_session){
		.id = db_u32(rows, 0),
		.terminal_id = db_u32(rows, 1),
		.state = (enum terminal_session_state)db_enum(rows, 2, session_state_names),
		.suite = (uint8_t)db_u32(rows, 3),
		.key_version = (uint8_t)db_u32(rows, 4),
		.key_date = { db_u32(rows, 5) },
		.key_seq = (uint8_t)db_u32(rows, 6),
		.send_reserved = (uint64_t)db_i64(rows, 7),
		.receive_high = (uint64_t)db_i64(rows, 8),
		.opened = { db_i64(rows, 9) },
		.valid_until = { db_i64(rows, 10) },
	};
}

result terminal_session_list(struct db_tx *tx, struct instant now, struct arena *a,
                             struct terminal_session **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	size_t room = SESSIONS_ROOM;

	TRY(db_select(tx, &sql_terminal_session_list, DB_ARGS(db_arg_i64(now.us)), &rows));
	*out = arena_array(a, room, sizeof **out);
	*count = 0;
	while (db_next(&rows)) {
		if (*count == room) {
			struct terminal_session *more = arena_array(a, room * 2, sizeof *more);
			memcpy(more, *out, room * sizeof *more);
			*out = more;
			room *= 2;
		}
		read_session(&rows, &(*out)[(*count)++]);
	}
	return db_done(&rows);
}
