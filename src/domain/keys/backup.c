/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/backup.h"

#include "domain/keys/kms_sql.h"

static const int64_t hour_us = 3600 * (int64_t)SECOND_US;

result backup_note(struct key_act *act, struct str name, struct backup *out)
{
	if (name.len == 0 || name.len > BACKUP_NAME_MAX || !str_is_utf8(name))
		return FAIL(BACKUP_NAME, "%zu bytes", name.len);
	*out = (struct backup){ .at = act->now };
	str_copy(name, out->name, sizeof out->name);
	str_copy(str_of(act->actor), out->made_by, sizeof out->made_by);
	return db_select_i64(
	        act->tx, &sql_backup_add,
	        DB_ARGS(db_arg_str(name), db_arg_text(act->actor), db_arg_i64(act->now.us)),
	        &out->id);
}

result backup_list(struct db_tx *tx, struct instant until, struct arena *a, struct backup **out,
                   size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, BACKUPS_LISTED, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_backup_newest,
	              DB_ARGS(db_arg_i64(until.us), db_arg_i64(BACKUPS_LISTED)), &rows));
	while (*count < BACKUPS_LISTED && db_next(&rows)) {
		struct backup *b = &(*out)[(*count)++];

		b->id = db_i64(&rows, 0);
		db_text(&rows, 1, b->name, sizeof b->name);
		db_text(&rows, 2, b->made_by, sizeof b->made_by);
		b->at.us = db_i64(&rows, 3);
	}
	return db_done(&rows);
}

/* The newest one up to then; *found. */
static result newest(struct db_tx *tx, struct instant until, struct backup *out, bool *found)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct backup *rows;
	size_t count;

	TRY(backup_list(tx, until, &a, &rows, &count));
	*found = count > 0;
	if (*found)
		*out = rows[0];
	return OK;
}

result backup_require_fresh(struct key_act *act)
{
	struct backup b;
	bool found;

	TRY(newest(act->tx, act->now, &b, &found));
	if (found && act->now.us - b.at.us <= BACKUP_FRESH_HOURS * hour_us)
		return OK;
	return FAIL(BACKUP_MISSING, "none was recorded in the last %d hours", BACKUP_FRESH_HOURS);
}

result backup_require_free(struct key_act *act, const struct backup_rule *rule)
{
	struct instant kept;
	struct civil day;
	struct backup b;
	bool found;

	TRY(newest(act->tx, rule->since, &b, &found));
	if (!found)
		return OK;
	kept.us = b.at.us + rule->retention_days * 24 * hour_us;
	if (kept.us <= act->now.us || rule->kept_until.us >= kept.us)
		return OK;
	day = civil_of(kept, TIME_ZONE_CHINA_S);
	return FAIL(BACKUP_KEPT, "%s is kept until %04d-%02d-%02d", b.name, day.year, day.month,
	            day.day);
}
