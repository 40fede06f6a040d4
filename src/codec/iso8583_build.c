/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/iso8583_table.h"

#include "codec/iso8583_message.h"

static void complain(struct iso8583_out *out, unsigned field)
{
	if (out->bad == SUCCESS) {
		out->bad = ISO8583_VALUE;
		out->bad_field = (uint8_t)field;
	}
}

void iso8583_begin(struct iso8583_out *out, enum iso8583_dialect dialect, uint16_t mti)
{
	out->dialect = dialect;
	out->mti = mti;
	out->bitmap = 0;
	out->bad = SUCCESS;
	out->bad_field = 0;
	out->used = 0;
}

void iso8583_unset(struct iso8583_out *out, unsigned field)
{
	out->bitmap &= ~iso8583_bit(field);
}

/* Room for a field as it will stand in the message; NULL and sticky when the message would be too
 * long. */
static uint8_t *room(struct iso8583_out *out, unsigned field, size_t size)
{
	struct iso8583_slot old = out->slots[field];
	uint8_t *at;

	if (out->bitmap & iso8583_bit(field) && old.at + old.len == out->used)
		out->used = old.at; /* what was set last may be set again and again */
	at = out->store + out->used;
	if (size > sizeof out->store - out->used) {
		complain(out, field);
		return NULL;
	}
	out->slots[field] = (struct iso8583_slot){ out->used, (uint16_t)size };
	out->used = (uint16_t)(out->used + size);
	out->bitmap |= iso8583_bit(field);
	return at;
}

/* Room for a value of `len` with its prefix written; points at the value. NULL when it does not fit
 * the field. */
static uint8_t *open_field(struct iso8583_out *out, unsigned field, size_t len)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	size_t prefix = iso8583_prefix_size(out->dialect, f);
	size_t max = out->dialect == ISO8583_B ? f->max : f->max_ascii;
	size_t value = len;
	uint8_t *at;

	if (len == 0 || len > max || (f->length == ISO8583_LENGTH_FIXED && len != max)) {
		complain(out, field);
		return NULL;
	}
	at = room(out, field, prefix + iso8583_value_size(out->dialect, f, len));
	for (size_t i = prefix; at && i > 0; i--) {
		at[i - 1] = out->dialect == ISO8583_B ? (uint8_t)(value / 10 % 10 << 4 | value % 10)
		                                      : (uint8_t)('0' + value % 10);
		value /= out->dialect == ISO8583_B ? 100 : 10;
	}
	return at ? at + prefix : NULL;
}

/* Digits '0'…'9' (and '=', which becomes D) at `at`, already known to fit. */
static void put_digits(const struct iso8583_out *out, const struct iso8583_field *f,
                       struct str digits, uint8_t *at)
{
	const char *d = digits.at;
	size_t left = digits.len;

	if (out->dialect != ISO8583_B) {
		memcpy(at, d, left);
		return;
	}
	if (iso8583_pads_first(f)) {
		*at++ = (uint8_t)(*d++ & 15);
		left--;
	}
	for (; left >= 2; left -= 2, d += 2)
		*at++ = (uint8_t)((d[0] & 15) << 4 | (d[1] & 15));
	if (left)
		*at = (uint8_t)((d[0] & 15) << 4);
}

static bool are_digits(const struct iso8583_field *f, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.at[i] < '0' || s.at[i] > '9') &&
		    !(f->type == ISO8583_TYPE_Z && s.at[i] == '='))
			return false;
	return true;
}

static void set_digits(struct iso8583_out *out, unsigned field, struct str value)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	uint8_t *at = are_digits(f, value) ? open_field(out, field, value.len) : NULL;

	if (at)
		put_digits(out, f, value, at);
	else
		complain(out, field);
}

static void set_text(struct iso8583_out *out, unsigned field, struct str value)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	bool fixed = f->length == ISO8583_LENGTH_FIXED;
	size_t len = fixed && value.len < f->max ? f->max : value.len;
	uint8_t *at = NULL;

	if (iso8583_is_text(f, (const uint8_t *)value.at, value.len))
		at = open_field(out, field, len);
	if (!at) {
		complain(out, field);
		return;
	}
	memset(at, ' ', len);
	if (value.len)
		memcpy(at, value.at, value.len);
}

void iso8583_set_str(struct iso8583_out *out, unsigned field, struct str value)
{
	const struct iso8583_field *f = &iso8583_fields[field];

	ASSERT(field <= ISO8583_FIELDS_MAX && f->max > 0 && f->type != ISO8583_TYPE_B);
	if (iso8583_is_digits(f))
		set_digits(out, field, value);
	else
		set_text(out, field, value);
}

