/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ca_key.h"

#include <inttypes.h>

#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

const char *const ca_key_state_names[] = { "ACTIVE", "EXPIRED", "REVOKED", NULL };

/* --- by the clock --- */

struct bizdate ca_day(struct instant now)
{
	return bizdate_of(now, TIME_ZONE_CHINA_S, 0);
}

enum ca_key_state ca_key_state_at(const struct ca_key *k, struct bizdate today)
{
	bool is_over = k->public.expiry.yyyymmdd < today.yyyymmdd;

	return k->state == CA_KEY_ACTIVE && is_over ? CA_KEY_EXPIRED : k->state;
}

result ca_key_require_active(const struct ca_key *k, struct bizdate today)
{
	enum ca_key_state s = ca_key_state_at(k, today);

	return s == CA_KEY_ACTIVE ? OK
	                          : FAIL(CA_KEY_STATE, "CA key %02X is %s", k->public.index,
	                                 ca_key_state_names[s]);
}

/* --- rows --- */

static result read_row(struct db_rows *rows, struct ca_key *k)
{
	struct bytes modulus = db_bytes(rows, 4), source = db_bytes(rows, 8);

	*k = (struct ca_key){ .id = db_i64(rows, 0),
		              .ca = db_i64(rows, 1),
		              .state = (enum ca_key_state)db_enum(rows, 9, ca_key_state_names),
		              .created = { db_i64(rows, 10) } };
	db_fixed(rows, 2, k->public.rid, EMV_RID);
	k->public.index = (uint8_t)db_u32(rows, 3);
	TRY(emv_key_init(&k->public.key, modulus, db_u32(rows, 5)));
	k->public.expiry.yyyymmdd = db_u32(rows, 6);
	db_fixed(rows, 7, k->checksum, EMV_HASH);
	k->has_source = source.len == DIGEST_SIZE;
	if (k->has_source)
		memcpy(k->source, source.at, DIGEST_SIZE);
	return OK;
}

/* Up to `max`; a row that is no key stops it. */
static result read_rows(struct db_rows *rows, struct ca_key *out, size_t max, size_t *count)
{
	*count = 0;
	while (*count < max && db_next(rows)) {
		result r = read_row(rows, &out[*count]);

		TRY(db_done(rows));
		TRY(r);
		(*count)++;
	}
	return db_done(rows);
}

result ca_key_load(struct db_tx *tx, int64_t id, struct ca_key *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	size_t count;

	TRY(db_select(tx, &sql_ca_key_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	TRY(read_rows(&rows, out, 1, &count));
	return count ? OK : FAIL(CA_NOT_FOUND, "CA key %" PRId64, id);
}

result ca_key_list(struct db_tx *tx, int64_t ca, struct arena *a, struct ca_key **out,
                   size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CA_KEYS_MAX, sizeof **out);
	TRY(db_select(tx, &sql_ca_key_list, DB_ARGS(db_arg_i64(ca), db_arg_i64(CA_KEYS_MAX)),
	              &rows));
	return read_rows(&rows, *out, CA_KEYS_MAX, count);
}

result ca_key_of_index(struct db_tx *tx, const uint8_t rid[EMV_RID], uint8_t index,
                       struct ca_key out[CA_KEYS_OF_INDEX_MAX], size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_ca_key_of_index,
	              DB_ARGS(db_arg_bytes(bytes_of(rid, EMV_RID)), db_arg_i64(index),
	                      db_arg_i64(CA_KEYS_OF_INDEX_MAX)),
	              &rows));
	return read_rows(&rows, out, CA_KEYS_OF_INDEX_MAX, count);
}

/* --- acts --- */

static result note(struct key_act *act, const char *op, const struct ca *c, const struct ca_key *k)
{
	char checksum[2 * EMV_HASH + 1];

	hex_encode(bytes_of(k->checksum, EMV_HASH), checksum);
	return key_audit_write(act, op, OK, "ca=%s index=%02X bits=%zu checksum=%s expiry=%u",
	                       c->code, k->public.index, k->public.key.size * 8, checksum,
	                       k->public.expiry.yyyymmdd);
}

