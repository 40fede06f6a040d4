/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h — the one thread of the key manager that writes its store: officers' orders, what
 * programs ask that changes something, steps of a renewal between them, and chores by the clock.
 */
#pragma once

#include <semaphore.h>
#include <stdatomic.h>

#include "domain/keys/ceremony.h"
#include "domain/keys/exchange_outbox.h"
#include "domain/keys/rekey.h"
#include "service/kms/core.h"

enum { KEEPER_QUEUE = 4096 };

struct keeper;

/* Work for the keeper's thread, in the asker's storage until it has run. */
struct keeper_task {
	void (*run)(struct keeper *k, struct keeper_task *t);
};

struct keeper_config {
	const char *dsn, *node, *checkpoint_dir;     /* borrowed; checkpoint_dir may be NULL */
	struct hsm_device *devices[KMS_DEVICES_MAX]; /* NULL where there is none */
	const char *pin_files[KMS_DEVICES_MAX];      /* "" when it is not in a file */
	const struct clock *clock;
	_Atomic uint64_t *generation; /* raised when workers must read anew */
	/* Called on the keeper's thread every second; NULL is fine. */
	void (*tick)(void *owner, struct keeper *k);
	void *owner;
};

/* Open store and devices' sessions, check and sweep, start the thread. */
result keeper_start(const struct keeper_config *config, struct keeper **out);
void keeper_stop(struct keeper *k); /* what is queued runs first; NULL is fine */

/* Any thread. false: the queue is full, or the keeper stops. */
bool keeper_post(struct keeper *k, struct keeper_task *t);
/* Any other thread: post, and wait until it has run. */
bool keeper_call(struct keeper *k, struct keeper_task *t);

/* --- on the keeper's thread --- */

/*
 * Begin a change as `actor`: a transaction that has its turn, with the master keys read anew. The
 * store is opened again when it was lost. Exactly one of commit and abandon follows when it is OK.
 */
result keeper_begin(struct keeper *k, const char *actor, struct key_act *act);
/* The same for reading: no turn; abandon it. */
result keeper_begin_reading(struct keeper *k, const char *actor, struct key_act *act);
/* Durable when OK. A commit that fails leaves nobody knowing what is durable: it ends the process
 * (db.h). */
result keeper_commit(struct keeper *k, struct key_act *act);
/* Take it back; `why`: what failed, so that a lost store is noticed; OK after reading. */
void keeper_abandon(struct keeper *k, struct key_act *act, result why);
/* Before the commit: what was changed must be read anew by workers and other processes. */
result keeper_changed(struct keeper *k, struct key_act *act);
/* Go on with a renewal from now on. */
void keeper_renew(struct keeper *k);

struct instant keeper_now(const struct keeper *k);
struct ceremony_room *keeper_room(struct keeper *k);
struct exchange_room *keeper_entries(struct keeper *k);   /* components that came in */
struct exchange_outbox *keeper_letters(struct keeper *k); /* key letters that wait */
const struct keeper_config *keeper_config_of(const struct keeper *k);
/* Session of a device, 0…KMS_DEVICES_MAX-1; NULL where there is none. */
struct hsm_session *keeper_session(struct keeper *k, size_t device);
