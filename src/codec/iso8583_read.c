/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/iso8583_table.h"

#define HALF_YEAR_US (INT64_C(182) * 86400 * SECOND_US)

enum {
	CURRENCY_CNY = 156,
	CONTROL_DIGITS = 11, /* 60.1, 60.2, 60.3 */
};

static void complain(struct iso8583 *in, unsigned field, enum result_code code)
{
	if (in->bad == SUCCESS) {
		in->bad = code;
		in->bad_field = (uint8_t)field;
	}
}

/* The field's table row when it is there and of a type between the two; else sticky. */
static const struct iso8583_field *want(struct iso8583 *in, unsigned field, enum iso8583_type from,
                                        enum iso8583_type to)
{
	const struct iso8583_field *f = &iso8583_fields[field];

	ASSERT(field <= ISO8583_FIELDS_MAX && f->max > 0 && f->type >= from && f->type <= to);
	if (iso8583_has(in, field))
		return f;
	complain(in, field, ISO8583_MISSING);
	return NULL;
}

/* The digits of a value as text; nibble D of a track becomes '='. `out` holds the digits and one
 * more. */
static void to_text(const struct iso8583 *in, const struct iso8583_field *f,
                    struct iso8583_slot slot, uint8_t *out)
{
	const uint8_t *at = in->bytes.at + slot.at;
	size_t pad = iso8583_pads_first(f) ? 1 : 0;

	for (size_t i = 0; i < slot.len; i++) {
		size_t nibble = i + pad;

		out[i] = (uint8_t)('0' + (nibble % 2 ? at[nibble / 2] & 15 : at[nibble / 2] >> 4));
	}
}

/* Up to 16 digits of a value, four bits each. A pad nibble in front is 0 and counts nothing. */
static uint64_t packed(const struct iso8583 *in, const struct iso8583_field *f,
                       struct iso8583_slot slot)
{
	const uint8_t *at = in->bytes.at + slot.at;
	size_t size = iso8583_value_size(in->dialect, f, slot.len);
	uint64_t value = 0;

	if (in->dialect != ISO8583_B) {
		for (size_t i = 0; i < size; i++)
			value = value << 4 | (at[i] & 15u);
		return value;
	}
	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return slot.len % 2 && !iso8583_pads_first(f) ? value >> 4 : value;
}

/* Packed digits as a number: pairs of digits, of two, of four, of eight. */
static uint64_t from_bcd(uint64_t x)
{
	const uint64_t ones = UINT64_C(0x0F0F0F0F0F0F0F0F), twos = UINT64_C(0x00FF00FF00FF00FF);
	const uint64_t fours = UINT64_C(0x0000FFFF0000FFFF);

	x = (x & ones) + (x >> 4 & ones) * 10;
	x = (x & twos) + (x >> 8 & twos) * 100;
	x = (x & fours) + (x >> 16 & fours) * 10000;
	return (x & 0xFFFFFFFF) + (x >> 32) * 100000000;
}

/* Room in scratch, kept until the next parse. */
static uint8_t *unpack_room(struct iso8583 *in, unsigned field, size_t len)
{
	uint8_t *at = in->scratch + in->scratch_used;

	ASSERT(len <= sizeof in->scratch -
	                      in->scratch_used); /* a message has fewer digits and hex pairs */
	in->scratch_slots[field] = (struct iso8583_slot){ in->scratch_used, (uint16_t)len };
	in->scratch_used = (uint16_t)(in->scratch_used + len);
	in->unpacked |= iso8583_bit(field);
	return at;
}

static struct str unpack_digits(struct iso8583 *in, unsigned field, const struct iso8583_field *f)
{
	struct iso8583_slot slot = in->slots[field], had = in->scratch_slots[field];
	uint8_t *at;

	if (in->unpacked & iso8583_bit(field))
		return (struct str){ (const char *)in->scratch + had.at, had.len };
	at = unpack_room(in, field, slot.len);
	to_text(in, f, slot, at);
	return (struct str){ (const char *)at, slot.len };
}

struct str iso8583_str(struct iso8583 *in, unsigned field)
{
	const struct iso8583_field *f = want(in, field, ISO8583_TYPE_N, ISO8583_TYPE_ANS);
	struct iso8583_slot slot = in->slots[field];

	if (!f)
		return STR("");
	if (in->dialect == ISO8583_B && iso8583_is_digits(f))
		return unpack_digits(in, field, f);
	return (struct str){ (const char *)in->bytes.at + slot.at, slot.len };
}

struct str iso8583_trimmed(struct iso8583 *in, unsigned field)
{
	struct str s = iso8583_str(in, field);

	while (s.len && s.at[s.len - 1] == ' ')
		s.len--;
	return s;
}

struct bytes iso8583_bytes(struct iso8583 *in, unsigned field)
{
	const struct iso8583_field *f = want(in, field, ISO8583_TYPE_B, ISO8583_TYPE_B);
	struct iso8583_slot slot = in->slots[field], had = in->scratch_slots[field];
	struct str hex = { (const char *)in->bytes.at + slot.at, slot.len };
	uint8_t *at;

