/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_message.h"

#include <stdlib.h>

#include "codec/record.h"
#include "codec/ytap_tags.h"
#include "crypto/pin.h"

static enum ytap_message word_of(enum pos_kind kind)
{
	static const enum ytap_message words[POS_KINDS] = {
		[POS_PURCHASE] = YTAP_PURCHASE, [POS_VOID] = YTAP_VOID,
		[POS_REFUND] = YTAP_REFUND,     [POS_BALANCE] = YTAP_BALANCE,
		[POS_TOPUP] = YTAP_TOP_UP,      [POS_TOPUP_VOID] = YTAP_TOP_UP_VOID,
	};

	return words[kind];
}

static struct line_request request_of(const struct pos_draft *d)
{
	bool undoes = d->kind == POS_VOID || d->kind == POS_REFUND || d->kind == POS_TOPUP_VOID;

	return (struct line_request){
		.word = word_of(d->kind),
		.tsn = d->tsn,
		.original_tsn = undoes ? d->original_tsn : 0,
		.card_no = str_of(d->card_no),
		.amount = { d->amount_fen },
		.at = d->at,
		.day = d->day,
		.list_sequence = d->list_sequence,
		.entry_mode = d->entry_mode,
		.original_reference = undoes ? str_of(d->original_ref) : STR(""),
		.operator_name = undoes ? str_of(d->cashier) : STR(""),
		.cashier = str_of(d->cashier),
		.meal = d->meal,
	};
}

result pos_message_request(const struct line *l, const struct pos_draft *d, bool repeat,
                           struct str pin, struct random_source *random, struct iso8583_out *out)
{
	SCOPED(pin_wipe) struct pin digits = { .len = 0 };
	struct line_request r = request_of(d);
	uint8_t block[PIN_BLOCK_MAX];

	if (pin.len > 0) {
		TRY(pin_parse(pin, &digits));
		TRY(pin_seal(l->suite, l->tpk.at, &digits, r.card_no, random, block));
		r.pin_block = bytes_of(block, pin_block_size(l->suite));
	}
	line_request(l, &r, repeat, out);
	return OK;
}

void pos_message_reversal(const struct line *l, const struct pos_txn *t, bool repeat,
                          struct instant now, struct iso8583_out *out)
{
	struct line_request r = request_of(&t->draft);

	/* It may be repeated for hours; the host looks at the age of an online request. */
	r.at = now;
	line_reversal(l, &r, t->reversal_tsn, str_of(t->reason), repeat, out);
}

bool pos_message_upload(const struct line *l, const struct pos_upload_message *m,
                        const struct pos_journal *j, struct instant now, struct iso8583_out *out)
{
	uint8_t records[POS_UPLOAD_RECORDS_MAX * RECORD_SIZE];
	struct line_upload u = { .sequence = m->sequence, .at = now, .records = records };

	for (size_t i = 0; i < m->count; i++) {
		const uint8_t *bytes = pos_upload_bytes(j, m->tsn[i]);

		if (bytes)
			memcpy(records + u.count++ * RECORD_SIZE, bytes, RECORD_SIZE);
	}
	if (u.count > 0)
		line_upload(l, &u, m->sends > 1, out);
	return u.count > 0;
}

static void put_totals(struct writer *w, const struct pos_journal *j)
{
	tlv_put_head(w, YTAP_TAG_TOTALS, 13 * j->total_count);
	for (size_t i = 0; i < j->total_count; i++) {
		writer_u8(w, j->totals[i].class);
		writer_u32(w, j->totals[i].count);
		writer_u64(w, j->totals[i].sum_fen);
	}
}

void pos_message_totals(const struct line *l, enum ytap_message word, const struct pos_journal *j,
                        struct pos_told told, struct iso8583_out *out)
{
	uint8_t room[32 + 13 * POS_TOTALS_MAX];
	struct writer w = writer_of(room, sizeof room);

