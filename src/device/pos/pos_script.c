/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_script.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>

enum { MS = 1000, REFUSED_MS = 20 };

struct words {
	struct str at[POS_SCRIPT_WORDS_MAX];
	size_t count;
	struct str rest; /* of the line, after the first word */
};

static void answer(struct pos_script *s, const char *format, ...) ATTR_PRINTF(2, 3);

/* One line, out at once: whoever reads it may take it that what it says is durable. */
static void answer(struct pos_script *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->answer, sizeof s->answer, format, args);
	va_end(args);
	fprintf(s->out, "%s\n", s->answer);
	fflush(s->out);
}

static const char *kind_word(enum pos_kind kind)
{
	static const char *const names[POS_KINDS] = {
		[POS_PURCHASE] = "sale",   [POS_VOID] = "void",   [POS_REFUND] = "refund",
		[POS_BALANCE] = "balance", [POS_TOPUP] = "topup", [POS_TOPUP_VOID] = "topup-void",
	};

	return names[kind];
}

static const char *state_word(const struct pos_done *done)
{
	if (done->offline)
		return "stored";
	return done->state == POS_TXN_APPROVED   ? "approved"
	       : done->state == POS_TXN_REVERSED ? "reversed"
	                                         : "declined";
}

void pos_script_done(void *arg, const struct pos_done *done)
{
	struct pos_script *s = arg;
	char amount[MONEY_TEXT_SIZE], balance[MONEY_TEXT_SIZE] = "-";

	if (done->outcome.has_balance)
		money_plain((struct money){ done->outcome.balance_fen }, balance);
	s->ended = true;
	answer(s, "%s tsn=%" PRIu64 " amount=%s %s code=%s balance=%s reference=%s%s",
	       kind_word(done->draft.kind), done->draft.tsn,
	       money_plain((struct money){ done->draft.amount_fen }, amount), state_word(done),
	       done->outcome.code, balance,
	       *done->outcome.reference ? done->outcome.reference : "-",
	       done->pin_would_help ? " pin-would-help" : "");
}

void pos_script_init(struct pos_script *s, struct pos_till *till, FILE *out)
{
	*s = (struct pos_script){ .till = till,
		                  .out = out,
		                  .limit_us = (int64_t)POS_SCRIPT_LIMIT_S * 1000 * MS };
}

void pos_script_boot(struct pos_script *s)
{
	const struct pos_journal *j = s->till->node.journal;

	answer(s, "boot node=%s last=%" PRIu64 "%s pending=%" PRIu64 "%s held=%zu", j->node_id,
	       j->last.tsn,
	       j->last.tsn == 0   ? ""
	       : j->last.approved ? " approved"
	                          : " not-approved",
	       j->pending == POS_PENDING_NONE ? 0 : j->draft.tsn,
	       j->pending == POS_PENDING_NONE ? "" : " reversing", j->held);
}

static result syntax(const char *what)
{
	return FAIL(POS_SCRIPT, "%s", what);
}

/* --- waiting --- */

static result turn_until(struct pos_script *s, bool (*reached)(const struct pos_script *s),
                         int64_t limit_us, bool *done)
{
	int64_t until = monotonic_us() + limit_us;

	while (!(*done = reached(s)) && monotonic_us() < until)
		TRY(pos_till_turn(s->till, -1, until));
	return OK;
}

static bool has_ended(const struct pos_script *s)
{
	return s->ended;
}

static bool is_online(const struct pos_script *s)
{
	return pos_node_is_online(&s->till->node) && s->till->node.state == POS_LINE_ONLINE;
}

static bool is_empty(const struct pos_script *s)
{
	return s->till->node.journal->held == 0 && !s->till->node.upload.closing;
}

static bool is_settled(const struct pos_script *s)
{
	return s->till->node.settled != 0;
}

static bool never(const struct pos_script *s)
{
	(void)s;
	return false;
}

/* --- transactions --- */

