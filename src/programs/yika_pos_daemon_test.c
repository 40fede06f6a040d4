/* SPDX-License-Identifier: Apache-2.0 */
/* The real till against the real daemon, both killed with SIGKILL at random moments; the balance
 * must be exact. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/money.h"
#include "base/rand.h"
#include "programs/yika_pos_testkit.h"

enum {
	KILLS = 15,              /* YIKA_POS_KILLS for more */
	KILL_AFTER_MIN_MS = 300, /* opening the SAM takes its time */
	KILL_AFTER_MAX_MS = 1500,
	DAEMON_KILL_EVERY = 4,
	MS = 1000,
	OPENING_YUAN = 4000
};

struct site {
	char dir[POS_TESTKIT_PATH], log[POS_TESTKIT_PATH], listen[64];
	pid_t daemon;
};

static void import(const struct site *s, const char *kind, const char *text)
{
	char path[POS_TESTKIT_PATH + 16];
	const char *const argv[] = {
		pos_testkit_program("yika"), "import", "--site", s->dir, "--kind", kind, path, NULL
	};

	snprintf(path, sizeof path, "%s.%s.csv", s->dir, kind);
	pos_testkit_write(path, text);
	pos_testkit_run(argv, s->log);
}

static void make_site(struct site *s, struct pos_testkit *k)
{
	const char *init[] = {
		pos_testkit_program("yika"), "init", "--site", s->dir, "--test-keys", NULL
	};
	char pass[POS_TESTKIT_PATH + 8], openings[64];
	const char *sam[] = { init[0], "sam",  "--site",       s->dir, "--node", "01010001",
		              "--out", k->sam, "--passphrase", pass,   NULL };

	snprintf(s->dir, sizeof s->dir, "%s/site", test_dir());
	snprintf(s->log, sizeof s->log, "%s/site.log", test_dir());
	snprintf(s->listen, sizeof s->listen, "127.0.0.1:%u", pos_testkit_free_port());
	snprintf(pass, sizeof pass, "%s.pass", k->sam);
	snprintf(openings, sizeof openings, "card_no,opening_balance\n180001,%d\n", OPENING_YUAN);
	pos_testkit_write(pass, "correct horse battery\n");
	pos_testkit_run(init, s->log);
	import(s, "merchants", "merchant_no,name\nM1,Canteen\n");
	import(s, "terminals",
	       "node_id,sam_no,merchant_no,type,location,state\n01010001,100020000001,M1,till,Hall,"
	       "active\n");
	import(s, "people", "person_no,name,card_no\n20180001,Li,180001\n");
	import(s, "openings", openings);
	pos_testkit_run(sam, s->log);
	str_copy(str_of(s->listen), k->host, sizeof k->host);
}

static void start_daemon(struct site *s)
{
	char listen[96];
	const char *const argv[] = {
		pos_testkit_program("yikad"), "--site", s->dir, "--set", listen, "--set",
		"web.listen=127.0.0.1:0",     NULL
	};

	snprintf(listen, sizeof listen, "terminal.listen=%s", s->listen);
	s->daemon = pos_testkit_start(argv, s->log, true);
}

static void kill_daemon(struct site *s, int signal_no)
{
	kill(s->daemon, signal_no);
	pos_testkit_wait(s->daemon);
}

/* The balance of the last "balance" line of the till's output, in fen. */
static int64_t told_balance(const struct pos_testkit *k)
{
	FILE *f = fopen(k->out, "r");
	char line[1024], text[32];
	struct money m = { -1 };

	ASSERT(f);
	while (fgets(line, sizeof line, f)) {
		const char *at =
		        strncmp(line, "balance ", 8) == 0 ? strstr(line, "balance=") : NULL;

		if (at && sscanf(at, "balance=%31s", text) == 1)
			CHECK_OK(money_parse(str_of(text), &m));
	}
	fclose(f);
	return m.fen;
}

static unsigned kills(void)
{
	const char *text = getenv("YIKA_POS_KILLS");
	uint64_t n;

	return text && is_ok(str_u64(str_of(text), &n)) && n < 100000 ? (unsigned)n : KILLS;
}

static void pause_at_random(struct random_seeded *random)
{
	uint64_t ms =
	        KILL_AFTER_MIN_MS + random_below(random, KILL_AFTER_MAX_MS - KILL_AFTER_MIN_MS);

	usleep((unsigned)(ms * MS));
}

static void busy_day(struct site *s, const struct pos_testkit *k)
{
	struct random_seeded random;

	random_seeded_init(&random, 7);
	for (unsigned i = 0; i < kills(); i++) {
		pid_t pid =
		        pos_testkit_till(k, i % 3 == 2 ? pos_testkit_offline : pos_testkit_online);

		pause_at_random(&random);
		if (i % DAEMON_KILL_EVERY == 3) {
			kill_daemon(s, SIGKILL);
			start_daemon(s);
			pause_at_random(&random);
		}
		kill(pid, SIGKILL);
		CHECK(pos_testkit_wait(pid) == -SIGKILL);
	}
}

TEST(till_and_daemon_killed_at_random_moments_agree_to_the_fen)
{
	struct site s = { .daemon = 0 };
	struct pos_testkit k;
	struct pos_testkit_day day;
	const char *verify[] = { NULL, "verify", "--site", s.dir, NULL };

	pos_testkit_init(&k, "daemon-till");
	make_site(&s, &k);
	start_daemon(&s);
	busy_day(&s, &k);
	CHECK_I64("a last, quiet run",
	          pos_testkit_wait(pos_testkit_till(
	                  &k, "limit 60\nwait online\nexpect online\nwait 1\nupload\n"
	                      "expect held=0\nstatus\nexpect pending=0\n"
	                      "balance card 180001\nexpect approved\n")),
	          0);
	pos_testkit_day(&k, "01010001", &day);
	CHECK(!day.pending && day.held == 0 && day.count > 0);
	CHECK_I64("the book has what the counter sold", told_balance(&k),
	          OPENING_YUAN * 100 - day.sold_fen);
	CHECK_I64("the batch too",
	          pos_testkit_wait(pos_testkit_till(&k, "limit 60\nwait online\nsettle\n"
	                                                "expect settle equal\n")),
	          0);
	kill_daemon(&s, SIGTERM);
	verify[0] = pos_testkit_program("yika");
	pos_testkit_run(verify, s.log);
	test_note("%u kills of the till, %u of the daemon, %u sales", kills(),
	          kills() / DAEMON_KILL_EVERY, day.count);
}
