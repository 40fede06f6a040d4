/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a client sends: it gets an answer, never one that says that something wrong is right,
 * and nothing of a key. */
#include <stdio.h>

#include "service/kms/compute_testkit.h"

enum { ROUNDS = 60, GARBAGE_MAX = 400, VALUE_MAX = 300, OPS_MAX = 64 };

static const struct compute_table *const tables[] = {
	&compute_basic_table,  &compute_cipher_table, &compute_mac_table,  &compute_wrap_table,
	&compute_purse_table,  &compute_tac_table,    &compute_card_table, &compute_sign_table,
	&compute_issuer_table, &compute_emv_table,    &compute_sm2_table,  &compute_sam_table,
};

struct all {
	const struct compute_op *at[OPS_MAX];
	size_t count;
};

static struct all all_ops(void)
{
	struct all all = { .count = 0 };

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (size_t j = 0; j < tables[i]->count && all.count < OPS_MAX; j++)
			all.at[all.count++] = &tables[i]->at[j];
	return all;
}

/* Says OK only to what is right. */
static bool verifies(const struct compute_op *op)
{
	switch (op->code) {
	case KMS_MAC_VERIFY:
	case KMS_LOAD:
	case KMS_TAC_VERIFY:
	case KMS_UNLOAD:
	case KMS_CHAIN_VERIFY:
	case KMS_ARQC_VERIFY:
	case KMS_SM2_VERIFY:
	case KMS_SM2_DECRYPT:
		return true;
	case KMS_CARD_AUTH:
		return op->mode != 3;
	case KMS_CARD_COMMAND:
		return op->mode == 3;
	default:
		return false;
	}
}

static void check_answer(struct compute_testkit *k, const struct compute_op *op, enum kms_status s)
{
	if (s == KMS_INTERNAL || s == KMS_BUSY || s == KMS_DEVICE_FAILED || s == KMS_LMK_MISSING ||
	    (verifies(op) && s == KMS_OK)) {
		char hex[2 * 256 + 1];
		size_t len = k->request_len > 256 ? 256 : k->request_len;

		hex_encode(bytes_of(k->request, len), hex);
		CHECK_STR(op->name, kms_status_name((uint16_t)s), "something else");
		test_note("%s: %s", hex, compute_testkit_last(k)->detail);
	}
}

TEST(names_of_operations_are_those_of_the_protocol)
{
	struct all all = all_ops();

	CHECK(all.count > 30 && all.count < OPS_MAX);
	for (size_t n = 0; n < all.count; n++) {
		const struct compute_op *op = all.at[n];

		CHECK_STR(op->name, op->name, kms_op_name(op->code) ? kms_op_name(op->code) : "");
		CHECK(op->work != NULL);
		for (size_t i = 0; i < op->rule_count; i++)
			if (op->rules[i].tag == KMS_TAG_LABEL)
				CHECK(op->rules[i].most <= COMPUTE_KEYS_MAX &&
				      (op->usages || op->flags & COMPUTE_ANY_USE));
	}
}

TEST(bytes_without_sense_are_refused_by_every_operation)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct random_seeded random;
	struct all all = all_ops();
	uint8_t garbage[GARBAGE_MAX];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	random_seeded_init(&random, 1);
	for (size_t n = 0; n < all.count * ROUNDS; n++) {
		uint16_t code = all.at[n / ROUNDS]->code;
		size_t len = 1 + random_below(&random, GARBAGE_MAX - 1);

		random_fill(&random.source, garbage, len);
		enum kms_status s = compute_testkit_send(&k, code, bytes_of(garbage, len));
		CHECK(s == KMS_BAD_FRAME || s == KMS_BAD_DATA);
	}
}

/* A label of a key, of none, or no label at all. */
static void put_label(struct writer *w, unsigned tag, struct random_seeded *random)
{
	char label[40];
	size_t sort = random_below(random, COMPUTE_TESTKIT_SORTS);

	snprintf(label, sizeof label, "C.%c.U%s.%02u", "HHHX"[random_below(random, 4)],
	         compute_testkit_sorts[sort].usage, (unsigned)random_below(random, 3));
	kms_put_str(w, tag, str_of(label));
}

/* The label of a key that the operation takes. */
static void put_fitting(struct writer *w, unsigned tag, const char *usages,
                        struct random_seeded *random)
{
	char label[40];

	if (!usages || random_below(random, 8) == 0) {
		put_label(w, tag, random);
		return;
	}
	size_t count = (strlen(usages) + 1) / 3;
	snprintf(label, sizeof label, "C.H.U%.2s.01", usages + 3 * random_below(random, count));
	kms_put_str(w, tag, str_of(label));
}

