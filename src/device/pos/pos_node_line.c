/* SPDX-License-Identifier: Apache-2.0 */
/* The line under a till: connecting, signing in, and what comes over it. */
#include <stdlib.h>

#include "base/log.h"
#include "codec/frame.h"
#include "device/pos/pos_node_parts.h"

enum { MS = 1000, SEND_MS = 2000, FRAMES_MAX = 64, KEYS_END_MS = 60000 };

static int64_t after_ms(int64_t ms)
{
	return monotonic_us() + ms * MS;
}

/* Exponential back-off with full jitter (terminal-protocol 3.4). */
static int64_t next_try_us(struct pos_node *n)
{
	uint32_t random, most = n->reconnect_ms;

	random_fill(n->config.random, &random, sizeof random);
	n->reconnect_ms = most > POS_RECONNECT_MAX_MS / 2 ? POS_RECONNECT_MAX_MS : 2 * most;
	return after_ms(1 + random % most);
}

void pos_node_drop(struct pos_node *n, const char *why)
{
	if (n->client)
		LOG_INFO("till.line_down", "reason=\"%s\"", why);
	frame_client_close(n->client);
	n->client = NULL;
	n->state = POS_LINE_DOWN;
	line_lost(&n->line);
	pos_upload_reset(&n->upload);
	n->sign_in_at_us = n->sign_in_until_us = INT64_MAX;
	n->connect_at_us = n->offline_wanted ? INT64_MAX : next_try_us(n);
}

static bool send_frame(struct pos_node *n, size_t len)
{
	result r = frame_client_send(n->client, bytes_of(n->frame_out, len), (int64_t)SEND_MS * MS);

	n->sent_us = monotonic_us();
	if (!is_ok(r))
		pos_node_drop(n, result_name(r));
	return is_ok(r);
}

void pos_node_send(struct pos_node *n)
{
	size_t len;
	result r;

	if (!pos_node_is_online(n))
		return;
	r = line_pack(&n->line, &n->out, n->frame_out, sizeof n->frame_out, &len);
	if (!is_ok(r)) {
		LOG_WARNING("till.message_not_built", "reason=%s detail=\"%.120s\"", result_name(r),
		            result_last()->text);
		return;
	}
	if (++n->sent_under_key > POS_TAK_MESSAGES_MAX / 2)
		n->sign_in_wanted = true;
	send_frame(n, len);
}

void pos_node_sign_in_soon(struct pos_node *n)
{
	if (n->state != POS_LINE_SIGNING_IN && n->sign_in_at_us == INT64_MAX)
		n->sign_in_at_us = next_try_us(n);
}

static struct line_greeting greeting(const struct pos_node *n)
{
	return (struct line_greeting){
		.now = { pos_node_now(n).us + n->advised_us },
		.low_water = pos_journal_low_water(n->journal),
		.list_sequence = (uint32_t)n->line.facts.list_sequence,
		.software = str_of(n->config.software),
	};
}

static void sign_in(struct pos_node *n)
{
	struct line_greeting g = greeting(n);
	size_t len;

	n->sign_in_at_us = INT64_MAX;
	if (!n->client)
		return;
	if (!is_ok(line_hello(&n->line, &g, n->frame_out, sizeof n->frame_out, &len))) {
		pos_node_drop(n, "hello not built");
		return;
	}
	n->state = POS_LINE_SIGNING_IN;
	n->sign_in_until_us = after_ms(POS_T2_MS);
	send_frame(n, len);
}

static void connect_line(struct pos_node *n)
{
	result r = frame_client_open(n->config.host, n->config.tls, (int64_t)POS_T1_MS * MS,
	                             &n->client);

	n->connect_at_us = INT64_MAX;
	if (!is_ok(r)) {
		n->client = NULL;
		n->connect_at_us = next_try_us(n);
		return;
	}
	n->heard_us = monotonic_us();
	sign_in(n);
}

/* The keys' own end, with room before it; a local wall-clock number like 20260902040000. */
static bool keys_end_soon(const struct pos_node *n)
{
	struct instant soon = { pos_node_now(n).us + 60 * (int64_t)SECOND_US };
	struct civil c = civil_of(soon, TIME_ZONE_CHINA_S);
	uint64_t day = (uint64_t)c.year * 10000 + (uint64_t)c.month * 100 + (uint64_t)c.day;
	uint64_t at = day * 1000000 + (uint64_t)c.hour * 10000 + (uint64_t)c.minute * 100 +
	              (uint64_t)c.second;

	return at >= n->line.facts.valid_until;
}

