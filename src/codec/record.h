/* SPDX-License-Identifier: Apache-2.0 */
/* record.h — the stored record of 96 bytes (terminal-protocol 12.8). */
#pragma once

#include "base/bytes.h"

enum {
	RECORD_SIZE = 96,
	RECORD_MAC_AT = 84, /* MAC(KREC, bytes 0–83), left 8 */
	RECORD_MAC_SIZE = 8,
	RECORD_CRC_AT = 92,
	RECORD_UPLOAD_MAX = 80, /* records of one 0320 */
	RECORD_CARD_TEXT = 21,  /* up to 20 digits and NUL */
	RECORD_COPY_SIZE = 23,  /* tag C3: the card's previous log entry (reconciled 5) */
};

enum record_type {
	RECORD_PURSE_PURCHASE = 0x06,
	RECORD_STAND_IN = 0x22,
	RECORD_REFUND = 0x25,
	RECORD_LOAD_CONFIRM = 0x52,
	RECORD_REVERSAL = 0x84,
	RECORD_DOOR_PASS = 0xA0,
	RECORD_ATTENDANCE = 0xA1,
	RECORD_ALARM = 0xA2,
};

enum record_flag {
	RECORD_ONLINE = 0x01,
	RECORD_PIN_BY_CARD = 0x02,
	RECORD_BY_STAND_IN = 0x04,
	RECORD_UNCERTAIN = 0x08,
	RECORD_CLOCK_UNSURE = 0x10,
	RECORD_LIST_STALE = 0x20,
};

struct record {
	uint8_t type; /* enum record_type; others pass */
	uint64_t tsn;
	char node[9];   /* 8 characters */
	uint8_t sam[6]; /* BCD */
	uint32_t sam_sequence;
	char card_no[RECORD_CARD_TEXT]; /* digits; empty when the record has no card */
	uint8_t card_sequence, purse_id;
	uint16_t card_counter;
	uint32_t balance_before_fen, amount_fen, balance_after_fen;
	uint64_t local_time; /* yyyymmddhhmmss as a number */
	uint32_t list_sequence;
	uint8_t flags; /* enum record_flag */
	uint8_t meal_period;
	uint32_t location, cashier;
	uint8_t tac[4];
	uint8_t tac_key_version, algorithm; /* 00 3DES, 04 SM4 */
	uint8_t mac[RECORD_MAC_SIZE];
};

/* Read one record. RECORD_BROKEN: size, layout version, CRC, digits, or bytes 81–83 not zero. The
 * MAC is not checked. */
result record_decode(struct bytes in, struct record *out);

/* Is the CRC-32C right? A wrong one means damage on the way: answer 03, "send again". */
bool record_crc_is_right(const uint8_t in[RECORD_SIZE]);

/* Write bytes 0–83. RECORD_BROKEN when a member does not fit its place. Then MAC them and call
 * record_finish. */
result record_encode(const struct record *r, uint8_t out[RECORD_SIZE]);
/* Put the MAC and the CRC over everything before it. */
void record_finish(uint8_t out[RECORD_SIZE], const uint8_t mac[RECORD_MAC_SIZE]);

/* The bytes the MAC covers. */
static inline struct bytes record_mac_range(const uint8_t *record)
{
	return (struct bytes){ record, RECORD_MAC_AT };
}
