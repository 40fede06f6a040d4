/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_txn.h"

static const struct pos_code codes[] = {
	{ "00", POS_ACT_SUCCESS, false }, { "03", POS_ACT_DECLINE, false },
	{ "05", POS_ACT_DECLINE, false }, { "09", POS_ACT_REPEAT, false },
	{ "12", POS_ACT_DECLINE, false }, { "13", POS_ACT_DECLINE, false },
	{ "14", POS_ACT_DECLINE, false }, { "22", POS_ACT_DECLINE, false },
	{ "25", POS_ACT_DECLINE, false }, { "30", POS_ACT_DECLINE, false },
	{ "41", POS_ACT_DECLINE, true },  { "43", POS_ACT_DECLINE, true },
	{ "51", POS_ACT_DECLINE, false }, { "54", POS_ACT_DECLINE, false },
	{ "55", POS_ACT_DECLINE, false }, { "57", POS_ACT_DECLINE, false },
	{ "58", POS_ACT_DECLINE, false }, { "61", POS_ACT_DECLINE, false },
	{ "62", POS_ACT_DECLINE, false }, { "65", POS_ACT_DECLINE, false },
	{ "68", POS_ACT_REVERSE, false }, { "75", POS_ACT_DECLINE, false },
	{ "77", POS_ACT_SIGN_IN, false }, { "79", POS_ACT_STOP, false },
	{ "90", POS_ACT_REPEAT, false },  { "91", POS_ACT_REPEAT, false },
	{ "94", POS_ACT_STOP, false },    { "96", POS_ACT_REPEAT, false },
	{ "97", POS_ACT_STOP, false },    { "98", POS_ACT_REVERSE, false },
	{ "99", POS_ACT_SIGN_IN, false }, { "A0", POS_ACT_SIGN_IN, false },
	{ "A7", POS_ACT_SIGN_IN, false }, { "L1", POS_ACT_DECLINE, true },
	{ "L2", POS_ACT_DECLINE, true },  { "L3", POS_ACT_DECLINE, true },
	{ "S1", POS_ACT_DECLINE, false }, { "S2", POS_ACT_DECLINE, false },
	{ "U1", POS_ACT_STOP, false },
};

const struct pos_code *pos_code_find(const char *code)
{
	static const struct pos_code unknown = { "05", POS_ACT_DECLINE, false };
	const struct pos_code *row;

	EACH (row, codes)
		if (strcmp(row->code, code) == 0)
			return row;
	return &unknown;
}

static void add(struct pos_commands *out, enum pos_command_kind kind, uint32_t ms, bool repeat)
{
	ASSERT(out->count < POS_TXN_COMMANDS_MAX);
	out->at[out->count++] = (struct pos_command){ kind, ms, repeat };
}

static uint32_t reply_ms(enum pos_kind kind)
{
	return kind == POS_TOPUP || kind == POS_TOPUP_VOID ? POS_T4_MS : POS_T3_MS;
}

static bool moves_money(const struct pos_txn *t)
{
	return t->draft.kind != POS_BALANCE;
}

static void finish(struct pos_txn *t, enum pos_txn_state state, struct pos_commands *out)
{
	t->state = state;
	add(out, POS_SHOW, 0, false);
}

static void start(struct pos_txn *t, const struct pos_draft *draft, struct pos_commands *out)
{
	ASSERT(pos_txn_is_free(t));
	pos_txn_init(t);
	t->draft = *draft;
	t->state = POS_TXN_SENT;
	t->sends = 1;
	if (moves_money(t))
		add(out, POS_WRITE_SENT, 0, false);
	add(out, POS_SEND_REQUEST, 0, false);
	add(out, POS_ARM, reply_ms(draft->kind), false);
}

