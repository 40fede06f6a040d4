/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/audit/audit.h"

#include "crypto/digest.h"
#include "domain/domain_sql.h"

enum {
	HASHED_MAX = 16384, /* one line's bytes under the hash */
	VERIFY_AHEAD = 500, /* lines read at once */
};

/* --- the hash --- */

static void put_text(struct writer *w, struct str s)
{
	writer_u32(w, (uint32_t)s.len);
	writer_str(w, s);
}

/* Every member with its length, so that no two lines have the same bytes. The previous hash comes
 * first. */
static result hash_line(const struct audit_line *l, uint8_t out[DIGEST_SIZE])
{
	uint8_t bytes[HASHED_MAX];
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_put(&w, bytes_of(l->previous, sizeof l->previous));
	writer_u64(&w, (uint64_t)l->no);
	writer_u64(&w, (uint64_t)l->at.us);
	writer_u64(&w, (uint64_t)l->operator_id);
	put_text(&w, str_of(l->operator_name));
	put_text(&w, str_of(l->workstation));
	put_text(&w, str_of(l->action));
	put_text(&w, str_of(l->object_type));
	writer_u64(&w, (uint64_t)l->object_id);
	put_text(&w, l->before);
	put_text(&w, l->after);
	put_text(&w, l->reason);
	put_text(&w, str_of(l->result));
	TRY(writer_done(&w));
	digest_sha256(writer_bytes(&w), out);
	return OK;
}

/* --- writing --- */

static result last_line(struct db_tx *tx, int64_t *no, uint8_t hash[DIGEST_SIZE])
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*no = 0;
	memset(hash, 0, DIGEST_SIZE);
	TRY(db_select(tx, &sql_audit_last, DB_NO_ARGS, &rows));
	if (db_next(&rows)) {
		*no = db_i64(&rows, 0);
		db_fixed(&rows, 1, hash, DIGEST_SIZE);
	}
	return db_done(&rows);
}

static result check(const struct audit_act *act)
{
	if (strlen(act->action) > AUDIT_ACTION_MAX || strlen(act->object_type) > AUDIT_OBJECT_MAX ||
	    act->before.len > AUDIT_TEXT_MAX || act->after.len > AUDIT_TEXT_MAX ||
	    act->reason.len > AUDIT_REASON_MAX)
		return FAIL(AUDIT_TEXT, "%s", act->action);
	return OK;
}

static struct audit_line line_of(struct instant now, const struct actor *by,
                                 const struct audit_act *act)
{
	struct audit_line l = {
		.at = now,
		.operator_id = by->operator_id,
		.object_id = act->object_id,
		.before = act->before,
		.after = act->after,
		.reason = act->reason,
	};

	str_copy(str_of(by->name), l.operator_name, sizeof l.operator_name);
	str_copy(str_of(by->workstation), l.workstation, sizeof l.workstation);
	str_copy(str_of(act->action), l.action, sizeof l.action);
	str_copy(str_of(act->object_type), l.object_type, sizeof l.object_type);
	str_copy(str_of(result_name(act->result)), l.result, sizeof l.result);
	return l;
}

result audit_record(struct db_tx *tx, struct instant now, const struct actor *by,
                    const struct audit_act *act)
{
	TRY(check(act));
	struct audit_line l = line_of(now, by, act);
	TRY(last_line(tx, &l.no, l.previous));
	l.no++;
	TRY(hash_line(&l, l.hash));
	return db_execute(tx, &sql_audit_add,
	                  DB_ARGS(db_arg_i64(l.no), db_arg_i64(l.at.us), db_arg_i64(l.operator_id),
	                          db_arg_text(l.operator_name), db_arg_text(l.workstation),
	                          db_arg_text(l.action), db_arg_text(l.object_type),
	                          db_arg_i64(l.object_id), db_arg_str(l.before),
	                          db_arg_str(l.after), db_arg_str(l.reason), db_arg_text(l.result),
	                          db_arg_bytes(bytes_of(l.previous, sizeof l.previous)),
	                          db_arg_bytes(bytes_of(l.hash, sizeof l.hash))),
	                  NULL);
}

