/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/iso8583_table.h"

enum {
	BITMAP_SIZE = 8, /* bytes; as much again when bit 1 is set */
};

static bool is_bcd(const uint8_t *at, size_t len)
{
	uint64_t word = 0, bad = 0;

	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&word, at, 8);
		bad |= iso8583_has_bad_nibble(word);
	}
	word = 0;
	memcpy(&word, at, len);
	return !(bad | iso8583_has_bad_nibble(word));
}

/* Track 2: digits and the separator, nibble D. */
static bool is_track(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((at[i] >> 4 > 9 && at[i] >> 4 != 0xD) ||
		    ((at[i] & 15) > 9 && (at[i] & 15) != 0xD))
			return false;
	return true;
}

static bool is_hex(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(at[i] >= '0' && at[i] <= '9') && !(at[i] >= 'A' && at[i] <= 'F') &&
		    !(at[i] >= 'a' && at[i] <= 'f'))
			return false;
	return len % 2 == 0;
}

static bool is_ascii_digits(const uint8_t *at, size_t len, bool track)
{
	for (size_t i = 0; i < len; i++)
		if (!(at[i] >= '0' && at[i] <= '9') && !(track && at[i] == '='))
			return false;
	return true;
}

/* Form of a value in dialect B; an odd number of digits leaves a pad nibble, which is 0 (4.1). */
static bool is_well_formed_b(const struct iso8583_field *f, const uint8_t *at, size_t len)
{
	size_t size = (len + 1) / 2;

	switch (f->type) {
	case ISO8583_TYPE_N:
		if (len % 2 && (iso8583_pads_first(f) ? at[0] >> 4 : at[size - 1] & 15))
			return false;
		return is_bcd(at, size);
	case ISO8583_TYPE_Z:
		return is_track(at, size) && !(len % 2 && at[size - 1] & 15);
	case ISO8583_TYPE_B:
		return true;
	default:
		return iso8583_is_text(f, at, len);
	}
}

static bool is_well_formed_a(const struct iso8583_field *f, const uint8_t *at, size_t len)
{
	switch (f->type) {
	case ISO8583_TYPE_N:
	case ISO8583_TYPE_Z:
		return is_ascii_digits(at, len, f->type == ISO8583_TYPE_Z);
	case ISO8583_TYPE_B:
		return is_hex(at, len);
	default:
		return iso8583_is_text(f, at, len);
	}
}

/* A length prefix as a number; UINT32_MAX when it is none. */
static uint32_t prefix_value(enum iso8583_dialect dialect, const uint8_t *at, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t high = at[i] >> 4, low = at[i] & 15;

		if (low > 9 || high > 9 || (dialect != ISO8583_B && high != 3))
			return UINT32_MAX;
		value = dialect == ISO8583_B ? value * 100 + high * 10u + low : value * 10 + low;
	}
	return value;
}

/* One field at `at`, which may use `left` bytes; how many it takes, 0 when it is malformed. */
static size_t parse_field(struct iso8583 *out, unsigned field, const uint8_t *at, size_t left)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	bool b = out->dialect == ISO8583_B;
	size_t prefix = iso8583_prefix_size(out->dialect, f), size;
	uint32_t max = b ? f->max : f->max_ascii, len = max;

	if (prefix > left)
		return 0;
	if (prefix)
		len = prefix_value(out->dialect, at, prefix);
	if (len == 0 || len > max)
		return 0;
	size = prefix + iso8583_value_size(out->dialect, f, len);
	if (size > left)
		return 0;
	at += prefix;
	out->slots[field] = (struct iso8583_slot){ (uint16_t)(at - out->bytes.at), (uint16_t)len };
	return (b ? is_well_formed_b(f, at, len) : is_well_formed_a(f, at, len)) ? size : 0;
}

static uint64_t read_bitmap(struct reader *r, bool hex)
{
	uint8_t raw[BITMAP_SIZE];
	struct bytes text;

	if (!hex)
		return reader_u64(r);
	text = reader_bytes(r, 2 * sizeof raw);
	if (r->bad ||
	    !is_ok(hex_decode((struct str){ (const char *)text.at, text.len }, raw, sizeof raw))) {
		r->bad = true;
		return 0;
	}
	return load_be64(raw);
}

/* MTI and bitmap. The second bitmap may be there but empty (4.1, 4.2). */
static uint64_t read_head(struct iso8583 *out, struct reader *r)
{
	bool hex = out->dialect == ISO8583_A_HEX;
	uint64_t bitmap;

	if (out->dialect == ISO8583_B) {
		out->mti = reader_u16(r);
		r->bad |= iso8583_has_bad_nibble(out->mti);
	} else {
		struct bytes text = reader_bytes(r, 4);

		r->bad |= !is_ascii_digits(text.at, text.len, false);
		for (size_t i = 0; i < text.len; i++)
			out->mti = (uint16_t)(out->mti << 4 | (text.at[i] & 15));
	}
	r->bad |= out->mti > 0x0999; /* version 0 is ISO 8583:1987 */
	bitmap = read_bitmap(r, hex);
	if (bitmap & iso8583_bit(1) && read_bitmap(r, hex) != 0)
		r->bad = true;
	return bitmap & ~iso8583_bit(1);
}

result iso8583_parse(enum iso8583_dialect dialect, struct bytes bytes, struct iso8583 *out)
{
	struct reader r = reader_of(bytes);
	const uint8_t *at;
	uint64_t left;
	size_t size;

	out->dialect = dialect;
	out->mti = 0;
	out->bitmap = 0;
	out->bytes = bytes;
	out->mac_at = (uint16_t)bytes.len;
	out->bad = SUCCESS;
	out->bad_field = 0;
	out->unpacked = 0;
	out->scratch_used = 0;
	if (bytes.len > ISO8583_MESSAGE_MAX)
		return FAIL(ISO8583_BROKEN, "message of %zu bytes", bytes.len);
	left = read_head(out, &r);
	if (r.bad)
		return FAIL(ISO8583_BROKEN, "MTI or bitmap");
	for (at = r.at; left; at += size) {
		unsigned field = (unsigned)__builtin_clzll(left) + 1;

		if (field == F_MAC)
			out->mac_at = (uint16_t)(at - bytes.at);
		size = parse_field(out, field, at, (size_t)(bytes.at + bytes.len - at));
		if (!size)
			return FAIL(ISO8583_BROKEN, "field %u %s", field,
			            iso8583_field_text(field));
		out->bitmap |= iso8583_bit(field);
		left &= ~iso8583_bit(field);
	}
	if (at != bytes.at + bytes.len)
		return FAIL(ISO8583_BROKEN, "%zu bytes behind the last field",
		            (size_t)(bytes.at + bytes.len - at));
	return OK;
}
