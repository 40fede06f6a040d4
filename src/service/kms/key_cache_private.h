/* SPDX-License-Identifier: Apache-2.0 */
/* key_cache_private.h — the inside of a key cache, and what it reads; private to this folder. */
#pragma once

#include "service/kms/key_cache.h"

enum { KEY_CACHE_BUCKETS = 512 };

struct key_cache_slot {
	struct key_entry entry; /* first: an entry is its slot */
	char asked[KEY_LABEL_SIZE];
	size_t asked_len; /* 0: empty */
	int next;         /* in its bucket */
	struct working_key *key;
	int64_t read_us, opened_us;
	int64_t changes_us; /* when .00 may be another version */
	uint64_t used;      /* message that used it last */
};

struct key_cache {
	struct db *reader; /* borrowed or own */
	const char *dsn;   /* NULL: the reader is borrowed */
	struct db_tx *tx;  /* of the message; NULL: nothing was read for it */
	struct master_ring ring;
	bool ring_read;
	const _Atomic uint64_t *generation;
	uint64_t seen;                             /* of *generation */
	uint32_t seen_devices[MASTER_DEVICES_MAX]; /* generations */
	struct instant now;                        /* of the message */
	uint64_t message;
	int64_t tidied_us;
	struct key_cache_slot
	        *fleeting[KEY_CACHE_MIN]; /* their keys are open for this message or round only */
	size_t fleeting_count;
	bool in_round; /* more messages wait: the fleeting ones may serve them too */
	struct key_cache_counts counts;
	int buckets[KEY_CACHE_BUCKETS];
	size_t size;
	struct key_cache_slot slots[];
};

/* What the rows say of a label. */
struct key_cache_found {
	struct key_definition definition;
	struct key_version version;
	int64_t changes_us;
};

/* Connect when it is not. DB_*. */
result key_cache_connect(struct key_cache *c);
/* The rows of a label, within the message's transaction; the ring too when it does not know the
 * row's master key. */
result key_cache_read(struct key_cache *c, const struct key_label *label,
                      struct key_cache_found *out);
result key_cache_read_ring(struct key_cache *c);
void key_cache_end_reading(struct key_cache *c);
