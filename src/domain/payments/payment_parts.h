/* SPDX-License-Identifier: Apache-2.0 */
/* payment_parts.h — what the files of this folder share; nobody else includes it. */
#pragma once

#include "domain/payments/payments.h"

/* Everything a request is about, as it stands in memory now; NULL where unknown. */
struct payment_scene {
	const struct terminal *terminal;
	const struct merchant *merchant;
	const struct card_entry *card;
};

struct payment_scene payment_scene_of(const struct payments *p, const struct payment_request *r);

/* The question for rules/, without amount limits' PIN. */
struct payment_question payment_question_of(struct ledger_tx *tx, const struct payments *p,
                                            const struct payment_scene *s,
                                            const struct payment_request *r,
                                            enum payment_kind kind);
struct payment_purses payment_purses_of(struct ledger_tx *tx, const struct card_entry *card);
/* The same with what the holder owes: where money comes in. */
struct payment_purses payment_purses_and_debt(struct ledger_tx *tx, const struct card_entry *card);
uint32_t payment_window_of(struct bizdate day, uint8_t meal); /* 0 when there is no meal */

/* Was the key seen? Then *out is filled and *repeat true. LEDGER_CONFLICT, faults. */
result payment_repeat(struct ledger_tx *tx, const struct payment_request *r,
                      struct payment_answer *out, bool *repeat);

/* The event of a request without legs. */
struct book_event payment_event(const struct payment_request *r, const struct payment_scene *s,
                                enum event_kind kind);

/* Record it, or its refusal, and make the answer. */
result payment_post(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                    const struct book_event *event, struct payment_answer *out);
result payment_refuse(struct ledger_tx *tx, const struct payment_request *r,
                      struct book_event *event, result why, struct payment_answer *out);
result payment_answer_of(struct ledger_tx *tx, const struct book_outcome *done,
                         struct payment_answer *out);

void payment_leg(struct book_event *e, uint32_t debit, uint32_t credit,
                 int64_t amount_fen); /* nothing when 0 */

/* The accounts of a place or a holder, opened when they are not there. */
result payment_takings(struct ledger_tx *tx, struct payments *p, const struct payment_scene *s,
                       uint32_t *no);                                                   /* 2101 */
result payment_cash(struct ledger_tx *tx, const struct payment_scene *s, uint32_t *no); /* 1001 */
result payment_subsidies(struct ledger_tx *tx, uint32_t park, uint32_t *no);            /* 2501 */
result payment_orphans(struct ledger_tx *tx, const struct payment_scene *s,
                       uint32_t *no);                                                   /* 3011 */
result payment_debt(struct ledger_tx *tx, const struct card_entry *card, uint32_t *no); /* 1050 */

/* The terminal's place in the table; NULL when the table cannot grow: then nothing is remembered.
 */
struct payments_till *payment_till(struct payments *p, uint32_t source);

/* --- totals of the open batch --- */

struct payment_count {
	uint32_t source, batch;
	uint8_t class;
	int64_t amount_fen;
	int sign; /* 1, or -1 when it was undone */
};
void payment_totals_add(struct payments_totals *t, const struct payment_count *c);
/* Count it, when the terminal's batch is being counted. */
void payment_batch_count(struct payments *p, const struct payment_count *c);

/* Class and batch in the business record of a row. */
static inline uint32_t payment_extra(uint32_t batch, uint8_t class)
{
	return batch << 8 | class;
}

struct journal_business payment_business_of(const struct journal_row *row);
void payment_set_class(struct book_event *e, uint32_t batch, uint8_t class);
