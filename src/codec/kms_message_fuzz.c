/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken apart lies inside what came in, by tag and in order alike, and can be written and
 * read again. */
#include "codec/kms_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct kms_fields *f, uint16_t tag, struct writer *w)
{
	struct bytes value;
	size_t count = 0;

	for (struct kms_values v = kms_values_of(f, tag); kms_values_next(&v, &value); count++) {
		ASSERT(value.at >= f->body.at && value.len <= f->body.len &&
		       value.at + value.len <= f->body.at + f->body.len);
		ASSERT(value.len >= f->at[tag].shortest && value.len <= f->at[tag].longest);
		kms_put(w, tag, value);
	}
	return count;
}

static void check_body(struct bytes body)
{
	static uint8_t again[KMS_BODY_MAX];
	struct writer w = writer_of(again, sizeof again);
	struct kms_fields f, second;
	size_t count = 0;

	if (!is_ok(kms_fields_read(body, &f)))
		return;
	for (uint16_t tag = 1; tag < KMS_TAGS; tag++)
		count += walk(&f, tag, &w);
	ASSERT(count == f.count && !w.bad && w.len == body.len);
	ASSERT(is_ok(kms_fields_read(writer_bytes(&w), &second)) && second.count == f.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[KMS_HEAD];
	struct kms_message m;
	size_t whole;

	check_body(bytes_of(data, size));
	if (!is_ok(kms_frame_scan(bytes_of(data, size), &whole)) || whole == 0)
		return 0;
	ASSERT(whole <= size && whole <= KMS_FRAME_MAX);
	if (!is_ok(kms_frame_parse(bytes_of(data, whole), &m)))
		return 0;
	ASSERT(kms_frame_head(&m, m.body.len, head) == whole && memcmp(head, data, KMS_HEAD) == 0);
	check_body(m.body);
	return 0;
}
