/* SPDX-License-Identifier: Apache-2.0 */
/* What jread_object takes, jwrite puts down in a form that reads to the same values. */
#include "base/json.h"

struct order {
	struct str name;
	int64_t    fen;
	bool       urgent;
};

static const struct jread_field fields[] = {
	{ "name", JREAD_TEXT, offsetof(struct order, name), true, 0, 200 },
	{ "fen", JREAD_INTEGER, offsetof(struct order, fen), false, INT64_MIN, INT64_MAX },
	{ "urgent", JREAD_BOOL, offsetof(struct order, urgent), false, 0, 0 },
};
static const struct jread_schema schema = { fields, ARRAY_LEN(fields), sizeof(struct order) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_order(const struct order *o, struct buf *out)
{
	struct jwrite j = { .out = out };

	jwrite_object(&j, NULL);
	jwrite_str(&j, "name", o->name);
	jwrite_i64(&j, "fen", o->fen);
	jwrite_bool(&j, "urgent", o->urgent);
	jwrite_end(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	SCOPED(buf_free) struct buf     text = { 0 };
	struct jread_report             report;
	struct order                    once = { .fen = 1 }, twice = { 0 };

	if (!is_ok(jread_object((struct str){ (const char *)data, size }, &schema, &arena, &once, &report)))
		return 0;
	write_order(&once, &text);
	ASSERT(is_ok(jread_object(buf_text(&text), &schema, &arena, &twice, &report)));
	ASSERT(str_equal(once.name, twice.name));
	ASSERT(once.fen == twice.fen && once.urgent == twice.urgent);
	return 0;
}
