/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_upload.h"

#include "base/time.h"

void pos_upload_init(struct pos_upload *u, uint64_t first_sequence)
{
	*u = (struct pos_upload){
		.next_sequence = first_sequence,
		.backoff_ms = POS_T7_BACKOFF_MS,
		.batch_max = POS_UPLOAD_RECORDS_MAX,
	};
}

const uint8_t *pos_upload_bytes(const struct pos_journal *j, uint64_t tsn)
{
	const struct pos_record *r = pos_journal_next_record(j, tsn - 1);

	return r && r->tsn == tsn ? r->bytes : NULL;
}

static bool is_out(const struct pos_upload *u, uint64_t tsn)
{
	for (size_t i = 0; i < POS_UPLOAD_WINDOW; i++) {
		const struct pos_upload_message *m = &u->window[i];

		for (size_t k = 0; m->busy && k < m->count; k++)
			if (m->tsn[k] == tsn)
				return true;
	}
	return false;
}

/* The oldest held records that are in no message yet. */
static void fill(const struct pos_upload *u, const struct pos_journal *j,
                 struct pos_upload_message *m)
{
	uint64_t after = 0;

	m->count = 0;
	while (m->count < u->batch_max) {
		const struct pos_record *r = pos_journal_next_record(j, after);

		if (!r)
			return;
		after = r->tsn;
		if (!is_out(u, r->tsn))
			m->tsn[m->count++] = r->tsn;
	}
}

static bool any_busy(const struct pos_upload *u)
{
	for (size_t i = 0; i < POS_UPLOAD_WINDOW; i++)
		if (u->window[i].busy)
			return true;
	return false;
}

static void wake_at(struct pos_upload_commands *out, int64_t at_us)
{
	if (at_us < out->wake_us)
		out->wake_us = at_us;
}

static void send(struct pos_upload_message *m, int64_t now_us, struct pos_upload_commands *out)
{
	m->sends++;
	m->due_us = now_us + (int64_t)POS_T7_MS * 1000;
	out->at[out->count++] = (struct pos_upload_command){ POS_UPLOAD_SEND, m };
}

static void step_message(struct pos_upload *u, struct pos_upload_message *m,
                         const struct pos_journal *j, int64_t now_us,
                         struct pos_upload_commands *out)
{
	if (!m->busy) {
		fill(u, j, m);
		if (m->count == 0)
			return;
		m->busy = true;
		m->sequence = u->next_sequence++;
		m->sends = 0;
		send(m, now_us, out);
	} else if (now_us >= m->due_us) {
		send(m, now_us, out);
	}
	wake_at(out, m->due_us);
}

static void step_end(struct pos_upload *u, int64_t now_us, struct pos_upload_commands *out)
{
	if (!u->closing)
		return;
	if (!u->end_sent || now_us >= u->end_due_us) {
		u->end_sent = true;
		u->end_due_us = now_us + (int64_t)POS_T7_MS * 1000;
		out->at[out->count++] = (struct pos_upload_command){ POS_UPLOAD_SEND_END, NULL };
	}
	wake_at(out, u->end_due_us);
}

void pos_upload_step(struct pos_upload *u, const struct pos_journal *j, int64_t now_us,
                     struct pos_upload_commands *out)
{
	out->count = 0;
	out->wake_us = INT64_MAX;
	if (now_us < u->not_before_us) {
		out->wake_us = u->not_before_us;
		return;
	}
	for (size_t i = 0; i < POS_UPLOAD_WINDOW; i++)
		step_message(u, &u->window[i], j, now_us, out);
	if (!any_busy(u) && j->held == 0)
		step_end(u, now_us, out);
}

static struct pos_upload_message *find_message(struct pos_upload *u, uint64_t sequence)
{
	for (size_t i = 0; i < POS_UPLOAD_WINDOW; i++)
		if (u->window[i].busy && u->window[i].sequence == sequence)
			return &u->window[i];
	return NULL;
}

static bool asked(const struct pos_upload_message *m, uint64_t tsn)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->tsn[i] == tsn)
			return true;
	return false;
}

static void back_off(struct pos_upload *u, int64_t now_us)
{
	u->not_before_us = now_us + (int64_t)u->backoff_ms * 1000;
	u->backoff_ms = u->backoff_ms > POS_T7_BACKOFF_MAX_MS / 2 ? POS_T7_BACKOFF_MAX_MS
	                                                          : 2 * u->backoff_ms;
}

void pos_upload_answer(struct pos_upload *u, const struct pos_upload_reply *reply, int64_t now_us,
                       struct pos_freed *freed, size_t *freed_count)
{
	struct pos_upload_message *m = find_message(u, reply->acknowledged);

	*freed_count = 0;
	if (!m)
		return;
	for (size_t i = 0; i < reply->count && *freed_count < POS_FREED_MAX; i++)
		if (reply->rows[i].status <= 2 && asked(m, reply->rows[i].tsn))
			freed[(*freed_count)++] = reply->rows[i];
	/* What was not named is still held and goes into a later message. */
	m->busy = false;
	u->end_sent = false;
	if (*freed_count < m->count)
		back_off(u, now_us);
	else
		u->backoff_ms = POS_T7_BACKOFF_MS;
}

void pos_upload_refused(struct pos_upload *u, uint64_t sequence, int64_t now_us)
{
	struct pos_upload_message *m = find_message(u, sequence);

	if (!m)
		return;
	m->due_us = now_us;
	back_off(u, now_us);
}

void pos_upload_close(struct pos_upload *u)
{
	u->closing = true;
	u->end_sent = false;
}

void pos_upload_end_answered(struct pos_upload *u)
{
	/* An answer to an end of before the last restart, or before newer records, ends nothing. */
	if (u->end_sent)
		u->closing = false;
}

void pos_upload_reset(struct pos_upload *u)
{
	for (size_t i = 0; i < POS_UPLOAD_WINDOW; i++)
		u->window[i].due_us = 0;
	u->end_sent = false;
	u->not_before_us = 0;
}
