/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_till.h"

enum { MS = 1000, PIN_TRIES_UNKNOWN = -1 };

static int64_t now_ms(void)
{
	return monotonic_us() / MS;
}

static void refresh_facts(struct pos_till *t)
{
	const struct pos_journal *j = t->node.journal;
	struct pos_screen_facts *f = &t->screen.facts;

	f->online = pos_node_is_online(&t->node);
	f->offline_allowed = t->config.node.offline.card_max_fen > 0;
	f->offline_cap_fen = t->config.node.offline.card_max_fen;
	f->unsent = j->held;
	f->takings_fen = 0;
	f->sales = 0;
	for (size_t i = 0; i < j->total_count; i++) {
		const struct pos_total *row = &j->totals[i];
		bool back = row->class == pos_kind_class(POS_VOID) ||
		            row->class == pos_kind_class(POS_REFUND);

		if (row->class == pos_kind_class(POS_PURCHASE))
			f->sales = row->count;
		if (row->class == pos_kind_class(POS_PURCHASE) || back)
			f->takings_fen += back ? -(int64_t)row->sum_fen : (int64_t)row->sum_fen;
	}
}

static result obey(struct pos_till *t, enum pos_wish wish);

static result give(struct pos_till *t, const struct pos_input *in)
{
	refresh_facts(t);
	return obey(t, pos_screen_step(&t->screen, in, now_ms()));
}

/* The screen asked and was refused before anything was sent. */
static result give_refusal(struct pos_till *t, result why)
{
	struct pos_input in = { .kind = POS_INPUT_RESULT, .pin_left = PIN_TRIES_UNKNOWN };

	str_copy(str_of(result_field39(why)), in.outcome.code, sizeof in.outcome.code);
	return give(t, &in);
}

/* A refusal by rule is shown; a fault of the journal stops the till. */
static result begin(struct pos_till *t, const struct pos_draft *d, struct str pin)
{
	result r;

	t->watched = true;
	r = pos_node_start(&t->node, d, pin);
	if (is_ok(r) || result_kind(r) == RESULT_FAULT)
		return r;
	t->watched = false;
	return give_refusal(t, r);
}

static result pay(struct pos_till *t)
{
	struct pos_draft d = { .kind = POS_PURCHASE, .amount_fen = t->screen.amount_fen };
	char pin[POS_PIN_MAX + 1];
	result r;

	memcpy(d.card_no, t->screen.card_no, sizeof d.card_no);
	memcpy(pin, t->screen.pin, sizeof pin);
	r = begin(t, &d, str_of(pin));
	secret_wipe_bytes(pin, sizeof pin);
	return r;
}

static result obey(struct pos_till *t, enum pos_wish wish)
{
	struct pos_draft d;
	result r;

	switch (wish) {
	case POS_WISH_PAY:
		return pay(t);
	case POS_WISH_VOID:
		r = pos_till_void_draft(t, 0, &d);
		return is_ok(r) ? begin(t, &d, STR("")) : give_refusal(t, r);
	case POS_WISH_CANCEL:
		return pos_node_cancel(&t->node);
	case POS_WISH_NONE:
		break;
	}
	return OK;
}

static void show_done(struct pos_till *t, const struct pos_done *done)
{
	struct pos_input in = {
		.kind = POS_INPUT_RESULT,
		.outcome = done->outcome,
		.reversed = done->state == POS_TXN_REVERSED,
		.offline = done->offline,
		.pin_would_help = done->pin_would_help && strcmp(done->outcome.code, "61") == 0,
		.pin_left = PIN_TRIES_UNKNOWN,
	};

	if (done->outcome.has_balance && strcmp(done->outcome.code, "51") == 0)
		in.short_fen = done->draft.amount_fen - done->outcome.balance_fen;
	refresh_facts(t);
	/* A result never makes the screen wish for something. */
	(void)pos_screen_step(&t->screen, &in, now_ms());
}

static void on_done(void *arg, const struct pos_done *done)
{
	struct pos_till *t = arg;

	if (t->watched)
		show_done(t, done);
	t->watched = false;
	if (t->config.done)
		t->config.done(t->config.arg, done);
}

result pos_till_void_draft(const struct pos_till *t, uint64_t tsn, struct pos_draft *out)
{
	const struct pos_sale *sale = pos_journal_sale(t->node.journal, tsn);

	if (!sale || sale->undone || sale->draft.kind != POS_PURCHASE)
		return FAIL(POS_NO_SALE, "number %llu", (unsigned long long)tsn);
	*out = (struct pos_draft){ .kind = POS_VOID,
		                   .amount_fen = sale->draft.amount_fen,
		                   .original_tsn = sale->draft.tsn };
	memcpy(out->card_no, sale->draft.card_no, sizeof out->card_no);
	memcpy(out->original_ref, sale->outcome.reference, sizeof out->original_ref);
	return OK;
}

result pos_till_open(struct pos_till *t, const struct pos_till_config *config,
                     struct pos_journal *journal)
{
	struct pos_node_config node = config->node;

	t->config = *config;
	t->watched = false;
	node.done = on_done;
	node.arg = t;
	pos_screen_init(&t->screen, config->language, &config->facts);
	TRY(pos_node_open(&t->node, &node, journal));
	refresh_facts(t);
	return OK;
}

void pos_till_close(struct pos_till *t)
{
	pos_node_close(&t->node);
}

/* Locked or stopped by the host shows as closed; open again when that ends. */
static result show_standing(struct pos_till *t)
{
	bool shut = t->node.locked || t->node.stopped;

	if (t->node.locked && t->screen.state != POS_SCREEN_FAULT)
		return give(t, &(struct pos_input){ .kind = POS_INPUT_FAULT, .reason = "94/97" });
	if (t->node.stopped && t->screen.state != POS_SCREEN_CLOSED)
		return give(t, &(struct pos_input){ .kind = POS_INPUT_CLOSE, .reason = "" });
	if (!shut && t->screen.state == POS_SCREEN_CLOSED)
		return give(t, &(struct pos_input){ .kind = POS_INPUT_OPEN });
	return OK;
}

result pos_till_turn(struct pos_till *t, int also_fd, int64_t until_us)
{
	int64_t screen_us = t->screen.until_ms == INT64_MAX ? INT64_MAX : t->screen.until_ms * MS;

	TRY(pos_node_turn(&t->node, also_fd, screen_us < until_us ? screen_us : until_us));
	TRY(show_standing(t));
	return give(t, &(struct pos_input){ .kind = POS_INPUT_TICK });
}

result pos_till_input(struct pos_till *t, const struct pos_input *in)
{
	return give(t, in);
}

void pos_till_view(struct pos_till *t, struct pos_view *out)
{
	refresh_facts(t);
	pos_screen_view(&t->screen, out);
}

result pos_till_start(struct pos_till *t, const struct pos_draft *draft, struct str pin)
{
	t->watched = false;
	return pos_node_start(&t->node, draft, pin);
}
