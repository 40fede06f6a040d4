/* SPDX-License-Identifier: Apache-2.0 */
#include "device/line/line.h"

#include "codec/record.h"
#include "codec/ytap_tags.h"

/* A number below 1 000 000 as six BCD digits, the form F60 wants. */
static uint32_t batch_bcd(uint32_t batch)
{
	uint32_t bcd = 0;

	for (unsigned shift = 0; shift < 24; shift += 4, batch /= 10)
		bcd |= batch % 10 << shift;
	return bcd;
}

static void put_common(struct iso8583_out *out, uint64_t tsn, struct instant at)
{
	iso8583_set_i64(out, F_STAN, line_stan(tsn));
	iso8583_set_local_time(out, at);
}

/* What purchase, void, top-up and their reversals share. */
static void put_sale(const struct line_request *r, struct iso8583_out *out)
{
	iso8583_set_str(out, F_CARD_NO, r->card_no);
	iso8583_set_bcd(out, F_ENTRY_MODE, r->entry_mode);
	if (r->word != YTAP_BALANCE) {
		iso8583_set_money(out, F_AMOUNT, r->amount);
		iso8583_set_str(out, F_CURRENCY, STR("156"));
	}
}

static void put_tlv(const struct line_request *r, uint64_t tsn, uint64_t original,
                    struct iso8583_out *out)
{
	uint8_t room[160];
	struct writer w = writer_of(room, sizeof room);

	tlv_put_u64(&w, YTAP_TAG_TSN, tsn);
	if (original)
		tlv_put_u64(&w, YTAP_TAG_ORIGINAL_TSN, original);
	tlv_put_bcd8(&w, YTAP_TAG_NODE_DATE, r->day.yyyymmdd);
	tlv_put_u32(&w, YTAP_TAG_LIST_USED, r->list_sequence);
	if (r->meal)
		tlv_put_u8(&w, YTAP_TAG_MEAL_PERIOD, r->meal);
	if (r->cashier.len)
		tlv_put(&w, YTAP_TAG_CASHIER, str_bytes(r->cashier));
	if (r->pin_block.len)
		tlv_put(&w, YTAP_TAG_PIN_BLOCK, r->pin_block);
	ASSERT(!w.bad); /* the longest of each fits */
	iso8583_set_bytes(out, F_DATA, writer_bytes(&w));
}

void line_request(const struct line *l, const struct line_request *r, bool repeat,
                  struct iso8583_out *out)
{
	iso8583_begin_request(out, ISO8583_B, r->word, batch_bcd(l->facts.batch));
	if (repeat)
		out->mti |= 1;
	put_common(out, r->tsn, r->at);
	put_sale(r, out);
	if (r->original_reference.len)
		iso8583_set_str(out, F_REFERENCE, r->original_reference);
	if (r->operator_name.len)
		iso8583_set_str(out, F_OPERATOR, r->operator_name);
	put_tlv(r, r->tsn, r->original_tsn, out);
}

void line_reversal(const struct line *l, const struct line_request *r, uint64_t tsn,
                   struct str reason, bool repeat, struct iso8583_out *out)
{
	/* F3, F25 and 60.1 are those of the original (terminal-protocol 10). */
	iso8583_begin_request(out, ISO8583_B, r->word, batch_bcd(l->facts.batch));
	out->mti = repeat ? 0x0401 : 0x0400;
	put_common(out, tsn, r->at);
	put_sale(r, out);
	iso8583_set_str(out, F_RESPONSE, reason);
	put_tlv(r, tsn, r->tsn, out);
}

void line_upload(const struct line *l, const struct line_upload *u, bool repeat,
                 struct iso8583_out *out)
{
	static _Thread_local uint8_t room[16 + RECORD_UPLOAD_MAX * (RECORD_SIZE + 2)];
	struct writer w = writer_of(room, sizeof room);

	ASSERT(u->count >= 1 && u->count <= RECORD_UPLOAD_MAX);
	iso8583_begin_request(out, ISO8583_B, YTAP_UPLOAD, batch_bcd(l->facts.batch));
	if (repeat)
		out->mti |= 1;
	put_common(out, u->sequence, u->at);
	tlv_put_u64(&w, YTAP_TAG_UPLOAD_SEQUENCE, u->sequence);
	for (size_t i = 0; i < u->count; i++)
		tlv_put(&w, YTAP_TAG_RECORD, bytes_of(u->records + i * RECORD_SIZE, RECORD_SIZE));
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

void line_manage(const struct line *l, enum ytap_message word, struct instant at, uint32_t stan,
                 struct iso8583_out *out)
{
	iso8583_begin_request(out, ISO8583_B, word, batch_bcd(l->facts.batch));
	put_common(out, stan, at);
}

result line_answer(struct iso8583 *reply, struct line_answer *out)
{
	struct iso8583_balance groups[ISO8583_GROUPS_MAX];
	struct tlv_map map;

	*out = (struct line_answer){ 0 };
	tlv_map_init(&map, iso8583_bytes(reply, F_DATA));
	out->tsn = tlv_u64(&map, YTAP_TAG_TSN);
	str_copy(iso8583_str(reply, F_RESPONSE), out->code, sizeof out->code);
	if (iso8583_has(reply, F_REFERENCE))
		str_copy(iso8583_str(reply, F_REFERENCE), out->reference, sizeof out->reference);
	if (iso8583_has(reply, F_APPROVAL))
		str_copy(iso8583_str(reply, F_APPROVAL), out->approval, sizeof out->approval);
	if (iso8583_has(reply, F_BUSINESS_DATE))
		out->business_date = (uint32_t)iso8583_bcd(reply, F_BUSINESS_DATE);
	if (iso8583_has(reply, F_BALANCE) && iso8583_balances(reply, groups) > 0) {
		out->has_balance = true;
		out->balance = groups[0].amount;
	}
	TRY(iso8583_done(reply));
	return tlv_map_done(&map);
}
