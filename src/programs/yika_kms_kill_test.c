/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The renewal of a master key (keys 7, 20.3 no. 1) by the real key manager, killed with SIGKILL at
 * random moments, while a client computes and officers read and write keys. After each kill every
 * row opens under the key it names; in the end all stand under the new one and the old one is gone.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"
#include "programs/kms/renewal_store.h"
#include "programs/kms/renewal_traffic.h"

enum {
	VALUES = 5000,     /* YIKA_KMS_VALUES for more */
	KILLS = 25,        /* YIKA_KMS_KILLS for more */
	SAMPLE = 60,       /* values opened after each kill */
	WHOLE_EVERY = 25,  /* kills after which all are */
	OFFICER_LIVES = 5, /* in which an officer makes values */
	OFFICER_MAX = 700, /* values, in all */
	OFFICER_MS = 250,  /* of such a life at least */
	START_EVERY = 4,   /* kills before it is ready */
	LEAST_MS = 5,      /* of a life */
	MS = 1000,
	VERIFIED_S = 120,
	SEED = 20260305, /* YIKA_KMS_SEED for another */
	CERTIFICATE = 0xC1,
};

struct run {
	struct process_kit p;
	struct renewal_store store;
	struct renewal_traffic traffic;
	struct random_seeded random;
	int64_t old, new; /* master keys */
	unsigned kills, started_ms;
	double worked_ms; /* lives that came to work, and what they did */
	int64_t worked_rows;
	int64_t asked, told; /* orders for values: sent, answered */
};

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && is_ok(str_u64(str_of(text), &n)) ? n : fallback;
}

/* --- before --- */

static int64_t number(const char *text)
{
	int64_t n = 0;

	CHECK_OK(str_i64(str_of(text), &n));
	return n;
}

/* Without limits: the process's clock stands still while nobody moves it. */
static void add_client(struct run *r, uint8_t certificate[32])
{
	char hex[65];

	memset(certificate, CERTIFICATE, 32);
	hex_encode(bytes_of(certificate, 32), hex);
	CHECK_STR("client",
	          kms_ask_as(&r->p.kit, "conf",
	                     "{'command':'client.add','name':'traffic','ops':'mac purse',"
	                     "'usages':'M6 27','labels':'LIVE.*','fingerprint':'%s',"
	                     "'rate':1000000,'burst':1000000}",
	                     hex),
	          "APPROVAL_NEEDED");
	CHECK_STR("client", kms_agreed(&r->p.kit, "conf", "client.add", "mk"), "SUCCESS");
}

static bool has(const struct run *r, const char *text)
{
	return strstr((const char *)r->p.kit.answer.at, text) != NULL;
}

static bool status(struct run *r, const char *text)
{
	return CHECK_STR("status", kms_ask(&r->p.kit, "{'command':'status'}"), "SUCCESS") &&
	       has(r, text);
}

static void ready(struct run *r)
{
	process_kit_start(&r->p);
	CHECK(process_kit_is_ready(&r->p));
}

static bool prepare(struct run *r)
{
	static struct kms_kit_ceremony ceremony;
	struct kms_kit *k = &r->p.kit;
	uint8_t certificate[32];

	if (!process_kit_open(&r->p) ||
	    !renewal_store_fill(&r->store, &r->p, setting("YIKA_KMS_VALUES", VALUES)))
		return false;
	ready(r);
	process_kit_officers(&r->p);
	add_client(r, certificate);
	kms_ask(k, "{'command':'status'}");
	r->old = number(strstr((const char *)k->answer.at, "\"id\":") ? kms_told(k, "id") : "0");
	renewal_traffic_start(&r->traffic, k->service_socket, certificate);
	r->new = kms_kit_ceremony(k, "test", &ceremony);
	CHECK_STR("backup", kms_ask_as(k, "mk", "{'command':'backup.note','name':'tape'}"),
	          "SUCCESS");
	return r->old > 0 && r->new > r->old;
}

