/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no key, or only says something about one. */
#include "crypto/digest.h"
#include "service/kms/compute_op.h"

enum { PROTOCOL = 1, RANDOM_MAX = 1024 };

static uint8_t bcd(int two_digits)
{
	return (uint8_t)(two_digits / 10 % 10 << 4 | two_digits % 10);
}

/* yyyymmdd hhmmss of +08:00 */
static void put_time(struct writer *out, struct instant t)
{
	struct civil c = civil_of(t, TIME_ZONE_CHINA_S);
	uint8_t at[7] = { bcd(c.year / 100), bcd(c.year % 100), bcd(c.month), bcd(c.day),
		          bcd(c.hour),       bcd(c.minute),     bcd(c.second) };

	kms_put(out, KMS_TAG_TIME, bytes_of(at, sizeof at));
}

/* 0001: 0010 protocol 1 | 001B frame 4 ‖ in flight 2 ‖ batch 2 | 000C our time 7 | 001F operations
 */
static result hello(struct compute_call *c)
{
	uint8_t limits[8], ops[2 * KMS_OPS];
	struct writer w = writer_of(ops, sizeof ops);

	store_be32(limits, KMS_FRAME_MAX);
	store_be16(limits + 4, KMS_IN_FLIGHT_MAX);
	store_be16(limits + 6, KMS_BATCH_MAX);
	compute_put_ops(c, &w);
	kms_put_number(c->out, KMS_TAG_FORMAT, PROTOCOL, 1);
	kms_put(c->out, KMS_TAG_LENGTH, bytes_of(limits, sizeof limits));
	put_time(c->out, c->now);
	kms_put(c->out, KMS_TAG_OPS, writer_bytes(&w));
	return writer_done(&w);
}

/* 00F0: nothing in, nothing out */
static result ping(struct compute_call *c)
{
	(void)c;
	return OK;
}

/* usage 2 ‖ algorithm 1 ‖ mode 1 ‖ bits 2 ‖ levels 1 */
static void put_use(struct writer *out, const struct key_definition *k)
{
	uint8_t at[7] = { (uint8_t)k->usage[0], (uint8_t)k->usage[1], (uint8_t)k->algorithm,
		          (uint8_t)k->mode };

	store_be16(at + 4, (uint16_t)k->bits);
	at[6] = (uint8_t)k->levels;
	kms_put(out, KMS_TAG_USE, bytes_of(at, sizeof at));
}

static void put_kcv(struct writer *out, const struct key_entry *e)
{
	enum kcv_type type = kcv_default(e->definition.algorithm);
	uint8_t at[1 + KCV_MAX] = { (uint8_t)type };
	struct kcv kcv;

	if (!is_ok(kcv_parse(str_of(e->version.kcv), type, &kcv)))
		return;
	memcpy(at + 1, kcv.at, kcv.len);
	kms_put(out, KMS_TAG_KCV, bytes_of(at, 1u + kcv.len));
}

/* 0002: 0001 label → 0001 label | 0006 check value | 001E use | 001D state | 001C public half */
static result key_info(struct compute_call *c)
{
	const struct key_entry *e = c->keys[0];

	kms_put_str(c->out, KMS_TAG_LABEL, str_of(e->label));
	put_kcv(c->out, e);
	put_use(c->out, &e->definition);
	kms_put_number(c->out, KMS_TAG_STATE, key_cache_state(c->cache, e), 1);
	if (e->version.public_len)
		kms_put(c->out, KMS_TAG_PUBLIC, bytes_of(e->version.public, e->version.public_len));
	return OK;
}

/* 0063: 0004 data → 0005 hash 32 */
static result sm3(struct compute_call *c)
{
	uint8_t hash[DIGEST_SIZE];

	digest_sm3(kms_bytes(&c->in, KMS_TAG_DATA), hash);
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(hash, sizeof hash));
	return OK;
}

/* 0070: 001B length 2 → 0005 as many random bytes, of the device */
static result random_bytes(struct compute_call *c)
{
	size_t len = kms_number(&c->in, KMS_TAG_LENGTH);

	if (len == 0 || len > RANDOM_MAX)
		return FAIL(KMS_FIELD_WRONG, "%zu random bytes", len);
	uint8_t *at = kms_put_room(c->out, KMS_TAG_RESULT, len);
	return at ? hsm_random(key_cache_session(c->cache), at, len) : OK;
}

static const struct kms_rule label_rules[] = { { KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 } };
static const struct kms_rule sm3_rules[] = { { KMS_TAG_DATA, 0, KMS_BODY_MAX, 1, 1 } };
static const struct kms_rule random_rules[] = { { KMS_TAG_LENGTH, 2, 2, 1, 1 } };

static const struct compute_op ops[] = {
	{ .code = KMS_HELLO, .name = "hello", .work = hello },
	{ .code = KMS_KEY_INFO,
	  .name = "key-info",
	  .flags = COMPUTE_ANY_STATE | COMPUTE_ANY_USE,
	  COMPUTE_RULES(label_rules),
	  .work = key_info },
	{ .code = KMS_SM3, .name = "sm3", COMPUTE_RULES(sm3_rules), .work = sm3 },
	{ .code = KMS_RANDOM, .name = "random", COMPUTE_RULES(random_rules), .work = random_bytes },
	{ .code = KMS_PING, .name = "ping", .work = ping },
};

const struct compute_table compute_basic_table = { ops, ARRAY_LEN(ops) };
