/* SPDX-License-Identifier: Apache-2.0 */
/* rest_call.h — one call: who makes it, what it may read, how it answers; and the table of calls.
 */
#pragma once

#include <pthread.h>

#include "base/json.h"
#include "domain/access/access.h"
#include "domain/reports/reports.h"
#include "net/http_server.h"
#include "net/lines.h"
#include "service/events/events.h"
#include "service/rest/rest.h"

/* What a route asks before its function runs. */
enum rest_needs {
	REST_OPEN = 0, /* nothing */
	REST_SESSION = 1,
	REST_CSRF = 2,    /* the session's token in X-CSRF-Token */
	REST_SETTLED = 4, /* the first password has been changed */
	REST_AWAY = 8,    /* its function waits for another program: it runs without a reader */
	REST_FILES = 16,  /* its body may hold a file */
};

struct rest_call;

struct rest_route {
	enum http_method method;
	const char *pattern;
	result (*run)(struct rest_call *c);
	unsigned needs;             /* enum rest_needs */
	enum permission permission; /* PERMISSION_COUNT: none */
};

struct rest_call {
	struct rest *rest;
	struct http_request *request;
	struct http_response *response;
	const struct rest_route *route;
	struct db_tx *tx;       /* of a reader; its snapshot lasts for the call */
	struct session session; /* of routes that need one */
	struct instant now;
	struct jread_report report; /* of JSON_FIELDS: what is wrong with which field */
};

/* --- readers (rest_readers.c) --- */

struct rest_reader {
	struct db *db;
	struct db_tx *tx;
};

struct rest_readers {
	struct str dsn;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct rest_reader at[REST_READERS];
	bool used[REST_READERS];
};
result rest_readers_open(struct rest_readers *r, struct str dsn);
void rest_readers_close(struct rest_readers *r);
/* A connection with an open transaction; waits for one. */
result rest_readers_take(struct rest_readers *r, struct rest_reader **out);
/* Back, its transaction over; `spoiled`: opened anew by the next who takes it. */
void rest_readers_give(struct rest_readers *r, struct rest_reader *reader, bool spoiled);

/* --- guard of the login (rest_guard.c) --- */

enum {
	REST_GUARD_SLOTS = 1024,
	REST_GUARD_WINDOW_S = 60,
	REST_GUARD_PER_ADDRESS = 30, /* attempts a window */
	REST_GUARD_PER_ACCOUNT = 10,
};

struct rest_guard {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	unsigned hashing; /* passwords being compared now */
	uint64_t seed;    /* so that nobody can aim at a slot */
	struct rest_guard_slot {
		uint64_t key;
		int64_t since_us;
		unsigned count;
	} slots[REST_GUARD_SLOTS];
};
void rest_guard_init(struct rest_guard *g, struct random_source *random);
void rest_guard_deinit(struct rest_guard *g);
/* Count an attempt. DECLINE REST_TOO_MANY when the address or the account had too many in this
 * minute. */
result rest_guard_admit(struct rest_guard *g, int64_t now_us, struct str address,
                        struct str account);
/* The attempt was a good one: it does not count. */
void rest_guard_forgive(struct rest_guard *g, struct str address, struct str account);
/* Around the comparison of a password: at most REST_HASHES_MAX at once. */
void rest_guard_enter(struct rest_guard *g);
void rest_guard_leave(struct rest_guard *g);

/* --- verification beside the running service (rest_verify.c) --- */

enum rest_verify_state {
	REST_VERIFY_NEVER,
	REST_VERIFY_RUNNING,
	REST_VERIFY_CLEAN,
	REST_VERIFY_BROKEN,
	REST_VERIFY_FAILED
};

struct rest_verify_status {
	enum rest_verify_state state;
	struct instant started, finished; /* 0: not yet */
	uint64_t rows_done, rows_total;
	result result;
	char difference[320]; /* empty when there is none */
};

struct rest_verify {
	struct str dsn;
	const struct clock *clock;
	pthread_mutex_t lock;
	pthread_t thread;
	bool has_thread;
	struct rest_verify_status status;
};
void rest_verify_init(struct rest_verify *v, struct str dsn, const struct clock *clock);
void rest_verify_deinit(struct rest_verify *v);  /* waits for the one that runs */
result rest_verify_start(struct rest_verify *v); /* DECLINE REST_VERIFY_RUNS */
void rest_verify_status(struct rest_verify *v, struct rest_verify_status *out);

/* --- the way to the key manager (rest_kms.c) --- */

enum {
	REST_KMS_LINES = 2,                 /* calls that wait for it at once */
	REST_KMS_BODY_MAX = (13 << 20) - 1, /* its longest line, without the line feed */
	REST_KMS_ANSWER_MAX = 16 << 20,
};