static result run(struct pos_script *s, const struct pos_draft *d, struct str pin)
{
	bool done;
	result r;

	s->ended = false;
	r = pos_till_start(s->till, d, pin);
	if (!is_ok(r)) {
		if (result_kind(r) == RESULT_FAULT)
			return r;
		answer(s, "%s refused %s", kind_word(d->kind), result_name(r));
		/* The line gets its turn even when a script only ever meets refusals. */
		return pos_till_turn(s->till, -1, monotonic_us() + REFUSED_MS * MS);
	}
	TRY(turn_until(s, has_ended, s->limit_us, &done));
	if (!done)
		answer(s, "%s tsn=%" PRIu64 " unfinished", kind_word(d->kind),
		       s->till->node.txn.draft.tsn);
	return OK;
}

/* The word after `name`, empty when it is not there. */
static struct str after(const struct words *w, const char *name)
{
	for (size_t i = 1; i + 1 < w->count; i++)
		if (str_equal(w->at[i], str_of(name)))
			return w->at[i + 1];
	return STR("");
}

static result take_card(const struct words *w, struct pos_draft *d)
{
	struct str card = after(w, "card");

	if (!str_is_digits(card) || card.len >= sizeof d->card_no)
		return syntax("a card number is wanted");
	str_copy(card, d->card_no, sizeof d->card_no);
	return OK;
}

static result take_amount(const struct words *w, struct pos_draft *d)
{
	struct money m;

	if (w->count < 2 || !is_ok(money_parse(w->at[1], &m)) || m.fen <= 0)
		return syntax("an amount is wanted");
	d->amount_fen = m.fen;
	return OK;
}

static result do_sale(struct pos_script *s, const struct words *w)
{
	struct pos_draft d = { .kind = str_equal(w->at[0], STR("topup")) ? POS_TOPUP
		                                                         : POS_PURCHASE };

	TRY(take_amount(w, &d));
	TRY(take_card(w, &d));
	return run(s, &d, after(w, "pin"));
}

static result do_balance(struct pos_script *s, const struct words *w)
{
	struct pos_draft d = { .kind = POS_BALANCE };

	TRY(take_card(w, &d));
	return run(s, &d, STR(""));
}

static result do_void(struct pos_script *s, const struct words *w)
{
	struct pos_draft d;
	uint64_t tsn = 0;
	result r;

	if (w->count > 1 && !is_ok(str_u64(w->at[1], &tsn)))
		return syntax("a number is wanted");
	r = pos_till_void_draft(s->till, tsn, &d);
	if (!is_ok(r)) {
		answer(s, "void refused %s", result_name(r));
		return OK;
	}
	return run(s, &d, STR(""));
}

static result do_refund(struct pos_script *s, const struct words *w)
{
	struct pos_draft d = { .kind = POS_REFUND };
	const struct pos_sale *sale;
	uint64_t tsn;

	TRY(take_amount(w, &d));
	if (!is_ok(str_u64(after(w, "of"), &tsn)))
		return syntax("the number of the sale is wanted");
	sale = pos_journal_sale(s->till->node.journal, tsn);
	if (!sale) {
		answer(s, "refund refused POS_NO_SALE");
		return OK;
	}
	d.original_tsn = tsn;
	memcpy(d.card_no, sale->draft.card_no, sizeof d.card_no);
	memcpy(d.original_ref, sale->outcome.reference, sizeof d.original_ref);
	str_copy(after(w, "by"), d.cashier, sizeof d.cashier);
	return run(s, &d, STR(""));
}

/* --- the line --- */

static result do_offline(struct pos_script *s, const struct words *w)
{
	if (w->count != 2 || (!str_equal(w->at[1], STR("on")) && !str_equal(w->at[1], STR("off"))))
		return syntax("on or off");
	pos_node_offline(&s->till->node, str_equal(w->at[1], STR("on")));
	return OK;
}

static result do_wait(struct pos_script *s, const struct words *w)
{
	uint64_t seconds;
	bool done;

	if (w->count == 2 && str_equal(w->at[1], STR("online"))) {
		TRY(turn_until(s, is_online, s->limit_us, &done));
		answer(s, done ? "online" : "not online");
		return OK;
	}
	if (w->count != 2 || !is_ok(str_u64(w->at[1], &seconds)) || seconds > 86400)
		return syntax("online, or seconds");
	return turn_until(s, never, (int64_t)seconds * 1000 * MS, &done);
}

