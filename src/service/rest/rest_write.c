/* SPDX-License-Identifier: Apache-2.0 */
/* What more than one answer or event says of transactions, batches, proof and the day. */
#include "service/rest/rest_call.h"

enum { LATEST_SALES = 12 };

const char *const rest_kind_names[] = {
	"opening", "account_open", "account_change", "purchase",  "purchase_void", "refund",
	"topup",   "topup_void",   "subsidy",        "reversal",  "tombstone",     "hold",
	"capture", "release",      "adjustment",     "transfer",  "fee",           "load",
	"payout",  "statement",    "closing",        "till_cash", "record",        NULL,
};

static void write_party(struct jwrite *j, const char *name, const struct reports_party *p,
                        bool with_name)
{
	if (p->id == 0) {
		jwrite_null(j, name);
		return;
	}
	jwrite_object(j, name);
	jwrite_u64_text(j, "id", (uint64_t)p->id);
	jwrite_str(j, "number", p->no);
	if (with_name)
		jwrite_str(j, "name", p->name);
	jwrite_end(j);
}

static void write_person(struct jwrite *j, const struct reports_party *p, bool masked)
{
	struct reports_party shown = *p;
	char name[REPORTS_MASKED_SIZE];

	if (masked)
		shown.name = str_of(reports_mask(p->name, name));
	write_party(j, "person", &shown, true);
}

void rest_write_transaction(struct jwrite *j, const char *name, const struct reports_transaction *t,
                            bool masked)
{
	static const char *const states[] = { "done", "reversed", "refused" };
	const struct entry *e = &t->first;

	jwrite_object(j, name);
	jwrite_u64_text(j, "lsn", e->lsn);
	rest_write_word(j, "kind", kind_find(e->kind)->name);
	jwrite_text(j, "state", states[t->state]);
	jwrite_text(j, "code", e->code);
	jwrite_i64(j, "amount_fen", t->amount.fen);
	if (e->holder)
		jwrite_i64(j, "balance_fen", e->balance.fen);
	else
		jwrite_null(j, "balance_fen");
	rest_write_day(j, "business_date", e->business_date);
	rest_write_instant(j, "event_time", e->event_time.us ? e->event_time : e->posted_at);
	rest_write_instant(j, "posted_at", e->posted_at);
	jwrite_u64_text(j, "number", e->number);
	write_person(j, &t->person, masked);
	write_party(j, "card", &t->card, false);
	write_party(j, "merchant", &t->merchant, true);
	write_party(j, "terminal", &t->terminal, true);
	jwrite_end(j);
}

void rest_write_batch(struct jwrite *j, const char *name, const struct journal_batch *b)
{
	if (b->no == 0) {
		jwrite_null(j, name);
		return;
	}
	jwrite_object(j, name);
	jwrite_u64_text(j, "number", b->no);
	jwrite_u64_text(j, "first_lsn", b->first_lsn);
	jwrite_u64_text(j, "last_lsn", b->last_lsn);
	rest_write_instant(j, "posted_at", (struct instant){ b->posted_at_us });
	rest_write_hash(j, "hash", b->hash);
	rest_write_hash(j, "previous_hash", b->previous);
	jwrite_end(j);
}

void rest_write_verify(struct jwrite *j, const char *name, const struct rest_verify_status *v)
{
	static const char *const states[] = { "never", "running", "clean", "broken", "failed" };

	jwrite_object(j, name);
	jwrite_text(j, "state", states[v->state]);
	rest_write_instant(j, "started_at", v->started);
	rest_write_instant(j, "finished_at", v->finished);
	jwrite_i64(j, "rows_done", (int64_t)v->rows_done);
	jwrite_i64(j, "rows_total", (int64_t)v->rows_total);
	jwrite_text(j, "code", result_name(v->result));
	jwrite_text(j, "difference", v->difference[0] ? v->difference : NULL);
	jwrite_end(j);
}

bool rest_proof_holds(const struct ledger_proof *p)
{
	for (size_t i = 0; i < LEDGER_IDENTITIES; i++)
		if (!p->identity[i].holds)
			return false;
	return true;
}

void rest_write_proof_state(struct jwrite *j, const struct ledger_proof *p)
{
	jwrite_object(j, NULL);
	jwrite_bool(j, "holds", rest_proof_holds(p));
	jwrite_u64_text(j, "head", p->rows);
	jwrite_u64_text(j, "batch", p->last.no);
	jwrite_end(j);
}

static result write_latest(struct jwrite *j, struct db_tx *tx, struct arena *a)
{
	struct reports_filter filter = { .kind = KIND_PURCHASE,
		                         .only_done = true,
		                         .limit = LATEST_SALES };
	struct reports_transactions latest;

	TRY(reports_transactions(tx, &filter, a, &latest));
	jwrite_array(j, "latest");
	for (size_t i = 0; i < latest.count; i++)
		rest_write_transaction(j, NULL, &latest.rows[i], true);
	jwrite_end_array(j);
	return OK;
}

result rest_write_today(struct jwrite *j, struct db_tx *tx, struct bizdate day, struct instant now,
                        struct arena *a)
{
	struct reports_today today;

	TRY(reports_today(tx, day, now, a, &today));
	jwrite_object(j, NULL);
	rest_write_day(j, "business_date", day);
	rest_write_instant(j, "as_of", now);
	rest_write_figure(j, "sales", today.sales.count, today.sales.sum);
	rest_write_figure(j, "loads", today.loads.count, today.loads.sum);
	rest_write_figure(j, "refunds", today.refunds.count, today.refunds.sum);
	jwrite_object(j, "terminals");
	jwrite_i64(j, "active", today.signed_in);
	jwrite_i64(j, "total", today.terminals);
	jwrite_end(j);
	TRY(write_latest(j, tx, a));
	jwrite_end(j);
	return OK;
}
