/* SPDX-License-Identifier: Apache-2.0 */
/* The real till on a terminal: keys go in, the words of both sides come out. */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "device/pos/pos_test_host.h"
#include "programs/yika_pos_testkit.h"

enum { SEEN_MAX = 1 << 16, WAIT_MS = 20000 };

struct screen {
	struct pos_testkit k;
	struct test_host *host;
	pid_t pid;
	int fd;
	char seen[SEEN_MAX]; /* since the last look */
	size_t len;
};

static void open_screen(struct screen *s, const char *lang)
{
	struct sam_identity id = { .sam_no = { 0x10, 0, 0x20, 0, 1, 0x23 },
		                   .node_id = "40010007",
		                   .merchant = "YKT300100000042",
		                   .key_version = 1,
		                   .suites = { 1 },
		                   .suite_count = 1 };
	struct secret tik = { .len = SAM_KEY_LEN, .at = { 5 } };
	struct winsize size = { .ws_row = 24, .ws_col = 120 };
	char pass[POS_TESTKIT_PATH + 8];
	const char *argv[] = { pos_testkit_program("yika-pos"),
		               "--sam",
		               s->k.sam,
		               "--host",
		               s->k.host,
		               "--journal",
		               s->k.journal,
		               "--lang",
		               lang,
		               "--fixed",
		               "3,5",
		               "--offline",
		               "30:200",
		               NULL };

	pos_testkit_init(&s->k, lang);
	snprintf(pass, sizeof pass, "%s.pass", s->k.sam);
	CHECK_OK(sam_create(s->k.sam, &id, &tik, STR("correct horse"),
	                    (struct passphrase_cost){ 1, 8 }));
	pos_testkit_write(pass, "correct horse\n");
	s->host = calloc(1, sizeof *s->host);
	ASSERT(s->host);
	test_host_start(s->host, &id, &tik);
	str_copy(str_of(s->host->address), s->k.host, sizeof s->k.host);
	s->len = 0;
	s->pid = forkpty(&s->fd, NULL, NULL, &size);
	ASSERT(s->pid >= 0);
	if (s->pid == 0) {
		setenv("TERM", "xterm", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
}

static bool read_some(struct screen *s, int wait_ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, wait_ms) <= 0)
		return false;
	if (s->len + 4096 > sizeof s->seen)
		s->len = 0;
	n = read(s->fd, s->seen + s->len, 4000);
	if (n > 0)
		s->len += (size_t)n;
	return n > 0;
}

/* Wait until the text has been drawn since the last look. */
static void see(struct screen *s, const char *text)
{
	int64_t until = monotonic_us() + WAIT_MS * INT64_C(1000);

	while (!memmem(s->seen, s->len, text, strlen(text)) && monotonic_us() < until)
		(void)read_some(s, 200);
	if (!memmem(s->seen, s->len, text, strlen(text)))
		CHECK_STR("on the screen", "not there", text);
	s->len = 0;
}

static void press(struct screen *s, const char *keys)
{
	ASSERT(write(s->fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

static void close_screen(struct screen *s)
{
	while (read_some(s, 100))
		continue;
	CHECK_I64("ends well", pos_testkit_wait(s->pid), 0);
	close(s->fd);
	test_host_stop(s->host);
	free(s->host);
}

TEST(screen_sells_in_english)
{
	struct screen s;

	open_screen(&s, "en");
	see(&s, "Online");
	press(&s, "12.50\r");
	see(&s, "Waiting for a card");
	press(&s, "#180001\r");
	see(&s, "Paid. Balance");
	CHECK_I64("sold", test_host_balance(s.host), TEST_HOST_OPENING_FEN - 1250);
	press(&s, "v");
	see(&s, "Void the last sale?");
	press(&s, "\r");
	see(&s, "Paid");
	CHECK_I64("given back", test_host_balance(s.host), TEST_HOST_OPENING_FEN);
	press(&s, "q");
	close_screen(&s);
}

TEST(screen_sells_in_chinese_and_ends_on_a_signal)
{
	struct screen s;

	open_screen(&s, "zh");
	see(&s, "联机");
	press(&s, "5\r");
	see(&s, "等待刷卡");
	press(&s, "#180001\r");
	see(&s, "成功");
	kill(s.pid, SIGTERM);
	close_screen(&s);
}

TEST(screen_needs_a_terminal)
{
	struct pos_testkit k;
	const char *argv[] = {
		pos_testkit_program("yika-pos"), "--sam", "none", "--host", "x", NULL
	};

	pos_testkit_init(&k, "none");
	CHECK_I64("usage", pos_testkit_wait(pos_testkit_start(argv, k.out, true)), 2);
}
