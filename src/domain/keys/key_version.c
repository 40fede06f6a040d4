/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_version.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/kms_sql.h"

enum { DAY_S = 86400, RSA_E = 3, RSA_F4 = 65537 };

const char *const key_state_names[] = { "PRE",         "ACTIVE",    "SUSPENDED", "DEACTIVATED",
	                                "COMPROMISED", "DESTROYED", NULL };
const char *const key_origin_names[] = { "gen", "import", "batch", "derive", NULL };

/* --- states (keys 11, SP 800-57 part 1, 7) --- */

bool key_state_allows(enum key_state s, enum key_deed d, bool recover)
{
	switch (s) {
	case KEY_ACTIVE:
		return true;
	case KEY_SUSPENDED:
		return d == KEY_TO_VERIFY;
	case KEY_DEACTIVATED:
		return d != KEY_TO_PROTECT;
	case KEY_COMPROMISED:
		return d != KEY_TO_PROTECT && recover;
	case KEY_PRE:
	case KEY_DESTROYED:
	default:
		return false;
	}
}

bool key_state_may_move(enum key_state from, enum key_state to)
{
	static const struct {
		enum key_state from, to;
	} steps[] = {
		{ KEY_PRE, KEY_ACTIVE },
		{ KEY_SUSPENDED, KEY_ACTIVE },
		{ KEY_ACTIVE, KEY_SUSPENDED },
		{ KEY_ACTIVE, KEY_DEACTIVATED },
		{ KEY_SUSPENDED, KEY_DEACTIVATED },
		{ KEY_PRE, KEY_COMPROMISED },
		{ KEY_ACTIVE, KEY_COMPROMISED },
		{ KEY_SUSPENDED, KEY_COMPROMISED },
		{ KEY_DEACTIVATED, KEY_COMPROMISED },
		{ KEY_PRE, KEY_DESTROYED },
		{ KEY_DEACTIVATED, KEY_DESTROYED },
		{ KEY_COMPROMISED, KEY_DESTROYED },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i].from == from && steps[i].to == to)
			return true;
	return false;
}

enum key_state key_version_state_at(const struct key_version *v, struct instant now)
{
	enum key_state s = v->state;

	if (s == KEY_PRE && v->activate_at.us && v->activate_at.us <= now.us)
		s = KEY_ACTIVE;
	if ((s == KEY_ACTIVE || s == KEY_SUSPENDED) && v->protect_until.us &&
	    v->protect_until.us <= now.us)
		s = KEY_DEACTIVATED;
	return s;
}

bool key_version_allows(const struct key_version *v, enum key_deed d, struct instant now)
{
	return key_state_allows(key_version_state_at(v, now), d, v->recover_until.us > now.us);
}

/* --- what rows and block say of a value --- */

static char letter(struct db_rows *rows, int column)
{
	char text[4];

	db_text(rows, column, text, sizeof text);
	return text[0];
}

void key_facts_read(struct db_rows *rows, int at, struct key_facts *out)
{
	*out = (struct key_facts){ .algorithm = letter(rows, at + 1),
		                   .mode = letter(rows, at + 2),
		                   .exportability = letter(rows, at + 3),
		                   .label.version = db_u32(rows, at + 7) };
	db_text(rows, at, out->usage, sizeof out->usage);
	db_text(rows, at + 4, out->label.issuer, sizeof out->label.issuer);
	db_text(rows, at + 5, out->label.product, sizeof out->label.product);
	db_text(rows, at + 6, out->label.key, sizeof out->label.key);
}

static void facts_of(const struct key_definition *k, unsigned version, struct key_facts *out)
{
	*out = (struct key_facts){ .algorithm = k->algorithm,
		                   .mode = k->mode,
		                   .exportability = k->exportability };
	memcpy(out->usage, k->usage, sizeof out->usage);
	key_version_label(k, version, &out->label);
}