void iso8583_set_bytes(struct iso8583_out *out, unsigned field, struct bytes value)
{
	static const char hex[] = "0123456789ABCDEF";
	bool b = out->dialect == ISO8583_B;
	uint8_t *at;

	ASSERT(field < ISO8583_FIELDS_MAX && iso8583_fields[field].type == ISO8583_TYPE_B &&
	       iso8583_fields[field].max);
	at = open_field(out, field, b ? value.len : 2 * value.len);
	if (!at)
		return;
	if (b) {
		memcpy(at, value.at, value.len);
		return;
	}
	for (size_t i = 0; i < value.len; i++) {
		at[2 * i] = (uint8_t)hex[value.at[i] >> 4];
		at[2 * i + 1] = (uint8_t)hex[value.at[i] & 15];
	}
}

/* A number as packed digits; UINT64_MAX when it has more than the field's. */
static uint64_t to_bcd(uint64_t value, size_t digits)
{
	uint64_t bcd = 0;

	for (unsigned shift = 0; shift < 4 * digits; shift += 4, value /= 10)
		bcd |= value % 10 << shift;
	return value ? UINT64_MAX : bcd;
}

void iso8583_set_bcd(struct iso8583_out *out, unsigned field, uint64_t value)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	size_t size = iso8583_value_size(out->dialect, f, f->max);
	unsigned step = out->dialect == ISO8583_B ? 8 : 4;
	uint8_t *at;

	ASSERT(f->type == ISO8583_TYPE_N && f->length == ISO8583_LENGTH_FIXED &&
	       f->max <= ISO8583_BCD_MAX);
	if (iso8583_has_bad_nibble(value) || (f->max < ISO8583_BCD_MAX && value >> 4 * f->max)) {
		complain(out, field);
		return;
	}
	at = open_field(out, field, f->max);
	if (out->dialect == ISO8583_B && f->max % 2 && !iso8583_pads_first(f))
		value <<= 4;
	for (size_t i = size; at && i > 0; i--, value >>= step)
		at[i - 1] = (uint8_t)(step == 8 ? value : '0' + (value & 15));
}

void iso8583_set_i64(struct iso8583_out *out, unsigned field, int64_t value)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	uint64_t bcd = value < 0 ? UINT64_MAX : to_bcd((uint64_t)value, f->max);
	char text[ISO8583_BCD_MAX];

	ASSERT(f->length == ISO8583_LENGTH_FIXED && f->max <= ISO8583_BCD_MAX &&
	       f->type <= ISO8583_TYPE_AN);
	if (bcd == UINT64_MAX) {
		complain(out, field);
		return;
	}
	if (f->type != ISO8583_TYPE_AN) {
		iso8583_set_bcd(out, field, bcd);
		return;
	}
	for (size_t i = f->max; i > 0; i--, bcd >>= 4)
		text[i - 1] = (char)('0' + (bcd & 15));
	set_text(out, field, (struct str){ text, f->max });
}

void iso8583_set_money(struct iso8583_out *out, unsigned field, struct money value)
{
	iso8583_set_i64(out, field, value.fen);
}

void iso8583_set_local_time(struct iso8583_out *out, struct instant t)
{
	struct civil c = civil_of(t, TIME_ZONE_CHINA_S);

	iso8583_set_i64(out, F_TIME, c.hour * 10000 + c.minute * 100 + c.second);
	iso8583_set_i64(out, F_DATE, c.month * 100 + c.day);
}

void iso8583_set_business_date(struct iso8583_out *out, struct bizdate day)
{
	iso8583_set_i64(out, F_BUSINESS_DATE, day.yyyymmdd % 10000);
}

void iso8583_set_control(struct iso8583_out *out, struct iso8583_control control)
{
	char text[12];
	uint64_t bcd = (uint64_t)control.class << 36 | (uint64_t)(control.batch & 0xFFFFFF) << 12 |
	               (control.code & 0xFFF);

	for (int i = 10; i >= 0; i--, bcd >>= 4)
		text[i] = (char)('0' + (bcd & 15));
	iso8583_set_str(out, F_CONTROL, (struct str){ text, 11 });
}