/* Values as the rules have them, of random content. */
static void put_values(struct writer *w, const struct compute_op *op, const struct kms_rule *rule,
                       struct random_seeded *random)
{
	uint16_t most = rule->most > 40 ? 40 : rule->most;
	uint16_t longest = rule->max > VALUE_MAX ? VALUE_MAX : rule->max;
	uint64_t count = rule->least + random_below(random, most - rule->least + 1u);
	uint8_t value[VALUE_MAX];

	for (uint64_t i = 0; i < count; i++) {
		size_t len = rule->min + random_below(random, longest - rule->min + 1u);

		random_fill(&random->source, value, len);
		if (rule->tag == KMS_TAG_LABEL) {
			put_fitting(w, KMS_TAG_LABEL, op->usages, random);
			continue;
		}
		if (rule->tag == KMS_TAG_KEK) {
			put_fitting(w, KMS_TAG_KEK, op->kek_usages, random);
			continue;
		}
		if (rule->tag == KMS_TAG_MODE && op->mode)
			value[0] = op->mode;
		else if ((rule->tag == KMS_TAG_MODE || rule->tag == KMS_TAG_KEK_MODE) && len)
			value[0] &= 3;
		else if (rule->tag == KMS_TAG_FORMAT && len)
			value[0] = (uint8_t) "D04B\0\1AB"[random_below(random, 8)];
		kms_put(w, rule->tag, bytes_of(value, len));
	}
}

/* A message as the operation's rules have it. */
static struct bytes put_message(struct compute_testkit *k, const struct compute_op *op,
                                struct random_seeded *random)
{
	struct writer w = writer_of(k->request + KMS_HEAD, KMS_BODY_MAX);

	for (size_t i = 0; i < op->rule_count; i++)
		put_values(&w, op, &op->rules[i], random);
	CHECK(!w.bad);
	return writer_bytes(&w);
}

TEST(values_of_the_right_form_and_no_sense_prove_nothing)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct random_seeded random;
	struct all all = all_ops();
	size_t done = 0, asked = 2 * ROUNDS * all.count;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_all(&k, PRODUCT_IN_HOST);
	random_seeded_init(&random, 2);
	for (size_t n = 0; n < asked; n++) {
		const struct compute_op *op = all.at[n % all.count];
		enum kms_status s =
		        compute_testkit_send(&k, op->code, put_message(&k, op, &random));

		check_answer(&k, op, s);
		done += s == KMS_OK || s == KMS_INTEGRITY;
	}
	test_note("%zu of %zu messages reached the key", done, asked);
	CHECK(done > asked / 8);
}

TEST(changed_and_cut_messages_prove_nothing)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct random_seeded random;
	struct all all = all_ops();

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_all(&k, PRODUCT_IN_HOST);
	random_seeded_init(&random, 3);
	for (size_t n = 0; n < all.count * ROUNDS; n++) {
		const struct compute_op *op = all.at[n % all.count];
		size_t len = put_message(&k, op, &random).len;
		uint8_t *at = k.request + KMS_HEAD;

		for (uint64_t i = random_below(&random, 4); i && len; i--)
			at[random_below(&random, len)] ^= (uint8_t)(1U << random_below(&random, 8));
		if (random_chance(&random, 5000))
			len = random_below(&random, len + 1);
		check_answer(&k, op, compute_testkit_send(&k, op->code, bytes_of(at, len)));
	}
}

TEST(who_may_nothing_gets_nothing)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct random_seeded random;
	struct all all = all_ops();

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_all(&k, PRODUCT_IN_HOST);
	compute_testkit_client(&k, "", "", "");
	random_seeded_init(&random, 4);
	for (size_t n = 0; n < all.count; n++) {
		const struct compute_op *op = all.at[n];
		enum kms_status s =
		        compute_testkit_send(&k, op->code, put_message(&k, op, &random));

		if (op->code != KMS_HELLO && op->code != KMS_PING)
			CHECK_STATUS(op->name, s, KMS_NOT_PERMITTED);
	}
}

static bool holds(struct bytes in, const uint8_t *part, size_t len)
{
	for (size_t i = 0; i + len <= in.len; i++)
		if (memcmp(in.at + i, part, len) == 0)
			return true;
	return false;
}

/* A message with keys and a card whose values are known. */
static void put_known(struct writer *w, const struct compute_op *op, const struct kms_rule *rule,
                      struct random_seeded *random)
{
	static const uint8_t factor[] = { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 };
	size_t usages = op->usages ? (strlen(op->usages) + 1) / 3 : 0;
	char label[16];

