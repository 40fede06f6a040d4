/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a source: what has come, what is missing, what is looked up. */
#include <stdio.h>
#include <string.h>

#include "harness/test.h"
#include "ledger/book_rig.h"

static struct rig rig;

static void come(uint64_t number)
{
	struct book_event e = rig_event(KIND_RECORD, 9, number);

	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
}

static void check_gaps(const char *name, const char *want)
{
	struct book_source_state s;
	char got[200] = "";
	size_t len = 0;

	CHECK(book_source(rig.book, 9, &s));
	for (uint32_t i = 0; i < s.gap_count && len < sizeof got; i++)
		len += (size_t)snprintf(got + len, sizeof got - len, "%s%llu-%llu", i ? " " : "",
		                        (unsigned long long)s.gaps[i].from,
		                        (unsigned long long)s.gaps[i].to);
	CHECK_STR(name, got, want);
}

TEST(missing_numbers_are_known_by_name)
{
	static const struct {
		uint64_t number;
		const char *gaps;
	} rows[] = {
		{ 3, "1-2" },       { 4, "1-2" },          { 10, "1-2 5-9" },      { 7, "1-2 5-6 8-9" },
		{ 5, "1-2 6-6 8-9" }, { 9, "1-2 6-6 8-8" }, { 6, "1-2 8-8" },       { 8, "1-2" },
		{ 1, "2-2" },       { 2, "" },             { 13, "11-12" },
	}, *row;

	rig_open(&rig, 0);
	EACH (row, rows) {
		size_t mark = book_mark(rig.book);

		come(row->number);
		check_gaps("come", row->gaps);
		book_undo(rig.book, mark);
		come(row->number);
		check_gaps("taken back and come again", row->gaps);
	}
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

TEST(beyond_the_limit_of_gaps_old_numbers_are_looked_up)
{
	struct book_source_state s;
	struct book_event e;
	struct book_outcome out;

	rig_open(&rig, 4);
	for (uint64_t n = 2; n <= 40; n += 2)
		come(n);
	rig_commit(&rig);
	CHECK(book_source(rig.book, 9, &s));
	CHECK_I64("gaps", s.gap_count, 4);
	check_gaps("the newest stay", "33-33 35-35 37-37 39-39");
	CHECK_I64("unsure", s.unsure_below, 32);
	e = rig_event(KIND_RECORD, 9, 6);
	CHECK_I64("came", rig_post(&rig, &e, &out), SUCCESS);
	CHECK_I64("", out.replayed, true);
	e = rig_event(KIND_RECORD, 9, 7);
	CHECK_I64("never came", rig_post(&rig, &e, &out), SUCCESS);
	CHECK_I64("", out.replayed, false);
	CHECK_I64("comes again", rig_post(&rig, &e, &out), SUCCESS);
	CHECK_I64("", out.replayed, true);
	rig_check_copies(&rig, 4);
	rig_close(&rig);
}
