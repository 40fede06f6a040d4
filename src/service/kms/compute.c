/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/compute.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "service/kms/compute_private.h"
#include "service/kms/compute_watch.h"

const char *const compute_event_names[] = { "DONE",  "ISSUED", "DENIED", "BAD",
	                                    "WRONG", "FAILED", "ALARM",  NULL };

static const struct compute_table *const built_in[] = {
	&compute_basic_table, &compute_cipher_table, &compute_mac_table,  &compute_wrap_table,
	&compute_purse_table, &compute_tac_table,    &compute_card_table, &compute_sam_table,
	&compute_sign_table,  &compute_issuer_table, &compute_emv_table,  &compute_sm2_table,
	&compute_pin_table,
};

/* --- open and close --- */

static void add_table(struct compute *c, const struct compute_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct compute_op *op = &t->at[i];
		struct compute_rows *rows = &c->ops[op->code];

		ASSERT(op->code < KMS_OPS && (rows->count == 0 || rows->at + rows->count == op));
		if (rows->count++ == 0)
			rows->at = op;
	}
}

result compute_open(const struct compute_setup *s, struct compute **out)
{
	struct key_cache_setup cache = { .reader = s->reader,
		                         .dsn = s->dsn,
		                         .generation = s->generation };
	struct compute *c = calloc(1, sizeof *c);

	ASSERT(s->sink.event && s->watch && (s->sessions[0] || s->sessions[1]));
	*out = NULL;
	if (!c)
		return FAIL(OUT_OF_MEMORY, "computing service");
	memcpy(cache.sessions, s->sessions, sizeof cache.sessions);
	result r = key_cache_open(&cache, &c->cache);
	if (!is_ok(r)) {
		compute_close(&c);
		return r;
	}
	c->sink = s->sink;
	c->watch = s->watch;
	c->owner = s->owner;
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
		add_table(c, built_in[i]);
	for (size_t i = 0; i < s->table_count; i++)
		add_table(c, &s->tables[i]);
	*out = c;
	return OK;
}

void compute_close(struct compute **compute)
{
	struct compute *c = *compute;

	*compute = NULL;
	if (!c)
		return;
	key_cache_close(&c->cache);
	free(c);
}

void compute_round_begin(struct compute *c)
{
	key_cache_round_begin(c->cache);
}

void compute_round_end(struct compute *c)
{
	key_cache_round_end(c->cache);
}

void compute_idle(struct compute *c, struct instant now)
{
	key_cache_tidy(c->cache, now);
}

/* --- what the audit learns --- */

static void tell(const struct compute *c, const struct compute_call *call, uint16_t code,
                 struct compute_event e)
{
	const char *name = c->ops[code % KMS_OPS].count ? c->ops[code % KMS_OPS].at->name : NULL;

	e.at = call->now;
	e.client = call->client;
	e.op = code;
	e.name = name && code < KMS_OPS ? name : "unknown";
	if (!e.label)
		e.label = call->key_count ? call->keys[0]->label : "";
	if (!e.detail)
		e.detail = "";
	c->sink.event(c->sink.owner, &e);
}

static void tell_issued(const struct compute *c, const struct compute_call *call, uint16_t code)
{
	char detail[COMPUTE_DETAIL_MAX + KCV_TEXT_SIZE + 8];

	for (size_t i = 0; i < call->issued_count; i++) {
		snprintf(detail, sizeof detail, "kcv=%s %s", call->issued[i].kcv, call->detail);
		tell(c, call, code,
		     (struct compute_event){ .kind = COMPUTE_ISSUED,
		                             .status = KMS_OK,
		                             .label = call->issued[i].key->label,
		                             .count = 1,
		                             .detail = detail });
	}
}

static void tell_outcome(struct compute *c, const struct compute_call *call,
                         struct key_client_meter *meter, uint16_t code, enum kms_status s)
{
	size_t wrong = s == KMS_INTEGRITY && call->wrong == 0 ? 1 : call->wrong;

	if (s == KMS_OK && call->issued_count) {
		tell_issued(c, call, code);
		return;
	}
	tell(c, call, code,
	     (struct compute_event){ .kind = compute_kind_of(s),
	                             .status = s,
	                             .count = s == KMS_INTEGRITY ? wrong : call->items,
	                             .detail = s == KMS_OK ? "" : result_last()->text });
	if (s == KMS_INTEGRITY && key_client_meter_wrong(meter, call->now, wrong))
		tell(c, call, code,
		     (struct compute_event){ .kind = COMPUTE_ALARM,
		                             .status = s,
		                             .count = wrong,
		                             .detail = "client" });
}

/* --- one request --- */

static void reset(struct compute *c, const struct key_client *client, struct instant now,
                  struct writer *out)
{
	struct compute_call *call = &c->call;

	call->compute = c;
	call->cache = c->cache;
	call->owner = c->owner;
	call->client = client;
	call->now = now;
	call->op = NULL;
	call->key_count = call->items = call->wrong = call->issued_count = 0;
	call->kek = NULL;
	call->out = out;
	call->status = KMS_OK;
	call->detail[0] = '\0';
	out->len = 0;
	out->bad = false;
}