	if (!f)
		return (struct bytes){ 0 };
	if (in->dialect == ISO8583_B)
		return bytes_of(in->bytes.at + slot.at, slot.len);
	if (in->unpacked & iso8583_bit(field))
		return bytes_of(in->scratch + had.at, had.len);
	at = unpack_room(in, field, slot.len / 2u);
	ASSERT(is_ok(hex_decode(hex, at, slot.len / 2u))); /* parse has looked at every character */
	return bytes_of(at, slot.len / 2u);
}

uint64_t iso8583_bcd(struct iso8583 *in, unsigned field)
{
	const struct iso8583_field *f = want(in, field, ISO8583_TYPE_N, ISO8583_TYPE_N);
	struct iso8583_slot slot = in->slots[field];

	if (!f)
		return 0;
	if (slot.len <= ISO8583_BCD_MAX)
		return packed(in, f, slot);
	complain(in, field, ISO8583_VALUE);
	return 0;
}

int64_t iso8583_i64(struct iso8583 *in, unsigned field)
{
	return (int64_t)from_bcd(iso8583_bcd(in, field));
}

struct money iso8583_money(struct iso8583 *in, unsigned field)
{
	return (struct money){ iso8583_i64(in, field) };
}

static int64_t distance(struct instant a, struct instant b)
{
	return a.us < b.us ? b.us - a.us : a.us - b.us;
}

struct instant iso8583_local_time(struct iso8583 *in, struct instant now)
{
	static const int offsets[] = { 0, -1, 1 }, *offset;
	int hms = (int)iso8583_i64(in, F_TIME), md = (int)iso8583_i64(in, F_DATE);
	int this_year = civil_of(now, TIME_ZONE_CHINA_S).year;
	int64_t nearest = INT64_MAX;
	struct instant best = { 0 };

	if (in->bad != SUCCESS)
		return best;
	EACH (offset, offsets) {
		struct civil c = { this_year + *offset, md / 100,        md % 100,
			           hms / 10000,         hms / 100 % 100, hms % 100 };
		struct instant t;

		if (nearest < HALF_YEAR_US || !civil_is_valid(&c))
			continue;
		t = instant_of(c, TIME_ZONE_CHINA_S);
		if (distance(t, now) >= nearest)
			continue;
		nearest = distance(t, now);
		best = t;
	}
	if (nearest == INT64_MAX)
		complain(in, F_DATE, ISO8583_VALUE);
	return best;
}

struct iso8583_control iso8583_control(struct iso8583 *in)
{
	const struct iso8583_field *f = want(in, F_CONTROL, ISO8583_TYPE_N, ISO8583_TYPE_N);
	struct iso8583_slot slot = in->slots[F_CONTROL];
	uint64_t value;

	if (!f)
		return (struct iso8583_control){ 0 };
	if (slot.len < CONTROL_DIGITS) {
		complain(in, F_CONTROL, ISO8583_VALUE);
		return (struct iso8583_control){ 0 };
	}
	slot.len = CONTROL_DIGITS;
	value = packed(in, f, slot);
	return (struct iso8583_control){ (uint8_t)(value >> 36), value >> 12 & 0xFFFFFF,
		                         value & 0xFFF };
}

/* account type 2, amount type 2, currency 3, sign C or D, digits 12 */
static bool read_group(const char *at, struct iso8583_balance *out)
{
	int64_t account, amount_type, currency, fen;

	if (!is_ok(str_i64((struct str){ at, 2 }, &account)) ||
	    !is_ok(str_i64((struct str){ at + 2, 2 }, &amount_type)) ||
	    !is_ok(str_i64((struct str){ at + 4, 3 }, &currency)) ||
	    !is_ok(str_i64((struct str){ at + 8, 12 }, &fen)))
		return false;
	if (account < 0 || amount_type < 0 || fen < 0 || currency != CURRENCY_CNY ||
	    (at[7] != 'C' && at[7] != 'D'))
		return false;
	*out = (struct iso8583_balance){ (uint8_t)account,
		                         (uint8_t)amount_type,
		                         { at[7] == 'C' ? fen : -fen } };
	return true;
}

size_t iso8583_balances(struct iso8583 *in, struct iso8583_balance out[ISO8583_GROUPS_MAX])
{
	struct str text = iso8583_str(in, F_BALANCE);
	size_t count = text.len / ISO8583_GROUP_SIZE;
	bool right = text.len % ISO8583_GROUP_SIZE == 0; /* 120 characters at most: six groups */

	for (size_t i = 0; right && i < count; i++)
		right = read_group(text.at + i * ISO8583_GROUP_SIZE, &out[i]);
	if (right)
		return count;
	complain(in, F_BALANCE, ISO8583_VALUE);
	return 0;
}

result iso8583_done(const struct iso8583 *in)
{
	if (LIKELY(in->bad == SUCCESS))
		return OK;
	return FAIL(in->bad, "field %u %s", in->bad_field, iso8583_field_text(in->bad_field));
}
