/* SPDX-License-Identifier: Apache-2.0 */
/* ytap_tags.h — the registry of TLV tags (terminal-protocol 9.1), from api/ytap/tags.def. */
#pragma once

#include "base/bytes.h"

enum ytap_tag {
#define YTAP_TAG(tag, name, min, max, unit, text) YTAP_TAG_##name = tag,
#include "ytap/tags.def"
#undef YTAP_TAG
};

/* Stored records and the like may stand more than once in a field. */
static inline bool ytap_tag_is_repeatable(uint16_t tag)
{
	return tag >= 0xC1 && tag <= 0xC4;
}

/* "TSN"; NULL for a tag outside the registry. */
const char *ytap_tag_name(uint16_t tag);

/* Check form and, for registered tags, the length of every element. TLV_BROKEN, TLV_LENGTH. */
result ytap_tags_check(struct bytes field);
