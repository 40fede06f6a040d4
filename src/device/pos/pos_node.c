/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_node.h"

#include <poll.h>
#include <stdlib.h>

#include "base/log.h"
#include "codec/frame.h"
#include "codec/record.h"
#include "device/pos/pos_node_parts.h"

enum { MS = 1000 };

struct instant pos_node_now(const struct pos_node *n)
{
	return (struct instant){ clock_now(n->config.clock).us + n->clock_offset_us };
}

bool pos_node_is_online(const struct pos_node *n)
{
	return n->client && n->line.session != 0 && n->state != POS_LINE_DOWN;
}

struct pos_told pos_node_told(struct pos_node *n)
{
	n->stan = n->stan % 999999 + 1;
	return (struct pos_told){ pos_node_now(n), n->stan };
}

/* --- transactions --- */

static bool is_reversing_long(const struct pos_node *n)
{
	return n->txn.state == POS_TXN_REVERSING && n->reversing_since_us != 0 &&
	       monotonic_us() - n->reversing_since_us > (int64_t)POS_OFFLINE_AFTER_MS * MS;
}

static void tell_done(struct pos_node *n, const struct pos_done *done)
{
	if (n->config.done)
		n->config.done(n->config.arg, done);
}

static void show(struct pos_node *n)
{
	struct pos_done done = { .state = n->txn.state,
		                 .draft = n->txn.draft,
		                 .outcome = n->txn.outcome,
		                 .pin_would_help = n->pin_would_help };

	memcpy(done.text, n->txn.text, sizeof done.text);
	secret_wipe_bytes(n->pin, sizeof n->pin);
	n->reversing_since_us = 0;
	tell_done(n, &done);
}

static void send_request(struct pos_node *n, bool repeat)
{
	result r = pos_message_request(&n->line, &n->txn.draft, repeat, str_of(n->pin),
	                               n->config.random, &n->out);

	if (is_ok(r))
		pos_node_send(n);
	else
		LOG_WARNING("till.request_not_built", "reason=%s", result_name(r));
}

static result obey_one(struct pos_node *n, const struct pos_command *c)
{
	switch (c->kind) {
	case POS_WRITE_SENT:
		return pos_journal_sent(n->journal, &n->txn.draft);
	case POS_WRITE_OUTCOME:
		return pos_journal_outcome(n->journal, &n->txn.outcome);
	case POS_WRITE_REVERSING:
		n->reversing_since_us = monotonic_us();
		return pos_journal_reversing(n->journal, n->txn.reversal_tsn, n->txn.reason);
	case POS_WRITE_REVERSED:
		return pos_journal_reversed(n->journal);
	case POS_SEND_REQUEST:
		if (pos_node_is_online(n))
			send_request(n, c->repeat);
		return OK;
	case POS_SEND_REVERSAL:
		if (pos_node_is_online(n)) {
			pos_message_reversal(&n->line, &n->txn, c->repeat, pos_node_now(n),
			                     &n->out);
			pos_node_send(n);
		}
		return OK;
	case POS_SHOW:
		show(n);
		return OK;
	case POS_ARM:
		n->txn_at_us = monotonic_us() + (int64_t)c->ms * MS;
		return OK;
	case POS_DISARM:
		n->txn_at_us = INT64_MAX;
		return OK;
	case POS_SIGN_IN:
		pos_node_sign_in_soon(n);
		return OK;
	case POS_LOCK:
		LOG_ERROR("till.locked", "code=%s tsn=%llu", n->txn.outcome.code,
		          (unsigned long long)n->txn.draft.tsn);
		n->locked = true;
		return OK;
	case POS_REFRESH_LIST:
		return OK;
	}
	return OK;
}

result pos_node_step(struct pos_node *n, struct pos_event e)
{
	struct pos_commands c;

	/* Every event may begin a reversal; its number is durable before anything else happens. */
	TRY(pos_journal_tsn(n->journal, &e.spare_tsn));
	pos_txn_step(&n->txn, &e, &c);
	for (size_t i = 0; i < c.count; i++)
		TRY(obey_one(n, &c.at[i]));
	return OK;
}

static result start_online(struct pos_node *n, struct pos_draft *d, struct str pin)
{
	TRY(pos_journal_tsn(n->journal, &d->tsn));
	if (d->kind == POS_BALANCE)
		pos_journal_tsn_used(n->journal, d->tsn);
	str_copy(pin, n->pin, sizeof n->pin);
	n->pin_would_help = false;
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_START, .draft = d });
}

