/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compute_op.h — what an operation of the computing service is made of: one row in a table says
 * what it takes, which keys it may be done with and what it costs; one function does it.
 */
#pragma once

#include "service/kms/compute.h"
#include "service/kms/key_cache.h"

enum {
	COMPUTE_KEYS_MAX = 32, /* labels of one message */
	COMPUTE_LABEL_MAX = KEY_LABEL_SIZE - 1,
	COMPUTE_CARD_MAX = PBOC_LEVELS_MAX * PBOC_FACTOR_SIZE,
	COMPUTE_DETAIL_MAX = 200,
};
_Static_assert(COMPUTE_KEYS_MAX + 1 + KEY_CACHE_ROUND_KEYS < KEY_CACHE_MIN, "keys of one message");

/* Permission, keys and rate have been asked when `work` is called. */
struct compute_call {
	struct compute *compute;
	struct key_cache *cache;
	void *owner; /* of the table's functions, from the setup */
	const struct key_client *client;
	const struct compute_op *op;
	struct instant now;
	struct kms_fields in;                           /* held to the operation's rules */
	const struct key_entry *keys[COMPUTE_KEYS_MAX]; /* of KMS_TAG_LABEL, in order */
	size_t key_count;
	const struct key_entry *kek; /* of KMS_TAG_KEK; NULL: there is none */
	size_t items;                /* what it costs */
	/* out */
	struct writer *out; /* values of the answer; thrown away when `work` fails */
	enum kms_status
	        status; /* KMS_OK: what becomes of `work` says it; else this one, when it fails */
	size_t wrong;   /* items that were verified and are wrong: compute_note_wrong */
	struct {
		const struct key_entry *key;
		char kcv[KCV_TEXT_SIZE];
	} issued[COMPUTE_KEYS_MAX]; /* keys that leave wrapped: compute_note_issued */
	size_t issued_count;
	char detail[COMPUTE_DETAIL_MAX]; /* for their audit */
};

enum compute_op_flags {
	COMPUTE_ANY_STATE = 1,  /* whatever state the keys are in, */
	COMPUTE_ANY_USE = 2,    /* and whatever usage they have */
	COMPUTE_KEEP_WRONG = 4, /* its answer stands although something was wrong */
};

struct compute_op {
	uint16_t code;
	/* Rows of one code follow one another, each for one value of the first byte of
	 * KMS_TAG_MODE; 0: for any, and for none. */
	uint8_t mode;
	uint8_t flags;
	uint8_t item; /* tag whose values are what it costs; 0: one */
	uint8_t rule_count;
	const char *name; /* as kms_op_name has it */
	/* Usages of the keys of KMS_TAG_LABEL and KMS_TAG_KEK it is done with: "20 21"; NULL: rules
	 * let no such tag in. */
	const char *usages, *kek_usages;
	enum key_deed deed, kek_deed; /* what the keys' states have to allow */
	const struct kms_rule *rules;
	/* A failure's code becomes the status: KEY_USE 0006, INVALID_… 0007, KMS_WRONG 0008 … */
	result (*work)(struct compute_call *c);
};

#define COMPUTE_RULES(rules_) .rules = (rules_), .rule_count = ARRAY_LEN(rules_)

/* --- for the functions --- */

/* The key of the i-th label, or of KMS_TAG_KEK, opened; good until `work` returns. */
result compute_key(struct compute_call *c, size_t i, struct working_key **out);
result compute_kek(struct compute_call *c, struct working_key **out);
/* Factors by which a card's key follows from `key`. exact: as many as the definition has levels;
 * else at most so many, one at least. A definition without levels leaves it open. KMS_FIELD_WRONG.
 */
result compute_factors(const struct compute_call *c, unsigned tag, const struct key_entry *key,
                       bool exact, struct pboc_factors *out);
/* Is a usage of two characters one of "20 21 B3"? */
bool compute_is_among(const char *usages, const char *usage);
/* Something was wrong, for this card (its factors or number): counted, and KMS_WRONG to return. */
result compute_note_wrong(struct compute_call *c, struct bytes card, size_t failures);
/* A key goes out wrapped: for the audit when all is done. */
void compute_note_issued(struct compute_call *c, const struct key_entry *key,
                         const struct kcv *kcv);
/* Codes of the operations this client may call. */
void compute_put_ops(const struct compute_call *c, struct writer *out);

/* --- the built-in tables; a test holds their names to kms_op_name --- */

extern const struct compute_table compute_basic_table;  /* 0001 0002 0063 0070 00F0 */
extern const struct compute_table compute_cipher_table; /* 0010 to 0012 */
extern const struct compute_table compute_mac_table;    /* 0020 0021 */
extern const struct compute_table compute_wrap_table;   /* 0030 0040 0071 */
extern const struct compute_table compute_purse_table;  /* 0031 to 0033 0035 */
extern const struct compute_table compute_tac_table;    /* 0034 */
extern const struct compute_table compute_card_table;   /* 0036 0037 */
extern const struct compute_table compute_sam_table;    /* 0041 */
extern const struct compute_table compute_sign_table;   /* 0050 */
extern const struct compute_table compute_issuer_table; /* 0051 to 0053 */
extern const struct compute_table compute_emv_table;    /* 0058 */
extern const struct compute_table compute_sm2_table;    /* 0060 to 0062 */
