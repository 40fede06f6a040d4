/* SPDX-License-Identifier: Apache-2.0 */
/* The real till, killed with SIGKILL at random moments of a busy day; afterwards counter and book
 * must agree. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "device/pos/pos_test_host.h"
#include "programs/yika_pos_testkit.h"

enum { KILLS = 60, KILL_AFTER_MAX_MS = 250, MS = 1000 };

static struct test_host *begin(struct pos_testkit *k)
{
	struct sam_identity id = { .sam_no = { 0x10, 0, 0x20, 0, 1, 0x23 },
		                   .node_id = "40010007",
		                   .merchant = "YKT300100000042",
		                   .key_version = 1,
		                   .suites = { 1 },
		                   .suite_count = 1 };
	struct secret tik = { .len = SAM_KEY_LEN, .at = { 9, 8, 7 } };
	struct test_host *host = calloc(1, sizeof *host);
	char pass[POS_TESTKIT_PATH + 8];

	ASSERT(host);
	pos_testkit_init(k, "till");
	snprintf(pass, sizeof pass, "%s.pass", k->sam);
	CHECK_OK(sam_create(k->sam, &id, &tik, STR("correct horse"),
	                    (struct passphrase_cost){ 1, 8 }));
	pos_testkit_write(pass, "correct horse\n");
	test_host_start(host, &id, &tik);
	str_copy(str_of(host->address), k->host, sizeof k->host);
	return host;
}

/* What the till said it sold, it sold once: a sale stored or approved is in the book, whatever
 * happened afterwards. */
static size_t check_said(const struct pos_testkit *k, struct test_host *host)
{
	FILE *f = fopen(k->out, "r");
	char line[1024];
	size_t said = 0;

	ASSERT(f);
	while (fgets(line, sizeof line, f)) {
		struct test_host_key key;
		unsigned long long tsn;

		if (sscanf(line, "sale tsn=%llu", &tsn) != 1 ||
		    (!strstr(line, " approved ") && !strstr(line, " stored ")))
			continue;
		said++;
		if (!test_host_find(host, tsn, &key) || key.state != TEST_HOST_POSTED)
			CHECK_STR("in the book", line, "");
	}
	fclose(f);
	return said;
}

TEST(till_killed_at_random_moments_neither_loses_nor_doubles_a_sale)
{
	struct random_seeded random;
	struct pos_testkit k;
	struct pos_testkit_day day;
	struct test_host *host = begin(&k);
	size_t said;

	random_seeded_init(&random, 42);
	for (int i = 0; i < KILLS; i++) {
		pid_t pid =
		        pos_testkit_till(&k, i % 3 == 2 ? pos_testkit_offline : pos_testkit_online);

		usleep((unsigned)random_below(&random, (uint64_t)KILL_AFTER_MAX_MS * MS));
		kill(pid, SIGKILL);
		CHECK(pos_testkit_wait(pid) == -SIGKILL);
	}
	CHECK_I64("a last, quiet run",
	          pos_testkit_wait(pos_testkit_till(
	                  &k, "limit 30\nwait online\nexpect online\nwait 1\nupload\n"
	                      "expect held=0\nsale 1 card 180001\nexpect approved\n"
	                      "status\nexpect pending=0\n")),
	          0);
	said = check_said(&k, host);
	pos_testkit_day(&k, "40010007", &day);
	CHECK(!day.pending && day.held == 0 && day.count >= said);
	CHECK_I64("the book has what the counter sold", test_host_balance(host),
	          TEST_HOST_OPENING_FEN - day.sold_fen);
	CHECK_I64("records are authentic", host->bad_records, 0);
	test_note("%d kills, %u sales durable at the till, %zu said, %u sign-ins", KILLS, day.count,
	          said, host->sign_ins);
	test_host_stop(host);
	free(host);
}