	line_manage(l, word, told.now, told.stan, out);
	tlv_put_u32(&w, YTAP_TAG_RECORDS_HELD, (uint32_t)j->held);
	put_totals(&w, j);
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

/* yyyymmddhhmmss in 7 bytes BCD; zeros for none. */
static void put_time(struct writer *w, struct instant at)
{
	struct civil c = civil_of(at, TIME_ZONE_CHINA_S);
	int parts[] = { c.year / 100, c.year % 100, c.month, c.day, c.hour, c.minute, c.second };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		writer_u8(w, (uint8_t)(at.us == 0 ? 0 : parts[i] / 10 << 4 | parts[i] % 10));
}

void pos_message_status(const struct line *l, const struct pos_status *status,
                        const struct pos_journal *j, struct pos_told told, struct iso8583_out *out)
{
	uint8_t block[64], room[80];
	struct writer b = writer_of(block, sizeof block), w = writer_of(room, sizeof room);

	writer_u32(&b, status->uptime_s);
	writer_u32(&b, status->free_kib);
	writer_u32(&b, (uint32_t)j->held);
	put_time(&b, status->oldest_record);
	writer_u32(&b, (uint32_t)l->facts.list_sequence);
	writer_u64(&b, 0); /* root of a list: none is kept here */
	writer_u32(&b, (uint32_t)status->clock_offset_ms);
	tlv_put(&w, YTAP_TAG_STATUS_BLOCK, writer_bytes(&b));
	line_manage(l, YTAP_STATUS, told.now, told.stan, out);
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

void pos_message_sign_off(const struct line *l, const struct pos_journal *j, struct pos_told told,
                          struct iso8583_out *out)
{
	uint8_t room[16];
	struct writer w = writer_of(room, sizeof room);

	tlv_put_u32(&w, YTAP_TAG_RECORDS_HELD, (uint32_t)j->held);
	line_manage(l, YTAP_SIGN_OFF, told.now, told.stan, out);
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

void pos_message_pushed(struct iso8583 *push, struct instant now, struct iso8583_out *out)
{
	const struct iso8583_message *row = iso8583_message_find(push);

	if (!row)
		row = iso8583_message_of(YTAP_SIGN_IN_AGAIN);
	iso8583_reply(out, push, row);
	iso8583_set_local_time(out, now);
	iso8583_set_str(out, F_RESPONSE, row->word == YTAP_SIGN_IN_AGAIN ? STR("00") : STR("12"));
	iso8583_echo(out, push, F_BULK);
}

/* F15 is MMDD; the year is the one that brings it nearest to today. */
static struct bizdate near_day(uint32_t mmdd_bcd, struct instant now)
{
	uint32_t mmdd = (mmdd_bcd >> 12) * 1000 + (mmdd_bcd >> 8 & 15) * 100 +
	                (mmdd_bcd >> 4 & 15) * 10 + (mmdd_bcd & 15);
	struct bizdate today = bizdate_of(now, TIME_ZONE_CHINA_S, 0), best = { 0 };

	for (uint32_t year = today.yyyymmdd / 10000 - 1; year <= today.yyyymmdd / 10000 + 1;
	     year++) {
		struct bizdate d = { year * 10000 + mmdd };

		if (!bizdate_is_valid(d))
			continue;
		if (!best.yyyymmdd || llabs(bizdate_days(d) - bizdate_days(today)) <
		                              llabs(bizdate_days(best) - bizdate_days(today)))
			best = d;
	}
	return best;
}

/* Only F39 and F11 are sure to be there. */
static result short_reply(struct iso8583 *m, const struct pos_txn *t, struct pos_reply *out)
{
	uint64_t tsn = t->state == POS_TXN_REVERSING ? t->reversal_tsn : t->draft.tsn;
	int64_t stan = iso8583_i64(m, F_STAN);

	*out = (struct pos_reply){ .to_reversal = (m->mti & 0xFF00) == 0x0400, .mac_ok = true };
	str_copy(iso8583_str(m, F_RESPONSE), out->code, sizeof out->code);
	out->tsn = stan == line_stan(tsn) ? tsn : 0;
	if (!is_ok(iso8583_done(m)) || strcmp(out->code, "00") == 0)
		return FAIL(POS_REPLY, "a reply without its transaction data");
	return OK;
}

static result whole_reply(struct iso8583 *m, struct instant now, struct pos_reply *out)
{
	struct line_answer a;

	if (!is_ok(line_answer(m, &a)))
		return FAIL(POS_REPLY, "%.200s", result_last()->text);
	*out = (struct pos_reply){
		.to_reversal = (m->mti & 0xFF00) == 0x0400,
		.tsn = a.tsn,
		.mac_ok = true,
		.balance_fen = a.balance.fen,
		.has_balance = a.has_balance,
		.day = a.business_date ? near_day(a.business_date, now) : (struct bizdate){ 0 },
	};
	memcpy(out->code, a.code, sizeof out->code);
	memcpy(out->reference, a.reference, sizeof out->reference);
	memcpy(out->approval, a.approval, sizeof out->approval);
	if (iso8583_has(m, F_TEXT))
		str_copy(iso8583_trimmed(m, F_TEXT), out->text, sizeof out->text);
	return OK;
}

result pos_message_reply(struct iso8583 *m, struct instant now, const struct pos_txn *t,
                         struct pos_reply *out, bool *pin_would_help)
{
	struct tlv_map map;

	*pin_would_help = false;
	if (!iso8583_has(m, F_DATA))
		return short_reply(m, t, out);
	TRY(whole_reply(m, now, out));
	tlv_map_init(&map, iso8583_bytes(m, F_DATA));
	*pin_would_help = tlv_has(&map, YTAP_TAG_PIN_REASON);
	return OK;
}

result pos_message_uploaded(struct iso8583 *m, struct pos_upload_reply *out)
{
	struct tlv_map map;
	struct bytes rows;
	struct reader r;

	*out = (struct pos_upload_reply){ 0 };
	tlv_map_init(&map, iso8583_bytes(m, F_BULK));
	out->acknowledged = tlv_u64(&map, YTAP_TAG_UPLOAD_ACKNOWLEDGED);
	rows = tlv_range(&map, YTAP_TAG_RECORD_RESULTS, 0, 9 * POS_UPLOAD_RECORDS_MAX);
	if (!is_ok(iso8583_done(m)) || !is_ok(tlv_map_done(&map)) || rows.len % 9 != 0)
		return FAIL(POS_REPLY, "upload reply without its tags");
	for (r = reader_of(rows); r.left > 0; out->count++) {
		out->rows[out->count].tsn = reader_u64(&r);
		out->rows[out->count].status = reader_u8(&r);
	}
	return OK;
}

result pos_message_settled(struct iso8583 *m, enum pos_batch *out)
{
	struct tlv_map map;
	uint8_t digit;

	tlv_map_init(&map, iso8583_bytes(m, F_BULK));
	digit = tlv_u8(&map, YTAP_TAG_REASON);
	if (!is_ok(iso8583_done(m)) || !is_ok(tlv_map_done(&map)) || digit < POS_BATCH_EQUAL ||
	    digit > POS_BATCH_UNKNOWN)
		return FAIL(POS_REPLY, "settlement reply without its result");
	*out = (enum pos_batch)digit;
	return OK;
}

/* A cashier is a number in a record; a name that is none is 0 there. */
static uint32_t cashier_number(const char *cashier)
{
	uint64_t v;

	return is_ok(str_u64(str_of(cashier), &v)) && v <= UINT32_MAX ? (uint32_t)v : 0;
}

static uint64_t local_number(struct instant at)
{
	struct civil c = civil_of(at, TIME_ZONE_CHINA_S);
	uint64_t day = (uint64_t)c.year * 10000 + (uint64_t)c.month * 100 + (uint64_t)c.day;

	return day * 1000000 + (uint64_t)c.hour * 10000 + (uint64_t)c.minute * 100 +
	       (uint64_t)c.second;
}

result pos_message_record(const struct line *l, const struct pos_draft *d, uint32_t sam_sequence,
                          uint8_t flags, uint8_t out[POS_RECORD_SIZE])
{
	const struct sam_identity *id = sam_identity(l->sam);
	struct record r = {
		.type = RECORD_STAND_IN,
		.tsn = d->tsn,
		.sam_sequence = sam_sequence,
		.amount_fen = (uint32_t)d->amount_fen,
		.local_time = local_number(d->at),
		.list_sequence = d->list_sequence,
		.flags = (uint8_t)(flags | RECORD_BY_STAND_IN),
		.meal_period = d->meal,
		.cashier = cashier_number(d->cashier),
	};
	uint8_t mac[SAM_MAC_LEN];

	memcpy(r.node, id->node_id, sizeof r.node);
	memcpy(r.sam, id->sam_no, sizeof r.sam);
	str_copy(str_of(d->card_no), r.card_no, sizeof r.card_no);
	TRY(record_encode(&r, out));
	TRY(sam_record_mac(l->sam, (uint8_t)l->suite, record_mac_range(out), mac));
	record_finish(out, mac);
	return OK;
}