static result require_offline_sale(const struct pos_node *n, const struct pos_draft *d)
{
	const struct pos_offline *o = &n->config.offline;

	if (d->kind != POS_PURCHASE || o->card_max_fen <= 0 || o->total_max_fen <= 0 ||
	    !str_is_digits(str_of(d->card_no)))
		return FAIL(POS_OFFLINE_REFUSED, "not without the host");
	/* An empty journal may be a new one under a used number: the host has to say first from
	 * where to count (16.4). */
	if (!n->journal->signed_in)
		return FAIL(POS_OFFLINE_REFUSED, "has not signed in yet with this journal");
	if (n->journal->held >= POS_RECORDS_MAX / 20 * 19)
		return FAIL(POS_STORE_FULL, "%zu records are held", n->journal->held);
	if (d->amount_fen > o->card_max_fen - pos_journal_held_fen(n->journal, d->card_no) ||
	    d->amount_fen > o->total_max_fen - pos_journal_held_fen(n->journal, NULL))
		return FAIL(POS_OFFLINE_LIMIT, "over the offline limit");
	return OK;
}

static result store(struct pos_node *n, struct pos_draft *d)
{
	struct pos_done done = { .state = POS_TXN_APPROVED, .offline = true };
	uint8_t record[POS_RECORD_SIZE];
	bool unsure = llabs(n->clock_offset_us) > (int64_t)POS_CLOCK_UNSURE_MS * MS;

	TRY(require_offline_sale(n, d));
	TRY(pos_journal_tsn(n->journal, &d->tsn));
	TRY(pos_message_record(&n->line, d, n->journal->sam_sequence + 1,
	                       unsure ? RECORD_CLOCK_UNSURE : 0, record));
	TRY(pos_journal_record(n->journal, record));
	done.draft = *d;
	done.outcome = (struct pos_outcome){
		.tsn = d->tsn, .approved = true, .code = "00", .day = d->day
	};
	n->line.node_status = FRAME_NODE_BACKLOG;
	n->upload_at_us = 0;
	tell_done(n, &done);
	return OK;
}

result pos_node_start(struct pos_node *n, const struct pos_draft *draft, struct str pin)
{
	struct pos_draft d = *draft;

	if (n->locked || n->stopped)
		return FAIL(POS_LOCKED, "code with action X, or stopped by the host");
	if (d.amount_fen < 0 || d.amount_fen > UINT32_MAX ||
	    (d.amount_fen == 0 && d.kind != POS_BALANCE))
		return FAIL(POS_AMOUNT, "%lld fen", (long long)d.amount_fen);
	d.at = pos_node_now(n);
	d.day = n->line.facts.business_date.yyyymmdd ? n->line.facts.business_date
	                                             : bizdate_of(d.at, TIME_ZONE_CHINA_S, 0);
	d.batch = n->journal->batch;
	d.list_sequence = (uint32_t)n->line.facts.list_sequence;
	if (d.entry_mode == 0)
		d.entry_mode = pin.len > 0 ? 0x071 : 0x072;
	if (!pos_txn_is_free(&n->txn) && !(is_reversing_long(n) && !pos_node_is_online(n)))
		return FAIL(POS_BUSY, "number %llu is under way",
		            (unsigned long long)n->txn.draft.tsn);
	return pos_node_is_online(n) ? start_online(n, &d, pin) : store(n, &d);
}

result pos_node_cancel(struct pos_node *n)
{
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_CANCEL });
}

void pos_node_offline(struct pos_node *n, bool wanted)
{
	n->offline_wanted = wanted;
	if (wanted)
		pos_node_drop(n, "the clerk took it off the line");
	n->connect_at_us = wanted ? INT64_MAX : 0;
}

result pos_node_settle(struct pos_node *n)
{
	if (!pos_node_is_online(n))
		return FAIL(POS_OFFLINE_REFUSED, "settlement needs the host");
	n->settled = (enum pos_batch)0;
	pos_message_totals(&n->line, YTAP_SETTLEMENT, n->journal, pos_node_told(n), &n->out);
	pos_node_send(n);
	return OK;
}

/* --- time --- */

static struct instant oldest_record(const struct pos_journal *j)
{
	const struct pos_record *oldest = pos_journal_next_record(j, 0);
	struct record r;
	struct civil c;

	if (!oldest || !is_ok(record_decode(bytes_of(oldest->bytes, POS_RECORD_SIZE), &r)))
		return (struct instant){ 0 };
	c = (struct civil){ .year = (int)(r.local_time / 10000000000),
		            .month = (int)(r.local_time / 100000000 % 100),
		            .day = (int)(r.local_time / 1000000 % 100),
		            .hour = (int)(r.local_time / 10000 % 100),
		            .minute = (int)(r.local_time / 100 % 100),
		            .second = (int)(r.local_time % 100) };
	return civil_is_valid(&c) ? instant_of(c, TIME_ZONE_CHINA_S) : (struct instant){ 0 };
}

static void send_status(struct pos_node *n, int64_t now_us)
{
	struct pos_status s = {
		.uptime_s = (uint32_t)((now_us - n->started_us) / 1000000),
		.free_kib =
		        (uint32_t)((POS_RECORDS_MAX - n->journal->held) * POS_RECORD_SIZE / 1024),
		.oldest_record = oldest_record(n->journal),
		.clock_offset_ms = (int32_t)(n->clock_offset_us / 1000),
	};

	pos_message_status(&n->line, &s, n->journal, pos_node_told(n), &n->out);
	pos_node_send(n);
}

