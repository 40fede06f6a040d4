/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/rekey.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "domain/keys/key_version.h"
#include "domain/keys/kms_sql.h"

const char *const rekey_state_names[] = { "RUNNING", "VERIFIED", "DONE", "ABORTED", NULL };

enum { JOBS_LISTED = 50, TABLE_MAX = 40 };

/*
 * Every table that holds blocks. next: (lmk, after id, how many) → id, block, kcv, rowver of blocks
 * under that key; all: (after id, how many) → the same and lmk; count: (lmk) → how many under it;
 * put: (id, rowver, lmk from, lmk to, block).
 */
static const struct table {
	const char *name;
	const struct db_statement *next, *all, *count, *put;
	bool has_facts; /* next and all go on with what the catalogue says (key_facts_read) */
} tables[] = {
	{ "kms_keyver", &sql_rekey_keyver_next, &sql_rekey_keyver_all, &sql_rekey_keyver_count,
	  &sql_rekey_keyver_put, true },
	{ "kms_dayroot", &sql_rekey_dayroot_next, &sql_rekey_dayroot_all, &sql_rekey_dayroot_count,
	  &sql_rekey_dayroot_put, false },
};

struct row {
	int64_t id, lmk, rowver;
	char block[WORKING_BLOCK_MAX + 1], kcv[KCV_TEXT_SIZE];
	bool has_facts;
	struct key_facts facts;
};

static void read_row(struct db_rows *rows, bool has_facts, struct row *r)
{
	r->id = db_i64(rows, 0);
	db_text(rows, 1, r->block, sizeof r->block);
	db_text(rows, 2, r->kcv, sizeof r->kcv);
	r->rowver = db_i64(rows, 3);
	r->lmk = db_i64(rows, 4);
	r->has_facts = has_facts;
	if (has_facts)
		key_facts_read(rows, 5, &r->facts);
}

/* --- one block --- */

/* It opens under the key it names, is for what its rows say, and is the key it says. */
static result check(const struct master_ring *ring, const struct row *r)
{
	SCOPED(working_key_close) struct working_key *k = NULL;
	char text[KCV_TEXT_SIZE];
	const struct master *m;
	struct kcv kcv;

	TRY(master_require(ring, r->lmk, &m));
	struct working_place at = { m->session, m->slot };
	TRY(working_key_open(&at, str_of(r->block), &k));
	if (r->has_facts)
		TRY(key_facts_check(&r->facts, working_key_header(k)));
	if (working_key_in_device(k) && working_key_header(k)->algorithm == 'R')
		return OK;
	TRY(working_key_kcv(k, &kcv));
	if (strcmp(kcv_text(&kcv, text), r->kcv) != 0)
		return FAIL(REKEY_ROW, "check value %s instead of %s", text, r->kcv);
	return OK;
}

/* Under the new key, opened again there, with the same check value; only then is the old block let
 * go. */
static result carry(const struct master_ring *ring, const struct row *r, int64_t to_id,
                    struct row *out)
{
	const struct master *from, *to;
	char option[KCV_TEXT_SIZE + 2];
	size_t len;

	TRY(master_require(ring, r->lmk, &from));
	TRY(master_require(ring, to_id, &to));
	master_option(to, option);
	struct working_place place = { from->session, from->slot };
	struct working_target target = { { to->session, to->slot },
		                         option,
		                         master_block_version(to, false) };
	*out = *r;
	out->lmk = to_id;
	TRY(working_key_reseal(&place, &target, str_of(r->block), out->block, &len));
	return check(ring, out);
}

/* --- tables --- */

struct batch {
	struct row *at;
	size_t count;
};

/* Up to REKEY_BATCH rows, read whole before anything is written: of all those behind row `from`, or
 * the next under master key `from`. */
static result read_batch(struct db_tx *tx, const struct table *t, bool all, int64_t from,
                         struct arena *a, struct batch *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct batch){ arena_array(a, REKEY_BATCH, sizeof *out->at), 0 };
	TRY(db_select(tx, all ? t->all : t->next,
	              DB_ARGS(db_arg_i64(from), db_arg_i64(REKEY_BATCH)), &rows));
	while (out->count < REKEY_BATCH && db_next(&rows))
		read_row(&rows, t->has_facts, &out->at[out->count++]);
	return db_done(&rows);
}

