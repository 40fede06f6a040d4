/* SPDX-License-Identifier: Apache-2.0 */
/* book_rig.h — a book in memory for tests, with every row it ever wrote. */
#pragma once

#include "ledger/book_page.h"

enum { RIG_ROWS_MAX = 200000, RIG_PARK = 1 };

struct rig {
	struct book *book;
	struct book_rows open;
	struct journal_row batch[4096];
	struct journal_row *rows; /* all of them, by lsn - 1 */
	size_t count;
	uint64_t lookups;
	uint32_t purse, subsidy, holds, reserve, takings, takings2, till, bank,
	        elsewhere; /* accounts */
};

void rig_open(struct rig *r, uint32_t gaps_max); /* 0: the default */
void rig_close(struct rig *r);
void rig_commit(struct rig *r); /* rows of the open batch become old rows */
/* A second book from the rows alone. NULL when they do not replay (a check has failed then). */
struct book *rig_replay(struct rig *r, uint32_t gaps_max);
/* A third from pages written now; equal to the first when all is well. */
struct book *rig_reload(struct rig *r);
/* Checks that both copies equal the book. */
void rig_check_copies(struct rig *r, uint32_t gaps_max);

struct book_event rig_event(enum event_kind kind, uint32_t source, uint64_t number);
/* legs (debit, credit, fen) of an event; count 0…2 */
struct book_event rig_move(enum event_kind kind, uint32_t source, uint64_t number, uint32_t debit,
                           uint32_t credit, int64_t fen);
int64_t rig_balance(const struct rig *r, uint32_t no);
/* Posts; the code of the outcome, or of the result when it failed. */
enum result_code rig_post(struct rig *r, const struct book_event *e, struct book_outcome *out);