static void upload(struct pos_node *n, int64_t now_us)
{
	struct pos_upload_commands c;

	n->upload_at_us = INT64_MAX;
	if (!pos_node_is_online(n))
		return;
	pos_upload_step(&n->upload, n->journal, now_us, &c);
	for (size_t i = 0; i < c.count; i++) {
		if (c.at[i].kind == POS_UPLOAD_SEND_END) {
			pos_message_totals(&n->line, YTAP_UPLOAD_END, n->journal, pos_node_told(n),
			                   &n->out);
			pos_node_send(n);
		} else if (pos_message_upload(&n->line, c.at[i].message, n->journal,
		                              pos_node_now(n), &n->out)) {
			pos_node_send(n);
		}
	}
	n->upload_at_us = c.wake_us;
}

static result transaction_timer(struct pos_node *n, int64_t now_us)
{
	n->txn_at_us = INT64_MAX;
	/* Silence while an answer is due: the connection may be half dead. A new one shows. */
	if (pos_node_is_online(n) && now_us - n->heard_us > (int64_t)POS_LINE_DEAD_MS * MS)
		pos_node_drop(n, "nothing heard while an answer is due");
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_TIMER });
}

static result do_due(struct pos_node *n, int64_t now_us)
{
	pos_node_line_timers(n, now_us);
	if (now_us >= n->txn_at_us)
		TRY(transaction_timer(n, now_us));
	if (now_us >= n->upload_at_us)
		upload(n, now_us);
	if (pos_node_is_online(n) && now_us - n->sent_us >= (int64_t)POS_T9_IDLE_MS * MS)
		send_status(n, now_us);
	if (pos_node_is_online(n) && now_us - n->heard_us >= (int64_t)POS_T9_DEAD_MS * MS)
		pos_node_drop(n, "silent");
	return OK;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_due(const struct pos_node *n, int64_t until_us)
{
	int64_t at = earliest(until_us, earliest(n->txn_at_us, n->upload_at_us));

	at = earliest(at,
	              earliest(n->connect_at_us, earliest(n->sign_in_at_us, n->sign_in_until_us)));
	if (pos_node_is_online(n))
		at = earliest(at, n->sent_us + (int64_t)POS_T9_IDLE_MS * MS);
	return at;
}

static void wait_for(struct pos_node *n, int also_fd, int64_t until_us)
{
	struct pollfd fds[2] = { { .fd = also_fd, .events = POLLIN },
		                 { .fd = -1, .events = POLLIN } };
	int64_t left_us = next_due(n, until_us) - monotonic_us();

	if (n->client) {
		if (frame_client_has_input(n->client))
			return;
		fds[1].fd = frame_client_fd(n->client);
	}
	if (left_us <= 0)
		return;
	/* Rounded up, else the last millisecond would be spent turning. */
	poll(fds, 2, left_us > 60000 * MS ? 60000 : (int)((left_us + MS - 1) / MS));
}

result pos_node_turn(struct pos_node *n, int also_fd, int64_t until_us)
{
	TRY(do_due(n, monotonic_us()));
	wait_for(n, also_fd, until_us);
	return pos_node_take(n);
}

/* --- beginning and end --- */

result pos_node_open(struct pos_node *n, const struct pos_node_config *config,
                     struct pos_journal *journal)
{
	const struct sam_identity *id = sam_identity(config->sam);

	memset(n, 0, sizeof *n);
	n->config = *config;
	n->journal = journal;
	n->started_us = monotonic_us();
	n->reconnect_ms = POS_RECONNECT_MS;
	n->connect_at_us = 0;
	n->sign_in_at_us = n->sign_in_until_us = n->txn_at_us = n->upload_at_us = INT64_MAX;
	line_init(&n->line, config->sam, (enum suite)id->suites[0], config->random);
	n->line.node_status = journal->held > 0 ? FRAME_NODE_BACKLOG : FRAME_NODE_NORMAL;
	pos_txn_init(&n->txn);
	pos_upload_init(&n->upload, (uint64_t)clock_now(config->clock).us);
	if (journal->pending != POS_PENDING_NONE)
		n->reversing_since_us = n->started_us;
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_BOOT, .journal = journal });
}

void pos_node_close(struct pos_node *n)
{
	struct bytes last;

	if (pos_node_is_online(n)) {
		pos_message_sign_off(&n->line, n->journal, pos_node_told(n), &n->out);
		pos_node_send(n);
	}
	/* The answer tells nothing new; wait for it only so that the host hears us out. */
	if (n->client && pos_node_is_online(n) &&
	    is_ok(frame_client_receive(n->client, (int64_t)POS_SIGN_OFF_MS * MS, &last)))
		LOG_DEBUG("till.signed_off", "bytes=%zu", last.len);
	frame_client_close(n->client);
	n->client = NULL;
	line_deinit(&n->line);
	secret_wipe_bytes(n->pin, sizeof n->pin);
}
