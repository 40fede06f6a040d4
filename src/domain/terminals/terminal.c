/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/terminals/terminal.h"

#include "domain/domain_sql.h"

const char *const terminal_state_names[] = { "DEFINED",   "AUTHORISED", "ACTIVE",
	                                     "SUSPENDED", "RETIRED",    NULL };
const char *const terminal_type_names[] = { "TILL",      "DESK",     "KIOSK", "GATEWAY",
	                                    "SUBSYSTEM", "REGISTER", NULL };
const char *const terminal_dialect_names[] = { "B", "A", "BARE", NULL };

enum {
	SUITES_ALL =
	        TERMINAL_SUITE_AES | TERMINAL_SUITE_SM4 | TERMINAL_SUITE_3DES | TERMINAL_SUITE_DES
};

/* --- rows --- */

static void read_subsystem(struct db_rows *rows, struct terminal *out)
{
	char state[16];

	db_text(rows, 18, state, sizeof state);
	out->has_subsystem = state[0] != '\0';
	out->blocked = strcmp(state, "BLOCKED") == 0;
	db_text(rows, 19, out->subsystem_range, sizeof out->subsystem_range);
	out->denied = out->allow & ~db_u32(rows, 20);
}

static void read_terminal(struct db_rows *rows, struct terminal *out)
{
	*out = (struct terminal){
		.id = db_u32(rows, 0),
		.key_version = (uint8_t)db_u32(rows, 3),
		.type = (enum terminal_type)db_enum(rows, 4, terminal_type_names),
		.state = (enum terminal_state)db_enum(rows, 5, terminal_state_names),
		.dialect = (enum terminal_dialect)db_enum(rows, 6, terminal_dialect_names),
		.sealed = db_bool(rows, 7),
		.suites = db_u32(rows, 8),
		.allow = db_u32(rows, 9),
		.merchant_id = db_i64(rows, 10),
		.batch = db_u32(rows, 12),
		.version = db_i64(rows, 13),
	};
	db_text(rows, 1, out->node_id, sizeof out->node_id);
	db_fixed(rows, 2, out->sam_no, sizeof out->sam_no);
	db_text(rows, 11, out->location, sizeof out->location);
	db_text(rows, 14, out->address_range, sizeof out->address_range);
	db_text(rows, 15, out->card_serial, sizeof out->card_serial);
	out->card_until.us = db_i64(rows, 16);
	db_text(rows, 17, out->hardware, sizeof out->hardware);
	read_subsystem(rows, out);
}

static result find(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                   struct terminal *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, s, args, &rows));
	*found = db_next(&rows);
	if (*found)
		read_terminal(&rows, out);
	return db_done(&rows);
}

result terminal_find_by_node(struct db_tx *tx, struct str node_id, struct terminal *out,
                             bool *found)
{
	return find(tx, &sql_terminal_by_node, DB_ARGS(db_arg_str(node_id)), out, found);
}

result terminal_load(struct db_tx *tx, uint32_t id, struct terminal *out)
{
	bool found;

	TRY(find(tx, &sql_terminal_by_id, DB_ARGS(db_arg_i64(id)), out, &found));
	return found ? OK : FAIL(TERMINAL_NOT_FOUND, "terminal %u", id);
}

result terminal_load_by_node(struct db_tx *tx, struct str node_id, struct terminal *out)
{
	bool found;

	TRY(terminal_find_by_node(tx, node_id, out, &found));
	return found ? OK : FAIL(TERMINAL_NOT_FOUND, "node " STR_FMT, STR_ARG(node_id));
}

/* --- changes --- */