result key_facts_check(const struct key_facts *f, const struct keyblock_header *h)
{
	char label[KEY_LABEL_SIZE], number[4];
	struct str said = { 0 };

	if (strcmp(f->usage, h->usage) != 0 || f->algorithm != h->algorithm || f->mode != h->mode ||
	    f->exportability != h->exportability)
		return FAIL(KEY_ROW, "the block is for %s %c %c %c, its row says %s %c %c %c",
		            h->usage, h->algorithm, h->mode, h->exportability, f->usage,
		            f->algorithm, f->mode, f->exportability);
	snprintf(number, sizeof number, "%02u", f->label.version % 100);
	keyblock_option_find(h, "LB", &said);
	if (strcmp(number, h->key_version) != 0 ||
	    !str_equal(said, str_of(key_label_text(&f->label, label))))
		return FAIL(KEY_ROW, "the block is of " STR_FMT ", its row of %s", STR_ARG(said),
		            label);
	return OK;
}

/* --- rows --- */

static void read_row(struct db_rows *rows, struct key_version *v)
{
	struct bytes public = db_bytes(rows, 6);

	v->id = db_i64(rows, 0);
	v->key = db_i64(rows, 1);
	v->version = db_u32(rows, 2);
	v->lmk = db_i64(rows, 3);
	db_text(rows, 4, v->block, sizeof v->block);
	db_text(rows, 5, v->kcv, sizeof v->kcv);
	v->public_len = public.len <= sizeof v->public ? public.len : 0;
	if (v->public_len)
		memcpy(v->public, public.at, v->public_len);
	v->state = (enum key_state)db_enum(rows, 7, key_state_names);
	v->was_compromised = db_bool(rows, 8);
	v->card_ki = db_u32(rows, 9);
	v->card_kv = db_u32(rows, 10);
	v->origin = (enum key_origin)db_enum(rows, 11, key_origin_names);
	v->created.us = db_i64(rows, 12);
	v->activate_at.us = db_i64(rows, 13);
	v->protect_until.us = db_i64(rows, 14);
	v->process_until.us = db_i64(rows, 15);
	v->recover_until.us = db_i64(rows, 16);
	v->rowver = db_i64(rows, 17);
	key_facts_read(rows, 18, &v->facts);
}

result key_version_load(struct db_tx *tx, int64_t id, struct key_version *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_keyver_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(KEY_NOT_FOUND, "value %" PRId64, id);
	read_row(&rows, out);
	return db_done(&rows);
}

static result find_numbered(struct db_tx *tx, int64_t key, unsigned version,
                            struct key_version *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_keyver_by_number, DB_ARGS(db_arg_i64(key), db_arg_i64(version)),
	              &rows));
	*found = db_next(&rows);
	if (*found)
		read_row(&rows, out);
	return db_done(&rows);
}

/* The highest one that is ACTIVE by the clock. */
static result find_current(struct db_tx *tx, int64_t key, struct instant now,
                           struct key_version *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*found = false;
	TRY(db_select(tx, &sql_keyver_of_key,
	              DB_ARGS(db_arg_i64(key), db_arg_i64(KEY_VERSION_LIST_MAX)), &rows));
	while (!*found && db_next(&rows)) {
		read_row(&rows, out);
		*found = key_version_state_at(out, now) == KEY_ACTIVE;
	}
	return db_done(&rows);
}

result key_version_find(struct db_tx *tx, const struct key_label *l, struct instant now,
                        struct key_definition *k, struct key_version *out)
{
	char text[KEY_LABEL_SIZE];
	bool found;

	result r = key_definition_find(tx, l, k);
	if (r.code == CATALOG_NOT_FOUND)
		return FAIL(KEY_NOT_FOUND, "%s", key_label_text(l, text));
	TRY(r);
	if (l->version)
		TRY(find_numbered(tx, k->id, l->version, out, &found));
	else
		TRY(find_current(tx, k->id, now, out, &found));
	return found ? OK : FAIL(KEY_NOT_FOUND, "%s", key_label_text(l, text));
}

