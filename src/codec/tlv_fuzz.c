/* SPDX-License-Identifier: Apache-2.0 */
/* Walking and mapping agree; what is walked can be written and walked again. */
#include "codec/tlv.h"
#include "codec/ytap_tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[1 << 17];
	struct writer w = writer_of(again, sizeof again);
	struct reader r = reader_of(bytes_of(data, size));
	struct tlv_map m;
	struct tlv t;

	tlv_map_init(&m, bytes_of(data, size));
	while (tlv_next(&r, &t)) {
		ASSERT(t.value.at >= data && t.value.at + t.value.len <= data + size);
		if (m.bad == SUCCESS && !ytap_tag_is_repeatable(t.tag))
			ASSERT(tlv_range(&m, t.tag, 0, size).at == t.value.at);
		if (t.value.len <= TLV_VALUE_MAX)
			tlv_put(&w, t.tag, t.value);
	}
	ASSERT(!r.bad || !is_ok(ytap_tags_check(bytes_of(data, size))));
	ASSERT(is_ok(writer_done(&w)));
	r = reader_of(writer_bytes(&w));
	while (tlv_next(&r, &t))
		continue;
	ASSERT(!r.bad);
	return 0;
}