/* keys 16.2, whoever made the offer */
static result check(struct key_act *act, const struct ca *c, const struct ca_offer *o)
{
	const struct ipk_ca *k = &o->key;
	struct emv_key again;
	int64_t there;

	if (memcmp(k->rid, c->rid, EMV_RID) != 0)
		return FAIL(CA_FIELD, "the key's RID is not that of %s", c->code);
	TRY(emv_key_init(&again, emv_key_modulus(&k->key), k->key.exponent));
	TRY(emv_ca_check(k->rid, k->index, &k->key, o->published));
	if (k->expiry.yyyymmdd < ca_day(act->now).yyyymmdd)
		return FAIL(CA_KEY_STATE, "CA key %02X expired on %u", k->index,
		            k->expiry.yyyymmdd);
	TRY(db_select_i64(act->tx, &sql_ca_key_taken,
	                  DB_ARGS(db_arg_i64(c->id), db_arg_i64(k->index)), &there));
	return there ? FAIL(CA_KEY_EXISTS, "%s %02X", c->code, k->index) : OK;
}

result ca_key_import(struct key_act *act, int64_t ca, const struct ca_offer *o, struct ca_key *out)
{
	const struct ipk_ca *k = &o->key;
	struct ca c;

	TRY(ca_load(act->tx, ca, &c));
	TRY(check(act, &c, o));
	*out = (struct ca_key){
		.ca = ca, .public = *k, .has_source = o->has_source, .created = act->now
	};
	memcpy(out->checksum, o->published, EMV_HASH);
	memcpy(out->source, o->source, DIGEST_SIZE);
	TRY(db_select_i64(
	        act->tx, &sql_ca_key_add,
	        DB_ARGS(db_arg_i64(ca), db_arg_i64(k->index),
	                db_arg_bytes(emv_key_modulus(&k->key)), db_arg_i64(k->key.exponent),
	                db_arg_i64(k->expiry.yyyymmdd),
	                db_arg_bytes(bytes_of(out->checksum, EMV_HASH)),
	                db_arg_bytes(bytes_of(o->source, o->has_source ? DIGEST_SIZE : 0)),
	                db_arg_i64(act->now.us)),
	        &out->id));
	return note(act, "CAKEY.IMPORT", &c, out);
}

result ca_key_import_all(struct key_act *act, int64_t ca, const struct ca_offer *offers,
                         size_t count)
{
	struct ca_key k;
	struct ca c;

	TRY(ca_load(act->tx, ca, &c));
	for (size_t i = 0; i < count; i++) {
		TRY(check(act, &c, &offers[i]));
		for (size_t j = 0; j < i; j++)
			if (offers[j].key.index == offers[i].key.index)
				return FAIL(CA_KEY_EXISTS, "%s %02X twice", c.code,
				            offers[i].key.index);
	}
	for (size_t i = 0; i < count; i++)
		TRY(ca_key_import(act, ca, &offers[i], &k));
	return OK;
}

/* Load it with its authority. */
static result load_both(struct db_tx *tx, int64_t id, struct ca_key *k, struct ca *c)
{
	TRY(ca_key_load(tx, id, k));
	return ca_load(tx, k->ca, c);
}

result ca_key_revoke(struct key_act *act, int64_t id)
{
	struct ca_key k;
	struct ca c;

	TRY(load_both(act->tx, id, &k, &c));
	if (k.state == CA_KEY_REVOKED)
		return FAIL(CA_KEY_STATE, "CA key %02X is revoked already", k.public.index);
	TRY(db_execute(act->tx, &sql_ca_key_set_state,
	               DB_ARGS(db_arg_i64(id), db_arg_text(ca_key_state_names[CA_KEY_REVOKED])),
	               NULL));
	return note(act, "CAKEY.REVOKE", &c, &k);
}

result ca_key_remove(struct key_act *act, int64_t id)
{
	struct ca_key k;
	struct ca c;
	int64_t count;

	TRY(load_both(act->tx, id, &k, &c));
	TRY(db_select_i64(act->tx, &sql_ca_key_children, DB_ARGS(db_arg_i64(id)), &count));
	if (count)
		return FAIL(CA_IN_USE, "%" PRId64 " requests and certificates", count);
	TRY(db_execute(act->tx, &sql_ca_key_remove, DB_ARGS(db_arg_i64(id)), NULL));
	return note(act, "CAKEY.REMOVE", &c, &k);
}

result ca_key_follow_clock(struct key_act *act, size_t *moved)
{
	int64_t expired;

	TRY(db_execute(act->tx, &sql_ca_key_expire_due,
	               DB_ARGS(db_arg_i64(ca_day(act->now).yyyymmdd)), &expired));
	*moved = (size_t)expired;
	return expired ? key_audit_write(act, "CAKEY.EXPIRE", OK, "count=%" PRId64, expired) : OK;
}
