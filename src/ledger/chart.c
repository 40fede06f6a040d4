/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/chart.h"

#include <string.h>

static const struct chart_row rows[] = {
#define CHART(name, code, side, zh, en) { (code), CHART_##side, #name, zh, en },
	CHART_TABLE(CHART)
#undef CHART
};

static const struct kind_row kinds[] = {
#define KIND(name, number, zh, en) { (number), #name, zh, en },
	KIND_TABLE(KIND)
#undef KIND
};

_Static_assert(ARRAY_LEN(rows) == CHART_COUNT, "CHART_COUNT is the length of the chart");
_Static_assert(ARRAY_LEN(kinds) < KIND_LIMIT, "kinds fit below KIND_LIMIT");

const struct chart_row *chart_rows(void)
{
	return rows;
}

int chart_index(uint32_t code)
{
	int from = 0, to = CHART_COUNT - 1;

	while (from <= to) {
		int middle = (from + to) / 2;

		if (rows[middle].code == code)
			return middle;
		if (rows[middle].code < code)
			from = middle + 1;
		else
			to = middle - 1;
	}
	return -1;
}

const struct chart_row *chart_find(uint32_t code)
{
	int at = chart_index(code);

	return at < 0 ? NULL : &rows[at];
}

bool chart_is_credit(uint32_t code)
{
	const struct chart_row *row = chart_find(code);

	return row && row->side == CHART_CREDIT;
}

bool chart_is_purse(uint32_t code)
{
	return (code >= CHART_MAIN_PURSE && code <= CHART_RESERVE) || code == CHART_HOLDS ||
	       code == CHART_CLOSING;
}

const struct kind_row *kind_find(uint32_t kind)
{
	const struct kind_row *row;

	EACH (row, kinds) {
		if (row->kind == kind)
			return row;
	}
	return NULL;
}

enum event_kind kind_by_name(const char *name)
{
	const struct kind_row *row;

	EACH (row, kinds) {
		if (strcmp(row->name, name) == 0)
			return (enum event_kind)row->kind;
	}
	return KIND_NONE;
}
