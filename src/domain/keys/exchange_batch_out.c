/* SPDX-License-Identifier: Apache-2.0 */
/* A batch file out of the store. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "domain/keys/exchange_batch_row.h"
#include "domain/keys/exchange_value.h"
#include "domain/keys/key_audit.h"

enum { CODE_TRIES = 20 };

/* One export under way. */
struct run {
	struct key_act *act;
	const struct exchange_batch_order *order;
	struct exchange_batch_made *made;
	struct buf *out;
	struct exchange_zmk *zmk;
	char issuer[KEY_CODE_MAX + 1]; /* of all keys */
};

/* --- the choice --- */

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static result check_choice(const struct exchange_batch_order *o)
{
	SCOPED(arena_free) struct arena a = { 0 };
	int64_t *sorted;

	if (o->count == 0 || o->count > OCKX_ROWS_MAX)
		return FAIL(EXCHANGE_SELECTION, "%zu keys", o->count);
	sorted = arena_array(&a, o->count, sizeof *sorted);
	memcpy(sorted, o->versions, o->count * sizeof *sorted);
	qsort(sorted, o->count, sizeof *sorted, by_id);
	for (size_t i = 1; i < o->count; i++)
		if (sorted[i] == sorted[i - 1])
			return FAIL(EXCHANGE_DUPLICATE, "a version is chosen twice");
	return OK;
}

/* Eight characters that can be read aloud, and were never used. */
static result make_code(struct run *r)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	struct exchange_batch known;
	uint8_t bytes[OCKX_CODE_MAX];
	bool taken = true;

	for (int i = 0; taken && i < CODE_TRIES; i++) {
		random_fill(r->act->random, bytes, sizeof bytes);
		for (size_t at = 0; at < sizeof bytes; at++)
			r->made->code[at] = letters[bytes[at] & 31];
		r->made->code[sizeof bytes] = '\0';
		TRY(exchange_batch_find(r->act->tx, EXCHANGE_OUT, r->made->code, &known, &taken));
	}
	return taken ? FAIL(EXCHANGE_BATCH_OTHER, "no batch number is free") : OK;
}

static result choose_code(struct run *r)
{
	struct exchange_batch known;
	bool taken;

	if (!r->order->code[0])
		return make_code(r);
	str_copy(str_of(r->order->code), r->made->code, sizeof r->made->code);
	TRY(exchange_batch_find(r->act->tx, EXCHANGE_OUT, r->made->code, &known, &taken));
	return taken ? FAIL(EXCHANGE_BATCH_OTHER, "batch %s", r->made->code) : OK;
}

/* --- rows --- */

static struct bizdate day_of(struct instant t)
{
	return t.us ? bizdate_of(t, EXCHANGE_ZONE_S, 0) : (struct bizdate){ 0 };
}

/* The last day it protects. One that was ended by order ended yesterday: it must not begin to
 * protect again elsewhere. */
static struct bizdate last_day(const struct key_version *v, struct instant now)
{
	struct bizdate yesterday = bizdate_add(day_of(now), -1);
	struct bizdate last =
	        day_of((struct instant){ v->protect_until.us ? v->protect_until.us - 1 : 0 });

	if (key_version_state_at(v, now) == KEY_DEACTIVATED &&
	    (!last.yyyymmdd || last.yyyymmdd > yesterday.yyyymmdd))
		return yesterday;
	return last;
}

static void describe(const struct exchange_source *s, const struct exchange_block *block,
                     struct instant now, struct ockx_row *row)
{
	*row = (struct ockx_row){ .version = s->version.version,
		                  .algorithm = s->definition.algorithm,
		                  .bits = s->definition.bits,
		                  .from = day_of(s->version.activate_at),
		                  .to = last_day(&s->version, now),
		                  .block = { block->text, block->len } };
	if (row->to.yyyymmdd && row->from.yyyymmdd > row->to.yyyymmdd)
		row->from = row->to;
	str_copy(str_of(s->definition.product_code), row->product, sizeof row->product);
	str_copy(str_of(s->definition.code), row->key, sizeof row->key);
	str_copy(str_of(s->definition.usage), row->usage, sizeof row->usage);
	str_copy(str_of(block->kcv), row->check, sizeof row->check);
}