/* Nothing certain is known: undo it, whatever the host did (terminal-protocol 12.5). */
static void reverse(struct pos_txn *t, uint64_t tsn, const char *reason, struct pos_commands *out)
{
	memcpy(t->reason, reason, sizeof t->reason);
	if (!moves_money(t)) {
		t->outcome = (struct pos_outcome){ .tsn = t->draft.tsn };
		memcpy(t->outcome.code, reason, sizeof t->outcome.code);
		add(out, POS_DISARM, 0, false);
		finish(t, POS_TXN_DECLINED, out);
		return;
	}
	t->state = POS_TXN_REVERSING;
	t->reversal_tsn = tsn;
	t->sends = 1;
	t->backoff_ms = POS_T6_MS;
	add(out, POS_WRITE_REVERSING, 0, false);
	add(out, POS_SEND_REVERSAL, 0, false);
	add(out, POS_ARM, t->backoff_ms, false);
}

static void resend(struct pos_txn *t, struct pos_commands *out)
{
	t->sends++;
	add(out, POS_SEND_REQUEST, 0, true);
	add(out, POS_ARM, reply_ms(t->draft.kind), false);
}

static void conclude(struct pos_txn *t, const struct pos_reply *r, bool approved,
                     struct pos_commands *out)
{
	const struct pos_code *code = pos_code_find(r->code);

	t->outcome = (struct pos_outcome){
		.tsn = t->draft.tsn,
		.approved = approved,
		.balance_fen = r->balance_fen,
		.has_balance = r->has_balance,
		.day = r->day,
	};
	memcpy(t->outcome.code, r->code, sizeof t->outcome.code);
	memcpy(t->outcome.reference, r->reference, sizeof t->outcome.reference);
	memcpy(t->outcome.approval, r->approval, sizeof t->outcome.approval);
	memcpy(t->text, r->text, sizeof t->text);
	if (moves_money(t))
		add(out, POS_WRITE_OUTCOME, 0, false);
	add(out, POS_DISARM, 0, false);
	finish(t, approved ? POS_TXN_APPROVED : POS_TXN_DECLINED, out);
	if (code->action == POS_ACT_STOP)
		add(out, POS_LOCK, 0, false);
	else if (code->refresh_list)
		add(out, POS_REFRESH_LIST, 0, false);
}

/* Without a MAC it is advice only (terminal-protocol 7.3): it may make us sign in, nothing else. */
static void unsigned_reply(struct pos_txn *t, const struct pos_reply *r, struct pos_commands *out)
{
	enum pos_action action = pos_code_find(r->code)->action;

	if (action == POS_ACT_SIGN_IN || strcmp(r->code, "97") == 0)
		add(out, POS_SIGN_IN, 0, false);
	else if (t->state == POS_TXN_SENT)
		memcpy(t->reason, "A0", sizeof t->reason);
}

static void request_answered(struct pos_txn *t, const struct pos_event *e, struct pos_commands *out)
{
	const struct pos_reply *r = e->reply;

	switch (pos_code_find(r->code)->action) {
	case POS_ACT_SUCCESS:
		conclude(t, r, true, out);
		break;
	case POS_ACT_DECLINE:
	case POS_ACT_STOP:
		conclude(t, r, false, out);
		break;
	case POS_ACT_REPEAT:
		/* The timer's next end sends it again, and counts. */
		add(out, POS_ARM, POS_BUSY_MS, false);
		break;
	case POS_ACT_REVERSE:
		reverse(t, e->spare_tsn, "98", out);
		break;
	case POS_ACT_SIGN_IN:
		add(out, POS_SIGN_IN, 0, false);
		break;
	}
}

/* Only these two end a reversal; everything else is not an end (terminal-protocol 12.5). */
static void reversal_answered(struct pos_txn *t, const struct pos_reply *r,
                              struct pos_commands *out)
{
	if (strcmp(r->code, "00") == 0 || strcmp(r->code, "25") == 0) {
		t->outcome = (struct pos_outcome){ .tsn = t->draft.tsn };
		memcpy(t->outcome.code, t->reason, sizeof t->outcome.code);
		add(out, POS_WRITE_REVERSED, 0, false);
		add(out, POS_DISARM, 0, false);
		finish(t, POS_TXN_REVERSED, out);
	} else if (pos_code_find(r->code)->action == POS_ACT_SIGN_IN) {
		add(out, POS_SIGN_IN, 0, false);
	}
}

