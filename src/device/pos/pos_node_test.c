/* SPDX-License-Identifier: Apache-2.0 */
/* The till against a host over TCP: the script is what a clerk does, the host's book is what came
 * of it. */
#include <stdlib.h>
#include <unistd.h>

#include "device/pos/pos_script.h"
#include "device/pos/pos_test_host.h"
#include "harness/test.h"

#define CARD "9119623000100001"

struct bench {
	struct test_host *host;
	struct sam *sam;
	struct pos_disk_file disk;
	struct pos_journal journal;
	struct pos_till *till;
	struct pos_script script;
	struct random_seeded random;
	FILE *out;
};

static struct sam *make_sam(struct sam_identity *id, struct secret *tik)
{
	uint8_t file[SAM_FILE_MAX];
	struct writer w = writer_of(file, sizeof file);
	struct sam *sam = NULL;

	*id = (struct sam_identity){ .sam_no = { 0x10, 0, 0x20, 0, 1, 0x23 },
		                     .node_id = "40010007",
		                     .merchant = "YKT300100000042",
		                     .key_version = 1,
		                     .suites = { 1, 2 },
		                     .suite_count = 2 };
	*tik = (struct secret){ .len = SAM_KEY_LEN, .at = { 1, 2, 3 } };
	CHECK_OK(sam_seal(id, tik, STR("correct horse"), (struct passphrase_cost){ 1, 8 },
	                  random_system(), &w));
	CHECK_OK(sam_unseal(writer_bytes(&w), STR("correct horse"), &sam));
	return sam;
}

static void open_till(struct bench *b, const char *journal)
{
	struct pos_till_config config = {
		.language = POS_ENGLISH,
		.facts = { .school_en = "Demo University", .fixed_fen = { 300 } },
		.done = pos_script_done,
		.arg = &b->script,
		.node = { .host = b->host->address,
		          .sam = b->sam,
		          .clock = clock_system(),
		          .random = &b->random.source,
		          .software = "test",
		          .offline = { 5000, 12000 } },
	};

	CHECK_OK(pos_disk_open(&b->disk, journal));
	CHECK_OK(pos_journal_open(&b->journal, &b->disk.disk, "40010007"));
	pos_script_init(&b->script, b->till, b->out);
	b->script.till = b->till;
	CHECK_OK(pos_till_open(b->till, &config, &b->journal));
}

static void close_till(struct bench *b)
{
	pos_till_close(b->till);
	pos_journal_close(&b->journal);
	pos_disk_close(&b->disk);
}

static void begin(struct bench *b, const char *name)
{
	static char path[256];
	struct sam_identity id;
	struct secret tik;

	memset(b, 0, sizeof *b);
	b->host = calloc(1, sizeof *b->host);
	b->till = calloc(1, sizeof *b->till);
	b->out = fopen("/dev/null", "w");
	ASSERT(b->host && b->till && b->out);
	random_seeded_init(&b->random, 3);
	b->sam = make_sam(&id, &tik);
	test_host_start(b->host, &id, &tik);
	snprintf(path, sizeof path, "%s/%s.journal", test_dir(), name);
	open_till(b, path);
}

static void end(struct bench *b)
{
	close_till(b);
	test_host_stop(b->host);
	sam_close(b->sam);
	fclose(b->out);
	free(b->till);
	free(b->host);
}

/* Lines of a script, each followed by what its answer must hold after " => ". */
static void play(struct bench *b, const char *const *lines)
{
	for (; *lines; lines++) {
		const char *want = strstr(*lines, " => ");
		struct str line = { *lines, want ? (size_t)(want - *lines) : strlen(*lines) };
		result r = pos_script_line(&b->script, line);

		if (!test_result(*lines, r, SUCCESS, "script", __FILE__, __LINE__))
			return;
		if (want && !strstr(b->script.answer, want + 4))
			CHECK_STR(*lines, b->script.answer, want + 4);
	}
}

TEST(node_signs_in_and_sells)
{
	static const char *const lines[] = {
		"wait online => online",
		"sale 12.50 card " CARD " => tsn=1 amount=12.50 approved code=00 balance=999987.50",
		"balance card " CARD " => approved code=00 balance=999987.50",
		"sale 2000000 card " CARD " => declined code=51",
		"void => approved code=00 balance=1000000.00",
		"void => refused POS_NO_SALE",
		"sale 10 card " CARD " => approved",
		"refund 3 of 5 by 0042 => approved code=00 balance=999993.00",
		"topup 50 card " CARD " => approved code=00 balance=1000043.00",
		"refund 3 of 999 => refused POS_NO_SALE",
		"status => online held=0 batch=7",
		NULL,
	};
	struct bench b;

	begin(&b, "sells");
	play(&b, lines);
	CHECK_I64("one session", b.host->sign_ins, 1);
	end(&b);
}

