/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"

/* ISO 8825-1 8.1.3 and 10.1: the shortest form of a length, and no other. */
static size_t read_length(struct reader *r)
{
	size_t len = reader_u8(r), least = 0x80;

	if (len < 0x80)
		return len;
	if (len == 0x81) {
		len = reader_u8(r);
	} else if (len == 0x82) {
		len = reader_u16(r);
		least = 0x100;
	} else {
		r->bad = true;
	}
	r->bad |= len < least;
	return r->bad ? 0 : len;
}

struct bytes der_read(struct reader *r, uint8_t tag)
{
	size_t len;

	r->bad |= reader_u8(r) != tag;
	len = read_length(r);
	return reader_bytes(r, r->bad ? 0 : len);
}

struct bytes der_read_number(struct reader *r)
{
	struct bytes b = der_read(r, DER_INTEGER);

	if (r->bad)
		return (struct bytes){ 0 };
	if (!b.len || b.at[0] & 0x80 || (b.len > 1 && b.at[0] == 0 && !(b.at[1] & 0x80))) {
		r->bad = true;
		return (struct bytes){ 0 };
	}
	return b.at[0] ? b : bytes_of(b.at + 1, b.len - 1);
}

bool der_next_is(const struct reader *r, uint8_t tag)
{
	return !r->bad && r->left && r->at[0] == tag;
}

size_t der_size(size_t len)
{
	return len + (len < 0x80 ? 2u : len < 0x100 ? 3u : 4u);
}

static struct bytes significant(struct bytes number)
{
	while (number.len && number.at[0] == 0) {
		number.at++;
		number.len--;
	}
	return number;
}

/* Zero has one byte, and so has a number whose first bit would read as a sign. */
static bool needs_zero(struct bytes significant_part)
{
	return !significant_part.len || significant_part.at[0] & 0x80;
}

size_t der_number_size(struct bytes number)
{
	struct bytes part = significant(number);

	return der_size(part.len + needs_zero(part));
}

void der_put_head(struct writer *w, uint8_t tag, size_t len)
{
	w->bad |= len > DER_LEN_MAX;
	writer_u8(w, tag);
	if (len >= 0x100) {
		writer_u8(w, 0x82);
		writer_u16(w, (uint16_t)len);
		return;
	}
	if (len >= 0x80)
		writer_u8(w, 0x81);
	writer_u8(w, (uint8_t)len);
}

void der_put(struct writer *w, uint8_t tag, struct bytes content)
{
	der_put_head(w, tag, content.len);
	writer_put(w, content);
}

void der_put_number(struct writer *w, struct bytes number)
{
	struct bytes part = significant(number);

	der_put_head(w, DER_INTEGER, part.len + needs_zero(part));
	if (needs_zero(part))
		writer_u8(w, 0);
	writer_put(w, part);
}
