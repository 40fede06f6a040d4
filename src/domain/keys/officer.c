/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/officer.h"

#include <inttypes.h>

#include "crypto/totp.h"
#include "domain/access/access.h"
#include "domain/keys/kms_sql.h"

static const char magic[PASSPHRASE_MAGIC + 1] = "YKOFFIC1";

const char *const officer_role_names[] = { "mk",   "SO1",  "SO2",   "SO3",   "conf", "key",
	                                   "cert", "oper", "store", "audit", NULL };
const char *const officer_state_names[] = { "INVITED", "ACTIVE", "STOPPED", NULL };

/* --- roles --- */

bool officer_has(const struct officer *o, enum officer_role role)
{
	return o->roles >> role & 1;
}

const char *officer_roles_text(unsigned roles, char out[OFFICER_ROLES_TEXT])
{
	struct writer w = writer_of(out, OFFICER_ROLES_TEXT - 1);

	for (int role = 0; role < OFFICER_ROLES; role++) {
		if (!(roles >> role & 1))
			continue;
		if (w.len)
			writer_u8(&w, ' ');
		writer_str(&w, str_of(officer_role_names[role]));
	}
	out[w.len] = '\0';
	return out;
}

static result role_of(struct str name, unsigned *out)
{
	for (int role = 0; role < OFFICER_ROLES; role++)
		if (str_equal(name, str_of(officer_role_names[role]))) {
			*out |= 1u << role;
			return OK;
		}
	return FAIL(OFFICER_ROLE, "there is no role " STR_FMT, STR_ARG(name));
}

result officer_roles_parse(struct str text, unsigned *out)
{
	unsigned roles = 0;
	struct str one, rest = text;
	bool more;

	do {
		more = str_cut(rest, ' ', &one, &rest);
		TRY(role_of(one, &roles));
	} while (more);
	*out = roles;
	return OK;
}

result officer_check_roles(unsigned roles, bool strict)
{
	static const unsigned joinable = 1 << OFFICER_CONF | 1 << OFFICER_KEY | 1 << OFFICER_CERT;
	bool one = roles && (roles & (roles - 1)) == 0;

	if (one || (!strict && roles && (roles & ~joinable) == 0))
		return OK;
	return FAIL(OFFICER_ROLES_TOGETHER, "roles %X", roles);
}

/* --- rows --- */

static void read_row(struct db_rows *rows, struct officer *o)
{
	char roles[OFFICER_ROLES_TEXT];
	struct bytes box;

	*o = (struct officer){
		.id = db_i64(rows, 0),
		.state = (enum officer_state)db_enum(rows, 5, officer_state_names),
		.code_step = db_i64(rows, 7),
		.errors = db_u32(rows, 8),
		.locked_until = { db_i64(rows, 9) },
		.created = { db_i64(rows, 10) },
		.last_login = { db_i64(rows, 11) },
	};
	db_text(rows, 1, o->name, sizeof o->name);
	db_text(rows, 2, o->display, sizeof o->display);
	db_text(rows, 3, o->person, sizeof o->person);
	db_text(rows, 4, roles, sizeof roles);
	box = db_bytes(rows, 6);
	o->box_len = box.len <= sizeof o->box ? box.len : 0;
	if (o->box_len)
		memcpy(o->box, box.at, o->box_len);
	if (!is_ok(officer_roles_parse(str_of(roles), &o->roles)))
		o->roles = 0; /* a row of unknown roles may do nothing */
}

result officer_load(struct db_tx *tx, int64_t id, struct officer *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_officer_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(OFFICER_NOT_FOUND, "officer %" PRId64, id);
	read_row(&rows, out);
	return db_done(&rows);
}

result officer_find(struct db_tx *tx, struct str name, struct officer *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_officer_by_name, DB_ARGS(db_arg_str(name)), &rows));
	*found = db_next(&rows);
	if (*found)
		read_row(&rows, out);
	return db_done(&rows);
}

