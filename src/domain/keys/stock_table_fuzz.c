/* SPDX-License-Identifier: Apache-2.0 */
/* First byte even: a list of cards; odd: counts. */
#include "domain/keys/stock_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void list(struct bytes in)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct stock_item *items;
	size_t count;

	if (!is_ok(stock_table_read(in, &a, &items, &count)))
		return;
	ASSERT(count >= 1 && count <= STOCK_ITEMS_MAX);
	for (size_t i = 0; i < count; i++) {
		ASSERT(str_is_utf8(items[i].chip) && str_is_utf8(items[i].number));
		ASSERT(items[i].chip.len + items[i].number.len <= 4 * in.len);
	}
}

static void counts(struct str in)
{
	struct stock_count out[STOCK_COUNTS_MAX];
	size_t count;

	if (!is_ok(stock_table_counts(in, out, &count)))
		return;
	for (size_t i = 0; i < count; i++)
		ASSERT(out[i].kind < STOCK_KINDS && out[i].state < STOCK_STATES &&
		       out[i].count >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] % 2)
		counts((struct str){ (const char *)data + 1, size - 1 });
	else
		list(bytes_of(data + 1, size - 1));
	return 0;
}
