/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a restart of the host (terminal-protocol 7.7): sessions without their keys, and
 * counters that never go back. */
#include "service/terminal/front.h"

#include "base/log.h"

struct instant front_next_cutover(const struct terminal_front *f, struct instant after)
{
	int64_t day_us = 86400 * (int64_t)SECOND_US;
	int64_t local = after.us + (TIME_ZONE_CHINA_S - f->config.cutover_s) * (int64_t)SECOND_US;

	return (struct instant){ after.us + day_us - local % day_us };
}

/* --- notes to the store --- */

static result work_note(struct ledger_tx *tx, void *arg)
{
	struct terminal_job *job = arg;
	struct terminal_note *note = &job->ask.note;

	if (!tx->db)
		return OK;
	TRY(terminal_session_received(tx->db, note->session, note->value));
	switch (note->what) {
	case TERMINAL_NOTE_ACTIVE:
		return terminal_session_activate(tx->db, note->session);
	case TERMINAL_NOTE_RESERVE:
		return terminal_session_reserve(tx->db, note->session, &note->value);
	case TERMINAL_NOTE_CLOSED:
	default:
		return terminal_session_close(tx->db, note->session);
	}
}

static void complete_note(struct terminal_front *f, struct terminal_job *job)
{
	const struct terminal_note *note = &job->ask.note;
	struct live_session *s = live_find(&f->live, note->session);

	if (!is_ok(job->request.result))
		LOG_WARNING("terminal.note_failed", "session=%08X code=%s", note->session,
		            result_name(job->request.result));
	if (s && note->what == TERMINAL_NOTE_RESERVE)
		live_reserved(s, is_ok(job->request.result) ? note->value : 0);
}

void front_note(struct terminal_front *f, int what, const struct live_session *s, uint32_t session)
{
	struct terminal_job *job = front_job_take(f);

	if (!job) { /* the next message asks again */
		struct live_session *again = live_find(&f->live, session);
		if (again)
			again->reserving = false;
		return;
	}
	job->complete = complete_note;
	job->ask.note = (struct terminal_note){ (enum terminal_note_kind)what, session,
		                                s ? s->received : 0 };
	job->request.work = work_note;
	job->request.sql = true;
	front_job_submit(f, job);
}

/* --- start --- */

/*
 * The highest counter the journal knows of this session. Rows are written in the order of arrival,
 * so the newest row of the session has it; older than the session there is none.
 */
static result raise_received(struct ledger_tx *tx, struct live_session *s, struct instant opened)
{
	struct book_source_state seen;
	struct journal_row row = { 0 };
	uint64_t counter;

	if (!book_source(tx->book, s->node->row.id, &seen))
		return OK;
	for (uint64_t lsn = seen.last_lsn; lsn && row.session != s->id; lsn = row.prev_source) {
		TRY(ledger_row(tx, lsn, &row));
		if (row.posted_at_us < opened.us)
			return OK;
	}
	if (row.session != s->id)
		return OK;
	counter = (s->received & ~UINT64_C(0xFFFFFFFF)) | row.counter;
	if (counter + 0x80000000 <
	    s->received) /* the low half has turned over since it was noted */
		counter += UINT64_C(1) << 32;
	if (counter > s->received) /* messages without a row may have been noted since */
		s->received = counter;
	return OK;
}

static result resume_session(struct terminal_front *f, struct ledger_tx *tx,
                             struct terminal_session *stored)
{
	const struct payments *p = f->config.payments;
	const struct terminal *row = terminal_cache_find(p->terminals, stored->terminal_id);
	struct live_node *node = row ? live_node_find(&f->live, str_of(row->node_id)) : NULL;

	if (!node || row->state != TERMINAL_ACTIVE || !(row->suites & 1u << stored->suite))
		return OK;
	if (!suite_has_envelope((enum suite)stored->suite) && !f->config.legacy_suites)
		return OK;
	/* Below the bound any counter may have been used before the restart: go on with a step of
	 * our own. */
	TRY(terminal_session_reserve(tx->db, stored->id, &stored->send_reserved));
	struct live_session *s = live_open(&f->live, node, stored);
	if (!s)
		return OK;
	s->resumed = true;
	s->renew_at = front_next_cutover(f, stored->opened);
	return raise_received(tx, s, stored->opened);
}

static result load_nodes(struct terminal_front *f)
{
	const struct payments *p = f->config.payments;

	for (size_t i = 0; i < p->terminals->size; i++) {
		const struct terminal *row = &p->terminals->rows[i];
		const struct merchant *merchant =
		        row->id ? merchant_cache_find(p->merchants, row->merchant_id) : NULL;
		if (row->id && !live_node_put(&f->live, row, str_of(merchant ? merchant->no : "")))
			return FAIL(OUT_OF_MEMORY, "more than %zu nodes", f->live.node_max);
	}
	return OK;
}

/* Runs in the writer, so that caches and book stand still; durable before the first frame is taken.
 */
static result work_resume(struct ledger_tx *tx, void *arg)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct terminal_front *f = arg;
	struct terminal_session *rows = NULL;
	size_t count = 0;

	f->now = tx->now;
	if (!f->live.nodes) {
		size_t registered = f->config.payments->terminals->count;
		TRY(live_init(&f->live, f->config.nodes_max ? f->config.nodes_max
		                                            : registered + FRONT_NODES_ROOM));
	}
	TRY(load_nodes(f));
	if (tx->db)
		TRY(terminal_session_list(tx->db, tx->now, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		TRY(resume_session(f, tx, &rows[i]));
	if (count)
		LOG_INFO("terminal.resumed", "sessions=%zu", count);
	return OK;
}

result front_resume(struct terminal_front *f)
{
	return ledger_call(f->config.writer, true, work_resume, f);
}
