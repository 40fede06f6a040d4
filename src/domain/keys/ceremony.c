/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of ceremonies, and the administrator's part. */
#include "domain/keys/ceremony_room.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/kms_sql.h"

enum { LISTED = 50 };

const char *const ceremony_purpose_names[] = { "form", "load", NULL };
const char *const ceremony_state_names[] = { "OPEN", "FORMED", "CANCELLED", NULL };
static const char *const algorithm_names[] = { "A", "4", NULL };

/* --- rows --- */

/* "2:17:B88AF8DD20 1:18:14525B077A 0:0:" — step, officer, check value of each. */
static const char *steps_text(const struct ceremony *c, char out[CEREMONY_STEPS_TEXT])
{
	size_t len = 0;

	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		len += (size_t)snprintf(out + len, CEREMONY_STEPS_TEXT - len, "%s%d:%" PRId64 ":%s",
		                        i ? " " : "", (int)c->steps[i], c->officers[i], c->kcvs[i]);
	return out;
}

static void read_steps(const char *text, struct ceremony *c)
{
	struct str one, rest = str_of(text), step, officer;

	for (size_t i = 0; i < CEREMONY_OFFICERS; i++) {
		str_cut(rest, ' ', &one, &rest);
		str_cut(one, ':', &step, &one);
		str_cut(one, ':', &officer, &one);
		c->steps[i] = step.len == 1 && step.at[0] >= '0' && step.at[0] <= '2'
		                      ? (enum ceremony_step)(step.at[0] - '0')
		                      : CEREMONY_NOTHING;
		if (!is_ok(str_i64(officer, &c->officers[i])))
			c->officers[i] = 0;
		str_copy(one, c->kcvs[i], sizeof c->kcvs[i]);
	}
}

static void read_row(struct db_rows *rows, struct ceremony *c)
{
	char steps[CEREMONY_STEPS_TEXT];

	*c = (struct ceremony){
		.id = db_i64(rows, 0),
		.purpose = (enum ceremony_purpose)db_enum(rows, 1, ceremony_purpose_names),
		.algorithm = db_enum(rows, 2, algorithm_names) == 1 ? LMK_SM4 : LMK_AES,
		.gen = db_u32(rows, 3),
		.status = (enum master_status)db_enum(rows, 4, master_status_names),
		.slot = db_u32(rows, 5),
		.state = (enum ceremony_state)db_enum(rows, 6, ceremony_state_names),
		.shares = { (uint8_t)db_u32(rows, 8), (uint8_t)db_u32(rows, 9) },
		.lmk = db_i64(rows, 10),
		.created = { db_i64(rows, 11) },
	};
	db_text(rows, 7, steps, sizeof steps);
	read_steps(steps, c);
}

result ceremony_load(struct db_tx *tx, int64_t id, struct ceremony *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_ceremony_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(CEREMONY_NOT_FOUND, "ceremony %" PRId64, id);
	read_row(&rows, out);
	return db_done(&rows);
}

result ceremony_list(struct db_tx *tx, struct arena *a, struct ceremony **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, LISTED, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_ceremony_list, DB_ARGS(db_arg_i64(LISTED)), &rows));
	while (*count < LISTED && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result ceremony_save(struct key_act *act, const struct ceremony *c)
{
	char steps[CEREMONY_STEPS_TEXT];

	return db_execute(act->tx, &sql_ceremony_save,
	                  DB_ARGS(db_arg_i64(c->id), db_arg_text(ceremony_state_names[c->state]),
	                          db_arg_text(steps_text(c, steps)), db_arg_i64(c->lmk)),
	                  NULL);
}

/* --- beginning --- */

static struct hsm_session *session_for(const struct master_ring *ring, enum lmk_algorithm a)
{
	for (size_t i = 0; i < MASTER_DEVICES_MAX; i++)
		if (ring->sessions[i] &&
		    hsm_session_can(ring->sessions[i],
		                    a == LMK_SM4 ? HSM_CAN_LMK_SM4 : HSM_CAN_LMK_AES))
			return ring->sessions[i];
	return NULL;
}

result ceremony_require_session(const struct master_ring *ring, enum lmk_algorithm a,
                                struct hsm_session **out)
{
	*out = session_for(ring, a);
	return *out ? OK
	            : FAIL(HSM_UNSUPPORTED, "no device holds a master key of algorithm %c",
	                   (char)a);
}

/* A software device is as safe as its machine: a live key needs leave (keys 3.3). */
static result check_soft(struct key_act *act, struct hsm_session *session,
                         enum master_status status)
{
	char leave[KEY_SETTING_MAX + 1];
	struct hsm_info info;

	hsm_device_info(hsm_session_device(session), &info);
	if (status == MASTER_TEST || !info.software)
		return OK;
	TRY(key_setting_get(act->tx, "allow_soft_live", "off", leave));
	return strcmp(leave, "on") == 0 ? OK : FAIL(CEREMONY_SOFT, "%s is a program", info.model);
}

static result require_none_open(struct key_act *act, enum lmk_algorithm a)
{
	char algorithm[2] = { (char)a };
	int64_t open;

	TRY(db_select_i64(act->tx, &sql_ceremony_open, DB_ARGS(db_arg_text(algorithm)), &open));
	return open == 0 ? OK : FAIL(CEREMONY_RUNS, "another ceremony is open");
}

/* A new key is of the next generation, and of the status of the keys that stand. */
static result plan_form(struct key_act *act, struct ceremony *c)
{
	const struct master *now = master_active(act->ring, c->algorithm);
	char algorithm[2] = { (char)c->algorithm };
	int64_t gen;

	if (now && now->status != c->status)
		return FAIL(MASTER_MIXED, "the active key is %s", master_status_names[now->status]);
	TRY(db_select_i64(act->tx, &sql_ceremony_generation, DB_ARGS(db_arg_text(algorithm)),
	                  &gen));
	c->gen = (unsigned)gen + 1;
	if (c->gen > COMPONENT_GENERATION_MAX)
		return FAIL(MASTER_SLOTS, "generation %u", c->gen);
	return master_free_slot(act->ring, c->algorithm, &c->slot);
}

static result plan_load(struct key_act *act, int64_t lmk, struct ceremony *c)
{
	SCOPED(arena_free) struct arena a = { 0 };
	const struct master *here = master_find(act->ring, lmk);
	struct master *rows;
	size_t count;

	if (here && here->present)
		return FAIL(MASTER_STATE, "the device has this key");
	TRY(master_list(act->tx, &a, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].id != lmk)
			continue;
		c->algorithm = rows[i].algorithm;
		c->gen = rows[i].gen;
		c->status = rows[i].status;
		c->slot = rows[i].slot;
		c->lmk = lmk;
		return rows[i].state == MASTER_RETIRED
		               ? master_free_slot(act->ring, c->algorithm, &c->slot)
		               : OK;
	}
	return FAIL(MASTER_NONE, "there is no master key %" PRId64, lmk);
}