/* --- killing --- */

struct killer {
	pthread_t thread;
	pid_t pid;
	unsigned after_us;
};

static void *killer_main(void *arg)
{
	struct killer *k = arg;

	usleep(k->after_us);
	if (k->pid > 0)
		kill(k->pid, SIGKILL);
	return NULL;
}

static void killer_start(struct killer *k, pid_t pid, unsigned after_us)
{
	*k = (struct killer){ .pid = pid, .after_us = after_us };
	ASSERT(pthread_create(&k->thread, NULL, killer_main, k) == 0);
}

/* An order of an officer who is logged in; false: the process went away before it answered. */
static bool order(struct run *r, const char *session, const char *rest)
{
	struct kms_kit *k = &r->p.kit;
	char text[512];

	snprintf(text, sizeof text, "{\"session\":\"%s\",%s}", session, rest);
	k->answer.len = 0;
	k->answer.limit = 32 << 20;
	if (!is_ok(lines_ask(&k->line, str_of(text), &k->answer)))
		return false;
	buf_put(&k->answer, bytes_of("", 1));
	return CHECK_STR(rest, kms_told(k, "code"), "SUCCESS");
}

/* A new value, which must be there from the moment it is told; then its state twice; then the list.
 */
static bool officer_round(struct run *r, const char *session)
{
	int64_t key = r->store.spare[r->told % RENEWAL_DEFINITIONS];
	char text[256], id[KMS_KIT_TEXT], kcv[KMS_KIT_TEXT];

	if (r->told < OFFICER_MAX) {
		snprintf(text, sizeof text,
		         "\"command\":\"version.generate\",\"key\":%" PRId64 ",\"at_once\":true",
		         key);
		r->asked++;
		if (!order(r, session, text))
			return false;
		r->told++;
		str_copy(str_of(kms_told(&r->p.kit, "id")), id, sizeof id);
		str_copy(str_of(kms_told(&r->p.kit, "kcv")), kcv, sizeof kcv);
		renewal_store_note(&r->store, number(id), kcv);
		for (int i = 0; i < 2; i++) {
			snprintf(text, sizeof text,
			         "\"command\":\"version.move\",\"id\":%s,\"to\":\"%s\"", id,
			         i ? "ACTIVE" : "SUSPENDED");
			if (!order(r, session, text))
				return false;
		}
	}
	snprintf(text, sizeof text, "\"command\":\"version.list\",\"key\":%" PRId64, key);
	return order(r, session, text);
}

static void officer_life(struct run *r, unsigned after_us)
{
	char session[KMS_KIT_TEXT];
	struct killer killer;

	str_copy(str_of(kms_kit_session(&r->p.kit, "key")), session, sizeof session);
	killer_start(&killer, r->p.pid, after_us);
	while (officer_round(r, session))
		continue;
	pthread_join(killer.thread, NULL);
}

/* --- the renewal is begun (R2) --- */

static void ask_for_start(struct run *r)
{
	CHECK_STR("asked",
	          kms_ask_as(&r->p.kit, "mk", "{'command':'renewal.start','lmk':%" PRId64 "}",
	                     r->new),
	          "APPROVAL_NEEDED");
}

static void agree(struct run *r, char id[KMS_KIT_TEXT])
{
	static const char *const officers[] = { "so1", "so2", "so3" };

	str_copy(str_of(kms_told(&r->p.kit, "approval")), id, KMS_KIT_TEXT);
	for (size_t i = 0; i < ARRAY_LEN(officers); i++)
		CHECK_STR(officers[i],
		          kms_ask_as(&r->p.kit, officers[i], "{'command':'approval.agree','id':%s}",
		                     id),
		          "SUCCESS");
}

