/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what with which key: asked before anything is done, in the order of keys 16.1. */
#include "service/kms/compute_private.h"

/* --- what becomes of a failure --- */

enum kms_status compute_status_of(result r)
{
	static const struct {
		enum result_code code;
		enum kms_status status;
	} rows[] = {
		{ SUCCESS, KMS_OK },
		{ KMS_WRONG, KMS_INTEGRITY },
		{ KMS_DENIED, KMS_NOT_PERMITTED },
		{ KMS_OVER_RATE, KMS_RATE },
		{ KMS_OP_UNKNOWN, KMS_UNKNOWN_OP },
		{ KMS_FRAME_BROKEN, KMS_BAD_FRAME },
		{ KMS_FIELD_WRONG, KMS_BAD_DATA },
		{ INVALID_BYTES, KMS_BAD_DATA },
		{ INVALID_NUMBER, KMS_BAD_DATA },
		{ INVALID_KEY, KMS_BAD_DATA },
		{ TLV_BROKEN, KMS_BAD_DATA },
		{ KEY_LABEL, KMS_BAD_DATA },
		{ SIGNATURE_WRONG, KMS_INTEGRITY },
		{ CIPHERTEXT_BROKEN, KMS_INTEGRITY },
		{ EMV_CERTIFICATE, KMS_INTEGRITY },
		{ KEY_NOT_FOUND, KMS_NO_KEY },
		{ KEY_STATE, KMS_KEY_STATE },
		{ KEYS_VERSION, KMS_NO_KEY },
		{ KEYS_MISSING, KMS_NO_KEY },
		{ KEYS_DAY_GONE, KMS_KEY_STATE },
		{ KEYS_DAY_STALE, KMS_KEY_STATE },
		{ AUTHCARD_NOT_FOUND, KMS_NO_KEY },
		{ AUTHCARD_STATE, KMS_KEY_STATE },
		{ AUTHCARD_EXPIRED, KMS_KEY_STATE },
		{ CERTIFICATE_NONE, KMS_KEY_STATE },
		{ CA_KEY_STATE, KMS_KEY_STATE },
		{ CA_NOT_FOUND, KMS_NO_KEY },
		{ CERTIFICATE_KEY, KMS_KEY_USE },
		{ KEY_USE, KMS_KEY_USE },
		{ KEYBLOCK_USE, KMS_KEY_USE },
		{ HSM_UNSUPPORTED, KMS_KEY_USE },
		{ SUITE_UNSUPPORTED, KMS_KEY_USE },
		{ EXCHANGE_ZMK, KMS_KEY_USE },
		{ EXCHANGE_STRENGTH, KMS_KEY_USE },
		{ EXCHANGE_IN_DEVICE, KMS_KEY_USE },
		{ EXCHANGE_VERSION, KMS_KEY_USE },
		{ EXCHANGE_FOREIGN, KMS_KEY_USE },
		{ LOCKED_FULL, KMS_BUSY },
		{ OUT_OF_MEMORY, KMS_BUSY },
		{ HSM_LOST, KMS_DEVICE_FAILED },
		{ HSM_CALL, KMS_DEVICE_FAILED },
		{ HSM_OBJECT_GONE, KMS_DEVICE_FAILED },
		{ HSM_LMK_MISSING, KMS_LMK_MISSING },
		{ MASTER_NONE, KMS_LMK_MISSING },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == r.code)
			return rows[i].status;
	return KMS_INTERNAL;
}

enum compute_event_kind compute_kind_of(enum kms_status s)
{
	switch (s) {
	case KMS_OK:
		return COMPUTE_DONE;
	case KMS_INTEGRITY:
		return COMPUTE_WRONG;
	case KMS_BAD_FRAME:
	case KMS_UNKNOWN_OP:
	case KMS_BAD_DATA:
		return COMPUTE_BAD;
	case KMS_NOT_PERMITTED:
	case KMS_NO_KEY:
	case KMS_KEY_STATE:
	case KMS_KEY_USE:
	case KMS_RATE:
	case KMS_NOT_SIGNED_IN:
		return COMPUTE_DENIED;
	case KMS_BUSY:
	case KMS_DEVICE_FAILED:
	case KMS_LMK_MISSING:
	case KMS_INTERNAL:
	default:
		return COMPUTE_FAILED;
	}
}

/* --- permission, in the order of keys 16.1 --- */

