/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"

/* A medium in memory that can lose what was not synced. */
struct memory_disk {
	struct pos_disk disk;
	uint8_t at[1 << 16];
	size_t len, synced;
	int fail_sync_in; /* 0: never */
};

static struct memory_disk *memory_of(struct pos_disk *d)
{
	return (struct memory_disk *)(void *)d;
}

static result memory_append(struct pos_disk *d, struct bytes b)
{
	struct memory_disk *m = memory_of(d);

	if (m->len + b.len > sizeof m->at)
		return FAIL(FILE_WRITE, "full");
	memcpy(m->at + m->len, b.at, b.len);
	m->len += b.len;
	return OK;
}

static result memory_sync(struct pos_disk *d)
{
	struct memory_disk *m = memory_of(d);

	if (m->fail_sync_in > 0 && --m->fail_sync_in == 0)
		return FAIL(FILE_WRITE, "sync");
	m->synced = m->len;
	return OK;
}

static result memory_read(struct pos_disk *d, uint64_t offset, void *out, size_t size, size_t *got)
{
	struct memory_disk *m = memory_of(d);
	size_t left = offset < m->len ? m->len - (size_t)offset : 0;

	*got = size < left ? size : left;
	memcpy(out, m->at + offset, *got);
	return OK;
}

static result memory_truncate(struct pos_disk *d, uint64_t size)
{
	struct memory_disk *m = memory_of(d);

	m->len = m->synced = (size_t)size;
	return OK;
}

static result memory_replace(struct pos_disk *d, struct bytes b)
{
	struct memory_disk *m = memory_of(d);

	memcpy(m->at, b.at, b.len);
	m->len = m->synced = b.len;
	return OK;
}

/* For a file that need not outlive a power cut. */
static result memory_sync_nothing(struct pos_disk *d)
{
	(void)d;
	return OK;
}

static struct memory_disk *memory_new(void)
{
	struct memory_disk *m = calloc(1, sizeof *m);

	ASSERT(m);
	m->disk = (struct pos_disk){ memory_append, memory_sync, memory_read, memory_truncate,
		                     memory_replace };
	return m;
}

static struct pos_draft draft(uint64_t tsn, enum pos_kind kind, int64_t fen)
{
	return (struct pos_draft){ .tsn = tsn,
		                   .kind = kind,
		                   .amount_fen = fen,
		                   .card_no = "9119623000100001",
		                   .day = { 20260901 },
		                   .at = { 1788000000000000 } };
}

static void make_record(uint8_t record[POS_RECORD_SIZE], uint64_t tsn, uint32_t fen,
                        uint32_t sam_sequence)
{
	memset(record, 0, POS_RECORD_SIZE);
	record[0] = 1;
	record[1] = 0x22;
	store_be64(record + 2, tsn);
	store_be32(record + 24, sam_sequence);
	memset(record + 28, 0xFF, 10);
	memcpy(record + 28, "\x91\x19", 2);
	store_be32(record + 46, fen);
}

static result sell(struct pos_journal *j, int64_t fen)
{
	uint64_t tsn;
	struct pos_draft d;

	TRY(pos_journal_tsn(j, &tsn));
	d = draft(tsn, POS_PURCHASE, fen);
	TRY(pos_journal_sent(j, &d));
	return pos_journal_outcome(
	        j, &(struct pos_outcome){ .tsn = tsn, .approved = true, .code = "00" });
}

static result store(struct pos_journal *j, uint32_t fen, uint64_t *tsn)
{
	uint8_t record[POS_RECORD_SIZE];

	TRY(pos_journal_tsn(j, tsn));
	make_record(record, *tsn, fen, j->sam_sequence + 1);
	return pos_journal_record(j, record);
}

