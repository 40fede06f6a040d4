/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/kms_message.h"

enum {
	VERSION = 0x01,
	AT_TYPE = 3,
	AT_OP = 4,
	AT_STATUS = 6,
	AT_ID = 8,
	AT_LENGTH = 12,
};

static const uint8_t magic[] = { 0x4F, 0x43, VERSION };

/* --- names --- */

static const struct {
	uint16_t op;
	const char *name;
} ops[] = {
	{ KMS_HELLO, "hello" },
	{ KMS_KEY_INFO, "key-info" },
	{ KMS_ENCRYPT, "encrypt" },
	{ KMS_DECRYPT, "decrypt" },
	{ KMS_TRANSLATE, "translate" },
	{ KMS_MAC_MAKE, "mac-make" },
	{ KMS_MAC_VERIFY, "mac-verify" },
	{ KMS_DIVERSIFY_WRAP, "diversify-wrap" },
	{ KMS_DIVERSIFY_MAC, "diversify-mac" },
	{ KMS_LOAD, "load" },
	{ KMS_PURCHASE, "purchase" },
	{ KMS_TAC_VERIFY, "tac-verify" },
	{ KMS_UNLOAD, "unload" },
	{ KMS_CARD_AUTH, "card-auth" },
	{ KMS_CARD_COMMAND, "card-command" },
	{ KMS_CARD_KEYS, "card-keys" },
	{ KMS_PSAM_LOAD, "psam-load" },
	{ KMS_RSA_SIGN, "rsa-sign" },
	{ KMS_SDA_SIGN, "sda-sign" },
	{ KMS_ICC_CERTIFICATE, "icc-certificate" },
	{ KMS_CHAIN_VERIFY, "chain-verify" },
	{ KMS_ARQC_VERIFY, "arqc-verify" },
	{ KMS_SM2_SIGN, "sm2-sign" },
	{ KMS_SM2_VERIFY, "sm2-verify" },
	{ KMS_SM2_DECRYPT, "sm2-decrypt" },
	{ KMS_SM3, "sm3" },
	{ KMS_RANDOM, "random" },
	{ KMS_RANDOM_KEY, "random-key" },
	{ KMS_SIGN_IN, "sign-in" },
	{ KMS_DAY_STATUS, "day-status" },
	{ KMS_PIN_TOKEN, "pin-token" },
	{ KMS_SAM_KEYS, "sam-keys" },
	{ KMS_TERMINAL_PSK, "terminal-psk" },
	{ KMS_PIN_TRANSLATE, "pin-translate" },
	{ KMS_PING, "ping" },
};

const char *kms_op_name(uint16_t op)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (ops[i].op == op)
			return ops[i].name;
	return NULL;
}

uint16_t kms_op_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (str_equal(str_of(ops[i].name), name))
			return ops[i].op;
	return 0;
}

const char *kms_status_name(uint16_t status)
{
	static const char *const names[] = {
		"ok",        "bad frame",     "unknown operation", "not permitted", "no key",
		"key state", "key use",       "bad data",          "integrity",     "rate",
		"busy",      "device failed", "no master key",     "not signed in",
	};

	if (status == KMS_INTERNAL)
		return "internal";
	return status < ARRAY_LEN(names) ? names[status] : "unknown";
}

/* --- frames --- */

result kms_frame_scan(struct bytes here, size_t *whole)
{
	size_t seen = here.len < sizeof magic ? here.len : sizeof magic;

	*whole = 0;
	if (seen && memcmp(here.at, magic, seen) != 0)
		return FAIL(KMS_FRAME_BROKEN, "another protocol or version");
	if (here.len < KMS_HEAD)
		return OK;
	size_t len = load_be32(here.at + AT_LENGTH);
	if (len > KMS_BODY_MAX)
		return FAIL(KMS_FRAME_BROKEN, "a body of %zu bytes", len);
	if (here.len >= KMS_HEAD + len)
		*whole = KMS_HEAD + len;
	return OK;
}

result kms_frame_parse(struct bytes whole, struct kms_message *out)
{
	size_t size;

	*out = (struct kms_message){ 0 };
	TRY(kms_frame_scan(whole, &size));
	if (size == 0 || size != whole.len)
		return FAIL(KMS_FRAME_BROKEN, "%zu bytes given, the frame has %zu", whole.len,
		            size);
	struct kms_message m = {
		.type = (enum kms_type)whole.at[AT_TYPE],
		.op = load_be16(whole.at + AT_OP),
		.status = load_be16(whole.at + AT_STATUS),
		.id = load_be32(whole.at + AT_ID),
		.body = bytes_of(whole.at + KMS_HEAD, size - KMS_HEAD),
	};
	if (m.type != KMS_RESPONSE && (m.type != KMS_REQUEST || m.status != KMS_OK))
		return FAIL(KMS_FRAME_BROKEN, "type %u with status %u", (unsigned)m.type, m.status);
	*out = m;
	return OK;
}

size_t kms_frame_head(const struct kms_message *m, size_t body_len, uint8_t at[KMS_HEAD])
{
	ASSERT(body_len <= KMS_BODY_MAX);
	memcpy(at, magic, sizeof magic);
	at[AT_TYPE] = (uint8_t)m->type;
	store_be16(at + AT_OP, m->op);
	store_be16(at + AT_STATUS, m->status);
	store_be32(at + AT_ID, m->id);
	store_be32(at + AT_LENGTH, (uint32_t)body_len);
	return KMS_HEAD + body_len;
}

struct kms_answer kms_answer_of(uint8_t *frame)
{
	return (struct kms_answer){ KMS_INTERNAL, writer_of(frame + KMS_HEAD, KMS_BODY_MAX) };
}

