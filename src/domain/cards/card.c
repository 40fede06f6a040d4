/* SPDX-License-Identifier: Apache-2.0 */
/* What changes a card: issue, loss, freeze, replacement, close. Always row and memory together. */
#include "domain/cards/card_row.h"
#include "domain/domain_sql.h"
#include "ledger/writer.h"

enum { SEQUENCE_MAX = 255 };

/* --- issue --- */

static result check_numbers(struct str no, struct str access_no)
{
	if (no.len == 0 || no.len > CARD_NO_MAX || !str_is_digits(no))
		return FAIL(CARD_INVALID, "no: 1…%d digits", CARD_NO_MAX);
	if (access_no.len > CARD_ACCESS_MAX || (access_no.len > 0 && !str_is_digits(access_no)))
		return FAIL(CARD_INVALID, "access_no: at most %d digits", CARD_ACCESS_MAX);
	return OK;
}

/* finance 1.2: 2001 and 2002, sub-ledger key person. */
result card_open_purses(struct ledger_tx *tx, uint16_t park, int64_t person_id,
                        struct card_purses *out)
{
	struct book_key main = { .chart = CHART_MAIN_PURSE,
		                 .park = park,
		                 .key1 = (uint64_t)person_id };
	struct book_key subsidy = { .chart = CHART_SUBSIDY_PURSE,
		                    .park = park,
		                    .key1 = (uint64_t)person_id };
	uint32_t no;

	TRY(ledger_account_require(tx, &main, 0, &no));
	out->main = no;
	TRY(ledger_account_require(tx, &subsidy, 0, &no));
	out->subsidy = no;
	return OK;
}

/* A new row for the card, current from now on; gives it id, index and version. */
static result add_row(struct ledger_tx *tx, struct card *card)
{
	int64_t id;
	result r = db_select_i64(
	        tx->db, &sql_card_add,
	        DB_ARGS(db_arg_text(card->no), db_arg_i64(card->person_id),
	                db_arg_text(card_state_names[card->state]), db_arg_i64(card->class),
	                db_arg_i64(card->sequence), db_arg_i64(card->expires.yyyymmdd),
	                db_arg_text(card->access_no), db_arg_i64((int64_t)card->purses.main),
	                db_arg_i64((int64_t)card->purses.subsidy), db_arg_i64(card->park),
	                db_arg_i64(tx->now.us)),
	        &id);

	if (r.code == DB_DUPLICATE)
		return FAIL(CARD_EXISTS, "card of %zu digits", strlen(card->no));
	TRY(r);
	return card_load_by_id(tx->db, id, card);
}

result card_issue(struct ledger_tx *tx, struct card_cache *cache, const struct card_order *order,
                  struct card *out)
{
	struct card card, taken;
	struct person person;
	bool found;

	TRY(check_numbers(order->no, order->access_no));
	if (order->expires.yyyymmdd && !bizdate_is_valid(order->expires))
		return FAIL(CARD_INVALID, "expires: not a day");
	TRY(person_load(tx->db, order->person_id, &person));
	if (person.state != PERSON_ACTIVE)
		return FAIL(PERSON_INACTIVE, "person %lld", (long long)person.id);
	TRY(card_find(tx->db, order->no, &taken, &found));
	if (found)
		return FAIL(CARD_EXISTS, "card %lld", (long long)taken.id);
	card = (struct card){
		.person_id = person.id,
		.state = CARD_ACTIVE,
		.class = person.class,
		.sequence = 1,
		.expires = order->expires,
		.park = person.park,
	};
	str_copy(order->no, card.no, sizeof card.no);
	str_copy(order->access_no, card.access_no, sizeof card.access_no);
	TRY(card_open_purses(tx, person.park, person.id, &card.purses));
	TRY(add_row(tx, &card));
	TRY(card_cache_put(cache, &card));
	*out = card;
	return OK;
}

/* --- states --- */

/* States each state may be reached from, as bits. */
static const uint8_t from_of[] = {
	[CARD_ACTIVE] = 1 << CARD_REPORTED_LOST | 1 << CARD_FROZEN,
	[CARD_REPORTED_LOST] = 1 << CARD_ACTIVE | 1 << CARD_FROZEN,
	[CARD_FROZEN] = 1 << CARD_ACTIVE,
	[CARD_CLOSED] = 1 << CARD_ACTIVE | 1 << CARD_REPORTED_LOST | 1 << CARD_FROZEN,
};

static result save(struct ledger_tx *tx, struct card_cache *cache, struct card *card)
{
	int64_t changed;

	TRY(db_execute(tx->db, &sql_card_save,
	               DB_ARGS(db_arg_i64(card->id), db_arg_i64(card->version),
	                       db_arg_text(card_state_names[card->state]), db_arg_i64(card->class),
	                       db_arg_i64(card->expires.yyyymmdd), db_arg_text(card->access_no),
	                       db_arg_i64(tx->now.us)),
	               &changed));
	ASSERT(changed == 1); /* loaded in this transaction, and there is one writer */
	card->version++;
	return card_cache_put(cache, card);
}