static void replied(struct pos_txn *t, const struct pos_event *e, struct pos_commands *out)
{
	const struct pos_reply *r = e->reply;
	bool ours = t->state == POS_TXN_SENT ? !r->to_reversal && r->tsn == t->draft.tsn
	                                     : r->to_reversal && r->tsn == t->reversal_tsn;

	/* A late answer to what is being reversed changes nothing (section 17, I4). */
	if (pos_txn_is_free(t) || !ours)
		return;
	if (!r->mac_ok)
		unsigned_reply(t, r, out);
	else if (t->state == POS_TXN_SENT)
		request_answered(t, e, out);
	else
		reversal_answered(t, r, out);
}

static void timed_out(struct pos_txn *t, const struct pos_event *e, struct pos_commands *out)
{
	if (t->state == POS_TXN_SENT && t->sends < POS_SENDS_MAX) {
		resend(t, out);
	} else if (t->state == POS_TXN_SENT) {
		reverse(t, e->spare_tsn, *t->reason ? t->reason : "98", out);
	} else if (t->state == POS_TXN_REVERSING) {
		t->sends++;
		t->backoff_ms =
		        t->backoff_ms > POS_T6_MAX_MS / 2 ? POS_T6_MAX_MS : 2 * t->backoff_ms;
		add(out, POS_SEND_REVERSAL, 0, true);
		add(out, POS_ARM, t->backoff_ms, false);
	}
}

/* After a restart nobody knows whether the host has it: SENT becomes REVERSING (15.1). */
static void boot(struct pos_txn *t, const struct pos_event *e, struct pos_commands *out)
{
	const struct pos_journal *j = e->journal;

	pos_txn_init(t);
	t->draft = j->draft;
	if (j->pending == POS_PENDING_SENT) {
		t->state = POS_TXN_SENT;
		reverse(t, e->spare_tsn, "98", out);
	} else if (j->pending == POS_PENDING_REVERSING) {
		t->state = POS_TXN_REVERSING;
		t->reversal_tsn = j->reversal_tsn;
		memcpy(t->reason, j->reversal_reason, sizeof t->reason);
		t->sends = 1;
		t->backoff_ms = POS_T6_MS;
		add(out, POS_SEND_REVERSAL, 0, true);
		add(out, POS_ARM, t->backoff_ms, false);
	}
}

static void signed_in(struct pos_txn *t, struct pos_commands *out)
{
	if (t->state == POS_TXN_SENT && t->sends < POS_SENDS_MAX) {
		resend(t, out);
	} else if (t->state == POS_TXN_REVERSING) {
		t->backoff_ms = POS_T6_MS;
		add(out, POS_SEND_REVERSAL, 0, true);
		add(out, POS_ARM, t->backoff_ms, false);
	}
}

void pos_txn_init(struct pos_txn *t)
{
	*t = (struct pos_txn){ .state = POS_TXN_IDLE };
}

bool pos_txn_is_free(const struct pos_txn *t)
{
	return t->state != POS_TXN_SENT && t->state != POS_TXN_REVERSING;
}

void pos_txn_step(struct pos_txn *t, const struct pos_event *e, struct pos_commands *out)
{
	out->count = 0;
	switch (e->kind) {
	case POS_EVENT_START:
		start(t, e->draft, out);
		break;
	case POS_EVENT_REPLY:
		replied(t, e, out);
		break;
	case POS_EVENT_TIMER:
		timed_out(t, e, out);
		break;
	case POS_EVENT_CANCEL:
		if (t->state == POS_TXN_SENT)
			reverse(t, e->spare_tsn, "17", out);
		break;
	case POS_EVENT_BOOT:
		boot(t, e, out);
		break;
	case POS_EVENT_SIGNED_IN:
		signed_in(t, out);
		break;
	}
}
