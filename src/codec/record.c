/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/record.h"

enum { LAYOUT_VERSION = 1, CARD_BYTES = 10 };

/* Up to 20 digits, the rest filled with nibble F. False when something else is there. */
static bool read_card_no(const uint8_t *at, char out[RECORD_CARD_TEXT])
{
	size_t n = 0;
	bool ended = false;

	for (size_t i = 0; i < 2 * CARD_BYTES; i++) {
		unsigned nibble = i % 2 ? at[i / 2] & 15u : at[i / 2] >> 4;

		if (nibble == 15)
			ended = true;
		else if (nibble > 9 || ended)
			return false;
		else
			out[n++] = (char)('0' + nibble);
	}
	memset(out + n, 0, RECORD_CARD_TEXT - n);
	return true;
}

static bool write_card_no(const char *card_no, uint8_t out[CARD_BYTES])
{
	size_t len = strnlen(card_no, RECORD_CARD_TEXT);

	if (len > 2 * CARD_BYTES || (len && !str_is_digits((struct str){ card_no, len })))
		return false;
	memset(out, 0xFF, CARD_BYTES);
	for (size_t i = 0; i < len; i++) {
		unsigned shift = i % 2 ? 0 : 4;

		out[i / 2] = (uint8_t)((out[i / 2] & ~(15u << shift)) | (unsigned)(card_no[i] - '0')
		                                                                << shift);
	}
	return true;
}

static bool is_bcd(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] >> 4 > 9 || (at[i] & 15) > 9)
			return false;
	return true;
}

static bool read_time(const uint8_t at[7], uint64_t *out)
{
	*out = 0;
	if (!is_bcd(at, 7))
		return false;
	for (size_t i = 0; i < 7; i++)
		*out = *out * 100 + (at[i] >> 4) * 10u + (at[i] & 15u);
	return true;
}

static bool write_time(uint64_t value, uint8_t out[7])
{
	for (size_t i = 7; i > 0; i--, value /= 100)
		out[i - 1] = (uint8_t)(value % 100 / 10 << 4 | value % 10);
	return value == 0;
}

bool record_crc_is_right(const uint8_t in[RECORD_SIZE])
{
	return crc32c(bytes_of(in, RECORD_CRC_AT)) == load_be32(in + RECORD_CRC_AT);
}

result record_decode(struct bytes in, struct record *out)
{
	const uint8_t *at = in.at;

	if (in.len != RECORD_SIZE || at[0] != LAYOUT_VERSION)
		return FAIL(RECORD_BROKEN, "%zu bytes, layout %u", in.len, in.len ? at[0] : 0u);
	if (!record_crc_is_right(at))
		return FAIL(RECORD_BROKEN, "CRC");
	*out = (struct record){
		.type = at[1],
		.tsn = load_be64(at + 2),
		.sam_sequence = load_be32(at + 24),
		.card_sequence = at[38],
		.purse_id = at[39],
		.card_counter = load_be16(at + 40),
		.balance_before_fen = load_be32(at + 42),
		.amount_fen = load_be32(at + 46),
		.balance_after_fen = load_be32(at + 50),
		.list_sequence = load_be32(at + 61),
		.flags = at[65],
		.meal_period = at[66],
		.location = load_be32(at + 67),
		.cashier = load_be32(at + 71),
		.tac_key_version = at[79],
		.algorithm = at[80],
	};
	memcpy(out->node, at + 10, 8);
	memcpy(out->sam, at + 18, sizeof out->sam);
	memcpy(out->tac, at + 75, sizeof out->tac);
	memcpy(out->mac, at + RECORD_MAC_AT, sizeof out->mac);
	if (!read_card_no(at + 28, out->card_no) || !read_time(at + 54, &out->local_time) ||
	    !is_bcd(out->sam, sizeof out->sam) || at[81] | at[82] | at[83])
		return FAIL(RECORD_BROKEN, "digits of record %llu", (unsigned long long)out->tsn);
	return OK;
}

result record_encode(const struct record *r, uint8_t out[RECORD_SIZE])
{
	memset(out, 0, RECORD_SIZE);
	out[0] = LAYOUT_VERSION;
	out[1] = r->type;
	store_be64(out + 2, r->tsn);
	memcpy(out + 10, r->node, 8);
	memcpy(out + 18, r->sam, sizeof r->sam);
	store_be32(out + 24, r->sam_sequence);
	out[38] = r->card_sequence;
	out[39] = r->purse_id;
	store_be16(out + 40, r->card_counter);
	store_be32(out + 42, r->balance_before_fen);
	store_be32(out + 46, r->amount_fen);
	store_be32(out + 50, r->balance_after_fen);
	store_be32(out + 61, r->list_sequence);
	out[65] = r->flags;
	out[66] = r->meal_period;
	store_be32(out + 67, r->location);
	store_be32(out + 71, r->cashier);
	memcpy(out + 75, r->tac, sizeof r->tac);
	out[79] = r->tac_key_version;
	out[80] = r->algorithm;
	if (!write_card_no(r->card_no, out + 28) || !write_time(r->local_time, out + 54) ||
	    !is_bcd(r->sam, sizeof r->sam) || strnlen(r->node, 8) != 8)
		return FAIL(RECORD_BROKEN, "a member of record %llu does not fit",
		            (unsigned long long)r->tsn);
	return OK;
}

void record_finish(uint8_t out[RECORD_SIZE], const uint8_t mac[RECORD_MAC_SIZE])
{
	memcpy(out + RECORD_MAC_AT, mac, RECORD_MAC_SIZE);
	store_be32(out + RECORD_CRC_AT, crc32c(bytes_of(out, RECORD_CRC_AT)));
}