static result check_shares(const struct shamir_scheme *s)
{
	if (s->needed == 0 && s->count == 0)
		return OK;
	if (s->needed < SHAMIR_NEEDED_MIN || s->needed > s->count || s->count > CEREMONY_SHARES_MAX)
		return FAIL(SHARES_BAD, "%u of %u", s->needed, s->count);
	return OK;
}

result ceremony_begin(struct key_act *act, const struct ceremony_order *o, struct ceremony *out)
{
	struct hsm_session *session;
	char algorithm[2] = { 0 }, steps[CEREMONY_STEPS_TEXT];

	*out = (struct ceremony){ .purpose = o->purpose,
		                  .algorithm = o->algorithm,
		                  .status = o->status,
		                  .shares = o->shares,
		                  .created = act->now };
	TRY(check_shares(&o->shares));
	TRY(o->purpose == CEREMONY_FORM ? plan_form(act, out) : plan_load(act, o->lmk, out));
	TRY(ceremony_require_session(act->ring, out->algorithm, &session));
	TRY(check_soft(act, session, out->status));
	TRY(require_none_open(act, out->algorithm));
	algorithm[0] = (char)out->algorithm;
	return db_select_i64(act->tx, &sql_ceremony_add,
	                     DB_ARGS(db_arg_text(ceremony_purpose_names[out->purpose]),
	                             db_arg_text(algorithm), db_arg_i64(out->gen),
	                             db_arg_text(master_status_names[out->status]),
	                             db_arg_i64(out->slot), db_arg_text(steps_text(out, steps)),
	                             db_arg_i64(out->shares.needed), db_arg_i64(out->shares.count),
	                             db_arg_i64(out->lmk), db_arg_i64(act->now.us)),
	                     &out->id);
}

result ceremony_require_open(const struct ceremony *c)
{
	return c->state == CEREMONY_OPEN ? OK
	                                 : FAIL(CEREMONY_STATE, "ceremony %" PRId64 " is %s", c->id,
	                                        ceremony_state_names[c->state]);
}

result ceremony_cancel(struct key_act *act, struct ceremony_room *room, struct ceremony *c)
{
	TRY(ceremony_require_open(c));
	ceremony_room_clear(room);
	c->state = CEREMONY_CANCELLED;
	return ceremony_save(act, c);
}

/* --- keys that need no ceremony, or none any more --- */

result ceremony_activate_first(struct key_act *act, int64_t lmk)
{
	const struct master *m = master_find(act->ring, lmk);

	if (!m || m->state != MASTER_PENDING)
		return FAIL(MASTER_STATE, "master key %" PRId64 " is not waiting", lmk);
	if (master_active(act->ring, m->algorithm))
		return FAIL(MASTER_STATE, "there is an active one: renew it");
	if (!m->present)
		return FAIL(HSM_LMK_MISSING, "slot %02u", m->slot);
	TRY(master_node_require(act->tx, act->now, m));
	return master_set_state(act->tx, act->now, lmk, MASTER_PENDING, MASTER_ACTIVE);
}

result ceremony_test_key(struct key_act *act, enum lmk_algorithm a, struct master *out)
{
	SCOPED(secret_wipe) struct secret lmk = { 0 };
	struct hsm_session *session;
	struct hsm_lmk installed;

	*out = (struct master){ .algorithm = a, .gen = 1, .status = MASTER_TEST };
	if (master_active(act->ring, a))
		return FAIL(MASTER_STATE, "there is a master key of this algorithm");
	TRY(ceremony_require_session(act->ring, a, &session));
	TRY(master_free_slot(act->ring, a, &out->slot));
	lmk_published(a, &lmk);
	TRY(hsm_lmk_install(session, out->slot, a, &lmk, &installed));
	hex_encode(bytes_of(installed.check, HSM_PROOF), out->kcv);
	memcpy(out->proof, installed.proof, sizeof out->proof);
	TRY(master_add(act->tx, act->now, out));
	return master_set_state(act->tx, act->now, out->id, MASTER_PENDING, MASTER_ACTIVE);
}
