/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_outbox.h — key letters (密钥信封) on their way to paper: each is taken by another
 * custodian, so that nobody sees two (keys 5.1, 13). They wait in locked memory of one process
 * only, for a quarter of an hour, and are wiped when the last one is taken.
 */
#pragma once

#include "domain/keys/exchange_letter.h"

enum {
	EXCHANGE_OUTBOX_MAX = 4,     /* keys whose letters wait at one time */
	EXCHANGE_OUTBOX_S = 15 * 60, /* from their making */
};

/* One for each process, for one thread at a time. */
struct exchange_outbox;
result exchange_outbox_open(struct exchange_outbox **out); /* LOCKED_FULL */
void exchange_outbox_close(struct exchange_outbox *box);   /* wipes; NULL is fine */
/* Wipe letters whose time is over. Every call below does it first. */
void exchange_outbox_expire(struct exchange_outbox *box, struct instant now);

/* What may be seen of letters that wait. */
struct exchange_waiting {
	int64_t id;
	char label[KEY_LABEL_SIZE], kcv[KCV_TEXT_SIZE]; /* of the key */
	unsigned parts, taken;
	struct instant since;
	int64_t custodians[EXCHANGE_PARTS_MAX]; /* in the order they came; 0: not yet */
	char kcvs[EXCHANGE_PARTS_MAX][KCV_TEXT_SIZE];
};

/* Make the letters of a version, `parts` of them. EXCHANGE_LETTERS (too many wait), and what
 * exchange_letters_make says; the caller has an approval. */
result exchange_outbox_put(struct key_act *act, struct exchange_outbox *box, int64_t version,
                           unsigned parts, struct exchange_waiting *out);
/* A letter that was taken. */
struct exchange_taken {
	char paper[EXCHANGE_PAPER_SIZE]; /* its lines, NUL-ended */
	unsigned place;                  /* which of the letters, from 0 */
	struct exchange_waiting of;
};
/*
 * An officer's letter: the next one, or the one that was his before, in case its print failed. The
 * caller wipes *out. OFFICER_ROLE_OTHER (custodians have role key), EXCHANGE_LETTER (no such, its
 * time is over, or all are taken).
 */
result exchange_outbox_take(struct key_act *act, struct exchange_outbox *box,
                            const struct officer *by, int64_t id, struct exchange_taken *out);
/* Wipe. EXCHANGE_LETTER. */
result exchange_outbox_cancel(struct key_act *act, struct exchange_outbox *box, int64_t id,
                              struct exchange_waiting *out);
/* Those that wait. Returns how many. */
size_t exchange_outbox_list(struct exchange_outbox *box, struct instant now,
                            struct exchange_waiting out[EXCHANGE_OUTBOX_MAX]);
