/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/tlv.h"

#include "codec/ytap_tags.h"

/* Tag of one byte, or of two when the low five bits are set; length in short form, 81 or 82 (ISO
 * 8825-1 8.1). */
bool tlv_next(struct reader *r, struct tlv *out)
{
	unsigned tag, len;

	*out = (struct tlv){ 0 };
	if (r->bad || !r->left)
		return false;
	tag = reader_u8(r);
	if ((tag & 0x1F) == 0x1F) {
		tag = tag << 8 | reader_u8(r);
		r->bad |= (tag & 0x80) != 0; /* a third byte would follow */
	}
	len = reader_u8(r);
	if (len == 0x81)
		len = reader_u8(r);
	else if (len == 0x82)
		len = reader_u16(r);
	else if (len >= 0x80)
		r->bad = true;
	out->value = reader_bytes(r, r->bad ? 0 : len);
	if (r->bad || tag == 0) {
		r->bad = true;
		*out = (struct tlv){ 0 };
		return false;
	}
	out->tag = (uint16_t)tag;
	return true;
}

static const struct bytes *find(const struct tlv_map *m, uint16_t tag)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->tags[i] == tag)
			return &m->values[i];
	return NULL;
}

static void complain(struct tlv_map *m, uint16_t tag, enum result_code code)
{
	if (m->bad == SUCCESS) {
		m->bad = code;
		m->bad_tag = tag;
	}
}

void tlv_map_init(struct tlv_map *m, struct bytes field)
{
	struct reader r = reader_of(field);
	struct tlv t;

	m->count = 0;
	m->bad = SUCCESS;
	m->bad_tag = 0;
	while (tlv_next(&r, &t)) {
		if (ytap_tag_is_repeatable(t.tag))
			continue;
		if (m->count == TLV_MAP_MAX || find(m, t.tag)) {
			complain(m, t.tag, TLV_BROKEN);
			break;
		}
		m->tags[m->count] = t.tag;
		m->values[m->count++] = t.value;
	}
	if (r.bad)
		complain(m, 0, TLV_BROKEN);
	if (m->bad != SUCCESS)
		m->count = 0;
}

bool tlv_has(const struct tlv_map *m, uint16_t tag)
{
	return find(m, tag) != NULL;
}

struct bytes tlv_range(struct tlv_map *m, uint16_t tag, size_t min, size_t max)
{
	const struct bytes *value = find(m, tag);

	if (!value)
		complain(m, tag, TLV_MISSING);
	else if (value->len < min || value->len > max)
		complain(m, tag, TLV_LENGTH);
	else
		return *value;
	return (struct bytes){ 0 };
}

struct bytes tlv_bytes(struct tlv_map *m, uint16_t tag, size_t len)
{
	return tlv_range(m, tag, len, len);
}

uint8_t tlv_u8(struct tlv_map *m, uint16_t tag)
{
	struct bytes b = tlv_bytes(m, tag, 1);

	return b.at ? b.at[0] : 0;
}

uint16_t tlv_u16(struct tlv_map *m, uint16_t tag)
{
	struct bytes b = tlv_bytes(m, tag, 2);

	return b.at ? load_be16(b.at) : 0;
}

uint32_t tlv_u32(struct tlv_map *m, uint16_t tag)
{
	struct bytes b = tlv_bytes(m, tag, 4);

	return b.at ? load_be32(b.at) : 0;
}

uint64_t tlv_u64(struct tlv_map *m, uint16_t tag)
{
	struct bytes b = tlv_bytes(m, tag, 8);

	return b.at ? load_be64(b.at) : 0;
}

uint32_t tlv_bcd8(struct tlv_map *m, uint16_t tag)
{
	uint32_t bcd = tlv_u32(m, tag), value = 0;

	for (int shift = 28; shift >= 0; shift -= 4) {
		if ((bcd >> shift & 15) > 9) {
			complain(m, tag, TLV_BROKEN);
			return 0;
		}
		value = value * 10 + (bcd >> shift & 15);
	}
	return value;
}

result tlv_map_done(const struct tlv_map *m)
{
	const char *name = ytap_tag_name(m->bad_tag);

	if (LIKELY(m->bad == SUCCESS))
		return OK;
	return FAIL(m->bad, "tag %X %s", m->bad_tag, name ? name : "");
}

size_t tlv_size(uint16_t tag, size_t len)
{
	return (tag > 0xFF ? 2u : 1u) + (len < 0x80 ? 1u : len < 0x100 ? 2u : 3u) + len;
}

void tlv_put_head(struct writer *w, uint16_t tag, size_t len)
{
	if (len > TLV_VALUE_MAX) {
		w->bad = true;
		return;
	}
	if (tag > 0xFF)
		writer_u8(w, (uint8_t)(tag >> 8));
	writer_u8(w, (uint8_t)tag);
	if (len >= 0x100) {
		writer_u8(w, 0x82);
		writer_u16(w, (uint16_t)len);
		return;
	}
	if (len >= 0x80)
		writer_u8(w, 0x81);
	writer_u8(w, (uint8_t)len);
}

void tlv_put(struct writer *w, uint16_t tag, struct bytes value)
{
	tlv_put_head(w, tag, value.len);
	writer_put(w, value);
}

void tlv_put_u8(struct writer *w, uint16_t tag, uint8_t v)
{
	tlv_put_head(w, tag, 1);
	writer_u8(w, v);
}

void tlv_put_u16(struct writer *w, uint16_t tag, uint16_t v)
{
	tlv_put_head(w, tag, 2);
	writer_u16(w, v);
}

void tlv_put_u32(struct writer *w, uint16_t tag, uint32_t v)
{
	tlv_put_head(w, tag, 4);
	writer_u32(w, v);
}

void tlv_put_u64(struct writer *w, uint16_t tag, uint64_t v)
{
	tlv_put_head(w, tag, 8);
	writer_u64(w, v);
}

void tlv_put_bcd8(struct writer *w, uint16_t tag, uint32_t v)
{
	uint32_t bcd = 0;

	for (int shift = 0; shift < 32; shift += 4, v /= 10)
		bcd |= v % 10 << shift;
	w->bad |= v != 0;
	tlv_put_u32(w, tag, bcd);
}
