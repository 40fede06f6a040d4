/* SPDX-License-Identifier: Apache-2.0 */
/* Local master keys (本地主控密钥): what there is, the first one, renewal (keys 6, 7). */
#include <inttypes.h>

#include "domain/keys/backup.h"
#include "domain/keys/day_root.h"
#include "service/kms/officer_desk.h"

enum { MK = 1 << OFFICER_MK, RETENTION_DAYS = 90, DAYS_MAX = 36500 };

/* --- what everybody may see: the banner of every screen --- */

static void write_master(struct jwrite *j, const struct master *m)
{
	jwrite_object(j, NULL);
	jwrite_i64(j, "id", m->id);
	jwrite_i64(j, "slot", m->slot);
	jwrite_text(j, "algorithm", m->algorithm == LMK_SM4 ? "SM4" : "AES");
	jwrite_i64(j, "gen", m->gen);
	jwrite_text(j, "kcv", m->kcv);
	jwrite_text(j, "status", master_status_names[m->status]);
	jwrite_text(j, "state", master_state_names[m->state]);
	jwrite_bool(j, "present", m->present);
	jwrite_i64(j, "created_us", m->created.us);
	jwrite_i64(j, "activated_us", m->activated.us);
	jwrite_i64(j, "retired_us", m->retired.us);
	jwrite_end(j);
}

static bool has_software(const struct keeper_config *config, bool *lost)
{
	bool software = false;
	struct hsm_info info;

	*lost = false;
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++) {
		if (!config->devices[i])
			continue;
		hsm_device_info(config->devices[i], &info);
		software = software || info.software;
		*lost = *lost || hsm_device_is_lost(config->devices[i]);
	}
	return software;
}

static void write_job(struct jwrite *j, const char *name, const struct rekey_job *job)
{
	jwrite_object(j, name);
	jwrite_i64(j, "id", job->id);
	jwrite_i64(j, "from", job->from);
	jwrite_i64(j, "to", job->to);
	jwrite_text(j, "state", rekey_state_names[job->state]);
	jwrite_i64(j, "total", job->total);
	jwrite_i64(j, "done", job->done);
	jwrite_text(j, "stopped_by", job->detail);
	jwrite_i64(j, "started_us", job->started.us);
	jwrite_i64(j, "finished_us", job->finished.us);
	jwrite_end(j);
}

static result run_status(struct officer_call *c, const void *args)
{
	const struct master_ring *ring = c->act->ring;
	struct rekey_job job;
	bool test = false, lost, runs;

	(void)args;
	for (size_t i = 0; i < ring->count; i++)
		test = test || ring->at[i].status == MASTER_TEST;
	jwrite_bool(c->answer, "test", test);
	jwrite_bool(c->answer, "software", has_software(keeper_config_of(c->keeper), &lost));
	jwrite_bool(c->answer, "lost", lost);
	jwrite_text(c->answer, "node", keeper_config_of(c->keeper)->node);
	jwrite_array(c->answer, "masters");
	for (size_t i = 0; i < ring->count; i++)
		write_master(c->answer, &ring->at[i]);
	jwrite_end_array(c->answer);
	TRY(rekey_find(c->act->tx, &job, &runs));
	if (runs)
		write_job(c->answer, "renewal", &job);
	return OK;
}

/* --- all of them --- */

static result run_list(struct officer_call *c, const void *args)
{
	struct master *rows;
	size_t count;

	(void)args;
	TRY(master_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "masters");
	for (size_t i = 0; i < count; i++) {
		const struct master *here = master_find(c->act->ring, rows[i].id);

		rows[i].present = here && here->present;
		write_master(c->answer, &rows[i]);
	}
	jwrite_end_array(c->answer);
	return OK;
}

struct lmk_args {
	int64_t lmk;
};

static const struct officer_field lmk_fields[] = {
	OFFICER_NUMBER(lmk_args, lmk, true, 1, INT64_MAX),
};

/* What this process holds is known now, not at its next report. */
static result report_here(struct officer_call *c)
{
	return master_node_report(c->act->tx, c->act->now, keeper_config_of(c->keeper)->node,
	                          c->act->ring);
}

static result run_activate(struct officer_call *c, const void *args)
{
	const struct lmk_args *in = args;

	officer_note(c, "lmk=%" PRId64, in->lmk);
	TRY(report_here(c));
	return ceremony_activate_first(c->act, in->lmk);
}

/* PENDING is given up: the row goes first, then the keys in every device that has them. */
static result run_cancel(struct officer_call *c, const void *args)
{
	const struct lmk_args *in = args;

	officer_note(c, "lmk=%" PRId64, in->lmk);
	return master_set_state(c->act->tx, c->act->now, in->lmk, MASTER_PENDING, MASTER_RETIRED);
}

/* --- backups --- */

struct backup_args {
	struct str name;
};

static const struct officer_field backup_fields[] = {
	OFFICER_TEXT(backup_args, name, true, BACKUP_NAME_MAX),
};

static result run_backup_note(struct officer_call *c, const void *args)
{
	const struct backup_args *in = args;
	struct backup b;

	officer_note(c, "name=" STR_FMT, STR_ARG(in->name));
	return backup_note(c->act, in->name, &b);
}

