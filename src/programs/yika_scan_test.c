/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a site leaves behind (keys 2, 20.3 no. 5; ARCHITECTURE 6.4): after officers' ceremony with
 * typed components, known keys, a renewal, a till's sign-in and sales with a PIN, and a forced
 * SIGSEGV of both daemons with core files allowed, no file, argument list or environment holds a
 * key, component, PIN or password in any form. That the scan finds each form it shows first.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/postgres.h"
#include "harness/test.h"
#include "programs/scan/scan_known.h"
#include "programs/yika_pos_testkit.h"
#include "service/control/control.h"

enum { PATH = 600, POOL_KB = 1024 };

#define NODE   "01010001"
#define SAM_NO "100020000001"
#define CARD   "180001"

struct stage {
	char site[PATH], cwd[PATH], own[PATH], log[PATH], listen[64];
	struct process_kit kms;
	struct scan_known known;
	pid_t daemon;
	int64_t lmk;
};

/* --- a site at work --- */

static const char *in(const char *dir, const char *name, char out[PATH])
{
	snprintf(out, PATH, "%.400s/%s", dir, name);
	return out;
}

static void write_own(const struct stage *s, const char *name, const char *text, char path[PATH])
{
	pos_testkit_write(in(s->own, name, path), text);
}

static void lay_out(struct stage *s)
{
	const char *dir = test_dir();

	in(dir, "site", s->site);
	in(dir, "cwd", s->cwd);
	in(dir, "own", s->own);
	in(dir, "programs.log", s->log);
	CHECK(mkdir(s->cwd, 0700) == 0 && mkdir(s->own, 0700) == 0);
	snprintf(s->listen, sizeof s->listen, "127.0.0.1:%u", pos_testkit_free_port());
	setenv("TMPDIR", s->cwd, 1); /* what programs leave in a temporary place is looked at */
	const char *const init[] = {
		pos_testkit_program("yika"), "init", "--site", s->site, "--test-keys", NULL
	};
	pos_testkit_run(init, s->log);
}

static void import(const struct stage *s, const char *kind, const char *text)
{
	char path[PATH];
	const char *const argv[] = {
		pos_testkit_program("yika"), "import", "--site", s->site, "--kind", kind, path, NULL
	};

	write_own(s, kind, text, path);
	pos_testkit_run(argv, s->log);
}

static void register_till(struct stage *s)
{
	char pass[PATH], sam[PATH];
	const char *const argv[] = { pos_testkit_program("yika"),
		                     "sam",
		                     "--site",
		                     s->site,
		                     "--node",
		                     NODE,
		                     "--out",
		                     in(s->site, "till.sam", sam),
		                     "--passphrase",
		                     pass,
		                     NULL };

	import(s, "merchants", "merchant_no,name\nM1,Canteen\n");
	import(s, "terminals",
	       "node_id,sam_no,merchant_no,type,location,state\n" NODE "," SAM_NO
	       ",M1,till,Hall,active\n");
	import(s, "people", "person_no,name,card_no\n20180001,Li," CARD "\n");
	import(s, "openings", "card_no,opening_balance\n" CARD ",500\n");
	write_own(s, "till.pass", s->known.passphrase, pass);
	pos_testkit_run(argv, s->log);
}

static void start_daemon(struct stage *s)
{
	char listen[96], clock[PATH + 16], path[PATH];

	str_copy(str_of(process_kit_program("yikad")), path, sizeof path);
	snprintf(listen, sizeof listen, "terminal.listen=%s", s->listen);
	snprintf(clock, sizeof clock, "book.clock=%s.clock", s->kms.dir);
	s->daemon = fork();
	ASSERT(s->daemon >= 0);
	if (s->daemon > 0)
		return;
	process_kit_child(s->log, s->cwd);
	execl(path, path, "--site", s->site, "--set", listen, "--set", "web.listen=127.0.0.1:0",
	      "--set", clock, (char *)NULL);
	_exit(127);
}

/* As `yika tell pin-set` does, once the daemon listens. */
static void set_pin(const struct stage *s)
{
	SCOPED(buf_free) struct buf answer = { .limit = CONTROL_ANSWER_MAX };
	char request[256], path[PATH];
	result r = OK;

	snprintf(request, sizeof request,
	         "{\"command\":\"pin-set\",\"card\":\"" CARD "\",\"text\":\"%s\"}", s->known.pin);
	for (int i = 0; i < 1000; i++) {
		answer.len = 0;
		r = control_ask(in(s->site, "yikad.sock", path), str_of(request), &answer);
		if (r.code != CONTROL_SOCKET)
			break;
		usleep(20000);
	}
	CHECK_OK(r);
}

