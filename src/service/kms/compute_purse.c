/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a purse card needs from its issuer (电子钱包, keys 14; card 3.4, 3.5): MACs under session
 * keys of its diversified keys. The card's keys and the session's never leave this service; whoever
 * asks for the host's MAC has to show the card's first.
 */
#include "base/secret.h"
#include "service/kms/compute_op.h"

enum {
	DATA_MAX = 24,
	SESSION_DATA_MAX = 63, /* of one MAC in the device */
	TIME_SIZE = 7,
	AUTHORISE = 1,
	CONFIRM = 2,
	OF_SESSION = 1,
	OF_KEY = 2,
	OF_FOLDED = 3,
};

/* A transaction under way: MACs to be computed with one session key. */
struct trade {
	struct working_key *key;
	struct pboc_factors factors;
	struct working_session_mac order;
	uint8_t data[WORKING_SESSION_MACS][DATA_MAX];
	uint8_t macs[WORKING_SESSION_MACS][PBOC_MAC_SIZE];
	uint8_t type;
};

static void wipe_macs(struct trade *t)
{
	secret_wipe_bytes(t->macs, sizeof t->macs);
}

/* Key, factors and type. types: the ones that belong to the operation, the first by default. */
static result begin(struct compute_call *c, const char *types, struct trade *t)
{
	uint32_t pad = kms_number(&c->in, KMS_TAG_FORMAT);

	t->type = kms_has(&c->in, KMS_TAG_TYPE) ? (uint8_t)kms_number(&c->in, KMS_TAG_TYPE)
	                                        : (uint8_t)types[0];
	if (t->type == 0 || !strchr(types, t->type))
		return FAIL(KMS_FIELD_WRONG, "transaction type %02X", t->type);
	if (pad > PBOC_SES_PAD_80)
		return FAIL(KMS_FIELD_WRONG, "padding of session keys %u", pad);
	TRY(compute_factors(c, KMS_TAG_FACTOR, c->keys[0], true, &t->factors));
	t->order.factors = &t->factors;
	t->order.pad = (enum pboc_ses_pad)pad;
	return compute_key(c, 0, &t->key);
}

/* What the session key is made of: random 4 ‖ sequence 2 ‖ last 2. */
static void put_session(struct compute_call *c, struct trade *t, const uint8_t last[2])
{
	memcpy(t->order.session, kms_bytes(&c->in, KMS_TAG_RANDOM).at, PBOC_RANDOM_SIZE);
	memcpy(t->order.session + 4, kms_bytes(&c->in, KMS_TAG_SERIAL).at, 2);
	memcpy(t->order.session + 6, last, 2);
}

/* The next MAC is over the values of these tags, one behind the other; KMS_TAG_TYPE is the type. */
static void put_mac(struct compute_call *c, struct trade *t, const uint8_t *tags, size_t count)
{
	struct writer w = writer_of(t->data[t->order.count], DATA_MAX);

	for (size_t i = 0; i < count; i++) {
		if (tags[i] == KMS_TAG_TYPE)
			writer_u8(&w, t->type);
		else if (tags[i] == KMS_TAG_SERIAL)
			writer_put(&w, bytes_of(kms_bytes(&c->in, KMS_TAG_SERIAL).at, 2));
		else
			writer_put(&w, kms_bytes(&c->in, tags[i]));
	}
	ASSERT(!w.bad);
	t->order.in[t->order.count++] = writer_bytes(&w);
}

static struct bytes mac_at(const struct trade *t, size_t i)
{
	return bytes_of(t->macs[i], PBOC_MAC_SIZE);
}

static bool is_right(const struct compute_call *c, struct bytes mac)
{
	return bytes_equal_secret(mac, kms_bytes(&c->in, KMS_TAG_PROOF));
}

static result wrong(struct compute_call *c, const struct trade *t)
{
	return compute_note_wrong(c, bytes_of(t->factors.at, t->factors.count * PBOC_FACTOR_SIZE),
	                          1);
}

/* --- load and unload --- */

static const uint8_t online[2] = { 0x80, 0x00 };
/* card 3.5 */
static const uint8_t mac1_tags[] = { KMS_TAG_BALANCE, KMS_TAG_AMOUNT, KMS_TAG_TYPE,
	                             KMS_TAG_TERMINAL };
static const uint8_t mac2_tags[] = { KMS_TAG_AMOUNT, KMS_TAG_TYPE, KMS_TAG_TERMINAL, KMS_TAG_TIME };
static const uint8_t mac3_tags[] = { KMS_TAG_BALANCE, KMS_TAG_SERIAL,   KMS_TAG_AMOUNT,
	                             KMS_TAG_TYPE,    KMS_TAG_TERMINAL, KMS_TAG_TIME };

