/* SPDX-License-Identifier: Apache-2.0 */
/* What only looks. */
#include "domain/cards/card_row.h"
#include "domain/domain_sql.h"

const char *const card_state_names[] = { "ACTIVE", "LOST", "FROZEN", "CLOSED", NULL };

void card_read(struct db_rows *rows, struct card *out)
{
	*out = (struct card){
		.id = db_i64(rows, 0),
		.index = db_u32(rows, 2),
		.person_id = db_i64(rows, 3),
		.state = (enum card_state)db_enum(rows, 4, card_state_names),
		.class = (uint8_t)db_u32(rows, 5),
		.sequence = (uint8_t)db_u32(rows, 6),
		.expires = { db_u32(rows, 7) },
		.purses = { .main = (uint64_t)db_i64(rows, 9),
		            .subsidy = (uint64_t)db_i64(rows, 10) },
		.park = (uint16_t)db_u32(rows, 11),
		.version = db_i64(rows, 12),
	};
	db_text(rows, 1, out->no, sizeof out->no);
	db_text(rows, 8, out->access_no, sizeof out->access_no);
}

result card_find_by(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                    struct card *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, s, args, &rows));
	*found = db_next(&rows);
	if (*found)
		card_read(&rows, out);
	return db_done(&rows);
}

/* A number that was replaced by another one still finds its last instance. */
result card_find(struct db_tx *tx, struct str no, struct card *out, bool *found)
{
	return card_find_by(tx, &sql_card_newest, DB_ARGS(db_arg_str(no)), out, found);
}

result card_load(struct db_tx *tx, struct str no, struct card *out)
{
	bool found;

	TRY(card_find(tx, no, out, &found));
	return found ? OK : FAIL(CARD_NOT_FOUND, "card of %zu digits", no.len);
}

result card_load_by_id(struct db_tx *tx, int64_t id, struct card *out)
{
	bool found;

	TRY(card_find_by(tx, &sql_card_by_id, DB_ARGS(db_arg_i64(id)), out, &found));
	return found ? OK : FAIL(CARD_NOT_FOUND, "card %lld", (long long)id);
}

result card_load_by_access(struct db_tx *tx, struct str access_no, struct card *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct card card;

	TRY(db_select(tx, &sql_card_by_access, DB_ARGS(db_arg_str(access_no)), &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(CARD_NOT_FOUND, "door-card number of %zu digits", access_no.len);
	}
	card_read(&rows, &card);
	if (db_next(&rows))
		return FAIL(CARD_ACCESS_SHARED, "cards %lld and others", (long long)card.id);
	TRY(db_done(&rows));
	*out = card;
	return OK;
}

result card_list_of_person(struct db_tx *tx, int64_t person_id, struct arena *a, struct card **out,
                           size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CARD_PAGE_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_card_of_person, DB_ARGS(db_arg_i64(person_id)), &rows));
	while (*count < CARD_PAGE_MAX && db_next(&rows))
		card_read(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result card_index_high(struct db_tx *tx, uint32_t *out)
{
	int64_t high;

	TRY(db_select_i64(tx, &sql_card_index_high, DB_NO_ARGS, &high));
	*out = (uint32_t)high;
	return OK;
}