/* `from`: the states this very step starts from; 0: all that may lead to `to`. */
static result move(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                   enum card_state to, unsigned from, struct card *out)
{
	struct card card;
	bool found;

	TRY(card_find_by(tx->db, &sql_card_by_no, DB_ARGS(db_arg_str(no)), &card, &found));
	if (!found)
		return FAIL(CARD_NOT_FOUND, "card of %zu digits", no.len);
	if (!((from ? from : from_of[to]) >> card.state & 1))
		return FAIL(CARD_STATE, "card %lld: %s to %s", (long long)card.id,
		            card_state_names[card.state], card_state_names[to]);
	card.state = to;
	TRY(save(tx, cache, &card));
	*out = card;
	return OK;
}

result card_report_lost(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                        struct card *out)
{
	return move(tx, cache, no, CARD_REPORTED_LOST, 0, out);
}

result card_found(struct ledger_tx *tx, struct card_cache *cache, struct str no, struct card *out)
{
	return move(tx, cache, no, CARD_ACTIVE, 1 << CARD_REPORTED_LOST, out);
}

result card_freeze(struct ledger_tx *tx, struct card_cache *cache, struct str no, struct card *out)
{
	return move(tx, cache, no, CARD_FROZEN, 0, out);
}

result card_unfreeze(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                     struct card *out)
{
	return move(tx, cache, no, CARD_ACTIVE, 1 << CARD_FROZEN, out);
}

result card_close(struct ledger_tx *tx, struct card_cache *cache, struct str no, struct card *out)
{
	return move(tx, cache, no, CARD_CLOSED, 0, out);
}

result card_set_access(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                       struct str access_no, struct card *out)
{
	struct card card;
	bool found;

	TRY(check_numbers(no, access_no));
	TRY(card_find_by(tx->db, &sql_card_by_no, DB_ARGS(db_arg_str(no)), &card, &found));
	if (!found)
		return FAIL(CARD_NOT_FOUND, "card of %zu digits", no.len);
	str_copy(access_no, card.access_no, sizeof card.access_no);
	TRY(save(tx, cache, &card));
	*out = card;
	return OK;
}

/* --- replacement --- */

static result require_number_free(struct ledger_tx *tx, struct str no)
{
	struct card taken;
	bool found;

	TRY(check_numbers(no, STR("")));
	TRY(card_find(tx->db, no, &taken, &found));
	return found ? FAIL(CARD_EXISTS, "card %lld", (long long)taken.id) : OK;
}

result card_replace(struct ledger_tx *tx, struct card_cache *cache, struct str old_no,
                    struct str new_no, struct card *out)
{
	struct card card;
	bool found;

	TRY(card_find_by(tx->db, &sql_card_by_no, DB_ARGS(db_arg_str(old_no)), &card, &found));
	if (!found)
		return FAIL(CARD_NOT_FOUND, "card of %zu digits", old_no.len);
	if (card.state == CARD_CLOSED || card.sequence == SEQUENCE_MAX)
		return FAIL(CARD_STATE, "card %lld: %s, sequence %u", (long long)card.id,
		            card_state_names[card.state], card.sequence);
	if (new_no.len)
		TRY(require_number_free(tx, new_no));
	TRY(db_execute(tx->db, &sql_card_retire,
	               DB_ARGS(db_arg_i64(card.id), db_arg_i64(tx->now.us)), NULL));
	if (new_no.len) {
		TRY(card_cache_remove(cache, old_no));
		str_copy(new_no, card.no, sizeof card.no);
		card.sequence = 1;
	} else {
		card.sequence++;
	}
	card.state = CARD_ACTIVE;
	TRY(add_row(tx, &card));
	TRY(card_cache_put(cache, &card));
	*out = card;
	return OK;
}

result card_require_usable(const struct card_entry *e, struct bizdate day)
{
	switch ((enum card_state)e->state) {
	case CARD_REPORTED_LOST:
		return FAIL(CARD_LOST, "card %lld", (long long)e->id);
	case CARD_FROZEN:
		return FAIL(CARD_IS_FROZEN, "card %lld", (long long)e->id);
	case CARD_CLOSED:
		return FAIL(CARD_IS_CLOSED, "card %lld", (long long)e->id);
	case CARD_ACTIVE:
		break;
	}
	if (e->expires && day.yyyymmdd > e->expires)
		return FAIL(CARD_EXPIRED, "card %lld", (long long)e->id);
	return OK;
}
