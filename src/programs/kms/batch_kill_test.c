/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real key manager killed with SIGKILL at random moments of an import of two thousand keys:
 * after each kill the file is there whole or not at all, and repeated it is there once (keys 13,
 * 20.3 no. 8; B6.20).
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "codec/ockx.h"
#include "crypto/kcv.h"
#include "crypto/keyblock.h"
#include "crypto/mac.h"
#include "crypto/passphrase.h"
#include "crypto/totp.h"
#include "service/kms/acts_exchange_testkit.h"

enum {
	KILLS = 25, /* YIKA_BATCH_KILLS for more; the moments follow from YIKA_BATCH_SEED */
	KEYS = 100,
	VERSIONS = 20, /* of each */
	ROWS = KEYS * VERSIONS,
	REPEATED = 3, /* how often a whole one is asked for again */
	LONG_MS = 120000,
	SNAPSHOT = 1 << 16,
};

static struct acts_site site;
static struct buf file, request; /* the batch; the order that brings it, agreed to */
static char approval[ACTS_KIT_ID], clock_path[KMS_PATH_MAX + 16];

/* --- the file --- */

static void put_row(struct keyblock_protector *p, unsigned number)
{
	struct keyblock_header h = { 'D', "D0", 'A', 'B', "00", 'E', '2', "" };
	uint8_t value[16] = "batch kill";
	struct keyblock_order o = { &h, { value, sizeof value }, random_system(), 0 };
	struct ockx_row row = { .product = "EP",
		                .version = number % VERSIONS + 1,
		                .usage = "D0",
		                .algorithm = 'A',
		                .bits = 128 };
	char block[KEYBLOCK_TEXT_MAX];
	struct kcv kcv;

	store_be32(value + 12, number);
	CHECK_OK(keyblock_seal(p, &o, block, sizeof block, &row.block.len));
	row.block.at = block;
	CHECK_OK(kcv_of_secret('A', KCV_CMAC, bytes_of(value, sizeof value), &kcv));
	kcv_text(&kcv, row.check);
	snprintf(row.key, sizeof row.key, "K%u", number / VERSIONS);
	CHECK_OK(ockx_put_row(&file, number + 1, &row));
}

static void make_file(void)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	struct ockx_header h = { .made = kms_kit_now(&site.k),
		                 .issuer = "C",
		                 .batch = "KILL0001",
		                 .zmk = "ZMKD.01",
		                 .check = "2331550BC9",
		                 .version = 'D',
		                 .count = ROWS };
	uint8_t zmk[32], mac[MAC_FULL_SIZE];
	struct secret key;

	file.limit = OCKX_FILE_MAX;
	CHECK_OK(hex_decode(STR(ACTS_KIT_ZMK_D), zmk, sizeof zmk));
	CHECK_OK(keyblock_protector_open('D', bytes_of(zmk, sizeof zmk), &l));
	CHECK_OK(ockx_put_header(&file, &h));
	for (unsigned i = 0; i < ROWS; i++)
		put_row(keyblock_protector_of(l), i);
	CHECK_OK(ockx_put_end(&file, ROWS));
	CHECK_OK(lmk_derive(LMK_AES, bytes_of(zmk, sizeof zmk), LMK_BATCH_MAC, &key));
	CHECK_OK(mac_key_init(&k, MAC_AES_CMAC, bytes_of(key.at, key.len)));
	mac_once(&k, buf_bytes(&file), mac);
	CHECK_OK(ockx_put_mac(&file, bytes_of(mac, sizeof mac)));
}

/* --- what is in the store, when nobody has it open --- */

struct there {
	int64_t values, definitions, batches, lines;
};

#define COUNT(name_, sql_)                                                                         \
	{                                                                                          \
		name_, "SELECT count(*) FROM " sql_, "", 0                                         \
	}

static const struct there all = { ROWS, KEYS, 1, 1 };

