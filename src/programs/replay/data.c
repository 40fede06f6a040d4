/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/data.h"

#include <stdlib.h>

#include "codec/csv_file.h"

enum { COLUMNS_MAX = 16 };

/* One file being read: where it is, and which of its columns is which of ours. */
struct table {
	const char *path;
	struct csv_file file;
	struct csv csv;
	const char **names;
	size_t name_count;
	size_t at[COLUMNS_MAX]; /* column of names[i] */
};

static void table_close(struct table *t)
{
	csv_close(&t->csv);
	csv_file_close(&t->file);
}

static result bad(const struct table *t, size_t column, const char *what)
{
	return FAIL(REPLAY_DATA, "%s line %llu column %s: %s", t->path,
	            (unsigned long long)t->csv.line, t->names[column], what);
}

static result find_columns(struct table *t)
{
	for (size_t i = 0; i < t->name_count; i++) {
		size_t c = 0;

		while (c < t->csv.count && !str_equal(t->csv.fields[c], str_of(t->names[i])))
			c++;
		if (c == t->csv.count)
			return FAIL(REPLAY_DATA, "%s: the header row has no column %s", t->path,
			            t->names[i]);
		t->at[i] = c;
	}
	return OK;
}

static result table_open(struct table *t, const char *path, const char **names, size_t name_count)
{
	bool more;

	ASSERT(name_count <= COLUMNS_MAX);
	*t = (struct table){ .path = path, .names = names, .name_count = name_count };
	TRY(csv_file_open(&t->file, path));
	TRY(csv_open(&t->csv, &t->file.source));
	TRY(csv_next(&t->csv, &more));
	if (!more)
		return FAIL(REPLAY_DATA, "%s is empty", path);
	return find_columns(t);
}

static result next(struct table *t, bool *more)
{
	result r = csv_next(&t->csv, more);

	if (!is_ok(r))
		return FAIL(REPLAY_DATA, "%s line %llu: %s", t->path,
		            (unsigned long long)t->csv.line, result_name(r));
	for (size_t i = 0; *more && i < t->name_count; i++)
		if (t->at[i] >= t->csv.count)
			return bad(t, i, "is missing");
	return OK;
}

static struct str cell(const struct table *t, size_t column)
{
	return t->csv.fields[t->at[column]];
}

static result cell_u32(const struct table *t, size_t column, uint64_t max, uint32_t *out)
{
	uint64_t v;

	if (!is_ok(str_u64(cell(t, column), &v)) || v > max)
		return bad(t, column, "is not a number in range");
	*out = (uint32_t)v;
	return OK;
}

static result cell_money(const struct table *t, size_t column, int64_t *fen)
{
	struct money m;

	if (!is_ok(money_parse(cell(t, column), &m)))
		return bad(t, column, "is not an amount of money");
	*fen = m.fen;
	return OK;
}

static result cell_time(const struct table *t, size_t column, struct instant *out)
{
	return is_ok(instant_parse(cell(t, column), TIME_ZONE_CHINA_S, out))
	               ? OK
	               : bad(t, column, "is not a time");
}

/* Room for one more element of an array that doubles. */
static result grow(void **array, size_t count, size_t *size, size_t element)
{
	size_t wanted = *size ? *size * 2 : 1024;
	void *more;

	if (count < *size)
		return OK;
	if (wanted > REPLAY_ROWS_MAX)
		return FAIL(REPLAY_DATA, "more than %d rows", REPLAY_ROWS_MAX);
	more = realloc(*array, wanted * element);
	if (!more)
		return FAIL(OUT_OF_MEMORY, "%zu rows", wanted);
	*array = more;
	*size = wanted;
	return OK;
}

static result place_of(struct replay_data *d, const struct table *t, size_t column, uint16_t *out)
{
	struct str name = cell(t, column);

	for (size_t i = 0; i < d->place_count; i++)
		if (str_equal(d->places[i], name)) {
			*out = (uint16_t)i;
			return OK;
		}
	if (d->place_count == REPLAY_PLACES_MAX)
		return bad(t, column, "names more places than there is room for");
	d->places[d->place_count] = arena_str(&d->arena, name);
	*out = (uint16_t)d->place_count++;
	return OK;
}