TEST(node_sells_without_the_host_within_limits_and_uploads_on_return)
{
	static const char *const lines[] = {
		"wait online => online",
		"sale 1 card " CARD " => approved",
		"offline on",
		"sale 30 card " CARD " => stored code=00",
		"sale 20.01 card " CARD " => refused POS_OFFLINE_LIMIT",
		"sale 20 card " CARD " => stored",
		"sale 50 card 9119623000100002 => stored",
		"sale 20.01 card 9119623000100003 => refused POS_OFFLINE_LIMIT",
		"topup 5 card " CARD " => refused POS_OFFLINE_REFUSED",
		"void => refused POS_OFFLINE_REFUSED",
		"status => offline held=3",
		"offline off",
		"wait online => online",
		"upload => upload done held=0",
		"sale 30 card " CARD " => approved",
		NULL,
	};
	struct bench b;

	begin(&b, "offline");
	play(&b, lines);
	CHECK_I64("book", test_host_balance(b.host), TEST_HOST_OPENING_FEN - 100 - 10000 - 3000);
	CHECK_I64("every record is authentic", b.host->bad_records, 0);
	end(&b);
}

TEST(node_comes_through_a_bad_line)
{
	static const char *const lines[] = {
		"limit 40",
		"repeat 60 sale 1 card " CARD,
		"limit 100",
		NULL,
	};
	struct bench b;
	struct pos_sale sales[POS_SALES_MAX];
	int64_t want = TEST_HOST_OPENING_FEN;

	begin(&b, "badline");
	play(&b, (const char *const[]){ "wait online => online", NULL });
	test_host_faults(b.host, (struct test_host_faults){
	                                 .lose_request = 100, .lose_reply = 100, .cut = 500 });
	play(&b, lines);
	test_host_faults(b.host, (struct test_host_faults){ .lose_request = 0 });
	play(&b, (const char *const[]){ "wait 1", "wait online => online", "sale 1 card " CARD,
	                                "upload => held=0", NULL });
	memcpy(sales, b.journal.sales, sizeof sales);
	for (size_t i = 0; i < b.journal.total_count; i++)
		want -= b.journal.totals[i].class == 0x22 ? (int64_t)b.journal.totals[i].sum_fen
		                                          : 0;
	CHECK_I64("what the counter has, the book has", test_host_balance(b.host), want);
	CHECK_I64("nothing pending", b.journal.pending, POS_PENDING_NONE);
	end(&b);
}

TEST(node_believes_only_signed_answers)
{
	struct bench b;

	begin(&b, "forged");
	play(&b, (const char *const[]){ "wait online => online", "limit 2", NULL });
	test_host_faults(b.host, (struct test_host_faults){ .forge = true });
	play(&b, (const char *const[]){ "sale 1 card " CARD " => unfinished", NULL });
	test_host_faults(b.host, (struct test_host_faults){ .forge = false });
	play(&b, (const char *const[]){ "wait 4", "status => pending=0", NULL });
	CHECK(b.journal.last.approved);
	end(&b);
}

TEST(node_does_not_talk_to_a_host_that_does_not_know_its_key)
{
	struct bench b;

	begin(&b, "wrong");
	test_host_faults(b.host, (struct test_host_faults){ .wrong_proof = true });
	play(&b, (const char *const[]){ "limit 1", "wait online => not online", NULL });
	CHECK_I64("no session", b.host->sign_ins, 0);
	end(&b);
}

TEST(node_signs_in_again_when_told)
{
	struct bench b;

	begin(&b, "again");
	play(&b, (const char *const[]){ "wait online => online", NULL });
	test_host_faults(b.host, (struct test_host_faults){ .directive = 3 });
	play(&b, (const char *const[]){ "sale 1 card " CARD " => approved", NULL });
	test_host_faults(b.host, (struct test_host_faults){ .directive = 0 });
	play(&b, (const char *const[]){ "wait 1", "sale 1 card " CARD " => approved", NULL });
	CHECK(b.host->sign_ins >= 2);
	test_host_faults(b.host, (struct test_host_faults){ .directive = 9 });
	play(&b, (const char *const[]){ "sale 1 card " CARD " => approved",
	                                "sale 1 card " CARD " => refused POS_LOCKED", "wait 1",
	                                "screen => screen closed", NULL });
	end(&b);
}