TEST(journal_gives_back_after_a_restart_what_was_written)
{
	struct memory_disk *m = memory_new();
	struct pos_journal j;
	struct pos_draft d;
	uint64_t tsn, first, second;

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_OK(sell(&j, 1250));
	CHECK_OK(store(&j, 300, &first));
	CHECK_OK(store(&j, 400, &second));
	CHECK_OK(pos_journal_freed(&j, &(struct pos_freed){ first, 1 }, 1));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	d = draft(tsn, POS_PURCHASE, 700);
	CHECK_OK(pos_journal_sent(&j, &d));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	CHECK_OK(pos_journal_reversing(&j, tsn, "98"));
	pos_journal_close(&j);

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_I64("pending", j.pending, POS_PENDING_REVERSING);
	CHECK_I64("amount", j.draft.amount_fen, 700);
	CHECK_I64("reversal", j.reversal_tsn, tsn);
	CHECK_STR("reason", j.reversal_reason, "98");
	CHECK_I64("held", j.held, 1);
	CHECK_I64("which", pos_journal_next_record(&j, 0)->tsn, second);
	CHECK_STR("card", pos_journal_next_record(&j, 0)->card_no, "9119");
	CHECK_I64("held fen", pos_journal_held_fen(&j, NULL), 400);
	CHECK_I64("sam sequence", j.sam_sequence, 2);
	CHECK_I64("low water", pos_journal_low_water(&j), second);
	CHECK_I64("one class", j.total_count, 1);
	CHECK_I64("total", j.totals[0].sum_fen, 1950);
	CHECK_I64("count", j.totals[0].count, 3);
	CHECK_OK(pos_journal_reversed(&j));
	CHECK_I64("settled", j.pending, POS_PENDING_NONE);
	pos_journal_close(&j);
	free(m);
}

TEST(journal_never_gives_a_number_twice)
{
	struct memory_disk *m = memory_new();
	struct pos_journal j;
	uint64_t tsn, last = 0;

	for (int boot = 0; boot < 20; boot++) {
		REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
		for (int i = 0; i < boot * 7; i++) {
			REQUIRE_OK(pos_journal_tsn(&j, &tsn));
			CHECK(tsn > last);
			last = tsn;
			pos_journal_tsn_used(&j, tsn);
		}
		pos_journal_close(&j);
	}
	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_OK(pos_journal_raise(&j, last + 1000));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	CHECK_I64("floor", tsn, last + 1000);
	CHECK_OK(pos_journal_raise(&j, 5));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	CHECK_I64("never back", tsn, last + 1000);
	pos_journal_close(&j);
	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	CHECK(tsn > last + 1000);
	pos_journal_close(&j);
	free(m);
}

/* Cut the medium at every byte: what is whole is there, nothing else, and business goes on. */
TEST(journal_recovers_from_a_tear_at_any_byte)
{
	struct memory_disk *m = memory_new(), *cut = memory_new();
	struct pos_journal j;
	uint64_t tsn;
	size_t before;

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_OK(sell(&j, 100));
	before = m->len;
	CHECK_OK(store(&j, 300, &tsn));
	pos_journal_close(&j);
	for (size_t len = 0; len <= m->len; len++) {
		memcpy(cut->at, m->at, len);
		cut->len = cut->synced = len;
		REQUIRE_OK(pos_journal_open(&j, &cut->disk, "40010007"));
		CHECK_I64("records", j.held, len == m->len);
		CHECK_I64("sale", j.last.tsn, len >= before ? 1 : 0);
		if (j.pending == POS_PENDING_NONE)
			CHECK_OK(sell(&j, 5));
		pos_journal_close(&j);
	}
	free(cut);
	free(m);
}

TEST(journal_refuses_what_is_not_its_own_and_what_is_damaged)
{
	struct memory_disk *m = memory_new();
	struct pos_journal j;
	size_t len;

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	for (int i = 0; i < 40; i++)
		CHECK_OK(sell(&j, 100));
	pos_journal_close(&j);
	len = m->len;
	CHECK_RESULT("another till", pos_journal_open(&j, &m->disk, "40010008"),
	             POS_JOURNAL_FOREIGN);
	m->at[100] ^= 1;
	CHECK_RESULT("a changed byte", pos_journal_open(&j, &m->disk, "40010007"),
	             POS_JOURNAL_DAMAGED);
	CHECK_I64("nothing was cut", m->len, len);
	memset(m->at, 'x', 2000);
	CHECK_RESULT("another file", pos_journal_open(&j, &m->disk, "40010007"),
	             POS_JOURNAL_DAMAGED);
	free(m);
}

TEST(journal_stops_for_good_after_a_failed_sync)
{
	struct memory_disk *m = memory_new();
	struct pos_journal j;
	uint64_t tsn;

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	m->fail_sync_in = 1;
	CHECK_RESULT("the sync", sell(&j, 100), FILE_WRITE);
	CHECK_I64("not believed", j.pending, POS_PENDING_NONE);
	CHECK_RESULT("no retry", sell(&j, 100), FILE_WRITE);
	pos_journal_close(&j);
	free(m);
}