const struct replay_terminal *replay_terminal_find(const struct replay_data *d, uint32_t number)
{
	size_t low = 0, high = d->terminal_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (d->terminals[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < d->terminal_count && d->terminals[low].number == number ? &d->terminals[low]
	                                                                     : NULL;
}

/* Note a terminal the first time it appears; the list stays sorted. */
static result note_terminal(struct replay_data *d, const struct replay_row *row)
{
	size_t at = d->terminal_count;

	if (replay_terminal_find(d, row->terminal))
		return OK;
	if (d->terminal_count == REPLAY_TERMINALS_MAX)
		return FAIL(REPLAY_DATA, "more than %d terminals", REPLAY_TERMINALS_MAX);
	for (; at > 0 && d->terminals[at - 1].number > row->terminal; at--)
		d->terminals[at] = d->terminals[at - 1];
	d->terminals[at] = (struct replay_terminal){
		.number = row->terminal,
		.place = row->place,
		.is_desk = row->kind == REPLAY_TOPUP || row->kind == REPLAY_SUBSIDY,
	};
	d->terminal_count++;
	return OK;
}

enum {
	UP_INDEX,
	UP_CARD,
	UP_DATE,
	UP_MONEY,
	UP_FUND,
	UP_SURPLUS,
	UP_COUNT,
	UP_TYPE,
	UP_TERM,
	UP_SERIAL,
	UP_OPER,
	UP_DEPT
};
static const char *upload_names[] = { "Index",     "CardNo",    "Date",      "Money",
	                              "FundMoney", "Surplus",   "CardCount", "Type",
	                              "TermNo",    "TermSerNo", "OperNo",    "Dept" };

static result upload_kind(const struct table *t, struct replay_row *row)
{
	static const struct {
		const char *name;
		enum replay_kind kind;
		size_t amount;
	} kinds[] = { { "消费", REPLAY_PURCHASE, UP_MONEY },
		      { "存款", REPLAY_TOPUP, UP_FUND },
		      { "补助", REPLAY_SUBSIDY, UP_FUND } };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal(cell(t, UP_TYPE), str_of(kinds[i].name))) {
			row->kind = (uint8_t)kinds[i].kind;
			return cell_money(t, kinds[i].amount, &row->amount_fen);
		}
	return bad(t, UP_TYPE, "is none of 消费, 存款, 补助");
}

static result read_upload(struct replay_data *d, struct table *t, struct replay_row *row)
{
	*row = (struct replay_row){ .expected = EXPECT_APPROVED };
	TRY(upload_kind(t, row));
	TRY(cell_time(t, UP_DATE, &row->at));
	TRY(cell_money(t, UP_SURPLUS, &row->surplus_fen));
	TRY(cell_u32(t, UP_CARD, UINT32_MAX, &row->card));
	TRY(cell_u32(t, UP_COUNT, UINT16_MAX, &row->card_count));
	TRY(cell_u32(t, UP_TERM, REPLAY_TERMINAL_NO_MAX, &row->terminal));
	TRY(cell_u32(t, UP_SERIAL, UINT32_MAX, &row->serial));
	TRY(cell_u32(t, UP_OPER, UINT32_MAX, &row->operator));
	TRY(place_of(d, t, UP_DEPT, &row->place));
	if (!is_ok(str_u64(cell(t, UP_INDEX), &row->number)))
		return bad(t, UP_INDEX, "is not a number");
	return note_terminal(d, row);
}

result replay_read_uploads(struct replay_data *d, const char *path)
{
	SCOPED(table_close) struct table t = { 0 };
	bool more;

	TRY(table_open(&t, path, upload_names, ARRAY_LEN(upload_names)));
	for (;;) {
		TRY(next(&t, &more));
		if (!more)
			return OK;
		TRY(grow((void **)&d->rows, d->row_count, &d->row_size, sizeof *d->rows));
		TRY(read_upload(d, &t, &d->rows[d->row_count]));
		d->row_count++;
	}
}

enum { AT_NO, AT_DATE, AT_CARD, AT_MONEY, AT_TERM, AT_DEPT, AT_EXPECTED, AT_BALANCE };
static const char *attempt_names[] = { "AttemptNo", "Date", "CardNo",   "Money",
	                               "TermNo",    "Dept", "Expected", "BalanceAtThatTime" };

static result attempt_expected(const struct table *t, struct replay_row *row)
{
	static const char *const names[] = { "APPROVED", "INSUFFICIENT", "LOST", "UNKNOWN_CARD" };

	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		if (str_equal(cell(t, AT_EXPECTED), str_of(names[i]))) {
			row->expected = (uint8_t)i;
			return OK;
		}
	return bad(t, AT_EXPECTED, "is none of INSUFFICIENT, LOST, UNKNOWN_CARD");
}

static result read_attempt(struct replay_data *d, struct table *t, struct replay_row *row)
{
	*row = (struct replay_row){ .kind = REPLAY_ATTEMPT, .surplus_fen = -1 };
	TRY(attempt_expected(t, row));
	TRY(cell_time(t, AT_DATE, &row->at));
	TRY(cell_money(t, AT_MONEY, &row->amount_fen));
	TRY(cell_u32(t, AT_CARD, UINT32_MAX, &row->card));
	TRY(cell_u32(t, AT_TERM, REPLAY_TERMINAL_NO_MAX, &row->terminal));
	TRY(place_of(d, t, AT_DEPT, &row->place));
	if (cell(t, AT_BALANCE).len > 0)
		TRY(cell_money(t, AT_BALANCE, &row->surplus_fen));
	if (!is_ok(str_u64(cell(t, AT_NO), &row->number)))
		return bad(t, AT_NO, "is not a number");
	return note_terminal(d, row);
}

enum { EV_DATE, EV_CARD, EV_EVENT };
static const char *event_names[] = { "Date", "CardNo", "Event" };

static result read_event(struct replay_data *d, struct table *t, struct replay_row *row)
{
	static const struct {
		const char *name;
		enum replay_kind kind;
	} kinds[] = { { "挂失", REPLAY_LOST },
		      { "解挂", REPLAY_UNLOST },
		      { "补卡", REPLAY_REPLACED } };

	(void)d;
	*row = (struct replay_row){ .number = t->csv.line, .surplus_fen = -1 };
	TRY(cell_time(t, EV_DATE, &row->at));
	TRY(cell_u32(t, EV_CARD, UINT32_MAX, &row->card));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal(cell(t, EV_EVENT), str_of(kinds[i].name))) {
			row->kind = (uint8_t)kinds[i].kind;
			return OK;
		}
	return bad(t, EV_EVENT, "is none of 挂失, 解挂, 补卡");
}

