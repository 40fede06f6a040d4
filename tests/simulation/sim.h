/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h — a deterministic world of tills, a bad network and one host: every run is a function of
 * its seed.
 *
 * The tills are the product's journal and machines, the host is the product's book; between them
 * stand only time, loss, repetition, delay, reordering, forgery and crashes at every durable step
 * (terminal-protocol 18).
 */
#pragma once

#include "base/rand.h"
#include "base/time.h"
#include "device/pos/pos_txn.h"
#include "device/pos/pos_upload.h"

enum {
	SIM_TILLS_MAX = 4,
	SIM_CARDS = 4,
	SIM_RECORDS_MAX = 6,   /* of one upload message: small, so that windows matter */
	SIM_FORGED_X100 = 100, /* of 10 000 replies: also one nobody signed */
	SIM_SALES_MAX = 24,    /* per till and run */
	SIM_TRUTHS_MAX = 512,
	SIM_SOURCE_FIRST = 1000,
	SIM_OPENING_FEN = 6000, /* on each card */
};

/* A rule of terminal-protocol 17 that is left out, in the wiring of the simulation only. */
enum sim_mutant {
	SIM_NO_MUTANT,
	SIM_HOST_FORGETS_KEYS,     /* no look-up of K: every arrival is new */
	SIM_HOST_FORGETS_DECLINES, /* a repeated decline is decided again */
	SIM_HOST_NO_TOMBSTONE,     /* a reversal of the unknown leaves no trace */
	SIM_HOST_ANSWERS_EARLY,    /* reply before commit */
	SIM_HOST_TELLS_ANEW,       /* a repeat tells today's balance, not the stored one */
	SIM_TILL_SENDS_FIRST,      /* the request leaves before SENT is durable */
	SIM_TILL_FORGETS_AT_BOOT,  /* SENT is not reversed after a restart */
	SIM_TILL_TAKES_LATE,       /* an approval that comes while reversing is believed */
	SIM_TILL_COUNTS_IN_MEMORY, /* numbers are not durable */
	SIM_TILL_FREES_EARLY,      /* a record is freed when sent */
	SIM_TILL_DELIVERS_FIRST,   /* goods before the outcome is durable */
	SIM_TILL_TONE_FIRST,       /* success tone before the record is durable */
	SIM_TILL_GIVES_UP,         /* a reversal is tried three times only */
	SIM_TILL_BELIEVES_ANYBODY, /* replies without a right MAC count */
	SIM_TILL_IGNORES_FLOOR,    /* with a new store it counts from 1 again */
	SIM_MUTANTS
};

struct sim_rates {
	uint32_t lose_x100, repeat_x100, delay_x100; /* of 10 000 messages */
	uint32_t crash_x100;                         /* of 10 000 durable steps and sends */
	uint32_t flap_x100;                          /* of 10 000 sends: the link breaks */
};

enum sim_message_kind { SIM_REQUEST, SIM_REVERSAL, SIM_UPLOAD, SIM_UPLOAD_END };

struct sim_record {
	uint64_t tsn;
	unsigned card;
	int64_t amount_fen;
	uint8_t status; /* of a reply */
};

/* One message either way, without its envelope: F64 is `forged` or not. */
struct sim_message {
	enum sim_message_kind kind;
	bool reply, forged;
	unsigned till;
	uint64_t tsn, original_tsn, original_lsn;
	enum pos_kind what;
	unsigned card;
	int64_t amount_fen;
	uint64_t digest;
	/* of replies */
	char code[POS_CODE_SIZE];
	int64_t balance_fen;
	uint64_t lsn;
	/* of uploads */
	uint64_t sequence;
	struct sim_record records[SIM_RECORDS_MAX];
	size_t record_count;
};

/* --- host --- */

enum sim_crash {
	SIM_CRASH_NEVER,
	SIM_CRASH_BEFORE_COMMIT, /* nothing is kept */
	SIM_CRASH_AFTER_COMMIT,  /* everything is kept, no reply leaves */
	SIM_CRASH_ANSWERED,      /* a mutant's: nothing is kept, but the replies leave */
};

/* Does messages in one batch, all in one commit. */
struct sim_host {
	/*
	 * Decide and commit n messages; replies[i] answers in[i] (not filled for
	 * SIM_CRASH_BEFORE_COMMIT). After a crash restart comes next.
	 */
	void (*batch)(struct sim_host *h, struct instant now, const struct sim_message *in,
	              size_t n, enum sim_crash crash, struct sim_message *replies);
	void (*restart)(struct sim_host *h, struct instant now);
	/* Net effect of the transaction under (till, tsn): 1 it stands, 0 it does not. */
	int (*stands)(struct sim_host *h, unsigned till, uint64_t tsn, uint64_t digest);
	int64_t (*balance_fen)(struct sim_host *h, unsigned card);
	/* DF26 for a till that lost its store. */
	uint64_t (*floor)(struct sim_host *h, unsigned till);
	/* What the host itself knows to be wrong; NULL when its book is balanced. */
	const char *(*wrong)(struct sim_host *h);
	void (*close)(struct sim_host *h);
};