static result refuse(enum key_client_refusal r)
{
	switch (r) {
	case KEY_CLIENT_MAY:
		return OK;
	case KEY_CLIENT_NO_RATE:
	case KEY_CLIENT_NO_QUOTA:
		return FAIL(KMS_OVER_RATE, "%s", key_client_refusal_name(r));
	case KEY_CLIENT_NO_CERTIFICATE:
	case KEY_CLIENT_NOT_ACTIVE:
	case KEY_CLIENT_NO_OP:
	case KEY_CLIENT_NO_USAGE:
	case KEY_CLIENT_NO_LABEL:
	default:
		return FAIL(KMS_DENIED, "%s", key_client_refusal_name(r));
	}
}

/* The row for this message. */
static result find_op(const struct compute *c, struct compute_call *call, uint16_t code)
{
	const struct compute_rows *rows = &c->ops[code];
	struct bytes mode = kms_bytes(&call->in, KMS_TAG_MODE);

	for (size_t i = 0; i < rows->count; i++)
		if (!rows->at[i].mode || (mode.len && mode.at[0] == rows->at[i].mode)) {
			call->op = &rows->at[i];
			return OK;
		}
	return FAIL(KMS_FIELD_WRONG, "tag %04X", KMS_TAG_MODE);
}

bool compute_is_among(const char *usages, const char *usage)
{
	for (const char *at = usages; at && *at; at += at[2] ? 3 : 2)
		if (memcmp(at, usage, 2) == 0)
			return true;
	return false;
}

/* A label that the client may not name anyway does not say whether there is such a key. */
static result find_key(struct compute_call *c, struct str label, const struct key_entry **out)
{
	result r = key_cache_find(c->cache, label, out);

	if (r.code == KEY_NOT_FOUND && !key_client_may_name(c->client, label))
		return refuse(KEY_CLIENT_NO_LABEL);
	TRY(r);
	return refuse(
	        key_client_may_use(c->client, (*out)->definition.usage, str_of((*out)->label)));
}

static result check_key(const struct compute_call *c, const struct key_entry *e, const char *usages,
                        enum key_deed deed)
{
	enum key_state s = key_cache_state(c->cache, e);
	int64_t until = e->version.process_until.us;

	if (!(c->op->flags & COMPUTE_ANY_USE) && !compute_is_among(usages, e->definition.usage))
		return FAIL(KEY_USE, "usage %s", e->definition.usage);
	if (c->op->flags & COMPUTE_ANY_STATE)
		return OK;
	if (!key_version_allows(&e->version, deed, c->now) || (until && until <= c->now.us))
		return FAIL(KEY_STATE, "%s", key_state_names[s]);
	return OK;
}

result compute_find_keys(struct compute_call *c)
{
	struct kms_values labels = kms_values_of(&c->in, KMS_TAG_LABEL);
	struct bytes label;

	while (c->key_count < COMPUTE_KEYS_MAX && kms_values_next(&labels, &label)) {
		TRY(find_key(c, (struct str){ (const char *)label.at, label.len },
		             &c->keys[c->key_count]));
		c->key_count++;
	}
	if (kms_has(&c->in, KMS_TAG_KEK))
		TRY(find_key(c, kms_str(&c->in, KMS_TAG_KEK), &c->kek));
	for (size_t i = 0; i < c->key_count; i++)
		TRY(check_key(c, c->keys[i], c->op->usages, c->op->deed));
	return c->kek ? check_key(c, c->kek, c->op->kek_usages, c->op->kek_deed) : OK;
}

result compute_admit(struct compute *c, struct key_client_meter *meter, const struct kms_message *m)
{
	struct compute_call *call = &c->call;
	enum key_client_refusal refusal = key_client_may_call(call->client, m->op);

	if (refusal != KEY_CLIENT_NO_CERTIFICATE && refusal != KEY_CLIENT_NOT_ACTIVE &&
	    (m->op >= KMS_OPS || c->ops[m->op].count == 0))
		return FAIL(KMS_OP_UNKNOWN, "%04X", m->op);
	TRY(refuse(refusal));
	if (m->type != KMS_REQUEST)
		return FAIL(KMS_FRAME_BROKEN, "an answer");
	TRY(kms_fields_read(m->body, &call->in));
	TRY(find_op(c, call, m->op));
	TRY(kms_fields_check(&call->in, call->op->rules, call->op->rule_count));
	TRY(compute_find_keys(call));
	call->items = call->op->item ? kms_count(&call->in, call->op->item) : 1;
	return refuse(key_client_meter_take(meter, call->client, call->now, call->items));
}
