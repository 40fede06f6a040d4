/* SPDX-License-Identifier: Apache-2.0 */
/* Vouchers: everything is checked first, then everything is written. */
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"
#include "domain/keys/stock_day.h"
#include "domain/keys/stock_rows.h"

/* A card of the voucher at hand. */
struct line {
	struct stock_card card;          /* as it is, and later as it will be */
	enum stock_state from;           /* STOCK_STATES: it comes into the book */
	char bore[STOCK_NUMBER_MAX + 1]; /* its number as it moved */
};

struct posting {
	struct key_act *act;
	struct stock_voucher *voucher;
	const struct stock_item *items;
	size_t count;
	struct line *lines;
};

/* --- the voucher --- */

static bool is_number_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '.' || c == '/' || c == '-';
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_number_character(s.at[i]))
			return false;
	return s.len >= 1 && s.len <= STOCK_NUMBER_MAX;
}

static bool is_chip(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.at[i] >= '0' && s.at[i] <= '9') || (s.at[i] >= 'A' && s.at[i] <= 'Z')))
			return false;
	return s.len >= STOCK_CHIP_MIN && s.len <= STOCK_CHIP_MAX;
}

/* Free text, without blanks at its ends or control characters in it. */
static bool is_text(const char *text)
{
	struct str s = str_of(text);

	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7F)
			return false;
	return str_is_utf8(s) && str_trim(s).len == s.len;
}

static result check_texts(const struct stock_voucher *v)
{
	const struct {
		const char *name, *text;
		bool is_needed;
	} rows[] = {
		{ "giver", v->giver, true },
		{ "taker", v->taker, true },
		{ "place", v->place, false },
		{ "reason", v->reason, false },
		{ "first signature", v->signed_first, v->to == STOCK_IS_SHREDDED },
		{ "second signature", v->signed_second, v->to == STOCK_IS_SHREDDED },
	}, *row;

	if (!is_number(str_of(v->number)))
		return FAIL(STOCK_FIELD, "number of the voucher");
	if (v->to != STOCK_IS_SHREDDED && (v->signed_first[0] || v->signed_second[0]))
		return FAIL(STOCK_FIELD, "signatures are for shredding");
	EACH (row, rows)
		if (!is_text(row->text) || (row->is_needed && !row->text[0]))
			return FAIL(STOCK_FIELD, "%s", row->name);
	return OK;
}

static result check_people(const struct stock_voucher *v)
{
	if (strcasecmp(v->giver, v->taker) == 0)
		return FAIL(STOCK_PEOPLE, "%s gives to %s", v->giver, v->taker);
	if (v->to != STOCK_IS_SHREDDED)
		return OK;
	return strcasecmp(v->signed_first, v->signed_second) == 0
	               ? FAIL(STOCK_PEOPLE, "%s signed twice", v->signed_first)
	               : OK;
}

struct bizdate stock_today(struct instant now)
{
	return bizdate_of(now, TIME_ZONE_CHINA_S, 0);
}

static result check_day(struct key_act *act, struct stock_voucher *v)
{
	struct bizdate today = stock_today(act->now), closed;

	if (v->day.yyyymmdd == 0)
		v->day = today;
	TRY(stock_day_last(act->tx, &closed));
	if (!bizdate_is_valid(v->day) || v->day.yyyymmdd > today.yyyymmdd)
		return FAIL(STOCK_DAY, "%u has not come", v->day.yyyymmdd);
	if (v->day.yyyymmdd <= closed.yyyymmdd)
		return FAIL(STOCK_DAY, "%u is closed", v->day.yyyymmdd);
	return OK;
}

static result check_voucher(struct posting *p)
{
	struct stock_voucher *v = p->voucher;
	int64_t there;

	if (p->count == 0 || p->count > STOCK_ITEMS_MAX)
		return FAIL(STOCK_FIELD, "%zu cards", p->count);
	TRY(check_texts(v));
	TRY(check_people(v));
	TRY(check_day(p->act, v));
	TRY(db_select_i64(p->act->tx, &sql_stock_voucher_taken, DB_ARGS(db_arg_text(v->number)),
	                  &there));
	return there ? FAIL(STOCK_VOUCHER, "%s", v->number) : OK;
}

/* --- its cards --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same text twice, empty ones apart. */
static const char *twin_of(const char **texts, size_t count)
{
	qsort(texts, count, sizeof *texts, compare_texts);
	for (size_t i = 1; i < count; i++)
		if (texts[i][0] && strcmp(texts[i - 1], texts[i]) == 0)
			return texts[i];
	return NULL;
}