static result put_source(struct run *r, struct exchange_source *s, size_t i)
{
	struct exchange_export how = { .bare = r->order->bare };
	struct exchange_block block;
	struct ockx_row row;

	if (strcmp(s->definition.issuer_code, r->issuer) != 0)
		return FAIL(EXCHANGE_SELECTION, "%s is not of issuer %s", s->label, r->issuer);
	TRY(exchange_source_require(r->act, s, r->zmk));
	TRY(exchange_source_seal(r->act, r->zmk, s, &how, &block));
	describe(s, &block, r->act->now, &row);
	return ockx_put_row(r->out, (unsigned)i + 1, &row);
}

static result put_row(struct run *r, size_t i)
{
	SCOPED(exchange_source_close) struct exchange_source s = { 0 };

	r->made->failed_at = i + 1;
	TRY(exchange_source_open(r->act, r->order->versions[i], &s));
	TRY(put_source(r, &s, i));
	r->made->failed_at = 0;
	return exchange_go_on(&r->order->progress, i + 1, r->order->count);
}

/* --- the file --- */

static result find_issuer(struct run *r)
{
	struct key_version first;
	struct key_definition k;

	r->made->failed_at = 1;
	TRY(key_version_load(r->act->tx, r->order->versions[0], &first));
	TRY(key_definition_load(r->act->tx, first.key, &k));
	str_copy(str_of(k.issuer_code), r->issuer, sizeof r->issuer);
	r->made->failed_at = 0;
	return OK;
}

/* The transport key by its short name, as TV-22 has it: KEY.VERSION. */
static result put_header(struct run *r)
{
	struct ockx_header h = { .made = r->act->now,
		                 .version = r->zmk->block_version,
		                 .count = (unsigned)r->order->count };

	str_copy(str_of(r->issuer), h.issuer, sizeof h.issuer);
	str_copy(str_of(r->made->code), h.batch, sizeof h.batch);
	snprintf(h.zmk, sizeof h.zmk, "%s.%02u", r->zmk->definition.code,
	         r->zmk->version.version % 100);
	str_copy(str_of(r->zmk->version.kcv), h.check, sizeof h.check);
	return ockx_put_header(r->out, &h);
}

static result put_end(struct run *r, size_t start)
{
	uint8_t mac[MAC_FULL_SIZE];
	size_t len;

	TRY(ockx_put_end(r->out, (unsigned)r->order->count));
	struct str covered = { (const char *)r->out->at + start, r->out->len - start };
	TRY(exchange_zmk_mac(r->zmk, covered, mac, &len));
	TRY(ockx_put_mac(r->out, bytes_of(mac, len)));
	digest_sha256(bytes_of(r->out->at + start, r->out->len - start), r->made->sha256);
	r->made->count = r->order->count;
	return OK;
}

static result note(struct run *r)
{
	struct exchange_batch b = { .direction = EXCHANGE_OUT, .count = r->order->count };
	char sha256[2 * sizeof b.sha256 + 1];

	str_copy(str_of(r->made->code), b.code, sizeof b.code);
	str_copy(str_of(r->zmk->label), b.zmk, sizeof b.zmk);
	memcpy(b.sha256, r->made->sha256, sizeof b.sha256);
	hex_encode(bytes_of(b.sha256, sizeof b.sha256), sha256);
	TRY(exchange_batch_add(r->act, &b));
	return key_audit_write(r->act, "BATCH.EXPORT", OK,
	                       "batch=%s issuer=%s zmk=%s form=%c count=%zu sha256=%s path=host",
	                       b.code, r->issuer, b.zmk, r->zmk->block_version, b.count, sha256);
}

static result write_file(struct run *r)
{
	size_t start = r->out->len;

	TRY(check_choice(r->order));
	TRY(exchange_zmk_open(r->act, r->order->zmk, KEY_TO_PROTECT, r->zmk));
	TRY(find_issuer(r));
	TRY(choose_code(r));
	TRY(put_header(r));
	for (size_t i = 0; i < r->order->count; i++)
		TRY(put_row(r, i));
	TRY(put_end(r, start));
	return note(r);
}

result exchange_batch_export(struct key_act *act, const struct exchange_batch_order *o,
                             struct buf *out, struct exchange_batch_made *made)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	struct run r = { .act = act, .order = o, .made = made, .out = out, .zmk = &z };
	size_t start = out->len;
	bool bad = out->bad;

	*made = (struct exchange_batch_made){ 0 };
	result done = write_file(&r);
	if (!is_ok(done)) {
		out->len = start;
		out->bad = bad;
	}
	return done;
}