/* Killed in the middle of the start: it has begun whole, or not at all. */
static void begin(struct run *r)
{
	char id[KMS_KIT_TEXT], text[128], session[KMS_KIT_TEXT];
	struct killer killer;

	ask_for_start(r);
	agree(r, id);
	str_copy(str_of(kms_kit_session(&r->p.kit, "mk")), session, sizeof session);
	snprintf(text, sizeof text, "\"command\":\"renewal.start\",\"approval\":\"%s\"", id);
	killer_start(&killer, r->p.pid, (unsigned)random_below(&r->random, 3000 * MS));
	order(r, session, text);
	pthread_join(killer.thread, NULL);
	CHECK_I64("killed", process_kit_end(&r->p, SIGKILL), -SIGKILL);
	ready(r);
	if (status(r, "\"renewal\":"))
		return;
	CHECK(status(r, "\"state\":\"PENDING\""));
	ask_for_start(r);
	CHECK_STR("started", kms_agreed(&r->p.kit, "mk", "renewal.start", "so1 so2 so3"),
	          "SUCCESS");
}

/* --- many lives --- */

static unsigned random_us(struct run *r, double mean_ms)
{
	return (unsigned)random_below(&r->random, (uint64_t)(2 * mean_ms * MS) + 1);
}

/* So that there is something left to renew until most of the kills are done. */
static double mean_life_ms(const struct run *r, unsigned i, int64_t left)
{
	unsigned until = r->kills * 7 / 8;
	double rows_per_ms = (double)r->worked_rows / r->worked_ms;
	double share = i < until ? (double)left / (until - i) / rows_per_ms : LEAST_MS;

	return share > LEAST_MS ? share : LEAST_MS;
}

/* How long it worked, in milliseconds; 0: it did not come to that. */
static double live_once(struct run *r, unsigned i, double mean_ms)
{
	unsigned officer_every = r->kills / OFFICER_LIVES + 1;
	int64_t since;

	process_kit_start(&r->p);
	if (i % START_EVERY == START_EVERY - 1) {
		usleep(random_us(r, r->started_ms));
		return 0;
	}
	if (!CHECK(process_kit_is_ready(&r->p)))
		return 0;
	r->started_ms = (unsigned)(r->p.ready_us / MS) + 1;
	since = monotonic_us();
	if (i % officer_every == 0)
		officer_life(r, random_us(r, mean_ms) + OFFICER_MS * MS);
	else
		usleep(random_us(r, mean_ms));
	return (double)(monotonic_us() - since) / MS;
}

/* Did it work when it was killed? Lives that ended inside their first batch count for the rate too.
 */
static bool learn(struct run *r, int64_t rows, double ms, int64_t left)
{
	if (ms <= 0 || left == 0)
		return false;
	r->worked_ms += ms;
	r->worked_rows += rows;
	return true;
}

static bool one_kill(struct run *r, unsigned i, int64_t *left)
{
	struct renewal_check how = { &r->random, SAMPLE, i % WHOLE_EVERY == WHOLE_EVERY - 1, 0 };
	int64_t since = monotonic_us(), before = *left;
	double ms = live_once(r, i, mean_life_ms(r, i, before));

	CHECK_I64("killed", process_kit_end(&r->p, SIGKILL), -SIGKILL);
	how.more = r->asked - r->told;
	*left = renewal_store_under(&r->p, r->old);
	renewal_store_check(&r->store, &r->p, &how);
	atomic_fetch_add(r->p.time, (monotonic_us() - since));
	return learn(r, before - *left, ms, *left);
}

static void kill_many(struct run *r)
{
	int64_t left = renewal_store_under(&r->p, r->old), first = left;
	unsigned working = 0, moved = 0;

	r->worked_ms = 100;
	r->worked_rows = 100; /* one row a millisecond until it is known */
	r->started_ms = 100;
	for (unsigned i = 0; i < r->kills; i++) {
		int64_t before = left;

		working += one_kill(r, i, &left);
		moved += left < before;
	}
	test_note("%u kills, %u of them while it worked, %u lives carried rows over; %" PRId64
	          " of %" PRId64 " rows were left then; a start takes %u ms",
	          r->kills, working, moved, left, first, r->started_ms);
	CHECK(working >= r->kills / 2);
	CHECK(moved >= r->kills / 10);
}

