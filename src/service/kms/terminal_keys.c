/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/terminal_keys.h"

#include "base/log.h"
#include "domain/keys/key_audit.h"
#include "service/kms/create.h"

/* --- reading --- */

static void let_go(struct terminal_keys *k)
{
	for (size_t i = 0; i < TERMINAL_DAYS_HELD; i++)
		working_key_close(&k->held[i].key);
}

void terminal_keys_close(struct terminal_keys *k)
{
	let_go(k);
	db_close(k->reader);
	k->reader = NULL;
}

static result read_begin(struct terminal_keys *k, struct db_tx **tx)
{
	if (!k->reader)
		TRY(db_open(str_of(k->dsn), DB_KMS | DB_READ_ONLY, &k->reader));
	TRY(db_begin(k->reader, tx));
	return master_ring_load(&k->ring, *tx);
}

static result read_end(struct terminal_keys *k, struct db_tx *tx, result r)
{
	if (tx)
		db_rollback(tx);
	if (r.code == DB_LOST) {
		db_close(k->reader);
		k->reader = NULL;
	}
	return r;
}

/* --- the day in force --- */

struct advance {
	struct keeper_task task;
	struct bizdate day;
	result r;
};

static result advance_in(struct key_act *act, struct bizdate day)
{
	struct day_root before, now;

	TRY(day_root_current(act->tx, KMS_SITE, act->now, &before));
	if (before.day.yyyymmdd >= day.yyyymmdd)
		return OK;
	TRY(day_root_advance(act, KMS_SITE, day, &now));
	return key_audit_write(act, "DAY.ADVANCE", OK, "domain=%s from=%u to=%u kcv=%s", KMS_SITE,
	                       before.day.yyyymmdd, now.day.yyyymmdd, now.kcv);
}

static void run_advance(struct keeper *keeper, struct keeper_task *t)
{
	struct advance *a = (struct advance *)t;
	struct key_act act;

	a->r = keeper_begin(keeper, "platform", &act);
	if (!is_ok(a->r))
		return;
	a->r = advance_in(&act, a->day);
	if (is_ok(a->r))
		a->r = keeper_changed(keeper, &act);
	if (is_ok(a->r))
		a->r = keeper_commit(keeper, &act);
	else
		keeper_abandon(keeper, &act, a->r);
}

static result advance(struct terminal_keys *k, struct bizdate day)
{
	struct advance a = { .task = { run_advance }, .day = day, .r = OK };

	if (!keeper_call(k->keeper, &a.task))
		return FAIL(LEDGER_BUSY, "the keeper is stopping");
	if (!is_ok(a.r))
		LOG_ERROR("kms.day_advance", "day=%u code=%s", day.yyyymmdd, result_name(a.r));
	return a.r;
}

static result read_current(struct terminal_keys *k)
{
	uint64_t generation = atomic_load(k->generation);
	struct db_tx *tx = NULL;
	result r;

	if (k->current_generation == generation && generation)
		return OK;
	r = read_begin(k, &tx);
	if (is_ok(r))
		r = day_root_current(tx, KMS_SITE, clock_now(k->clock), &k->current);
	k->current_generation = is_ok(r) ? generation : 0;
	return read_end(k, tx, r);
}

result terminal_keys_day(struct terminal_keys *k, struct bizdate day, struct day_root *out)
{
	result r = read_current(k);

	/* A root that is too old is no reason not to go on to the next day. */
	if ((is_ok(r) && k->current.day.yyyymmdd < day.yyyymmdd) || r.code == KEYS_DAY_STALE) {
		TRY(advance(k, day));
		r = read_current(k);
	}
	TRY(r);
	*out = k->current;
	return OK;
}

/* --- roots --- */

static struct terminal_day *held(struct terminal_keys *k, const struct day_root_key *of)
{
	for (size_t i = 0; i < TERMINAL_DAYS_HELD; i++)
		if (k->held[i].key && k->held[i].of.day.yyyymmdd == of->day.yyyymmdd &&
		    k->held[i].of.seq == of->seq)
			return &k->held[i];
	return NULL;
}

static result open_root(struct terminal_keys *k, const struct day_root_key *of,
                        struct terminal_day *out)
{
	struct db_tx *tx = NULL;
	struct day_root root;
	result r = read_begin(k, &tx);

	if (is_ok(r))
		r = day_root_find(tx, KMS_SITE, of, clock_now(k->clock), &root);
	if (is_ok(r)) {
		*out = (struct terminal_day){ *of, day_root_until(&root), NULL };
		r = day_root_open(&k->ring, &root, &out->key);
	}
	return read_end(k, tx, r);
}

/* What is held was read before somebody changed something: its end may have come nearer. */
static void follow(struct terminal_keys *k)
{
	uint64_t generation = atomic_load(k->generation);

	if (k->held_generation != generation)
		let_go(k);
	k->held_generation = generation;
}

static bool is_over(const struct terminal_keys *k, const struct terminal_day *d)
{
	return d->until.us && d->until.us <= clock_now(k->clock).us;
}

result terminal_keys_root(struct terminal_keys *k, const struct day_root_key *of,
                          struct working_key **out)
{
	struct terminal_day *place;

	follow(k);
	place = held(k, of);
	if (place && is_over(k, place)) {
		working_key_close(&place->key);
		return FAIL(KEYS_DAY_GONE, "the window of %u-%u is over", of->day.yyyymmdd,
		            of->seq);
	}
	if (!place) {
		struct terminal_day opened = { 0 };

		TRY(open_root(k, of, &opened));
		place = &k->held[k->next++ % TERMINAL_DAYS_HELD];
		working_key_close(&place->key);
		*place = opened;
	}
	*out = place->key;
	return OK;
}
