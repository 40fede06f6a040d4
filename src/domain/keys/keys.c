/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/keys.h"

#include <stdio.h>

#include "domain/domain_sql.h"

enum {
	CHECK_LEN = 5,
	FIRST_ROOT = 1,
	DAYS_MAX = 16, /* day roots that are not destroyed yet */
	ROOT_BITS = 128,
	DAY_BITS = 256,
	SESSION_BITS = 128,
};

/*
 * A day root is ACTIVE, then PREVIOUS while sessions of the day before run out, then EXPIRED; one
 * step later it is destroyed in the token. The step between makes sure that no key is destroyed by
 * a transaction that is taken back.
 */
enum day_state { DAY_ACTIVE, DAY_PREVIOUS, DAY_EXPIRED, DAY_DESTROYED };
static const char *const day_state_names[] = { "ACTIVE", "PREVIOUS", "EXPIRED", "DESTROYED", NULL };

static void root_label(unsigned version, char out[HSM_LABEL_MAX])
{
	snprintf(out, HSM_LABEL_MAX, "yika-root-%u", version);
}

static void day_label(struct keys_day day, char out[HSM_LABEL_MAX])
{
	snprintf(out, HSM_LABEL_MAX, "yika-day-%08u-%u", day.date.yyyymmdd, day.seq);
}

/* yyyymmdd as four bytes BCD, then the sequence (keys 15.1). */
static void put_day(struct writer *w, struct keys_day day)
{
	uint32_t n = day.date.yyyymmdd;

	for (uint32_t by = 1000000; by > 0; by /= 100) {
		uint32_t two = n / by % 100;
		writer_u8(w, (uint8_t)(two / 10 << 4 | two % 10));
	}
	writer_u8(w, day.seq);
}

/* --- set-up --- */

static result note_root(struct db_tx *tx, struct hsm *hsm, struct instant now, unsigned version,
                        struct hsm_key key)
{
	uint8_t check[CHECK_LEN];
	char label[HSM_LABEL_MAX];

	root_label(version, label);
	TRY(hsm_check_value(hsm, key, check));
	return db_execute(tx, &sql_keys_root_add,
	                  DB_ARGS(db_arg_i64(version), db_arg_text(label),
	                          db_arg_bytes(bytes_of(check, CHECK_LEN)), db_arg_i64(now.us)),
	                  NULL);
}

static result note_day(struct db_tx *tx, struct hsm *hsm, struct instant now, struct keys_day day,
                       struct hsm_key key)
{
	uint8_t check[CHECK_LEN];
	char label[HSM_LABEL_MAX];

	day_label(day, label);
	TRY(hsm_check_value(hsm, key, check));
	return db_execute(tx, &sql_keys_day_add,
	                  DB_ARGS(db_arg_i64(day.date.yyyymmdd), db_arg_i64(day.seq),
	                          db_arg_text(label), db_arg_bytes(bytes_of(check, CHECK_LEN)),
	                          db_arg_i64(now.us)),
	                  NULL);
}

result keys_init(struct db_tx *tx, struct hsm *hsm, struct instant now, struct bizdate day)
{
	struct keys_day first = { day, 1 };
	struct hsm_key root, day_root;
	uint8_t version;
	char label[HSM_LABEL_MAX];

	result r = keys_current_version(tx, &version);
	if (is_ok(r))
		return FAIL(KEYS_EXIST, "version %u", version);
	if (r.code != KEYS_MISSING)
		return r;
	root_label(FIRST_ROOT, label);
	TRY(hsm_key_generate(hsm, label, ROOT_BITS, &root));
	day_label(first, label);
	TRY(hsm_key_generate(hsm, label, DAY_BITS, &day_root));
	TRY(note_root(tx, hsm, now, FIRST_ROOT, root));
	return note_day(tx, hsm, now, first, day_root);
}

/* The key of that label, and it is the one that was noted. */
static result require_key(struct hsm *hsm, const char *label, const uint8_t noted[CHECK_LEN],
                          struct hsm_key *out)
{
	uint8_t check[CHECK_LEN];

	result r = hsm_key_find(hsm, label, out);
	if (r.code == HSM_KEY_NOT_FOUND)
		return FAIL(KEYS_MISSING, "%s", label);
	TRY(r);
	TRY(hsm_check_value(hsm, *out, check));
	if (memcmp(check, noted, CHECK_LEN) != 0)
		return FAIL(KEYS_MISSING, "%s is another key", label);
	return OK;
}

result keys_open(struct db_tx *tx, struct hsm *hsm, struct keys *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	uint8_t noted[CHECK_LEN];
	char label[HSM_LABEL_MAX];

	*out = (struct keys){ .hsm = hsm };
	TRY(db_select(tx, &sql_keys_root_list, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		uint32_t version = db_u32(&rows, 0);
		db_text(&rows, 1, label, sizeof label);
		db_fixed(&rows, 2, noted, sizeof noted);
		TRY(db_done(&rows));
		if (version >= KEYS_ROOT_VERSIONS_MAX)
			return FAIL(KEYS_VERSION, "version %u", version);
		TRY(require_key(hsm, label, noted, &out->roots[version]));
	}
	TRY(db_done(&rows));
	return rows.row > 0 ? OK : FAIL(KEYS_MISSING, "no terminal root");
}

result keys_current_version(struct db_tx *tx, uint8_t *version)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*version = 0;
	TRY(db_select(tx, &sql_keys_root_list, DB_NO_ARGS, &rows));
	while (db_next(&rows))
		*version = (uint8_t)db_u32(&rows, 0);
	TRY(db_done(&rows));
	return *version ? OK : FAIL(KEYS_MISSING, "no terminal root");
}

