/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of card stock (卡片台账): receipts, moves and closed days are the part of role store,
 * what an operator makes of the cards he was given that of role oper (keys 12, 17, B6.28).
 */
#include <inttypes.h>

#include "domain/keys/stock_table.h"
#include "service/kms/officer_desk.h"

enum {
	STORE = 1 << OFFICER_STORE,
	OPER = 1 << OFFICER_OPER,
	WORD_MAX = 24, /* of a kind or state */
	DAY_MAX = 10,
	COUNTS_MAX = OFFICER_TEXT_MAX,
};

/* --- a voucher --- */

struct voucher_args {
	struct str number, kind, to, giver, taker, place, reason, day;
	int64_t count;
	struct str cards;
};

#define VOUCHER_HEAD                                                                               \
	OFFICER_TEXT(voucher_args, number, true, STOCK_NUMBER_MAX),                                \
	        OFFICER_TEXT(voucher_args, kind, true, WORD_MAX)
#define VOUCHER_REST                                                                               \
	OFFICER_TEXT(voucher_args, taker, true, STOCK_NAME_MAX),                                   \
	        OFFICER_TEXT(voucher_args, place, false, STOCK_NAME_MAX),                          \
	        OFFICER_TEXT(voucher_args, reason, false, STOCK_REASON_MAX),                       \
	        OFFICER_TEXT(voucher_args, day, false, DAY_MAX),                                   \
	        OFFICER_FILE_TEXT(voucher_args, cards, true)

static const struct officer_field receive_fields[] = {
	VOUCHER_HEAD,
	OFFICER_TEXT(voucher_args, giver, true, STOCK_NAME_MAX),
	VOUCHER_REST,
};

static const struct officer_field move_fields[] = {
	VOUCHER_HEAD,
	OFFICER_TEXT(voucher_args, to, true, WORD_MAX),
	OFFICER_TEXT(voucher_args, giver, false, STOCK_NAME_MAX),
	VOUCHER_REST,
};

/* count: of the list, unless it is typed: the second person sees it beside the list's hash. */
static const struct officer_field shred_fields[] = {
	VOUCHER_HEAD,
	OFFICER_TEXT(voucher_args, giver, true, STOCK_NAME_MAX),
	OFFICER_NUMBER(voucher_args, count, false, 1, STOCK_ITEMS_MAX),
	VOUCHER_REST,
};

struct posting {
	struct stock_voucher voucher;
	struct stock_item *items;
	size_t count;
};

static result read_voucher(struct officer_call *c, const struct voucher_args *in,
                           struct posting *out)
{
	struct stock_voucher *v = &out->voucher;
	int kind;

	officer_note(c, "voucher=" STR_FMT " ", STR_ARG(in->number));
	*v = (struct stock_voucher){ 0 };
	TRY(officer_choose(in->kind, stock_kind_names, "kind", &kind));
	v->kind = (enum stock_kind)kind;
	TRY(officer_day(in->day, &v->day));
	str_copy(in->number, v->number, sizeof v->number);
	str_copy(in->giver, v->giver, sizeof v->giver);
	str_copy(in->taker, v->taker, sizeof v->taker);
	str_copy(in->place, v->place, sizeof v->place);
	str_copy(in->reason, v->reason, sizeof v->reason);
	return stock_table_read(str_bytes(in->cards), c->arena, &out->items, &out->count);
}

static void tell_voucher(struct officer_call *c, const struct stock_voucher *v)
{
	jwrite_i64(c->answer, "id", v->id);
	jwrite_i64(c->answer, "count", v->count);
}

static result run_receive(struct officer_call *c, const void *args)
{
	struct posting p;

	TRY(read_voucher(c, args, &p));
	TRY(stock_receive(c->act, &p.voucher, p.items, p.count));
	tell_voucher(c, &p.voucher);
	return OK;
}

/* --- moves --- */

/* Cards are given to somebody who can be held to them, and are with him. */
static result check_issue(struct officer_call *c, const struct stock_voucher *v)
{
	struct officer o;
	bool found;

	if (v->place[0])
		return FAIL(STOCK_FIELD, "place: cards given to an operator are with him");
	TRY(officer_find(c->act->tx, str_of(v->taker), &o, &found));
	if (!found || o.state != OFFICER_ACTIVE || !officer_has(&o, OFFICER_OPER))
		return FAIL(STOCK_PEOPLE, "%s is no operator", v->taker);
	return OK;
}

/* Running batches is not the store's; stock is not the operator's (keys 12). */
static result check_card(struct officer_call *c, const struct stock_voucher *v, struct str chip)
{
	bool operates = officer_has(c->by, OFFICER_OPER);
	struct stock_card card;

	TRY(stock_card_load(c->act->tx, chip, &card));
	if (!operates)
		return card.state == STOCK_IS_ISSUED_TO_OP && v->to == STOCK_IS_FINISHED
		               ? FAIL(OFFICER_ROLE_OTHER, "%s is finished by its operator",
		                      card.chip)
		               : OK;
	if (card.state != STOCK_IS_ISSUED_TO_OP || strcmp(card.place, c->by->name) != 0)
		return FAIL(OFFICER_ROLE_OTHER, "%s is not with %s", card.chip, c->by->name);
	return OK;
}

