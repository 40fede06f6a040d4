/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/frame.h"

enum {
	TPDU_ID = 0x60,
	HEADER_VERSION = 0x01,
};

result frame_scan(enum frame_kind kind, struct bytes here, size_t *whole)
{
	size_t min = kind == FRAME_FULL ? FRAME_LEN_MIN : FRAME_BARE_MIN;
	size_t len;

	*whole = 0;
	if (here.len < FRAME_LEN_SIZE)
		return OK;
	len = load_be16(here.at);
	if (len < min || len > FRAME_LEN_MAX)
		return FAIL(FRAME_BROKEN, "announced length %zu", len);
	if (here.len >= FRAME_LEN_SIZE + len)
		*whole = FRAME_LEN_SIZE + len;
	return OK;
}

/* Two BCD digits; above 99 when they are none. */
static unsigned two_digits(uint8_t bcd)
{
	return bcd >> 4 > 9 || (bcd & 15) > 9 ? 0xFF : (bcd >> 4) * 10u + (bcd & 15u);
}

/* HDR: class 2, version 2, node status 1, directive 1, software 6 digits (3.2). */
static result parse_hdr(const uint8_t *hdr, struct frame *out)
{
	unsigned class = two_digits(hdr[0]);

	for (int i = 0; i < FRAME_HDR_SIZE; i++)
		if (two_digits(hdr[i]) > 99)
			return FAIL(FRAME_BROKEN, "header byte %d is %02X", i, hdr[i]);
	if (class < FRAME_UNIONPAY_60 || class > FRAME_SEALED || hdr[1] != HEADER_VERSION)
		return FAIL(FRAME_BROKEN, "class %u, header version %02X", class, hdr[1]);
	out->class = (enum frame_class) class;
	out->node_status = hdr[2] >> 4;
	out->directive = hdr[2] & 15;
	out->software = two_digits(hdr[3]) * 10000 + two_digits(hdr[4]) * 100 + two_digits(hdr[5]);
	out->hdr = hdr;
	return OK;
}

result frame_parse(enum frame_kind kind, struct bytes whole, struct frame *out)
{
	struct bytes tpdu;
	struct reader r = reader_of(whole);
	size_t size;

	*out = (struct frame){ .class = FRAME_PLAIN };
	TRY(frame_scan(kind, whole, &size));
	if (size != whole.len || !size)
		return FAIL(FRAME_BROKEN, "%zu bytes given, the frame has %zu", whole.len, size);
	reader_u16(&r);
	if (kind == FRAME_FULL) {
		tpdu = reader_bytes(&r, FRAME_TPDU_SIZE);
		if (tpdu.at[0] != TPDU_ID)
			return FAIL(FRAME_BROKEN, "TPDU begins with %02X", tpdu.at[0]);
		out->destination = load_be16(tpdu.at + 1);
		out->source = load_be16(tpdu.at + 3);
		TRY(parse_hdr(reader_bytes(&r, FRAME_HDR_SIZE).at, out));
	}
	out->body = (struct bytes){ r.at, r.left };
	return OK;
}

static uint8_t bcd2(unsigned value)
{
	return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

size_t frame_head(enum frame_kind kind, const struct frame *f, size_t body_len, uint8_t *at)
{
	size_t size = frame_head_size(kind) + body_len;

	ASSERT(size <= FRAME_MAX && body_len > 0);
	store_be16(at, (uint16_t)(size - FRAME_LEN_SIZE));
	if (kind == FRAME_BARE)
		return size;
	at[2] = TPDU_ID;
	store_be16(at + 3, f->destination);
	store_be16(at + 5, f->source);
	at[7] = bcd2((unsigned)f->class);
	at[8] = HEADER_VERSION;
	at[9] = (uint8_t)(f->node_status << 4 | (f->directive & 15));
	at[10] = bcd2(f->software / 10000);
	at[11] = bcd2(f->software / 100);
	at[12] = bcd2(f->software);
	return size;
}

struct frame frame_reply(const struct frame *request, enum frame_directive directive)
{
	return (struct frame){
		.destination = request->source,
		.source = request->destination,
		.class = request->class,
		.directive = (uint8_t)directive,
		.software = request->software,
	};
}
