/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/stock_table.h"

#include "codec/csv.h"

enum { COLUMNS_MAX = 2 };

/* --- cards --- */

/* The same failure, with the line in front of its detail. */
static result at_line(uint64_t line, result r)
{
	char why[160];

	str_copy(str_of(result_last()->text), why, sizeof why);
	return FAIL(r.code, "line %u: %s", (unsigned)line, why);
}

static bool is_header(const struct csv *c)
{
	struct str first = str_trim(c->fields[0]);

	return str_equal(first, STR("chip")) || str_equal(first, STR("CHIP")) ||
	       str_equal(first, STR("芯片号"));
}

static result read_record(const struct csv *c, struct arena *a, struct stock_item *out)
{
	if (c->count > COLUMNS_MAX)
		return FAIL(STOCK_FIELD, "%zu columns, not 1 or %d", c->count, COLUMNS_MAX);
	out->chip = arena_str(a, str_trim(c->fields[0]));
	out->number = c->count > 1 ? arena_str(a, str_trim(c->fields[1])) : STR("");
	return OK;
}

/* One more card, unless it is the header. */
static result take_record(const struct csv *c, struct arena *a, struct stock_item *rows,
                          size_t *count)
{
	if (*count == 0 && is_header(c))
		return OK;
	if (*count == STOCK_ITEMS_MAX)
		return FAIL(STOCK_FIELD, "more than %d cards", STOCK_ITEMS_MAX);
	TRY(read_record(c, a, &rows[*count]));
	(*count)++;
	return OK;
}

static result read_records(struct csv *c, struct arena *a, struct stock_item *rows, size_t *count)
{
	for (;;) {
		bool more;
		result r = csv_next(c, &more);

		if (is_ok(r) && !more)
			return OK;
		if (is_ok(r))
			r = take_record(c, a, rows, count);
		if (!is_ok(r))
			return at_line(c->line, r);
	}
}

result stock_table_read(struct bytes table, struct arena *a, struct stock_item **items,
                        size_t *count)
{
	struct csv_memory source = csv_memory_of(table);
	SCOPED(csv_close) struct csv c = { 0 };
	struct stock_item *rows;
	size_t n = 0;

	if (table.len > STOCK_TABLE_MAX)
		return FAIL(STOCK_FIELD, "a list of %zu bytes", table.len);
	rows = arena_array(a, STOCK_ITEMS_MAX, sizeof *rows);
	TRY(csv_open(&c, &source.source));
	TRY(read_records(&c, a, rows, &n));
	if (n == 0)
		return FAIL(STOCK_FIELD, "no card");
	*items = rows;
	*count = n;
	return OK;
}

/* --- counts --- */

static int find_name(struct str text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (str_equal(text, str_of(names[i])))
			return i;
	return -1;
}

static result read_count(struct str word, struct stock_count *out)
{
	struct str heap, number, kind, state;
	int k, s;

	if (!str_cut(word, '=', &heap, &number) || !str_cut(heap, ':', &kind, &state))
		return FAIL(STOCK_FIELD, "a count is written KIND:STATE=NUMBER");
	k = find_name(kind, stock_kind_names);
	s = find_name(state, stock_state_names);
	if (k < 0 || s < 0)
		return FAIL(STOCK_FIELD, "no heap " STR_FMT, STR_ARG(heap));
	out->kind = (enum stock_kind)k;
	out->state = (enum stock_state)s;
	return is_ok(str_i64(number, &out->count)) && out->count >= 0
	               ? OK
	               : FAIL(STOCK_FIELD, "how many of " STR_FMT, STR_ARG(heap));
}

result stock_table_counts(struct str text, struct stock_count out[STOCK_COUNTS_MAX], size_t *count)
{
	struct str word, rest = text;
	bool more = rest.len > 0;

	*count = 0;
	while (more) {
		more = str_cut(rest, ' ', &word, &rest);
		if (*count == STOCK_COUNTS_MAX)
			return FAIL(STOCK_FIELD, "more than %d counts", STOCK_COUNTS_MAX);
		TRY(read_count(word, &out[*count]));
		(*count)++;
	}
	return OK;
}