result officer_list(struct db_tx *tx, struct arena *a, struct officer **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, OFFICERS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_officer_list, DB_ARGS(db_arg_i64(OFFICERS_MAX)), &rows));
	while (*count < OFFICERS_MAX && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result officer_count(struct db_tx *tx, unsigned roles, int64_t but, size_t *count)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct officer *rows;
	size_t all;

	*count = 0;
	TRY(officer_list(tx, &a, &rows, &all));
	for (size_t i = 0; i < all; i++)
		if (rows[i].state == OFFICER_ACTIVE && rows[i].id != but && rows[i].roles & roles)
			(*count)++;
	return OK;
}

/* --- making and stopping --- */

void officer_invitation(struct random_source *random, char out[OFFICER_INVITE_SIZE])
{
	_Static_assert((int)OFFICER_INVITE_SIZE == (int)ACCESS_GENERATED_SIZE,
	               "one kind of generated text");
	access_generate_password(random, out);
}

static result seal_box(struct random_source *random, struct str under, struct bytes body,
                       struct officer *o)
{
	struct writer w = writer_of(o->box, sizeof o->box);

	TRY(passphrase_seal(magic, under, passphrase_cost_default, random, body, &w));
	o->box_len = w.len;
	return OK;
}

static result seal_invitation(struct key_act *act, struct str invite, struct officer *o)
{
	static const uint8_t zeros[OFFICER_SECRET];

	return seal_box(act->random, invite, bytes_of(zeros, sizeof zeros), o);
}

/* A person has one set of roles, on one name. */
static result require_new_person(struct db_tx *tx, const struct officer *o)
{
	int64_t there;

	TRY(db_select_i64(tx, &sql_officer_of_person, DB_ARGS(db_arg_text(o->person)), &there));
	return there == 0 ? OK : FAIL(OFFICER_PERSON, "person %s", o->person);
}

static result is_strict(struct db_tx *tx, bool *strict)
{
	char value[KEY_SETTING_MAX + 1];

	TRY(key_setting_get(tx, "strict_roles", "on", value));
	*strict = strcmp(value, "off") != 0;
	return OK;
}

result officer_add(struct key_act *act, struct officer *o, struct str invite)
{
	char roles[OFFICER_ROLES_TEXT];
	bool strict;

	TRY(access_check_name(str_of(o->name)));
	if (!o->person[0] || !str_is_utf8(str_of(o->person)) || !str_is_utf8(str_of(o->display)))
		return FAIL(OFFICER_PERSON, "who is it?");
	TRY(is_strict(act->tx, &strict));
	TRY(officer_check_roles(o->roles, strict));
	TRY(require_new_person(act->tx, o));
	TRY(seal_invitation(act, invite, o));
	o->state = OFFICER_INVITED;
	o->created = act->now;
	result r = db_select_i64(
	        act->tx, &sql_officer_add,
	        DB_ARGS(db_arg_text(o->name), db_arg_text(o->display), db_arg_text(o->person),
	                db_arg_text(officer_roles_text(o->roles, roles)),
	                db_arg_bytes(bytes_of(o->box, o->box_len)), db_arg_i64(act->now.us)),
	        &o->id);
	return r.code == DB_DUPLICATE ? FAIL(OFFICER_EXISTS, "%s", o->name) : r;
}

static result require_changed(int64_t changed, int64_t id)
{
	return changed ? OK : FAIL(OFFICER_NOT_FOUND, "officer %" PRId64, id);
}

result officer_stop(struct key_act *act, int64_t id)
{
	int64_t changed;

	TRY(db_execute(act->tx, &sql_officer_stop, DB_ARGS(db_arg_i64(id)), &changed));
	return require_changed(changed, id);
}

static result save_box(struct db_tx *tx, const struct officer *o, enum officer_state state)
{
	int64_t changed;

	TRY(db_execute(tx, &sql_officer_box,
	               DB_ARGS(db_arg_i64(o->id), db_arg_text(officer_state_names[state]),
	                       db_arg_bytes(bytes_of(o->box, o->box_len)),
	                       db_arg_i64(o->code_step)),
	               &changed));
	return require_changed(changed, o->id);
}

