/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_txn.h"

#include <stdio.h>

#include "harness/test.h"

/* The commands as one word, in order: w write sent, o outcome, v reversing, x reversed, s send, r
 * resend, … */
static const char *told(const struct pos_commands *c)
{
	static char text[64];
	static const char letters[] = "wovxsqhadilf";
	size_t len = 0;

	for (size_t i = 0; i < c->count; i++) {
		char letter = letters[c->at[i].kind];

		if (c->at[i].kind == POS_SEND_REQUEST && c->at[i].repeat)
			letter = 'r';
		text[len++] = letter;
		if (c->at[i].kind == POS_ARM)
			len += (size_t)snprintf(text + len, sizeof text - len, "%u",
			                        c->at[i].ms / 1000);
	}
	text[len] = '\0';
	return text;
}

/*
 * A row is a story: each word an event, what the machine said to do, joined by '='. Events: S
 * start, B balance start, T timer, C cancel, I signed in, code reply with MAC, ?code without, !code
 * to the reversal, ~code to another number, ^code to the original while reversing.
 */
static bool reply_of(const char *word, struct pos_reply *r)
{
	*r = (struct pos_reply){ .tsn = 10, .mac_ok = true };
	if (*word == '?') {
		r->mac_ok = false;
		word++;
	}
	if (*word == '!') {
		r->to_reversal = true;
		r->tsn = 11;
		word++;
	}
	if (*word == '~') {
		r->tsn = 9;
		word++;
	}
	snprintf(r->code, sizeof r->code, "%.2s", word);
	return true;
}

static void tell(struct pos_txn *t, const char *word, struct pos_commands *out)
{
	struct pos_draft d = { .tsn = 10,
		               .kind = *word == 'B'   ? POS_BALANCE
		                       : *word == 'U' ? POS_TOPUP
		                                      : POS_PURCHASE };
	struct pos_reply r;
	struct pos_event e = { .spare_tsn = 11, .draft = &d, .reply = &r };

	switch (*word) {
	case 'S':
	case 'B':
	case 'U':
		e.kind = POS_EVENT_START;
		break;
	case 'T':
		e.kind = POS_EVENT_TIMER;
		break;
	case 'C':
		e.kind = POS_EVENT_CANCEL;
		break;
	case 'I':
		e.kind = POS_EVENT_SIGNED_IN;
		break;
	default:
		e.kind = POS_EVENT_REPLY;
		reply_of(word, &r);
	}
	pos_txn_step(t, &e, out);
}

static void run_story(const char *name, const char *story)
{
	struct pos_txn t;
	struct pos_commands out;
	char copy[256], *rest = copy, *word;

	pos_txn_init(&t);
	snprintf(copy, sizeof copy, "%s", story);
	while ((word = strsep(&rest, " "))) {
		char *want = strchr(word, '=');

		*want++ = '\0';
		tell(&t, word, &out);
		CHECK_STR(name, told(&out), want);
	}
}