/* --- the end --- */

static void finish(struct run *r)
{
	int64_t until = monotonic_us() + VERIFIED_S * (int64_t)SECOND_US;

	ready(r);
	while (!status(r, "\"state\":\"VERIFIED\"") && monotonic_us() < until)
		usleep(50 * MS);
	CHECK(has(r, "\"state\":\"VERIFIED\""));
	CHECK_I64("under the old one", renewal_store_under(&r->p, r->old), 0);
	CHECK_STR("cards are kept",
	          kms_ask_as(&r->p.kit, "mk",
	                     "{'command':'renewal.complete','kept_until':'2027-12-31'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("done", kms_agreed(&r->p.kit, "mk", "renewal.complete", "so3"), "SUCCESS");
	CHECK_I64("killed", process_kit_end(&r->p, SIGKILL), -SIGKILL);
	ready(r); /* the row said so; now the device does */
	CHECK_STR("audit", kms_ask_as(&r->p.kit, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
	renewal_traffic_stop(&r->traffic);
	CHECK_I64("ended", process_kit_end(&r->p, SIGTERM), 0);
}

static void check_old_is_gone(struct run *r)
{
	SCOPED(process_look_close) struct process_look l;
	struct hsm_lmk held;
	unsigned slots = 0;

	if (!process_look_open(&l, &r->p, false))
		return;
	CHECK(master_find(&l.ring, r->old) == NULL);
	CHECK_I64("active", master_active(&l.ring, LMK_AES)->id, r->new);
	for (unsigned slot = 0; slot < HSM_SLOTS; slot++)
		slots += is_ok(hsm_lmk_status(l.session, slot, &held));
	CHECK_I64("master keys in the device", slots, 1);
}

static void check_traffic(const struct run *r)
{
	const struct renewal_traffic *t = &r->traffic;

	CHECK_I64("wrong answers", atomic_load(&t->wrong), 0);
	CHECK_I64("refusals", atomic_load(&t->refused), 0);
	CHECK_I64("status of the last", atomic_load(&t->status), 0);
	CHECK(atomic_load(&t->right) > r->kills);
	test_note("%" PRIu64 " right answers over %" PRIu64 " lines; officers made %" PRId64
	          " values, %" PRId64 " orders without an answer",
	          atomic_load(&t->right), atomic_load(&t->cuts), r->told, r->asked - r->told);
}

TEST(a_renewal_killed_at_random_moments_loses_no_key_and_ends)
{
	static struct run r;
	uint64_t seed = setting("YIKA_KMS_SEED", SEED);
	int64_t since = monotonic_us();

	r = (struct run){ .kills = (unsigned)setting("YIKA_KMS_KILLS", KILLS) };
	random_seeded_init(&r.random, seed);
	test_note("seed %" PRIu64, seed);
	REQUIRE(prepare(&r));
	test_note("%zu values, ready after %" PRId64 " ms", r.store.count,
	          (monotonic_us() - since) / MS);
	begin(&r);
	test_note("begun after %" PRId64 " ms", (monotonic_us() - since) / MS);
	CHECK_I64("killed", process_kit_end(&r.p, SIGKILL), -SIGKILL);
	kill_many(&r);
	test_note("killed enough after %" PRId64 " ms", (monotonic_us() - since) / MS);
	finish(&r);
	test_note("finished after %" PRId64 " ms", (monotonic_us() - since) / MS);
	renewal_store_check(&r.store, &r.p,
	                    &(struct renewal_check){ &r.random, 0, true, r.asked - r.told });
	CHECK(process_kit_is_sound(&r.p));
	check_old_is_gone(&r);
	check_traffic(&r);
	test_note("%" PRId64 " ms in all", (monotonic_us() - since) / MS);
	renewal_store_free(&r.store);
	process_kit_close(&r.p);
}
