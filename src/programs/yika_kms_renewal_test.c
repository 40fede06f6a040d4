/* SPDX-License-Identifier: Apache-2.0 */
/* Renewals of a master key that do not go straight (keys 7, 20.3 no. 2), by real key managers:
 * taken back half-way, undone by an old backup, missed by a node that was down. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/postgres.h"
#include "harness/test.h"
#include "programs/kms/renewal_store.h"
#include "service/kms_link/kms_link.h"

enum { MANY = 3000, SOME = 1200, WAIT_MS = 60000, STEP_MS = 20, KILLS_BACK = 6, MS = 1000 };

static int64_t number(const char *text)
{
	int64_t n = 0;

	CHECK_OK(str_i64(str_of(text), &n));
	return n;
}

static void ready(struct process_kit *p)
{
	process_kit_start(p);
	CHECK(process_kit_is_ready(p));
}

static bool told(struct process_kit *p, const char *text)
{
	kms_ask(&p->kit, "{'command':'status'}");
	return strstr((const char *)p->kit.answer.at, text) != NULL;
}

static bool wait_until(struct process_kit *p, const char *text)
{
	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (told(p, text))
			return true;
		usleep(STEP_MS * MS);
	}
	return CHECK_STR("status", (const char *)p->kit.answer.at, text);
}

/* Rows of the renewal that are done, as told. */
static int64_t done_rows(struct process_kit *p)
{
	return told(p, "\"renewal\":") ? number(kms_told(&p->kit, "done")) : -1;
}

static void start_renewal(struct process_kit *p, int64_t lmk)
{
	CHECK_STR("backup", kms_ask_as(&p->kit, "mk", "{'command':'backup.note','name':'tape'}"),
	          "SUCCESS");
	CHECK_STR("asked",
	          kms_ask_as(&p->kit, "mk", "{'command':'renewal.start','lmk':%" PRId64 "}", lmk),
	          "APPROVAL_NEEDED");
	CHECK_STR("started", kms_agreed(&p->kit, "mk", "renewal.start", "so1 so2 so3"), "SUCCESS");
}

static void complete_renewal(struct process_kit *p)
{
	CHECK(wait_until(p, "\"state\":\"VERIFIED\""));
	CHECK_STR("asked",
	          kms_ask_as(&p->kit, "mk",
	                     "{'command':'renewal.complete','kept_until':'2027-12-31'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("done", kms_agreed(&p->kit, "mk", "renewal.complete", "so3"), "SUCCESS");
}

/* The device holds this master key and no other. */
static void check_alone(const struct process_kit *p, int64_t lmk)
{
	SCOPED(process_look_close) struct process_look l;
	struct hsm_lmk held;
	unsigned slots = 0;

	if (!process_look_open(&l, p, false))
		return;
	const struct master *m = master_active(&l.ring, LMK_AES);
	CHECK(m && m->id == lmk && m->present);
	for (unsigned slot = 0; slot < HSM_SLOTS; slot++)
		slots += is_ok(hsm_lmk_status(l.session, slot, &held));
	CHECK_I64("master keys in the device", slots, 1);
}

static void check_sound(struct process_kit *p)
{
	CHECK_STR("rows", kms_ask_as(&p->kit, "mk", "{'command':'renewal.check'}"), "SUCCESS");
	CHECK_STR("audit", kms_ask_as(&p->kit, "auditor", "{'command':'audit.verify'}"), "SUCCESS");
}

/* --- taken back --- */

static void kill_on_the_way_back(struct process_kit *p, const struct renewal_store *s)
{
	struct random_seeded random;
	struct renewal_check how = { &random, 40, false, 0 };

	random_seeded_init(&random, 7);
	for (int i = 0; i < KILLS_BACK; i++) {
		usleep((unsigned)random_below(&random, 300 * MS));
		CHECK_I64("killed", process_kit_end(p, SIGKILL), -SIGKILL);
		renewal_store_check(s, p, &how);
		ready(p);
	}
}

TEST(a_renewal_taken_back_half_way_ends_under_the_old_key)
{
	static struct kms_kit_ceremony ceremony;
	static struct process_kit p;
	static struct renewal_store store;
	struct random_seeded random;
	int64_t old, new, done = 0;

	REQUIRE(process_kit_open(&p) && renewal_store_fill(&store, &p, MANY));
	ready(&p);
	process_kit_officers(&p);
	told(&p, "");
	old = number(kms_told(&p.kit, "id"));
	new = kms_kit_ceremony(&p.kit, "test", &ceremony);
	start_renewal(&p, new);
	for (int waited = 0; waited < WAIT_MS && done <= 0; waited++)
		done = done_rows(&p);
	CHECK_STR("asked", kms_ask_as(&p.kit, "mk", "{'command':'renewal.abort'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("taken back", kms_agreed(&p.kit, "mk", "renewal.abort", "so1 so2 so3"),
	          "SUCCESS");
	int64_t back = number(kms_told(&p.kit, "total"));
	CHECK(back > 0 && back < store.blocks);
	test_note("%" PRId64 " of %" PRId64 " rows had gone over", back, store.blocks);
	kill_on_the_way_back(&p, &store);
	complete_renewal(&p);
	CHECK_I64("killed", process_kit_end(&p, SIGKILL), -SIGKILL);
	ready(&p);
	check_sound(&p);
	CHECK_I64("ended", process_kit_end(&p, SIGTERM), 0);
	random_seeded_init(&random, 7);
	renewal_store_check(&store, &p, &(struct renewal_check){ &random, 0, true, 0 });
	CHECK_I64("values under the new one", renewal_store_under(&p, new), 0);
	check_alone(&p, old);
	CHECK(process_kit_is_sound(&p));
	renewal_store_free(&store);
	process_kit_close(&p);
}

/* --- an old backup --- */

static result pin_token(const struct process_kit *p, uint8_t token[KMS_LINK_TOKEN])
{
	static struct kms_link link;
	result r;

	link = (struct kms_link){ .fd = -1 };
	r = kms_link_open(&link, p->kit.service_socket, KMS_LINK_US);
	if (is_ok(r))
		r = kms_link_pin_token(&link, STR("123456"), token);
	kms_link_close(&link);
	return r;
}

static void copy(const struct process_kit *p, const char *from, const char *to)
{
	static uint8_t block[1 << 16];
	char source[KMS_PATH_MAX + 32], target[KMS_PATH_MAX + 32];
	ssize_t n;

	snprintf(source, sizeof source, "%s/%s", p->dir, from);
	snprintf(target, sizeof target, "%s/%s", p->dir, to);
	int in = open(source, O_RDONLY | O_CLOEXEC),
	    out = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, block, sizeof block)) > 0)
		CHECK(write(out, block, (size_t)n) == n);
	CHECK(n == 0);
	close(in);
	close(out);
}

