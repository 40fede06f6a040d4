/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compute.h — the secure computing service (安全计算服务, keys 16.1) without its sockets: a request
 * and who sent it in, an answer out. One struct compute for each worker thread; threads share the
 * clients' meters, the watch over cards, and nothing else. Which operation takes and gives what:
 * docs/service-protocol.md.
 */
#pragma once

#include <stdatomic.h>

#include "codec/kms_message.h"
#include "domain/keys/key_client_meter.h"
#include "hsm/hsm_device.h"

struct compute;
struct compute_op; /* compute_op.h */

/* What the audit and the alarms learn. */
enum compute_event_kind {
	COMPUTE_DONE,   /* to be summed up by client, operation and key */
	COMPUTE_ISSUED, /* a key went out, wrapped: each one is audited */
	COMPUTE_DENIED, /* by permission, rate, use or state of a key, or there is no such key */
	COMPUTE_BAD,    /* a message that is not what the operation asks for */
	COMPUTE_WRONG,  /* what was to be verified is wrong */
	COMPUTE_FAILED, /* device, store or this process */
	COMPUTE_ALARM,  /* too much is wrong for one client or one card within a minute */
};
extern const char *const compute_event_names[]; /* "DONE" */

/* Borrowed for the call. Nothing in it is secret. */
struct compute_event {
	enum compute_event_kind kind;
	struct instant at;
	const struct key_client *client; /* NULL: nobody's certificate */
	uint16_t op;
	const char *name; /* of the operation; "unknown" */
	enum kms_status status;
	const char *label;  /* of the key, with its version; "" when it is about none */
	size_t count;       /* items: done, or wrong */
	const char *detail; /* "usage"; "card=… kek=… kcv=…" */
};

/* Called in the worker's thread, during compute_answer. */
struct compute_sink {
	void (*event)(void *owner, const struct compute_event *e);
	void *owner;
};

/* Cards for which something was wrong lately; one for all threads. */
struct compute_watch;
result compute_watch_open(struct compute_watch **out); /* OUT_OF_MEMORY */
void compute_watch_close(struct compute_watch **w);

/* Operations beside the built-in ones. */
struct compute_table {
	const struct compute_op *at;
	size_t count;
};

struct compute_setup {
	struct db *reader; /* a reading connection, borrowed; or NULL and `dsn` */
	const char *dsn;
	struct hsm_session *sessions[MASTER_DEVICES_MAX]; /* of this thread; borrowed */
	/* Raised after every change of keys, clients or master keys. */
	const _Atomic uint64_t *generation;
	struct compute_sink sink;
	struct compute_watch *watch; /* borrowed */
	const struct compute_table *tables;
	size_t table_count;
	void *owner; /* for the functions of those tables */
};

/* OUT_OF_MEMORY, DB_*. An operation that stands in two tables: a broken promise. */
result compute_open(const struct compute_setup *s, struct compute **out);
void compute_close(struct compute **c); /* wipes; for SCOPED */

/*
 * Answer one request. Never fails: whatever it is, out gets a status, and a body where there is
 * one. client: whose certificate the connection has, as the rows say now; NULL when nobody's.
 * meter: that client's; may be NULL with it. request: as kms_frame_parse gave it.
 */
void compute_answer(struct compute *c, const struct key_client *client,
                    struct key_client_meter *meter, struct instant now,
                    const struct kms_message *request, struct kms_answer *out);
/* Did the request before need a device that computes for one thread at a time (service_route.h)? */
bool compute_was_narrow(const struct compute *c);
/* Around messages that were waiting together: a key that is opened for one of them serves the
 * others too (key_cache.h), and is wiped at the end, before anybody waits for more. */
void compute_round_begin(struct compute *c);
void compute_round_end(struct compute *c);
/* Nothing to do: wipe keys that have been open for too long. Every few seconds. */
void compute_idle(struct compute *c, struct instant now);
