/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/master.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "domain/keys/kms_sql.h"

const char *const master_state_names[] = { "PENDING", "ACTIVE", "OLD", "RETIRED", NULL };
const char *const master_status_names[] = { "live", "test", NULL };
static const char *const algorithm_names[] = { "A", "4", NULL };
static const enum lmk_algorithm algorithms[] = { LMK_AES, LMK_SM4 };

/* --- the ring --- */

static void read_row(struct db_rows *rows, struct master *m)
{
	*m = (struct master){
		.id = db_i64(rows, 0),
		.slot = db_u32(rows, 1),
		.algorithm = algorithms[db_enum(rows, 2, algorithm_names)],
		.gen = db_u32(rows, 3),
		.status = (enum master_status)db_enum(rows, 6, master_status_names),
		.state = (enum master_state)db_enum(rows, 7, master_state_names),
		.created = { db_i64(rows, 8) },
		.activated = { db_i64(rows, 9) },
		.retired = { db_i64(rows, 10) },
	};
	db_text(rows, 4, m->kcv, sizeof m->kcv);
	db_fixed(rows, 5, m->proof, sizeof m->proof);
}

static bool holds(struct hsm_session *s, enum lmk_algorithm a)
{
	return s && hsm_session_can(s, a == LMK_SM4 ? HSM_CAN_LMK_SM4 : HSM_CAN_LMK_AES);
}

/* The session of the device that holds master keys of an algorithm; NULL: none does. */
static struct hsm_session *session_for(const struct master_ring *ring, enum lmk_algorithm a)
{
	for (size_t i = 0; i < MASTER_DEVICES_MAX; i++)
		if (holds(ring->sessions[i], a))
			return ring->sessions[i];
	return NULL;
}

/* A device that is away leaves its keys absent; only then is the whole ring of use to nobody. */
static result look(struct master_ring *ring, struct master *m)
{
	struct hsm_lmk found;

	m->session = session_for(ring, m->algorithm);
	if (!m->session)
		return OK;
	result r = hsm_lmk_status(m->session, m->slot, &found);
	if (is_ok(r) && memcmp(found.proof, m->proof, sizeof m->proof) != 0) {
		LOG_ERROR("master.other_key",
		          "slot=%02u kcv=%s text=\"the device holds another key\"", m->slot,
		          m->kcv);
		return OK;
	}
	m->present = is_ok(r);
	return is_ok(r) || r.code == HSM_LMK_MISSING || r.code == HSM_LOST ? OK : r;
}

result master_ring_load(struct master_ring *ring, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	ring->count = 0;
	TRY(db_select(tx, &sql_master_ring, DB_NO_ARGS, &rows));
	while (ring->count < MASTERS_MAX && db_next(&rows))
		read_row(&rows, &ring->at[ring->count++]);
	TRY(db_done(&rows));
	for (size_t i = 0; i < ring->count; i++)
		TRY(look(ring, &ring->at[i]));
	return OK;
}

const struct master *master_find(const struct master_ring *ring, int64_t id)
{
	for (size_t i = 0; i < ring->count; i++)
		if (ring->at[i].id == id)
			return &ring->at[i];
	return NULL;
}

const struct master *master_active(const struct master_ring *ring, enum lmk_algorithm a)
{
	for (size_t i = 0; i < ring->count; i++)
		if (ring->at[i].state == MASTER_ACTIVE && ring->at[i].algorithm == a)
			return &ring->at[i];
	return NULL;
}

/* A device that is away may hold it all the same. */
static result require_present(const struct master *m)
{
	if (m->present)
		return OK;
	if (m->session && hsm_device_is_lost(hsm_session_device(m->session)))
		return FAIL(HSM_LOST, "the device of slot %02u", m->slot);
	return FAIL(HSM_LMK_MISSING, "slot %02u", m->slot);
}

result master_for(const struct master_ring *ring, char algorithm, const struct master **out)
{
	bool national = algorithm == '4' || algorithm == '2';

	*out = national ? master_active(ring, LMK_SM4) : NULL;
	if (!*out)
		*out = master_active(ring, LMK_AES);
	if (!*out && !national)
		*out = master_active(ring, LMK_SM4);
	if (!*out)
		return FAIL(MASTER_NONE, "no local master key is active");
	return require_present(*out);
}

