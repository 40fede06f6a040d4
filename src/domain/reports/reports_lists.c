/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reports/reports.h"

#include "domain/reports/reports_sql.h"

/* What a query means to LIKE: text that begins with it, text that holds it. */
struct patterns {
	struct str begins, holds, exact;
};

static struct patterns patterns_of(struct str query, struct arena *a)
{
	char text[2 * REPORTS_QUERY_MAX + 3];
	struct writer w = writer_of(text, sizeof text);

	query.len = query.len < REPORTS_QUERY_MAX ? query.len : REPORTS_QUERY_MAX;
	writer_u8(&w, '%');
	for (size_t i = 0; i < query.len; i++) {
		if (query.at[i] == '%' || query.at[i] == '_' || query.at[i] == '!')
			writer_u8(&w, '!');
		writer_u8(&w, (uint8_t)query.at[i]);
	}
	writer_u8(&w, '%');
	return (struct patterns){
		.begins = arena_str(a, (struct str){ text + 1, w.len - 1 }),
		.holds = arena_str(a, (struct str){ text, w.len }),
		.exact = query,
	};
}

static size_t rows_of(struct reports_page page)
{
	ASSERT(page.limit >= 1 && page.limit <= REPORTS_PAGE_MAX && page.skip >= 0);
	return (size_t)page.limit;
}

/* --- people --- */

static void read_person(struct db_rows *rows, struct reports_person *out)
{
	*out = (struct reports_person){ .person.id = db_i64(rows, 0) };
	db_text(rows, 1, out->person.no, sizeof out->person.no);
	db_text(rows, 2, out->person.name, sizeof out->person.name);
	db_text(rows, 3, out->person.department, sizeof out->person.department);
	out->person.state = (enum person_state)db_enum(rows, 4, person_state_names);
	out->person.class = (uint8_t)db_i64(rows, 5);
	db_text(rows, 6, out->card_no, sizeof out->card_no);
}

result reports_person(struct db_tx *tx, int64_t id, struct reports_person *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_reports_person, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(PERSON_NOT_FOUND, "person %lld", (long long)id);
	}
	read_person(&rows, out);
	return db_done(&rows);
}

static bool are_letters(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.at[i] < 'a' || s.at[i] > 'z') && (s.at[i] < 'A' || s.at[i] > 'Z'))
			return false;
	return s.len > 0 && s.len <= REPORTS_INITIALS_MAX;
}

/* There is no column for initials: every name is looked at, only when nothing else was found. */
static result by_initials(struct db_tx *tx, struct str query, struct reports_page page,
                          struct arena *a, struct reports_people *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char lower[REPORTS_INITIALS_MAX];
	int64_t ids[REPORTS_PAGE_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < query.len; i++)
		lower[i] = (char)(query.at[i] | 0x20);
	TRY(db_select(tx, &sql_reports_names, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		char name[PERSON_NAME_MAX + 1];

		db_text(&rows, 1, name, sizeof name);
		if (!reports_has_initials(str_of(name), (struct str){ lower, query.len }))
			continue;
		if (out->total++ >= page.skip && kept < rows_of(page))
			ids[kept++] = db_i64(&rows, 0);
	}
	TRY(db_done(&rows));
	out->rows = arena_array(a, kept, sizeof *out->rows);
	for (; out->count < kept; out->count++)
		TRY(reports_person(tx, ids[out->count], &out->rows[out->count]));
	return OK;
}

result reports_people(struct db_tx *tx, struct str query, struct reports_page page, struct arena *a,
                      struct reports_people *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct patterns p = patterns_of(query, a);

	*out = (struct reports_people){ 0 };
	TRY(db_select_i64(tx, &sql_reports_people_count,
	                  DB_ARGS(db_arg_str(p.begins), db_arg_str(p.holds), db_arg_str(p.exact)),
	                  &out->total));
	if (out->total == 0 && are_letters(query))
		return by_initials(tx, query, page, a, out);
	out->rows = arena_array(a, rows_of(page), sizeof *out->rows);
	TRY(db_select(tx, &sql_reports_people,
	              DB_ARGS(db_arg_str(p.begins), db_arg_str(p.holds), db_arg_str(p.exact),
	                      db_arg_i64(page.limit), db_arg_i64(page.skip)),
	              &rows));
	while (db_next(&rows))
		read_person(&rows, &out->rows[out->count++]);
	return db_done(&rows);
}

/* --- merchants --- */

result reports_merchants(struct db_tx *tx, struct str query, struct bizdate day,
                         struct reports_page page, struct arena *a, struct reports_merchants *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct patterns p = patterns_of(query, a);

	*out = (struct reports_merchants){ .rows = arena_array(a, rows_of(page),
		                                               sizeof *out->rows) };
	TRY(db_select_i64(tx, &sql_reports_merchants_count,
	                  DB_ARGS(db_arg_str(p.begins), db_arg_str(p.holds)), &out->total));
	TRY(db_select(tx, &sql_reports_merchants,
	              DB_ARGS(db_arg_str(p.begins), db_arg_str(p.holds), db_arg_i64(day.yyyymmdd),
	                      db_arg_i64(page.limit), db_arg_i64(page.skip)),
	              &rows));
	while (db_next(&rows)) {
		struct reports_merchant *row = &out->rows[out->count++];

		row->merchant.id = db_i64(&rows, 0);
		db_text(&rows, 1, row->merchant.no, sizeof row->merchant.no);
		db_text(&rows, 2, row->merchant.name, sizeof row->merchant.name);
		row->merchant.state = (enum merchant_state)db_enum(&rows, 3, merchant_state_names);
		row->sales = db_i64(&rows, 4);
		row->takings.fen = db_i64(&rows, 5);
	}
	return db_done(&rows);
}

/* --- terminals --- */

static void read_terminal(struct db_rows *rows, struct reports_terminal *out)
{
	int64_t opened = db_i64(rows, 9), posted = db_i64(rows, 10);

	out->id = db_u32(rows, 0);
	db_text(rows, 1, out->node_id, sizeof out->node_id);
	db_text(rows, 2, out->location, sizeof out->location);
	out->type = (enum terminal_type)db_enum(rows, 3, terminal_type_names);
	out->state = (enum terminal_state)db_enum(rows, 4, terminal_state_names);
	out->merchant_id = db_i64(rows, 5);
	db_text(rows, 6, out->merchant_no, sizeof out->merchant_no);
	db_text(rows, 7, out->merchant_name, sizeof out->merchant_name);
	out->is_signed_in = db_i64(rows, 8) > 0;
	out->seen.us = opened > posted ? opened : posted;
}

result reports_terminals(struct db_tx *tx, struct str query, struct instant now,
                         struct reports_page page, struct arena *a, struct reports_terminals *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct patterns p = patterns_of(query, a);

	*out = (struct reports_terminals){ .rows = arena_array(a, rows_of(page),
		                                               sizeof *out->rows) };
	TRY(db_select_i64(tx, &sql_reports_terminals_count,
	                  DB_ARGS(db_arg_str(p.begins), db_arg_str(p.holds)), &out->total));
	TRY(db_select(tx, &sql_reports_terminals,
	              DB_ARGS(db_arg_str(p.begins), db_arg_str(p.holds), db_arg_i64(now.us),
	                      db_arg_i64(page.limit), db_arg_i64(page.skip)),
	              &rows));
	while (db_next(&rows))
		read_terminal(&rows, &out->rows[out->count++]);
	return db_done(&rows);
}
