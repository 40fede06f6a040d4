/* SPDX-License-Identifier: Apache-2.0 */
/* Stored records (terminal-protocol 12.8): never declined. Posted with the time of the event, or
 * filed as a case. */
#include "domain/payments/payment_parts.h"
#include "domain/payments/payment_sql.h"

enum { RECORD_FLAG_UNCERTAIN = 0x08 };

/* One record while it is being posted. */
struct storing {
	struct ledger_tx *tx;
	struct payments *p;
	const struct payment_upload *upload;
	const struct payment_record *record;
	struct payment_request request; /* the record in the words of a request */
	struct payment_scene scene;
	struct card old_card; /* a closed or replaced instance, read from the store */
	struct card_entry old_entry;
};

/* Keep it for people. The same bytes are filed once. */
static result file_case(const struct storing *s, enum result_code why, uint64_t lsn)
{
	const struct payment_record *r = s->record;

	if (!s->tx->db)
		return OK;
	return db_execute(s->tx->db, &sql_payment_case_add,
	                  DB_ARGS(db_arg_i64(s->upload->source), db_arg_i64((int64_t)r->tsn),
	                          db_arg_i64((int64_t)lsn),
	                          db_arg_text(result_name((result){ why })),
	                          db_arg_text(r->card_no), db_arg_i64(r->amount_fen),
	                          db_arg_i64(r->made_at.us), db_arg_i64(s->tx->now.us),
	                          db_arg_bytes(bytes_of(r->raw_hash, sizeof r->raw_hash))),
	                  NULL);
}

static result is_filed(const struct storing *s, bool *filed)
{
	int64_t count = 0;

	if (s->tx->db)
		TRY(db_select_i64(s->tx->db, &sql_payment_case_seen,
		                  DB_ARGS(db_arg_i64(s->upload->source),
		                          db_arg_bytes(bytes_of(s->record->raw_hash,
		                                                sizeof s->record->raw_hash))),
		                  &count));
	*filed = count > 0;
	return OK;
}

static struct book_event record_event(const struct storing *s, enum event_kind kind)
{
	struct book_event e = payment_event(&s->request, &s->scene, kind);
	struct journal_business b;

	memcpy(&b, e.business, sizeof b);
	b.card_counter = s->record->card_counter;
	b.reason =
	        (uint32_t)
	                s->record->balance_after_fen; /* the balance the terminal told the holder */
	memcpy(e.business, &b, sizeof b);
	e.flags = JOURNAL_OFFLINE | JOURNAL_FORCED;
	if (s->record->type == PAYMENTS_CLASS_PURCHASE)
		e.flags |= JOURNAL_ADVICE;
	return e;
}

/* Note the key with the reason, so that the record is a duplicate next time, and file a case. */
static result put_aside(const struct storing *s, enum result_code why,
                        enum payment_record_status *status)
{
	struct book_event e = record_event(s, KIND_RECORD);
	struct book_outcome done;

	e.amount_fen = s->record->amount_fen > 0 ? s->record->amount_fen : 0;
	TRY(ledger_decline(s->tx, &e, why, &done));
	*status = PAYMENT_RECORD_CASE;
	return file_case(s, why, done.lsn);
}

static result post_record(const struct storing *s, const struct book_event *e,
                          enum payment_record_status *status)
{
	struct payment_answer answer;
	size_t mark = ledger_mark(s->tx);
	result posted = payment_post(s->tx, s->p, &s->request, e, &answer);

	*status = PAYMENT_RECORD_STORED;
	if (is_ok(posted) && answer.code == SUCCESS)
		return OK;
	if (is_ok(posted)) { /* the book refused it and noted the key */
		*status = PAYMENT_RECORD_CASE;
		return file_case(s, answer.code, answer.lsn);
	}
	if (result_kind(posted) == RESULT_FAULT)
		return posted;
	ledger_undo(s->tx, mark); /* a poison record must not block those behind it */
	return put_aside(s, posted.code, status);
}

/* E45: what the purses do not hold becomes the holder's debt. */
static result store_purchase(const struct storing *s, enum payment_record_status *status)
{
	struct book_event e = record_event(s, KIND_PURCHASE);
	struct payment_purses purses = payment_purses_of(s->tx, s->scene.card);
	struct payment_funding parts = payment_fund_forced(s->record->amount_fen, &purses, true);
	uint32_t takings, debt = 0;

	TRY(payment_takings(s->tx, s->p, &s->scene, &takings));
	if (parts.debt_fen)
		TRY(payment_debt(s->tx, s->scene.card, &debt));
	payment_leg(&e, (uint32_t)s->scene.card->subsidy, takings, parts.subsidy_fen);
	payment_leg(&e, (uint32_t)s->scene.card->main, takings, parts.main_fen);
	payment_leg(&e, debt, takings, parts.debt_fen);
	e.counted = (uint32_t)s->scene.card->main;
	return post_record(s, &e, status);
}