static struct there look(void)
{
	static const struct db_statement counts[] = {
		COUNT("values",
		      "kms_keyver v JOIN kms_key k ON k.id = v.key WHERE k.code LIKE 'K%' "
		      "AND v.origin = 'batch' AND v.kcv <> ''"),
		COUNT("definitions", "kms_key WHERE code LIKE 'K%'"),
		COUNT("batches", "kms_batch WHERE dir = 'in' AND code = 'KILL0001'"),
		COUNT("lines", "kms_audit WHERE op = 'BATCH.IMPORT' AND result = 'OK'"),
	};
	int64_t found[ARRAY_LEN(counts)] = { 0 };
	struct db *db = NULL;
	struct db_tx *tx;

	CHECK_OK(db_open(str_of(site.k.dsn), DB_KMS, &db));
	CHECK_OK(db_begin(db, &tx));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		CHECK_OK(db_select_i64(tx, &counts[i], DB_NO_ARGS, &found[i]));
	db_rollback(tx);
	db_close(db);
	return (struct there){ found[0], found[1], found[2], found[3] };
}

static bool is_all(struct there t)
{
	return t.values == all.values && t.definitions == all.definitions &&
	       t.batches == all.batches && t.lines == all.lines;
}

static bool is_nothing(struct there t)
{
	return t.values == 0 && t.definitions == 0 && t.batches == 0 && t.lines == 0;
}

static void check_all(const char *label, struct there t)
{
	CHECK_I64(label, t.values, all.values);
	CHECK_I64(label, t.definitions, all.definitions);
	CHECK_I64(label, t.batches, all.batches);
	CHECK_I64(label, t.lines, all.lines);
}

/* --- the store as it was --- */

static void copy(const char *from, const char *to)
{
	static uint8_t block[SNAPSHOT];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	ASSERT(in >= 0 && out >= 0);
	while ((n = read(in, block, sizeof block)) > 0)
		CHECK(write(out, block, (size_t)n) == n);
	close(in);
	close(out);
}

static const char *path_of(const char *name)
{
	static char paths[2][KMS_PATH_MAX + 32];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof paths[0], "%s/%s", site.k.dir, name);
	return path;
}

static void restore(void)
{
	unlink(path_of("kms.db-wal"));
	unlink(path_of("kms.db-shm"));
	copy(path_of("before.db"), path_of("kms.db"));
}

/* --- the program --- */