struct sim_host *sim_host_model(void);
struct sim_host *sim_host_real(void);

/* --- what really happened, as the simulation saw it --- */

/* One intention of a till that was durable, or left it. */
struct sim_truth {
	unsigned till;
	uint64_t tsn, original_tsn, digest;
	enum pos_kind what;
	bool offline;
	unsigned card;
	int64_t amount_fen;
	bool left;      /* something under this number was sent */
	bool delivered; /* goods left the counter, or cash changed hands */
};

/* --- world --- */

struct sim_disk {
	struct pos_disk disk;
	struct sim *sim;
	unsigned till;
	uint8_t *at;
	size_t len, synced, size;
};

enum sim_event_kind {
	SIM_ARRIVE,
	SIM_TIMER,
	SIM_UPLOAD_WAKE,
	SIM_BOOT,
	SIM_ACT,
	SIM_LINK,
	SIM_HOST_RUN,
	SIM_HOST_UP
};

struct sim_event {
	int64_t at_us;
	uint64_t order;
	enum sim_event_kind kind;
	unsigned till;
	uint64_t generation;
	struct sim_message *message; /* ARRIVE; owned */
};

struct sim_till {
	struct sim_disk disk;
	struct pos_journal journal;
	struct pos_txn txn;
	struct pos_upload upload;
	bool up, link;
	uint64_t timer_generation, wake_generation, boot_generation;
	int64_t wake_at_us;
	unsigned acts_left;
	uint64_t volatile_tsn; /* SIM_TILL_COUNTS_IN_MEMORY: where it begins again */
};

struct sim {
	struct random_seeded random;
	struct sim_rates rates;
	enum sim_mutant mutant;
	struct sim_host *host;
	struct sim_till tills[SIM_TILLS_MAX];
	unsigned till_count;
	int64_t now_us, start_us;
	struct sim_event *heap;
	size_t event_count, heap_size;
	uint64_t event_order;
	struct sim_message *inbox; /* arrived at the host, not done yet */
	size_t inbox_count, inbox_size;
	bool host_up, host_run_due, calm;
	struct sim_truth truths[SIM_TRUTHS_MAX];
	size_t truth_count;
	struct sim_message
	        *answers; /* first committed answer of each K: a repeat must be identical */
	size_t answer_count, answer_size;
	unsigned crashes, host_crashes;
	char violation[256]; /* the first; empty when all is well */
};

struct sim_report {
	char violation[256];
	unsigned crashes, host_crashes, transactions, events;
};

extern const struct sim_rates sim_rates_default; /* terminal-protocol 18.2: 12 %, 12 %, 6 %, 2 % */

/* One world from beginning to quiescence. */
void sim_run(uint64_t seed, enum sim_mutant mutant, struct sim_host *(*host)(void),
             struct sim_report *out);
const char *sim_mutant_name(enum sim_mutant mutant);

/* --- between the files of the simulation --- */

void sim_violation(struct sim *s, const char *format, ...) ATTR_PRINTF(2, 3);
void sim_post(struct sim *s, struct sim_event e);      /* at e.at_us */
bool sim_chance(struct sim *s, uint32_t percent_x100); /* never while calm */
int64_t sim_between(struct sim *s, int64_t low, int64_t high);

/* network */
void sim_send(struct sim *s, const struct sim_message *m);

/* host */
void sim_host_arrived(struct sim *s, const struct sim_message *m);
void sim_host_run(struct sim *s);
void sim_host_up(struct sim *s);

/* till */
void sim_till_boot(struct sim *s, unsigned till);
void sim_till_act(struct sim *s, unsigned till);
void sim_till_reply(struct sim *s, const struct sim_message *m);
void sim_till_timer(struct sim *s, unsigned till);
void sim_till_upload(struct sim *s, unsigned till);
void sim_till_link(struct sim *s, unsigned till, bool up);
void sim_till_crash(struct sim *s, unsigned till);
bool sim_till_is_quiet(const struct sim *s, unsigned till);
struct sim_truth *sim_truth_find(struct sim *s, unsigned till, uint64_t tsn);

void sim_disk_init(struct sim_disk *d, struct sim *s, unsigned till);
void sim_disk_power_off(struct sim_disk *d); /* what was not synced is gone, or torn */

/* the end */
void sim_check(struct sim *s);
