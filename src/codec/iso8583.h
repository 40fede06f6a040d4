/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iso8583.h — the ISO 8583 messages of YTAP/1: table-driven, in the caller's bytes, without
 * allocation.
 *
 * Fields are data (api/ytap/fields.def), transactions and who must send what too
 * (api/ytap/messages.def). Reading: iso8583_parse, then getters by field number in any order, then
 * iso8583_done once. Writing: iso8583_begin or iso8583_reply, setters in any order, then
 * iso8583_build.
 */
#pragma once

#include "base/bytes.h"
#include "base/money.h"
#include "base/time.h"

enum iso8583_field_number {
#define ISO8583_FIELD(number, name, type, length, max, side, text) F_##name = number,
#include "ytap/fields.def"
#undef ISO8583_FIELD
};

enum {
	ISO8583_FIELDS_MAX = 64,
	ISO8583_MESSAGE_MAX = 16383, /* bytes of a message in any dialect */
	ISO8583_TEXT_MAX = 9999,     /* of one field */
	ISO8583_GROUPS_MAX = 6,      /* balances in F54 */
	ISO8583_GROUP_SIZE = 20,
};

/* terminal-protocol 4. The bare port (8586) speaks B in a shorter frame. */
enum iso8583_dialect {
	ISO8583_B,     /* BCD and bytes */
	ISO8583_A,     /* ASCII, bitmap of 8 or 16 bytes */
	ISO8583_A_HEX, /* ASCII, bitmap of 16 or 32 hex characters */
};

struct iso8583_slot {
	uint16_t at, len; /* of the value: offset; digits (N, Z) or bytes; dialect A: characters */
};

/* A message that was read. Borrowed bytes must stay as they are. About 9 KiB: keep one per thread.
 */
struct iso8583 {
	enum iso8583_dialect dialect;
	uint16_t mti;         /* 0x0200: four digits */
	uint64_t bitmap;      /* bit of field n: 1 << (64 - n) */
	struct bytes bytes;   /* the whole message */
	uint16_t mac_at;      /* where F64 begins; the length of the message when there is none */
	enum result_code bad; /* of the first getter that failed */
	uint8_t bad_field;
	struct iso8583_slot slots[ISO8583_FIELDS_MAX + 1];
	/* Values that do not stand in the message as they are wanted: digits of B, bytes of A. */
	uint64_t unpacked; /* fields that are there already */
	uint16_t scratch_used;
	struct iso8583_slot scratch_slots[ISO8583_FIELDS_MAX + 1];
	uint8_t scratch[8192];
};

/*
 * Find every field and check its form (digits, characters, lengths, padding). Nothing is copied.
 * ISO8583_BROKEN: what cannot be a message; the detail names the field. On failure, mti and the
 * fields before the broken one can still be read, so that a reply 30 can be addressed
 * (terminal-protocol 3.6).
 */
result iso8583_parse(enum iso8583_dialect dialect, struct bytes bytes, struct iso8583 *out);

static inline uint64_t iso8583_bit(unsigned field)
{
	return UINT64_C(1) << (64 - field);
}

static inline bool iso8583_has(const struct iso8583 *in, unsigned field)
{
	return (in->bitmap & iso8583_bit(field)) != 0;
}

/*
 * Readings. A field that is absent, or does not hold what is asked for, gives zero or empty and a
 * sticky error. Text and bytes are borrowed from the message or from *in.
 */
struct str iso8583_str(struct iso8583 *in,
                       unsigned field); /* N, Z ('=' as separator), AN, ANS as sent, with pads */
struct str iso8583_trimmed(struct iso8583 *in,
                           unsigned field); /* AN, ANS without trailing spaces */
struct bytes iso8583_bytes(struct iso8583 *in, unsigned field); /* B */
int64_t iso8583_i64(struct iso8583 *in, unsigned field);        /* N up to 16 digits */
uint64_t
iso8583_bcd(struct iso8583 *in,
            unsigned field); /* N up to 16 digits: 000000 as 0x000000, 310000 as 0x310000 */
struct money iso8583_money(struct iso8583 *in, unsigned field); /* N 12, fen */
/* F12 and F13 in China's zone; the year is the one that brings it nearest to now. Sticky when no
 * such time exists. */
struct instant iso8583_local_time(struct iso8583 *in, struct instant now);

