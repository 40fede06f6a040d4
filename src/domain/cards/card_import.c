/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/cards/card_import.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/cards/card_row.h"
#include "domain/cards/card_seen.h"
#include "domain/domain_sql.h"
#include "ledger/writer.h"

enum { COL_CARD, COL_PERSON, COL_NAME, COL_SEX, COL_DEPARTMENT, COL_GRADE, COL_ACCESS, COL_COUNT };

enum {
	RARE_OF = 1000,
	RARE_FROM = 200
}; /* fewer than one in RARE_OF of at least RARE_FROM numbers is a rare length */

static const struct import_column columns_of_people[COL_COUNT] = {
	[COL_CARD] = { "card_no|card number|卡号|校园卡号", true, -1 },
	[COL_PERSON] = { "person_no|peo_no|student_no|学号|工号|学工号", false, -1 },
	[COL_NAME] = { "name|姓名", false, -1 },
	[COL_SEX] = { "sex|gender|性别", false, -1 },
	[COL_DEPARTMENT] = { "major|department|dept|专业|专业名称|部门|院系", false, -1 },
	[COL_GRADE] = { "grade|year|年级", false, -1 },
	[COL_ACCESS] = { "access_card_no|access_no|门禁卡号", false, -1 },
};

/* What a line says. */
struct line {
	struct person person;
	struct str card_no, access_no; /* borrowed from the row */
};

struct import {
	struct ledger_tx *tx;
	struct card_cache *cache;
	const struct card_import *how;
	struct import_report *report;
	struct import_row row;
	struct import_column cols[COL_COUNT];
	struct card_seen cards, people, access;
	struct {
		int64_t count, line;
	} length[CARD_ACCESS_MAX + 1]; /* of door-card numbers: how many, first line */
};

static struct str cell(const struct import *im, int column)
{
	return import_cell(&im->row, &im->cols[column]);
}

/* Gives false, so that a check can end with it. */
static bool refuse(struct import *im, int column, enum result_code code, const char *text)
{
	import_find(im->report,
	            (struct import_at){ &im->row, im->cols[column].at + 1, IMPORT_ERROR, code },
	            "%s", text);
	return false;
}

static bool is_number(struct str s)
{
	return s.len > 0 && s.len <= CARD_NO_MAX && str_is_digits(s);
}

/* --- reading a line --- */

static bool read_text(struct import *im, int column, char *out, size_t size)
{
	struct str text = cell(im, column);

	if (text.len >= size || !str_is_utf8(text))
		return refuse(im, column, PERSON_INVALID,
		              "the text is too long or not well formed|at most 64 bytes");
	str_copy(text, out, size);
	return true;
}

static enum person_sex sex_of(struct import *im)
{
	static const struct {
		const char *word;
		enum person_sex sex;
	} words[] = {
		{ "M", PERSON_MALE },      { "F", PERSON_FEMALE },      { "m", PERSON_MALE },
		{ "f", PERSON_FEMALE },    { "男", PERSON_MALE },       { "女", PERSON_FEMALE },
		{ "male", PERSON_MALE },   { "female", PERSON_FEMALE }, { "", PERSON_SEX_UNKNOWN },
	}, *w;
	struct str text = cell(im, COL_SEX);

	EACH (w, words)
		if (str_equal(text, str_of(w->word)))
			return w->sex;
	import_find(im->report,
	            (struct import_at){ &im->row, im->cols[COL_SEX].at + 1, IMPORT_NOTE,
	                                PERSON_INVALID },
	            "the sex is not known|M, F, 男, 女 or empty; stored as unknown");
	return PERSON_SEX_UNKNOWN;
}

static bool read_person_no(const struct import *im, char out[PERSON_NO_MAX + 1])
{
	struct str given = cell(im, COL_PERSON), card = cell(im, COL_CARD);
	int len;

	if (given.len)
		len = snprintf(out, PERSON_NO_MAX + 1, STR_FMT, STR_ARG(given));
	else
		len = snprintf(out, PERSON_NO_MAX + 1, "%s" STR_FMT, im->how->person_prefix,
		               STR_ARG(card));
	return len > 0 && len <= PERSON_NO_MAX;
}

