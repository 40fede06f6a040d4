/* SPDX-License-Identifier: Apache-2.0 */
/* A card proves itself, the issuer proves itself to it, and commands travel under its maintenance
 * or control key (card 2.5, 3.6, 3.7). */
#include "base/secret.h"
#include "crypto/cipher.h"
#include "service/kms/compute_op.h"

enum {
	INTERNAL_CIPHER = 1,
	INTERNAL_MAC,
	EXTERNAL,
	COMMAND_MAC = 1,
	COMMAND_CIPHER,
	RESPONSE,
	AUTH_DATA_MAX = 200,
	AUTH_MAX = AUTH_DATA_MAX + 16,
	COMMAND_HEAD = 4, /* CLA INS P1 P2 */
	SECURE = 4,       /* low nibble of CLA */
};

/* The card and its key. */
struct card {
	struct pboc_factors factors;
	struct pboc_key key;
};

static void wipe_card(struct card *k)
{
	pboc_key_wipe(&k->key);
}

static result open_card(struct compute_call *c, struct card *out)
{
	struct working_key *root;

	TRY(compute_factors(c, KMS_TAG_FACTOR, c->keys[0], true, &out->factors));
	TRY(compute_key(c, 0, &root));
	return working_key_diversify(root, &out->factors, &out->key);
}

static result verdict(struct compute_call *c, const struct card *card, struct bytes right)
{
	if (bytes_equal_secret(right, kms_bytes(&c->in, KMS_TAG_PROOF)))
		return OK;
	return compute_note_wrong(
	        c, bytes_of(card->factors.at, card->factors.count * PBOC_FACTOR_SIZE), 1);
}

/* --- authentication --- */

/* What INTERNAL AUTHENTICATE answers in cipher mode: padding only where it is needed (card 3.2). */
static result encipher(const struct pboc_key *key, struct bytes data, uint8_t out[AUTH_MAX],
                       size_t *len)
{
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };
	bool national = key->algorithm == PBOC_SM4;
	size_t block = national ? 16 : 8;

	memset(out, 0, AUTH_MAX);
	memcpy(out, data.at, data.len);
	*len = (data.len + block - 1) / block * block;
	if (*len != data.len)
		out[data.len] = 0x80;
	TRY(cipher_key_init(&k, national ? CIPHER_SM4 : CIPHER_3DES, bytes_of(key->at, key->len)));
	cipher_encrypt(&k, out, *len, out);
	return OK;
}

/* 0036, 0002 = 01: 0001 label | 0007 factor 8, 1…3 times | 0004 what the card was sent | 0011 what
 * it answered, enciphered → nothing */
static result internal_cipher(struct compute_call *c)
{
	SCOPED(wipe_card) struct card card = { 0 };
	uint8_t right[AUTH_MAX];
	size_t len;

	TRY(open_card(c, &card));
	TRY(encipher(&card.key, kms_bytes(&c->in, KMS_TAG_DATA), right, &len));
	if (kms_bytes(&c->in, KMS_TAG_PROOF).len != len)
		return FAIL(KMS_FIELD_WRONG, "the answer has %zu bytes", len);
	return verdict(c, &card, bytes_of(right, len));
}

/* 0036, 0002 = 02: the same with a MAC of 4 bytes */
static result internal_mac(struct compute_call *c)
{
	SCOPED(wipe_card) struct card card = { 0 };
	uint8_t right[PBOC_MAC_SIZE];

	TRY(open_card(c, &card));
	TRY(pboc_mac(&card.key, kms_bytes(&c->in, KMS_TAG_DATA), right));
	return verdict(c, &card, bytes_of(right, sizeof right));
}

/* 0036, 0002 = 03: 0001 label | 0007 factor 8, 1…3 times | 0009 the card's challenge 4 or 8 → 0005
 * proof 8 for EXTERNAL AUTHENTICATE */
static result external(struct compute_call *c)
{
	SCOPED(wipe_card) struct card card = { 0 };
	uint8_t proof[PBOC_AUTH_SIZE];

	TRY(open_card(c, &card));
	TRY(pboc_external_auth(&card.key, kms_bytes(&c->in, KMS_TAG_RANDOM), proof));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(proof, sizeof proof));
	return OK;
}

/* --- commands --- */

/* 0037, 0002 = 01 MAC, 02 enciphered and MAC: 0001 label | 0007 factor 8, 1…3 times | 0009 the
 * card's challenge 4 or 8 | 0004 CLA INS P1 P2 ‖ data → 0005 the command */
