/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.h — latencies in buckets of about 3 percent. */
#pragma once

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 64 * 32 }; /* 32 to each doubling of a microsecond */

struct histogram {
	uint64_t count, buckets[HISTOGRAM_BUCKETS];
	int64_t max_us;
};

void histogram_note(struct histogram *h, int64_t us);
int64_t histogram_quantile(const struct histogram *h, double q); /* µs; upper edge of the bucket */
