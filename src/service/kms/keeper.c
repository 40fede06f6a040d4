/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/keeper_private.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

enum { TICK_US = 1000000 };

/* --- transactions --- */

static result reopen(struct keeper *k)
{
	if (k->db)
		return OK;
	TRY(db_open(str_of(k->config.dsn), DB_KMS, &k->db));
	LOG_INFO("kms.store_open", "engine=%s",
	         db_engine_of(k->db) == DB_SQLITE ? "sqlite" : "postgres");
	return OK;
}

/* A connection that failed is given up; the next transaction opens another. */
static void look_at_store(struct keeper *k, result r)
{
	if (r.code != DB_LOST && r.code != DB_OPEN)
		return;
	LOG_ERROR("kms.store_lost", "detail=\"%s\"", result_last()->text);
	db_close(k->db);
	k->db = NULL;
}

/* Nothing is changed while a device is away: neither randomness nor the audit's key would be there.
 */
static result check_devices(struct keeper *k, bool writing)
{
	for (size_t i = 0; writing && i < KMS_DEVICES_MAX; i++)
		if (k->config.devices[i])
			TRY(hsm_device_check(k->config.devices[i]));
	return OK;
}

static result begin(struct keeper *k, const char *actor, bool writing, struct key_act *act)
{
	*act = (struct key_act){ .ring = &k->ring,
		                 .random = &k->random.source,
		                 .now = keeper_now(k) };
	str_copy(str_of(actor), act->actor, sizeof act->actor);
	TRY(check_devices(k, writing));
	TRY(reopen(k));
	TRY(db_begin(k->db, &act->tx));
	if (writing)
		TRY(key_act_turn(act->tx));
	return master_ring_load(&k->ring, act->tx);
}

static result begin_or_abandon(struct keeper *k, const char *actor, bool writing,
                               struct key_act *act)
{
	result r = begin(k, actor, writing, act);

	if (!is_ok(r))
		keeper_abandon(k, act, r);
	return r;
}

result keeper_begin(struct keeper *k, const char *actor, struct key_act *act)
{
	return begin_or_abandon(k, actor, true, act);
}

result keeper_begin_reading(struct keeper *k, const char *actor, struct key_act *act)
{
	return begin_or_abandon(k, actor, false, act);
}

result keeper_commit(struct keeper *k, struct key_act *act)
{
	result r = db_commit(act->tx);

	act->tx = NULL;
	if (!is_ok(r)) {
		LOG_ERROR("kms.commit_failed", "detail=\"%s\"", result_last()->text);
		abort();
	}
	if (k->changed) {
		k->changed = false;
		k->changes++;
		atomic_fetch_add(k->config.generation, 1);
	}
	return r;
}

void keeper_abandon(struct keeper *k, struct key_act *act, result why)
{
	k->changed = false;
	if (act->tx)
		db_rollback(act->tx);
	act->tx = NULL;
	look_at_store(k, why);
}

result keeper_changed(struct keeper *k, struct key_act *act)
{
	k->changed = true;
	return key_act_changed(act->tx);
}

/* --- what the owner asks for --- */

struct instant keeper_now(const struct keeper *k)
{
	return clock_now(k->config.clock);
}

struct ceremony_room *keeper_room(struct keeper *k)
{
	return k->room;
}

struct exchange_room *keeper_entries(struct keeper *k)
{
	return k->entries;
}

struct exchange_outbox *keeper_letters(struct keeper *k)
{
	return k->letters;
}

const struct keeper_config *keeper_config_of(const struct keeper *k)
{
	return &k->config;
}

struct hsm_session *keeper_session(struct keeper *k, size_t device)
{
	return k->ring.sessions[device];
}

void keeper_renew(struct keeper *k)
{
	k->renewing = true;
}

/* --- the thread --- */