result master_require(const struct master_ring *ring, int64_t id, const struct master **out)
{
	*out = master_find(ring, id);
	if (!*out || (*out)->state == MASTER_PENDING)
		return FAIL(MASTER_NONE, "master key %" PRId64 " is not in use", id);
	return require_present(*out);
}

void master_option(const struct master *m, char out[KCV_TEXT_SIZE + 2])
{
	snprintf(out, KCV_TEXT_SIZE + 2, "01%s", m->kcv);
}

char master_block_version(const struct master *m, bool in_device)
{
	if (m->algorithm == LMK_SM4)
		return '4';
	return in_device ? '3' : 'D';
}

/* A slot may hold what a broken ceremony left behind. */
static bool is_empty(const struct master_ring *ring, enum lmk_algorithm a, unsigned slot)
{
	struct hsm_session *s = session_for(ring, a);
	struct hsm_lmk found;

	return !s || hsm_lmk_status(s, slot, &found).code == HSM_LMK_MISSING;
}

result master_free_slot(const struct master_ring *ring, enum lmk_algorithm a, unsigned *slot)
{
	bool used[HSM_SLOTS] = { false };

	for (size_t i = 0; i < ring->count; i++)
		if (ring->at[i].algorithm == a)
			used[ring->at[i].slot % HSM_SLOTS] = true;
	for (unsigned i = 0; i < HSM_SLOTS; i++)
		if (!used[i] && is_empty(ring, a, i)) {
			*slot = i;
			return OK;
		}
	return FAIL(MASTER_SLOTS, "all %d slots are in use", HSM_SLOTS);
}

/* --- keys in devices that should not be there any more --- */

/* What the row of a slot's key says; MASTER_NONE when no row knows the key. */
static result state_of_slot(struct db_tx *tx, const struct hsm_lmk *found, unsigned slot,
                            enum master_state *state)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct master *rows;
	bool known = false;
	size_t count;

	*state = MASTER_RETIRED;
	TRY(master_list(tx, &a, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].algorithm != found->algorithm ||
		    memcmp(rows[i].proof, found->proof, sizeof found->proof) != 0)
			continue;
		known = true;
		if (rows[i].state != MASTER_RETIRED && rows[i].slot == slot)
			*state = rows[i].state;
	}
	return known ? OK : FAIL(MASTER_NONE, "no row knows the key in slot %02u", slot);
}

static result sweep_slot(struct hsm_session *s, struct db_tx *tx, unsigned slot, bool strangers,
                         size_t *erased)
{
	enum master_state state;
	struct hsm_lmk found;
	result r = hsm_lmk_status(s, slot, &found);

	if (r.code == HSM_LMK_MISSING)
		return OK;
	TRY(r);
	r = state_of_slot(tx, &found, slot, &state);
	if (!is_ok(r) && r.code != MASTER_NONE)
		return r;
	if (is_ok(r) ? state != MASTER_RETIRED : !strangers)
		return OK;
	LOG_WARNING("master.erased", "slot=%02u algorithm=%s known=%d", slot,
	            found.algorithm == LMK_SM4 ? "SM4" : "AES", is_ok(r));
	(*erased)++;
	return hsm_lmk_erase(s, slot);
}

result master_sweep(const struct master_ring *ring, struct db_tx *tx, bool strangers,
                    size_t *erased)
{
	*erased = 0;
	for (size_t i = 0; i < MASTER_DEVICES_MAX; i++)
		for (unsigned slot = 0; ring->sessions[i] && slot < HSM_SLOTS; slot++)
			TRY(sweep_slot(ring->sessions[i], tx, slot, strangers, erased));
	return OK;
}

/* --- rows --- */

result master_add(struct db_tx *tx, struct instant now, struct master *m)
{
	m->created = now;
	m->state = MASTER_PENDING;
	return db_select_i64(
	        tx, &sql_master_add,
	        DB_ARGS(db_arg_i64(m->slot), db_arg_text(m->algorithm == LMK_SM4 ? "4" : "A"),
	                db_arg_i64(m->gen), db_arg_text(m->kcv),
	                db_arg_bytes(bytes_of(m->proof, sizeof m->proof)),
	                db_arg_text(master_status_names[m->status]), db_arg_i64(now.us)),
	        &m->id);
}