static result read_extras(struct replay_data *d, struct table *t,
                          result (*read)(struct replay_data *, struct table *, struct replay_row *))
{
	bool more;

	for (;;) {
		TRY(next(t, &more));
		if (!more)
			return OK;
		TRY(grow((void **)&d->extras, d->extra_count, &d->extra_size, sizeof *d->extras));
		TRY(read(d, t, &d->extras[d->extra_count]));
		d->extra_count++;
	}
}

result replay_read_attempts(struct replay_data *d, const char *path)
{
	SCOPED(table_close) struct table t = { 0 };

	TRY(table_open(&t, path, attempt_names, ARRAY_LEN(attempt_names)));
	return read_extras(d, &t, read_attempt);
}

result replay_read_events(struct replay_data *d, const char *path)
{
	SCOPED(table_close) struct table t = { 0 };

	TRY(table_open(&t, path, event_names, ARRAY_LEN(event_names)));
	return read_extras(d, &t, read_event);
}

enum { OP_CARD, OP_PERSON, OP_BALANCE, OP_COUNT };
static const char *opening_names[] = { "CardNo", "PeoNo", "OpeningBalance", "OpeningCardCount" };

result replay_read_openings(struct replay_data *d, const char *path)
{
	SCOPED(table_close) struct table t = { 0 };
	bool more;

	TRY(table_open(&t, path, opening_names, ARRAY_LEN(opening_names)));
	for (;;) {
		struct replay_opening *o;

		TRY(next(&t, &more));
		if (!more)
			return OK;
		TRY(grow((void **)&d->openings, d->opening_count, &d->opening_size,
		         sizeof *d->openings));
		o = &d->openings[d->opening_count];
		TRY(cell_u32(&t, OP_CARD, UINT32_MAX, &o->card));
		TRY(cell_u32(&t, OP_PERSON, UINT32_MAX, &o->person));
		TRY(cell_u32(&t, OP_COUNT, UINT16_MAX, &o->card_count));
		TRY(cell_money(&t, OP_BALANCE, &o->balance_fen));
		d->opening_count++;
	}
}

void replay_data_free(struct replay_data *d)
{
	free(d->rows);
	free(d->extras);
	free(d->openings);
	arena_free(&d->arena);
	*d = (struct replay_data){ 0 };
}