/* F60: class 60.1, batch 60.2, network code 60.3, each as BCD (0x22, 0x001234, 0x801). */
struct iso8583_control {
	uint8_t class;
	uint32_t batch;
	uint16_t code;
};
struct iso8583_control iso8583_control(struct iso8583 *in);

/* One account of F54. */
struct iso8583_balance {
	uint8_t account_type, amount_type; /* two digits each, as numbers 0…99 */
	struct money amount;               /* negative for D */
};
/* The groups of F54; returns how many, at most ISO8583_GROUPS_MAX. */
size_t iso8583_balances(struct iso8583 *in, struct iso8583_balance out[ISO8583_GROUPS_MAX]);

/* OK, or the first reading that failed: ISO8583_MISSING, ISO8583_VALUE; the detail names the field.
 */
result iso8583_done(const struct iso8583 *in);

/* What F64 covers: all bytes from MTI up to F64, as sent in the dialect (5.4). The whole message
 * without F64. */
static inline struct bytes iso8583_mac_range(const struct iso8583 *in)
{
	return (struct bytes){ in->bytes.at, in->mac_at };
}

/* --- writing --- */

/* A message being written. Values are copied. About 17 KiB: keep one per thread. */
struct iso8583_out {
	enum iso8583_dialect dialect;
	uint16_t mti;
	uint64_t bitmap;
	enum result_code bad;
	uint8_t bad_field;
	uint16_t used;                                     /* of store */
	struct iso8583_slot slots[ISO8583_FIELDS_MAX + 1]; /* encoded, with prefix */
	uint8_t store[ISO8583_MESSAGE_MAX];
};

void iso8583_begin(struct iso8583_out *out, enum iso8583_dialect dialect, uint16_t mti);

/* A second setting of a field replaces the first (its room is used again only when nothing was set
 * between). A value that does not fit its field is a sticky error. */
void iso8583_set_str(struct iso8583_out *out, unsigned field,
                     struct str value); /* N, Z: digits; AN, ANS: padded */
void iso8583_set_bytes(struct iso8583_out *out, unsigned field, struct bytes value); /* B */
void iso8583_set_i64(struct iso8583_out *out, unsigned field,
                     int64_t value); /* N fixed, AN fixed: leading zeros */
void iso8583_set_bcd(struct iso8583_out *out, unsigned field,
                     uint64_t value); /* N fixed up to 16 digits */
void iso8583_set_money(struct iso8583_out *out, unsigned field,
                       struct money value); /* 0…999 999 999 999 fen */
void iso8583_set_local_time(struct iso8583_out *out, struct instant t);            /* F12, F13 */
void iso8583_set_business_date(struct iso8583_out *out, struct bizdate day);       /* F15 */
void iso8583_set_control(struct iso8583_out *out, struct iso8583_control control); /* F60 */
void iso8583_set_balances(struct iso8583_out *out, const struct iso8583_balance *groups,
                          size_t count); /* F54, CNY */
void iso8583_unset(struct iso8583_out *out, unsigned field);
/* Copy a field as it was sent; both in one dialect. Nothing when the message does not have it. */
void iso8583_echo(struct iso8583_out *out, const struct iso8583 *in, unsigned field);

struct iso8583_message;
/* Begin the reply to a message: reply MTI (0201 → 0210) and every field the row marks E. */
void iso8583_reply(struct iso8583_out *out, const struct iso8583 *in,
                   const struct iso8583_message *row);

/*
 * Write the message into at, fields in order. with_mac: bit 64 is set and F64 is room filled with
 * zeros at the end (8 bytes, dialect A 16 characters); then MAC iso8583_built_range and give it to
 * iso8583_put_mac. BUFFER_FULL, ISO8583_VALUE (the first setting that failed).
 */
result iso8583_build(const struct iso8583_out *out, bool with_mac, uint8_t *at, size_t size,
                     size_t *len);

/* What F64 of a message just built covers. */
static inline struct bytes iso8583_built_range(const struct iso8583_out *out, const uint8_t *at,
                                               size_t len)
{
	return (struct bytes){ at, len - (out->dialect == ISO8583_B ? 8u : 16u) };
}

/* Fill the room of F64. */
void iso8583_put_mac(const struct iso8583_out *out, uint8_t *at, size_t len, const uint8_t f64[8]);

/* --- tables --- */

/* "amount, fen"; "" for a number outside the table. */
const char *iso8583_field_text(unsigned field);