/* A device without the master key says nothing about the row. */
static result scanned(const struct table *t, const struct row *row, result r)
{
	if (is_ok(r) || r.code == HSM_LOST || r.code == HSM_LMK_MISSING)
		return r;
	return FAIL(REKEY_ROW, "%s %" PRId64 ": %s", t->name, row->id, result_name(r));
}

static result scan_table(struct key_act *act, const struct table *t, int64_t *rows)
{
	int64_t after = 0;
	struct batch b;

	do {
		SCOPED(arena_free) struct arena a = { 0 };

		TRY(read_batch(act->tx, t, true, after, &a, &b));
		for (size_t i = 0; i < b.count; i++) {
			TRY(scanned(t, &b.at[i], check(act->ring, &b.at[i])));
			after = b.at[i].id;
		}
		*rows += (int64_t)b.count;
	} while (b.count == REKEY_BATCH);
	return OK;
}

result rekey_scan(struct key_act *act, int64_t *rows)
{
	*rows = 0;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		TRY(scan_table(act, &tables[i], rows));
	return OK;
}

result rekey_check_tables(struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char name[TABLE_MAX];

	TRY(db_select(tx, &sql_rekey_block_tables, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		bool known = false;

		db_text(&rows, 0, name, sizeof name);
		for (size_t i = 0; i < ARRAY_LEN(tables); i++)
			known = known || strcmp(tables[i].name, name) == 0;
		if (!known)
			return FAIL(REKEY_TABLE, "table %s would be forgotten by a renewal", name);
	}
	return db_done(&rows);
}

/* --- jobs --- */

static void read_job(struct db_rows *rows, struct rekey_job *j)
{
	*j = (struct rekey_job){
		.id = db_i64(rows, 0),
		.from = db_i64(rows, 1),
		.to = db_i64(rows, 2),
		.state = (enum rekey_state)db_enum(rows, 3, rekey_state_names),
		.total = db_i64(rows, 4),
		.done = db_i64(rows, 5),
		.started = { db_i64(rows, 7) },
		.finished = { db_i64(rows, 8) },
	};
	db_text(rows, 6, j->detail, sizeof j->detail);
}

result rekey_find(struct db_tx *tx, struct rekey_job *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_rekey_open, DB_NO_ARGS, &rows));
	*found = db_next(&rows);
	if (*found)
		read_job(&rows, out);
	return db_done(&rows);
}

result rekey_list(struct db_tx *tx, struct arena *a, struct rekey_job **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, JOBS_LISTED, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_rekey_list, DB_ARGS(db_arg_i64(JOBS_LISTED)), &rows));
	while (*count < JOBS_LISTED && db_next(&rows))
		read_job(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

static result save(struct key_act *act, const struct rekey_job *j)
{
	return db_execute(act->tx, &sql_rekey_save,
	                  DB_ARGS(db_arg_i64(j->id), db_arg_text(rekey_state_names[j->state]),
	                          db_arg_i64(j->done), db_arg_text(j->detail),
	                          db_arg_i64(j->finished.us)),
	                  NULL);
}

static result begin(struct key_act *act, int64_t from, int64_t to, struct rekey_job *out)
{
	*out = (struct rekey_job){
		.from = from, .to = to, .state = REKEY_RUNNING, .started = act->now
	};
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		int64_t rows;

		TRY(db_select_i64(act->tx, tables[i].count, DB_ARGS(db_arg_i64(from)), &rows));
		out->total += rows;
	}
	return db_select_i64(act->tx, &sql_rekey_add,
	                     DB_ARGS(db_arg_i64(from), db_arg_i64(to), db_arg_i64(out->total),
	                             db_arg_i64(act->now.us)),
	                     &out->id);
}

result rekey_start(struct key_act *act, int64_t to, struct rekey_job *out)
{
	const struct master *next = master_find(act->ring, to), *now;
	struct rekey_job other;
	bool runs;

	TRY(rekey_find(act->tx, &other, &runs));
	if (runs)
		return FAIL(REKEY_RUNS, "job %" PRId64 " is not finished", other.id);
	if (!next || next->state != MASTER_PENDING)
		return FAIL(MASTER_STATE, "master key %" PRId64 " is not waiting", to);
	now = master_active(act->ring, next->algorithm);
	if (!now)
		return FAIL(MASTER_NONE, "there is none to be renewed: activate the new one");
	if (now->status != next->status)
		return FAIL(MASTER_MIXED, "%s to %s", master_status_names[now->status],
		            master_status_names[next->status]);
	if (!next->present || !now->present)
		return FAIL(HSM_LMK_MISSING, "both keys must be loaded");
	TRY(master_node_require(act->tx, act->now, next));
	TRY(master_set_state(act->tx, act->now, now->id, MASTER_ACTIVE, MASTER_OLD));
	TRY(master_set_state(act->tx, act->now, next->id, MASTER_PENDING, MASTER_ACTIVE));
	return begin(act, now->id, next->id, out);
}