TEST(node_settles_its_batch)
{
	struct bench b;

	begin(&b, "settle");
	play(&b, (const char *const[]){
	                 "wait online => online", "sale 1 card " CARD " => approved",
	                 "sale 2 card " CARD " => approved", "settle => settle equal", "wait 1",
	                 "status => batch=8", "settle => settle unequal", "wait 1",
	                 "upload => upload done", "wait 1", "status => batch=9", NULL });
	end(&b);
}

TEST(node_and_screen_work_together)
{
	struct bench b;

	begin(&b, "screen");
	play(&b, (const char *const[]){
	                 "wait online => online",
	                 "screen => screen idle",
	                 "keys 12.50e",
	                 "screen => screen armed",
	                 "card " CARD,
	                 "screen => screen paid",
	                 "screen => Paid. Balance ¥999,987.50",
	                 "lift",
	                 "keys a",
	                 "keys f",
	                 "card 9119623000100002",
	                 "screen => ¥3.00",
	                 "keys a",
	                 "keys ve",
	                 "wait 1",
	                 "screen => Paid. Balance ¥999,987.50",
	                 "offline on",
	                 "screen => OFFLINE max ¥50.00  unsent 0",
	                 NULL,
	         });
	end(&b);
}

TEST(node_reverses_after_a_restart_what_it_had_asked)
{
	struct bench b;
	struct test_host_key k;
	char path[256];

	begin(&b, "restart");
	snprintf(path, sizeof path, "%s/restart.journal", test_dir());
	play(&b, (const char *const[]){ "wait online => online", "limit 1", NULL });
	test_host_faults(b.host, (struct test_host_faults){ .lose_reply = 10000 });
	play(&b, (const char *const[]){ "sale 7 card " CARD " => unfinished", NULL });
	close_till(&b);
	test_host_faults(b.host, (struct test_host_faults){ .lose_reply = 0 });
	open_till(&b, path);
	pos_script_boot(&b.script);
	CHECK_STR("boot", b.script.answer, "boot node=40010007 last=0 pending=1 reversing held=0");
	play(&b, (const char *const[]){ "limit 10", "wait online => online", "wait 1",
	                                "status => pending=0", NULL });
	CHECK(test_host_find(b.host, 1, &k) && k.state == TEST_HOST_REVERSED);
	CHECK_I64("net zero", test_host_balance(b.host), TEST_HOST_OPENING_FEN);
	end(&b);
}

/* An hour slow. */
static struct instant an_hour_ago(const struct clock *c)
{
	(void)c;
	return (struct instant){ clock_now(clock_system()).us - 3600 * (int64_t)SECOND_US };
}

TEST(node_with_a_wrong_clock_takes_the_hosts_time_to_sign_in)
{
	static const struct clock slow = { an_hour_ago };
	struct bench b;

	begin(&b, "clock");
	test_host_faults(b.host, (struct test_host_faults){ .clock = true });
	b.till->node.config.clock = &slow;
	play(&b, (const char *const[]){ "wait online => online", NULL });
	CHECK_I64("refused once", b.host->clocks_refused, 1);
	CHECK_I64("then in", b.host->sign_ins, 1);
	/* What the refusal said was good for one try; the signed answer has set the clock. */
	CHECK_I64("nothing left of the advice", b.till->node.advised_us, 0);
	CHECK(llabs(b.till->node.clock_offset_us - 3600 * (int64_t)SECOND_US) <
	      2 * (int64_t)SECOND_US);
	end(&b);
}

TEST(script_names_the_line_that_is_wrong)
{
	static const struct {
		const char *line;
		enum result_code code;
	} rows[] = {
		{ "# remark", SUCCESS },          { "", SUCCESS },
		{ "dance", POS_SCRIPT },          { "sale", POS_SCRIPT },
		{ "sale 1", POS_SCRIPT },         { "sale x card 1", POS_SCRIPT },
		{ "sale -1 card 1", POS_SCRIPT }, { "sale 1 card abc", POS_SCRIPT },
		{ "offline maybe", POS_SCRIPT },  { "wait long", POS_SCRIPT },
		{ "repeat x status", POS_SCRIPT }, { "keys 1?", POS_SCRIPT },
		{ "expect nothing like it", POS_EXPECT }, { "expect-not nothing like it", SUCCESS },
		{ "status", SUCCESS },            { "expect offline", SUCCESS },
		{ "expect-not offline", POS_EXPECT }, { "limit 0", POS_SCRIPT },
	}, *row;
	struct bench b;

	begin(&b, "syntax");
	EACH (row, rows)
		CHECK_RESULT(row->line, pos_script_line(&b.script, str_of(row->line)), row->code);
	end(&b);
}
