/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper does by the clock, and the renewal of a master key between two orders. */
#include <inttypes.h>

#include "base/log.h"
#include "domain/keys/certificate.h"
#include "domain/keys/day_root.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/key_version.h"
#include "service/kms/checkpoint.h"
#include "service/kms/create.h"
#include "service/kms/keeper_private.h"

enum { EVERY_10_S = 10, EVERY_MINUTE = 60, EVERY_HOUR = 3600 };

/* Run one chore in a change of its own. */
static result in_change(struct keeper *k, result (*chore)(struct keeper *k, struct key_act *act))
{
	struct key_act act;

	TRY(keeper_begin(k, "system", &act));
	result r = chore(k, &act);
	if (is_ok(r))
		return keeper_commit(k, &act);
	keeper_abandon(k, &act, r);
	return r;
}

static void tell(const char *what, result r)
{
	if (!is_ok(r) && r.code != HSM_LOST)
		LOG_ERROR("kms.chore_failed", "chore=%s code=%s detail=\"%s\"", what,
		          result_name(r), result_last()->text);
}

/* --- devices --- */

static void reconnect(struct keeper *k, size_t i)
{
	struct hsm_device *d = k->config.devices[i];

	if (!d || !hsm_device_is_lost(d) || !is_ok(hsm_device_reconnect(d)))
		return;
	LOG_INFO("kms.device_back", "device=%zu", i);
	atomic_fetch_add(k->config.generation, 1);
}

static void look_at_devices(struct keeper *k)
{
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++) {
		struct hsm_device *d = k->config.devices[i];

		if (d && k->round % EVERY_10_S == 0 && !hsm_device_is_lost(d) &&
		    !is_ok(hsm_device_check(d)))
			LOG_ERROR("kms.device_lost", "device=%zu", i);
		reconnect(k, i);
	}
}

/* --- the store --- */

/* Another process on the store may have changed something, or begun a renewal. */
static void follow_others(struct keeper *k)
{
	struct rekey_job job;
	struct key_act act;
	int64_t changes;
	bool runs;

	if (!is_ok(keeper_begin_reading(k, "system", &act)))
		return;
	result r = key_act_changes(act.tx, &changes);
	if (is_ok(r) && changes != k->changes) {
		k->changes = changes;
		atomic_fetch_add(k->config.generation, 1);
	}
	if (is_ok(r) && k->round % EVERY_10_S == 0) {
		r = rekey_find(act.tx, &job, &runs);
		k->renewing = k->renewing || (is_ok(r) && runs && job.state == REKEY_RUNNING);
	}
	keeper_abandon(k, &act, r);
}

static result report(struct keeper *k, struct key_act *act)
{
	size_t erased;

	TRY(master_sweep(&k->ring, act->tx, false, &erased));
	if (erased)
		TRY(key_audit_write(act, "LMK.ERASE", OK, "node=%s slots=%zu", k->config.node,
		                    erased));
	return master_node_report(act->tx, act->now, k->config.node, &k->ring);
}

static result follow_clock(struct keeper *k, struct key_act *act)
{
	size_t versions, ca_keys, certificates;

	TRY(key_version_follow_clock(act, &versions));
	TRY(ca_key_follow_clock(act, &ca_keys));
	TRY(certificate_follow_clock(act, &certificates));
	if (versions + ca_keys + certificates == 0)
		return OK;
	TRY(keeper_changed(k, act));
	return versions ? key_audit_write(act, "KEY.CLOCK", OK, "versions=%zu", versions) : OK;
}

/* Forward secrecy does not wait for the next day-end; and a day-end that does not come is told
 * every hour (keys 15.1). */
static result follow_days(struct keeper *k, struct key_act *act)
{
	struct day_root now;
	size_t destroyed;

	TRY(day_root_expire(act, KMS_SITE, &destroyed));
	result r = day_root_current(act->tx, KMS_SITE, act->now, &now);
	if (r.code == KEYS_DAY_STALE && k->round % EVERY_HOUR == 0)
		LOG_ERROR("kms.day_root_old",
		          "day=%u sequence=%u text=\"no day-end came: nobody "
		          "signs in\"",
		          now.day.yyyymmdd, now.seq);
	if (destroyed == 0)
		return OK;
	TRY(keeper_changed(k, act));
	return key_audit_write(act, "DAY.DESTROY", OK, "domain=%s roots=%zu", KMS_SITE, destroyed);
}

static result write_checkpoint(struct keeper *k)
{
	struct key_act act;

	if (!k->config.checkpoint_dir || !checkpoint_due(keeper_now(k), k->checkpoint_day))
		return OK;
	TRY(keeper_begin_reading(k, "system", &act));
	result r = checkpoint_write(&act, k->config.checkpoint_dir, &k->checkpoint_day);
	keeper_abandon(k, &act, r);
	return r;
}

void keeper_chores(struct keeper *k)
{
	look_at_devices(k);
	ceremony_room_expire(k->room, keeper_now(k));
	exchange_room_expire(k->entries, keeper_now(k));
	exchange_outbox_expire(k->letters, keeper_now(k));
	follow_others(k);
	if (k->round % EVERY_10_S == 0)
		tell("report", in_change(k, report));
	if (k->round % EVERY_MINUTE == 0) {
		tell("clock", in_change(k, follow_clock));
		tell("days", in_change(k, follow_days));
		tell("checkpoint", write_checkpoint(k));
	}
	if (k->config.tick)
		k->config.tick(k->config.owner, k);
	k->round++;
}

/* --- renewal --- */

static result renewal_step(struct keeper *k, struct key_act *act)
{
	struct rekey_job job;
	bool found, more = false;

	TRY(rekey_find(act->tx, &job, &found));
	if (found && job.state == REKEY_RUNNING)
		TRY(rekey_step(act, &job, &more));
	k->renewing = more;
	if (found && job.state == REKEY_VERIFIED)
		return key_audit_write(act, "REKEY.VERIFIED", OK, "job=%" PRId64 " rows=%" PRId64,
		                       job.id, job.done);
	return OK;
}

void keeper_renewal_step(struct keeper *k)
{
	result r = in_change(k, renewal_step);

	if (is_ok(r))
		return;
	k->renewing = false; /* the chore of every ten seconds takes it up again */
	tell("renewal", r);
}
