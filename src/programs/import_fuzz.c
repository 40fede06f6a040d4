/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: the kind of import. The rest is the file. Nothing it holds may break the program, and
 * what is refused leaves nothing behind. */
#include <stdlib.h>

#include "base/log.h"
#include "codec/csv.h"
#include "domain/cards/card_import.h"
#include "domain/merchants/merchant_import.h"
#include "domain/terminals/terminal_import.h"
#include "ledger/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	struct csv_source source;
	struct bytes left;
};

struct input {
	struct import_rows rows;
	struct memory memory;
	struct csv csv;
	result failed;
	uint8_t kind;
	int64_t people_before;
};

static struct ledger_store *store;
static struct ledger_writer *writer;
static struct card_cache *cards;
static struct clock_manual the_clock;

static result read_memory(struct csv_source *source, void *out, size_t size, size_t *got)
{
	struct memory *m = (struct memory *)source;
	size_t n = m->left.len < size ? m->left.len : size;

	if (n)
		memcpy(out, m->left.at, n);
	m->left = bytes_of(m->left.at + n, m->left.len - n);
	*got = n;
	return OK;
}

static bool next_row(struct import_rows *rows, struct import_row *out)
{
	struct input *in = (struct input *)rows;
	bool more = false;

	in->failed = csv_next(&in->csv, &more);
	*out = (struct import_row){ (int64_t)in->csv.line, in->csv.fields, in->csv.count };
	return is_ok(in->failed) && more;
}

static result rows_done(struct import_rows *rows)
{
	return ((struct input *)rows)->failed;
}

static result import(struct ledger_tx *tx, struct input *in, struct import_report *report)
{
	struct card_import how = { .park = 1, .class = 1, .person_prefix = "20" };
	struct card_openings openings;

	switch (in->kind % 4) {
	case 0:
		return card_import_people(tx, cards, &how, &in->rows, report);
	case 1:
		return merchant_import(tx->db, tx->now, &in->rows, report);
	case 2:
		return terminal_import(tx->db, tx->now, 1, &in->rows, report);
	default:
		return card_read_openings(tx->db, cards, &in->rows, report, &openings);
	}
}

/* Always taken back, so that every input meets the same empty site. */
static result import_and_fail(struct ledger_tx *tx, void *arg)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct input *in = arg;
	struct import_report report = { .arena = &a };
	result r = import(tx, in, &report);

	ASSERT(!is_ok(r) || report.errors == 0);
	ASSERT(result_kind(r) != RESULT_FAULT);
	return FAIL(IMPORT_REFUSED, "%s", result_name(r));
}

static result look(struct ledger_tx *tx, void *arg)
{
	struct input *in = arg;

	ASSERT(card_cache_count(cards) == 0);
	return person_count(tx->db, &in->people_before);
}

static result load_cards(struct ledger_tx *tx, void *arg)
{
	(void)arg;
	return card_cache_load(tx->db, 16, &cards);
}

static void answered(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	(void)sink;
	(void)requests;
	(void)n;
}

static void run(result (*work)(struct ledger_tx *tx, void *arg), void *arg, enum result_code want)
{
	struct ledger_sink sink = { .deliver = answered };
	struct ledger_request request = { .work = work, .arg = arg, .sql = true, .sink = &sink };
	struct ledger_request *one = &request;

	ASSERT(ledger_writer_submit(writer, &one, 1) == 1);
	ASSERT(is_ok(ledger_writer_run_once(writer, NULL)));
	ASSERT(request.result.code == want);
	if (cards)
		card_cache_undo(cards);
}

static void close_site(void)
{
	ledger_writer_close(writer);
	ledger_store_close(store);
	card_cache_free(cards);
}

static void open_site(void)
{
	struct ledger_config config = { .clock = &the_clock.clock, .no_views = true };

	log_set_level(LOG_LEVEL_ERROR);
	clock_manual_init(&the_clock, (struct instant){ 1555992000000000 });
	ASSERT(is_ok(ledger_store_open(STR("sqlite::memory:"), STORE_OWNER, "fuzz",
	                               clock_now(&the_clock.clock), &store)));
	ASSERT(is_ok(ledger_writer_open(store, &config, &writer)));
	run(load_cards, NULL, SUCCESS);
	atexit(close_site);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .rows = { next_row, rows_done },
		            .memory = { .source = { read_memory } } };

	if (size == 0)
		return 0;
	if (!writer)
		open_site();
	in.kind = data[0];
	in.memory.left = bytes_of(data + 1, size - 1);
	ASSERT(is_ok(csv_open(&in.csv, &in.memory.source)));
	run(import_and_fail, &in, IMPORT_REFUSED);
	csv_close(&in.csv);
	run(look, &in, SUCCESS);
	ASSERT(in.people_before == 0);
	return 0;
}