TEST(txn_follows_section_15_1)
{
	static const struct {
		const char *name, *story;
	} rows[] = {
		{ "approved",            "S=wsa4 00=odh" },
		{ "declined",            "S=wsa4 51=odh" },
		{ "lost card",           "S=wsa4 41=odhf" },
		{ "same number, other content: stop", "S=wsa4 94=odhl" },
		{ "second send answers", "S=wsa4 T=ra4 00=odh" },
		{ "three sends, then undo", "S=wsa4 T=ra4 T=ra4 T=vqa5 !00=xdh" },
		{ "operator gives up",   "S=wsa4 C=vqa5 !00=xdh" },
		{ "unknown original is settled too", "S=wsa4 C=vqa5 !25=xdh" },
		{ "late approval",       "S=wsa4 C=vqa5 00= !00=xdh" },
		{ "late decline",        "S=wsa4 C=vqa5 51= T=qa10" },
		{ "other answers end nothing", "S=wsa4 C=vqa5 !96= !51= !94= T=qa10 T=qa20 T=qa40 T=qa60 "
		                             "T=qa60 !00=xdh" },
		{ "sign in again, same number", "S=wsa4 77=i I=ra4 00=odh" },
		{ "PIN block error",     "S=wsa4 99=i I=ra4 55=odh" },
		{ "session lost while undoing", "S=wsa4 C=vqa5 !77=i I=qa5 !00=xdh" },
		{ "unsigned 77 is a hint", "S=wsa4 ?77=i T=ra4 00=odh" },
		{ "unsigned 97 is a hint", "S=wsa4 ?97=i 00=odh" },
		{ "unsigned approval is nothing", "S=wsa4 ?00= T=ra4 T=ra4 T=vqa5" },
		{ "unsigned decline is nothing", "S=wsa4 ?51= 00=odh" },
		{ "unsigned end of reversal is none", "S=wsa4 C=vqa5 ?!00= !00=xdh" },
		{ "another number's answer", "S=wsa4 ~00= 00=odh" },
		{ "reversal's answer before one was sent", "S=wsa4 !00= 00=odh" },
		{ "busy: the same again", "S=wsa4 91=a1 T=ra4 96=a1 T=ra4 90=a1 T=vqa5" },
		{ "no answer from the authoriser", "S=wsa4 98=vqa5" },
		{ "too late",            "S=wsa4 68=vqa5" },
		{ "balance is never written or undone", "B=sa4 T=ra4 T=ra4 T=dh" },
		{ "balance",             "B=sa4 00=dh" },
		{ "balance given up",    "B=sa4 C=dh" },
		{ "top-up waits longer", "U=wsa8 T=ra8 T=ra8 T=vqa5" },
		{ "a repeated answer",   "S=wsa4 00=odh 00=" },
		{ "the next one",        "S=wsa4 00=odh S=wsa4 51=odh" },
		{ "timer of nothing",    "T= C= I= 00=" },
	}, *row;

	EACH (row, rows)
		run_story(row->name, row->story);
}

TEST(txn_reverses_with_the_reason_it_knows)
{
	static const struct {
		const char *name, *words[6], *reason;
	} rows[] = {
		{ "timeout", { "S", "T", "T", "T" }, "98" },
		{ "bad MAC in the reply", { "S", "?00", "T", "T", "T" }, "A0" },
		{ "cancelled", { "S", "C" }, "17" },
	}, *row;

	EACH (row, rows) {
		struct pos_txn t;
		struct pos_commands out;

		pos_txn_init(&t);
		for (size_t i = 0; i < 6 && row->words[i]; i++)
			tell(&t, row->words[i], &out);
		CHECK_I64(row->name, t.state, POS_TXN_REVERSING);
		CHECK_STR(row->name, t.reason, row->reason);
		CHECK_I64(row->name, t.reversal_tsn, 11);
	}
}

TEST(txn_boot_turns_sent_into_reversing)
{
	static const struct {
		const char *name;
		enum pos_pending pending;
		const char *want;
		uint64_t number;
	} rows[] = {
		{ "nothing", POS_PENDING_NONE, "", 0 },
		{ "sent", POS_PENDING_SENT, "vqa5", 21 },
		{ "reversing", POS_PENDING_REVERSING, "qa5", 15 },
	}, *row;

	EACH (row, rows) {
		struct pos_journal j = { .pending = row->pending,
			                 .reversal_tsn = 15,
			                 .draft = { .tsn = 14, .kind = POS_PURCHASE } };
		struct pos_event e = { .kind = POS_EVENT_BOOT, .spare_tsn = 21, .journal = &j };
		struct pos_commands out;
		struct pos_txn t;

		pos_txn_step(&t, &e, &out);
		CHECK_STR(row->name, told(&out), row->want);
		CHECK_I64(row->name, t.reversal_tsn, row->number);
		CHECK_I64(row->name, pos_txn_is_free(&t), row->pending == POS_PENDING_NONE);
	}
}
