/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/key_audit_chain.h"
#include "domain/keys/kms_sql.h"

struct walk {
	struct key_audit_verdict *v;
	struct key_audit_point at;  /* the line before */
	struct audit_holder holder; /* of the line before */
	uint8_t plain[DIGEST_SIZE];
	int64_t pending; /* lines whose key is not here, since the last switch that was checked */
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

static result check_link(struct walk *w, const struct key_audit_line *l, struct bytes text)
{
	uint8_t want[KEY_AUDIT_LINK];

	TRY(audit_holder_link(&w->holder, w->at.link, text, want));
	if (!bytes_equal_secret(bytes_of(want, sizeof want), bytes_of(l->link, sizeof l->link)))
		return bad(w, l->seq, "the line was changed");
	return strcmp(l->op, AUDIT_SWITCH) == 0 ? check_switch(w, l) : OK;
}

/* A line of another holder than the one before must be a switch. */
static result follow_holder(struct walk *w, struct db_tx *tx, const struct master_ring *ring,
                            const struct key_audit_line *l)
{
	bool first = w->at.seq == 0;

	if (!first && l->lmk == w->holder.id)
		return OK;
	if (!first && strcmp(l->op, AUDIT_SWITCH) != 0)
		return bad(w, l->seq, "another key linked it, and no line says so");
	return audit_holder_of(tx, ring, l->lmk, &w->holder);
}

static result check_line(struct walk *w, const struct key_audit_line *l)
{
	char text[KEY_AUDIT_TEXT_MAX];
	size_t len;

	TRY(key_audit_text(l, text, &len));
	if (w->holder.session) {
		TRY(check_link(w, l, bytes_of(text, len)));
	} else {
		w->pending++;
		w->v->unkeyed++;
	}
	audit_plain_add(w->plain, bytes_of(text, len));
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

static result check_all(struct walk *w, struct db_tx *tx, const struct master_ring *ring,
                        const struct key_audit_point *point)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct key_audit_line l;

	TRY(db_select(tx, &sql_key_audit_upto, DB_ARGS(db_arg_i64(0), db_arg_i64(INT64_MAX)),
	              &rows));
	while (db_next(&rows)) {
		audit_read_row(&rows, &l);
		TRY(db_done(&rows));
		if (l.seq != w->at.seq + 1)
			return bad(w, w->at.seq + 1, "the line is missing");
		TRY(follow_holder(w, tx, ring, &l));
		TRY(check_line(w, &l));
		TRY(check_point(w, point));
		w->v->lines = w->at.seq;
	}
	return db_done(&rows);
}

result key_audit_verify(struct db_tx *tx, const struct master_ring *ring,
                        const struct key_audit_point *point, struct key_audit_verdict *out)
{
	struct walk w = { .v = out };

	*out = (struct key_audit_verdict){ 0 };
	TRY(check_all(&w, tx, ring, point));
	memcpy(out->last, w.at.link, sizeof out->last);
	if (point && point->seq > w.at.seq)
		return bad(&w, w.at.seq + 1, "lines of the checkpoint are missing at the end");
	if (w.pending)
		return bad(&w, w.at.seq, "the key of the last lines is not in the device");
	return OK;
}