result key_version_list(struct db_tx *tx, int64_t key, struct arena *a, struct key_version **out,
                        size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, KEY_VERSION_LIST_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_keyver_of_key,
	              DB_ARGS(db_arg_i64(key), db_arg_i64(KEY_VERSION_LIST_MAX)), &rows));
	while (*count < KEY_VERSION_LIST_MAX && db_next(&rows)) {
		struct key_version *v = &(*out)[(*count)++];

		read_row(&rows, v);
		v->block[0] = '\0';
	}
	return db_done(&rows);
}

void key_version_label(const struct key_definition *k, unsigned version, struct key_label *out)
{
	*out = (struct key_label){ .version = version };
	str_copy(str_of(k->issuer_code), out->issuer, sizeof out->issuer);
	str_copy(str_of(k->product_code), out->product, sizeof out->product);
	str_copy(str_of(k->code), out->key, sizeof out->key);
}

/* --- making --- */

/* A version protects for its key's period from the moment it is activated. */
static struct instant end_of_protection(const struct key_definition *k, struct instant from)
{
	return (struct instant){ k->period_days
		                         ? from.us + k->period_days * (int64_t)DAY_S * SECOND_US
		                         : 0 };
}

/* Number, state and times of the new version. */
static result plan(struct key_act *act, const struct key_definition *k, const struct key_order *o,
                   struct key_version *v)
{
	int64_t highest;
	bool taken;

	*v = (struct key_version){ .key = k->id,
		                   .version = o->version,
		                   .state = o->at_once ? KEY_ACTIVE : KEY_PRE,
		                   .card_ki = o->card_ki,
		                   .card_kv = o->card_kv,
		                   .origin = o->origin,
		                   .created = act->now,
		                   .activate_at = o->at_once ? act->now : o->activate_at,
		                   .rowver = 1 };
	if (v->version == 0) {
		TRY(db_select_i64(act->tx, &sql_keyver_highest, DB_ARGS(db_arg_i64(k->id)),
		                  &highest));
		v->version = (unsigned)highest + 1;
	}
	if (v->version > KEY_VERSION_MAX)
		return FAIL(KEY_VERSIONS, "all 99 versions are used");
	TRY(db_select_i64(act->tx, &sql_keyver_taken,
	                  DB_ARGS(db_arg_i64(k->id), db_arg_i64(v->version)), &highest));
	taken = highest > 0;
	if (taken)
		return FAIL(KEY_EXISTS, "%s version %02u", k->code, v->version);
	if (v->activate_at.us)
		v->protect_until = end_of_protection(k, v->activate_at);
	return OK;
}

/* "KI=01;KV=02;LV=1;UID=…" (keys 9.2) */
static result put_card_option(const struct key_definition *k, const struct key_version *v,
                              struct random_source *random, struct keyblock_header *h)
{
	char text[64], unique[9];
	uint8_t bytes[4];

	random_fill(random, bytes, sizeof bytes);
	hex_encode(bytes_of(bytes, sizeof bytes), unique);
	snprintf(text, sizeof text, "KI=%02X;KV=%02X;LV=%u;UID=%s", v->card_ki & 0xFF,
	         v->card_kv & 0xFF, k->levels, unique);
	return keyblock_option_add(h, "90", str_of(text));
}

/* "20261122101500Z" (X9.143 TC) */
static result put_time(struct instant t, struct keyblock_header *h)
{
	struct civil c = civil_of(t, 0);
	char text[24];

	snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", c.year % 10000, c.month % 100,
	         c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
	return keyblock_option_add(h, "TC", str_of(text));
}

static result header_of(struct key_act *act, const struct key_definition *k,
                        const struct key_version *v, const struct master *m,
                        struct keyblock_header *h)
{
	char label[KEY_LABEL_SIZE];
	struct key_label l;