static bool is_node_id(const char *node_id)
{
	for (size_t i = 0; i < TERMINAL_NODE_ID_LEN; i++) {
		char c = node_id[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z'))
			return false;
	}
	return node_id[TERMINAL_NODE_ID_LEN] == 0;
}

static bool is_bcd(const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (b[i] >> 4 > 9 || (b[i] & 15) > 9)
			return false;
	return true;
}

static result check(struct db_tx *tx, const struct terminal *t)
{
	int64_t merchants;

	if (!is_node_id(t->node_id))
		return FAIL(TERMINAL_INVALID, "node_id: 8 digits or capital letters");
	if (!is_bcd(t->sam_no, sizeof t->sam_no))
		return FAIL(TERMINAL_INVALID, "sam_no: 12 digits");
	if (t->key_version == 0)
		return FAIL(TERMINAL_INVALID, "key_version: 1 and up");
	if (t->suites == 0 || t->suites & ~(uint32_t)SUITES_ALL)
		return FAIL(TERMINAL_INVALID, "suites: at least one of 1 to 4");
	if (t->allow & ~(uint32_t)TERMINAL_ALLOW_ALL)
		return FAIL(TERMINAL_INVALID, "allow: unknown transactions");
	if (!str_is_utf8(str_of(t->location)))
		return FAIL(TERMINAL_INVALID, "location: not UTF-8");
	if (!terminal_range_is_valid(str_of(t->address_range)))
		return FAIL(TERMINAL_INVALID, "address_range: 10.1.2.0/24, an address, or nothing");
	TRY(db_select_i64(tx, &sql_terminal_merchant_exists, DB_ARGS(db_arg_i64(t->merchant_id)),
	                  &merchants));
	return merchants ? OK
	                 : FAIL(MERCHANT_NOT_FOUND, "merchant %lld", (long long)t->merchant_id);
}

result terminal_add(struct db_tx *tx, struct instant now, struct terminal *t)
{
	int64_t id;

	TRY(check(tx, t));
	if (t->batch == 0)
		t->batch = 1;
	result r = db_select_i64(
	        tx, &sql_terminal_add,
	        DB_ARGS(db_arg_text(t->node_id),
	                db_arg_bytes(bytes_of(t->sam_no, sizeof t->sam_no)),
	                db_arg_i64(t->key_version), db_arg_text(terminal_type_names[t->type]),
	                db_arg_text(terminal_state_names[t->state]),
	                db_arg_text(terminal_dialect_names[t->dialect]), db_arg_i64(t->sealed),
	                db_arg_i64(t->suites), db_arg_i64(t->allow), db_arg_i64(t->merchant_id),
	                db_arg_text(t->location), db_arg_text(t->address_range),
	                db_arg_i64(t->batch), db_arg_i64(now.us)),
	        &id);
	if (r.code == DB_DUPLICATE)
		return FAIL(TERMINAL_EXISTS, "node %s or its SAM", t->node_id);
	TRY(r);
	t->id = (uint32_t)id;
	t->version = 1;
	return OK;
}

result terminal_save(struct db_tx *tx, struct instant now, struct terminal *t)
{
	struct terminal stored;
	int64_t changed;

	TRY(check(tx, t));
	result r = db_execute(
	        tx, &sql_terminal_save,
	        DB_ARGS(db_arg_i64(t->id), db_arg_i64(t->version),
	                db_arg_bytes(bytes_of(t->sam_no, sizeof t->sam_no)),
	                db_arg_i64(t->key_version), db_arg_text(terminal_type_names[t->type]),
	                db_arg_text(terminal_dialect_names[t->dialect]), db_arg_i64(t->sealed),
	                db_arg_i64(t->suites), db_arg_i64(t->allow), db_arg_i64(t->merchant_id),
	                db_arg_text(t->location), db_arg_text(t->address_range),
	                db_arg_i64(now.us)),
	        &changed);
	if (r.code == DB_DUPLICATE)
		return FAIL(TERMINAL_EXISTS, "SAM of node %s", t->node_id);
	TRY(r);
	if (changed == 0) {
		TRY(terminal_load(tx, t->id, &stored));
		return FAIL(TERMINAL_CHANGED, "terminal %u", t->id);
	}
	t->version++;
	return OK;
}

bool terminal_may_move(enum terminal_state from, enum terminal_state to)
{
	static const uint8_t to_of[] = {
		[TERMINAL_DEFINED] = 1 << TERMINAL_AUTHORISED | 1 << TERMINAL_RETIRED,
		[TERMINAL_AUTHORISED] =
		        1 << TERMINAL_ACTIVE | 1 << TERMINAL_DEFINED | 1 << TERMINAL_RETIRED,
		[TERMINAL_ACTIVE] = 1 << TERMINAL_SUSPENDED | 1 << TERMINAL_RETIRED,
		[TERMINAL_SUSPENDED] =
		        1 << TERMINAL_ACTIVE | 1 << TERMINAL_AUTHORISED | 1 << TERMINAL_RETIRED,
		[TERMINAL_RETIRED] = 0,
	};

	return to_of[from] >> to & 1;
}

result terminal_set_state(struct db_tx *tx, struct instant now, uint32_t id, enum terminal_state to,
                          struct terminal *out)
{
	struct terminal t;

	TRY(terminal_load(tx, id, &t));
	if (!terminal_may_move(t.state, to))
		return FAIL(TERMINAL_STATE, "%s to %s", terminal_state_names[t.state],
		            terminal_state_names[to]);
	TRY(db_execute(
	        tx, &sql_terminal_set_state,
	        DB_ARGS(db_arg_i64(id), db_arg_text(terminal_state_names[to]), db_arg_i64(now.us)),
	        NULL));
	if (t.state == TERMINAL_ACTIVE)
		TRY(db_execute(tx, &sql_terminal_session_close_of, DB_ARGS(db_arg_i64(id)), NULL));
	t.state = to;
	t.version++;
	*out = t;
	return OK;
}

result terminal_act(struct db_tx *tx, struct instant now, const struct terminal_act *act,
                    struct terminal *out)
{
	struct terminal old;

	TRY(access_require(act->by, PERMISSION_TERMINALS));
	TRY(terminal_load(tx, act->id, &old));
	if (act->to == TERMINAL_AUTHORISED ||
	    (act->to == TERMINAL_ACTIVE && old.state != TERMINAL_SUSPENDED))
		return FAIL(TERMINAL_STATE, "%s: by its authorisation card",
		            terminal_state_names[act->to]);
	TRY(terminal_set_state(tx, now, act->id, act->to, out));
	struct audit_act line = {
		.action = "terminal.set_state",
		.object_type = "terminal",
		.object_id = act->id,
		.before = str_of(terminal_state_names[old.state]),
		.after = str_of(terminal_state_names[act->to]),
		.reason = act->reason,
	};
	return audit_record(tx, now, act->by, &line);
}

result terminal_next_batch(struct db_tx *tx, struct instant now, uint32_t id, uint32_t *batch)
{
	int64_t next;
	result r = db_select_i64(tx, &sql_terminal_next_batch,
	                         DB_ARGS(db_arg_i64(id), db_arg_i64(now.us)), &next);

	if (r.code == DB_NO_ROW)
		return FAIL(TERMINAL_NOT_FOUND, "terminal %u", id);
	TRY(r);
	*batch = (uint32_t)next;
	return OK;
}

/* --- lists --- */

result terminal_list(struct db_tx *tx, const struct terminal_filter *f, int64_t after, size_t limit,
                     struct arena *a, struct terminal_page *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct db_arg from = db_arg_i64(after), most = db_arg_i64((int64_t)limit + 1);
	struct str end = arena_printf(a, STR_FMT "\xF4\x8F\xBF\xBF", STR_ARG(f->text));

	ASSERT(limit > 0 && limit <= TERMINAL_PAGE_MAX);
	if (f->text.len == 0 && f->merchant_id == 0)
		TRY(db_select(tx, &sql_terminal_all, DB_ARGS(from, most), &rows));
	else
		TRY(db_select(tx, &sql_terminal_list,
		              DB_ARGS(from, db_arg_i64(f->merchant_id), db_arg_str(f->text),
		                      db_arg_str(end), most),
		              &rows));
	*out = (struct terminal_page){ .rows = arena_array(a, limit, sizeof *out->rows) };
	while (out->count < limit && db_next(&rows))
		read_terminal(&rows, &out->rows[out->count++]);
	TRY(db_done(&rows));
	out->next = db_next(&rows) ? out->rows[limit - 1].id : 0;
	return db_done(&rows);
}
