/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/till.h"

#include <stdio.h>

#include "codec/ytap_tags.h"

enum { ENTRY_CONTACTLESS = 0x072, CARD_TEXT = 12 };

static const struct schedule_op *op_of(const struct till *t, size_t i)
{
	return &t->player->run->schedule->ops[t->ops[i]];
}

/* --- asking --- */

static void request_of(const struct schedule_op *op, char card[CARD_TEXT], struct line_request *out)
{
	static const enum ytap_message words[] = { [REPLAY_PURCHASE] = YTAP_PURCHASE,
		                                   [REPLAY_TOPUP] = YTAP_TOP_UP,
		                                   [REPLAY_SUBSIDY] = YTAP_SUBSIDY_CLAIM,
		                                   [REPLAY_ATTEMPT] = YTAP_PURCHASE };

	snprintf(card, CARD_TEXT, "%u", op->row->card);
	*out = (struct line_request){
		.word = words[op->row->kind],
		.tsn = op->tsn,
		.card_no = str_of(card),
		.amount = { op->row->amount_fen },
		.at = op->row->at,
		.day = bizdate_of(op->row->at, TIME_ZONE_CHINA_S, 0),
		.entry_mode = ENTRY_CONTACTLESS,
	};
}

/* Record types of money: those of the online classes (terminal-protocol 10 and 12.8). */
static uint8_t record_type(enum replay_kind kind)
{
	return kind == REPLAY_PURCHASE ? 0x22 : kind == REPLAY_TOPUP ? 0x46 : 0x62;
}

static uint64_t local_number(struct instant at)
{
	struct civil c = civil_of(at, TIME_ZONE_CHINA_S);

	return ((((uint64_t)(c.year * 10000 + c.month * 100 + c.day) * 100 + (uint64_t)c.hour) *
	                 100 +
	         (uint64_t)c.minute) *
	        100) +
	       (uint64_t)c.second;
}

static void record_of(const struct till *t, const struct schedule_op *op, uint8_t out[RECORD_SIZE])
{
	const struct replay_row *row = op->row;
	const struct sam_identity *id = sam_identity(t->line.sam);
	bool spends = row->kind == REPLAY_PURCHASE;
	struct record r = { .type = record_type(row->kind),
		            .tsn = op->tsn,
		            .sam_sequence = row->serial,
		            .card_counter = (uint16_t)row->card_count,
		            .balance_before_fen =
		                    (uint32_t)(row->surplus_fen +
		                               (spends ? row->amount_fen : -row->amount_fen)),
		            .amount_fen = (uint32_t)row->amount_fen,
		            .balance_after_fen = (uint32_t)row->surplus_fen,
		            .local_time = local_number(row->at),
		            .location = row->place,
		            .cashier = row->operator, };
	uint8_t mac[RECORD_MAC_SIZE];

	str_copy(str_of(id->node_id), r.node, sizeof r.node);
	memcpy(r.sam, id->sam_no, sizeof r.sam);
	snprintf(r.card_no, sizeof r.card_no, "%u", row->card);
	ASSERT(is_ok(record_encode(&r, out))); /* every member was checked when it was read */
	ASSERT(is_ok(
	        sam_record_mac(t->line.sam, (uint8_t)t->line.suite, record_mac_range(out), mac)));
	record_finish(out, mac);
}

void till_message(struct till *t, bool repeat, struct iso8583_out *out)
{
	struct line_request r;
	char card[CARD_TEXT];

	if (t->player->run->mode == REPLAY_UPLOAD) {
		uint8_t records[RECORD_UPLOAD_MAX * RECORD_SIZE];
		struct line_upload u = { t->upload_sequence,
			                 { atomic_load(t->player->run->host->clock) },
			                 records,
			                 t->op_count };

		for (size_t i = 0; i < t->op_count; i++)
			record_of(t, op_of(t, i), records + i * RECORD_SIZE);
		line_upload(&t->line, &u, repeat, out);
		return;
	}
	request_of(op_of(t, 0), card, &r);
	line_request(&t->line, &r, repeat, out);
}

/* --- answers --- */

static bool is_one_of(const char *code, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(code, list[i]) == 0)
			return true;
	return false;
}

/* What a node does with a code that ends nothing (terminal-protocol 13). */
static enum till_verdict verdict_of(const char *code)
{
	static const char *const again[] = { "09", "90", "91", "96" }, *const sign_in[] = {
		"77", "A0", "A7", "99"
	};

	if (is_one_of(code, again, ARRAY_LEN(again)))
		return TILL_AGAIN;
	return is_one_of(code, sign_in, ARRAY_LEN(sign_in)) ? TILL_SIGN_IN : TILL_DONE;
}

static enum till_verdict financial_reply(struct till *t, struct iso8583 *reply)
{
	struct replay_answer *answer = &t->player->run->answers[t->ops[0]];
	struct line_answer a;
	enum till_verdict v;

	if ((reply->mti != 0x0210 && reply->mti != 0x0230) || !is_ok(line_answer(reply, &a)) ||
	    a.tsn != op_of(t, 0)->tsn)
		return TILL_NOT_MINE;
	v = verdict_of(a.code);
	if (v == TILL_DONE) {
		str_copy(str_of(a.code), answer->code, sizeof answer->code);
		answer->has_balance = a.has_balance;
		answer->balance_fen = a.balance.fen;
	}
	return v;
}

/* DF72: nine bytes a record. What is not named, or named 03, is sent again with the whole message.
 */
static enum till_verdict upload_results(struct till *t, struct bytes rows)
{
	struct reader r = reader_of(rows);
	size_t named = 0;

	while (r.left >= 9) {
		uint64_t tsn = reader_u64(&r);
		uint8_t status = reader_u8(&r);

		for (size_t i = 0; i < t->op_count; i++) {
			struct replay_answer *answer = &t->player->run->answers[t->ops[i]];

			if (op_of(t, i)->tsn != tsn || status == 3 || answer->code[0])
				continue;
			str_copy(STR("00"), answer->code, sizeof answer->code);
			answer->status = status;
			named++;
			break;
		}
	}
	for (size_t i = 0; i < t->op_count && named < t->op_count; i++)
		t->player->run->answers[t->ops[i]].code[0] = '\0';
	return named == t->op_count ? TILL_DONE : TILL_AGAIN;
}

static enum till_verdict upload_reply(struct till *t, struct iso8583 *reply)
{
	struct tlv_map map;
	char code[3];
	enum till_verdict v;

	if (reply->mti != 0x0330)
		return TILL_NOT_MINE;
	str_copy(iso8583_str(reply, F_RESPONSE), code, sizeof code);
	v = verdict_of(code);
	if (v != TILL_DONE)
		return v;
	tlv_map_init(&map, iso8583_bytes(reply, F_BULK));
	if (tlv_u64(&map, YTAP_TAG_UPLOAD_ACKNOWLEDGED) != t->upload_sequence)
		return TILL_NOT_MINE;
	return upload_results(t,
	                      tlv_range(&map, YTAP_TAG_RECORD_RESULTS, 0, RECORD_UPLOAD_MAX * 9));
}

enum till_verdict till_reply(struct till *t, struct iso8583 *reply)
{
	if (t->op_count == 0)
		return TILL_NOT_MINE;
	return t->player->run->mode == REPLAY_UPLOAD ? upload_reply(t, reply)
	                                             : financial_reply(t, reply);
}