/* The card's MAC1 for the host's MAC2. Both are computed before one is looked at. */
static result authorise(struct compute_call *c, const char *types)
{
	SCOPED(wipe_macs) struct trade t = { 0 };

	TRY(begin(c, types, &t));
	put_session(c, &t, online);
	put_mac(c, &t, mac1_tags, ARRAY_LEN(mac1_tags));
	put_mac(c, &t, mac2_tags, ARRAY_LEN(mac2_tags));
	TRY(working_key_session_mac(t.key, &t.order, t.macs));
	if (!is_right(c, mac_at(&t, 0)))
		return wrong(c, &t);
	kms_put(c->out, KMS_TAG_RESULT, mac_at(&t, 1));
	return OK;
}

/* 0032: 0001 label | 0007 factor 8, 1…3 times | 0009 random 4 | 000A online sequence 2 | 0012 old
 * balance 4 | 000D amount 4 | 000E type 01 or 02 | 000B terminal 6 | 000C date 4 ‖ time 3 | 0011
 * MAC1 4 → 0005 MAC2 4 */
static result load(struct compute_call *c)
{
	return authorise(c, "\x02\x01");
}

/* 0035, 0002 = 01: as 0032, type 03 */
static result unload_authorise(struct compute_call *c)
{
	return authorise(c, "\x03");
}

/* 0035, 0002 = 02: as 0032, but 0012 new balance 4 and 0011 MAC3 4 → nothing */
static result unload_confirm(struct compute_call *c)
{
	SCOPED(wipe_macs) struct trade t = { 0 };

	TRY(begin(c, "\x03", &t));
	put_session(c, &t, online);
	put_mac(c, &t, mac3_tags, ARRAY_LEN(mac3_tags));
	TRY(working_key_session_mac(t.key, &t.order, t.macs));
	return is_right(c, mac_at(&t, 0)) ? OK : wrong(c, &t);
}

/* --- purchase --- */

/* 0033: 0001 label | 0007 factor 8, 1…3 times | 0009 random 4 | 000A offline sequence 2 ‖ terminal
 * sequence 4 | 000D amount 4 | 000E type 04, 05, 06 or 09 | 000B terminal 6 | 000C date 4 ‖ time 3
 * | 0011 MAC2 4, optional → 0005 MAC1 4. MAC2 is the card's: it is verified, never given. */
static result purchase(struct compute_call *c)
{
	static const uint8_t amount[] = { KMS_TAG_AMOUNT };
	SCOPED(wipe_macs) struct trade t = { 0 };

	TRY(begin(c, "\x06\x09\x05\x04", &t));
	put_session(c, &t, kms_bytes(&c->in, KMS_TAG_SERIAL).at + 4);
	put_mac(c, &t, mac2_tags, ARRAY_LEN(mac2_tags)); /* a purchase's MAC1 is over the same */
	put_mac(c, &t, amount, ARRAY_LEN(amount));
	TRY(working_key_session_mac(t.key, &t.order, t.macs));
	if (kms_has(&c->in, KMS_TAG_PROOF) && !is_right(c, mac_at(&t, 1)))
		return wrong(c, &t);
	kms_put(c->out, KMS_TAG_RESULT, mac_at(&t, 0));
	return OK;
}

/* --- other MACs under a card's key --- */

/* 0031, 0002 = 01: 0001 label | 0007 factor 8, 1…3 times | 0009 what the session key is made of 8 |
 * 0004 data, 1…3 times → 0005 MAC 4 for each */
static result session_macs(struct compute_call *c)
{
	struct kms_values values = kms_values_of(&c->in, KMS_TAG_DATA);
	SCOPED(wipe_macs) struct trade t = { 0 };

	TRY(begin(c, "\x01", &t));
	memcpy(t.order.session, kms_bytes(&c->in, KMS_TAG_RANDOM).at, sizeof t.order.session);
	while (t.order.count < WORKING_SESSION_MACS &&
	       kms_values_next(&values, &t.order.in[t.order.count]))
		t.order.count++;
	TRY(working_key_session_mac(t.key, &t.order, t.macs));
	for (size_t i = 0; i < t.order.count; i++)
		kms_put(c->out, KMS_TAG_RESULT, mac_at(&t, i));
	return OK;
}

static result card_mac(struct compute_call *c, bool folded)
{
	SCOPED(pboc_key_wipe) struct pboc_key card = { 0 };
	struct bytes data = kms_bytes(&c->in, KMS_TAG_DATA);
	uint8_t mac[PBOC_MAC_SIZE];
	struct trade t = { 0 };

	TRY(begin(c, "\x01", &t));
	TRY(working_key_diversify(t.key, &t.factors, &card));
	TRY(folded ? pboc_reload_pin_mac(&card, data, mac) : pboc_mac(&card, data, mac));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(mac, sizeof mac));
	return OK;
}