void pos_node_line_timers(struct pos_node *n, int64_t now_us)
{
	if (!n->client && !n->offline_wanted && now_us >= n->connect_at_us)
		connect_line(n);
	if (n->client && now_us >= n->sign_in_at_us)
		sign_in(n);
	if (n->state == POS_LINE_SIGNING_IN && now_us >= n->sign_in_until_us)
		pos_node_drop(n, "no answer to the sign-in");
	/* What is under way ends on the old session first (terminal-protocol 7.5). */
	if (n->state == POS_LINE_ONLINE && pos_txn_is_free(&n->txn) &&
	    n->sign_in_at_us == INT64_MAX &&
	    (n->sign_in_wanted ||
	     (keys_end_soon(n) && now_us - n->signed_in_us > (int64_t)KEYS_END_MS * MS)))
		sign_in(n);
}

/* --- what comes --- */

/* F39 of a sign-in whose clock the host finds too far off. */
#define CODE_CLOCK "05"

/* The refusal is unsigned: what it says of the time is good for another try, and for nothing else.
 * The clock is set by a reply that proves itself (signed_in). */
static void take_advice(struct pos_node *n)
{
	struct instant now = pos_node_now(n), said = iso8583_local_time(&n->in, now);

	if (!is_ok(iso8583_done(&n->in)))
		return;
	n->advised_us = said.us - now.us;
	LOG_WARNING("till.clock_off", "seconds=%lld", (long long)(n->advised_us / SECOND_US));
}

static result signed_in(struct pos_node *n)
{
	int64_t ahead_us = n->line.facts.host_time.us - pos_node_now(n).us;

	n->state = POS_LINE_ONLINE;
	n->advised_us = 0;
	n->signed_in_us = monotonic_us();
	n->sign_in_until_us = INT64_MAX;
	n->sign_in_wanted = false;
	n->sent_under_key = 0;
	n->reconnect_ms = POS_RECONNECT_MS;
	if (pos_txn_is_free(&n->txn) && llabs(ahead_us) > (int64_t)POS_CLOCK_STEP_MS * MS)
		n->clock_offset_us += ahead_us;
	TRY(pos_journal_raise(n->journal, n->line.facts.tsn_floor));
	TRY(pos_journal_batch(n->journal, n->line.facts.batch));
	LOG_INFO("till.signed_in", "session=%u business_day=%u batch=%u", n->line.session,
	         n->line.facts.business_date.yyyymmdd, n->line.facts.batch);
	pos_upload_reset(&n->upload);
	n->upload_at_us = 0;
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_SIGNED_IN });
}

static result transaction_reply(struct pos_node *n)
{
	struct pos_reply reply;
	result r = pos_message_reply(&n->in, pos_node_now(n), &n->txn, &reply, &n->pin_would_help);

	if (!is_ok(r)) {
		LOG_WARNING("till.reply_refused", "detail=\"%.160s\"", result_last()->text);
		return OK;
	}
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_REPLY, .reply = &reply });
}

/* A refusal of a whole message names it by F11 only; it is sent again after the back-off. */
static void upload_refused(struct pos_node *n)
{
	int64_t stan = iso8583_i64(&n->in, F_STAN);

	for (size_t i = 0; i < POS_UPLOAD_WINDOW; i++) {
		const struct pos_upload_message *m = &n->upload.window[i];

		if (m->busy && line_stan(m->sequence) == stan)
			pos_upload_refused(&n->upload, m->sequence, monotonic_us());
	}
}

static result upload_reply(struct pos_node *n, const char *code)
{
	struct pos_upload_reply reply;
	struct pos_freed freed[POS_FREED_MAX];
	size_t count;

	n->upload_at_us = 0;
	if (iso8583_control(&n->in).code == 0x207) {
		if (strcmp(code, "00") == 0) {
			pos_upload_end_answered(&n->upload);
			n->sign_in_wanted = true; /* it brings the new batch number */
		}
		return OK;
	}
	if (!is_ok(pos_message_uploaded(&n->in, &reply))) {
		upload_refused(n);
		return OK;
	}
	pos_upload_answer(&n->upload, &reply, monotonic_us(), freed, &count);
	TRY(pos_journal_freed(n->journal, freed, count));
	if (n->journal->held == 0)
		n->line.node_status = FRAME_NODE_NORMAL;
	return OK;
}

