/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: answers after durability, undo of one request, bounds of the queue, failures of the
 * store, two owners. */
#include "ledger/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rand.h"
#include "harness/test.h"
#include "ledger/ledger_test_sql.h"
#include "ledger/ledger_testkit.h"
#include "ledger/verify.h"

/* A sink that notes what it was given. */
struct notes {
	struct ledger_sink sink;
	size_t deliveries, answers;
	struct ledger_request *order[64];
};

static void take_notes(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	struct notes *notes = (struct notes *)sink;

	notes->deliveries++;
	for (size_t i = 0; i < n; i++)
		notes->order[notes->answers++ % ARRAY_LEN(notes->order)] = requests[i];
}

struct job {
	struct ledger_request request;
	struct book_event event;
	struct book_outcome out;
	result fail;    /* after posting */
	int64_t insert; /* a row for SQL; 0 none */
};

static result do_job(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	if (j->insert)
		TRY(db_execute(tx->db, &sql_test_insert, DB_ARGS(db_arg_i64(j->insert)), NULL));
	if (j->event.number)
		TRY(ledger_post(tx, &j->event, &j->out));
	return j->fail;
}

static void set_job(struct job *j, const struct kit *kit, struct notes *notes, uint64_t number)
{
	*j = (struct job){ .event = kit_purchase_event(kit, 1000, number, 1, 10) };
	j->request = (struct ledger_request){ .work = do_job, .arg = j, .sink = &notes->sink };
	notes->sink.deliver = take_notes;
}

static void submit(struct kit *kit, struct job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ledger_request *one = &jobs[i].request;

		CHECK_I64("accepted", ledger_writer_submit(kit->writer, &one, 1), 1);
	}
}

static void run(struct kit *kit, size_t want)
{
	size_t n;

	CHECK_OK(ledger_writer_run_once(kit->writer, &n));
	CHECK_I64("requests of the batch", n, want);
}

TEST(answers_come_once_a_batch_and_sink_in_order)
{
	struct kit kit;
	struct notes a = { 0 }, b = { 0 };
	struct job jobs[6];

	REQUIRE_OK(kit_open(&kit, KIT_MEMORY));
	kit_topup(&kit, 1, 1000);
	for (size_t i = 0; i < 6; i++)
		set_job(&jobs[i], &kit, i % 2 ? &a : &b, i + 1);
	submit(&kit, jobs, 6);
	run(&kit, 6);
	CHECK_I64("one delivery a sink", a.deliveries, 1);
	CHECK_I64("", b.deliveries, 1);
	CHECK_I64("", a.answers, 3);
	CHECK(b.order[0] == &jobs[0].request && b.order[1] == &jobs[2].request &&
	      b.order[2] == &jobs[4].request);
	CHECK_I64("one batch, six rows", jobs[5].out.lsn - jobs[0].out.lsn, 5);
	kit_check_verify(&kit);
	kit_close(&kit);
}

/* ---- told that they run soon ---- */

struct told {
	struct ledger_request request;
	size_t told;   /* how often */
	bool was_told; /* before work ran */
	uint32_t account, source;
};

static void told_soon(const struct ledger_tx *tx, const void *arg)
{
	struct told *t = (struct told *)(uintptr_t)arg; /* the test's own */

	t->told++;
	ledger_soon_account(tx, t->account);
	ledger_soon_source(tx, t->source);
}

static result told_work(struct ledger_tx *tx, void *arg)
{
	struct told *t = arg;

	(void)tx;
	t->was_told = t->told > 0;
	return OK;
}

TEST(every_request_is_told_once_before_it_runs)
{
	static struct told all[100];
	struct kit kit;
	struct notes notes = { .sink.deliver = take_notes };
	size_t batches[] = { 1, 15, 16, 17, 33, ARRAY_LEN(all) }, *n;

	REQUIRE_OK(kit_open(&kit, KIT_MEMORY));
	kit_topup(&kit, 1, 1000);
	EACH (n, batches) {
		for (size_t i = 0; i < *n; i++) {
			struct ledger_request *one = &all[i].request;

			all[i] = (struct told){ .account = i % 2 ? (uint32_t)i : UINT32_MAX,
				                .source = (uint32_t)i };
			all[i].request = (struct ledger_request){ .work = told_work,
				                                  .arg = &all[i],
				                                  .sink = &notes.sink };
			if (i % 3) /* some do not want to know */
				all[i].request.soon = told_soon;
			CHECK_I64("accepted", ledger_writer_submit(kit.writer, &one, 1), 1);
		}
		run(&kit, *n);
		for (size_t i = 0; i < *n; i++) {
			CHECK_I64("told", all[i].told, i % 3 ? 1 : 0);
			CHECK_I64("before", all[i].was_told, i % 3 ? 1 : 0);
		}
	}
	kit_check_verify(&kit);
	kit_close(&kit);
}