	*h = (struct keyblock_header){ .algorithm = k->algorithm,
		                       .mode = k->mode,
		                       .exportability = k->exportability,
		                       .context = '1' };
	bool in_device = k->place == PRODUCT_IN_DEVICE && m->algorithm == LMK_AES &&
	                 k->algorithm != '2' && hsm_session_can(m->session, HSM_CAN_UNWRAP) &&
	                 (k->algorithm != '4' || hsm_session_can(m->session, HSM_CAN_SM4));
	h->version = master_block_version(m, in_device);
	memcpy(h->usage, k->usage, sizeof h->usage);
	snprintf(h->key_version, sizeof h->key_version, "%02u", v->version % 100);
	key_version_label(k, v->version, &l);
	TRY(keyblock_option_add(h, "LB", str_of(key_label_text(&l, label))));
	TRY(put_time(v->created, h));
	return put_card_option(k, v, act->random, h);
}

static result insert(struct key_act *act, struct key_version *v)
{
	result r = db_select_i64(
	        act->tx, &sql_keyver_add,
	        DB_ARGS(db_arg_i64(v->key), db_arg_i64(v->version), db_arg_i64(v->lmk),
	                db_arg_text(v->block), db_arg_text(v->kcv),
	                db_arg_bytes(bytes_of(v->public, v->public_len)),
	                db_arg_text(key_state_names[v->state]), db_arg_i64(v->card_ki),
	                db_arg_i64(v->card_kv), db_arg_text(key_origin_names[v->origin]),
	                db_arg_i64(v->created.us), db_arg_i64(v->activate_at.us),
	                db_arg_i64(v->protect_until.us), db_arg_i64(v->process_until.us)),
	        &v->id);

	return r.code == DB_DUPLICATE ? FAIL(KEY_EXISTS, "version %02u", v->version) : r;
}

/* Everything of a new version but the value itself, which `value` gives or, when it is empty, the
 * device. */
static result make(struct key_act *act, const struct key_definition *k, const struct key_order *o,
                   struct bytes value, const struct kcv *want, struct key_version *v)
{
	char check[KCV_TEXT_SIZE + 2];
	struct keyblock_header header;
	const struct master *m;
	struct kcv kcv;
	size_t len;

	TRY(plan(act, k, o, v));
	TRY(master_for(act->ring, k->algorithm, &m));
	TRY(header_of(act, k, v, m, &header));
	master_option(m, check);
	struct working_place at = { m->session, m->slot };
	struct writer public = writer_of(v->public, sizeof v->public);
	struct working_order order = { &header, check, k->bits, o->exponent ? o->exponent : RSA_E,
		                       &public };
	if (value.len)
		TRY(working_key_seal(&at, &order, value, v->block, &len, &kcv));
	else
		TRY(working_key_generate(&at, &order, v->block, &len, &kcv));
	kcv_text(&kcv, v->kcv);
	if (want && !kcv_is(&kcv, want))
		return FAIL(KEY_CHECK_VALUE, "the value's check value is %s", v->kcv);
	TRY(writer_done(&public));
	v->public_len = public.len;
	v->lmk = m->id;
	facts_of(k, v->version, &v->facts);
	return insert(act, v);
}

result key_version_generate(struct key_act *act, const struct key_definition *k,
                            const struct key_order *o, struct key_version *out)
{
	if (o->exponent && (k->algorithm != 'R' || (o->exponent != RSA_E && o->exponent != RSA_F4)))
		return FAIL(CATALOG_FIELD, "exponent %u of a key of algorithm %c", o->exponent,
		            k->algorithm);
	return make(act, k, o, bytes_of(NULL, 0), NULL, out);
}

result key_version_store(struct key_act *act, const struct key_definition *k,
                         const struct key_order *o, struct bytes value, const struct kcv *kcv,
                         struct key_version *out)
{
	if (value.len == 0)
		return FAIL(KEY_LENGTH, "no value");
	return make(act, k, o, value, kcv, out);
}

/* --- moving --- */

