/* SPDX-License-Identifier: Apache-2.0 */
/* The schema: numbered steps, forward only, each in a transaction of its own together with the note
 * that it is done. */
#include "db/db_sql.h"
#include "db/engine.h"

#include "base/log.h"

static const char notes_sqlite[] =
        "CREATE TABLE IF NOT EXISTS db_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "sha256 TEXT NOT NULL, applied_at_us INTEGER NOT NULL) STRICT";
static const char notes_postgres[] =
        "CREATE TABLE IF NOT EXISTS db_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
        "sha256 TEXT NOT NULL, applied_at_us BIGINT NOT NULL)";

static result make_notes(struct db *db)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(db, &tx));
	TRY(db->ops->script(db, db->engine == DB_SQLITE ? notes_sqlite : notes_postgres));
	return db_commit(tx);
}

/* How many steps the store has; they must be the first ones of the list, unchanged. */
static result compare(struct db *db, const struct db_migration *list, size_t count, size_t *have)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char sha256[65];

	*have = 0;
	TRY(db_begin(db, &tx));
	TRY(db_select(tx, &sql_db_migration_list, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		int64_t number = db_i64(&rows, 0);
		db_text(&rows, 1, sha256, sizeof sha256);
		TRY(db_done(&rows));
		if (*have >= count)
			return FAIL(DB_MIGRATION_NEWER, "step %lld is unknown", (long long)number);
		if (number != list[*have].number || strcmp(sha256, list[*have].sha256) != 0)
			return FAIL(DB_MIGRATION_CHANGED, "step %lld is not %s", (long long)number,
			            list[*have].name);
		(*have)++;
	}
	return db_done(&rows);
}

static result apply(struct db *db, struct instant now, const struct db_migration *m)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(db, &tx));
	TRY(db->ops->script(db, db->engine == DB_SQLITE ? m->sqlite : m->postgres));
	TRY(db_execute(tx, &sql_db_migration_add,
	               DB_ARGS(db_arg_i64(m->number), db_arg_text(m->name), db_arg_text(m->sha256),
	                       db_arg_i64(now.us)),
	               NULL));
	return db_commit(tx);
}

result db_migrate_with(struct db *db, struct instant now, const struct db_migration *list,
                       size_t count, int *applied)
{
	size_t have;
	int done = 0;

	TRY(make_notes(db));
	TRY(compare(db, list, count, &have));
	for (; have < count; have++, done++) {
		char why[160];
		result r = apply(db, now, &list[have]);
		if (!is_ok(r)) {
			str_copy(str_of(result_last()->text), why, sizeof why);
			return FAIL(DB_MIGRATION, "%s: %s", list[have].name, why);
		}
		LOG_INFO("db.migrated", "step=%s", list[have].name);
	}
	if (applied)
		*applied = done;
	return OK;
}

/* The steps of a connection's kind of store. */
static const struct db_migration *steps_of(const struct db *db, size_t *count)
{
	if (db->flags & DB_VIEWS) {
		*count = db_views_migrations_count;
		return db_views_migrations;
	}
	if (db->flags & DB_KMS) {
		*count = db_kms_migrations_count;
		return db_kms_migrations;
	}
	*count = db_migrations_count;
	return db_migrations;
}

result db_migrate(struct db *db, struct instant now, int *applied)
{
	size_t count;
	const struct db_migration *steps = steps_of(db, &count);

	return db_migrate_with(db, now, steps, count, applied);
}

result db_require_schema(struct db *db)
{
	size_t have, count;
	const struct db_migration *steps = steps_of(db, &count);

	TRY(compare(db, steps, count, &have));
	if (have < count)
		return FAIL(DB_MIGRATION, "step %s is missing", steps[have].name);
	return OK;
}
