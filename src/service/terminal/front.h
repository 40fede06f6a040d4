/* SPDX-License-Identifier: Apache-2.0 */
/* front.h — the inside of the terminal front, shared by its files; one thread unless said
 * otherwise. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "net/frame_server.h"
#include "service/terminal/batch.h"
#include "service/terminal/message.h"

enum {
	FRONT_ATTEMPTS_MAX = 5,        /* rejected messages of a line before sign-in (3.4) */
	FRONT_CHALLENGE_US = 10000000, /* RH is good for 10 s (7.1) */
	FRONT_HANDSHAKES_MAX = 4096,   /* under way in all */
	FRONT_HANDSHAKES_LINE = 64,    /* of one line: a gateway relays its children's */
	FRONT_GRACE_S = 4 * 3600,      /* keys live on after cut-over (7.5) … */
	FRONT_GRACE_JITTER_S = 1800,   /* … give or take */
	FRONT_CLOCK_WINDOW_S = 600,    /* F12, F13 (8) */
	FRONT_ALIVE_US = 45000000,     /* after a word; heartbeats come every 30 s (3.4) */
	FRONT_ALARM_US = 60000000,     /* at most one alarm a node in this time */
	FRONT_MOVES_PER_MINUTE = 3,    /* of a node between lines; more raises an alarm (3.4) */
	FRONT_EMERGENCY_S = 2 * 3600, /* sessions outlive an emergency change so long (keys 15.1) */
	FRONT_RETRY_S_MAX = 30,       /* DF27 */
	FRONT_FINANCIAL_MAX = 2,      /* one, and its repeat */
	FRONT_UPLOADS_MAX = 1024,     /* upload buffers */
	FRONT_JOBS_DEFAULT = 8192,
	FRONT_NODES_ROOM = 4096,
	FRONT_TICK_US = 1000000,
	FRONT_CHANGES_MAX = 256,  /* notices waiting; beyond it every node is read again */
	FRONT_PUSHES_TICK = 500,  /* sign-in notices a second */
	FRONT_QUEUE_US = 4000000, /* older requests are dropped unrun: the node has given up (T3) */
	FRONT_ASKS = 2048,        /* for keys of sessions from before a restart, under way */
	FRONT_RESUME_US = 15000000, /* a start waits so long for them */
	FRONT_PSK_US = 50000,       /* a TLS handshake waits so long for a key */
	FRONT_PSK_PAUSE_US = 5000000,
};

/* Figures counted by the front thread and read by others. */
struct front_count {
	_Atomic uint64_t frames, replies, requests, busy, pushed;
	_Atomic uint64_t refused_mac, refused_replay, refused_plain, refused_session, refused_form,
	        conflicts, late_clock;
	_Atomic uint64_t hellos, sign_ins, sign_ins_put_off, sign_ins_refused, nodes_moved, alarms;
	_Atomic uint32_t sessions, nodes, jobs;
};