/* E46: the card was reported lost before the sale; the merchant's money waits until it is clear who
 * bears it. */
static result store_lost(const struct storing *s, enum payment_record_status *status)
{
	struct book_event e = record_event(s, KIND_PURCHASE);
	uint32_t takings, orphans;

	TRY(payment_takings(s->tx, s->p, &s->scene, &takings));
	TRY(payment_orphans(s->tx, &s->scene, &orphans));
	payment_leg(&e, orphans, takings, s->record->amount_fen);
	TRY(post_record(s, &e, status));
	if (*status != PAYMENT_RECORD_STORED)
		return OK;
	*status = PAYMENT_RECORD_CASE;
	return file_case(s, PAYMENT_CARD_LOST, book_last_lsn(s->tx->book));
}

/* Money to the holder: refund noted offline (25), cash (46) and subsidy (62) taken in while the
 * line was down. */
static result store_credit(const struct storing *s, enum payment_record_status *status)
{
	static const struct {
		uint8_t type;
		enum event_kind kind;
	} kinds[] = {
		{ PAYMENTS_CLASS_REFUND, KIND_ADJUSTMENT }, /* the record names no original */
		{ PAYMENTS_CLASS_TOP_UP, KIND_TOPUP },
		{ PAYMENTS_CLASS_SUBSIDY, KIND_SUBSIDY },
	}, *row;
	struct payment_purses purses = payment_purses_and_debt(s->tx, s->scene.card);
	struct payment_funding parts = payment_credit_split(s->record->amount_fen, &purses);
	struct book_event e = record_event(s, KIND_ADJUSTMENT);
	uint32_t from, debt = 0;

	EACH (row, kinds)
		if (row->type == s->record->type)
			e.kind = row->kind;
	if (e.kind == KIND_TOPUP)
		TRY(payment_cash(s->tx, &s->scene, &from));
	else if (e.kind == KIND_SUBSIDY)
		TRY(payment_subsidies(s->tx, s->scene.card->park, &from));
	else
		TRY(payment_takings(s->tx, s->p, &s->scene, &from));
	if (parts.debt_fen)
		TRY(payment_debt(s->tx, s->scene.card, &debt));
	payment_leg(&e, from, debt, parts.debt_fen);
	payment_leg(&e, from, (uint32_t)s->scene.card->main, parts.main_fen);
	return post_record(s, &e, status);
}

static result store_reversal(const struct storing *s, enum payment_record_status *status)
{
	struct payment_request r = s->request;
	struct payment_answer answer;

	r.original_tsn = s->record->original_tsn;
	*status = PAYMENT_RECORD_STORED;
	return payment_reversal(s->tx, s->p, &r, &answer);
}

/* A fact without money: leg-2 confirm, door pass, attendance, alarm. Kept for those who read it
 * later. */
static result store_fact(const struct storing *s, enum payment_record_status *status)
{
	struct book_event e = record_event(s, KIND_RECORD);

	e.amount_fen = 0;
	return post_record(s, &e, status);
}

/* When was the card, which is reported lost now, reported? INT64_MAX when it is not lost. */
static result lost_since(const struct storing *s, struct instant *since)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*since = (struct instant){ INT64_MAX };
	if (s->scene.card->state != CARD_REPORTED_LOST)
		return OK;
	*since = (struct instant){ 0 };
	if (!s->tx->db)
		return OK;
	TRY(db_select(s->tx->db, &sql_payment_card_lost_since,
	              DB_ARGS(db_arg_i64(s->scene.card->id)), &rows));
	if (db_next(&rows))
		since->us = db_i64(&rows, 0);
	return db_done(&rows);
}

static result store_money(struct storing *s, enum payment_record_status *status)
{
	struct instant since;

	if (!s->scene.card || !s->scene.card->main)
		return put_aside(s, PAYMENT_CARD_UNKNOWN, status);
	if (!s->scene.merchant)
		return put_aside(s, PAYMENT_MERCHANT_CLOSED, status);
	if (s->scene.card->park != s->scene.merchant->park)
		return put_aside(s, PAYMENT_PARK_OTHER, status);
	if (s->record->amount_fen <= 0)
		return put_aside(s, PAYMENT_AMOUNT, status);
	if (s->record->flags & RECORD_FLAG_UNCERTAIN)
		return put_aside(s, PAYMENT_RECORD_UNCERTAIN, status);
	TRY(lost_since(s, &since));
	if (s->record->type != PAYMENTS_CLASS_PURSE && s->record->type != PAYMENTS_CLASS_PURCHASE)
		return store_credit(s, status);
	return s->record->made_at.us >= since.us ? store_lost(s, status)
	                                         : store_purchase(s, status);
}

