/* SPDX-License-Identifier: Apache-2.0 */
/* pos_node_parts.h — between the files of pos_node: what pos_node.c and pos_node_line.c ask of each
 * other. */
#pragma once

#include "device/pos/pos_node.h"

/* Network numbers for the next message without a TSN. */
struct pos_told pos_node_told(struct pos_node *n);
/* Feed the transaction machine and do what it says. Faults: of the journal. */
result pos_node_step(struct pos_node *n, struct pos_event e);

/* Pack n->out and send it; a line that does not take it is dropped. */
void pos_node_send(struct pos_node *n);
/* Give up the connection; reconnect after the back-off. */
void pos_node_drop(struct pos_node *n, const char *why);
/* The session is no longer good: sign in again as soon as the back-off allows. */
void pos_node_sign_in_soon(struct pos_node *n);
/* Connect, sign in, give up waiting, when due. */
void pos_node_line_timers(struct pos_node *n, int64_t now_us);
/* Take every frame that is there. Faults: of the journal. */
result pos_node_take(struct pos_node *n);
