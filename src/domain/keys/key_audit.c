/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "crypto/digest.h"
#include "domain/keys/kms_sql.h"

enum { LOCAL_PROOF = 8 };

static const char local_setting[] = "audit_local_key";

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

/* Whose HMAC: a master key's, or the device's own (NULL). */
struct holder {
	const struct master *master;
	struct hsm_session *session;
};

static result link_of(void *owner, const uint8_t previous[32], struct bytes text, uint8_t out[32])
{
	const struct holder *h = owner;

	return h->master ? hsm_lmk_link(h->session, h->master->slot, previous, text, out)
	                 : hsm_local_link(h->session, previous, text, out);
}

static struct hsm_session *any_session(const struct master_ring *ring)
{
	return ring->sessions[0] ? ring->sessions[0] : ring->sessions[1];
}

/* Whose key links new lines: the active AES master key, else the SM4 one, else the device's own. */
static struct holder holder_now(const struct master_ring *ring)
{
	const struct master *m = master_active(ring, LMK_AES);

	if (!m)
		m = master_active(ring, LMK_SM4);
	return (struct holder){ m, m ? m->session : any_session(ring) };
}

/* What tells one device's own key from another's: lines linked by a device that is gone are held by
 * the next switch. */
static result local_proof(const struct master_ring *ring, char out[2 * LOCAL_PROOF + 1])
{
	static const uint8_t zeros[KEY_AUDIT_LINK];
	uint8_t mac[KEY_AUDIT_LINK];

	TRY(hsm_local_link(any_session(ring), zeros, str_bytes(STR("OC-LOCAL")), mac));
	hex_encode(bytes_of(mac, LOCAL_PROOF), out);
	return OK;
}

/* --- writing --- */

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

result key_audit_last(struct db_tx *tx, struct key_audit_point *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct key_audit_point){ 0 };
	TRY(db_select(tx, &sql_key_audit_last, DB_NO_ARGS, &rows));
	if (db_next(&rows)) {
		out->seq = db_i64(&rows, 0);
		db_fixed(&rows, 1, out->link, sizeof out->link);
	}
	return db_done(&rows);
}

/* With the first line of all. */
static result note_local(struct key_act *act)
{
	char proof[2 * LOCAL_PROOF + 1];

	TRY(local_proof(act->ring, proof));
	return key_setting_set(act->tx, local_setting, proof);
}

static result append(struct key_act *act, struct key_audit_line *l)
{
	struct holder holder = holder_now(act->ring);
	struct key_audit_point last;

	TRY(key_audit_last(act->tx, &last));
	if (last.seq == 0)
		TRY(note_local(act));
	l->seq = last.seq + 1;
	l->lmk = holder.master ? holder.master->id : 0;
	TRY(key_audit_link(link_of, &holder, last.link, l, l->link));
	return db_execute(act->tx, &sql_key_audit_add,
	                  DB_ARGS(db_arg_i64(l->seq), db_arg_text(l->ts), db_arg_text(l->actor),
	                          db_arg_text(l->op), db_arg_text(l->detail),
	                          db_arg_text(l->result), db_arg_i64(l->lmk),
	                          db_arg_bytes(bytes_of(l->link, sizeof l->link))),
	                  NULL);
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

result key_audit_write(struct key_act *act, const char *op, result of, const char *format, ...)
{
	struct key_audit_line l = line_of(act, op, of);
	va_list args;

	va_start(args, format);
	vsnprintf(l.detail, sizeof l.detail, format, args);
	va_end(args);
	clean(l.detail);
	return append(act, &l);
}

/* --- the chain without keys --- */

static void add_plain(uint8_t plain[DIGEST_SIZE], struct bytes text)
{
	uint8_t in[DIGEST_SIZE + KEY_AUDIT_TEXT_MAX];

	memcpy(in, plain, DIGEST_SIZE);
	memcpy(in + DIGEST_SIZE, text.at, text.len);
	digest_sha256(bytes_of(in, DIGEST_SIZE + text.len), plain);
}

static void read_row(struct db_rows *rows, struct key_audit_line *l)
{
	*l = (struct key_audit_line){ .seq = db_i64(rows, 0), .lmk = db_i64(rows, 6) };
	db_text(rows, 1, l->ts, sizeof l->ts);
	db_text(rows, 2, l->actor, sizeof l->actor);
	db_text(rows, 3, l->op, sizeof l->op);
	db_text(rows, 4, l->detail, sizeof l->detail);
	db_text(rows, 5, l->result, sizeof l->result);
	db_fixed(rows, 7, l->link, sizeof l->link);
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
		read_row(&rows, &l);
		TRY(db_done(&rows));
		TRY(key_audit_text(&l, text, &len));
		add_plain(plain, bytes_of(text, len));
	}
	return db_done(&rows);
}

/* "to=… rows=… sha256=…", which the old key seals as the text of a line. */
static result seal_of(struct key_act *act, const struct master *from,
                      const struct key_audit_point *last, struct key_audit_line *l)
{
	struct holder old = { from, from ? from->session : any_session(act->ring) };
	char hex[2 * KEY_AUDIT_LINK + 1];
	uint8_t seal[KEY_AUDIT_LINK];
	size_t len = strlen(l->detail);

	TRY(key_audit_link(link_of, &old, last->link, l, seal));
	hex_encode(bytes_of(seal, sizeof seal), hex);
	snprintf(l->detail + len, sizeof l->detail - len, " seal=%s", hex);
	return OK;
}

