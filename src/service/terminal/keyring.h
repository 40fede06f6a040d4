/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring.h — what the front asks the key manager, many at once: a thread with a line of its own.
 * While the key manager is away every question is answered KMS_AWAY at once, and the line is looked
 * for again.
 */
#pragma once

#include "base/time.h"
#include "crypto/suite.h"
#include "service/kms_link/kms_link.h"

enum {
	KEYRING_ASKS_MAX = 8192,       /* waiting, besides those under way */
	KEYRING_PATIENCE_US = 3000000, /* then a question is given up, and the line with it */
	KEYRING_ANSWER_MAX = KMS_TERMINAL_KEYS + KMS_TERMINAL_WRAPPED,
	KEYRING_MACED_MAX = 1024, /* bytes under a F64 */
	KEYRING_CHALLENGE = 16,
};

enum keyring_what {
	KEYRING_SIGN_IN_CHALLENGE, /* rt, rh → CH */
	KEYRING_SIGN_IN_PROOF, /* rt, rh, maced, f64, ct, day [, card] → bits ‖ day ‖ sequence */
	KEYRING_SESSION_KEYS, /* → keys ‖ wrapped */
	KEYRING_COMPAT_KEYS,  /* → keys ‖ F62 */
	KEYRING_REPLY_MAC,    /* maced [, card: burnt] → F64 */
	KEYRING_PIN_TOKEN,    /* pin_block, card_no → token */
	KEYRING_DAY,          /* day → 0 ‖ day ‖ sequence */
};

/* A question and its answer, in the asker's storage until it is answered. */
struct keyring_ask {
	struct keyring_ask *next;
	enum keyring_what what;
	struct kms_terminal terminal;
	uint8_t rt[KEYRING_CHALLENGE], rh[KEYRING_CHALLENGE], ct[KEYRING_CHALLENGE];
	uint8_t f64[F64_SIZE];
	struct bizdate day;
	struct bytes maced; /* in the asker's storage too */
	uint8_t pin_block[KEYRING_CHALLENGE];
	size_t pin_len;
	uint8_t card[KMS_TERMINAL_CARD]; /* of a registration, when has_card */
	bool has_card;
	char card_no[20];
	/* out */
	result result;
	uint8_t answer[KEYRING_ANSWER_MAX]; /* the asker wipes it */
	size_t answer_len;
	/* the keyring's own */
	uint32_t id;
	int64_t sent_us;
};

struct keyring_config {
	const char *path;          /* of the key manager's socket */
	const struct clock *clock; /* the business day's */
	int cutover_s;
	/* Answered ones, linked. On the keyring's thread. */
	void (*answered)(void *owner, struct keyring_ask *first);
	/* The root in force became known, or another one: day ‖ sequence. On the keyring's thread;
	 * NULL is fine. */
	void (*root_is)(void *owner, uint32_t day, uint8_t sequence);
	void *owner;
};

struct keyring;

result keyring_start(const struct keyring_config *config, struct keyring **out);
/* What is under way is answered KMS_AWAY. NULL is fine. */
void keyring_stop(struct keyring *k);
/* Any thread. false: too many wait. */
bool keyring_put(struct keyring *k, struct keyring_ask *ask);
/* Is the line up? Any thread. */
bool keyring_is_up(const struct keyring *k);