struct rest_kms {
	const char *path; /* NULL: there is none */
	int64_t deadline_us;
	pthread_mutex_t lock, asking; /* of all below; one call asks for the status */
	pthread_cond_t freed;
	struct lines_client lines[REST_KMS_LINES];
	bool used[REST_KMS_LINES];
	int64_t silent_until_us; /* monotonic: it let a call wait in vain */
	struct buf status;       /* its last answer to "status"; empty: none */
	int64_t status_us;       /* monotonic */
};
void rest_kms_init(struct rest_kms *k, const char *path, int64_t deadline_us);
void rest_kms_deinit(struct rest_kms *k);
result rest_kms_order(struct rest_call *c);
result rest_kms_status(struct rest_call *c);

/* --- live figures (rest_feed.c) --- */

struct rest_feed {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_stopping, has_thread;
	uint64_t seen_lsn; /* rows up to here were shown */
	uint64_t seen_batch;
	bool seen_holds;
	int64_t today_us, beat_us; /* monotonic: when last sent */
};
result rest_feed_start(struct rest *r);
void rest_feed_stop(struct rest *r);

/* --- the service (rest.c) --- */

struct rest {
	char dsn[REST_DSN_MAX];
	struct rest_config config;
	struct http_server *http;
	struct events *events;
	struct rest_readers readers;
	struct rest_guard guard;
	struct rest_verify verify;
	struct rest_kms kms;
	struct rest_feed feed;
	struct instant started;
};

/* --- asking (rest_query.c) --- */

/* Members of the query. A wrong one is noted in the call's report; rest_query_done says JSON_FIELDS
 * when there were any. */
int64_t rest_query_i64(struct rest_call *c, const char *name, int64_t min, int64_t max,
                       int64_t fallback);
uint64_t rest_query_id(struct rest_call *c, const char *name); /* 0 when absent */
struct str rest_query_text(struct rest_call *c, const char *name, size_t max);
struct bizdate rest_query_day(struct rest_call *c, const char *name);
/* Place of the value among `names` (NULL-ended), -1 when absent. */
int rest_query_choice(struct rest_call *c, const char *name, const char *const *names);
/* The name of an answer code; empty when absent. */
struct str rest_query_code(struct rest_call *c, const char *name);
result rest_query_done(struct rest_call *c);
/* Note that `field` is wrong. */
void rest_complain(struct rest_call *c, const char *field, const char *what);
/* A number in the path, 1…INT64_MAX. JSON_FIELDS. */
result rest_path_id(struct rest_call *c, const char *name, uint64_t *out);
result rest_require_json(const struct rest_call *c); /* REST_MEDIA_TYPE */
/* The body as an object of these fields. REST_MEDIA_TYPE, JSON_SYNTAX, JSON_FIELDS. */
result rest_body(struct rest_call *c, const struct jread_field *fields, size_t count, void *out,
                 size_t out_size);

/* --- answering (rest_answer.c) --- */

/* The answer's body as a stream of JSON. */
struct jwrite rest_json(struct rest_call *c);
/* The one place where a failure becomes an answer. */
void rest_problem(struct http_request *request, struct http_response *response, result r,
                  const struct jread_report *report);
void rest_refuse(struct http_request *request, struct http_response *response, int status);

void rest_write_instant(struct jwrite *j, const char *name, struct instant t); /* null for 0 */
void rest_write_day(struct jwrite *j, const char *name, struct bizdate d);
void rest_write_hash(struct jwrite *j, const char *name, const uint8_t hash[JOURNAL_HASH_SIZE]);
void rest_write_figure(struct jwrite *j, const char *name, int64_t count, struct money sum);
/* Stored words as the interface spells them: lower case. */
void rest_write_word(struct jwrite *j, const char *name, const char *word);
/* `masked`: the name as lists show it. */
void rest_write_transaction(struct jwrite *j, const char *name, const struct reports_transaction *t,
                            bool masked);
void rest_write_batch(struct jwrite *j, const char *name,
                      const struct journal_batch *b); /* null for no 0 */
void rest_write_verify(struct jwrite *j, const char *name, const struct rest_verify_status *v);
void rest_write_proof_state(struct jwrite *j, const struct ledger_proof *p);
bool rest_proof_holds(const struct ledger_proof *p);
/* The body of GET /home/today and of the event. */
result rest_write_today(struct jwrite *j, struct db_tx *tx, struct bizdate day, struct instant now,
                        struct arena *a);

extern const char *const rest_kind_names[]; /* by place: kind number - 1; NULL-ended */