static void settlement_reply(struct pos_node *n)
{
	if (!is_ok(pos_message_settled(&n->in, &n->settled))) {
		n->settled = POS_BATCH_UNKNOWN;
		return;
	}
	if (n->settled == POS_BATCH_EQUAL)
		n->sign_in_wanted = true;
	else
		pos_upload_close(&n->upload);
	n->upload_at_us = 0;
}

static result replied(struct pos_node *n, const char *code)
{
	switch (n->in.mti & 0xFF0F) {
	case 0x0200:
	case 0x0400:
		return transaction_reply(n);
	case 0x0300:
		return upload_reply(n, code);
	case 0x0500:
		settlement_reply(n);
		return OK;
	default:
		return OK;
	}
}

/* Without a MAC: advice to sign in, whoever said it; nothing else is believed (7.3). */
static result hinted(struct pos_node *n, const char *code)
{
	struct pos_reply r = { .to_reversal = n->txn.state == POS_TXN_REVERSING,
		               .tsn = n->txn.draft.tsn };

	if (r.to_reversal)
		r.tsn = n->txn.reversal_tsn;
	memcpy(r.code, code, sizeof r.code);
	if (strcmp(code, "77") == 0 || strcmp(code, "97") == 0 || strcmp(code, "A0") == 0 ||
	    strcmp(code, "A7") == 0)
		pos_node_sign_in_soon(n);
	return pos_node_step(n, (struct pos_event){ .kind = POS_EVENT_REPLY, .reply = &r });
}

static void pushed(struct pos_node *n)
{
	const struct iso8583_message *row = iso8583_message_find(&n->in);

	if (row && row->word == YTAP_SIGN_IN_AGAIN)
		n->sign_in_wanted = true;
	pos_message_pushed(&n->in, pos_node_now(n), &n->out);
	pos_node_send(n);
}

static void directed(struct pos_node *n, uint8_t directive)
{
	n->stopped = directive == FRAME_STOP_BUSINESS;
	if (directive == FRAME_SIGN_IN_AGAIN)
		n->sign_in_wanted = true;
	else if (directive == FRAME_UPLOAD_BACKLOG && n->journal->held > 0)
		n->upload_at_us = 0;
}

static result take_one(struct pos_node *n, size_t len)
{
	struct line_greeting g = greeting(n);
	struct writer out = writer_of(n->frame_out, sizeof n->frame_out);
	struct line_input in = line_receive(&n->line, &g, n->frame_in, len, &n->in, &out);

	if (in.event == LINE_NOTHING)
		return OK;
	n->heard_us = monotonic_us();
	switch (in.event) {
	case LINE_SEND:
		n->sign_in_until_us = after_ms(POS_T2_MS);
		send_frame(n, out.len);
		return OK;
	case LINE_SIGNED_IN:
		return signed_in(n);
	case LINE_RETRY_LATER:
		pos_node_drop(n, "the host is busy");
		n->connect_at_us = after_ms(in.retry_s * 1000 + 1);
		return OK;
	case LINE_REFUSED:
		/* Code 00 with a refusal is ours: the host's proof or its keys are wrong. */
		LOG_ERROR("till.sign_in_refused", "code=%s detail=\"%.120s\"", in.code,
		          strcmp(in.code, "00") == 0 ? result_last()->text : "");
		if (strcmp(in.code, CODE_CLOCK) == 0)
			take_advice(n);
		pos_node_drop(n, "sign-in refused");
		return OK;
	case LINE_REPLY:
		directed(n, in.directive);
		return replied(n, in.code);
	case LINE_HINT:
		return hinted(n, in.code);
	case LINE_PUSH:
		directed(n, in.directive);
		pushed(n);
		return OK;
	case LINE_REGISTERED:
	case LINE_NOTHING:
		break;
	}
	return OK;
}

result pos_node_take(struct pos_node *n)
{
	for (int i = 0; i < FRAMES_MAX && n->client; i++) {
		struct bytes frame;
		result r = frame_client_receive(n->client, 0, &frame);

		if (r.code == NET_TIMEOUT)
			return OK;
		if (!is_ok(r) || frame.len > sizeof n->frame_in) {
			pos_node_drop(n, result_name(r));
			return OK;
		}
		memcpy(n->frame_in, frame.at, frame.len);
		TRY(take_one(n, frame.len));
	}
	return OK;
}
