/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/people/person.h"

#include <stdio.h>

#include "domain/domain_sql.h"

const char *const person_state_names[] = { "ACTIVE", "LEFT", NULL };
static const char *const sex_names[] = { "", "M", "F", NULL };

/* --- rows --- */

static void read_person(struct db_rows *rows, struct person *out)
{
	*out = (struct person){
		.id = db_i64(rows, 0),
		.sex = (enum person_sex)db_enum(rows, 4, sex_names),
		.state = (enum person_state)db_enum(rows, 5, person_state_names),
		.class = (uint8_t)db_u32(rows, 6),
		.park = (uint16_t)db_u32(rows, 7),
		.grade = (uint16_t)db_u32(rows, 8),
		.version = db_i64(rows, 9),
	};
	db_text(rows, 1, out->no, sizeof out->no);
	db_text(rows, 2, out->name, sizeof out->name);
	db_text(rows, 3, out->department, sizeof out->department);
}

static result find(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                   struct person *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, s, args, &rows));
	*found = db_next(&rows);
	if (*found)
		read_person(&rows, out);
	return db_done(&rows);
}

result person_find_by_no(struct db_tx *tx, struct str no, struct person *out, bool *found)
{
	return find(tx, &sql_person_by_no, DB_ARGS(db_arg_str(no)), out, found);
}

result person_load(struct db_tx *tx, int64_t id, struct person *out)
{
	bool found;

	TRY(find(tx, &sql_person_by_id, DB_ARGS(db_arg_i64(id)), out, &found));
	return found ? OK : FAIL(PERSON_NOT_FOUND, "person %lld", (long long)id);
}

result person_load_by_no(struct db_tx *tx, struct str no, struct person *out)
{
	bool found;

	TRY(person_find_by_no(tx, no, out, &found));
	return found ? OK : FAIL(PERSON_NOT_FOUND, "person number " STR_FMT, STR_ARG(no));
}

/* --- changes --- */

static bool is_person_no(struct str no)
{
	static const char also[] = "-_.";

	for (size_t i = 0; i < no.len; i++) {
		char c = no.at[i];
		bool simple =
		        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!simple && !memchr(also, c, sizeof also - 1))
			return false;
	}
	return no.len > 0;
}

static result check(const struct person *p)
{
	if (!is_person_no(str_of(p->no)))
		return FAIL(PERSON_INVALID, "no: letters, digits and -_. only");
	if (!str_is_utf8(str_of(p->name)) || !str_is_utf8(str_of(p->department)))
		return FAIL(PERSON_INVALID, "name or department: not UTF-8");
	if (p->class == 0)
		return FAIL(PERSON_INVALID, "class: 1…%d", PERSON_CLASS_MAX);
	if (p->park == 0)
		return FAIL(PERSON_INVALID, "park: 1…%d", PERSON_PARK_MAX);
	if (p->grade != 0 && (p->grade < 1900 || p->grade > 2200))
		return FAIL(PERSON_INVALID, "grade: a year");
	return OK;
}

result person_add(struct db_tx *tx, struct instant now, struct person *p)
{
	int64_t id;

	TRY(check(p));
	result r = db_select_i64(tx, &sql_person_add,
	                         DB_ARGS(db_arg_text(p->no), db_arg_text(p->name),
	                                 db_arg_text(p->department), db_arg_text(sex_names[p->sex]),
	                                 db_arg_text(person_state_names[p->state]),
	                                 db_arg_i64(p->class), db_arg_i64(p->park),
	                                 db_arg_i64(p->grade), db_arg_i64(now.us)),
	                         &id);
	if (r.code == DB_DUPLICATE)
		return FAIL(PERSON_EXISTS, "person number %s", p->no);
	TRY(r);
	p->id = id;
	p->version = 1;
	return OK;
}

result person_save(struct db_tx *tx, struct instant now, struct person *p)
{
	struct person stored;
	int64_t changed;

	TRY(check(p));
	result r =
	        db_execute(tx, &sql_person_save,
	                   DB_ARGS(db_arg_i64(p->id), db_arg_i64(p->version), db_arg_text(p->no),
	                           db_arg_text(p->name), db_arg_text(p->department),
	                           db_arg_text(sex_names[p->sex]),
	                           db_arg_text(person_state_names[p->state]), db_arg_i64(p->class),
	                           db_arg_i64(p->park), db_arg_i64(p->grade), db_arg_i64(now.us)),
	                   &changed);
	if (r.code == DB_DUPLICATE)
		return FAIL(PERSON_EXISTS, "person number %s", p->no);
	TRY(r);
	if (changed == 0) {
		TRY(person_load(tx, p->id, &stored));
		return FAIL(PERSON_CHANGED, "person %lld", (long long)p->id);
	}
	p->version++;
	return OK;
}

/* --- lists --- */

static result page(struct db_rows *rows, size_t limit, struct arena *a, struct person_page *out)
{
	*out = (struct person_page){ .rows = arena_array(a, limit, sizeof *out->rows) };
	while (out->count < limit && db_next(rows))
		read_person(rows, &out->rows[out->count++]);
	TRY(db_done(rows));
	out->next = db_next(rows) ? out->rows[limit - 1].id
	                          : 0; /* one more than the page was asked for */
	return db_done(rows);
}

result person_search(struct db_tx *tx, struct str text, int64_t after, size_t limit,
                     struct arena *a, struct person_page *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct db_arg from = db_arg_i64(after), most = db_arg_i64((int64_t)limit + 1);

	ASSERT(limit > 0 && limit <= PERSON_PAGE_MAX);
	if (text.len == 0) {
		TRY(db_select(tx, &sql_person_all, DB_ARGS(from, most), &rows));
	} else {
		struct str end = arena_printf(a, STR_FMT "\xF4\x8F\xBF\xBF",
		                              STR_ARG(text)); /* behind all that begin so */
		TRY(db_select(tx, &sql_person_search,
		              DB_ARGS(from, most, db_arg_str(text), db_arg_str(end)), &rows));
	}
	return page(&rows, limit, a, out);
}

result person_count(struct db_tx *tx, int64_t *out)
{
	return db_select_i64(tx, &sql_person_count, DB_NO_ARGS, out);
}

result person_next_id(struct db_tx *tx, int64_t *out)
{
	return db_select_i64(tx, &sql_person_next_id, DB_NO_ARGS, out);
}
