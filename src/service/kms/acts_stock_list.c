/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into the book of card stock; whoever is logged in may. */
#include <inttypes.h>

#include "domain/keys/stock_day.h"
#include "service/kms/officer_desk.h"

enum { WORD_MAX = 24, DAY_MAX = 10, CHIP_MAX = STOCK_CHIP_MAX, VOUCHERS = 100 };

static result kind_of(struct str text, enum stock_kind *out)
{
	int kind = 0;

	TRY(officer_choose(text, stock_kind_names, "kind", &kind));
	*out = (enum stock_kind)kind;
	return OK;
}

/* --- what is where --- */

static result run_where(struct officer_call *c, const void *args)
{
	struct stock_heap *rows;
	size_t count;

	(void)args;
	TRY(stock_where(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "heaps");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_text(c->answer, "kind", stock_kind_names[rows[i].kind]);
		jwrite_text(c->answer, "state", stock_state_names[rows[i].state]);
		jwrite_text(c->answer, "place", rows[i].place);
		jwrite_i64(c->answer, "count", rows[i].count);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

struct list_args {
	struct str kind, state, after;
};

static const struct officer_field list_fields[] = {
	OFFICER_TEXT(list_args, kind, true, WORD_MAX),
	OFFICER_TEXT(list_args, state, true, WORD_MAX),
	OFFICER_TEXT(list_args, after, false, CHIP_MAX),
};

static void write_card(struct jwrite *j, const struct stock_card *card)
{
	jwrite_text(j, "chip", card->chip);
	jwrite_text(j, "kind", stock_kind_names[card->kind]);
	jwrite_text(j, "state", stock_state_names[card->state]);
	jwrite_text(j, "place", card->place);
	jwrite_text(j, "number", card->number);
	officer_tell_day(j, "day", card->day);
}

static result run_list(struct officer_call *c, const void *args)
{
	const struct list_args *in = args;
	struct stock_shelf shelf = { .after = in->after };
	struct stock_card *rows;
	size_t count;
	int state;

	TRY(kind_of(in->kind, &shelf.kind));
	TRY(officer_choose(in->state, stock_state_names, "state", &state));
	shelf.state = (enum stock_state)state;
	TRY(stock_card_list(c->act->tx, &shelf, c->arena, &rows, &count));
	jwrite_array(c->answer, "cards");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		write_card(c->answer, &rows[i]);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

/* --- vouchers --- */

static void write_voucher(struct jwrite *j, const struct stock_voucher *v)
{
	jwrite_i64(j, "id", v->id);
	jwrite_text(j, "number", v->number);
	jwrite_text(j, "kind", stock_kind_names[v->kind]);
	jwrite_text(j, "to", stock_state_names[v->to]);
	jwrite_i64(j, "count", v->count);
	jwrite_text(j, "giver", v->giver);
	jwrite_text(j, "taker", v->taker);
	jwrite_text(j, "place", v->place);
	jwrite_text(j, "reason", v->reason);
	jwrite_text(j, "signed_first", v->signed_first);
	jwrite_text(j, "signed_second", v->signed_second);
	officer_tell_day(j, "day", v->day);
	jwrite_text(j, "actor", v->actor);
	jwrite_i64(j, "at_us", v->at.us);
}

struct vouchers_args {
	struct str from, to;
	int64_t before, limit;
};

static const struct officer_field vouchers_fields[] = {
	OFFICER_TEXT(vouchers_args, from, false, DAY_MAX),
	OFFICER_TEXT(vouchers_args, to, false, DAY_MAX),
	OFFICER_NUMBER(vouchers_args, before, false, 1, INT64_MAX),
	OFFICER_NUMBER(vouchers_args, limit, false, 1, STOCK_ROWS_MAX),
};

static result run_vouchers(struct officer_call *c, const void *args)
{
	const struct vouchers_args *in = args;
	struct stock_filter f = { .before = in->before,
		                  .limit = in->limit ? (size_t)in->limit : VOUCHERS };
	struct stock_voucher *rows;
	size_t count;

	TRY(officer_day(in->from, &f.from));
	TRY(officer_day(in->to, &f.to));
	TRY(stock_voucher_list(c->act->tx, &f, c->arena, &rows, &count));
	jwrite_array(c->answer, "vouchers");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		write_voucher(c->answer, &rows[i]);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX - 1),
};

static result run_voucher(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct stock_filter f = { .before = in->id + 1, .limit = 1 };
	struct stock_voucher *rows;
	struct str *chips;
	size_t count, chip_count;

	TRY(stock_voucher_chips(c->act->tx, in->id, c->arena, &chips, &chip_count));
	TRY(stock_voucher_list(c->act->tx, &f, c->arena, &rows, &count));
	if (count == 1)
		write_voucher(c->answer, &rows[0]);
	jwrite_array(c->answer, "chips");
	for (size_t i = 0; i < chip_count; i++)
		jwrite_str(c->answer, NULL, chips[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- a card's way --- */

struct chip_args {
	struct str chip;
};

static const struct officer_field chip_fields[] = {
	OFFICER_TEXT(chip_args, chip, true, CHIP_MAX),
};

static void write_step(struct jwrite *j, const struct stock_step *s)
{
	jwrite_object(j, NULL);
	jwrite_text(j, "from", s->is_first ? "" : stock_state_names[s->from]);
	jwrite_text(j, "to", stock_state_names[s->voucher.to]);
	jwrite_i64(j, "voucher", s->voucher.id);
	jwrite_text(j, "voucher_number", s->voucher.number);
	jwrite_text(j, "giver", s->voucher.giver);
	jwrite_text(j, "taker", s->voucher.taker);
	jwrite_text(j, "reason", s->voucher.reason);
	jwrite_text(j, "card_number", s->number);
	officer_tell_day(j, "day", s->voucher.day);
	jwrite_text(j, "actor", s->voucher.actor);
	jwrite_i64(j, "at_us", s->voucher.at.us);
	jwrite_end(j);
}

static result run_card(struct officer_call *c, const void *args)
{
	const struct chip_args *in = args;
	struct stock_card card;
	struct stock_step *steps;
	size_t count;

	TRY(stock_card_load(c->act->tx, in->chip, &card));
	TRY(stock_history(c->act->tx, in->chip, c->arena, &steps, &count));
	write_card(c->answer, &card);
	jwrite_array(c->answer, "history");
	for (size_t i = 0; i < count; i++)
		write_step(c->answer, &steps[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- days --- */

struct day_args {
	struct str day, kind;
};

static const struct officer_field day_fields[] = {
	OFFICER_TEXT(day_args, day, true, DAY_MAX),
};

static void write_balance(struct jwrite *j, const struct stock_balance *b)
{
	result r = stock_day_check(b);

	jwrite_object(j, NULL);
	jwrite_text(j, "kind", stock_kind_names[b->kind]);
	jwrite_i64(j, "opening", stock_inside(b->opening));
	jwrite_i64(j, "received", b->received);
	jwrite_i64(j, "returned", b->returned);
	jwrite_i64(j, "delivered", b->delivered);
	jwrite_i64(j, "shredded", b->shredded);
	jwrite_i64(j, "lost", b->lost);
	jwrite_i64(j, "closing", stock_inside(b->closing));
	jwrite_bool(j, "balanced", is_ok(r));
	if (!is_ok(r))
		jwrite_text(j, "differs", result_last()->text);
	jwrite_object(j, "states");
	for (int s = 0; s < STOCK_STATES; s++)
		if (b->closing[s])
			jwrite_i64(j, stock_state_names[s], b->closing[s]);
	jwrite_end(j);
	jwrite_end(j);
}

static result run_day(struct officer_call *c, const void *args)
{
	const struct day_args *in = args;
	struct stock_balance b;
	struct bizdate day, last;

	TRY(officer_day(in->day, &day));
	TRY(stock_day_last(c->act->tx, &last));
	jwrite_bool(c->answer, "closed", day.yyyymmdd <= last.yyyymmdd);
	officer_tell_day(c->answer, "last_closed", last);
	jwrite_array(c->answer, "balances");
	for (int k = 0; k < STOCK_KINDS; k++) {
		TRY(stock_day_balance(c->act->tx, day, (enum stock_kind)k, &b));
		write_balance(c->answer, &b);
	}
	jwrite_end_array(c->answer);
	return OK;
}

static const struct officer_field days_fields[] = {
	OFFICER_TEXT(day_args, kind, true, WORD_MAX),
};

static result run_days(struct officer_call *c, const void *args)
{
	const struct day_args *in = args;
	struct stock_day *rows;
	enum stock_kind kind;
	size_t count;

	TRY(kind_of(in->kind, &kind));
	TRY(stock_day_list(c->act->tx, kind, c->arena, &rows, &count));
	jwrite_array(c->answer, "days");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		officer_tell_day(c->answer, "day", rows[i].day);
		jwrite_text(c->answer, "counts", rows[i].counts);
		jwrite_text(c->answer, "counted", rows[i].counted);
		jwrite_text(c->answer, "closed_by", rows[i].closed_by);
		jwrite_i64(c->answer, "closed_us", rows[i].closed.us);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "stock.where", .flags = OFFICER_READS, .run = run_where },
	{ .name = "stock.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(list_fields, list_args),
	  .run = run_list },
	{ .name = "stock.card",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(chip_fields, chip_args),
	  .run = run_card },
	{ .name = "stock.vouchers",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(vouchers_fields, vouchers_args),
	  .run = run_vouchers },
	{ .name = "stock.voucher",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_voucher },
	{ .name = "stock.day",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(day_fields, day_args),
	  .run = run_day },
	{ .name = "stock.days",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(days_fields, day_args),
	  .run = run_days },
};

const struct officer_table officer_acts_stock_list = { commands, ARRAY_LEN(commands) };