static result do_limit(struct pos_script *s, const struct words *w)
{
	uint64_t seconds;

	if (w->count != 2 || !is_ok(str_u64(w->at[1], &seconds)) || seconds < 1 || seconds > 86400)
		return syntax("seconds");
	s->limit_us = (int64_t)seconds * 1000 * MS;
	return OK;
}

static result do_upload(struct pos_script *s, const struct words *w)
{
	bool done;

	(void)w;
	TRY(turn_until(s, is_empty, s->limit_us, &done));
	answer(s, "upload %s held=%zu", done ? "done" : "unfinished", s->till->node.journal->held);
	return OK;
}

static result do_settle(struct pos_script *s, const struct words *w)
{
	static const char *const words[] = { "no answer", "equal", "unequal", "unknown" };
	result r = pos_node_settle(&s->till->node);
	bool done;

	(void)w;
	if (!is_ok(r)) {
		answer(s, "settle refused %s", result_name(r));
		return OK;
	}
	TRY(turn_until(s, is_settled, s->limit_us, &done));
	answer(s, "settle %s", words[s->till->node.settled]);
	return OK;
}

static result do_status(struct pos_script *s, const struct words *w)
{
	const struct pos_journal *j = s->till->node.journal;

	(void)w;
	answer(s, "status %s held=%zu batch=%u next=%" PRIu64 " pending=%d",
	       is_online(s) ? "online" : "offline", j->held, j->batch, j->next_tsn,
	       (int)j->pending);
	return OK;
}

/* --- the screen --- */

static result do_keys(struct pos_script *s, const struct words *w)
{
	static const char letters[] = "0123456789.+*baefghv";
	static const enum pos_key keys[] = {
		POS_KEY_0,       POS_KEY_1,         POS_KEY_2,         POS_KEY_3,
		POS_KEY_4,       POS_KEY_5,         POS_KEY_6,         POS_KEY_7,
		POS_KEY_8,       POS_KEY_9,         POS_KEY_POINT,     POS_KEY_PLUS,
		POS_KEY_TIMES,   POS_KEY_CLEAR_ONE, POS_KEY_CLEAR_ALL, POS_KEY_ENTER,
		POS_KEY_FIXED_1, POS_KEY_FIXED_2,   POS_KEY_FIXED_3,   POS_KEY_VOID,
	};

	for (size_t i = 0; i < w->rest.len; i++) {
		const char *at = strchr(letters, w->rest.at[i]);

		if (!at)
			return syntax("keys are 0-9 . + * b(ack) a(ll) e(nter) f g h (fixed "
			              "prices) v(oid)");
		TRY(pos_till_input(s->till, &(struct pos_input){ .kind = POS_INPUT_KEY,
		                                                 .key = keys[at - letters] }));
	}
	return OK;
}

static bool is_not_reading(const struct pos_script *s)
{
	return s->till->screen.state != POS_SCREEN_READING;
}

static result do_card(struct pos_script *s, const struct words *w)
{
	struct pos_input in = { .kind = POS_INPUT_CARD };
	bool done;

	if (w->count != 2 || !str_is_digits(w->at[1]) || w->at[1].len >= sizeof in.card_no)
		return syntax("a card number is wanted");
	str_copy(w->at[1], in.card_no, sizeof in.card_no);
	TRY(pos_till_input(s->till, &in));
	return turn_until(s, is_not_reading, s->limit_us, &done);
}

static result do_lift(struct pos_script *s, const struct words *w)
{
	(void)w;
	return pos_till_input(s->till, &(struct pos_input){ .kind = POS_INPUT_CARD_GONE });
}