static void set_clock(void)
{
	int64_t us = kms_kit_now(&site.k).us;
	int fd = open(clock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	CHECK(pwrite(fd, &us, sizeof us, 0) == sizeof us);
	close(fd);
}

static void write_conf(void)
{
	const struct hsm_address *d = &site.k.device;
	FILE *f = fopen(path_of("kms.conf"), "w");

	ASSERT(f);
	fprintf(f,
	        "[core]\nstore = sqlite:kms.db\nclock = clock\ncheckpoints =\nworkers = 1\n"
	        "[device]\nmodule = %s\nlabel = %s\npin_file = %s\nconf = %s\n"
	        "[socket]\nofficers = officers.sock\nservice = service.sock\n",
	        d->library, d->token, d->pin_file, d->conf);
	fclose(f);
	snprintf(clock_path, sizeof clock_path, "%s/clock", site.k.dir);
	set_clock();
}

static pid_t start(void)
{
	const char *build = getenv("YIKA_BUILD");
	char program[KMS_PATH_MAX];
	pid_t pid;

	snprintf(program, sizeof program, "%s/src/programs/yika-kms", build ? build : "build-asan");
	unlink(site.k.officer_socket);
	pid = fork();
	ASSERT(pid >= 0);
	if (pid == 0) {
		int log = open(path_of("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(log, STDERR_FILENO);
		/* it would have to trace, which the program's filter forbids */
		setenv("LSAN_OPTIONS", "detect_leaks=0", 1);
		execl(program, program, "--dir", site.k.dir, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < LONG_MS && !is_ok(lines_connect(site.k.officer_socket, &site.k.line));
	     i++)
		usleep(1000);
	return pid;
}

static void end(pid_t pid, int signal_no)
{
	int status;

	lines_disconnect(&site.k.line);
	kill(pid, signal_no);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_I64("ended", signal_no == SIGKILL ? WTERMSIG(status) : WEXITSTATUS(status),
	          signal_no == SIGKILL ? SIGKILL : 0);
}

static struct kms_kit_officer *officer(const char *name)
{
	for (size_t i = 0; i < site.k.officer_count; i++)
		if (strcmp(site.k.officers[i].name, name) == 0)
			return &site.k.officers[i];
	return NULL;
}

static void log_in(const char *name)
{
	char code[KMS_KIT_TEXT];

	kms_kit_code(&site.k, name, code);
	set_clock();
	CHECK_STR(name,
	          kms_ask(&site.k,
	                  "{'command':'login','name':'%s','password':'" KMS_KIT_PASSWORD
	                  "','code':'%s'}",
	                  name, code),
	          "SUCCESS");
	str_copy(str_of(kms_told(&site.k, "session")), officer(name)->session, KMS_KIT_TEXT);
}

/* --- the import --- */

static void write_request(const char *head)
{
	request.len = 0;
	request.limit = 16 << 20;
	buf_printf(&request, "{\"session\":\"%s\",\"command\":\"batch.import\",%s,\"file\":\"",
	           officer("key1")->session, head);
	for (size_t i = 0; i < file.len; i++) {
		if (file.at[i] == '\n')
			buf_str(&request, STR("\\n"));
		else
			buf_put(&request, bytes_of(&file.at[i], 1));
	}
	buf_str(&request, STR("\"}\n"));
	CHECK_OK(buf_done(&request));
}

static void agreed(void)
{
	char head[64];

	snprintf(head, sizeof head, "\"approval\":\"%s\"", approval);
	write_request(head);
}

/* Send it; false when no answer has come in that time. */
static bool send_and_wait(int ms)
{
	struct pollfd wait = { site.k.line.fd, POLLIN, 0 };

	for (size_t sent = 0; sent < request.len;) {
		ssize_t n = send(wait.fd, request.at + sent, request.len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return poll(&wait, 1, ms) == 1;
}

static const char *ask_whole(void)
{
	static char code[KMS_KIT_TEXT];
	SCOPED(arena_free) struct arena a = { 0 };
	struct str found = { "", 0 }, text = { (const char *)request.at, request.len - 1 };

	site.k.answer.len = 0;
	CHECK_OK(lines_ask(&site.k.line, text, &site.k.answer));
	CHECK_OK(jread_member(buf_text(&site.k.answer), "code", &a, &found));
	buf_put(&site.k.answer, bytes_of("", 1));
	str_copy(found, code, sizeof code);
	return code;
}

/* --- before it begins --- */

/* A password is dear to try, fifty logins would take longer than what they are for. */
static void make_login_cheap(const char *name)
{
	static const struct db_statement get = { "box",
		                                 "SELECT box FROM kms_officer WHERE name = $1", "",
		                                 1 };
	static const struct db_statement set = { "cheap",
		                                 "UPDATE kms_officer SET box = $2 WHERE name = $1",
		                                 "", 2 };
	static const struct passphrase_cost cheap = { 1, 64 };
	char magic[PASSPHRASE_MAGIC];
	uint8_t box[OFFICER_BOX_MAX];
	struct writer w = writer_of(box, sizeof box);
	struct secret secret;
	struct db *db = NULL;
	struct db_tx *tx;

	CHECK_OK(db_open(str_of(site.k.dsn), DB_KMS, &db));
	CHECK_OK(db_begin(db, &tx));
	{
		SCOPED(db_rows_close) struct db_rows rows = { 0 };

		CHECK_OK(db_select(tx, &get, DB_ARGS(db_arg_text(name)), &rows));
		CHECK(db_next(&rows));
		memcpy(magic, db_bytes(&rows, 0).at, sizeof magic);
	}
	CHECK_OK(totp_secret_parse(str_of(officer(name)->secret), &secret));
	CHECK_OK(passphrase_seal(magic, STR(KMS_KIT_PASSWORD), cheap, random_system(),
	                         bytes_of(secret.at, secret.len), &w));
	CHECK_OK(db_execute(tx, &set, DB_ARGS(db_arg_text(name), db_arg_bytes(writer_bytes(&w))),
	                    NULL));
	CHECK_OK(db_commit(tx));
	db_close(db);
}

/* Asked for and agreed to; the file itself waits. */
static bool prepare(void)
{
	if (!acts_site_open(&site))
		return false;
	acts_kit_zmks(&site);
	CHECK(kms_kit_officer(&site.k, "auditor", "audit"));
	make_file();
	char head[64];
	snprintf(head, sizeof head, "\"zmk\":%s,\"define_missing\":true", site.zmk_d);
	write_request(head);
	CHECK_STR("asked", ask_whole(), "APPROVAL_NEEDED");
	acts_kit_keep(&site, "approval", approval, sizeof approval);
	CHECK_STR("agreed",
	          kms_ask_as(&site.k, "key2", "{'command':'approval.agree','id':%s}", approval),
	          "SUCCESS");
	CHECK_STR("agreed",
	          kms_ask_as(&site.k, "conf", "{'command':'approval.agree','id':%s}", approval),
	          "SUCCESS");
	acts_site_stop(&site);
	make_login_cheap("key1");
	write_conf();
	copy(path_of("kms.db"), path_of("before.db"));
	return true;
}

/* --- kills --- */

static unsigned number(const char *name, unsigned fallback)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && is_ok(str_u64(str_of(text), &n)) && n < 100000 ? (unsigned)n : fallback;
}

static unsigned kills(void)
{
	return number("YIKA_BATCH_KILLS", KILLS);
}

/* How long one takes that nobody disturbs, in ms. */
static int whole_run(void)
{
	pid_t pid = start();
	int64_t begin;
	int ms;

	log_in("key1");
	agreed();
	begin = monotonic_us();
	CHECK_STR("whole", ask_whole(), "SUCCESS");
	ms = (int)((monotonic_us() - begin) / 1000);
	CHECK_STR("", kms_told(&site.k, "imported"), "2000");
	CHECK_STR("", kms_told(&site.k, "defined"), "100");
	end(pid, SIGTERM);
	check_all("whole", look());
	return ms;
}

/* Asked for again it changes nothing: neither by the used approval nor by a new order. */
static void repeat(void)
{
	char head[64];
	pid_t pid = start();

	log_in("key1");
	agreed();
	CHECK_STR("used", ask_whole(), "APPROVAL_STATE");
	snprintf(head, sizeof head, "\"zmk\":%s", site.zmk_d);
	write_request(head);
	CHECK_STR("anew", ask_whole(), "APPROVAL_NEEDED");
	CHECK_STR("is done", kms_told(&site.k, "done_before"), "true");
	end(pid, SIGTERM);
	check_all("once", look());
}

/* One import, killed within that time or when its answer has come. */
static struct there kill_one(int ms)
{
	pid_t pid = start();

	log_in("key1");
	agreed();
	send_and_wait(ms);
	end(pid, SIGKILL);
	return look();
}

struct tally {
	unsigned whole, nothing, half;
};

static void kill_many(int whole_ms, struct tally *t)
{
	struct random_seeded random;

	random_seeded_init(&random, number("YIKA_BATCH_SEED", 1));
	for (unsigned i = 0; i < kills(); i++) {
		struct there found =
		        kill_one((int)random_below(&random, (uint64_t)whole_ms * 11 / 10 + 1));

		if (is_nothing(found)) {
			t->nothing++;
			continue;
		}
		check_all("whole or not at all", found);
		is_all(found) ? t->whole++ : t->half++;
		if (t->whole <= REPEATED)
			repeat();
		restore();
	}
}

static void check_chain(void)
{
	pid_t pid = start();

	log_in("auditor");
	CHECK_STR("the chain",
	          kms_ask(&site.k, "{'session':'%s','command':'audit.verify'}",
	                  officer("auditor")->session),
	          "SUCCESS");
	end(pid, SIGTERM);
}

TEST(a_batch_is_there_whole_or_not_at_all_after_every_kill_and_once_when_repeated)
{
	struct tally t = { 0 };
	int whole_ms;

	REQUIRE(prepare());
	CHECK(is_nothing(look()));
	whole_ms = whole_run();
	repeat();
	restore();
	kill_many(whole_ms, &t);
	CHECK_I64("no half", t.half, 0);
	CHECK(t.nothing > 0);
	/* what the last kills left comes in now */
	if (is_nothing(look()))
		whole_run();
	check_chain();
	test_note("%u kills within %d ms: %u left nothing, %u all", kills(), whole_ms, t.nothing,
	          t.whole);
	buf_free(&file);
	buf_free(&request);
	acts_site_close(&site);
}