static result check_twins(const struct posting *p, struct arena *a)
{
	const char **texts = arena_array(a, p->count, sizeof *texts), *twin;

	for (size_t i = 0; i < p->count; i++)
		texts[i] = p->lines[i].card.chip;
	twin = twin_of(texts, p->count);
	if (twin)
		return FAIL(STOCK_FIELD, "%s twice", twin);
	for (size_t i = 0; i < p->count; i++)
		texts[i] = p->lines[i].card.number;
	twin = twin_of(texts, p->count);
	return twin ? FAIL(STOCK_NUMBER, "%s twice", twin) : OK;
}

static bool is_numbered(enum stock_kind kind)
{
	return kind == STOCK_PSAM || kind == STOCK_ISAM;
}

static result take_number(const struct posting *p, const struct stock_item *item, struct line *l)
{
	bool is_made = l->from == STOCK_IS_ISSUED_TO_OP && p->voucher->to == STOCK_IS_FINISHED;
	struct stock_card *c = &l->card;
	int64_t there;

	if (item->number.len == 0)
		return is_made && is_numbered(c->kind) ? FAIL(STOCK_NUMBER, "%s needs one", c->chip)
		                                       : OK;
	if (!is_made || !is_number(item->number))
		return FAIL(STOCK_NUMBER, "%s takes none here, or not this", c->chip);
	str_copy(item->number, c->number, sizeof c->number);
	TRY(db_select_i64(p->act->tx, &sql_stock_number_taken,
	                  DB_ARGS(db_arg_text(c->number), db_arg_text(stock_kind_names[c->kind]),
	                          db_arg_text(c->chip)),
	                  &there));
	return there ? FAIL(STOCK_NUMBER, "%s is another card's", c->number) : OK;
}

/* A number is given when a card is finished, and free again when the card is waste. */
static result settle_number(const struct posting *p, const struct stock_item *item, struct line *l)
{
	TRY(take_number(p, item, l));
	str_copy(str_of(l->card.number), l->bore, sizeof l->bore);
	if (p->voucher->to == STOCK_IS_WASTE)
		l->card.number[0] = '\0';
	return OK;
}

static result check_washing(const struct posting *p, const struct line *l)
{
	int64_t before;

	if (l->from != STOCK_IS_WASTE || p->voucher->to != STOCK_IS_IN_STORE)
		return OK;
	TRY(db_select_i64(p->act->tx, &sql_stock_washings, DB_ARGS(db_arg_text(l->card.chip)),
	                  &before));
	return before ? FAIL(STOCK_WASHED, "%s", l->card.chip) : OK;
}

static result check_step(const struct posting *p, const struct line *l)
{
	const struct stock_voucher *v = p->voucher;
	const struct stock_card *c = &l->card;

	if (c->kind != v->kind)
		return FAIL(STOCK_KIND, "%s is %s", c->chip, stock_kind_names[c->kind]);
	if (!stock_may_move(l->from, v->to))
		return FAIL(STOCK_MOVE, "%s from %s to %s", c->chip, stock_state_names[l->from],
		            stock_state_names[v->to]);
	if (v->day.yyyymmdd < c->day.yyyymmdd)
		return FAIL(STOCK_MOVE, "%s moved on %u", c->chip, c->day.yyyymmdd);
	if (stock_needs_reason(l->from, v->to) && !v->reason[0])
		return FAIL(STOCK_REASON, "%s to %s", c->chip, stock_state_names[v->to]);
	return check_washing(p, l);
}

static result read_line(const struct posting *p, const struct stock_item *item, struct line *l)
{
	bool is_new = p->voucher->to == STOCK_IS_RECEIVED, found;

	if (!is_chip(item->chip))
		return FAIL(STOCK_FIELD, "chip " STR_FMT, STR_ARG(item->chip));
	TRY(stock_card_find(p->act->tx, item->chip, &l->card, &found));
	if (found && is_new)
		return FAIL(STOCK_EXISTS, "%s", l->card.chip);
	if (!found && !is_new)
		return FAIL(STOCK_NOT_FOUND, "chip " STR_FMT, STR_ARG(item->chip));
	l->from = is_new ? STOCK_STATES : l->card.state;
	if (is_new) {
		l->card = (struct stock_card){ .kind = p->voucher->kind };
		str_copy(item->chip, l->card.chip, sizeof l->card.chip);
	} else {
		TRY(check_step(p, l));
	}
	return settle_number(p, item, l);
}

