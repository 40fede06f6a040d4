/* SPDX-License-Identifier: Apache-2.0 */
/* Financial messages: fields into a request of domain/payments, its answer into fields. Decisions
 * are made there. */
#include "service/terminal/front.h"

#include "base/secret.h"
#include "crypto/digest.h"
#include "crypto/pin.h"
#include "domain/payments/payment_compat.h"

enum {
	ACCOUNT_CARD = 10, /* account and amount type of F54: credit account, available */
	AMOUNT_CURRENT = 2,
	TEXT_MAX = 25, /* F44 */
};

static uint32_t decimal_of(uint32_t bcd)
{
	uint32_t n = 0;

	for (int shift = 28; shift >= 0; shift -= 4)
		n = n * 10 + (bcd >> shift & 15);
	return n;
}

/*
 * FP(K): F2 ‖ F3 ‖ F4 ‖ DF03 ‖ F60.1 ‖ DF02 (terminal-protocol 2), in one form for all dialects,
 * and SHA-256 for all suites: a node that changes its suite between a message and its repeat must
 * not look like a forger.
 */
static uint64_t fingerprint(const struct payment_request *p, const struct terminal_head *h)
{
	uint8_t bytes[64], digest[DIGEST_SIZE];
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_str(&w, str_of(p->card_no));
	writer_u8(&w, 0);
	writer_u32(&w, h->processing);
	writer_u64(&w, (uint64_t)p->amount_fen);
	writer_u32(&w, p->node_date.yyyymmdd);
	writer_u8(&w, p->class);
	writer_u64(&w, p->original_tsn);
	digest_sha256(writer_bytes(&w), digest);
	return load_be64(digest);
}

static uint32_t operator_number(struct bytes name)
{
	uint64_t n;

	return is_ok(str_u64((struct str){ (const char *)name.at, name.len }, &n)) &&
	                       n <= UINT32_MAX
	               ? (uint32_t)n
	               : 0;
}

/* F57: what every financial message has, and what some have. */
static result read_data(struct tlv_map *map, struct payment_request *p)
{
	p->tsn = tlv_u64(map, YTAP_TAG_TSN);
	if (payment_is_compat_number(p->tsn))
		return FAIL(ISO8583_VALUE, "a TSN among the numbers of those who have none");
	if (tlv_has(map, YTAP_TAG_ORIGINAL_TSN))
		p->original_tsn = tlv_u64(map, YTAP_TAG_ORIGINAL_TSN);
	if (tlv_has(map, YTAP_TAG_NODE_DATE))
		p->node_date.yyyymmdd = tlv_bcd8(map, YTAP_TAG_NODE_DATE);
	if (tlv_has(map, YTAP_TAG_LIST_USED))
		p->list_sequence = tlv_u32(map, YTAP_TAG_LIST_USED);
	if (tlv_has(map, YTAP_TAG_MEAL_PERIOD))
		p->meal = tlv_u8(map, YTAP_TAG_MEAL_PERIOD);
	if (tlv_has(map, YTAP_TAG_CASHIER))
		p->operator_id = operator_number(tlv_range(map, YTAP_TAG_CASHIER, 1, 16));
	if (tlv_has(map, YTAP_TAG_MODE))
		p->mode = tlv_u8(map, YTAP_TAG_MODE);
	if (tlv_has(map, YTAP_TAG_MAC_KEY_NAME) && tlv_u8(map, YTAP_TAG_MAC_KEY_NAME) != 0)
		return FAIL(FRONT_UNKNOWN_MESSAGE, "a gateway's key is not used here");
	return tlv_map_done(map);
}

/* F37 of a refund and F39 of a reversal. */
static void read_original(struct iso8583 *in, struct payment_request *p)
{
	if (iso8583_has(in, F_REFERENCE) &&
	    !is_ok(str_u64(iso8583_trimmed(in, F_REFERENCE), &p->original_lsn)))
		p->original_lsn = 0;
	if (iso8583_has(in, F_RESPONSE)) {
		struct str reason = iso8583_str(in, F_RESPONSE);
		for (size_t i = 0; i < reason.len && i < 2; i++)
			p->reason = (uint8_t)(p->reason << 4 |
			                      (reason.at[i] >= 'A' ? reason.at[i] - 'A' + 10
			                                           : reason.at[i] - '0'));
	}
}

static void read_payment(struct terminal_asked *a, struct terminal_job *job, struct tlv_map *map,
                         result *data)
{
	struct payment_request *p = &job->ask.payment;
	struct iso8583 *in = a->in;

	*p = (struct payment_request){
		.source = a->node->row.id,
		.session = a->session->id,
		.counter = (uint32_t)a->session->received,
		.amount_fen = job->head.amount_fen,
		.batch = decimal_of(job->head.control.batch),
		.class = job->head.control.class,
		.made_at = iso8583_local_time(in, a->now),
		.supervised =
		        iso8583_has(in, F_OPERATOR) && iso8583_trimmed(in, F_OPERATOR).len > 0,
	};
	str_copy(str_of(job->head.card_no), p->card_no, sizeof p->card_no);
	str_copy(iso8583_trimmed(in, F_MERCHANT), p->merchant_no, sizeof p->merchant_no);
	if (iso8583_has(in, F_ENTRY_MODE))
		p->entry = (uint8_t)(iso8583_bcd(in, F_ENTRY_MODE) >> 4);
	tlv_map_init(map, iso8583_has(in, F_DATA) ? iso8583_bytes(in, F_DATA) : bytes_of("", 0));
	*data = iso8583_has(in, F_DATA) ? read_data(map, p) : front_read_compat_key(a, job);
	read_original(in, p);
	p->digest = fingerprint(p, &job->head);
	job->tsn = p->tsn;
}