static void *keeper_main(void *arg)
{
	struct keeper *k = arg;
	int64_t next_tick = monotonic_us();

	for (;;) {
		int64_t left = next_tick - monotonic_us();
		void *item;

		if (queue_take(&k->queue, &item, 1, k->renewing || left < 0 ? 0 : left) == 1) {
			struct keeper_task *t = item;

			t->run(k, t);
		} else if (queue_is_closed(&k->queue)) {
			return NULL;
		}
		if (monotonic_us() >= next_tick) {
			keeper_chores(k);
			next_tick = monotonic_us() + TICK_US;
		}
		if (k->renewing)
			keeper_renewal_step(k);
	}
}

bool keeper_post(struct keeper *k, struct keeper_task *t)
{
	void *item = t;

	return queue_push(&k->queue, &item, 1) == 1;
}

struct waited {
	struct keeper_task task;
	struct keeper_task *inner;
	sem_t done;
};

static void run_waited(struct keeper *k, struct keeper_task *t)
{
	struct waited *w = (struct waited *)t;

	w->inner->run(k, w->inner);
	sem_post(&w->done);
}

bool keeper_call(struct keeper *k, struct keeper_task *t)
{
	struct waited w = { .task = { run_waited }, .inner = t };
	bool posted;

	sem_init(&w.done, 0, 0);
	posted = keeper_post(k, &w.task);
	while (posted && sem_wait(&w.done) != 0)
		continue;
	sem_destroy(&w.done);
	return posted;
}

/* --- start and stop --- */

static result open_sessions(struct keeper *k)
{
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++)
		if (k->config.devices[i])
			TRY(hsm_session_open(k->config.devices[i], &k->ring.sessions[i]));
	k->random =
	        hsm_random_source(k->ring.sessions[0] ? k->ring.sessions[0] : k->ring.sessions[1]);
	return OK;
}

/* The first look: what tables there are, what devices hold, whether a renewal was under way. */
static result look(struct keeper *k, struct key_act *act)
{
	struct rekey_job job;
	size_t erased;

	TRY(rekey_check_tables(act->tx));
	TRY(master_sweep(&k->ring, act->tx, false, &erased));
	TRY(rekey_find(act->tx, &job, &k->renewing));
	TRY(key_act_changes(act->tx, &k->changes));
	return master_node_report(act->tx, act->now, k->config.node, &k->ring);
}

static result first_look(struct keeper *k)
{
	struct key_act act;

	TRY(keeper_begin(k, "system", &act));
	result r = look(k, &act);
	if (is_ok(r))
		return keeper_commit(k, &act);
	keeper_abandon(k, &act, r);
	return r;
}

static result start(struct keeper *k)
{
	TRY(db_open(str_of(k->config.dsn), DB_KMS, &k->db));
	TRY(db_migrate(k->db, keeper_now(k), NULL));
	TRY(open_sessions(k));
	TRY(ceremony_room_open(&k->room));
	TRY(exchange_room_open(&k->entries));
	TRY(exchange_outbox_open(&k->letters));
	TRY(queue_init(&k->queue, KEEPER_QUEUE));
	k->has_queue = true;
	TRY(first_look(k));
	if (pthread_create(&k->thread, NULL, keeper_main, k) != 0)
		return FAIL(SYSTEM_CALL, "the keeper's thread");
	k->runs = true;
	return OK;
}

static void release(struct keeper *k)
{
	ceremony_room_close(k->room);
	exchange_room_close(k->entries);
	exchange_outbox_close(k->letters);
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++)
		hsm_session_close(k->ring.sessions[i]);
	db_close(k->db);
	if (k->has_queue)
		queue_deinit(&k->queue);
	free(k);
}

result keeper_start(const struct keeper_config *config, struct keeper **out)
{
	struct keeper *k = calloc(1, sizeof *k);
	result r;

	if (!k)
		return FAIL(OUT_OF_MEMORY, "keeper");
	k->config = *config;
	r = start(k);
	if (is_ok(r))
		*out = k;
	else
		release(k);
	return r;
}

void keeper_stop(struct keeper *k)
{
	if (!k)
		return;
	queue_close(&k->queue);
	if (k->runs)
		pthread_join(k->thread, NULL);
	release(k);
}