result officer_reset(struct key_act *act, int64_t id, struct str invite)
{
	struct officer o;

	TRY(officer_load(act->tx, id, &o));
	if (o.state == OFFICER_STOPPED)
		return FAIL(OFFICER_STATE, "%s is stopped", o.name);
	TRY(seal_invitation(act, invite, &o));
	o.code_step = 0;
	return save_box(act->tx, &o, OFFICER_INVITED);
}

/* --- proving who one is --- */

/* What an unknown name is compared with, so that it takes the same time: nothing opens it. */
static struct bytes nobody(uint8_t box[OFFICER_BOX_MAX])
{
	struct writer w = writer_of(box, OFFICER_BOX_MAX);

	writer_put(&w, bytes_of(magic, PASSPHRASE_MAGIC));
	writer_u32(&w, passphrase_cost_default.passes);
	writer_u32(&w, passphrase_cost_default.memory_kib);
	writer_fill(&w, 0, OFFICER_BOX_MAX - w.len);
	return writer_bytes(&w);
}

/* Opens the box: the password was right. */
static bool open_box(const struct officer *row, struct str under, uint8_t secret[OFFICER_SECRET])
{
	uint8_t none[OFFICER_BOX_MAX];
	struct bytes box = row ? bytes_of(row->box, row->box_len) : nobody(none);

	return is_ok(passphrase_open(magic, under, box, secret, OFFICER_SECRET));
}

void officer_prove(const struct officer *row, struct str password, struct str code,
                   struct instant now, struct officer_proof *out)
{
	SCOPED(secret_wipe) struct secret secret = { .len = OFFICER_SECRET };
	bool active = row && row->state == OFFICER_ACTIVE;
	struct totp totp = { &secret, TOTP_DIGITS };
	uint64_t step = 0;

	*out = (struct officer_proof){ 0 };
	bool right = open_box(active ? row : NULL, password, secret.at);
	if (active && right && is_ok(totp_check(&totp, now, code, &step))) {
		out->step = (int64_t)step;
		out->matched = out->step > row->code_step;
	}
}

result officer_proven(struct key_act *act, const struct officer *row,
                      const struct officer_proof *proof)
{
	uint32_t errors = row->errors + 1;
	struct instant until = { 0 };

	if (row->locked_until.us > act->now.us)
		return FAIL(OFFICER_LOCKED, "%s", row->name);
	if (proof->matched)
		return db_execute(act->tx, &sql_officer_logged_in,
		                  DB_ARGS(db_arg_i64(row->id), db_arg_i64(act->now.us),
		                          db_arg_i64(proof->step)),
		                  NULL);
	if (errors >= OFFICER_ERRORS_MAX) {
		until.us = act->now.us + OFFICER_LOCK_S * (int64_t)SECOND_US;
		errors = 0;
	}
	TRY(db_execute(act->tx, &sql_officer_failed,
	               DB_ARGS(db_arg_i64(row->id), db_arg_i64(errors), db_arg_i64(until.us)),
	               NULL));
	return until.us ? FAIL(OFFICER_LOCKED, "%s", row->name)
	                : FAIL(OFFICER_LOGIN, "%s", row->name);
}

/* --- taking an invitation up --- */

bool officer_is_invited(const struct officer *row, struct str invite)
{
	bool invited = row && row->state == OFFICER_INVITED;
	uint8_t nothing[OFFICER_SECRET];

	return open_box(invited ? row : NULL, invite, nothing) && invited;
}

result officer_enter(struct key_act *act, struct officer *row, const struct officer_entry *e)
{
	struct totp totp = { &e->secret, TOTP_DIGITS };
	uint64_t step;

	TRY(access_check_password(str_of(row->name), e->password));
	if (e->secret.len != OFFICER_SECRET || !is_ok(totp_check(&totp, act->now, e->code, &step)))
		return FAIL(OFFICER_CODE, "%s", row->name);
	TRY(seal_box(act->random, e->password, bytes_of(e->secret.at, e->secret.len), row));
	row->code_step = (int64_t)step;
	row->state = OFFICER_ACTIVE;
	return save_box(act->tx, row, OFFICER_ACTIVE);
}