static void sell(const struct stage *s)
{
	char sam[PATH], pass[PATH], journal[PATH], script[PATH], text[512];
	const char *const argv[] = { pos_testkit_program("yika-pos"),
		                     "--sam",
		                     in(s->site, "till.sam", sam),
		                     "--passphrase",
		                     in(s->own, "till.pass", pass),
		                     "--host",
		                     s->listen,
		                     "--journal",
		                     in(s->site, "till.journal", journal),
		                     "--script",
		                     script,
		                     NULL };

	snprintf(text, sizeof text,
	         "limit 60\nwait online\nexpect online\nsale 1 card " CARD " pin %s\n"
	         "expect approved\nsale 2 card " CARD "\nexpect approved\n"
	         "sale 3 card " CARD " pin %.4s\nstatus\nexpect pending=0\n",
	         s->known.pin, s->known.components[0]);
	write_own(s, "till.script", text, script);
	pos_testkit_run(argv, s->log);
}

static void note_till(struct stage *s)
{
	uint8_t sam[6];
	struct secret tik;

	CHECK_OK(hex_decode(STR(SAM_NO), sam, sizeof sam));
	if (kms_kit_tik(&s->kms.kit, (const uint8_t *)NODE, sam, &tik))
		secret_scan_key(&s->known.scan, "initial key of a till", bytes_of(tik.at, tik.len));
}

/* --- officers: a ceremony with typed components, and a renewal to what came of it --- */

static void renew(struct process_kit *p, const struct scan_known *known)
{
	static struct kms_kit_ceremony c;
	struct kms_kit *k = &p->kit;
	int lmk;

	for (size_t i = 0; i < SCAN_COMPONENTS; i++)
		c.typed[i] = known->components[i];
	lmk = kms_kit_ceremony(k, "test", &c);
	CHECK_STR("backup", kms_ask_as(k, "mk", "{'command':'backup.note','name':'tape'}"),
	          "SUCCESS");
	CHECK_STR("asked", kms_ask_as(k, "mk", "{'command':'renewal.start','lmk':%d}", lmk),
	          "APPROVAL_NEEDED");
	CHECK_STR("started", kms_agreed(k, "mk", "renewal.start", "so1 so2 so3"), "SUCCESS");
	for (int i = 0; i < 1000 && !strstr((const char *)k->answer.at, "\"VERIFIED\""); i++) {
		usleep(10000);
		kms_ask(k, "{'command':'status'}");
	}
	CHECK_STR("asked",
	          kms_ask_as(k, "mk", "{'command':'renewal.complete','kept_until':'2099-12-31'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("done", kms_agreed(k, "mk", "renewal.complete", "so3"), "SUCCESS");
}

/* A wrong PIN, a wrong password and a component of the wrong length are refused, and not repeated
 * in the log. */
static void make_mistakes(struct process_kit *p, const struct scan_known *known)
{
	struct kms_kit *k = &p->kit;

	CHECK_STR("no such session",
	          kms_ask(k, "{'session':'0','command':'ceremony.component','id':1,'value':'%s'}",
	                  known->components[2]),
	          "OFFICER_SESSION");
	CHECK_STR("wrong code",
	          kms_ask(k, "{'command':'login','name':'so1','password':'" KMS_KIT_PASSWORD
	                     "','code':'000000'}"),
	          "OFFICER_LOGIN");
	CHECK_STR("no ceremony",
	          kms_ask_as(k, "so1", "{'command':'ceremony.component','id':99,'value':'%s'}",
	                     known->components[2]),
	          "CEREMONY_NOT_FOUND");
}

static void copy(const char *from, const char *to)
{
	static uint8_t block[1 << 16];
	int source = open(from, O_RDONLY | O_CLOEXEC),
	    target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = 0;

	while (source >= 0 && (n = read(source, block, sizeof block)) > 0)
		CHECK(write(target, block, (size_t)n) == n);
	CHECK(source >= 0 && n == 0);
	close(source);
	close(target);
}

/* As staff copy a store whose writer is held up. */
static void back_up(const struct stage *s)
{
	static const char *const files[] = { "kms/kms.db", "kms/kms.db-wal", "yika.db",
		                             "yika.db-wal" };
	char from[PATH], to[PATH], dir[PATH];

	CHECK(mkdir(in(s->site, "backup", dir), 0700) == 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const char *name = strrchr(files[i], '/');

		copy(in(s->site, files[i], from), in(dir, name ? name + 1 : files[i], to));
	}
}

/* --- running processes --- */

static size_t read_proc(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!CHECK(fd >= 0 || geteuid() != 0))
		return 0;
	n = fd >= 0 ? read(fd, out, size - 1) : 0; /* closed even to the own user: not dumpable */
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static int64_t status_kb(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	long long kb = -1;

	if (!at || sscanf(at + strlen(name), " %lld kB", &kb) != 1)
		CHECK_STR("in /proc/PID/status", name, "there");
	return kb;
}

/* What it was called with says nothing; it has no core files, and its keys are locked. */
static void check_process(struct secret_scan *scan, const char *name, pid_t pid)
{
	static char text[1 << 16];
	static const char *const words[] = { "cmdline", "environ" };
	const char *core;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = read_proc(pid, words[i], text, sizeof text);

		secret_scan_bytes(scan, words[i], bytes_of(text, len));
	}
	CHECK(read_proc(pid, "limits", text, sizeof text) > 0);
	core = strstr(text, "Max core file size");
	CHECK_STR(name,
	          core && strstr(core, "0                    0                    bytes") ==
	                                  core + 26
	                  ? "none"
	                  : text,
	          "none");
	if (read_proc(pid, "coredump_filter", text, sizeof text) > 0)
		CHECK_STR(name, text, "00000000\n");
	CHECK(read_proc(pid, "status", text, sizeof text) > 0);
	CHECK_I64(name, status_kb(text, "VmSwap:"), 0);
	CHECK(status_kb(text, "VmLck:") >= POOL_KB);
	test_note("%s: %" PRId64 " kB locked", name, status_kb(text, "VmLck:"));
}

static void note_system(void)
{
	char pattern[256] = "", swaps[4096] = "";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "re");
	size_t n;

	if (f && fgets(pattern, sizeof pattern, f))
		pattern[strcspn(pattern, "\n")] = '\0';
	if (f)
		fclose(f);
	f = fopen("/proc/swaps", "re");
	n = f ? fread(swaps, 1, sizeof swaps - 1, f) : 0;
	swaps[n] = '\0';
	if (f)
		fclose(f);
	test_note("core_pattern is \"%s\"; %s", pattern,
	          n && strchr(swaps, '\n') && strchr(swaps, '\n')[1] ? "there is swap"
	                                                             : "there is no swap");
}

