/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/merchants/merchant.h"

#include "domain/domain_sql.h"

const char *const merchant_state_names[] = { "OPEN", "FROZEN", "CLOSED", NULL };

static void read_merchant(struct db_rows *rows, struct merchant *out)
{
	*out = (struct merchant){
		.id = db_i64(rows, 0),
		.state = (enum merchant_state)db_enum(rows, 3, merchant_state_names),
		.park = (uint16_t)db_u32(rows, 4),
		.version = db_i64(rows, 5),
	};
	db_text(rows, 1, out->no, sizeof out->no);
	db_text(rows, 2, out->name, sizeof out->name);
}

static result find(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                   struct merchant *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, s, args, &rows));
	*found = db_next(&rows);
	if (*found)
		read_merchant(&rows, out);
	return db_done(&rows);
}

result merchant_find_by_no(struct db_tx *tx, struct str no, struct merchant *out, bool *found)
{
	return find(tx, &sql_merchant_by_no, DB_ARGS(db_arg_str(no)), out, found);
}

result merchant_load(struct db_tx *tx, int64_t id, struct merchant *out)
{
	bool found;

	TRY(find(tx, &sql_merchant_by_id, DB_ARGS(db_arg_i64(id)), out, &found));
	return found ? OK : FAIL(MERCHANT_NOT_FOUND, "merchant %lld", (long long)id);
}

result merchant_load_by_no(struct db_tx *tx, struct str no, struct merchant *out)
{
	bool found;

	TRY(merchant_find_by_no(tx, no, out, &found));
	return found ? OK : FAIL(MERCHANT_NOT_FOUND, "merchant number " STR_FMT, STR_ARG(no));
}

/* --- changes --- */

/* F42 is "ans 15": printable ASCII. */
static bool is_merchant_no(struct str no)
{
	for (size_t i = 0; i < no.len; i++)
		if (no.at[i] <= ' ' || no.at[i] > '~')
			return false;
	return no.len > 0;
}

static result check(const struct merchant *m)
{
	if (!is_merchant_no(str_of(m->no)))
		return FAIL(MERCHANT_INVALID, "no: 1…%d printable ASCII characters",
		            MERCHANT_NO_MAX);
	if (!m->name[0] || !str_is_utf8(str_of(m->name)))
		return FAIL(MERCHANT_INVALID, "name: text in UTF-8");
	if (m->park == 0)
		return FAIL(MERCHANT_INVALID, "park: 1 and up");
	return OK;
}

result merchant_add(struct db_tx *tx, struct instant now, struct merchant *m)
{
	int64_t id;

	TRY(check(m));
	result r = db_select_i64(tx, &sql_merchant_add,
	                         DB_ARGS(db_arg_text(m->no), db_arg_text(m->name),
	                                 db_arg_text(merchant_state_names[m->state]),
	                                 db_arg_i64(m->park), db_arg_i64(now.us)),
	                         &id);
	if (r.code == DB_DUPLICATE)
		return FAIL(MERCHANT_EXISTS, "merchant number %s", m->no);
	TRY(r);
	m->id = id;
	m->version = 1;
	return OK;
}

result merchant_save(struct db_tx *tx, struct instant now, struct merchant *m)
{
	struct merchant stored;
	int64_t changed;

	TRY(check(m));
	result r = db_execute(tx, &sql_merchant_save,
	                      DB_ARGS(db_arg_i64(m->id), db_arg_i64(m->version), db_arg_text(m->no),
	                              db_arg_text(m->name),
	                              db_arg_text(merchant_state_names[m->state]),
	                              db_arg_i64(m->park), db_arg_i64(now.us)),
	                      &changed);
	if (r.code == DB_DUPLICATE)
		return FAIL(MERCHANT_EXISTS, "merchant number %s", m->no);
	TRY(r);
	if (changed == 0) {
		TRY(merchant_load(tx, m->id, &stored));
		return FAIL(MERCHANT_CHANGED, "merchant %lld", (long long)m->id);
	}
	m->version++;
	return OK;
}

result merchant_list(struct db_tx *tx, struct str text, int64_t after, size_t limit,
                     struct arena *a, struct merchant_page *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct db_arg from = db_arg_i64(after), most = db_arg_i64((int64_t)limit + 1);

	ASSERT(limit > 0 && limit <= MERCHANT_PAGE_MAX);
	if (text.len == 0) {
		TRY(db_select(tx, &sql_merchant_all, DB_ARGS(from, most), &rows));
	} else {
		struct str end = arena_printf(a, STR_FMT "\xF4\x8F\xBF\xBF", STR_ARG(text));
		TRY(db_select(tx, &sql_merchant_search,
		              DB_ARGS(from, most, db_arg_str(text), db_arg_str(end)), &rows));
	}
	*out = (struct merchant_page){ .rows = arena_array(a, limit, sizeof *out->rows) };
	while (out->count < limit && db_next(&rows))
		read_merchant(&rows, &out->rows[out->count++]);
	TRY(db_done(&rows));
	out->next = db_next(&rows) ? out->rows[limit - 1].id : 0;
	return db_done(&rows);
}