/* The only currency is the yuan. */
static result check_currency(const struct terminal_head *h)
{
	if (h->bitmap & iso8583_bit(F_CURRENCY) && strcmp(h->currency, "156") != 0)
		return FAIL(ISO8583_VALUE, "currency %s", h->currency);
	return OK;
}

result terminal_read_payment(struct terminal_asked *a, struct terminal_job *job)
{
	struct tlv_map map;
	result data;

	read_payment(a, job, &map, &data);
	TRY(iso8583_done(a->in));
	TRY(data);
	return check_currency(&job->head);
}

/* Its block goes to the key manager as it is. */
static result read_pin(struct bytes block, struct terminal_job *job)
{
	struct keyring_ask *k = &job->pin.keyring;

	if (block.len > sizeof k->pin_block)
		return FAIL(PIN_BLOCK_BAD, "%zu bytes", block.len);
	memcpy(k->pin_block, block.at, block.len);
	k->pin_len = block.len;
	job->has_pin_block = true;
	return OK;
}

result terminal_read_pin_payment(struct terminal_asked *a, struct terminal_job *job)
{
	struct tlv_map map;
	result data;

	read_payment(a, job, &map, &data);
	TRY(iso8583_done(a->in));
	TRY(data);
	TRY(check_currency(&job->head));
	if (tlv_has(&map, YTAP_TAG_PIN_BLOCK)) {
		struct bytes block = tlv_bytes(&map, YTAP_TAG_PIN_BLOCK, PIN_BLOCK_FORMAT4);
		TRY(tlv_map_done(&map));
		return read_pin(block, job);
	}
	return iso8583_has(a->in, F_PIN) ? read_pin(iso8583_bytes(a->in, F_PIN), job) : OK;
}

/* --- in the writer --- */

#define PAYMENT_WORK(word)                                                                         \
	result terminal_work_##word(struct ledger_tx *tx, struct terminal_job *job)                \
	{                                                                                          \
		return payment_##word(tx, job->front->config.payments, &job->ask.payment,          \
		                      &job->answer);                                               \
	}
PAYMENT_WORK(purchase)
PAYMENT_WORK(void)
PAYMENT_WORK(refund)
PAYMENT_WORK(balance)
PAYMENT_WORK(top_up)
PAYMENT_WORK(top_up_void)
PAYMENT_WORK(confirm)
PAYMENT_WORK(subsidy)
PAYMENT_WORK(reversal)

/* --- answers --- */

static void put_balance(const struct payment_answer *answer, struct iso8583_out *out)
{
	struct iso8583_balance group = { ACCOUNT_CARD, AMOUNT_CURRENT, { answer->balance_fen } };

	iso8583_set_balances(out, &group, 1);
}

static void put_data(const struct terminal_job *job, result r, struct iso8583_out *out)
{
	uint8_t bytes[32], pin_reason = payment_pin_reason(r);
	struct writer w = writer_of(bytes, sizeof bytes);

	if (!(job->head.bitmap & iso8583_bit(F_DATA)))
		return;
	tlv_put_u64(&w, YTAP_TAG_TSN, job->tsn);
	if (pin_reason)
		tlv_put_u8(&w, YTAP_TAG_PIN_REASON, pin_reason);
	if (is_ok(r) && job->answer.settled_before)
		tlv_put_u8(&w, YTAP_TAG_REASON, 2);
	iso8583_set_bytes(out, F_DATA, writer_bytes(&w));
}

static void put_text(result r, struct iso8583_out *out)
{
	char text[TEXT_MAX + 1];

	str_copy(str_of(result_text_zh(r)), text, sizeof text);
	iso8583_set_str(out, F_TEXT, str_of(text));
}

void terminal_answer_payment(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct payment_answer *answer = &job->answer;
	uint64_t may = job->row->may->reply;

	put_data(job, r, out);
	if (!answer->lsn) /* not recorded */
		return;
	if (may & iso8583_bit(F_BUSINESS_DATE))
		iso8583_set_business_date(out, answer->business_date);
	if (!is_ok(r)) {
		if (may & iso8583_bit(F_TEXT))
			put_text(r, out);
		return;
	}
	if (may & iso8583_bit(F_REFERENCE))
		iso8583_set_i64(out, F_REFERENCE, (int64_t)(answer->lsn % 1000000000000));
	if (may & iso8583_bit(F_APPROVAL))
		iso8583_set_i64(out, F_APPROVAL, (int64_t)(answer->lsn % 1000000));
	if (may & iso8583_bit(F_BALANCE))
		put_balance(answer, out);
}