	snprintf(label, sizeof label, "C.H.A%.2s.00",
	         usages ? op->usages + 3 * random_below(random, usages) : "20");
	if (rule->tag == KMS_TAG_LABEL)
		kms_put_str(w, KMS_TAG_LABEL, str_of(label));
	else if (rule->tag == KMS_TAG_KEK)
		kms_put_str(w, KMS_TAG_KEK, STR("C.H.KEK.00"));
	else if (rule->tag == KMS_TAG_FACTOR)
		kms_put(w, KMS_TAG_FACTOR, bytes_of(factor, sizeof factor));
	else
		put_values(w, op, rule, random);
}

static void check_without(struct bytes answer, struct bytes secret)
{
	char hex[33];

	hex_encode(secret, hex);
	CHECK(!holds(answer, secret.at, secret.len));
	CHECK(!holds(answer, (const uint8_t *)hex, 2 * secret.len));
}

/* keys 2: neither a root nor a card's key leaves in clear, whatever is asked, in binary or hex. */
TEST(no_key_is_in_any_answer)
{
	static const char root_hex[] = "0123456789ABCDEFFEDCBA9876543210";
	static const char *const whats[] = {
		"C.H.A20 20 T 112 X S 1", "C.H.A21 21 T 112 X S 1", "C.H.A22 22 T 112 X S 1",
		"C.H.A23 23 T 112 X S 1", "C.H.A26 26 T 112 X S 1", "C.H.A27 27 T 112 X S 1",
		"C.H.A28 28 T 112 X S 1", "C.H.A29 29 T 112 X S 1", "C.H.AB3 B3 T 112 X S 1",
		"C.H.AE0 E0 T 112 X S 1", "C.H.AM3 M3 T 112 C S 0", "C.H.AD0 D0 T 112 B S 0",
	};
	struct pboc_factors factor = { { { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } }, 1 };
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct random_seeded random;
	struct pboc_key root, card, folded;
	struct all all = all_ops();
	uint8_t value[16], parity[16];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	for (size_t i = 0; i < ARRAY_LEN(whats); i++)
		compute_testkit_key(&k, whats[i], root_hex, PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.KEK K1 A 256 B S 0", "", PRODUCT_IN_HOST);
	CHECK_OK(hex_decode(str_of(root_hex), value, 16));
	CHECK_OK(pboc_key_init(&root, PBOC_3DES, bytes_of(value, 16)));
	CHECK_OK(pboc_diversify(&root, &factor, &card));
	pboc_tac_key(&card, &folded);
	memcpy(parity, card.at, 16);
	pboc_set_parity(parity, 16);
	random_seeded_init(&random, 5);
	struct bytes never[] = { bytes_of(value, 16), bytes_of(card.at, 16), bytes_of(parity, 16),
		                 bytes_of(folded.at, 8) };
	for (size_t n = 0; n < all.count * ROUNDS; n++) {
		struct writer w = writer_of(k.request + KMS_HEAD, KMS_BODY_MAX);
		const struct compute_op *op = all.at[n % all.count];

		for (size_t i = 0; i < op->rule_count; i++)
			put_known(&w, op, &op->rules[i], &random);
		(void)compute_testkit_send(&k, op->code, writer_bytes(&w));
		for (size_t i = 0; i < ARRAY_LEN(never); i++)
			check_without(bytes_of(k.answer, k.answer_len), never[i]);
	}
}

TEST(answers_and_requests_do_not_change_places)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct kms_message m = { .type = KMS_RESPONSE, .op = KMS_PING, .id = 7 };
	struct kms_answer a;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	a = kms_answer_of(k.answer);
	compute_answer(k.compute, &k.client, &k.meter, k.f.now, &m, &a);
	CHECK_STATUS("an answer", a.status, KMS_BAD_FRAME);
	CHECK_STATUS(
	        "the longest body",
	        compute_testkit_send(&k, KMS_SM3, bytes_of(k.request + KMS_HEAD, KMS_BODY_MAX)),
	        KMS_BAD_DATA);
	store_be16(k.request + KMS_HEAD, KMS_TAG_DATA);
	store_be16(k.request + KMS_HEAD + 2, KMS_BODY_MAX - KMS_VALUE_HEAD);
	CHECK_STATUS(
	        "is taken",
	        compute_testkit_send(&k, KMS_SM3, bytes_of(k.request + KMS_HEAD, KMS_BODY_MAX)),
	        KMS_OK);
}
