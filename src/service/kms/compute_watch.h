/* SPDX-License-Identifier: Apache-2.0 */
/* compute_watch.h — how often something is wrong for one card; private to this folder. */
#pragma once

#include "service/kms/compute.h"

enum { COMPUTE_WATCH_CARDS = 256, COMPUTE_WATCH_ID = 24 };

/* Note failures of a card, named by at most COMPUTE_WATCH_ID bytes; true when they make an alarm
 * (key_client_watch_note). Any thread. Of many cards at once those that failed last are kept. */
bool compute_watch_note(struct compute_watch *w, struct bytes card, struct instant now,
                        size_t failures);