static bool read_grade(struct import *im, uint16_t *out)
{
	struct str text = cell(im, COL_GRADE);
	uint64_t year = 0;

	if (text.len && (!is_ok(str_u64(text, &year)) || year < 1900 || year > 2200))
		return refuse(im, COL_GRADE, PERSON_INVALID,
		              "the grade is not a year|four digits, such as 2018");
	*out = (uint16_t)year;
	return true;
}

static bool read_line(struct import *im, struct line *out)
{
	struct person *p = &out->person;

	*out = (struct line){ .card_no = cell(im, COL_CARD), .access_no = cell(im, COL_ACCESS) };
	out->person = (struct person){ .class = im->how->class,
		                       .park = im->how->park,
		                       .sex = sex_of(im) };
	if (!is_number(out->card_no))
		return refuse(im, COL_CARD, CARD_INVALID,
		              "the card number is not 1 to 19 digits|correct it");
	if (out->access_no.len && !is_number(out->access_no))
		return refuse(
		        im, COL_ACCESS, CARD_INVALID,
		        "the door-card number is not 1 to 19 digits|correct it, or leave it empty");
	if (!read_person_no(im, p->no))
		return refuse(im, COL_PERSON, PERSON_INVALID,
		              "the person number is longer than 24 characters|shorten it");
	return read_text(im, COL_NAME, p->name, sizeof p->name) &&
	       read_text(im, COL_DEPARTMENT, p->department, sizeof p->department) &&
	       read_grade(im, &p->grade);
}

/* --- numbers that come twice --- */

static uint64_t value_of(struct str digits)
{
	uint64_t v = 0;

	for (size_t i = 0; i < digits.len; i++)
		v = v * 10 + (uint64_t)(digits.at[i] - '0');
	return v;
}

/* FNV-1a: at 64 bits two of a million different numbers never meet. */
static uint64_t text_value(const char *text)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001B3u;
	return h;
}

static result require_once(struct import *im, const struct line *l, bool *once)
{
	struct card_seen_number card = { value_of(l->card_no), 0, im->row.line,
		                         (uint8_t)l->card_no.len };
	struct card_seen_number person = { text_value(l->person.no), 0, im->row.line, 1 };
	struct card_seen_number *first;
	bool is_new;

	*once = true;
	TRY(card_seen_put(&im->cards, &card, &first, &is_new));
	if (!is_new) {
		import_find(im->report,
		            (struct import_at){ &im->row, im->cols[COL_CARD].at + 1, IMPORT_ERROR,
		                                CARD_EXISTS },
		            "the card number is on line %" PRId64 " too|keep one of the two lines",
		            first->line);
		*once = false;
	}
	TRY(card_seen_put(&im->people, &person, &first, &is_new));
	if (!is_new && im->cols[COL_PERSON].at >= 0) {
		import_find(im->report,
		            (struct import_at){ &im->row, im->cols[COL_PERSON].at + 1, IMPORT_ERROR,
		                                PERSON_EXISTS },
		            "the person number is on line %" PRId64
		            " too|keep one of the two lines",
		            first->line);
		*once = false;
	}
	return OK;
}

/* Compare the door-card number with what was met before. *keep: leave the stored number as it is.
 */
static result look_at_access(struct import *im, const struct line *l, bool *keep)
{
	struct card_seen_number n = { value_of(l->access_no), value_of(l->card_no), im->row.line,
		                      (uint8_t)l->access_no.len };
	struct card_seen_number *first;
	bool is_new;
	int column = im->cols[COL_ACCESS].at + 1;

	*keep = false;
	if (l->access_no.len == 0)
		return OK;
	if (im->length[n.digits].count++ == 0)
		im->length[n.digits].line = im->row.line;
	TRY(card_seen_put(&im->access, &n, &first, &is_new));
	if (is_new)
		return OK;
	if (first->owner == n.owner) {
		*keep = first->digits > n.digits;
		if (*keep)
			import_find(
			        im->report,
			        (struct import_at){ &im->row, column, IMPORT_NOTE, CARD_INVALID },
			        "the door-card number has lost %d leading zeros against the "
			        "stored one|the stored number stays; "
			        "keep the column as text in the spreadsheet",
			        first->digits - n.digits);
		first->line = im->row.line;
		return OK;
	}
	const char *what = first->digits == n.digits
	                           ? "is held by another card"
	                           : "differs only by leading zeros from another card's";
	if (first->line)
		import_find(im->report,
		            (struct import_at){ &im->row, column, IMPORT_NOTE, CARD_ACCESS_SHARED },
		            "the door-card number %s, line %" PRId64
		            "|it opens no door until one of the two is corrected",
		            what, first->line);
	else
		import_find(im->report,
		            (struct import_at){ &im->row, column, IMPORT_NOTE, CARD_ACCESS_SHARED },
		            "the door-card number %s that is stored|it opens no door until one of "
		            "the two is corrected",
		            what);
	return OK;
}

