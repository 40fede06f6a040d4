/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/day_root.h"

#include "crypto/ytap_keys.h"
#include "domain/keys/kms_sql.h"

static const char *const state_names[] = { "ACTIVE", "PREVIOUS", "DESTROYED", NULL };

enum { FIRST_SEQUENCE = 1 };

/* --- rows --- */

static void read_row(struct db_rows *rows, struct day_root *r)
{
	*r = (struct day_root){
		.id = db_i64(rows, 0),
		.lmk = db_i64(rows, 1),
		.day = { db_u32(rows, 2) },
		.seq = (uint8_t)db_u32(rows, 3),
		.state = (enum day_root_state)db_enum(rows, 4, state_names),
		.not_before = { db_i64(rows, 7) },
		.not_after = { db_i64(rows, 8) },
	};
	db_text(rows, 5, r->kcv, sizeof r->kcv);
	db_text(rows, 6, r->block, sizeof r->block);
}

result day_root_list(struct db_tx *tx, const char *domain, struct day_root out[DAY_ROOTS_MAX],
                     size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*count = 0;
	TRY(db_select(tx, &sql_day_root_list,
	              DB_ARGS(db_arg_text(domain), db_arg_i64(DAY_ROOTS_MAX)), &rows));
	while (*count < DAY_ROOTS_MAX && db_next(&rows))
		read_row(&rows, &out[(*count)++]);
	return db_done(&rows);
}

struct instant day_root_until(const struct day_root *r)
{
	if (r->state == DAY_ROOT_ACTIVE)
		return (struct instant){ 0 };
	return (struct instant){ r->not_after.us + DAY_ROOT_KEPT_S * (int64_t)SECOND_US };
}

static bool is_over(const struct day_root *r, struct instant now)
{
	return r->state != DAY_ROOT_ACTIVE && day_root_until(r).us <= now.us;
}

result day_root_find(struct db_tx *tx, const char *domain, const struct day_root_key *key,
                     struct instant now, struct day_root *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct day_root found;

	TRY(db_select(
	        tx, &sql_day_root_find,
	        DB_ARGS(db_arg_text(domain), db_arg_i64(key->day.yyyymmdd), db_arg_i64(key->seq)),
	        &rows));
	if (!db_next(&rows))
		return FAIL(KEYS_DAY_GONE, "%u-%u", key->day.yyyymmdd, key->seq);
	read_row(&rows, &found);
	TRY(db_done(&rows));
	if (is_over(&found, now))
		return FAIL(KEYS_DAY_GONE, "the window of %u-%u is over", key->day.yyyymmdd,
		            key->seq);
	*out = found;
	return OK;
}

static result find_active(struct db_tx *tx, const char *domain, struct day_root *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_day_root_active, DB_ARGS(db_arg_text(domain)), &rows));
	if (!db_next(&rows))
		return FAIL(KEYS_MISSING, "domain %s has no day root", domain);
	read_row(&rows, out);
	return db_done(&rows);
}

bool day_root_is_stale(const struct day_root *r, struct instant now)
{
	return now.us - r->not_before.us > DAY_ROOT_MAX_AGE_S * (int64_t)SECOND_US;
}

result day_root_current(struct db_tx *tx, const char *domain, struct instant now,
                        struct day_root *out)
{
	TRY(find_active(tx, domain, out));
	if (day_root_is_stale(out, now))
		return FAIL(KEYS_DAY_STALE, "the day root of %u is older than %d h",
		            out->day.yyyymmdd, DAY_ROOT_MAX_AGE_S / 3600);
	return OK;
}

/* --- making --- */

/* Usage 51, derive only, never exported; always opened here: sessions ask for three keys each. */
static void header_of(const struct master *m, struct keyblock_header *h)
{
	*h = (struct keyblock_header){ .version = master_block_version(m, false),
		                       .usage = "51",
		                       .algorithm = 'A',
		                       .mode = 'X',
		                       .key_version = "01",
		                       .exportability = 'N',
		                       .context = '1' };
}

static result add(struct key_act *act, const char *domain, struct day_root *r, struct bytes value)
{
	char check[KCV_TEXT_SIZE + 2];
	struct keyblock_header header;
	const struct master *m;
	struct kcv kcv;
	size_t len;

	TRY(master_for(act->ring, 'A', &m));
	header_of(m, &header);
	master_option(m, check);
	struct working_place at = { m->session, m->slot };
	struct working_order order = { .header = &header,
		                       .lmk_check = check,
		                       .bits = DAY_ROOT_SIZE * 8 };
	TRY(working_key_seal(&at, &order, value, r->block, &len, &kcv));
	kcv_text(&kcv, r->kcv);
	r->lmk = m->id;
	r->not_before = act->now;
	return db_select_i64(act->tx, &sql_day_root_add,
	                     DB_ARGS(db_arg_text(domain), db_arg_i64(r->day.yyyymmdd),
	                             db_arg_i64(r->seq), db_arg_i64(r->lmk), db_arg_text(r->block),
	                             db_arg_text(r->kcv), db_arg_i64(r->not_before.us)),
	                     &r->id);
}

