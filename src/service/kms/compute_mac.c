/* SPDX-License-Identifier: Apache-2.0 */
/* MACs under keys whose usage says which kind: M6 and keys of days and lists CMAC, M1 CBC-MAC, M3
 * retail MAC, M7 HMAC. A key of one kind makes no MACs of another. */
#include "base/secret.h"
#include "service/kms/compute_op.h"

enum { MAC_MAX = 32, SHORTEST = 4, DATA_MAX = WORKING_DATA_MAX };

static const char mac_usages[] = "M1 M3 M6 M7 36 53 61";

static result kind_of(const struct compute_call *c, enum working_mac *kind)
{
	const struct key_definition *k = &c->keys[0]->definition;
	uint32_t asked = kms_number(&c->in, KMS_TAG_MODE);

	*kind = k->algorithm == 'H'           ? WORKING_HMAC
	        : strcmp(k->usage, "M1") == 0 ? WORKING_CBC_MAC
	        : strcmp(k->usage, "M3") == 0 ? WORKING_RETAIL
	                                      : WORKING_CMAC;
	if (asked && asked != (uint32_t)*kind + 1)
		return FAIL(KEY_USE, "MACs of kind %u under a key of usage %s", asked, k->usage);
	return OK;
}

static result mac_of(struct compute_call *c, bool verifying, uint8_t mac[MAC_MAX], size_t *len)
{
	enum working_mac kind;
	struct working_key *k;

	TRY(kind_of(c, &kind));
	TRY(compute_key(c, 0, &k));
	return working_key_mac(k, kind, verifying, kms_bytes(&c->in, KMS_TAG_DATA), mac, len);
}

/* 0020: 0001 label | 0002 kind 1, optional | 0004 data | 001B length 2, optional → 0005 MAC */
static result make(struct compute_call *c)
{
	size_t wanted = kms_number(&c->in, KMS_TAG_LENGTH), len = 0;
	uint8_t mac[MAC_MAX];

	TRY(mac_of(c, false, mac, &len));
	if (kms_has(&c->in, KMS_TAG_LENGTH) && (wanted < SHORTEST || wanted > len))
		return FAIL(KMS_FIELD_WRONG, "%zu bytes of a MAC", wanted);
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(mac, wanted ? wanted : len));
	return OK;
}

/* 0021: 0001 label | 0002 kind 1, optional | 0004 data | 0011 MAC, or its left 4 bytes or more */
static result verify(struct compute_call *c)
{
	struct bytes given = kms_bytes(&c->in, KMS_TAG_PROOF);
	uint8_t mac[MAC_MAX];
	size_t len = 0;

	TRY(mac_of(c, true, mac, &len));
	if (given.len > len)
		return FAIL(KMS_FIELD_WRONG, "%zu bytes of a MAC", given.len);
	bool right = bytes_equal_secret(bytes_of(mac, given.len), given);
	secret_wipe_bytes(mac, sizeof mac);
	return right ? OK : compute_note_wrong(c, bytes_of(NULL, 0), 1);
}

static const struct kms_rule make_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 0, 1 },
	{ KMS_TAG_DATA, 1, DATA_MAX, 1, 1 },
	{ KMS_TAG_LENGTH, 2, 2, 0, 1 },
};
static const struct kms_rule verify_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 0, 1 },
	{ KMS_TAG_DATA, 1, DATA_MAX, 1, 1 },
	{ KMS_TAG_PROOF, SHORTEST, MAC_MAX, 1, 1 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_MAC_MAKE,
	  .name = "mac-make",
	  .usages = mac_usages,
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(make_rules),
	  .work = make },
	{ .code = KMS_MAC_VERIFY,
	  .name = "mac-verify",
	  .usages = mac_usages,
	  .deed = KEY_TO_VERIFY,
	  COMPUTE_RULES(verify_rules),
	  .work = verify },
};

const struct compute_table compute_mac_table = { ops, ARRAY_LEN(ops) };
