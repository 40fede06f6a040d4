/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/kms_terminal.h"

void kms_terminal_write(const struct kms_terminal *t, size_t size, uint8_t *out)
{
	struct writer w = writer_of(out, size);

	writer_put(&w, bytes_of(t->node, sizeof t->node));
	writer_put(&w, bytes_of(t->sam, sizeof t->sam));
	writer_u8(&w, t->key_version);
	writer_u8(&w, t->suite);
	if (size == KMS_TERMINAL_NODE)
		return;
	ASSERT(size == KMS_TERMINAL_ITEM);
	writer_u32(&w, t->day);
	writer_u8(&w, t->sequence);
	writer_u32(&w, t->session);
}

void kms_terminal_read(struct bytes in, struct kms_terminal *out)
{
	struct reader r = reader_of(in);

	*out = (struct kms_terminal){ 0 };
	reader_copy(&r, out->node, sizeof out->node);
	reader_copy(&r, out->sam, sizeof out->sam);
	out->key_version = reader_u8(&r);
	out->suite = reader_u8(&r);
	if (in.len != KMS_TERMINAL_ITEM)
		return;
	out->day = reader_u32(&r);
	out->sequence = reader_u8(&r);
	out->session = reader_u32(&r);
}
