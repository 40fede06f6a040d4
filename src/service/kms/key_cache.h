/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_cache.h — keys of the computing service as one worker thread knows them: label → definition,
 * version, opened key. Filled through a reading connection and device sessions of that thread;
 * shared with nobody.
 *
 * How long a key stays open (keys 3.2): in the device as long as it is there; in this process 300 s
 * for keys of days and sessions, data and MACs, and one message for card roots, keys over keys and
 * private halves of pairs; or those few messages that were waiting together when the first of them
 * was taken up: to wipe such a key and bring it in again between two of them protects nothing.
 */
#pragma once

#include <stdatomic.h>

#include "domain/keys/key_version.h"

enum {
	KEY_CACHE_MIN = 64, /* entries; more than one message can name */
	KEY_CACHE_MAX = 256,
	KEY_CACHE_HELD_MAX = 32, /* open in this process between messages: locked memory is small,
	                            and all threads live on it */
	KEY_CACHE_TTL_S = 300,
	KEY_CACHE_ROUND_KEYS = 16, /* of that kind, between two messages of a round */
};

struct key_cache_setup {
	struct db *reader; /* borrowed; or NULL, and the cache connects to `dsn` by itself, again
	                      after a loss */
	const char *dsn;   /* borrowed */
	struct hsm_session *sessions[MASTER_DEVICES_MAX]; /* of this thread; borrowed */
	/* Raised after every change of keys, clients or master keys. */
	const _Atomic uint64_t *generation;
	size_t entries; /* 0: KEY_CACHE_MAX */
};

/* What a label means. Borrowed until key_cache_end. */
struct key_entry {
	char label[KEY_LABEL_SIZE]; /* with the number of the version, also where .00 was asked */
	struct key_definition definition;
	struct key_version version;
};

struct key_cache;

/* OUT_OF_MEMORY, DB_*. */
result key_cache_open(const struct key_cache_setup *s, struct key_cache **out);
void key_cache_close(struct key_cache **c); /* wipes; for SCOPED */

/* A message begins: what is older than the last change, or of another generation of a device, goes.
 */
void key_cache_begin(struct key_cache *c, struct instant now);
/* It ends: keys that were opened for one message are wiped. */
void key_cache_end(struct key_cache *c);
/* Messages that have come together begin, and have ended: such keys are wiped with the last. */
void key_cache_round_begin(struct key_cache *c);
void key_cache_round_end(struct key_cache *c);
/* Between messages: wipe what has been open for too long. Call it now and then when none come. */
void key_cache_tidy(struct key_cache *c, struct instant now);
/* Forget everything; what was found is no longer good. */
void key_cache_drop(struct key_cache *c);

/* "CAMPUS01.EP.DPK.00" is the ACTIVE version of the highest number, by the clock. INVALID
 * KEY_LABEL; DECLINE KEY_NOT_FOUND, asked anew each time; DB_*. */
result key_cache_find(struct key_cache *c, struct str label, const struct key_entry **out);
enum key_state key_cache_state(const struct key_cache *c, const struct key_entry *e);
/* The key itself, good until key_cache_end. As key_version_open. */
result key_cache_key(struct key_cache *c, const struct key_entry *e, struct working_key **out);

/* For rules of the domain that read by themselves: the message's own reading transaction, which
 * key_cache_end closes, and this thread's master keys. DB_*; as master_ring_load. */
result key_cache_reading(struct key_cache *c, struct db_tx **out);
result key_cache_ring(struct key_cache *c, struct master_ring **out);
/* The active master key for keys of an algorithm, as a place for new keys that open here. */
struct key_cache_place {
	struct working_place at;
	char check[KCV_TEXT_SIZE + 2]; /* option KP */
	char version;                  /* of its blocks */
};
result key_cache_place(struct key_cache *c, char algorithm, struct key_cache_place *out);
/* A session, for randomness; NULL: there is no device. */
/* Is it open, and narrow (working_key_is_narrow)? */
bool key_cache_is_narrow(const struct key_entry *e);
struct hsm_session *key_cache_session(const struct key_cache *c);

/* For figures and tests. */
struct key_cache_counts {
	uint64_t reads, opens, drops; /* rows read; keys opened; times everything was forgotten */
	size_t entries, open;         /* now */
	size_t held;                  /* of the open ones, in this process */
};
struct key_cache_counts key_cache_counts(const struct key_cache *c);