TEST(a_request_that_fails_takes_back_only_itself)
{
	static const enum kit_engine engines[] = { KIT_SQLITE, KIT_POSTGRES };
	const enum kit_engine *engine;

	EACH (engine, engines) {
		struct kit kit;
		struct notes notes = { 0 };
		struct job jobs[4];
		struct db_tx *tx;
		int64_t count;

		REQUIRE_OK(kit_open(&kit, *engine));
		kit_topup(&kit, 1, 1000);
		for (size_t i = 0; i < 4; i++) {
			set_job(&jobs[i], &kit, &notes, i + 1);
			jobs[i].request.sql = true;
			jobs[i].insert = (int64_t)i + 1;
		}
		jobs[1].fail = (result){ LEDGER_EVENT };
		jobs[2].insert = 1; /* a duplicate: the statement itself fails */
		submit(&kit, jobs, 4);
		run(&kit, 4);
		CHECK_I64(kit.name, jobs[0].request.result.code, SUCCESS);
		CHECK_I64(kit.name, jobs[1].request.result.code, LEDGER_EVENT);
		CHECK_I64(kit.name, jobs[2].request.result.code, DB_DUPLICATE);
		CHECK_I64(kit.name, jobs[3].request.result.code, SUCCESS);
		CHECK_I64("two purchases", kit_balance(&kit, kit.purse[1]), 980);
		REQUIRE_OK(db_begin(ledger_store_db(kit.store), &tx));
		CHECK_OK(db_select_i64(tx, &sql_test_count, DB_NO_ARGS, &count));
		CHECK_I64("two rows", count, 2);
		CHECK_OK(db_execute(tx, &sql_test_forget, DB_NO_ARGS, NULL));
		REQUIRE_OK(db_commit(tx));
		kit_check_verify(&kit);
		kit_close(&kit);
	}
}

TEST(the_queue_is_bounded_by_count_and_by_age)
{
	struct kit kit;
	struct notes notes = { 0 };
	struct job jobs[5];
	struct ledger_request *all[5];

	REQUIRE_OK(kit_open(&kit, KIT_MEMORY));
	ledger_writer_close(kit.writer);
	kit.config.queue_max = 3;
	REQUIRE_OK(ledger_writer_open(kit.store, &kit.config, &kit.writer));
	kit_topup(&kit, 1, 1000);
	for (size_t i = 0; i < 5; i++) {
		set_job(&jobs[i], &kit, &notes, i + 1);
		all[i] = &jobs[i].request;
	}
	jobs[1].request.expires_us = 1; /* long ago */
	CHECK_I64("the rest is busy", ledger_writer_submit(kit.writer, all, 5), 3);
	run(&kit, 3);
	CHECK_I64("", jobs[0].request.result.code, SUCCESS);
	CHECK_I64("too old", jobs[1].request.result.code, LEDGER_LATE);
	CHECK_STR("", result_field39((result){ LEDGER_BUSY }), "91");
	CHECK_I64("two purchases", kit_balance(&kit, kit.purse[1]), 980);
	kit_check_verify(&kit);
	kit_close(&kit);
}

TEST(a_full_batch_leaves_the_rest_for_the_next)
{
	struct kit kit;
	struct notes notes = { 0 };
	struct job jobs[30];

	REQUIRE_OK(kit_open(&kit, KIT_MEMORY));
	kit_topup(&kit, 1, 1000);
	ledger_writer_close(kit.writer);
	kit.config.rows_max = 24;
	REQUIRE_OK(ledger_writer_open(kit.store, &kit.config, &kit.writer));
	for (size_t i = 0; i < 30; i++)
		set_job(&jobs[i], &kit, &notes, i + 1);
	submit(&kit, jobs, 30);
	run(&kit, 16); /* an event may need nine rows: 24 - 8 */
	run(&kit, 14);
	CHECK_I64("", notes.answers, 30);
	CHECK_I64("", kit_balance(&kit, kit.purse[1]), 700);
	kit_check_verify(&kit);
	kit_close(&kit);
}

/* ---- failures of the store ---- */

static int fatal_count;

static void note_fatal(void *arg, result r)
{
	(void)arg;
	(void)r;
	fatal_count++;
}

static void open_with_fatal(struct kit *kit)
{
	REQUIRE_OK(kit_open(kit, KIT_MEMORY));
	kit_topup(kit, 1, 1000);
	ledger_writer_close(kit->writer);
	kit->config.fatal = note_fatal;
	REQUIRE_OK(ledger_writer_open(kit->store, &kit->config, &kit->writer));
	fatal_count = 0;
}