static result remember_stored_access(struct import *im)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char access_no[CARD_ACCESS_MAX + 1], no[CARD_NO_MAX + 1];

	TRY(db_select(im->tx->db, &sql_card_access_list, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		struct card_seen_number *first;
		bool is_new;
		db_text(&rows, 0, access_no, sizeof access_no);
		db_text(&rows, 1, no, sizeof no);
		struct card_seen_number n = { value_of(str_of(access_no)), value_of(str_of(no)), 0,
			                      (uint8_t)strlen(access_no) };
		TRY(card_seen_put(&im->access, &n, &first, &is_new));
	}
	return db_done(&rows);
}

/* One number of five digits among thousands of eight has most likely lost its zeros. */
static void look_at_lengths(struct import *im)
{
	int64_t all = 0;

	for (size_t d = 1; d <= CARD_ACCESS_MAX; d++)
		all += im->length[d].count;
	for (size_t d = 1; all >= RARE_FROM && d <= CARD_ACCESS_MAX; d++) {
		if (im->length[d].count == 0 || im->length[d].count * RARE_OF >= all)
			continue;
		struct import_row row = { .line = im->length[d].line };
		import_find(im->report,
		            (struct import_at){ &row, im->cols[COL_ACCESS].at + 1, IMPORT_NOTE,
		                                CARD_INVALID },
		            "only %" PRId64 " of %" PRId64
		            " door-card numbers have %zu digits|have leading zeros been lost?",
		            im->length[d].count, all, d);
	}
}

/* --- storing --- */

enum outcome { SAME, CHANGED, ADDED };

static bool is_same_person(const struct import *im, const struct person *stored,
                           const struct person *p)
{
	return (im->cols[COL_NAME].at < 0 || strcmp(stored->name, p->name) == 0) &&
	       (im->cols[COL_DEPARTMENT].at < 0 ||
	        strcmp(stored->department, p->department) == 0) &&
	       (im->cols[COL_SEX].at < 0 || stored->sex == p->sex) &&
	       (im->cols[COL_GRADE].at < 0 || stored->grade == p->grade);
}

/* Only what the file has columns for. */
static void take_over(const struct import *im, struct person *stored, const struct person *p)
{
	if (im->cols[COL_NAME].at >= 0)
		str_copy(str_of(p->name), stored->name, sizeof stored->name);
	if (im->cols[COL_DEPARTMENT].at >= 0)
		str_copy(str_of(p->department), stored->department, sizeof stored->department);
	if (im->cols[COL_SEX].at >= 0)
		stored->sex = p->sex;
	if (im->cols[COL_GRADE].at >= 0)
		stored->grade = p->grade;
}

static result store_person(struct import *im, struct person *p, enum outcome *outcome)
{
	struct person stored;
	bool found;

	TRY(person_find_by_no(im->tx->db, str_of(p->no), &stored, &found));
	if (!found) {
		*outcome = ADDED;
		return person_add(im->tx->db, im->tx->now, p);
	}
	if (!is_same_person(im, &stored, p)) {
		take_over(im, &stored, p);
		TRY(person_save(im->tx->db, im->tx->now, &stored));
		*outcome = CHANGED;
	}
	*p = stored;
	return OK;
}

