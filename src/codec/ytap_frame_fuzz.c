/* SPDX-License-Identifier: Apache-2.0 */
/* A frame that parses has the size it was announced with, and its head is written as it was read.
 */
#include "codec/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_kind(enum frame_kind kind, struct bytes here)
{
	uint8_t head[FRAME_HEAD_SIZE];
	struct frame f;
	size_t whole;

	if (!is_ok(frame_scan(kind, here, &whole)) || !whole)
		return;
	ASSERT(whole <= here.len && whole <= FRAME_MAX);
	if (!is_ok(frame_parse(kind, bytes_of(here.at, whole), &f)))
		return;
	ASSERT(f.body.at + f.body.len == here.at + whole);
	ASSERT(frame_head(kind, &f, f.body.len, head) == whole);
	ASSERT(memcmp(head, here.at, frame_head_size(kind)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_kind(FRAME_FULL, bytes_of(data, size));
	try_kind(FRAME_BARE, bytes_of(data, size));
	return 0;
}