static result do_screen(struct pos_script *s, const struct words *w)
{
	struct pos_view view;
	char all[sizeof s->answer];
	size_t len = 0;

	(void)w;
	pos_till_view(s->till, &view);
	len += (size_t)snprintf(all, sizeof all, "screen %s",
	                        pos_screen_state_name(s->till->screen.state));
	for (size_t i = 0; i < POS_LINES_MAX && len < sizeof all; i++)
		if (*view.clerk[i])
			len += (size_t)snprintf(all + len, sizeof all - len, " | %s",
			                        view.clerk[i]);
	for (size_t i = 0; i < POS_LINES_MAX && len < sizeof all; i++)
		if (*view.customer[i])
			len += (size_t)snprintf(all + len, sizeof all - len, " || %s",
			                        view.customer[i]);
	answer(s, "%s", all);
	return OK;
}

/* --- checks and the end --- */

static result do_expect(struct pos_script *s, const struct words *w)
{
	bool wanted = str_equal(w->at[0], STR("expect"));
	bool there = memmem(s->answer, strlen(s->answer), w->rest.at, w->rest.len) != NULL;

	if (there != wanted)
		return FAIL(POS_EXPECT, "%s \"%.*s\" in \"%.120s\"", wanted ? "no" : "there is",
		            (int)(w->rest.len > 60 ? 60 : w->rest.len), w->rest.at, s->answer);
	return OK;
}

static result do_repeat(struct pos_script *s, const struct words *w)
{
	struct str count, line;
	uint64_t n;

	if (!str_cut(w->rest, ' ', &count, &line) || !is_ok(str_u64(count, &n)))
		return syntax("repeat COUNT COMMAND");
	for (uint64_t i = 0; i < n; i++)
		TRY(pos_script_line(s, line));
	return OK;
}

static result do_kill(struct pos_script *s, const struct words *w)
{
	(void)s;
	(void)w;
	if (raise(SIGKILL) != 0)
		return FAIL(SYSTEM_CALL, "raise");
	return OK;
}

static const struct {
	const char *word;
	result (*run)(struct pos_script *s, const struct words *w);
} commands[] = {
	{ "sale", do_sale },     { "topup", do_sale },    { "balance", do_balance },
	{ "void", do_void },     { "refund", do_refund }, { "settle", do_settle },
	{ "upload", do_upload }, { "status", do_status }, { "offline", do_offline },
	{ "wait", do_wait },     { "limit", do_limit },   { "repeat", do_repeat },
	{ "keys", do_keys },     { "card", do_card },     { "lift", do_lift },
	{ "screen", do_screen }, { "expect", do_expect }, { "expect-not", do_expect },
	{ "kill", do_kill },
};

static void split(struct str line, struct words *w)
{
	struct str word, rest = line;

	*w = (struct words){ .count = 0 };
	while (rest.len > 0 && w->count < POS_SCRIPT_WORDS_MAX) {
		str_cut(rest, ' ', &word, &rest);
		if (w->count == 1 && w->rest.at == NULL)
			w->rest = (struct str){ word.at, (size_t)(line.at + line.len - word.at) };
		if (word.len > 0)
			w->at[w->count++] = word;
	}
	w->rest = str_trim(w->rest);
}

result pos_script_line(struct pos_script *s, struct str line)
{
	struct words w;

	split(str_trim(line), &w);
	if (w.count == 0 || w.at[0].at[0] == '#')
		return OK;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (str_equal(w.at[0], str_of(commands[i].word)))
			return commands[i].run(s, &w);
	return FAIL(POS_SCRIPT, "unknown command \"" STR_FMT "\"", STR_ARG(w.at[0]));
}

result pos_script_run(struct pos_script *s, FILE *in)
{
	char line[POS_SCRIPT_LINE_MAX];
	unsigned number = 0;

	while (fgets(line, sizeof line, in)) {
		result r;

		number++;
		if (!strchr(line, '\n') && !feof(in))
			return FAIL(POS_SCRIPT, "line %u is longer than %d bytes", number,
			            POS_SCRIPT_LINE_MAX - 2);
		r = pos_script_line(s, str_of(line));
		if (!is_ok(r)) {
			fprintf(s->out, "line %u: %s: %s\n", number, result_name(r),
			        result_last()->text);
			return r;
		}
	}
	return OK;
}
