/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/keys/key_audit_chain.h"
#include "domain/keys/kms_sql.h"

/* --- the form of a line --- */

result key_audit_text(const struct key_audit_line *l, char out[KEY_AUDIT_TEXT_MAX], size_t *len)
{
	int n = snprintf(out, KEY_AUDIT_TEXT_MAX, "%" PRId64 "|%s|%s|%s|%s|%s", l->seq, l->ts,
	                 l->actor, l->op, l->detail, l->result);

	if (n < 0 || n >= KEY_AUDIT_TEXT_MAX)
		return FAIL(AUDIT_TEXT, "%s", l->op);
	*len = (size_t)n;
	return OK;
}

result key_audit_link(result (*hmac)(void *owner, const uint8_t previous[32], struct bytes text,
                                     uint8_t out[32]),
                      void *owner, const uint8_t previous[32], const struct key_audit_line *l,
                      uint8_t out[KEY_AUDIT_LINK])
{
	char text[KEY_AUDIT_TEXT_MAX];
	size_t len;

	TRY(key_audit_text(l, text, &len));
	return hmac(owner, previous, bytes_of(text, len), out);
}

static void clean(char *text)
{
	for (; *text; text++)
		if (*text == '|' || (unsigned char)*text < 0x20 || *text == 0x7F)
			*text = '/';
}

/* "2026-11-22T02:15:00.000Z" */
static void stamp(struct instant t, char out[32])
{
	struct civil c = civil_of(t, 0);

	snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year % 10000, c.month % 100,
	         c.day % 100, c.hour % 100, c.minute % 100, c.second % 100,
	         (int)(t.us / 1000 % 1000));
}

static struct key_audit_line line_of(const struct key_act *act, const char *op, result of)
{
	struct key_audit_line l = { 0 };

	stamp(act->now, l.ts);
	str_copy(str_of(act->actor), l.actor, sizeof l.actor);
	str_copy(str_of(op), l.op, sizeof l.op);
	str_copy(str_of(is_ok(of) ? "OK" : result_name(of)), l.result, sizeof l.result);
	clean(l.actor);
	return l;
}

/* --- the newest line --- */

struct newest {
	struct key_audit_point point;
	int64_t lmk;
};

static result read_newest(struct db_tx *tx, struct newest *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct newest){ 0 };
	TRY(db_select(tx, &sql_key_audit_last, DB_NO_ARGS, &rows));
	if (db_next(&rows)) {
		out->point.seq = db_i64(&rows, 0);
		db_fixed(&rows, 1, out->point.link, sizeof out->point.link);
		out->lmk = db_i64(&rows, 2);
	}
	return db_done(&rows);
}

result key_audit_last(struct db_tx *tx, struct key_audit_point *out)
{
	struct newest newest;

	TRY(read_newest(tx, &newest));
	*out = newest.point;
	return OK;
}

/* --- writing --- */

static result add(struct key_act *act, struct audit_holder *holder, struct key_audit_line *l,
                  struct newest *newest)
{
	l->seq = newest->point.seq + 1;
	l->lmk = holder->id;
	TRY(key_audit_link(audit_holder_link, holder, newest->point.link, l, l->link));
	newest->point.seq = l->seq;
	memcpy(newest->point.link, l->link, sizeof newest->point.link);
	newest->lmk = l->lmk;
	return db_execute(act->tx, &sql_key_audit_add,
	                  DB_ARGS(db_arg_i64(l->seq), db_arg_text(l->ts), db_arg_text(l->actor),
	                          db_arg_text(l->op), db_arg_text(l->detail),
	                          db_arg_text(l->result), db_arg_i64(l->lmk),
	                          db_arg_bytes(bytes_of(l->link, sizeof l->link))),
	                  NULL);
}

static result plain_so_far(struct db_tx *tx, int64_t upto, uint8_t plain[DIGEST_SIZE])
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct key_audit_line l;
	char text[KEY_AUDIT_TEXT_MAX];
	size_t len;

	memset(plain, 0, DIGEST_SIZE);
	TRY(db_select(tx, &sql_key_audit_upto, DB_ARGS(db_arg_i64(0), db_arg_i64(upto)), &rows));
	while (db_next(&rows)) {
		audit_read_row(&rows, &l);
		TRY(db_done(&rows));
		TRY(key_audit_text(&l, text, &len));
		audit_plain_add(plain, bytes_of(text, len));
	}
	return db_done(&rows);
}

/* The old holder's seal over "from=… to=… rows=… sha256=…"; "none" when its key is gone. */
static result add_seal(struct audit_holder *old, const struct newest *newest,
                       struct key_audit_line *l)
{
	char hex[2 * KEY_AUDIT_LINK + 1] = "none";
	uint8_t seal[KEY_AUDIT_LINK];
	size_t len = strlen(l->detail);

	if (old->session) {
		TRY(key_audit_link(audit_holder_link, old, newest->point.link, l, seal));
		hex_encode(bytes_of(seal, sizeof seal), hex);
	}
	snprintf(l->detail + len, sizeof l->detail - len, " seal=%s", hex);
	return OK;
}

/* Another key links from here on: say so under it, over all that was before. */
static result change_holder(struct key_act *act, struct audit_holder *to, struct newest *newest)
{
	struct key_audit_line l = line_of(act, AUDIT_SWITCH, OK);
	char hex[2 * DIGEST_SIZE + 1];
	struct audit_holder old;
	uint8_t plain[DIGEST_SIZE];

	TRY(audit_holder_of(act->tx, act->ring, newest->lmk, &old));
	TRY(plain_so_far(act->tx, newest->point.seq, plain));
	hex_encode(bytes_of(plain, sizeof plain), hex);
	snprintf(l.detail, sizeof l.detail,
	         "from=%" PRId64 " to=%" PRId64 " rows=%" PRId64 " sha256=%s", old.id, to->id,
	         newest->point.seq, hex);
	l.seq = newest->point.seq + 1;
	TRY(add_seal(&old, newest, &l));
	return add(act, to, &l, newest);
}

result key_audit_write(struct key_act *act, const char *op, result of, const char *format, ...)
{
	struct key_audit_line l = line_of(act, op, of);
	struct audit_holder holder;
	struct newest newest;
	va_list args;

	va_start(args, format);
	vsnprintf(l.detail, sizeof l.detail, format, args);
	va_end(args);
	clean(l.detail);
	TRY(audit_holder_now(act->tx, act->ring, &holder));
	TRY(read_newest(act->tx, &newest));
	if (newest.point.seq > 0 && newest.lmk != holder.id)
		TRY(change_holder(act, &holder, &newest));
	return add(act, &holder, &l, &newest);
}

/* --- reading --- */

result key_audit_list(struct db_tx *tx, const struct key_audit_filter *f, struct arena *a,
                      struct key_audit_line **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct db_args args = DB_ARGS(
	        db_arg_i64(f->newest_first ? (f->before ? f->before : INT64_MAX) : f->after),
	        db_arg_str(f->op), db_arg_str(f->actor), db_arg_i64((int64_t)f->limit));

	ASSERT(f->limit > 0 && f->limit <= KEY_AUDIT_PAGE_MAX);
	*out = arena_array(a, f->limit, sizeof **out);
	*count = 0;
	TRY(db_select(tx, f->newest_first ? &sql_key_audit_before : &sql_key_audit_after, args,
	              &rows));
	while (*count < f->limit && db_next(&rows))
		audit_read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}
