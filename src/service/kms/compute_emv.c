/* SPDX-License-Identifier: Apache-2.0 */
/* A bank card's cryptogram and the issuer's answer (EMV Book 2, 8; keys 16.6). */
#include "base/secret.h"
#include "crypto/emv_keys.h"
#include "service/kms/compute_op.h"

enum {
	NO_ANSWER = 1, /* of tag 0002 */
	METHOD_1,
	METHOD_2,
	PAN_SIZE = 10,
	PAN_AND_PSN = PAN_SIZE + 1,
	DIGITS_MAX = 2 * PAN_SIZE,
	ARQC_DATA_MAX = 1024,
};

/* The card as the message names it. */
struct named {
	char digits[DIGITS_MAX + 1];
	struct emv_card card;
	enum emv_option option;
};

/* cn in 10 bytes, F behind the digits, then the sequence number in BCD */
static result read_card(const struct compute_call *c, struct named *out)
{
	struct bytes pan = kms_bytes(&c->in, KMS_TAG_PAN);
	uint8_t psn = pan.at[PAN_SIZE];
	uint32_t option =
	        kms_has(&c->in, KMS_TAG_FORMAT) ? kms_number(&c->in, KMS_TAG_FORMAT) : 'A';

	hex_encode(bytes_of(pan.at, PAN_SIZE), out->digits);
	size_t len = strspn(out->digits, "0123456789");
	if (strspn(out->digits + len, "F") != DIGITS_MAX - len || len < EMV_CARD_DIGITS_MIN ||
	    len > EMV_CARD_DIGITS_MAX || psn >> 4 > 9 || (psn & 15) > 9)
		return FAIL(KMS_FIELD_WRONG, "card number");
	if (option != 'A' && option != 'B')
		return FAIL(KMS_FIELD_WRONG, "option");
	out->card =
	        (struct emv_card){ { out->digits, len }, (uint8_t)((psn >> 4) * 10 + (psn & 15)) };
	out->option = option == 'A' ? EMV_OPTION_A : EMV_OPTION_B;
	return OK;
}

/* Option A is one level of diversification by the rightmost 16 digits of number and sequence number
 * (A1.4.1), so that the device can take it. */
static result master_in_device(struct working_key *root, const struct named *n,
                               uint8_t out[EMV_KEY_SIZE])
{
	SCOPED(pboc_key_wipe) struct pboc_key key = { 0 };
	char digits[DIGITS_MAX + 3] = "0";
	struct pboc_factors factor = { .count = 1 };
	uint8_t packed[(DIGITS_MAX + 3) / 2];
	size_t odd = n->card.number.len % 2, len = odd + n->card.number.len;

	memcpy(digits + odd, n->card.number.at, n->card.number.len);
	digits[len++] = (char)('0' + n->card.sequence / 10);
	digits[len++] = (char)('0' + n->card.sequence % 10);
	TRY(hex_decode((struct str){ digits, len }, packed, len / 2));
	pboc_factor_of(bytes_of(packed, len / 2), factor.at[0]);
	TRY(working_key_diversify(root, &factor, &key));
	memcpy(out, key.at, EMV_KEY_SIZE);
	pboc_set_parity(out, EMV_KEY_SIZE);
	return OK;
}

static result master_of(struct compute_call *c, const struct named *n, uint8_t out[EMV_KEY_SIZE])
{
	bool hashed = n->option == EMV_OPTION_B && n->card.number.len > 16;
	struct working_key *root;

	TRY(compute_key(c, 0, &root));
	if (working_key_header(root)->algorithm != 'T')
		return FAIL(KEY_USE, "EMV with algorithm %c", working_key_header(root)->algorithm);
	if (!hashed)
		return master_in_device(root, n, out);
	struct bytes value = working_key_value(root);
	if (value.len != EMV_KEY_SIZE)
		return FAIL(HSM_UNSUPPORTED, "option B of a long number with a key in the device");
	return emv_master_key(n->option, value.at, &n->card, out);
}