/* --- SIGSEGV --- */

static bool dumped(pid_t pid)
{
	int status = 0;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_I64("ended by", WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGSEGV);
	return WIFSIGNALED(status) && WCOREDUMP(status);
}

/* Whether a program that does nothing about it leaves a core here. */
static void check_control(const char *cwd)
{
	struct rlimit most;
	char dir[PATH];
	pid_t pid;

	CHECK(mkdir(in(cwd, "control", dir), 0700) == 0);
	getrlimit(RLIMIT_CORE, &most);
	pid = fork();
	if (pid == 0) {
		process_kit_child("/dev/null", dir);
		execl("/bin/sh", "sh", "-c", "kill -SEGV $$", (char *)NULL);
		_exit(127);
	}
	if (most.rlim_max == 0)
		test_note("this system allows no core file of any size");
	CHECK(dumped(pid) == (most.rlim_max > 0));
}

static void check_crash(struct stage *s)
{
	kill(s->daemon, SIGSEGV);
	CHECK(!dumped(s->daemon));
	kill(s->kms.pid, SIGSEGV);
	CHECK(!dumped(s->kms.pid));
	s->daemon = s->kms.pid = 0;
	kms_kit_stop(&s->kms.kit);
}

/* --- the scan --- */

/* One-time secrets and the device's PINs stand in files of their own, for their owner only. */
static const struct {
	const char *name, *file;
} kept[] = {
	{ "first password of the console", "site/first-admin-password" },
	{ "first officer's invitation", "site/kms/first-officer-invitation" },
	{ "PIN of the device", "site/kms/token/user-pin" },
	{ "security officer's PIN of the device", "site/kms/token/so-pin" },
};

static void note_kept(struct stage *s)
{
	struct stat st;
	char path[PATH];

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		in(test_dir(), kept[i].file, path);
		scan_known_line(&s->known, kept[i].name, path);
		CHECK(stat(path, &st) == 0);
		CHECK_I64(path, st.st_mode & 0777, 0600);
	}
}

static size_t kept_at(const struct secret_hit *h)
{
	char path[PATH];

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (strcmp(h->pattern->name, kept[i].name) == 0 &&
		    strcmp(h->path, in(test_dir(), kept[i].file, path)) == 0)
			return i;
	return ARRAY_LEN(kept);
}

/* Nothing but what is kept on purpose; and that was found. */
static void check_hits(const struct secret_scan *scan)
{
	bool found[ARRAY_LEN(kept) + 1] = { false };

	for (size_t i = 0; i < scan->hit_count && i < SECRET_SCAN_HITS; i++) {
		const struct secret_hit *h = &scan->hits[i];
		size_t at = kept_at(h);

		found[at] = true;
		if (at == ARRAY_LEN(kept)) {
			test_note("%s (%s) at %zu of %s", h->pattern->name, h->pattern->form,
			          h->offset, h->path);
			CHECK_STR("found", h->pattern->name, "nowhere");
		}
	}
	CHECK(scan->hit_count <= SECRET_SCAN_HITS);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!found[i])
			CHECK_STR("not found where it is kept", kept[i].name, "");
}