result key_version_move(struct key_act *act, const struct key_definition *k,
                        const struct key_version *v, enum key_state to)
{
	bool gone = to == KEY_DESTROYED, begins = to == KEY_ACTIVE && !v->activate_at.us;
	struct instant until = begins ? end_of_protection(k, act->now) : v->protect_until;
	int64_t changed;

	if (!key_state_may_move(key_version_state_at(v, act->now), to))
		return FAIL(KEY_STATE, "%s to %s",
		            key_state_names[key_version_state_at(v, act->now)],
		            key_state_names[to]);
	TRY(db_execute(
	        act->tx, gone ? &sql_keyver_destroy : &sql_keyver_set_state,
	        DB_ARGS(db_arg_i64(v->id), db_arg_i64(v->rowver), db_arg_text(key_state_names[to]),
	                db_arg_i64(v->was_compromised || to == KEY_COMPROMISED),
	                db_arg_i64(begins ? act->now.us : v->activate_at.us), db_arg_i64(until.us)),
	        &changed));
	return changed ? OK : FAIL(KEY_CHANGED, "value %" PRId64 " was changed meanwhile", v->id);
}

result key_version_recover(struct key_act *act, const struct key_version *v, int64_t seconds)
{
	int64_t changed, until = seconds ? act->now.us + seconds * SECOND_US : 0;

	ASSERT(seconds >= 0 && seconds <= KEY_RECOVER_MAX_S);
	if (v->state != KEY_COMPROMISED)
		return FAIL(KEY_STATE, "%s is not recovered from", key_state_names[v->state]);
	TRY(db_execute(act->tx, &sql_keyver_recover,
	               DB_ARGS(db_arg_i64(v->id), db_arg_i64(v->rowver), db_arg_i64(until)),
	               &changed));
	return changed ? OK : FAIL(KEY_CHANGED, "value %" PRId64 " was changed meanwhile", v->id);
}

result key_version_follow_clock(struct key_act *act, size_t *moved)
{
	int64_t activated, ended;

	TRY(db_execute(act->tx, &sql_keyver_activate_due, DB_ARGS(db_arg_i64(act->now.us)),
	               &activated));
	TRY(db_execute(act->tx, &sql_keyver_deactivate_due, DB_ARGS(db_arg_i64(act->now.us)),
	               &ended));
	*moved = (size_t)(activated + ended);
	return OK;
}

/* --- opening --- */

static result check_noted(struct working_key *k, const struct key_version *v)
{
	char text[KCV_TEXT_SIZE];
	struct kcv kcv;

	TRY(key_facts_check(&v->facts, working_key_header(k)));
	if (working_key_in_device(k) && working_key_header(k)->algorithm == 'R')
		return OK; /* the public half is not there to be asked; the block's MAC holds it
		              together */
	TRY(working_key_kcv(k, &kcv));
	if (strcmp(kcv_text(&kcv, text), v->kcv) != 0)
		return FAIL(KEY_CHECK_VALUE, "value %" PRId64 " has check value %s, not %s", v->id,
		            text, v->kcv);
	return OK;
}

static result open_version(const struct master_ring *ring, const struct key_version *v,
                           result (*open)(const struct working_place *at, struct str block,
                                          struct working_key **out),
                           struct working_key **out)
{
	const struct master *m;

	*out = NULL;
	if (v->state == KEY_DESTROYED)
		return FAIL(KEY_STATE, "value %" PRId64 " is destroyed", v->id);
	TRY(master_require(ring, v->lmk, &m));
	struct working_place at = { m->session, m->slot };
	TRY(open(&at, str_of(v->block), out));
	result r = check_noted(*out, v);
	if (!is_ok(r))
		working_key_close(out);
	return r;
}

result key_version_open(const struct master_ring *ring, const struct key_version *v,
                        struct working_key **out)
{
	return open_version(ring, v, working_key_open, out);
}

result key_version_open_here(const struct master_ring *ring, const struct key_version *v,
                             struct working_key **out)
{
	return open_version(ring, v, working_key_open_here, out);
}
