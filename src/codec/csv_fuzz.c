/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: how many bytes the source gives at a time. Every field given out is UTF-8, and
 * reading comes to an end. */
#include "codec/csv.h"

struct memory {
	struct csv_source source;
	struct bytes left;
	size_t step;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static result read_memory(struct csv_source *source, void *out, size_t size, size_t *got)
{
	struct memory *m = (struct memory *)source;
	size_t n = m->left.len < m->step ? m->left.len : m->step;

	n = n < size ? n : size;
	if (n)
		memcpy(out, m->left.at, n);
	m->left = bytes_of(m->left.at + n, m->left.len - n);
	*got = n;
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { { read_memory },
		            bytes_of(data + 1, size ? size - 1 : 0),
		            size ? data[0] + 1u : 1 };
	SCOPED(csv_close) struct csv c = { 0 };
	uint64_t last = 0;
	bool more = true;

	if (!size)
		return 0;
	ASSERT(is_ok(csv_open(&c, &m.source)));
	while (more) {
		result r = csv_next(&c, &more);

		ASSERT(is_ok(r) || more);
		if (!more)
			break;
		ASSERT(c.line > last);
		last = c.line;
		for (size_t i = 0; is_ok(r) && i < c.count; i++)
			ASSERT(c.fields[i].len == 0 || str_is_utf8(c.fields[i]));
	}
	return 0;
}