TEST(after_a_failed_commit_nothing_is_answered_and_the_truth_is_in_the_store)
{
	static const struct {
		const char *name;
		bool fail_commit, lose_reply, fail_append;
		int64_t want;
	} rows[] = {
		{ "commit fails", true, false, false, 1000 },
		{ "commit was kept, its reply lost", false, true, false, 990 },
		{ "append fails", false, false, true, 1000 },
	}, *row;

	EACH (row, rows) {
		struct kit kit;
		struct notes notes = { 0 };
		struct job job;
		struct store_faults *faults;
		struct book_outcome out;

		open_with_fatal(&kit);
		faults = ledger_store_memory_faults(kit.store);
		faults->fail_commit = row->fail_commit;
		faults->lose_reply = row->lose_reply;
		faults->fail_append = row->fail_append;
		set_job(&job, &kit, &notes, 1);
		submit(&kit, &job, 1);
		CHECK_RESULT(row->name, ledger_writer_run_once(kit.writer, NULL),
		             LEDGER_FAULT_INJECTED);
		CHECK_I64("no answer", notes.answers, 0);
		CHECK_I64("the process is told to end", fatal_count, 1);
		CHECK_RESULT("and stays stopped", ledger_writer_run_once(kit.writer, NULL),
		             LEDGER_STOPPED);
		ledger_store_memory_crash(kit.store);
		kit_restart(&kit);
		CHECK_I64(row->name, kit_balance(&kit, kit.purse[1]), row->want);
		REQUIRE_OK(kit_purchase(&kit, 1000, 1, 1, 10, &out));
		CHECK_I64("the repeat makes it exactly one", kit_balance(&kit, kit.purse[1]), 990);
		CHECK_I64(row->name, out.replayed, row->lose_reply);
		kit_check_verify(&kit);
		kit_close(&kit);
	}
}

TEST(a_torn_batch_does_not_start)
{
	struct kit kit;
	struct ledger_writer *again;

	open_with_fatal(&kit);
	ledger_writer_close(kit.writer);
	kit.writer = NULL;
	ledger_store_memory_faults(kit.store)->torn = true;
	ledger_store_memory_crash(kit.store);
	CHECK_RESULT("", ledger_writer_open(kit.store, &kit.config, &again), LEDGER_CORRUPT);
	kit_close(&kit);
}

TEST(what_a_lying_disk_loses_was_lost_whole)
{
	struct kit kit;

	open_with_fatal(&kit);
	ledger_store_memory_faults(kit.store)->unsynced = true;
	for (uint64_t n = 1; n <= 20; n++) {
		struct book_outcome out;

		REQUIRE_OK(kit_purchase(&kit, 1000, n, 1, 10, &out));
	}
	kit_idle(&kit);
	ledger_writer_close(kit.writer);
	kit.writer = NULL;
	ledger_store_memory_crash(kit.store);
	kit_restart(&kit);
	CHECK_I64("as before the lie", kit_balance(&kit, kit.purse[1]), 1000);
	kit_check_verify(&kit);
	kit_close(&kit);
}

/* ---- two owners ---- */

TEST(a_second_owner_on_postgresql_stops_the_first)
{
	struct kit first, second;
	struct notes notes = { 0 };
	struct job job;
	struct book_outcome out;

	REQUIRE_OK(kit_open(&first, KIT_POSTGRES));
	kit_topup(&first, 1, 1000);
	ledger_writer_close(first.writer);
	first.config.fatal = note_fatal;
	fatal_count = 0;
	REQUIRE_OK(ledger_writer_open(first.store, &first.config, &first.writer));
	second = first;
	second.store = NULL;
	REQUIRE_OK(ledger_store_open(str_of(first.dsn), STORE_OWNER, "second",
	                             clock_now(&first.clock.clock), &second.store));
	REQUIRE_OK(ledger_writer_open(second.store, &second.config, &second.writer));
	set_job(&job, &first, &notes, 1);
	submit(&first, &job, 1);
	CHECK_RESULT("", ledger_writer_run_once(first.writer, NULL), LEDGER_FENCED);
	CHECK_I64("no answer", notes.answers, 0);
	CHECK_I64("told to end", fatal_count, 1);
	REQUIRE_OK(kit_purchase(&second, 1000, 1, 1, 10, &out));
	CHECK_I64("the new owner posts it", out.code, SUCCESS);
	CHECK_I64("once", out.replayed, false);
	CHECK_I64("", kit_balance(&second, second.purse[1]), 990);
	kit_close(&first);
	kit_check_verify(&second);
	kit_close(&second);
}

TEST(a_second_owner_on_sqlite_does_not_start)
{
	struct kit kit;
	struct ledger_store *store;

	REQUIRE_OK(kit_open(&kit, KIT_SQLITE));
	CHECK_RESULT("",
	             ledger_store_open(str_of(kit.dsn), STORE_OWNER, "second",
	                               clock_now(&kit.clock.clock), &store),
	             DB_LOCKED);
	kit_close(&kit);
}