static result store_card(struct import *im, const struct line *l, bool keep_access,
                         enum outcome *outcome)
{
	struct card_order order = { .person_id = l->person.id,
		                    .no = l->card_no,
		                    .access_no = l->access_no };
	struct card card;
	bool found;

	TRY(card_find(im->tx->db, l->card_no, &card, &found));
	if (!found) {
		*outcome = ADDED;
		return card_issue(im->tx, im->cache, &order, &card);
	}
	if (card.person_id != l->person.id)
		return FAIL(CARD_EXISTS, "the card belongs to another person");
	if (im->cols[COL_ACCESS].at < 0 || keep_access ||
	    str_equal(str_of(card.access_no), l->access_no))
		return OK;
	*outcome = *outcome == ADDED ? ADDED : CHANGED;
	return card_set_access(im->tx, im->cache, l->card_no, l->access_no, &card);
}

static result store_line(struct import *im, struct line *l)
{
	enum outcome outcome = SAME;
	bool once, keep;

	TRY(require_once(im, l, &once));
	if (!once)
		return OK;
	TRY(look_at_access(im, l, &keep));
	result r = store_person(im, &l->person, &outcome);
	if (is_ok(r))
		r = store_card(im, l, keep, &outcome);
	if (result_kind(r) == RESULT_FAULT)
		return r;
	if (!is_ok(r))
		import_find(im->report,
		            (struct import_at){ &im->row, im->cols[COL_CARD].at + 1, IMPORT_ERROR,
		                                r.code },
		            "%s|%s", result_last()->text, result_text_en(r));
	im->report->added += outcome == ADDED;
	im->report->changed += outcome == CHANGED;
	im->report->same += outcome == SAME;
	return OK;
}

static result read_header(struct import *im, struct import_rows *rows)
{
	memcpy(im->cols, columns_of_people, sizeof im->cols);
	if (!rows->next(rows, &im->row)) {
		TRY(rows->done(rows));
		return FAIL(IMPORT_HEADER, "the file is empty");
	}
	return import_header(&im->row, im->cols, COL_COUNT, im->report);
}

static result read_all(struct import *im, struct import_rows *rows)
{
	struct line line;

	TRY(read_header(im, rows));
	TRY(remember_stored_access(im));
	while (rows->next(rows, &im->row)) {
		if (++im->report->lines > IMPORT_LINES_MAX)
			return FAIL(IMPORT_TOO_LONG, "more than %d lines", IMPORT_LINES_MAX);
		if (read_line(im, &line))
			TRY(store_line(im, &line));
	}
	TRY(rows->done(rows));
	look_at_lengths(im);
	return import_verdict(im->report);
}

static void free_seen(struct import *im)
{
	card_seen_free(&im->cards);
	card_seen_free(&im->people);
	card_seen_free(&im->access);
}

result card_import_people(struct ledger_tx *tx, struct card_cache *cache,
                          const struct card_import *how, struct import_rows *rows,
                          struct import_report *report)
{
	SCOPED(free_seen)
	struct import im = { .tx = tx, .cache = cache, .how = how, .report = report };

	return read_all(&im, rows);
}

/* --- before it --- */

result card_import_new(struct db_tx *tx, const struct card_import *how, struct import_rows *rows,
                       int64_t *people)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report = { .arena = &a };
	struct import im = { .how = how, .report = &report };
	struct person stored;
	char no[PERSON_NO_MAX + 1];
	bool found;

	*people = 0;
	TRY(read_header(&im, rows));
	while (rows->next(rows, &im.row)) {
		if (!read_person_no(&im, no))
			continue;
		TRY(person_find_by_no(tx, str_of(no), &stored, &found));
		*people += !found;
	}
	return rows->done(rows);
}

result card_import_reserve(struct ledger_tx *tx, const struct card_import *how, int64_t skip,
                           int64_t count)
{
	struct card_purses purses;
	int64_t next;

	ASSERT(count >= 0 && count <= CARD_RESERVE_MAX);
	TRY(person_next_id(tx->db, &next));
	for (int64_t id = next + skip; id < next + skip + count; id++)
		TRY(card_open_purses(tx, how->park, id, &purses));
	return OK;
}
