/* SPDX-License-Identifier: Apache-2.0 */
/* frame_split.h — whole frames out of a run of bytes. */
#pragma once

#include "base/bytes.h"

enum frame_split { FRAME_SPLIT_WHOLE, FRAME_SPLIT_PARTIAL, FRAME_SPLIT_BAD };

/*
 * Take the first frame off `in`: WHOLE sets *payload and moves `in` behind it; PARTIAL and BAD leave both.
 * BAD as soon as LEN itself shows it: nothing behind it can be trusted.
 */
static inline enum frame_split frame_split(struct bytes *in, size_t len_min, size_t len_max, struct bytes *payload)
{
	size_t len;

	if (in->len < 2)
		return FRAME_SPLIT_PARTIAL;
	len = load_be16(in->at);
	if (len < len_min || len > len_max)
		return FRAME_SPLIT_BAD;
	if (in->len - 2 < len)
		return FRAME_SPLIT_PARTIAL;
	*payload = (struct bytes){ in->at + 2, len };
	in->at += 2 + len;
	in->len -= 2 + len;
	return FRAME_SPLIT_WHOLE;
}