/* A key in the device went away under the call: once more, with keys that are opened anew. The rate
 * has been paid. */
static result work(struct compute *c)
{
	struct compute_call *call = &c->call;
	struct writer *out = call->out;
	result r = call->op->work(call);

	if (r.code != HSM_OBJECT_GONE)
		return r;
	size_t items = call->items;
	const struct compute_op *op = call->op;
	key_cache_drop(c->cache);
	reset(c, call->client, call->now, out);
	call->op = op;
	call->items = items;
	TRY(compute_find_keys(call));
	return op->work(call);
}

static result run(struct compute *c, struct key_client_meter *meter, const struct kms_message *m)
{
	TRY(compute_admit(c, meter, m));
	TRY(work(c));
	return writer_done(c->call.out);
}

static bool is_narrow(const struct compute_call *call)
{
	bool narrow = call->kek && key_cache_is_narrow(call->kek);

	for (size_t i = 0; i < call->key_count; i++)
		narrow |= key_cache_is_narrow(call->keys[i]);
	return narrow;
}

bool compute_was_narrow(const struct compute *c)
{
	return c->was_narrow;
}

void compute_answer(struct compute *c, const struct key_client *client,
                    struct key_client_meter *meter, struct instant now,
                    const struct kms_message *request, struct kms_answer *out)
{
	struct compute_call *call = &c->call;

	ASSERT(!client || meter);
	key_cache_begin(c->cache, now);
	reset(c, client, now, &out->body);
	result r = run(c, meter, request);
	out->status = compute_status_of(r);
	if (!is_ok(r) && call->status != KMS_OK)
		out->status = call->status;
	bool stands = is_ok(r) || (r.code == KMS_WRONG && call->op->flags & COMPUTE_KEEP_WRONG);
	if (!stands || out->body.bad) {
		secret_wipe_bytes(out->body.at, out->body.len);
		out->body.len = 0;
		out->body.bad = false;
	}
	tell_outcome(c, call, meter, request->op, out->status);
	c->was_narrow = is_narrow(call);
	key_cache_end(c->cache);
}

/* --- for the operations --- */

result compute_key(struct compute_call *c, size_t i, struct working_key **out)
{
	return key_cache_key(c->cache, c->keys[i], out);
}

result compute_kek(struct compute_call *c, struct working_key **out)
{
	return key_cache_key(c->cache, c->kek, out);
}

result compute_factors(const struct compute_call *c, unsigned tag, const struct key_entry *key,
                       bool exact, struct pboc_factors *out)
{
	struct kms_values values = kms_values_of(&c->in, tag);
	unsigned levels = key->definition.levels;
	struct bytes value;

	*out = (struct pboc_factors){ 0 };
	while (out->count < PBOC_LEVELS_MAX && kms_values_next(&values, &value))
		memcpy(out->at[out->count++], value.at, PBOC_FACTOR_SIZE);
	if (out->count == 0 || (levels && out->count > levels) ||
	    (levels && exact && out->count != levels))
		return FAIL(KMS_FIELD_WRONG, "%u factors, the key has %u levels", out->count,
		            levels);
	return OK;
}

/* Of a bank card's number the first six and the last four digits are left. */
static void name_card(const struct compute_call *c, struct bytes card, char *hex)
{
	hex_encode(card, hex);
	if (!kms_has(&c->in, KMS_TAG_PAN))
		return;
	size_t digits = strcspn(hex, "F");
	for (size_t i = 6; i + 4 < digits; i++)
		hex[i] = '*';
}

result compute_note_wrong(struct compute_call *c, struct bytes card, size_t failures)
{
	char hex[2 * COMPUTE_WATCH_ID + 1], detail[sizeof hex + 8];

	c->wrong += failures;
	if (compute_watch_note(c->compute->watch, card, c->now, failures)) {
		name_card(c, card, hex);
		snprintf(detail, sizeof detail, "card=%s", hex);
		tell(c->compute, c, c->op->code,
		     (struct compute_event){ .kind = COMPUTE_ALARM,
		                             .status = KMS_INTEGRITY,
		                             .count = failures,
		                             .detail = detail });
	}
	return FAIL(KMS_WRONG, "%zu", failures);
}

void compute_note_issued(struct compute_call *c, const struct key_entry *key, const struct kcv *kcv)
{
	ASSERT(c->issued_count < COMPUTE_KEYS_MAX);
	c->issued[c->issued_count].key = key;
	kcv_text(kcv, c->issued[c->issued_count++].kcv);
}

void compute_put_ops(const struct compute_call *c, struct writer *out)
{
	for (uint16_t op = 1; op < KMS_OPS; op++)
		if (c->compute->ops[op].count &&
		    key_client_may_call(c->client, op) == KEY_CLIENT_MAY)
			writer_u16(out, op);
}