static result run_backups(struct officer_call *c, const void *args)
{
	struct backup *rows;
	size_t count;

	(void)args;
	TRY(backup_list(c->act->tx, c->act->now, c->arena, &rows, &count));
	jwrite_array(c->answer, "backups");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_text(c->answer, "name", rows[i].name);
		jwrite_text(c->answer, "made_by", rows[i].made_by);
		jwrite_i64(c->answer, "at_us", rows[i].at.us);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

/* --- renewal (更新本地主控密钥) --- */

/* R0: every block opens under the key it names, and is the key it says. */
static result run_check(struct officer_call *c, const void *args)
{
	int64_t rows;

	(void)args;
	TRY(rekey_scan(c->act, &rows));
	jwrite_i64(c->answer, "rows", rows);
	return OK;
}

static result run_start(struct officer_call *c, const void *args)
{
	const struct lmk_args *in = args;
	struct rekey_job job;
	int64_t rows;

	officer_note(c, "lmk=%" PRId64, in->lmk);
	TRY(backup_require_fresh(c->act));
	TRY(rekey_scan(c->act, &rows));
	TRY(report_here(c));
	TRY(rekey_start(c->act, in->lmk, &job));
	officer_note(c, " job=%" PRId64 " rows=%" PRId64, job.id, job.total);
	write_job(c->answer, "renewal", &job);
	keeper_renew(c->keeper);
	return OK;
}

static result open_job(struct officer_call *c, struct rekey_job *job)
{
	bool found;

	TRY(rekey_find(c->act->tx, job, &found));
	return found ? OK : FAIL(REKEY_STATE, "no renewal is under way");
}

static result run_list_jobs(struct officer_call *c, const void *args)
{
	struct rekey_job *rows;
	size_t count;

	(void)args;
	TRY(rekey_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "renewals");
	for (size_t i = 0; i < count; i++)
		write_job(c->answer, NULL, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

struct complete_args {
	struct str kept_until; /* YYYY-MM-DD */
	int64_t retention_days;
};

static const struct officer_field complete_fields[] = {
	OFFICER_TEXT(complete_args, kept_until, false, 10),
	OFFICER_NUMBER(complete_args, retention_days, false, 1, DAYS_MAX),
};

/* "2027-03-31": the end of that day in China; 0 when the text is empty. */
static result day_end(struct str text, struct instant *out)
{
	struct bizdate day;

	*out = (struct instant){ 0 };
	TRY(officer_day(text, &day));
	if (day.yyyymmdd)
		out->us = ((bizdate_days(day) + 1) * 86400 - TIME_ZONE_CHINA_S) * SECOND_US;
	return OK;
}

/* R5. What protects backups of before is the old set of cards, as long as they are kept. */
static result run_complete(struct officer_call *c, const void *args)
{
	const struct complete_args *in = args;
	struct backup_rule rule = { .retention_days = in->retention_days ? in->retention_days
		                                                         : RETENTION_DAYS };
	struct rekey_job job;

	TRY(open_job(c, &job));
	rule.since = job.started;
	TRY(day_end(in->kept_until, &rule.kept_until));
	TRY(backup_require_free(c->act, &rule));
	officer_note(c, "job=%" PRId64 " retired=%" PRId64 " cards_kept_until=" STR_FMT, job.id,
	             job.from, STR_ARG(in->kept_until));
	return rekey_complete(c->act, &job);
}

static result run_abort(struct officer_call *c, const void *args)
{
	struct rekey_job job, back;

	(void)args;
	TRY(open_job(c, &job));
	TRY(rekey_abort(c->act, &job, &back));
	officer_note(c, "job=%" PRId64 " back=%" PRId64 " rows=%" PRId64, job.id, back.id,
	             back.total);
	write_job(c->answer, "renewal", &back);
	keeper_renew(c->keeper);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "status", .flags = OFFICER_READS | OFFICER_NO_LOGIN, .run = run_status },
	{ .name = "lmk.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "lmk.activate",
	  .roles = MK,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "LMK.ACTIVATE",
	  OFFICER_FIELDS(lmk_fields, lmk_args),
	  .needs = "SO1 SO2 SO3",
	  .run = run_activate },
	{ .name = "lmk.cancel",
	  .roles = MK,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "LMK.CANCEL",
	  OFFICER_FIELDS(lmk_fields, lmk_args),
	  .run = run_cancel },
	{ .name = "backup.note",
	  .roles = MK,
	  .audit = "BACKUP.NOTE",
	  OFFICER_FIELDS(backup_fields, backup_args),
	  .run = run_backup_note },
	{ .name = "backup.list", .flags = OFFICER_READS, .run = run_backups },
	{ .name = "renewal.check", .roles = MK, .flags = OFFICER_READS, .run = run_check },
	{ .name = "renewal.start",
	  .roles = MK,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "REKEY.START",
	  OFFICER_FIELDS(lmk_fields, lmk_args),
	  .needs = "SO1 SO2 SO3",
	  .run = run_start },
	{ .name = "renewal.list", .flags = OFFICER_READS, .run = run_list_jobs },
	{ .name = "renewal.complete",
	  .roles = MK,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "REKEY.COMPLETE",
	  OFFICER_FIELDS(complete_fields, complete_args),
	  .needs = "SO3",
	  .run = run_complete },
	{ .name = "renewal.abort",
	  .roles = MK,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "REKEY.ABORT",
	  .needs = "SO1 SO2 SO3",
	  .run = run_abort },
};

const struct officer_table officer_acts_master = { commands, ARRAY_LEN(commands) };
