/* SPDX-License-Identifier: Apache-2.0 */
/* card_seen.h — numbers met while a file is read: where, how many digits, whose; private to cards/.
 */
#pragma once

#include "base/bytes.h"

struct card_seen_number {
	uint64_t value; /* without leading zeros */
	uint64_t owner; /* card number it belongs to */
	int64_t line;   /* 0: from the store */
	uint8_t digits; /* 0: free */
};

/* Zero-initialise; card_seen_free when done. */
struct card_seen {
	struct card_seen_number *slots;
	size_t size, count;
};

/* The number of that value met first, or the one put there now; *is_new tells. `digits` 1…19.
 * OUT_OF_MEMORY. */
result card_seen_put(struct card_seen *s, const struct card_seen_number *n,
                     struct card_seen_number **out, bool *is_new);
void card_seen_free(struct card_seen *s);