result key_audit_switch(struct key_act *act, const struct master *from, const struct master *to)
{
	struct key_audit_line l = line_of(act, "CHAIN.SWITCH", OK);
	uint8_t plain[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];
	struct key_audit_point last;

	TRY(key_audit_last(act->tx, &last));
	TRY(plain_so_far(act->tx, last.seq, plain));
	hex_encode(bytes_of(plain, sizeof plain), hex);
	snprintf(l.detail, sizeof l.detail, "from=%s to=%s rows=%" PRId64 " sha256=%s",
	         from ? from->kcv : "device", to->kcv, last.seq, hex);
	l.seq = last.seq + 1;
	TRY(seal_of(act, from, &last, &l));
	return append(act, &l);
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
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

/* --- verifying --- */

struct walk {
	const struct master_ring *ring;
	struct key_audit_verdict *v;
	struct key_audit_point at; /* the line before */
	uint8_t plain[DIGEST_SIZE];
	int64_t pending; /* lines whose key is gone, since the last switch */
	bool is_local;   /* this is the device that linked the lines before the first master key */
};

static result bad(struct walk *w, int64_t seq, const char *what)
{
	w->v->first_bad = seq;
	str_copy(str_of(what), w->v->what, sizeof w->v->what);
	return FAIL(AUDIT_BROKEN, "line %" PRId64 ": %s", seq, what);
}

/* A switch says how many lines came before it and what they hash to; under the new key, so it can
 * be believed. */
static result check_switch(struct walk *w, const struct key_audit_line *l)
{
	char want[160], hex[2 * DIGEST_SIZE + 1];

	hex_encode(bytes_of(w->plain, sizeof w->plain), hex);
	snprintf(want, sizeof want, " rows=%" PRId64 " sha256=%s ", l->seq - 1, hex);
	if (!strstr(l->detail, want))
		return bad(w, l->seq,
		           "the lines before the change of the master key are not those it was "
		           "made over");
	w->pending = 0;
	return OK;
}

static result check_line(struct walk *w, const struct key_audit_line *l)
{
	const struct master *m = l->lmk ? master_find(w->ring, l->lmk) : NULL;
	struct holder holder = { m, m ? m->session : any_session(w->ring) };
	uint8_t want[KEY_AUDIT_LINK];
	char text[KEY_AUDIT_TEXT_MAX];
	size_t len;

	if (l->seq != w->at.seq + 1)
		return bad(w, w->at.seq + 1, "the line is missing");
	TRY(key_audit_text(l, text, &len));
	if (l->lmk ? !m || !m->present : !w->is_local) {
		w->pending++;
		w->v->unkeyed++;
	} else {
		TRY(link_of(&holder, w->at.link, bytes_of(text, len), want));
		if (!bytes_equal_secret(bytes_of(want, sizeof want),
		                        bytes_of(l->link, sizeof l->link)))
			return bad(w, l->seq, "the line was changed");
		if (strcmp(l->op, "CHAIN.SWITCH") == 0)
			TRY(check_switch(w, l));
	}
	add_plain(w->plain, bytes_of(text, len));
	w->at.seq = l->seq;
	memcpy(w->at.link, l->link, sizeof w->at.link);
	return OK;
}

static result check_point(struct walk *w, const struct key_audit_point *point)
{
	if (point && point->seq == w->at.seq &&
	    memcmp(point->link, w->at.link, sizeof point->link) != 0)
		return bad(w, point->seq, "the line is not the one of the checkpoint");
	return OK;
}

static result is_local(struct db_tx *tx, const struct master_ring *ring, bool *out)
{
	char noted[KEY_SETTING_MAX + 1], proof[2 * LOCAL_PROOF + 1];

	TRY(key_setting_get(tx, local_setting, "", noted));
	TRY(local_proof(ring, proof));
	*out = strcmp(noted, proof) == 0;
	return OK;
}

result key_audit_verify(struct db_tx *tx, const struct master_ring *ring,
                        const struct key_audit_point *point, struct key_audit_verdict *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct walk w = { .ring = ring, .v = out };
	struct key_audit_line l;

	*out = (struct key_audit_verdict){ 0 };
	TRY(is_local(tx, ring, &w.is_local));
	TRY(db_select(tx, &sql_key_audit_upto, DB_ARGS(db_arg_i64(0), db_arg_i64(INT64_MAX)),
	              &rows));
	while (db_next(&rows)) {
		read_row(&rows, &l);
		TRY(db_done(&rows));
		TRY(check_line(&w, &l));
		TRY(check_point(&w, point));
		out->lines = w.at.seq;
	}
	TRY(db_done(&rows));
	memcpy(out->last, w.at.link, sizeof out->last);
	if (point && point->seq > w.at.seq)
		return bad(&w, w.at.seq + 1, "lines of the checkpoint are missing at the end");
	if (w.pending)
		return bad(&w, w.at.seq, "the key of the last lines is not in the device");
	return OK;
}
