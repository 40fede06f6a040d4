/* SPDX-License-Identifier: Apache-2.0 */
/* pos_till.h — a whole till: node and screen joined, so that a key press becomes a sale and its
 * answer a picture. */
#pragma once

#include "device/pos/pos_node.h"
#include "device/pos/pos_screen.h"

struct pos_till_config {
	struct pos_node_config node; /* its `done` and `arg` are set by the till */
	enum pos_language language;
	struct pos_screen_facts facts; /* names of the school, prices of the fixed keys */
	void (*done)(void *arg,
	             const struct pos_done *done); /* also told of every end; may be NULL */
	void *arg;
};

struct pos_till {
	struct pos_node node;
	struct pos_screen screen;
	struct pos_till_config config;
	bool watched; /* what is under way was begun at the screen */
};

result pos_till_open(struct pos_till *t, const struct pos_till_config *config,
                     struct pos_journal *journal);
void pos_till_close(struct pos_till *t);
/* One turn of the node, then the screen's time. Faults: of the journal. */
result pos_till_turn(struct pos_till *t, int also_fd, int64_t until_us);
/* A key, a card, a card gone. Faults: of the journal. */
result pos_till_input(struct pos_till *t, const struct pos_input *in);
/* The picture as it is now. */
void pos_till_view(struct pos_till *t, struct pos_view *out);

/* A transaction without the screen (scripts); the same declines as pos_node_start. */
result pos_till_start(struct pos_till *t, const struct pos_draft *draft, struct str pin);
/* Draft of the void of a sale; tsn 0: the latest. POS_NO_SALE. */
result pos_till_void_draft(const struct pos_till *t, uint64_t tsn, struct pos_draft *out);