/* --- derivations --- */

result keys_terminal_initial(const struct keys *k, const uint8_t sam_no[6], uint8_t version,
                             struct secret *out)
{
	uint8_t context[7];

	if (version >= KEYS_ROOT_VERSIONS_MAX || k->roots[version].handle == 0)
		return FAIL(KEYS_VERSION, "version %u", version);
	memcpy(context, sam_no, 6);
	context[6] = version;
	return hsm_derive(k->hsm, k->roots[version], "YTAP-TIK", bytes_of(context, sizeof context),
	                  ROOT_BITS, out);
}

static result day_key(const struct keys *k, struct keys_day day, struct hsm_key *out)
{
	char label[HSM_LABEL_MAX];

	day_label(day, label);
	result r = hsm_key_find(k->hsm, label, out);
	return r.code == HSM_KEY_NOT_FOUND ? FAIL(KEYS_DAY_GONE, "%s", label) : r;
}

result keys_session_key(const struct keys *k, const struct keys_session *s, enum keys_use use,
                        struct secret *out)
{
	static const char *const labels[] = { "YTAP:MAC", "YTAP:ENC", "YTAP:PIN" };
	uint8_t context[4 + 1 + 8 + 4];
	struct writer w = writer_of(context, sizeof context);
	struct hsm_key day;

	TRY(day_key(k, s->day, &day));
	put_day(&w, s->day);
	writer_put(&w, bytes_of(s->node_id, sizeof s->node_id));
	writer_u32(&w, s->session);
	TRY(writer_done(&w));
	return hsm_derive(k->hsm, day, labels[use], writer_bytes(&w), SESSION_BITS, out);
}

/* --- business days --- */

struct noted_day {
	struct keys_day day;
	enum day_state state;
};

static result list_days(struct db_tx *tx, struct noted_day *days, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*count = 0;
	TRY(db_select(tx, &sql_keys_day_list, DB_NO_ARGS, &rows));
	while (*count < DAYS_MAX && db_next(&rows)) {
		struct noted_day *d = &days[(*count)++];
		d->day = (struct keys_day){ { db_u32(&rows, 0) }, (uint8_t)db_u32(&rows, 1) };
		d->state = (enum day_state)db_enum(&rows, 4, day_state_names);
	}
	return db_done(&rows);
}

result keys_day_current(struct db_tx *tx, struct keys_day *out)
{
	int64_t both;
	result r = db_select_i64(tx, &sql_keys_day_current, DB_NO_ARGS, &both);

	if (r.code == DB_NO_ROW)
		return FAIL(KEYS_MISSING, "no day root");
	TRY(r);
	*out = (struct keys_day){ { (uint32_t)(both / 256) }, (uint8_t)(both % 256) };
	return OK;
}

static result set_state(struct db_tx *tx, struct keys_day day, enum day_state state)
{
	return db_execute(tx, &sql_keys_day_set_state,
	                  DB_ARGS(db_arg_i64(day.date.yyyymmdd), db_arg_i64(day.seq),
	                          db_arg_text(day_state_names[state])),
	                  NULL);
}

static result destroy(const struct keys *k, struct keys_day day)
{
	struct hsm_key key;
	result r = day_key(k, day, &key);

	if (r.code == KEYS_DAY_GONE)
		return OK; /* an earlier attempt got this far */
	TRY(r);
	return hsm_key_destroy(k->hsm, key);
}

/* Everything older moves one state on. */
static result age(struct db_tx *tx, const struct keys *k)
{
	struct noted_day days[DAYS_MAX];
	size_t count;

	TRY(list_days(tx, days, &count));
	for (size_t i = 0; i < count; i++) {
		if (days[i].state == DAY_EXPIRED)
			TRY(destroy(k, days[i].day));
		TRY(set_state(tx, days[i].day, (enum day_state)(days[i].state + 1)));
	}
	return OK;
}

/* The ratchet gives the same bytes every time, so a step that was cut short is simply done again.
 */
static result make_next(const struct keys *k, struct keys_day from, struct keys_day to,
                        struct hsm_key *out)
{
	SCOPED(secret_wipe) struct secret next = { 0 };
	uint8_t context[5];
	struct writer w = writer_of(context, sizeof context);
	struct hsm_key key;
	char label[HSM_LABEL_MAX];

	day_label(to, label);
	result r = hsm_key_find(k->hsm, label, out);
	if (r.code != HSM_KEY_NOT_FOUND)
		return r;
	TRY(day_key(k, from, &key));
	put_day(&w, to);
	TRY(hsm_derive(k->hsm, key, "OC1:RATCHET", writer_bytes(&w), DAY_BITS, &next));
	return hsm_key_store(k->hsm, label, &next, out);
}

result keys_day_advance(struct db_tx *tx, struct keys *k, struct instant now, struct bizdate to,
                        struct keys_day *out)
{
	struct keys_day current, next = { to, 1 };
	struct hsm_key key;

	TRY(keys_day_current(tx, &current));
	if (current.date.yyyymmdd == to.yyyymmdd) {
		*out = current;
		return OK;
	}
	if (to.yyyymmdd < current.date.yyyymmdd || !bizdate_is_valid(to))
		return FAIL(KEYS_DAY_ORDER, "%u after %u", to.yyyymmdd, current.date.yyyymmdd);
	TRY(make_next(k, current, next, &key));
	TRY(age(tx, k));
	TRY(note_day(tx, k->hsm, now, next, key));
	*out = next;
	return OK;
}