/* --- a step --- */

static result carry_batch(struct key_act *act, struct rekey_job *j, const struct table *t,
                          size_t *moved)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct row *next = arena_alloc(&a, sizeof *next);
	struct batch b;

	TRY(read_batch(act->tx, t, false, j->from, &a, &b));
	for (size_t i = 0; i < b.count; i++) {
		int64_t changed;
		result r = carry(act->ring, &b.at[i], j->to, next);

		if (!is_ok(r)) {
			snprintf(j->detail, sizeof j->detail, "%s %" PRId64 ": %s", t->name,
			         b.at[i].id, result_name(r));
			return r;
		}
		TRY(db_execute(act->tx, t->put,
		               DB_ARGS(db_arg_i64(next->id), db_arg_i64(next->rowver),
		                       db_arg_i64(j->from), db_arg_i64(j->to),
		                       db_arg_text(next->block)),
		               &changed));
		*moved += (size_t)
		        changed; /* 0: somebody else changed the row since; it comes again */
	}
	return OK;
}

/* Nothing is left under the old key: read everything back. */
static result verify(struct key_act *act, struct rekey_job *j)
{
	int64_t rows = 0;

	result r = rekey_scan(act, &rows);
	if (!is_ok(r)) {
		str_copy(str_of(result_last()->text), j->detail, sizeof j->detail);
		return r;
	}
	j->state = REKEY_VERIFIED;
	j->detail[0] = '\0';
	LOG_INFO("rekey.verified", "job=%" PRId64 " rows=%" PRId64, j->id, rows);
	return OK;
}

/* What stops a row stops the job, not the process: it is tried again. Store faults are another
 * matter. */
static result settle(struct key_act *act, struct rekey_job *j, result r, bool *more)
{
	if (is_ok(r)) {
		*more = j->state == REKEY_RUNNING;
		return save(act, j);
	}
	*more = false;
	LOG_ERROR("rekey.stopped", "job=%" PRId64 " detail=\"%s\"", j->id, j->detail);
	return j->detail[0] ? save(act, j) : r;
}

result rekey_step(struct key_act *act, struct rekey_job *j, bool *more)
{
	size_t moved = 0;
	result r = OK;

	*more = false;
	if (j->state != REKEY_RUNNING)
		return OK;
	j->detail[0] = '\0';
	for (size_t i = 0; is_ok(r) && moved == 0 && i < ARRAY_LEN(tables); i++)
		r = carry_batch(act, j, &tables[i], &moved);
	j->done += (int64_t)moved;
	if (is_ok(r) && moved == 0)
		r = verify(act, j);
	return settle(act, j, r, more);
}

result rekey_complete(struct key_act *act, struct rekey_job *j)
{
	const struct master *old = master_find(act->ring, j->from);

	if (j->state != REKEY_VERIFIED && j->state != REKEY_DONE)
		return FAIL(REKEY_STATE, "job %" PRId64 " is %s", j->id,
		            rekey_state_names[j->state]);
	if (!old)
		return OK; /* done before */
	/* The row first: a device that is erased and a row that says otherwise is repeated, the
	 * other way round is lost. */
	TRY(master_set_state(act->tx, act->now, old->id, MASTER_OLD, MASTER_RETIRED));
	j->state = REKEY_DONE;
	j->finished = act->now;
	return save(act, j);
}

result rekey_abort(struct key_act *act, const struct rekey_job *j, struct rekey_job *out)
{
	struct rekey_job ended = *j;

	if (j->state != REKEY_RUNNING && j->state != REKEY_VERIFIED)
		return FAIL(REKEY_STATE, "job %" PRId64 " is %s", j->id,
		            rekey_state_names[j->state]);
	ended.state = REKEY_ABORTED;
	ended.finished = act->now;
	TRY(save(act, &ended));
	TRY(master_set_state(act->tx, act->now, j->to, MASTER_ACTIVE, MASTER_OLD));
	TRY(master_set_state(act->tx, act->now, j->from, MASTER_OLD, MASTER_ACTIVE));
	return begin(act, j->to, j->from, out);
}