/* --- reading --- */

static void read_line(struct db_rows *rows, struct arena *a, struct audit_line *out)
{
	*out = (struct audit_line){
		.no = db_i64(rows, 0),
		.at = { db_i64(rows, 1) },
		.operator_id = db_i64(rows, 2),
		.object_id = db_i64(rows, 7),
		.before = db_str(rows, 8, a),
		.after = db_str(rows, 9, a),
		.reason = db_str(rows, 10, a),
	};
	db_text(rows, 3, out->operator_name, sizeof out->operator_name);
	db_text(rows, 4, out->workstation, sizeof out->workstation);
	db_text(rows, 5, out->action, sizeof out->action);
	db_text(rows, 6, out->object_type, sizeof out->object_type);
	db_text(rows, 11, out->result, sizeof out->result);
	db_fixed(rows, 12, out->previous, sizeof out->previous);
	db_fixed(rows, 13, out->hash, sizeof out->hash);
}

result audit_list(struct db_tx *tx, const struct audit_filter *f, int64_t before, size_t limit,
                  struct arena *a, struct audit_page *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	ASSERT(limit > 0 && limit <= AUDIT_PAGE_MAX);
	TRY(db_select(tx, &sql_audit_list,
	              DB_ARGS(db_arg_i64(before ? before : INT64_MAX), db_arg_i64(f->operator_id),
	                      db_arg_i64(f->object_id), db_arg_str(f->action),
	                      db_arg_str(f->object_type), db_arg_i64((int64_t)limit + 1)),
	              &rows));
	*out = (struct audit_page){ .rows = arena_array(a, limit, sizeof *out->rows) };
	while (out->count < limit && db_next(&rows))
		read_line(&rows, a, &out->rows[out->count++]);
	TRY(db_done(&rows));
	out->next = db_next(&rows) ? out->rows[limit - 1].no : 0;
	return db_done(&rows);
}

/* Is this line the one that belongs behind (no, hash)? Both move on to it. */
static result follows(const struct audit_line *l, int64_t *no, uint8_t hash[DIGEST_SIZE])
{
	uint8_t want[DIGEST_SIZE];

	TRY(hash_line(l, want));
	if (l->no != *no + 1)
		return FAIL(AUDIT_BROKEN, "line %lld is missing", (long long)*no + 1);
	if (memcmp(l->previous, hash, DIGEST_SIZE) != 0)
		return FAIL(AUDIT_BROKEN, "line %lld does not follow the one before",
		            (long long)l->no);
	if (memcmp(l->hash, want, DIGEST_SIZE) != 0)
		return FAIL(AUDIT_BROKEN, "line %lld was changed", (long long)l->no);
	*no = l->no;
	memcpy(hash, l->hash, DIGEST_SIZE);
	return OK;
}

static result verify_some(struct db_tx *tx, int64_t *no, uint8_t hash[DIGEST_SIZE], int64_t *read)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	SCOPED(arena_free) struct arena a = { 0 };
	struct audit_line l;

	*read = 0;
	TRY(db_select(tx, &sql_audit_forward, DB_ARGS(db_arg_i64(*no), db_arg_i64(VERIFY_AHEAD)),
	              &rows));
	while (db_next(&rows)) {
		read_line(&rows, &a, &l);
		TRY(db_done(&rows));
		TRY(follows(&l, no, hash));
		(*read)++;
	}
	return db_done(&rows);
}

result audit_verify(struct db_tx *tx, int64_t *lines, int64_t *first_bad)
{
	uint8_t hash[DIGEST_SIZE] = { 0 };
	int64_t no = 0, read = 0;

	*first_bad = 0;
	do {
		result r = verify_some(tx, &no, hash, &read);
		*lines = no;
		if (r.code == AUDIT_BROKEN || r.code == DB_COLUMN)
			*first_bad = no + 1;
		TRY(r);
	} while (read == VERIFY_AHEAD);
	return OK;
}