static bool may_move(enum master_state from, enum master_state to)
{
	static const struct {
		enum master_state from, to;
	} steps[] = {
		{ MASTER_PENDING, MASTER_ACTIVE }, { MASTER_ACTIVE, MASTER_OLD },
		{ MASTER_OLD, MASTER_ACTIVE }, /* a renewal that is taken back */
		{ MASTER_OLD, MASTER_RETIRED },    { MASTER_PENDING, MASTER_RETIRED },
		{ MASTER_RETIRED, MASTER_OLD }, /* loaded again from its cards, to open an old
		                                   backup */
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i].from == from && steps[i].to == to)
			return true;
	return false;
}

result master_set_state(struct db_tx *tx, struct instant now, int64_t id, enum master_state from,
                        enum master_state to)
{
	int64_t changed;

	if (!may_move(from, to))
		return FAIL(MASTER_STATE, "%s to %s", master_state_names[from],
		            master_state_names[to]);
	TRY(db_execute(tx, &sql_master_set_state,
	               DB_ARGS(db_arg_i64(id), db_arg_text(master_state_names[from]),
	                       db_arg_text(master_state_names[to]),
	                       db_arg_i64(to == MASTER_ACTIVE ? now.us : 0),
	                       db_arg_i64(to == MASTER_RETIRED ? now.us : 0)),
	               &changed));
	return changed == 1 ? OK
	                    : FAIL(MASTER_STATE, "master key %" PRId64 " is not %s", id,
	                           master_state_names[from]);
}

result master_list(struct db_tx *tx, struct arena *a, struct master **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	enum { LISTED = 256 };

	*out = arena_array(a, LISTED, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_master_list, DB_ARGS(db_arg_i64(LISTED)), &rows));
	while (*count < LISTED && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

/* --- nodes --- */

/* "7:0A1B2C3D4E " for each key the devices really hold. */
static const char *slots_text(const struct master_ring *ring, char out[MASTER_NODE_SLOTS_MAX])
{
	char proof[2 * HSM_PROOF + 1];
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ring->count && len + 32 < MASTER_NODE_SLOTS_MAX; i++) {
		if (!ring->at[i].present)
			continue;
		hex_encode(bytes_of(ring->at[i].proof, HSM_PROOF), proof);
		len += (size_t)snprintf(out + len, MASTER_NODE_SLOTS_MAX - len, "%" PRId64 ":%s ",
		                        ring->at[i].id, proof);
	}
	return out;
}

result master_node_report(struct db_tx *tx, struct instant now, const char *name,
                          const struct master_ring *ring)
{
	char slots[MASTER_NODE_SLOTS_MAX];

	return db_execute(tx, &sql_master_node_report,
	                  DB_ARGS(db_arg_text(name), db_arg_text(slots_text(ring, slots)),
	                          db_arg_i64(now.us)),
	                  NULL);
}

result master_node_require(struct db_tx *tx, struct instant now, const struct master *m)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char name[MASTER_NODE_MAX + 1], slots[MASTER_NODE_SLOTS_MAX], want[48],
	        proof[2 * HSM_PROOF + 1];

	hex_encode(bytes_of(m->proof, HSM_PROOF), proof);
	snprintf(want, sizeof want, "%" PRId64 ":%s ", m->id, proof);
	TRY(db_select(tx, &sql_master_node_list,
	              DB_ARGS(db_arg_i64(now.us - MASTER_NODE_LIVE_S * (int64_t)SECOND_US)),
	              &rows));
	while (db_next(&rows)) {
		db_text(&rows, 0, name, sizeof name);
		db_text(&rows, 1, slots, sizeof slots);
		TRY(db_done(&rows));
		if (!strstr(slots, want))
			return FAIL(MASTER_NODES, "process %s does not hold the key %s", name,
			            m->kcv);
	}
	return db_done(&rows);
}
