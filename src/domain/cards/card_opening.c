/* SPDX-License-Identifier: Apache-2.0 */
/* Opening balances: what a site's cards held before the book began. */
#include <inttypes.h>

#include "domain/cards/card_import.h"
#include "domain/cards/card_seen.h"
#include "domain/domain_sql.h"
#include "ledger/writer.h"

enum { COL_CARD, COL_BALANCE, COL_COUNTER, COL_COUNT };
enum { SOURCE_IMPORT = 2 }; /* idempotency keys of imports: the number is the card index */

struct reading {
	struct db_tx *tx;
	const struct card_cache *cache;
	struct import_report *report;
	struct import_row row;
	struct import_column cols[COL_COUNT];
	struct card_seen seen;
};

static result refuse(struct reading *r, int column, enum result_code code, const char *text)
{
	import_find(r->report,
	            (struct import_at){ &r->row, r->cols[column].at + 1, IMPORT_ERROR, code }, "%s",
	            text);
	return OK;
}

/* The balance noted for the card, or none. */
static result noted(struct reading *r, int64_t card_id, int64_t *fen, bool *found)
{
	result got =
	        db_select_i64(r->tx, &sql_card_opening_find, DB_ARGS(db_arg_i64(card_id)), fen);

	*found = is_ok(got);
	return got.code == DB_NO_ROW ? OK : got;
}

static result check_line(struct reading *r, const struct card_entry *card, struct money amount,
                         bool *take)
{
	struct card_seen_number n = { (uint64_t)card->id, 0, r->row.line, 1 };
	struct card_seen_number *first;
	bool is_new, found;
	int64_t fen;

	*take = false;
	TRY(card_seen_put(&r->seen, &n, &first, &is_new));
	if (!is_new) {
		import_find(r->report,
		            (struct import_at){ &r->row, r->cols[COL_CARD].at + 1, IMPORT_ERROR,
		                                CARD_EXISTS },
		            "the card is on line %" PRId64 " too|keep one of the two lines",
		            first->line);
		return OK;
	}
	TRY(noted(r, card->id, &fen, &found));
	if (!found)
		*take = true;
	else if (fen == amount.fen)
		r->report->same++;
	else
		return refuse(r, COL_BALANCE, CARD_EXISTS,
		              "the card has another opening balance already|correct the difference "
		              "by an adjustment");
	return OK;
}

static result read_line(struct reading *r, struct card_opening *out, bool *take)
{
	const struct card_entry *card =
	        card_cache_find(r->cache, import_cell(&r->row, &r->cols[COL_CARD]));
	struct str counter = import_cell(&r->row, &r->cols[COL_COUNTER]);
	struct money amount;
	uint64_t count = 0;

	*take = false;
	if (!card || !card->main)
		return refuse(r, COL_CARD, CARD_NOT_FOUND, "no such card|import the cards first");
	if (!is_ok(money_parse(import_cell(&r->row, &r->cols[COL_BALANCE]), &amount)) ||
	    amount.fen < 0 || amount.fen > (int64_t)BOOK_AMOUNT_MAX_FEN)
		return refuse(
		        r, COL_BALANCE, MONEY_SYNTAX,
		        "not an amount of yuan|digits with at most two decimals, not below zero");
	if (counter.len && (!is_ok(str_u64(counter, &count)) || count > UINT32_MAX))
		return refuse(r, COL_COUNTER, INVALID_NUMBER,
		              "the card counter is not a number|digits only");
	*out = (struct card_opening){
		.card_id = card->id,
		.index = card->index,
		.account = (uint32_t)card->main,
		.counter = (uint32_t)count,
		.park = card->park,
		.amount = amount,
	};
	return check_line(r, card, amount, take);
}

static result read_all(struct reading *r, struct import_rows *rows, struct card_openings *out)
{
	size_t room = 1024;

	*out = (struct card_openings){ .rows = arena_array(r->report->arena, room,
		                                           sizeof *out->rows) };
	if (!rows->next(rows, &r->row)) {
		TRY(rows->done(rows));
		return FAIL(IMPORT_HEADER, "the file is empty");
	}
	TRY(import_header(&r->row, r->cols, COL_COUNT, r->report));
	while (rows->next(rows, &r->row)) {
		bool take;
		if (++r->report->lines > IMPORT_LINES_MAX)
			return FAIL(IMPORT_TOO_LONG, "more than %d lines", IMPORT_LINES_MAX);
		if (out->count == room) {
			struct card_opening *more =
			        arena_array(r->report->arena, room * 2, sizeof *more);
			memcpy(more, out->rows, room * sizeof *more);
			out->rows = more;
			room *= 2;
		}
		TRY(read_line(r, &out->rows[out->count], &take));
		out->count += take;
	}
	TRY(rows->done(rows));
	r->report->added = (int64_t)out->count;
	return import_verdict(r->report);
}

result card_read_openings(struct db_tx *tx, const struct card_cache *cache,
                          struct import_rows *rows, struct import_report *report,
                          struct card_openings *out)
{
	struct reading r = {
		.tx     = tx,
		.cache  = cache,
		.report = report,
		.cols   = {
			[COL_CARD]    = { "card_no|卡号", true, -1 },
			[COL_BALANCE] = { "opening_balance|balance|余额|期初余额", true, -1 },
			[COL_COUNTER] = { "opening_card_count|card_count|counter|卡计数", false, -1 },
		},
	};
	result done = read_all(&r, rows, out);

	card_seen_free(&r.seen);
	return done;
}

/* --- posting --- */

static result post(struct ledger_tx *tx, const struct card_opening *o, uint64_t *lsn)
{
	struct book_key bank = { .chart = CHART_BANK, .park = o->park };
	struct journal_business business = { .card = o->index, .card_counter = o->counter };
	struct book_outcome outcome;
	uint32_t bank_no;

	TRY(ledger_account_require(tx, &bank, BOOK_NO_FLOOR, &bank_no));
	struct book_event e = {
		.source = SOURCE_IMPORT,
		.number = o->index,
		.digest = (uint64_t)o->amount.fen,
		.kind = KIND_OPENING,
		.event_time = tx->now,
		.park = o->park,
		.legs = { { .debit = bank_no, .credit = o->account, .amount_fen = o->amount.fen } },
		.leg_count = 1,
		.amount_fen = o->amount.fen,
	};
	memcpy(e.business, &business, sizeof business);
	TRY(ledger_post(tx, &e, &outcome));
	if (outcome.code != SUCCESS)
		return FAIL(outcome.code, "opening balance of card index %u", o->index);
	*lsn = outcome.lsn;
	return OK;
}

result card_post_openings(struct ledger_tx *tx, const struct card_opening *list, size_t count)
{
	ASSERT(count <= CARD_OPENINGS_MAX);
	for (size_t i = 0; i < count; i++) {
		uint64_t lsn = 0;
		if (list[i].amount.fen > 0)
			TRY(post(tx, &list[i], &lsn));
		TRY(db_execute(tx->db, &sql_card_opening_add,
		               DB_ARGS(db_arg_i64(list[i].card_id), db_arg_i64(list[i].amount.fen),
		                       db_arg_i64(list[i].counter), db_arg_i64((int64_t)lsn),
		                       db_arg_i64(tx->now.us)),
		               NULL));
	}
	return OK;
}