static result command(struct compute_call *c)
{
	SCOPED(wipe_card) struct card card = { 0 };
	struct bytes plain = kms_bytes(&c->in, KMS_TAG_DATA);
	struct pboc_command command = {
		.cla = plain.at[0],
		.ins = plain.at[1],
		.p1 = plain.at[2],
		.p2 = plain.at[3],
		.data = bytes_of(plain.at + COMMAND_HEAD, plain.len - COMMAND_HEAD),
		.enciphered = c->op->mode == COMMAND_CIPHER,
	};
	uint8_t made[PBOC_COMMAND_MAX];
	struct writer w = writer_of(made, sizeof made);

	if ((command.cla & 0x0F) != SECURE)
		return FAIL(KMS_FIELD_WRONG, "class %02X is not under secure messaging",
		            command.cla);
	TRY(open_card(c, &card));
	TRY(pboc_protect(&card.key, kms_bytes(&c->in, KMS_TAG_RANDOM), &command, &w));
	kms_put(c->out, KMS_TAG_RESULT, writer_bytes(&w));
	return OK;
}

/* 0037, 0002 = 03: 0001 label | 0007 factor 8, 1…3 times | 0009 the challenge of the command | 0004
 * what the card answered | 0011 its MAC 4 → nothing */
static result response(struct compute_call *c)
{
	SCOPED(wipe_card) struct card card = { 0 };
	uint8_t right[PBOC_MAC_SIZE];

	TRY(open_card(c, &card));
	TRY(pboc_response_mac(&card.key, kms_bytes(&c->in, KMS_TAG_RANDOM),
	                      kms_bytes(&c->in, KMS_TAG_DATA), right));
	return verdict(c, &card, bytes_of(right, sizeof right));
}

/* --- the table --- */

#define CARD_RULES                                                                                 \
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 }, { KMS_TAG_MODE, 1, 1, 1, 1 },               \
	{                                                                                          \
		KMS_TAG_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 1, PBOC_LEVELS_MAX             \
	}

static const struct kms_rule internal_cipher_rules[] = {
	CARD_RULES,
	{ KMS_TAG_DATA, 1, AUTH_DATA_MAX, 1, 1 },
	{ KMS_TAG_PROOF, 8, AUTH_MAX, 1, 1 },
};
static const struct kms_rule internal_mac_rules[] = {
	CARD_RULES,
	{ KMS_TAG_DATA, 1, AUTH_DATA_MAX, 1, 1 },
	{ KMS_TAG_PROOF, PBOC_MAC_SIZE, PBOC_MAC_SIZE, 1, 1 },
};
static const struct kms_rule external_rules[] = {
	CARD_RULES,
	{ KMS_TAG_RANDOM, 4, 8, 1, 1 },
};
static const struct kms_rule command_rules[] = {
	CARD_RULES,
	{ KMS_TAG_RANDOM, 4, 8, 1, 1 },
	{ KMS_TAG_DATA, COMMAND_HEAD, COMMAND_HEAD + PBOC_COMMAND_DATA_MAX, 1, 1 },
};
static const struct kms_rule response_rules[] = {
	CARD_RULES,
	{ KMS_TAG_RANDOM, 4, 8, 1, 1 },
	{ KMS_TAG_DATA, 1, PBOC_COMMAND_MAX, 1, 1 },
	{ KMS_TAG_PROOF, PBOC_MAC_SIZE, PBOC_MAC_SIZE, 1, 1 },
};

static const char command_usages[] = "25 27 30 31 E1 E2";

static const struct compute_op ops[] = {
	{ .code = KMS_CARD_AUTH,
	  .name = "card-auth",
	  .mode = INTERNAL_CIPHER,
	  .usages = "28",
	  .deed = KEY_TO_VERIFY,
	  COMPUTE_RULES(internal_cipher_rules),
	  .work = internal_cipher },
	{ .code = KMS_CARD_AUTH,
	  .name = "card-auth",
	  .mode = INTERNAL_MAC,
	  .usages = "28",
	  .deed = KEY_TO_VERIFY,
	  COMPUTE_RULES(internal_mac_rules),
	  .work = internal_mac },
	{ .code = KMS_CARD_AUTH,
	  .name = "card-auth",
	  .mode = EXTERNAL,
	  .usages = "29 30 31",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(external_rules),
	  .work = external },
	{ .code = KMS_CARD_COMMAND,
	  .name = "card-command",
	  .mode = COMMAND_MAC,
	  .usages = command_usages,
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(command_rules),
	  .work = command },
	{ .code = KMS_CARD_COMMAND,
	  .name = "card-command",
	  .mode = COMMAND_CIPHER,
	  .usages = command_usages,
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(command_rules),
	  .work = command },
	{ .code = KMS_CARD_COMMAND,
	  .name = "card-command",
	  .mode = RESPONSE,
	  .usages = command_usages,
	  .deed = KEY_TO_VERIFY,
	  COMPUTE_RULES(response_rules),
	  .work = response },
};

const struct compute_table compute_card_table = { ops, ARRAY_LEN(ops) };