/* What an operator does with a card that he was given: it is finished, or waste. He gives it. */
static result check_operator(struct officer_call *c, struct stock_voucher *v)
{
	if (v->to != STOCK_IS_FINISHED && v->to != STOCK_IS_WASTE)
		return FAIL(OFFICER_ROLE_OTHER, "an operator finishes cards or finds them waste");
	if (v->giver[0] && strcmp(v->giver, c->by->name) != 0)
		return FAIL(STOCK_PEOPLE, "%s does not give for %s", c->by->name, v->giver);
	str_copy(str_of(c->by->name), v->giver, sizeof v->giver);
	return OK;
}

static result run_move(struct officer_call *c, const void *args)
{
	const struct voucher_args *in = args;
	struct posting p;
	int to;

	TRY(read_voucher(c, in, &p));
	TRY(officer_choose(in->to, stock_state_names, "to", &to));
	p.voucher.to = (enum stock_state)to;
	if (officer_has(c->by, OFFICER_OPER))
		TRY(check_operator(c, &p.voucher));
	if (p.voucher.to == STOCK_IS_ISSUED_TO_OP)
		TRY(check_issue(c, &p.voucher));
	for (size_t i = 0; i < p.count; i++)
		TRY(check_card(c, &p.voucher, p.items[i].chip));
	TRY(stock_move(c->act, &p.voucher, p.items, p.count));
	tell_voucher(c, &p.voucher);
	return OK;
}

/* --- shredding --- */

static result prepare_shred(struct officer_call *c, void *args)
{
	struct voucher_args *in = args;
	struct posting p;

	TRY(read_voucher(c, in, &p));
	if (in->count && in->count != (int64_t)p.count)
		return FAIL(STOCK_FIELD, "the list has %zu cards", p.count);
	in->count = (int64_t)p.count;
	jwrite_i64(c->answer, "cards", in->count);
	return OK;
}

/* Two people sign that cards were destroyed: who asks, and who agrees (keys 17). */
static result sign(struct officer_call *c, struct stock_voucher *v)
{
	struct officer second;

	ASSERT(c->agreed && c->agreed->approver_count > 0);
	TRY(officer_load(c->act->tx, c->agreed->approvers[0], &second));
	str_copy(str_of(c->by->name), v->signed_first, sizeof v->signed_first);
	str_copy(str_of(second.name), v->signed_second, sizeof v->signed_second);
	return OK;
}

static result run_shred(struct officer_call *c, const void *args)
{
	const struct voucher_args *in = args;
	struct posting p;

	TRY(read_voucher(c, in, &p));
	if ((int64_t)p.count != in->count)
		return FAIL(STOCK_FIELD, "the list has %zu cards", p.count);
	TRY(sign(c, &p.voucher));
	TRY(stock_shred(c->act, &p.voucher, p.items, p.count));
	tell_voucher(c, &p.voucher);
	jwrite_text(c->answer, "signed_second", p.voucher.signed_second);
	return OK;
}

/* --- days --- */

struct close_args {
	struct str day, counts;
};

static const struct officer_field close_fields[] = {
	OFFICER_TEXT(close_args, day, true, DAY_MAX),
	OFFICER_TEXT(close_args, counts, false, COUNTS_MAX),
};

static result run_close(struct officer_call *c, const void *args)
{
	const struct close_args *in = args;
	struct stock_count *counts = arena_array(c->arena, STOCK_COUNTS_MAX, sizeof *counts);
	struct bizdate day;
	size_t count;

	officer_note(c, "day=" STR_FMT, STR_ARG(in->day));
	TRY(officer_day(in->day, &day));
	TRY(stock_table_counts(in->counts, counts, &count));
	return stock_day_close(c->act, day, counts, count);
}

static const struct officer_command commands[] = {
	{ .name = "stock.receive",
	  .roles = STORE,
	  OFFICER_FIELDS(receive_fields, voucher_args),
	  .run = run_receive },
	{ .name = "stock.move",
	  .roles = STORE | OPER,
	  OFFICER_FIELDS(move_fields, voucher_args),
	  .run = run_move },
	{ .name = "stock.shred",
	  .roles = STORE,
	  OFFICER_FIELDS(shred_fields, voucher_args),
	  .prepare = prepare_shred,
	  .needs = "store|mk",
	  .run = run_shred },
	{ .name = "stock.close",
	  .roles = STORE,
	  OFFICER_FIELDS(close_fields, close_args),
	  .run = run_close },
};

const struct officer_table officer_acts_stock = { commands, ARRAY_LEN(commands) };
