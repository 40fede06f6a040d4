/* SPDX-License-Identifier: Apache-2.0 */
/* The CRC is put right first, or nothing would ever get past it. What decodes encodes to the same
 * bytes. */
#include "codec/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t record[RECORD_SIZE], again[RECORD_SIZE];
	struct record r;

	ASSERT(size == RECORD_SIZE || !is_ok(record_decode(bytes_of(data, size), &r)));
	if (size < RECORD_SIZE)
		return 0;
	memcpy(record, data, sizeof record);
	record_finish(record, data + RECORD_MAC_AT);
	if (!is_ok(record_decode(bytes_of(record, sizeof record), &r)))
		return 0;
	if (is_ok(record_encode(&r, again))) { /* a node id with NUL is read but never written */
		record_finish(again, r.mac);
		ASSERT(memcmp(record, again, sizeof record) == 0);
	}
	return 0;
}
