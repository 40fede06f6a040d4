/* SPDX-License-Identifier: Apache-2.0 */
/* Stored records and totals of a batch: F62 into requests, outcomes into F62
 * (terminal-protocol 11.3, 12.8, 12.9). */
#include "service/terminal/front.h"

#include "codec/record.h"
#include "crypto/digest.h"
#include "domain/payments/payment_compat.h"

static uint32_t decimal_of(uint32_t bcd)
{
	uint32_t n = 0;

	for (int shift = 28; shift >= 0; shift -= 4)
		n = n * 10 + (bcd >> shift & 15);
	return n;
}

/* yyyymmddhhmmss, local; what is no time at all becomes `now`, because a record is never refused.
 */
static struct instant time_of(uint64_t local, struct instant now)
{
	struct civil c = {
		.year = (int)(local / 10000000000),
		.month = (int)(local / 100000000 % 100),
		.day = (int)(local / 1000000 % 100),
		.hour = (int)(local / 10000 % 100),
		.minute = (int)(local / 100 % 100),
		.second = (int)(local % 100),
	};

	return civil_is_valid(&c) ? instant_of(c, TIME_ZONE_CHINA_S) : now;
}

static void hash_record(struct bytes raw, struct payment_record *out)
{
	uint8_t digest[DIGEST_SIZE];

	digest_sha256(raw, digest);
	memcpy(out->raw_hash, digest, sizeof out->raw_hash);
	digest_sha256(record_mac_range(raw.at), digest);
	out->digest = load_be64(digest);
}

/* Original of a reversal record: location and cashier, which it has no use for, hold its TSN. */
static uint64_t original_of(const struct record *r)
{
	return r->type == RECORD_REVERSAL ? (uint64_t)r->location << 32 | r->cashier : 0;
}

static void read_record(struct terminal_asked *a, struct bytes raw, struct payment_record *out)
{
	struct record r;

	*out = (struct payment_record){ .broken = !record_crc_is_right(raw.at) };
	out->tsn = load_be64(raw.at + 2);
	hash_record(raw, out);
	if (out->broken || !is_ok(record_decode(raw, &r)))
		return;
	out->authentic = mac_f64_is(&a->node->krec, record_mac_range(raw.at),
	                            bytes_of(r.mac, sizeof r.mac)) &&
	                 memcmp(r.node, a->node->row.node_id, TERMINAL_NODE_ID_LEN) == 0 &&
	                 r.tsn != 0 && !payment_is_compat_number(r.tsn);
	out->type = r.type;
	out->tsn = r.tsn;
	str_copy(str_of(r.card_no), out->card_no, sizeof out->card_no);
	out->card_counter = r.card_counter;
	out->amount_fen = r.amount_fen;
	out->balance_after_fen = r.balance_after_fen;
	out->made_at = time_of(r.local_time, a->now);
	out->list_sequence = r.list_sequence;
	out->operator_id = r.type == RECORD_REVERSAL ? 0 : r.cashier;
	out->flags = r.flags;
	out->meal = r.meal_period;
	out->original_tsn = original_of(&r);
}

static result read_records(struct terminal_asked *a, struct terminal_job *job, struct bytes field)
{
	struct payment_upload *u = job->upload;
	struct reader r = reader_of(field);
	struct tlv t;
	bool sequence = false;

	while (tlv_next(&r, &t)) {
		if (t.tag == YTAP_TAG_UPLOAD_SEQUENCE && t.value.len == 8) {
			job->ask.upload_sequence = load_be64(t.value.at);
			sequence = true;
		}
		if (t.tag != YTAP_TAG_RECORD)
			continue;
		if (t.value.len != RECORD_SIZE || u->count == PAYMENTS_RECORDS_MAX)
			return FAIL(TLV_LENGTH, "record %u", u->count);
		read_record(a, t.value, &u->records[u->count++]);
	}
	if (r.bad)
		return FAIL(TLV_BROKEN, "F62");
	return sequence && u->count ? OK : FAIL(TLV_MISSING, "DF70 or C1");
}

