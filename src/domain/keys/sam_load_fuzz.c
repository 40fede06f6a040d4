/* SPDX-License-Identifier: Apache-2.0 */
/* Option 90 of a key block: what is taken is in range, and is what stands there. */
#include <stdio.h>

#include "domain/keys/sam_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sam_load_option o;
	char again[32];

	if (!is_ok(sam_load_option_parse((struct str){ (const char *)data, size }, &o)))
		return 0;
	ASSERT(o.levels <= PBOC_LEVELS_MAX);
	snprintf(again, sizeof again, "KI=%02X;KV=%02X;LV=%u", o.index, o.version, o.levels);
	ASSERT(size >= strlen(again) && memcmp(data + 11, again + 11, 5) == 0);
	return 0;
}