static result read_lines(struct posting *p, struct arena *a)
{
	p->lines = arena_array(a, p->count, sizeof *p->lines);
	for (size_t i = 0; i < p->count; i++)
		TRY(read_line(p, &p->items[i], &p->lines[i]));
	return check_twins(p, a);
}

/* --- writing --- */

static result write_voucher(const struct posting *p)
{
	struct stock_voucher *v = p->voucher;

	v->count = (uint32_t)p->count;
	v->at = p->act->now;
	str_copy(str_of(p->act->actor), v->actor, sizeof v->actor);
	return db_select_i64(p->act->tx, &sql_stock_voucher_add,
	                     DB_ARGS(db_arg_text(v->number), db_arg_text(stock_kind_names[v->kind]),
	                             db_arg_text(stock_state_names[v->to]), db_arg_i64(v->count),
	                             db_arg_text(v->giver), db_arg_text(v->taker),
	                             db_arg_text(v->place), db_arg_text(v->reason),
	                             db_arg_text(v->signed_first), db_arg_text(v->signed_second),
	                             db_arg_i64(v->day.yyyymmdd), db_arg_text(v->actor),
	                             db_arg_i64(v->at.us)),
	                     &v->id);
}

static result write_card(const struct posting *p, const struct line *l)
{
	const struct stock_voucher *v = p->voucher;
	const struct stock_card *c = &l->card;
	const char *place = v->place[0] ? v->place : v->taker;
	struct db_arg state = db_arg_text(stock_state_names[v->to]);

	if (l->from == STOCK_STATES)
		return db_execute(p->act->tx, &sql_stock_card_add,
		                  DB_ARGS(db_arg_text(c->chip),
		                          db_arg_text(stock_kind_names[c->kind]), state,
		                          db_arg_text(place), db_arg_text(c->number),
		                          db_arg_i64(v->day.yyyymmdd), db_arg_i64(v->at.us)),
		                  NULL);
	return db_execute(p->act->tx, &sql_stock_card_set,
	                  DB_ARGS(db_arg_text(c->chip), state, db_arg_text(place),
	                          db_arg_text(c->number), db_arg_i64(v->day.yyyymmdd),
	                          db_arg_i64(v->at.us)),
	                  NULL);
}

static result write_move(const struct posting *p, const struct line *l)
{
	const struct stock_voucher *v = p->voucher;

	return db_execute(p->act->tx, &sql_stock_move_add,
	                  DB_ARGS(db_arg_i64(v->id), db_arg_text(l->card.chip),
	                          db_arg_text(stock_kind_names[v->kind]),
	                          db_arg_text(stock_origin_names[l->from]),
	                          db_arg_text(stock_state_names[v->to]), db_arg_text(l->bore),
	                          db_arg_i64(v->day.yyyymmdd)),
	                  NULL);
}

static result note(const struct posting *p, const char *op)
{
	const struct stock_voucher *v = p->voucher;

	return key_audit_write(p->act, op, OK,
	                       "voucher=%s kind=%s to=%s count=%u day=%u from=%s for=%s", v->number,
	                       stock_kind_names[v->kind], stock_state_names[v->to], v->count,
	                       v->day.yyyymmdd, v->giver, v->taker);
}

static result post(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                   size_t count, const char *op)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct posting p = { act, v, items, count, NULL };

	TRY(check_voucher(&p));
	TRY(read_lines(&p, &a));
	TRY(write_voucher(&p));
	for (size_t i = 0; i < count; i++) {
		TRY(write_card(&p, &p.lines[i]));
		TRY(write_move(&p, &p.lines[i]));
	}
	return note(&p, op);
}

result stock_receive(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                     size_t count)
{
	v->to = STOCK_IS_RECEIVED;
	return post(act, v, items, count, "STOCK.RECEIVE");
}

result stock_move(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                  size_t count)
{
	if (v->to == STOCK_IS_RECEIVED || v->to == STOCK_IS_SHREDDED)
		return FAIL(STOCK_MOVE, "not by a move: %s", stock_state_names[v->to]);
	return post(act, v, items, count, "STOCK.MOVE");
}

result stock_shred(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                   size_t count)
{
	v->to = STOCK_IS_SHREDDED;
	return post(act, v, items, count, "STOCK.SHRED");
}
