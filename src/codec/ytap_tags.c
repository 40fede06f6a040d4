/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ytap_tags.h"

#include "codec/tlv.h"

struct row {
	uint16_t tag, min, max, unit;
	const char *name;
};

static const struct row rows[] = {
#define YTAP_TAG(tag, name, min, max, unit, text) { tag, min, max, unit, #name },
#include "ytap/tags.def"
#undef YTAP_TAG
};

static const struct row *find(uint16_t tag)
{
	const struct row *row;

	EACH (row, rows)
		if (row->tag == tag)
			return row;
	return NULL;
}

const char *ytap_tag_name(uint16_t tag)
{
	const struct row *row = find(tag);

	return row ? row->name : NULL;
}

result ytap_tags_check(struct bytes field)
{
	struct reader r = reader_of(field);
	struct tlv t;

	while (tlv_next(&r, &t)) {
		const struct row *row = find(t.tag);

		if (!row) /* unknown tags are passed over (9.1) */
			continue;
		if (t.value.len < row->min || t.value.len > row->max ||
		    (t.value.len - row->min) % row->unit)
			return FAIL(TLV_LENGTH, "tag %X %s of %zu bytes", t.tag, row->name,
			            t.value.len);
	}
	return r.bad ? FAIL(TLV_BROKEN, "behind byte %zu", field.len - r.left) : OK;
}