result day_root_begin(struct key_act *act, const char *domain, struct bizdate day,
                      struct day_root *out)
{
	SCOPED(secret_wipe) struct secret fresh = { .len = DAY_ROOT_SIZE };
	result r = find_active(act->tx, domain, out);

	if (is_ok(r))
		return FAIL(KEYS_EXIST, "domain %s", domain);
	if (r.code != KEYS_MISSING)
		return r;
	if (!bizdate_is_valid(day))
		return FAIL(KEYS_DAY_ORDER, "%u is no day", day.yyyymmdd);
	random_fill(act->random, fresh.at, fresh.len);
	*out = (struct day_root){ .day = day, .seq = FIRST_SEQUENCE };
	return add(act, domain, out, bytes_of(fresh.at, fresh.len));
}

/* DR(next) from DR(now), in the locked memory of this process. */
static result ratchet(struct key_act *act, const struct day_root *from, const struct day_root *to,
                      struct secret *out)
{
	SCOPED(working_key_close) struct working_key *k = NULL;

	TRY(day_root_open(act->ring, from, &k));
	struct bytes root = working_key_value(k);
	if (root.len != DAY_ROOT_SIZE)
		return FAIL(KEYS_MISSING, "the day root of %u has another length",
		            from->day.yyyymmdd);
	out->len = DAY_ROOT_SIZE;
	return ytap_ratchet_day_root(root.at, to->day.yyyymmdd, to->seq, out->at);
}

result day_root_expire(struct key_act *act, const char *domain, size_t *destroyed)
{
	int64_t gone = act->now.us - DAY_ROOT_KEPT_S * (int64_t)SECOND_US, count = 0;

	TRY(db_execute(act->tx, &sql_day_root_destroy,
	               DB_ARGS(db_arg_text(domain), db_arg_i64(gone)), &count));
	*destroyed = (size_t)count;
	return OK;
}

/* The one in force becomes the one before; what nobody may speak under any more is gone. */
static result age(struct key_act *act, const char *domain)
{
	size_t destroyed;

	TRY(day_root_expire(act, domain, &destroyed));
	return db_execute(act->tx, &sql_day_root_retire,
	                  DB_ARGS(db_arg_text(domain), db_arg_i64(act->now.us)), NULL);
}

result day_root_advance(struct key_act *act, const char *domain, struct bizdate to,
                        struct day_root *out)
{
	SCOPED(secret_wipe) struct secret next = { 0 };
	struct day_root now;

	TRY(find_active(act->tx, domain, &now));
	*out = now;
	if (now.day.yyyymmdd == to.yyyymmdd)
		return OK;
	if (to.yyyymmdd < now.day.yyyymmdd || !bizdate_is_valid(to))
		return FAIL(KEYS_DAY_ORDER, "%u after %u", to.yyyymmdd, now.day.yyyymmdd);
	*out = (struct day_root){ .day = to, .seq = FIRST_SEQUENCE };
	TRY(ratchet(act, &now, out, &next));
	TRY(age(act, domain));
	return add(act, domain, out, bytes_of(next.at, next.len));
}

result day_root_change(struct key_act *act, const char *domain, struct day_root *out)
{
	SCOPED(secret_wipe) struct secret next = { 0 };
	uint8_t fresh[DAY_ROOT_SIZE];
	struct day_root now;

	TRY(find_active(act->tx, domain, &now));
	if (now.seq == UINT8_MAX)
		return FAIL(KEYS_DAY_ORDER, "no further change today");
	*out = (struct day_root){ .day = now.day, .seq = (uint8_t)(now.seq + 1) };
	TRY(ratchet(act, &now, out, &next));
	random_fill(act->random, fresh, sizeof fresh);
	for (size_t i = 0; i < sizeof fresh; i++)
		next.at[i] ^= fresh[i];
	secret_wipe_bytes(fresh, sizeof fresh);
	TRY(age(act, domain));
	return add(act, domain, out, bytes_of(next.at, next.len));
}

/* --- using --- */

result day_root_open(const struct master_ring *ring, const struct day_root *r,
                     struct working_key **out)
{
	char text[KCV_TEXT_SIZE];
	const struct master *m;
	struct kcv kcv;

	TRY(master_require(ring, r->lmk, &m));
	struct working_place at = { m->session, m->slot };
	TRY(working_key_open(&at, str_of(r->block), out));
	result found = working_key_kcv(*out, &kcv);
	if (is_ok(found) && strcmp(kcv_text(&kcv, text), r->kcv) != 0)
		found = FAIL(KEY_CHECK_VALUE, "day root of %u", r->day.yyyymmdd);
	if (!is_ok(found))
		working_key_close(out);
	return found;
}
