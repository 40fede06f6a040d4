/* SPDX-License-Identifier: Apache-2.0 */
/* A batch file into the store: all of it, once. */
#include "domain/keys/exchange_batch_in.h"

#include "crypto/digest.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

enum { DAY_S = 86400 };

/* --- storing, when everything was checked --- */

/* The definition of a row, made when no row before has made it. */
static result need_definition(struct exchange_run *r, struct exchange_step *s)
{
	struct key_label l = { 0 };
	result found;

	if (s->k.id)
		return OK;
	str_copy(str_of(r->result->header.issuer), l.issuer, sizeof l.issuer);
	str_copy(str_of(s->row.product), l.product, sizeof l.product);
	str_copy(str_of(s->row.key), l.key, sizeof l.key);
	found = key_definition_find(r->act->tx, &l, &s->k);
	if (found.code != CATALOG_NOT_FOUND)
		return found;
	TRY(key_definition_add(r->act, &s->k));
	r->result->defined++;
	return key_definition_load(r->act->tx, s->k.id, &s->k); /* with its place */
}

/* Protection ends with the last day, whatever the definition's period is. */
static result set_end(struct exchange_run *r, const struct exchange_step *s, int64_t version)
{
	int64_t end_s = (bizdate_days(s->row.to) + 1) * DAY_S - EXCHANGE_ZONE_S;

	return db_execute(r->act->tx, &sql_exchange_protect_until,
	                  DB_ARGS(db_arg_i64(version), db_arg_i64(end_s * SECOND_US)), NULL);
}

static result store(struct exchange_run *r, struct exchange_step *s)
{
	struct key_version v;

	if (s->deed == EXCHANGE_SKIP) {
		r->result->skipped++;
		return OK;
	}
	TRY(need_definition(r, s));
	TRY(exchange_unseal(r->zmk, s->row.block, r->value));
	TRY(key_version_store(r->act, &s->k, &s->order, bytes_of(r->value->at, r->value->len), NULL,
	                      &v));
	if (s->row.to.yyyymmdd)
		TRY(set_end(r, s, v.id));
	r->result->imported++;
	return OK;
}

static result store_all(struct exchange_run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		TRY(exchange_batch_blame(r, &r->steps[i].row, store(r, &r->steps[i])));
		TRY(exchange_go_on(&r->wish->progress, r->count + i + 1, 2 * r->count));
	}
	return OK;
}

static result note(struct exchange_run *r, const uint8_t sha256[DIGEST_SIZE])
{
	const struct ockx_header *h = &r->result->header;
	struct exchange_batch b = { .direction = EXCHANGE_IN, .count = r->count };
	char text[2 * DIGEST_SIZE + 1];

	str_copy(str_of(h->batch), b.code, sizeof b.code);
	str_copy(str_of(r->zmk->label), b.zmk, sizeof b.zmk);
	memcpy(b.sha256, sha256, sizeof b.sha256);
	hex_encode(bytes_of(sha256, DIGEST_SIZE), text);
	TRY(exchange_batch_add(r->act, &b));
	return key_audit_write(
	        r->act, "BATCH.IMPORT", OK,
	        "batch=%s issuer=%s zmk=%s count=%zu imported=%zu skipped=%zu defined=%zu "
	        "sha256=%s",
	        b.code, h->issuer, b.zmk, b.count, r->result->imported, r->result->skipped,
	        r->result->defined, text);
}

/* --- the file as a whole --- */

static result check_whole(struct exchange_run *r, const struct ockx *file)
{
	const struct ockx_header *h = &file->header;
	uint8_t mac[MAC_FULL_SIZE];
	size_t len;

	TRY(exchange_zmk_require(r->zmk, str_of(h->check)));
	if (h->version != r->zmk->block_version)
		return FAIL(EXCHANGE_VERSION, "blocks of version %c under %s", h->version,
		            r->zmk->label);
	TRY(exchange_zmk_mac(r->zmk, file->covered, mac, &len));
	if (!bytes_equal_secret(bytes_of(mac, len), bytes_of(file->mac, file->mac_len)))
		return FAIL(EXCHANGE_MAC, "batch %s of %s", h->batch, h->issuer);
	return OK;
}

/* What storing would come to; definitions are not counted, one may be of several rows. */
static void count_all(struct exchange_run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		r->result->imported += r->steps[i].deed == EXCHANGE_ADD;
		r->result->skipped += r->steps[i].deed == EXCHANGE_SKIP;
	}
}

static result import(struct exchange_run *r, struct ockx *file, const uint8_t sha256[DIGEST_SIZE])
{
	SCOPED(arena_free) struct arena a = { 0 };

	r->steps = arena_array(&a, r->count, sizeof *r->steps);
	TRY(exchange_batch_check(r, file));
	if (r->wish->check_only) {
		count_all(r);
		return OK;
	}
	TRY(store_all(r));
	return note(r, sha256);
}

static result run(struct key_act *act, const struct exchange_batch_wish *wish, struct ockx *file,
                  struct exchange_batch_result *out)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	SCOPED(exchange_value_close) struct exchange_value v = { 0 };
	struct exchange_run r = { .act = act, .wish = wish, .result = out, .zmk = &z, .value = &v };
	struct exchange_batch before;
	uint8_t sha256[DIGEST_SIZE];
	bool known;

	r.count = out->header.count;
	digest_sha256(str_bytes(file->whole), sha256);
	TRY(exchange_batch_find(act->tx, EXCHANGE_IN, out->header.batch, &before, &known));
	out->done_before = known && memcmp(before.sha256, sha256, sizeof sha256) == 0;
	if (out->done_before)
		return OK;
	TRY(exchange_zmk_open(act, wish->zmk, KEY_TO_PROCESS, &z));
	TRY(check_whole(&r, file));
	if (known)
		return FAIL(EXCHANGE_BATCH_OTHER, "batch %s", out->header.batch);
	TRY(exchange_value_open(&v));
	return import(&r, file, sha256);
}

result exchange_batch_import(struct key_act *act, const struct exchange_batch_wish *wish,
                             struct str file, struct exchange_batch_result *r)
{
	struct ockx o;

	*r = (struct exchange_batch_result){ 0 };
	TRY(ockx_open(file, &o, &r->fault));
	r->header = o.header;
	result done = run(act, wish, &o, r);
	if (!is_ok(done))
		r->imported = r->skipped = r->defined = 0; /* the caller takes them back */
	return done;
}