static result answer(struct compute_call *c, const uint8_t session[EMV_KEY_SIZE],
                     const uint8_t arqc[EMV_CRYPTOGRAM_SIZE], struct writer *w)
{
	struct bytes code = kms_bytes(&c->in, KMS_TAG_CODE);
	uint8_t arpc[EMV_CRYPTOGRAM_SIZE];

	if (c->op->mode == METHOD_1) {
		TRY(emv_arpc1(session, arqc, code.at, arpc));
		writer_put(w, bytes_of(arpc, EMV_CRYPTOGRAM_SIZE));
	} else if (c->op->mode == METHOD_2) {
		TRY(emv_arpc2(session, arqc, code.at,
		              bytes_of(code.at + EMV_CSU_SIZE, code.len - EMV_CSU_SIZE), arpc));
		writer_put(w, bytes_of(arpc, EMV_ARPC2_SIZE));
	}
	return OK;
}

/* Everything is computed before the cryptogram is compared; an answer to a wrong one never leaves.
 */
static result verify_with(struct compute_call *c, const uint8_t master[EMV_KEY_SIZE])
{
	struct bytes given = kms_bytes(&c->in, KMS_TAG_PROOF);
	uint8_t session[EMV_KEY_SIZE], right[EMV_CRYPTOGRAM_SIZE], arpc[EMV_CRYPTOGRAM_SIZE];
	struct writer w = writer_of(arpc, sizeof arpc);

	TRY(emv_session_key(master, (uint16_t)kms_number(&c->in, KMS_TAG_SERIAL), session));
	result r = emv_arqc(session, kms_bytes(&c->in, KMS_TAG_DATA), right);
	if (is_ok(r))
		r = answer(c, session, given.at, &w);
	secret_wipe_bytes(session, sizeof session);
	TRY(r);
	if (!bytes_equal_secret(bytes_of(right, sizeof right), given))
		return compute_note_wrong(c, kms_bytes(&c->in, KMS_TAG_PAN), 1);
	if (w.len)
		kms_put(c->out, KMS_TAG_RESULT, writer_bytes(&w));
	return OK;
}

/*
 * 0058: 0001 label | 0002 = 01 cryptogram only, 02 answer by method 1, 03 by method 2 | 0008 card
 * number 10 ‖ sequence number 1 | 0010 option 'A' or 'B', optional | 000A transaction counter 2 |
 * 0004 data of the cryptogram | 0011 ARQC 8 | 001A method 1: ARC 2; method 2: CSU 4 ‖ 0…8 of the
 * issuer's own → 0005 ARPC 8 or 4
 */
static result arqc(struct compute_call *c)
{
	uint8_t master[EMV_KEY_SIZE];
	struct named card;

	TRY(read_card(c, &card));
	TRY(master_of(c, &card, master));
	result r = verify_with(c, master);
	secret_wipe_bytes(master, sizeof master);
	return r;
}

/* --- the table --- */

#define ARQC_RULES                                                                                 \
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 }, { KMS_TAG_MODE, 1, 1, 1, 1 },               \
	        { KMS_TAG_PAN, PAN_AND_PSN, PAN_AND_PSN, 1, 1 }, { KMS_TAG_FORMAT, 1, 1, 0, 1 },   \
	        { KMS_TAG_SERIAL, 2, 2, 1, 1 }, { KMS_TAG_DATA, 1, ARQC_DATA_MAX, 1, 1 },          \
	{                                                                                          \
		KMS_TAG_PROOF, EMV_CRYPTOGRAM_SIZE, EMV_CRYPTOGRAM_SIZE, 1, 1                      \
	}

static const struct kms_rule plain_rules[] = { ARQC_RULES };
static const struct kms_rule method_1_rules[] = {
	ARQC_RULES,
	{ KMS_TAG_CODE, EMV_ARC_SIZE, EMV_ARC_SIZE, 1, 1 },
};
static const struct kms_rule method_2_rules[] = {
	ARQC_RULES,
	{ KMS_TAG_CODE, EMV_CSU_SIZE, EMV_CSU_SIZE + EMV_PROPRIETARY_MAX, 1, 1 },
};

#define ARQC_OP(mode_, rules_)                                                                     \
	{                                                                                          \
		.code = KMS_ARQC_VERIFY, .name = "arqc-verify", .mode = (mode_), .usages = "E0",   \
		.deed = KEY_TO_PROCESS, COMPUTE_RULES(rules_), .work = arqc                        \
	}

static const struct compute_op ops[] = {
	ARQC_OP(NO_ANSWER, plain_rules),
	ARQC_OP(METHOD_1, method_1_rules),
	ARQC_OP(METHOD_2, method_2_rules),
};

const struct compute_table compute_emv_table = { ops, ARRAY_LEN(ops) };