/* 0031, 0002 = 02: 0001 label | 0007 factor 8, 1…3 times | 0004 data → 0005 MAC 4, ISO 9797-1
 * algorithm 3 or SM4 CBC-MAC, padding 2, with the card's key itself */
static result whole_key_mac(struct compute_call *c)
{
	return card_mac(c, false);
}

/* 0031, 0002 = 03: the same with its halves folded, as RELOAD PIN (重装口令) has it */
static result folded_key_mac(struct compute_call *c)
{
	return card_mac(c, true);
}

/* --- the table --- */

static const char mac_usages[] = "25 26 27 30 31 34 B3 E1 E2";

#define CARD_RULES                                                                                 \
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },                                             \
	        { KMS_TAG_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 1, PBOC_LEVELS_MAX },        \
	{                                                                                          \
		KMS_TAG_FORMAT, 1, 1, 0, 1                                                         \
	}
#define TRADE_RULES                                                                                \
	CARD_RULES, { KMS_TAG_RANDOM, PBOC_RANDOM_SIZE, PBOC_RANDOM_SIZE, 1, 1 },                  \
	        { KMS_TAG_AMOUNT, 4, 4, 1, 1 }, { KMS_TAG_TYPE, 1, 1, 0, 1 },                      \
	        { KMS_TAG_TERMINAL, PBOC_TERMINAL_SIZE, PBOC_TERMINAL_SIZE, 1, 1 },                \
	{                                                                                          \
		KMS_TAG_TIME, TIME_SIZE, TIME_SIZE, 1, 1                                           \
	}

static const struct kms_rule load_rules[] = {
	TRADE_RULES,
	{ KMS_TAG_SERIAL, 2, 2, 1, 1 },
	{ KMS_TAG_BALANCE, 4, 4, 1, 1 },
	{ KMS_TAG_PROOF, PBOC_MAC_SIZE, PBOC_MAC_SIZE, 1, 1 },
};
static const struct kms_rule unload_rules[] = {
	TRADE_RULES,
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_SERIAL, 2, 2, 1, 1 },
	{ KMS_TAG_BALANCE, 4, 4, 1, 1 },
	{ KMS_TAG_PROOF, PBOC_MAC_SIZE, PBOC_MAC_SIZE, 1, 1 },
};
static const struct kms_rule purchase_rules[] = {
	TRADE_RULES,
	{ KMS_TAG_SERIAL, 6, 6, 1, 1 },
	{ KMS_TAG_PROOF, PBOC_MAC_SIZE, PBOC_MAC_SIZE, 0, 1 },
};
static const struct kms_rule session_rules[] = {
	CARD_RULES,
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_RANDOM, PBOC_SESSION_DATA, PBOC_SESSION_DATA, 1, 1 },
	{ KMS_TAG_DATA, 1, SESSION_DATA_MAX, 1, WORKING_SESSION_MACS },
};
static const struct kms_rule mac_rules[] = {
	CARD_RULES,
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, 1, PBOC_COMMAND_MAX - 5, 1, 1 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_DIVERSIFY_MAC,
	  .name = "diversify-mac",
	  .mode = OF_SESSION,
	  .item = KMS_TAG_DATA,
	  .usages = mac_usages,
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(session_rules),
	  .work = session_macs },
	{ .code = KMS_DIVERSIFY_MAC,
	  .name = "diversify-mac",
	  .mode = OF_KEY,
	  .usages = mac_usages,
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(mac_rules),
	  .work = whole_key_mac },
	{ .code = KMS_DIVERSIFY_MAC,
	  .name = "diversify-mac",
	  .mode = OF_FOLDED,
	  .usages = "26",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(mac_rules),
	  .work = folded_key_mac },
	{ .code = KMS_LOAD,
	  .name = "load",
	  .usages = "21",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(load_rules),
	  .work = load },
	{ .code = KMS_PURCHASE,
	  .name = "purchase",
	  .usages = "20",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(purchase_rules),
	  .work = purchase },
	{ .code = KMS_UNLOAD,
	  .name = "unload",
	  .mode = AUTHORISE,
	  .usages = "22",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(unload_rules),
	  .work = unload_authorise },
	{ .code = KMS_UNLOAD,
	  .name = "unload",
	  .mode = CONFIRM,
	  .usages = "22",
	  .deed = KEY_TO_VERIFY,
	  COMPUTE_RULES(unload_rules),
	  .work = unload_confirm },
};

const struct compute_table compute_purse_table = { ops, ARRAY_LEN(ops) };
