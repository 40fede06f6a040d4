/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a store that is in use: VACUUM INTO reads one snapshot of it, without the free pages.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/engine_sqlite.h"

enum { STEPS = 200000 }; /* of SQLite's machine between two looks at the file */

struct look {
	const struct db_copying *watch;
	const char *made;
	int64_t total;
};

static int64_t number(sqlite3 *h, const char *pragma)
{
	sqlite3_stmt *s = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(h, pragma, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static int show(void *arg)
{
	const struct look *l = arg;
	struct stat st;

	l->watch->show(l->watch->arg, stat(l->made, &st) == 0 ? st.st_size : 0, l->total);
	return 0;
}

static result vacuum_into(sqlite3 *h, const char *made)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(h, "VACUUM INTO ?1", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, made, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	result r = rc == SQLITE_DONE ? OK : FAIL(DB_COPY, "%s: %s", made, sqlite3_errmsg(h));
	sqlite3_finalize(s);
	return r;
}

static result write_copy(struct db *db, const char *made, const struct db_copying *watch)
{
	sqlite3 *h = db_sqlite_handle(db);
	struct look l = { watch, made,
		          number(h, "PRAGMA main.page_count") *
		                  number(h, "PRAGMA main.page_size") };

	/* It writes nothing into this store, but a connection that only reads would not hear of it.
	 */
	sqlite3_exec(h, "PRAGMA query_only = OFF", NULL, NULL, NULL);
	if (watch->show)
		sqlite3_progress_handler(h, STEPS, show, &l);
	result r = vacuum_into(h, made);
	sqlite3_progress_handler(h, 0, NULL, NULL);
	if (db->flags & DB_READ_ONLY)
		sqlite3_exec(h, "PRAGMA query_only = ON", NULL, NULL, NULL);
	return r;
}

/* Every page of it can be read and belongs where it is. */
static result check_copy(const char *made)
{
	sqlite3_stmt *s = NULL;
	sqlite3 *h = NULL;
	result r = OK;

	if (sqlite3_open_v2(made, &h, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(h, "PRAGMA quick_check(1)", -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW)
		r = FAIL(DB_COPY, "%s: %s", made, sqlite3_errmsg(h));
	else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
		r = FAIL(DB_COPY, "%s: %s", made, sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(h);
	return r;
}

result db_sqlite_copy(struct db *db, const char *path, const struct db_copying *watch)
{
	char made[FILE_NAME_MAX];

	if (snprintf(made, sizeof made, "%s.new", path) >= (int)sizeof made)
		return FAIL(FILE_WRITE, "%s: the path is too long", path);
	if (access(path, F_OK) == 0)
		return FAIL(FILE_WRITE, "%s is there already", path);
	if (unlink(made) != 0 && errno != ENOENT) /* of a copy that broke off */
		return FAIL(FILE_WRITE, "%s: %m", made);
	result r = write_copy(db, made, watch);
	if (is_ok(r))
		r = check_copy(made);
	if (is_ok(r))
		r = file_settle(made, path);
	if (!is_ok(r))
		unlink(made);
	return r;
}