size_t kms_answer_frame(const struct kms_answer *a, const struct kms_message *request,
                        uint8_t *frame)
{
	struct kms_message m = { .type = KMS_RESPONSE,
		                 .op = request->op,
		                 .status = (uint16_t)a->status,
		                 .id = request->id };

	return kms_frame_head(&m, a->body.len, frame);
}

/* --- bodies --- */

static void note(struct kms_fields *f, uint16_t tag, const uint8_t *at, uint16_t len)
{
	struct kms_field *field = &f->at[tag];

	f->count++;
	if (!kms_has(f, tag)) {
		f->present |= UINT64_C(1) << tag;
		*field = (struct kms_field){ at, len, 1, len, len };
		return;
	}
	field->count++;
	if (len < field->shortest)
		field->shortest = len;
	if (len > field->longest)
		field->longest = len;
}

/* A value takes four bytes at least, so that no count goes beyond its 16 bits. */
_Static_assert(KMS_BODY_MAX / KMS_VALUE_HEAD <= UINT16_MAX, "values of a body");

result kms_fields_read(struct bytes body, struct kms_fields *out)
{
	size_t at = 0;

	out->body = (struct bytes){ 0 };
	out->count = 0;
	out->present = 0;
	if (body.len > KMS_BODY_MAX)
		return FAIL(KMS_FRAME_BROKEN, "a body of %zu bytes", body.len);
	out->body = body;
	while (at < body.len) {
		const uint8_t *head = body.at + at;
		bool whole = body.len - at >= KMS_VALUE_HEAD;
		uint16_t tag = whole ? load_be16(head) : 0, len = whole ? load_be16(head + 2) : 0;

		if (!whole || len > body.len - at - KMS_VALUE_HEAD)
			return FAIL(KMS_FRAME_BROKEN, "value %u is longer than the body",
			            out->count + 1u);
		if (tag == 0 || tag >= KMS_TAGS)
			return FAIL(KMS_FIELD_WRONG, "tag %04X", tag);
		note(out, tag, head + KMS_VALUE_HEAD, len);
		at += KMS_VALUE_HEAD + (size_t)len;
	}
	return OK;
}

static result check_one(const struct kms_fields *f, const struct kms_rule *r)
{
	const struct kms_field *field = &f->at[r->tag];
	size_t count = kms_count(f, r->tag);

	if (count < r->least || count > r->most)
		return FAIL(KMS_FIELD_WRONG, "tag %04X stands %zu times", r->tag, count);
	if (count && (field->shortest < r->min || field->longest > r->max))
		return FAIL(KMS_FIELD_WRONG, "tag %04X has %u to %u bytes", r->tag, field->shortest,
		            field->longest);
	return OK;
}

result kms_fields_check(const struct kms_fields *f, const struct kms_rule *rules, size_t count)
{
	uint64_t known = 0;

	for (size_t i = 0; i < count; i++) {
		TRY(check_one(f, &rules[i]));
		known |= UINT64_C(1) << rules[i].tag;
	}
	return f->present & ~known ? FAIL(KMS_FIELD_WRONG, "tag %04X has no place here",
	                                  __builtin_ctzll(f->present & ~known))
	                           : OK;
}

struct str kms_str(const struct kms_fields *f, unsigned tag)
{
	struct bytes b = kms_bytes(f, tag);

	return (struct str){ (const char *)b.at, b.len };
}

uint32_t kms_number(const struct kms_fields *f, unsigned tag)
{
	struct bytes b = kms_bytes(f, tag);
	uint32_t n = 0;

	ASSERT(b.len <= sizeof n);
	for (size_t i = 0; i < b.len; i++)
		n = n << 8 | b.at[i];
	return n;
}

struct kms_values kms_values_of(const struct kms_fields *f, unsigned tag)
{
	const struct kms_field *field = &f->at[tag];

	if (!kms_has(f, tag))
		return (struct kms_values){ .tag = (uint16_t)tag };
	return (struct kms_values){ .at = field->first - KMS_VALUE_HEAD,
		                    .tag = (uint16_t)tag,
		                    .left = field->count };
}

/* kms_fields_read has been over all of it: as many as were counted are there. */
bool kms_values_next(struct kms_values *v, struct bytes *out)
{
	*out = (struct bytes){ 0 };
	if (v->left == 0)
		return false;
	while (load_be16(v->at) != v->tag)
		v->at += KMS_VALUE_HEAD + load_be16(v->at + 2);
	*out = bytes_of(v->at + KMS_VALUE_HEAD, load_be16(v->at + 2));
	v->at += KMS_VALUE_HEAD + out->len;
	v->left--;
	return true;
}

/* --- writing --- */

static void put_head(struct writer *w, unsigned tag, size_t len)
{
	if (len > UINT16_MAX)
		w->bad = true;
	writer_u16(w, (uint16_t)tag);
	writer_u16(w, (uint16_t)len);
}

void kms_put(struct writer *w, unsigned tag, struct bytes value)
{
	put_head(w, tag, value.len);
	writer_put(w, value);
}

void kms_put_str(struct writer *w, unsigned tag, struct str value)
{
	kms_put(w, tag, str_bytes(value));
}

void kms_put_number(struct writer *w, unsigned tag, uint32_t value, size_t len)
{
	uint8_t at[4];

	ASSERT(len <= sizeof at);
	store_be32(at, value);
	kms_put(w, tag, bytes_of(at + sizeof at - len, len));
}

uint8_t *kms_put_room(struct writer *w, unsigned tag, size_t len)
{
	put_head(w, tag, len);
	if (w->bad || w->size - w->len < len) {
		w->bad = true;
		return NULL;
	}
	w->len += len;
	return w->at + w->len - len;
}
