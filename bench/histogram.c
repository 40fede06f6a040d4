/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/histogram.h"

#include <math.h>

void histogram_note(struct histogram *h, int64_t us)
{
	uint64_t v = us > 0 ? (uint64_t)us : 0;
	unsigned high = v >= 32 ? 63u - (unsigned)__builtin_clzll(v) : 4;
	unsigned bucket = v < 32 ? (unsigned)v : (high - 4) * 32 + (unsigned)(v >> (high - 5) & 31);

	h->buckets[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
	h->count++;
	if (us > h->max_us)
		h->max_us = us;
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t wanted = (uint64_t)ceil((double)h->count * q), seen = 0;

	for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
		seen += h->buckets[b];
		if (seen >= wanted && seen > 0)
			return b < 32 ? b
			              : (int64_t)((32 + (uint64_t)(b % 32) + 1) << (b / 32 - 1));
	}
	return h->max_us;
}