TEST(journal_refuses_steps_out_of_order)
{
	struct memory_disk *m = memory_new();
	struct pos_journal j;
	struct pos_draft d;
	uint64_t tsn;

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	CHECK_RESULT("", pos_journal_reversed(&j), POS_JOURNAL_STATE);
	CHECK_RESULT("", pos_journal_reversing(&j, tsn, "98"), POS_JOURNAL_STATE);
	CHECK_RESULT("", pos_journal_outcome(&j, &(struct pos_outcome){ .tsn = tsn }),
	             POS_JOURNAL_STATE);
	d = draft(tsn, POS_PURCHASE, 1);
	CHECK_OK(pos_journal_sent(&j, &d));
	CHECK_RESULT("one at a time", pos_journal_sent(&j, &d), POS_JOURNAL_STATE);
	CHECK_RESULT("other number",
	             pos_journal_outcome(&j, &(struct pos_outcome){ .tsn = tsn + 1 }),
	             POS_JOURNAL_STATE);
	pos_journal_close(&j);
	free(m);
}

TEST(journal_written_anew_remembers_the_same)
{
	char path[256];
	struct pos_disk_file file, other;
	struct pos_journal j;
	struct pos_draft d;
	uint64_t tsn, held = 0, reserved;
	off_t long_size;

	snprintf(path, sizeof path, "%s/compact.journal", test_dir());
	REQUIRE_OK(pos_disk_open(&file, path));
	CHECK_RESULT("one user", pos_disk_open(&other, path), POS_JOURNAL_BUSY);
	REQUIRE_OK(pos_journal_open(&j, &file.disk, "40010007"));
	file.disk.sync = memory_sync_nothing;
	for (int i = 0; i < 9000; i++)
		REQUIRE_OK(sell(&j, 10));
	CHECK_OK(store(&j, 77, &held));
	CHECK_OK(pos_journal_tsn(&j, &tsn));
	d = draft(tsn, POS_VOID, 10);
	d.original_tsn = j.last.tsn;
	CHECK_OK(pos_journal_sent(&j, &d));
	reserved = j.reserved_tsn;
	pos_journal_close(&j);
	pos_disk_close(&file);

	REQUIRE_OK(pos_disk_open(&file, path));
	long_size = lseek(file.fd, 0, SEEK_END);
	REQUIRE_OK(pos_journal_open(&j, &file.disk, "40010007"));
	CHECK(lseek(file.fd, 0, SEEK_END) < long_size / 10);
	pos_journal_close(&j);
	pos_disk_close(&file);

	REQUIRE_OK(pos_disk_open(&file, path));
	REQUIRE_OK(pos_journal_open(&j, &file.disk, "40010007"));
	CHECK_I64("numbers", j.next_tsn, reserved);
	CHECK_I64("pending", j.pending, POS_PENDING_SENT);
	CHECK_I64("held", pos_journal_next_record(&j, 0)->tsn, held);
	CHECK_I64("class", j.totals[0].sum_fen, 90077);
	CHECK(pos_journal_sale(&j, 0) != NULL);
	CHECK_OK(pos_journal_outcome(
	        &j, &(struct pos_outcome){ .tsn = tsn, .approved = true, .code = "00" }));
	CHECK(pos_journal_sale(&j, d.original_tsn)->undone);
	CHECK(pos_journal_sale(&j, 0)->draft.tsn < d.original_tsn);
	pos_journal_close(&j);
	pos_disk_close(&file);
}

TEST(journal_holds_many_records_and_frees_them_in_any_order)
{
	struct memory_disk *m = memory_new();
	struct pos_journal j;
	uint64_t tsn[200];

	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	for (size_t i = 0; i < ARRAY_LEN(tsn); i++)
		REQUIRE_OK(store(&j, 1, &tsn[i]));
	for (size_t i = 0; i < ARRAY_LEN(tsn); i += 2)
		CHECK_OK(pos_journal_freed(
		        &j, &(struct pos_freed){ tsn[ARRAY_LEN(tsn) - 2 - i], 0 }, 1));
	CHECK_OK(pos_journal_freed(&j, &(struct pos_freed){ tsn[0], 1 }, 1));
	CHECK_I64("half", j.held, ARRAY_LEN(tsn) / 2);
	for (size_t i = 0; i < 100; i++)
		REQUIRE_OK(store(&j, 1, &tsn[0]));
	pos_journal_close(&j);
	REQUIRE_OK(pos_journal_open(&j, &m->disk, "40010007"));
	CHECK_I64("held", j.held, ARRAY_LEN(tsn) / 2 + 100);
	CHECK_I64("sequence", j.sam_sequence, 300);
	pos_journal_close(&j);
	free(m);
}