/* What kind of record does what: money, a fact, or nothing we know. */
static result store_new(struct storing *s, enum payment_record_status *status)
{
	switch (s->record->type) {
	case PAYMENTS_CLASS_PURSE:
	case PAYMENTS_CLASS_PURCHASE:
	case PAYMENTS_CLASS_REFUND:
	case PAYMENTS_CLASS_TOP_UP:
	case PAYMENTS_CLASS_SUBSIDY:
		return store_money(s, status);
	case PAYMENTS_CLASS_REVERSAL:
		return store_reversal(s, status);
	case 0x52:
	case 0xA0:
	case 0xA1:
	case 0xA2:
		return store_fact(s, status);
	default:
		return put_aside(s, PAYMENT_RECORD_KIND, status);
	}
}

/* An instance that was replaced is no longer in memory, but what it did before still belongs to its
 * holder (E10). */
static result find_old_card(struct storing *s)
{
	bool found;

	if (s->scene.card || !s->record->card_no[0] || !s->tx->db)
		return OK;
	TRY(card_find(s->tx->db, str_of(s->record->card_no), &s->old_card, &found));
	if (!found)
		return OK;
	s->old_entry = (struct card_entry){
		.id = s->old_card.id,
		.person_id = s->old_card.person_id,
		.main = s->old_card.purses.main,
		.subsidy = s->old_card.purses.subsidy,
		.park = s->old_card.park,
		.state = (uint8_t)s->old_card.state,
		.class = s->old_card.class,
	};
	s->scene.card = &s->old_entry;
	return OK;
}

/* The key is there with another fingerprint: an online sale uploaded again with its batch, or
 * something else. */
static result store_conflict(const struct storing *s, const struct book_outcome *done,
                             enum payment_record_status *status)
{
	struct book_original o = { 0 };
	int64_t total = done->row.amount_fen;
	bool same_card = s->scene.card && done->row.counted == s->scene.card->main;
	bool filed;

	if (book_original(s->tx->book, done->row.lsn, &o))
		total = o.total_fen;
	for (unsigned leg = 1; !o.lsn && leg < done->row.legs; leg++) {
		struct journal_row row;
		TRY(ledger_row(s->tx, done->row.lsn + leg, &row));
		total += row.amount_fen;
	}
	*status = PAYMENT_RECORD_DUPLICATE;
	if (done->row.code == 0 && total == s->record->amount_fen &&
	    (same_card || !done->row.counted))
		return OK;
	TRY(is_filed(s, &filed));
	if (filed)
		return OK;
	*status = PAYMENT_RECORD_CASE;
	return file_case(s, PAYMENT_RECORD_DIFFERS, done->row.lsn);
}

static void record_request(struct storing *s)
{
	const struct payment_record *r = s->record;

	s->request = (struct payment_request){
		.source = s->upload->source,
		.tsn = r->tsn,
		.digest = r->digest,
		.session = s->upload->session,
		.counter = s->upload->counter,
		.amount_fen = r->amount_fen,
		.made_at = r->made_at,
		.batch = s->upload->batch,
		.list_sequence = r->list_sequence,
		.operator_id = r->operator_id,
		.class = r->type,
		.meal = r->meal,
		.mode = r->type == PAYMENTS_CLASS_PURCHASE ? 2
		        : r->type == PAYMENTS_CLASS_PURSE  ? 1
		                                           : 3,
	};
	str_copy(str_of(r->card_no), s->request.card_no, sizeof s->request.card_no);
}

static result store_one(struct storing *s, enum payment_record_status *status)
{
	enum book_found found;
	struct book_outcome done;
	bool filed;

	if (s->record->broken) {
		*status = PAYMENT_RECORD_AGAIN;
		return OK;
	}
	record_request(s);
	s->scene = payment_scene_of(s->p, &s->request);
	if (!s->record->authentic) { /* its number proves nothing, so it must not take one */
		TRY(is_filed(s, &filed));
		*status = filed ? PAYMENT_RECORD_DUPLICATE : PAYMENT_RECORD_CASE;
		return filed ? OK : file_case(s, PAYMENT_RECORD_MAC, 0);
	}
	TRY(ledger_find(s->tx, s->upload->source, s->record->tsn, s->record->digest, &found,
	                &done));
	*status = PAYMENT_RECORD_DUPLICATE;
	if (found == BOOK_REPLAY)
		return OK;
	TRY(find_old_card(s));
	return found == BOOK_CONFLICT ? store_conflict(s, &done, status) : store_new(s, status);
}

result payment_store(struct ledger_tx *tx, struct payments *p, struct payment_upload *u)
{
	for (unsigned i = 0; i < u->count; i++) {
		struct storing s = { .tx = tx, .p = p, .upload = u, .record = &u->records[i] };
		struct payments_till *till;
		result r = store_one(&s, &u->status[i]);

		if (is_ok(r))
			continue;
		/* All of it is taken back and may be tried again: count from the journal later. */
		till = payment_till(p, u->source);
		if (till)
			till->batch = 0;
		return r;
	}
	return OK;
}
