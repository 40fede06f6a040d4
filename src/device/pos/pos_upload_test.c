/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_upload.h"

#include <stdlib.h>

#include "harness/test.h"

enum { MS = 1000, COUNT = 1000 };

/* A journal with records 1…count, without a medium. */
static void fake_journal(struct pos_journal *j, size_t count)
{
	*j = (struct pos_journal){ .records = calloc(count, sizeof *j->records),
		                   .record_end = count,
		                   .held = count };
	ASSERT(j->records);
	for (size_t i = 0; i < count; i++) {
		j->records[i].tsn = i + 1;
		j->records[i].bytes[0] = 1;
	}
}

static void fake_free(struct pos_journal *j, const struct pos_freed *freed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CHECK(!j->records[freed[i].tsn - 1].freed);
		j->records[freed[i].tsn - 1].freed = true;
		j->held--;
	}
}

static void answer(struct pos_upload *u, struct pos_journal *j, const struct pos_upload_message *m,
                   uint8_t status, int64_t now)
{
	struct pos_upload_reply reply = { .acknowledged = m->sequence, .count = m->count };
	struct pos_freed freed[POS_FREED_MAX];
	size_t count;

	for (size_t i = 0; i < m->count; i++)
		reply.rows[i] = (struct pos_freed){ m->tsn[i], status };
	pos_upload_answer(u, &reply, now, freed, &count);
	fake_free(j, freed, count);
}

TEST(upload_keeps_a_window_and_closes_the_batch_when_asked)
{
	struct pos_upload u;
	struct pos_upload_commands out;
	struct pos_journal j;
	int64_t now = 0;
	size_t rounds = 0;

	fake_journal(&j, COUNT);
	pos_upload_init(&u, 500);
	pos_upload_close(&u);
	pos_upload_step(&u, &j, now, &out);
	CHECK_I64("window", out.count, POS_UPLOAD_WINDOW);
	CHECK_I64("first sequence", out.at[0].message->sequence, 500);
	CHECK_I64("full", out.at[0].message->count, POS_UPLOAD_RECORDS_MAX);
	CHECK_I64("wake", out.wake_us, (int64_t)POS_T7_MS * MS);
	while (j.held > 0 && rounds++ < 100) {
		struct pos_upload_message first = *out.at[0].message;

		answer(&u, &j, &first, (uint8_t)(rounds % 3), now);
		pos_upload_step(&u, &j, now += MS, &out);
		if (out.count == 0)
			pos_upload_step(&u, &j, now += (int64_t)POS_T7_MS * MS, &out);
	}
	CHECK_I64("all went", j.held, 0);
	CHECK_I64("end", out.at[0].kind, POS_UPLOAD_SEND_END);
	pos_upload_step(&u, &j, now += MS, &out);
	CHECK_I64("one end at a time", out.count, 0);
	pos_upload_step(&u, &j, now += (int64_t)POS_T7_MS * MS, &out);
	CHECK_I64("end again", out.count, 1);
	pos_upload_end_answered(&u);
	pos_upload_step(&u, &j, now += (int64_t)POS_T7_MS * MS, &out);
	CHECK_I64("quiet", out.count, 0);
	CHECK_I64("for ever", out.wake_us, INT64_MAX);
	free(j.records);
}

TEST(upload_repeats_the_same_message_until_it_is_answered)
{
	struct pos_upload u;
	struct pos_upload_commands out;
	struct pos_journal j;

	fake_journal(&j, 3);
	pos_upload_init(&u, 1);
	pos_upload_step(&u, &j, 0, &out);
	CHECK_I64("first", out.at[0].message->sends, 1);
	pos_upload_step(&u, &j, 5000 * MS, &out);
	CHECK_I64("not yet", out.count, 0);
	for (unsigned i = 1; i < 20; i++) {
		pos_upload_step(&u, &j, (int64_t)i * POS_T7_MS * MS, &out);
		REQUIRE(out.count == 1);
		CHECK_I64("sends", out.at[0].message->sends, i + 1);
		CHECK_I64("sequence", out.at[0].message->sequence, 1);
	}
	pos_upload_reset(&u);
	pos_upload_step(&u, &j, 0, &out);
	CHECK_I64("at once after a new line", out.count, 1);
	free(j.records);
}

TEST(upload_keeps_what_the_host_did_not_take)
{
	struct pos_upload u;
	struct pos_upload_commands out;
	struct pos_journal j;
	struct pos_upload_message sent;

	fake_journal(&j, 2);
	pos_upload_init(&u, 1);
	pos_upload_step(&u, &j, 0, &out);
	sent = *out.at[0].message;
	answer(&u, &j, &sent, 3, 0);
	CHECK_I64("held", j.held, 2);
	pos_upload_step(&u, &j, 0, &out);
	CHECK_I64("not at once", out.count, 0);
	CHECK_I64("after the back-off", out.wake_us, (int64_t)POS_T7_BACKOFF_MS * MS);
	pos_upload_step(&u, &j, (int64_t)POS_T7_BACKOFF_MS * MS, &out);
	REQUIRE(out.count == 1);
	CHECK_I64("a new message", out.at[0].message->sequence, 2);
	answer(&u, &j, &sent, 0, 0);
	CHECK_I64("an old answer frees nothing", j.held, 2);
	pos_upload_refused(&u, 2, 0);
	pos_upload_step(&u, &j, 0, &out);
	CHECK_I64("refused as a whole", out.count, 0);
	pos_upload_step(&u, &j, 2LL * POS_T7_BACKOFF_MS * MS, &out);
	CHECK_I64("again", out.at[0].message->sequence, 2);
	free(j.records);
}

TEST(upload_frees_only_what_it_asked)
{
	struct pos_upload u;
	struct pos_upload_commands out;
	struct pos_journal j;
	struct pos_upload_reply reply = { .acknowledged = 1,
		                          .count = 3,
		                          .rows = { { 1, 0 }, { 99, 0 }, { 2, 9 } } };
	struct pos_freed freed[POS_FREED_MAX];
	size_t count;

	fake_journal(&j, 2);
	pos_upload_init(&u, 1);
	pos_upload_step(&u, &j, 0, &out);
	pos_upload_answer(&u, &reply, 0, freed, &count);
	CHECK_I64("count", count, 1);
	CHECK_I64("which", freed[0].tsn, 1);
	CHECK(pos_upload_bytes(&j, 2) != NULL);
	CHECK(pos_upload_bytes(&j, 3) == NULL);
	free(j.records);
}