void iso8583_set_balances(struct iso8583_out *out, const struct iso8583_balance *groups,
                          size_t count)
{
	char text[ISO8583_GROUPS_MAX * ISO8583_GROUP_SIZE];

	if (count > ISO8583_GROUPS_MAX) {
		complain(out, F_BALANCE);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		char *at = text + i * ISO8583_GROUP_SIZE;
		bool debt = groups[i].amount.fen < 0;
		uint64_t fen =
		        debt ? 0 - (uint64_t)groups[i].amount.fen : (uint64_t)groups[i].amount.fen;

		at[0] = (char)('0' + groups[i].account_type / 10);
		at[1] = (char)('0' + groups[i].account_type % 10);
		at[2] = (char)('0' + groups[i].amount_type / 10);
		at[3] = (char)('0' + groups[i].amount_type % 10);
		memcpy(at + 4, debt ? "156D" : "156C", 4);
		for (int d = 11; d >= 0; d--, fen /= 10)
			at[8 + d] = (char)('0' + fen % 10);
		if (fen || groups[i].account_type > 99 || groups[i].amount_type > 99)
			complain(out, F_BALANCE);
	}
	iso8583_set_str(out, F_BALANCE, (struct str){ text, count * ISO8583_GROUP_SIZE });
}

void iso8583_echo(struct iso8583_out *out, const struct iso8583 *in, unsigned field)
{
	const struct iso8583_field *f = &iso8583_fields[field];
	struct iso8583_slot slot = in->slots[field];
	size_t prefix = iso8583_prefix_size(in->dialect, f);
	size_t size = prefix + iso8583_value_size(in->dialect, f, slot.len);
	uint8_t *at;

	ASSERT((in->dialect == ISO8583_B) == (out->dialect == ISO8583_B));
	if (!iso8583_has(in, field))
		return;
	at = room(out, field, size);
	if (at)
		memcpy(at, in->bytes.at + slot.at - prefix, size);
}

void iso8583_reply(struct iso8583_out *out, const struct iso8583 *in,
                   const struct iso8583_message *row)
{
	uint64_t always = iso8583_bit(F_STAN) | iso8583_bit(F_NODE) | iso8583_bit(F_MERCHANT) |
	                  iso8583_bit(F_CONTROL);
	uint64_t left = (row ? row->echo->reply : always) & in->bitmap;

	iso8583_begin(out, in->dialect, (uint16_t)((in->mti & ~1) + 0x10));
	for (; left; left &= left - 1)
		iso8583_echo(out, in, 64 - (unsigned)__builtin_ctzll(left));
}

static void write_head(const struct iso8583_out *out, uint64_t bitmap, struct writer *w)
{
	uint8_t raw[8];
	char text[17];

	if (out->dialect == ISO8583_B) {
		writer_u16(w, out->mti);
		writer_u64(w, bitmap);
		return;
	}
	for (int shift = 12; shift >= 0; shift -= 4)
		writer_u8(w, (uint8_t)('0' + (out->mti >> shift & 15)));
	if (out->dialect == ISO8583_A) {
		writer_u64(w, bitmap);
		return;
	}
	store_be64(raw, bitmap);
	hex_encode(bytes_of(raw, sizeof raw), text);
	writer_str(w, (struct str){ text, 16 });
}

result iso8583_build(const struct iso8583_out *out, bool with_mac, uint8_t *at, size_t size,
                     size_t *len)
{
	struct writer w = writer_of(at, size < ISO8583_MESSAGE_MAX ? size : ISO8583_MESSAGE_MAX);
	uint64_t left = out->bitmap;
	bool b = out->dialect == ISO8583_B;

	if (UNLIKELY(out->bad != SUCCESS))
		return FAIL(out->bad, "field %u %s", out->bad_field,
		            iso8583_field_text(out->bad_field));
	write_head(out, with_mac ? left | iso8583_bit(F_MAC) : left, &w);
	while (left) {
		unsigned field = (unsigned)__builtin_clzll(left) + 1;
		struct iso8583_slot slot = out->slots[field];

		if (w.bad || slot.len > w.size - w.len)
			return FAIL(BUFFER_FULL, "message in %zu bytes", size);
		memcpy(at + w.len, out->store + slot.at, slot.len);
		w.len += slot.len;
		left &= ~iso8583_bit(field);
	}
	if (with_mac)
		writer_fill(&w, b ? 0 : '0', b ? 8 : 16);
	*len = w.len;
	return writer_done(&w);
}

void iso8583_put_mac(const struct iso8583_out *out, uint8_t *at, size_t len, const uint8_t f64[8])
{
	char text[17];

	if (out->dialect == ISO8583_B) {
		memcpy(at + len - 8, f64, 8);
		return;
	}
	hex_encode(bytes_of(f64, 8), text);
	memcpy(at + len - 16, text, 16);
}