result terminal_read_upload(struct terminal_asked *a, struct terminal_job *job)
{
	struct bytes field = iso8583_bytes(a->in, F_BULK);

	TRY(iso8583_done(a->in));
	if (a->node->krec_suite != a->session->suite)
		return (result){
			LEDGER_BUSY
		}; /* keys of a newer session have just come: again, under it */
	job->upload = front_upload_take(a->front);
	if (!job->upload)
		return (result){ LEDGER_BUSY };
	job->upload->source = a->node->row.id;
	job->upload->session = a->session->id;
	job->upload->counter = (uint32_t)a->session->received;
	job->upload->batch = decimal_of(job->head.control.batch);
	job->upload->count = 0;
	return read_records(a, job, field);
}

result terminal_work_upload(struct ledger_tx *tx, struct terminal_job *job)
{
	return payment_store(tx, job->front->config.payments, job->upload);
}

void terminal_answer_upload(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct payment_upload *u = job->upload;
	uint8_t bytes[16 + 4 + PAYMENTS_RECORDS_MAX * 9];
	struct writer w = writer_of(bytes, sizeof bytes);

	if (!is_ok(r) || !u)
		return;
	tlv_put_u64(&w, YTAP_TAG_UPLOAD_ACKNOWLEDGED, job->ask.upload_sequence);
	tlv_put_head(&w, YTAP_TAG_RECORD_RESULTS, u->count * 9);
	for (unsigned i = 0; i < u->count; i++) {
		writer_u64(&w, u->records[i].tsn);
		writer_u8(&w, (uint8_t)u->status[i]);
	}
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

/* --- totals --- */

static result read_totals(struct bytes value, struct payments_totals *out)
{
	struct reader r = reader_of(value);

	if (value.len % 13 != 0 || value.len / 13 > PAYMENTS_CLASSES)
		return FAIL(TLV_LENGTH, "DF74 of %zu bytes", value.len);
	for (size_t i = 0; r.left; i++) {
		out->rows[i].class = reader_u8(&r);
		out->rows[i].count = reader_u32(&r);
		out->rows[i].sum_fen = reader_u64(&r);
	}
	return OK;
}

result terminal_read_settlement(struct terminal_asked *a, struct terminal_job *job)
{
	struct payment_settlement *s = &job->ask.settlement;
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(a->in, F_BULK));
	*s = (struct payment_settlement){
		.source = a->node->row.id,
		.batch = decimal_of(job->head.control.batch),
		.final = job->message->word == YTAP_UPLOAD_END,
	};
	struct bytes totals = tlv_range(&map, YTAP_TAG_TOTALS, 0, 3315);
	TRY(iso8583_done(a->in));
	TRY(tlv_map_done(&map));
	return read_totals(totals, &s->told);
}

result terminal_work_settlement(struct ledger_tx *tx, struct terminal_job *job)
{
	struct payment_settlement *s = &job->ask.settlement;

	TRY(payment_settle(tx, job->front->config.payments, s));
	job->now = tx->now;
	return OK;
}

static void put_totals(const struct payment_settlement *s, bool with_result,
                       struct iso8583_out *out)
{
	uint8_t bytes[16 + PAYMENTS_CLASSES * 13];
	struct writer w = writer_of(bytes, sizeof bytes);
	const struct payments_total *row;
	size_t count = 0;

	EACH (row, s->host.rows)
		count += row->class && row->count ? 1 : 0;
	if (with_result)
		tlv_put_u8(&w, YTAP_TAG_REASON, (uint8_t)s->result);
	tlv_put_head(&w, YTAP_TAG_TOTALS, count * 13);
	EACH (row, s->host.rows) {
		if (!row->class || !row->count)
			continue;
		writer_u8(&w, row->class);
		writer_u32(&w, row->count);
		writer_u64(&w, row->sum_fen);
	}
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

void terminal_answer_settlement(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct payment_settlement *s = &job->ask.settlement;
	bool closed = s->result == PAYMENT_BATCH_EQUAL || s->final;

	if (!is_ok(r))
		return;
	put_totals(s, !s->final, out);
	iso8583_set_business_date(out, s->business_date);
	if (s->result == PAYMENT_BATCH_UNEQUAL && !s->final)
		iso8583_set_str(out, F_RESPONSE,
		                str_of(result_field39((result){ PAYMENT_BATCH_UNEQUAL_TOTALS })));
	if (closed && job->node) /* the new batch number comes with the next sign-in */
		job->node->directive = FRAME_SIGN_IN_AGAIN;
}
