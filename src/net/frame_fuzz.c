/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting bytes as they come, cut anywhere, gives the frames that splitting them whole gives. */
#include "net/frame_split.h"

enum { MIN = 13, MAX = 16383 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split_all(struct bytes *in, uint32_t *sum, enum frame_split *end)
{
	struct bytes payload;
	size_t       count = 0;

	while ((*end = frame_split(in, MIN, MAX, &payload)) == FRAME_SPLIT_WHOLE) {
		ASSERT(payload.len >= MIN && payload.len <= MAX);
		*sum = *sum * 31 + crc32c(payload);
		count++;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes     whole = { data, size }, parts = { data, 0 };
	uint32_t         whole_sum = 0, parts_sum = 0;
	enum frame_split whole_end, parts_end = FRAME_SPLIT_PARTIAL;
	size_t           whole_count = split_all(&whole, &whole_sum, &whole_end), parts_count = 0, step = 1;

	for (size_t at = 0; at < size && parts_end != FRAME_SPLIT_BAD; at += step) {
		step = data[at] % 64 + 1;
		step = step < size - at ? step : size - at;
		parts.len += step;
		parts_count += split_all(&parts, &parts_sum, &parts_end);
	}
	ASSERT(parts_count == whole_count && parts_sum == whole_sum && parts_end == whole_end);
	return 0;
}