static inline void front_bump(_Atomic uint64_t *counter)
{
	/* One writer: no need for a locked instruction. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
	                      memory_order_relaxed);
}

/* A connection. */
struct front_line {
	struct frame_conn *conn; /* NULL: not in use */
	uint64_t id;
	enum terminal_port port;
	unsigned attempts;   /* rejected before sign-in */
	unsigned handshakes; /* under way */
	bool authenticated;
	bool ended;              /* by us: what it sent behind that is not looked at */
	struct live_node *nodes; /* it carries, by line_next */
	struct front_line *next; /* of the free list */
};

/* Registry rows to be read again. */
struct front_changes {
	pthread_mutex_t lock;
	uint32_t ids[FRONT_CHANGES_MAX];
	size_t count;
	bool all;
};

/* Jobs the writer is done with. */
struct front_done {
	pthread_mutex_t lock;
	struct terminal_job *first, *last;
};

/* Questions the key manager has answered. */
struct front_answered {
	pthread_mutex_t lock;
	struct keyring_ask *first, *last;
};

struct terminal_front {
	struct terminal_front_config config;
	struct ledger_sink sink; /* delivers to `done` */
	struct loop *loop;
	struct frame_server *server;
	struct tls_context *tls;
	struct loop_timer tick;
	struct loop_wake stop;
	bool stop_open, running, stopping;
	pthread_t thread;
	uint16_t ports[TERMINAL_PORTS];
	struct instant now; /* read for each frame */

	struct live live;
	struct front_line *lines, *free_lines;
	size_t line_count;
	struct terminal_job *jobs, *free_jobs;
	struct terminal_job spare; /* to say "busy" when the pool is empty */
	struct payment_upload *uploads, **free_uploads;
	size_t free_upload_count;
	struct terminal_handshake *handshakes, *free_handshakes, *open_handshakes;
	struct ledger_request **submit; /* gathered in a round */
	size_t submit_count, job_count;
	int64_t tokens, tokens_at_us; /* sign-ins that may begin now, in millionths */
	int64_t swept_us;
	struct bizdate day; /* the last one the nodes were told of */
	size_t telling;     /* sessions before it were told; session_max: all */
	struct front_done done;
	struct keyring *keyring;
	_Atomic uint64_t root; /* day root in force: day ‖ sequence; 0: not known */
	uint64_t root_seen;
	struct front_answered answered;
	struct front_ask *asks, *free_asks;
	size_t unkeyed;        /* where the search for sessions without keys goes on */
	struct kms_link *link; /* for keys of TLS; NULL until one is wanted */
	int64_t psk_pause_us;  /* the key manager did not answer: nobody waits for it until then */
	struct front_changes changes;
	struct front_count count;

	/* One message at a time. */
	struct iso8583 in;
	struct iso8583_out out;
	uint8_t reply[FRAME_MAX];

	struct front_batch batch;
	struct front_hold hold;
};

/* --- front.c --- */
/* All but the thread: whoever opens it runs its loop. */
result front_open(const struct terminal_front_config *config, struct terminal_front **out);
void front_close(struct terminal_front *f);

/* --- pool.c --- */
result front_pools_init(struct terminal_front *f);
void front_pools_deinit(struct terminal_front *f);
struct terminal_job *
front_job_take(struct terminal_front *f); /* zeroed but for `head`; NULL when all are out */
void front_job_put(struct terminal_front *f, struct terminal_job *job);
/* To the writer at the end of the round. */
void front_job_submit(struct terminal_front *f, struct terminal_job *job);
struct payment_upload *front_upload_take(struct terminal_front *f);
struct terminal_handshake *front_handshake_take(struct terminal_front *f, struct front_line *line);
struct terminal_handshake *front_handshake_find(struct terminal_front *f,
                                                const struct front_line *line, const char *node,
                                                const uint8_t rh[YTAP_CHALLENGE_SIZE]);
void front_handshake_wipe(struct terminal_handshake *h);
/* One that is not among the open ones any more. */
void front_handshake_free(struct terminal_front *f, struct terminal_handshake *h);
void front_handshake_put(struct terminal_front *f, struct terminal_handshake *h);
void front_handshakes_expire(struct terminal_front *f, uint64_t line); /* 0: by age */

/* --- receive.c --- */
void front_receive(struct terminal_front *f, struct front_frame *frame);
/* A rejected message; closes a line that has not signed in and tries too often. */
void front_reject(struct terminal_front *f, struct front_line *line);
/* The writer is done with a message. */
void front_complete_message(struct terminal_front *f, struct terminal_job *job);
/* Is it signed in, and alive, on a line from another host? Then this is a second one (A1.4). */
bool front_is_elsewhere(const struct terminal_front *f, const struct front_line *line,
                        const struct live_node *node);
/* The clock of a message in f->in against ours (8). DECLINE FRONT_CLOCK. */
result front_check_clock(struct terminal_front *f, const char *node);
/* The node speaks here now; the line it spoke on before is closed unless it carries others. */
void front_attach(struct terminal_front *f, struct front_line *line, struct live_node *node);
void front_detach(struct front_line *line, struct live_node *node);

/* --- reply.c --- */
/* Answer the job's message. s NULL: plain, without F64: a hint. */
void front_reply(struct terminal_front *f, struct front_line *line, struct live_session *s,
                 struct terminal_job *job, result r);
/* The same in two steps, for an F64 under a key that is not here: the message without its F64, and
 * out with it, plain. What F64 is over is the message as far as it was built. */
result front_build_reply(struct terminal_front *f, struct terminal_job *job, result r, uint8_t *at,
                         size_t size, size_t *len);
void front_send_maced(struct terminal_front *f, struct front_line *line, struct terminal_job *job,
                      struct bytes message, const uint8_t f64[F64_SIZE]);
/* 0822 / 804: sign in again, within minutes (7.5). The node has a line, and not of dialect A. */
void front_push_renewal(struct terminal_front *f, struct live_session *s);
/* The line of a job, NULL when it is gone. */
struct front_line *front_line_of(struct terminal_front *f, uint64_t id);

/* --- greeting.c --- */
/* Hello, sign-in or register, parsed in f->in. Takes the job. */
void front_greet(struct terminal_front *f, struct front_line *line, struct terminal_job *job);
/* Steps of every sign-in: refuse it (gives the job back), tell it to come later, its place in the
 * rate, how long its session lives; in the writer: a session in the store. */
void front_refuse_greeting(struct terminal_front *f, struct front_line *line,
                           struct terminal_job *job, result r);
void front_put_off(struct terminal_front *f, struct front_line *line, struct terminal_job *job);
bool front_may_sign_in(struct terminal_front *f);
void front_lifetime(struct terminal_front *f, struct terminal_greeting *g);
result front_work_session(struct ledger_tx *tx, struct terminal_job *job);
void front_put_batch(struct terminal_job *job, struct iso8583_out *out); /* F60.2 */
/* Read a node's registry row again (node id in job->ask.greeting.node); `complete` as set by the
 * caller. */
result front_work_facts(struct ledger_tx *tx, void *arg);
void front_complete_refresh(struct terminal_front *f, struct terminal_job *job);

/* Ask about a handshake; job and handshake are the question's until it is answered. */
void front_ask_handshake(struct terminal_front *f, struct terminal_job *job,
                         struct terminal_handshake *h, enum keyring_what what,
                         void (*done)(struct terminal_front *f, struct front_ask *a));

/* --- sign_in.c --- */
void front_sign_in(struct terminal_front *f, struct front_line *line,
                   struct terminal_job *job); /* takes the job */

/* --- compat.c --- */
bool front_is_compat(enum ytap_message word);
void front_greet_compat(struct terminal_front *f, struct front_line *line,
                        struct terminal_job *job); /* takes the job */
/* The number of a transaction without a TSN, and of its original. */
result front_read_compat_key(struct terminal_asked *a, struct terminal_job *job);

/* --- watch.c: an alarm about a node, into the store and the log; one a minute at most --- */
void front_raise(struct terminal_front *f, struct live_node *node, enum terminal_host_alarm code,
                 const char *address);

/* --- resume.c --- */
struct instant front_next_cutover(const struct terminal_front *f, struct instant after);
result front_resume(struct terminal_front *f); /* nodes and sessions from the store, at the start */
void front_note(struct terminal_front *f, int what, const struct live_session *s, uint32_t session);

/* --- keys.c --- */
result front_keys_open(struct terminal_front *f);
void front_keys_close(struct terminal_front *f);
/* Ask; `done` comes later, in any case. What is asked about stands in a->keyring.terminal. */
void front_ask(struct terminal_front *f, struct front_ask *a, enum keyring_what what);
void front_follow_root(struct terminal_front *f);  /* after an emergency change */
void front_take_answers(struct terminal_front *f); /* that have come */
/* Who a session's keys are for. */
struct kms_terminal front_terminal_of(const struct live_node *node, enum suite suite,
                                      const struct terminal_session *session);
/* The first part of an answer to KEYRING_SESSION_KEYS or _COMPAT_KEYS into the session. */
result front_load_keys(struct live_session *s, const struct keyring_ask *a);
/* Ask for keys of sessions that came from the store, as many as may be under way. */
void front_ask_unkeyed(struct terminal_front *f);
/* At the start: wait until they are there, or the key manager is not. */
void front_await_keys(struct terminal_front *f);
/* The key of a node's TLS. False: not to be had now. */
bool front_psk(struct terminal_front *f, const struct live_node *node, struct secret *out);