/* Every form of every secret, planted into a copy of a store, one at a time: it is found, there,
 * and by its name. */
static void check_plants(struct secret_scan *scan, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	size_t found = 0;

	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 8192);
	size_t len = st.st_size < 65536 ? (size_t)st.st_size : 65536;
	uint8_t *copy_of = malloc(len), *held = malloc(len);
	ASSERT(copy_of && held);
	CHECK(read(fd, copy_of, len) == (ssize_t)len);
	close(fd);
	for (size_t i = 0; i < scan->count; i++) {
		const struct secret_pattern *p = &scan->patterns[i];
		size_t at = i % 3 == 0   ? 0
		            : i % 3 == 1 ? len - p->len
		                         : (i * 7919) % (len - p->len);

		memcpy(held, copy_of + at, p->len);
		memcpy(copy_of + at, p->at, p->len);
		secret_scan_forget(scan);
		secret_scan_bytes(scan, "planted", bytes_of(copy_of, len));
		found += scan->hit_count >= 1 && scan->hits[0].offset == at &&
		         scan->hits[0].pattern->len == p->len;
		memcpy(copy_of + at, held, p->len);
	}
	CHECK_I64("planted and found", found, scan->count);
	secret_scan_forget(scan);
	secret_scan_bytes(scan, "not planted", bytes_of(copy_of, len));
	CHECK_I64("nothing planted, nothing found", scan->hit_count, 0);
	secret_scan_forget(scan);
	free(copy_of);
	free(held);
}

static void scan_leftovers(struct stage *s)
{
	secret_scan_tree(&s->known.scan, s->site);
	secret_scan_tree(&s->known.scan, s->cwd);
	secret_scan_file(&s->known.scan, s->log);
}

TEST(a_site_leaves_no_key_component_pin_or_password_in_any_file)
{
	static struct stage s;
	char dir[PATH], path[PATH];

	s = (struct stage){ .daemon = 0 };
	lay_out(&s);
	scan_known_make(&s.known);
	REQUIRE(process_kit_at(&s.kms, in(s.site, "kms", dir), clock_now(clock_system())));
	s.kms.cwd = s.cwd;
	note_kept(&s);
	scan_known_store(&s.known, &s.kms);
	process_kit_start(&s.kms);
	REQUIRE(process_kit_is_ready(&s.kms));
	process_kit_officers(&s.kms);
	make_mistakes(&s.kms, &s.known);
	renew(&s.kms, &s.known);
	register_till(&s);
	start_daemon(&s);
	set_pin(&s);
	sell(&s);
	note_till(&s);
	scan_known_officers(&s.known, &s.kms);
	back_up(&s);
	check_plants(&s.known.scan, in(s.site, "kms/kms.db", path));
	check_process(&s.known.scan, "yika-kms", s.kms.pid);
	check_process(&s.known.scan, "yikad", s.daemon);
	note_system();
	check_crash(&s);
	scan_leftovers(&s);
	check_hits(&s.known.scan);
	test_note("%zu forms of secrets in %zu files and %zu bytes", s.known.scan.count,
	          s.known.scan.files, s.known.scan.bytes);
	check_control(s.cwd);
	process_kit_close(&s.kms);
	scan_known_free(&s.known);
}

/* Tables, write-ahead log and what PostgreSQL keeps beside them lie in its cluster's folder. */
TEST(a_store_in_postgres_holds_no_key_or_component_either)
{
	static struct process_kit p;
	static struct scan_known known;
	char dsn[POSTGRES_DSN_MAX];

	scan_known_make(&known);
	REQUIRE(process_kit_open_with(&p, postgres_database(false, dsn)));
	scan_known_store(&known, &p);
	process_kit_start(&p);
	REQUIRE(process_kit_is_ready(&p));
	process_kit_officers(&p);
	make_mistakes(&p, &known);
	renew(&p, &known);
	scan_known_officers(&known, &p);
	CHECK_I64("ended", process_kit_end(&p, SIGTERM), 0);
	postgres_crash(); /* what was not written yet is in its log */
	secret_scan_tree(&known.scan, postgres_folder());
	secret_scan_file(&known.scan, p.log);
	for (size_t i = 0; i < known.scan.hit_count && i < SECRET_SCAN_HITS; i++)
		CHECK_STR("found", known.scan.hits[i].pattern->name, known.scan.hits[i].path);
	CHECK(known.scan.files > 100);
	test_note("%zu forms of secrets in %zu files and %zu bytes", known.scan.count,
	          known.scan.files, known.scan.bytes);
	postgres_restart();
	process_kit_close(&p);
	scan_known_free(&known);
}