/* ---- with its thread ---- */

struct many {
	struct kit *kit;
	uint32_t source;
	uint64_t approved;
};

static result buy_one(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	return ledger_post(tx, &j->event, &j->out);
}

static void *buy_many(void *arg)
{
	struct many *m = arg;

	for (uint64_t n = 1; n <= 100; n++) {
		struct job j = { .event = kit_purchase_event(m->kit, m->source, n,
			                                     1 + (int)(n % KIT_HOLDERS), 1) };

		if (is_ok(ledger_call(m->kit->writer, false, buy_one, &j)) && j.out.code == SUCCESS)
			m->approved++;
	}
	return NULL;
}

TEST(many_threads_wait_for_one_writer)
{
	struct kit kit;
	struct many many[4];
	pthread_t threads[4];
	struct ledger_proof proof, begun;
	struct ledger_figures before, after;

	REQUIRE_OK(kit_open(&kit, KIT_SQLITE));
	for (int holder = 1; holder <= KIT_HOLDERS; holder++)
		kit_topup(&kit, holder, 1000);
	ledger_writer_figures(kit.writer, &before);
	ledger_writer_proof(kit.writer, &begun);
	REQUIRE_OK(ledger_writer_start(kit.writer));
	for (uint32_t i = 0; i < 4; i++) {
		many[i] = (struct many){ &kit, 1000 + i, 0 };
		pthread_create(&threads[i], NULL, buy_many, &many[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_I64("approved", many[i].approved, 100);
	}
	ledger_writer_stop(kit.writer);
	ledger_writer_proof(kit.writer, &proof);
	CHECK_I64("views are complete after a stop", proof.views_lsn, proof.rows);
	ledger_writer_figures(kit.writer, &after);
	CHECK_I64("rows are counted", after.rows - before.rows, proof.rows - begun.rows);
	kit_restart(&kit);
	CHECK_I64("takings and purses", kit_balance(&kit, kit.till), 8000);
	kit_check_verify(&kit);
	kit_close(&kit);
}

static void verify_now(struct kit *kit)
{
	struct ledger_store *reader;
	struct verify_report report;

	REQUIRE_OK(ledger_store_open(str_of(kit->dsn), STORE_READER, "verify",
	                             clock_now(&kit->clock.clock), &reader));
	CHECK_OK(ledger_verify(reader, NULL, &report));
	CHECK_STR(kit->name, report.first.text, "");
	ledger_store_close(reader);
}

TEST(verify_runs_beside_a_writer_that_sells)
{
	static const enum kit_engine engines[] = { KIT_SQLITE, KIT_POSTGRES };
	const enum kit_engine *engine;

	EACH (engine, engines) {
		struct kit kit;
		struct many many;
		pthread_t thread;

		REQUIRE_OK(kit_open(&kit, *engine));
		for (int holder = 1; holder <= KIT_HOLDERS; holder++)
			kit_topup(&kit, holder, 1000);
		ledger_writer_close(kit.writer);
		kit.config.replay_rows_max = 60; /* pages all the time */
		REQUIRE_OK(ledger_writer_open(kit.store, &kit.config, &kit.writer));
		REQUIRE_OK(ledger_writer_start(kit.writer));
		many = (struct many){ &kit, 1000, 0 };
		pthread_create(&thread, NULL, buy_many, &many);
		for (int i = 0; i < 6; i++)
			verify_now(&kit);
		pthread_join(thread, NULL);
		CHECK_I64("approved", many.approved, 100);
		kit_close(&kit);
	}
}

TEST(a_day_is_closed_by_the_first_request_after_its_cut_over)
{
	struct kit kit;
	struct book_outcome out;
	struct ledger_proof proof;

	REQUIRE_OK(kit_open(&kit, KIT_SQLITE));
	kit_topup(&kit, 1, 1000);
	clock_manual_set(&kit.clock, (struct instant){ INT64_C(
	                                     1767283200000000) }); /* 2026-01-02 00:00 +08:00 */
	REQUIRE_OK(kit_purchase(&kit, 1000, 1, 1, 10, &out));
	CHECK_I64("booked in the new day", out.row.business_date, 20260102);
	kit_idle(&kit);
	ledger_writer_proof(kit.writer, &proof);
	CHECK_I64("", proof.day.business_date, 20260101);
	CHECK_I64("", proof.day.turnover_fen, 1000);
	CHECK_I64("", proof.day.last_lsn, out.lsn - 1);
	clock_manual_set(&kit.clock, (struct instant){ INT64_C(
	                                     1767232800000000) }); /* a clock that goes back */
	REQUIRE_OK(kit_purchase(&kit, 1000, 2, 1, 10, &out));
	CHECK_I64("the day does not", out.row.business_date, 20260102);
	kit_check_verify(&kit);
	kit_close(&kit);
}
