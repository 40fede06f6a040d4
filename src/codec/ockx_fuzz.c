/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is taken can be written from its parts, and comes out as it was. */
#include "codec/ockx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct ockx *o, struct buf *out)
{
	struct ockx_row row;
	unsigned n = 0;

	ASSERT(is_ok(ockx_put_header(out, &o->header)));
	while (ockx_next(o, &row)) {
		ASSERT(row.block.at > o->covered.at && row.block.len <= OCKX_BLOCK_MAX &&
		       row.line == n + 2u);
		ASSERT(is_ok(ockx_put_row(out, ++n, &row)));
	}
	ASSERT(n == o->header.count);
	ASSERT(is_ok(ockx_put_end(out, n)));
	ASSERT(bytes_equal(buf_bytes(out), str_bytes(o->covered)));
	ASSERT(is_ok(ockx_put_mac(out, bytes_of(o->mac, o->mac_len))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
	struct str file = { (const char *)data, size };
	struct ockx_fault fault;
	struct ockx o;

	if (!is_ok(ockx_open(file, &o, &fault))) {
		ASSERT(fault.rule && o.header.count == 0);
		return 0;
	}
	write_again(&o, &out);
	ASSERT(bytes_equal(buf_bytes(&out), str_bytes(o.whole)));
	ASSERT(size - o.whole.len <= 1);
	return 0;
}