/* The store of a process that ended well is one file. */
static void restore(const struct process_kit *p, const char *from)
{
	char path[KMS_PATH_MAX + 32];

	copy(p, from, "kms.db");
	snprintf(path, sizeof path, "%s/kms.db-wal", p->dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/kms.db-shm", p->dir);
	unlink(path);
}

/* The officers bring a master key back that the store knows and the device lacks. */
static void load(struct process_kit *p, int64_t lmk, struct kms_kit_ceremony *cards)
{
	CHECK_STR("begin",
	          kms_ask_as(&p->kit, "mk",
	                     "{'command':'ceremony.begin','purpose':'LOAD','lmk':%" PRId64 "}",
	                     lmk),
	          "SUCCESS");
	cards->id = (int)number(kms_told(&p->kit, "id"));
	CHECK_I64("loaded", kms_kit_present(&p->kit, cards), lmk);
}

TEST(a_backup_from_before_a_renewal_opens_with_the_old_cards)
{
	static struct kms_kit_ceremony old_cards, new_cards;
	static struct process_kit p;
	uint8_t before[KMS_LINK_TOKEN], after[KMS_LINK_TOKEN];
	int64_t old, new;

	REQUIRE(process_kit_open(&p));
	ready(&p);
	process_kit_officers(&p);
	/* The published key of a test site has no cards: first away from it. */
	old = kms_kit_ceremony(&p.kit, "test", &old_cards);
	start_renewal(&p, old);
	complete_renewal(&p);
	CHECK_OK(pin_token(&p, before));
	CHECK_I64("ended", process_kit_end(&p, SIGTERM), 0);
	copy(&p, "kms.db", "backup");

	ready(&p);
	new = kms_kit_ceremony(&p.kit, "test", &new_cards);
	start_renewal(&p, new);
	complete_renewal(&p);
	CHECK_I64("ended", process_kit_end(&p, SIGTERM), 0);
	ready(&p); /* the first look erases what is retired */
	CHECK_I64("ended", process_kit_end(&p, SIGTERM), 0);
	check_alone(&p, new);
	restore(&p, "backup");

	ready(&p);
	CHECK(told(&p, "\"present\":false"));
	CHECK_RESULT("the master key is not there", pin_token(&p, after), KMS_AWAY);
	CHECK_STR("rows", kms_ask_as(&p.kit, "mk", "{'command':'renewal.check'}"),
	          "HSM_LMK_MISSING");
	CHECK_STR("cards of another key",
	          kms_ask_as(&p.kit, "mk",
	                     "{'command':'ceremony.begin','purpose':'LOAD','lmk':%" PRId64 "}",
	                     old),
	          "SUCCESS");
	new_cards.id = (int)number(kms_told(&p.kit, "id"));
	CHECK_STR("cards of another key",
	          kms_ask_as(&p.kit, "so1",
	                     "{'command':'ceremony.present','id':%d,'file':'%s',"
	                     "'pin':'pin of so1'}",
	                     new_cards.id, new_cards.files[0]),
	          "CEREMONY_OTHER");
	CHECK_STR("broken off",
	          kms_ask_as(&p.kit, "mk", "{'command':'ceremony.cancel','id':%d}", new_cards.id),
	          "SUCCESS");
	load(&p, old, &old_cards);
	CHECK_OK(pin_token(&p, after));
	CHECK_BYTES("the same key", bytes_of(after, sizeof after), bytes_of(before, sizeof before));
	check_sound(&p);
	CHECK_I64("ended", process_kit_end(&p, SIGTERM), 0);
	CHECK(process_kit_is_sound(&p));
	process_kit_close(&p);
}

/* --- a node that was down --- */

TEST(a_node_that_missed_a_renewal_takes_the_new_key_from_the_cards)
{
	static struct kms_kit_ceremony old_cards, new_cards;
	static struct process_kit one, two;
	static struct renewal_store store;
	uint8_t here[KMS_LINK_TOKEN], there[KMS_LINK_TOKEN];
	char dsn[POSTGRES_DSN_MAX];
	int64_t old, new;

	postgres_database(false, dsn);
	REQUIRE(process_kit_open_with(&one, dsn) && renewal_store_fill(&store, &one, SOME));
	REQUIRE(process_kit_beside(&two, &one, dsn, "two"));
	ready(&one);
	process_kit_officers(&one);
	old = kms_kit_ceremony(&one.kit, "test", &old_cards);
	start_renewal(&one, old);
	complete_renewal(&one);
	CHECK_OK(pin_token(&one, here));

	/* A second node gets the key from the cards, and serves as the first. */
	process_kit_move_officers(&one, &two);
	ready(&two);
	CHECK_RESULT("not yet", pin_token(&two, there), KMS_AWAY);
	load(&two, old, &old_cards);
	CHECK_OK(pin_token(&two, there));
	CHECK_BYTES("two", bytes_of(there, sizeof there), bytes_of(here, sizeof here));
	process_kit_move_officers(&two, &one);
	CHECK_I64("killed", process_kit_end(&two, SIGKILL), -SIGKILL);

	/* It is down while the key is renewed, and back before that is done: it holds nothing up.
	 */
	kms_kit_pass(&one.kit, MASTER_NODE_LIVE_S + 1);
	new = kms_kit_ceremony(&one.kit, "test", &new_cards);
	start_renewal(&one, new);
	ready(&two);
	CHECK(wait_until(&one, "\"state\":\"VERIFIED\""));
	CHECK(told(&two, "\"present\":false"));
	CHECK_RESULT("two lacks the new one", pin_token(&two, there), KMS_AWAY);
	CHECK_OK(pin_token(&one, there));
	CHECK_BYTES("one", bytes_of(there, sizeof there), bytes_of(here, sizeof here));

	process_kit_move_officers(&one, &two);
	load(&two, new, &new_cards);
	CHECK_OK(pin_token(&two, there));
	CHECK_BYTES("two again", bytes_of(there, sizeof there), bytes_of(here, sizeof here));
	process_kit_move_officers(&two, &one);
	complete_renewal(&one);
	CHECK_I64("killed", process_kit_end(&two, SIGKILL), -SIGKILL);
	ready(&two); /* the first look erases what is retired */
	CHECK_OK(pin_token(&two, there));
	check_sound(&one);
	CHECK_I64("ended", process_kit_end(&two, SIGTERM), 0);
	CHECK_I64("ended", process_kit_end(&one, SIGTERM), 0);
	check_alone(&two, new);
	CHECK(process_kit_is_sound(&one) && process_kit_is_sound(&two));
	process_kit_close(&two);
	process_kit_close(&one);
	renewal_store_free(&store);
}
