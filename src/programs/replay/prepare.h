/* SPDX-License-Identifier: Apache-2.0 */
/* prepare.h — put the places, terminals, people and cards of a replay into a site, with their
 * opening balances. */
#pragma once

#include "device/pos/sam.h"
#include "programs/sam_file.h"
#include "programs/replay/data.h"

enum { REPLAY_PARK = 1 };

/*
 * Register what the site does not know yet and post the opening balances of that file once; a
 * second call changes nothing. The platform's writer must not have a thread. What the parts say.
 */
result replay_prepare(struct platform *p, const struct replay_data *d, const char *openings);

/* The registry number of a terminal after replay_prepare; 0 when it is not there. */
uint32_t replay_terminal_id(const struct platform *p, uint32_t number);
/* Node id of a TermNo. */
void replay_node_id(uint32_t number, char out[TERMINAL_NODE_ID_LEN + 1]);
/* A software SAM of that terminal, as its installer would have written it. */
result replay_sam(const struct sam_source *s, uint32_t number, struct sam **out);
