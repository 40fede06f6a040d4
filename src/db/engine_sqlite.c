/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: one connection writes and checkpoints, every other only reads. */
#include "db/engine_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"

enum {
	SLOT_COUNT = 1024, /* hash table of prepared statements, at most half full */
	BUSY_TIMEOUT_MS = 5000,
	PATH_SIZE = 1024,
	WAL_RESET_FIXED = 3051003, /* the first release without the WAL-reset bug */
};

static const char in_memory[] = ":memory:", views_suffix[] = ".views";

/* A prepared statement; busy from bind to reset. */
struct slot {
	const struct db_statement *statement;
	sqlite3_stmt *handle;
	bool busy, owned;           /* owned: made for one use, freed after it */
	uint8_t index[DB_ARGS_MAX]; /* of $1…$n: SQLite numbers by first appearance */
};

struct sqlite {
	struct db base;
	sqlite3 *handle;
	int lock; /* descriptor of the lock file, -1 for readers and memory */
	size_t prepared;
	struct slot slots[SLOT_COUNT];
};

sqlite3 *db_sqlite_handle(struct db *db)
{
	return ((struct sqlite *)db)->handle;
}

static struct sqlite *of(struct db *db)
{
	return (struct sqlite *)db;
}

static enum result_code code_of(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return DB_DUPLICATE;
	case SQLITE_FULL:
		return DB_FULL;
	}
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		return DB_CONSTRAINT;
	case SQLITE_FULL:
		return DB_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DB_LOCKED;
	}
	return DB_STATEMENT;
}

static result failed(struct sqlite *s, int rc, const char *what)
{
	/* Some failures (disk full, I/O) undo the whole transaction behind our back. */
	if (s->base.tx.open && sqlite3_get_autocommit(s->handle))
		s->base.tx.spoiled = true;
	return FAIL(code_of(rc), "%s: %s (%d)", what, sqlite3_errmsg(s->handle), rc);
}

static result run(struct sqlite *s, const char *sql)
{
	int rc = sqlite3_exec(s->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : failed(s, rc, sql);
}

/* --- prepared statements --- */

static result prepare_into(struct sqlite *s, const struct db_statement *st, struct slot *slot)
{
	char name[8];
	int rc = sqlite3_prepare_v3(s->handle, st->sqlite, -1, SQLITE_PREPARE_PERSISTENT,
	                            &slot->handle, NULL);

	if (rc != SQLITE_OK)
		return failed(s, rc, st->name);
	ASSERT(st->params <= DB_ARGS_MAX &&
	       sqlite3_bind_parameter_count(slot->handle) == st->params);
	for (int i = 0; i < st->params; i++) {
		snprintf(name, sizeof name, "$%d", i + 1);
		slot->index[i] = (uint8_t)sqlite3_bind_parameter_index(slot->handle, name);
		ASSERT(slot->index[i] > 0);
	}
	slot->statement = st;
	return OK;
}

static result slot_of(struct sqlite *s, const struct db_statement *st, struct slot **out)
{
	size_t at = ((uintptr_t)st >> 4) % SLOT_COUNT;

	while (s->slots[at].statement && s->slots[at].statement != st)
		at = (at + 1) % SLOT_COUNT;
	if (!s->slots[at].statement) {
		ASSERT(s->prepared < DB_STATEMENTS_MAX);
		TRY(prepare_into(s, st, &s->slots[at]));
		s->prepared++;
	}
	*out = &s->slots[at];
	return OK;
}

/* A slot nobody uses: the kept one, or one made for this use while a select of the same statement
 * is still open. */
static result free_slot(struct sqlite *s, const struct db_statement *st, struct slot **out)
{
	TRY(slot_of(s, st, out));
	if (!(*out)->busy)
		return OK;
	struct slot *own = calloc(1, sizeof *own);
	if (!own)
		return FAIL(OUT_OF_MEMORY, "%s", st->name);
	result r = prepare_into(s, st, own);
	if (!is_ok(r)) {
		free(own);
		return r;
	}
	own->owned = true;
	*out = own;
	return OK;
}

static void slot_release(struct slot *slot)
{
	if (slot->owned) {
		sqlite3_finalize(slot->handle);
		free(slot);
		return;
	}
	sqlite3_reset(slot->handle);
	sqlite3_clear_bindings(slot->handle);
	slot->busy = false;
}

static int bind_one(sqlite3_stmt *h, int at, const struct db_arg *a, bool copy)
{
	const void *bytes = a->bytes.at ? (const void *)a->bytes.at : "";
	sqlite3_destructor_type life = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;

	switch (a->type) {
	case DB_NULL:
		return sqlite3_bind_null(h, at);
	case DB_I64:
		return sqlite3_bind_int64(h, at, a->i64);
	case DB_TEXT:
		return sqlite3_bind_text64(h, at, bytes, a->bytes.len, life, SQLITE_UTF8);
	case DB_BYTES:
		return sqlite3_bind_blob64(h, at, bytes, a->bytes.len, life);
	}
	return SQLITE_MISUSE;
}

static result bind(struct sqlite *s, struct slot *slot, struct db_args args, bool copy)
{
	slot->busy = true;
	for (size_t i = 0; i < args.count; i++) {
		if (args.at[i].bytes.len > DB_BYTES_MAX)
			return FAIL(DB_STATEMENT, "%s: $%zu is too long", slot->statement->name,
			            i + 1);
		int rc = bind_one(slot->handle, slot->index[i], &args.at[i], copy);
		if (rc != SQLITE_OK)
			return failed(s, rc, slot->statement->name);
	}
	return OK;
}

/* --- the operations --- */

static result sqlite_execute(struct db *db, const struct db_statement *st, struct db_args args,
                             int64_t *changed)
{
	struct sqlite *s = of(db);
	struct slot *slot;
	int rc;

	TRY(free_slot(s, st, &slot));
	result r = bind(s, slot, args, false);
	if (is_ok(r)) {
		do
			rc = sqlite3_step(slot->handle);
		while (rc == SQLITE_ROW);
		if (rc != SQLITE_DONE)
			r = failed(s, rc, st->name);
		else
			*changed = sqlite3_changes64(s->handle);
	}
	slot_release(slot);
	return r;
}

static result sqlite_execute_later(struct db *db, const struct db_statement *st,
                                   struct db_args args)
{
	int64_t ignored;
	result r = sqlite_execute(db, st, args, &ignored);

	if (!is_ok(r))
		db->tx.spoiled = true; /* as on PostgreSQL, where nobody waits for the answer */
	return r;
}

static result sqlite_select(struct db *db, const struct db_statement *st, struct db_args args,
                            struct db_rows *rows)
{
	struct sqlite *s = of(db);
	struct slot *slot;

	TRY(free_slot(s, st, &slot));
	result r = bind(s, slot, args, true);
	if (!is_ok(r)) {
		slot_release(slot);
		return r;
	}
	rows->handle = slot;
	rows->columns = sqlite3_column_count(slot->handle);
	return OK;
}

static bool sqlite_next(struct db_rows *rows)
{
	struct slot *slot = rows->handle;
	int rc = sqlite3_step(slot->handle);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		rows->sticky = failed(of(rows->tx->db), rc, rows->statement->name);
	slot_release(slot);
	rows->handle = NULL;
	return false;
}

static bool sqlite_column(struct db_rows *rows, int column, struct db_value *out)
{
	sqlite3_stmt *h = ((struct slot *)rows->handle)->handle;

	switch (sqlite3_column_type(h, column)) {
	case SQLITE_NULL:
		*out = (struct db_value){ .type = DB_NULL };
		return true;
	case SQLITE_INTEGER:
		*out = (struct db_value){ .type = DB_I64, .i64 = sqlite3_column_int64(h, column) };
		return true;
	case SQLITE_TEXT:
		*out = (struct db_value){ .type = DB_TEXT,
			                  .bytes.at = sqlite3_column_text(h, column) };
		break;
	case SQLITE_BLOB:
		*out = (struct db_value){ .type = DB_BYTES,
			                  .bytes.at = sqlite3_column_blob(h, column) };
		break;
	default:
		return false;
	}
	out->bytes.len = (size_t)sqlite3_column_bytes(h, column);
	return true;
}

static void sqlite_rows_close(struct db_rows *rows)
{
	slot_release(rows->handle);
}

static result sqlite_begin(struct db *db)
{
	return run(of(db), db->flags & DB_READ_ONLY ? "BEGIN" : "BEGIN IMMEDIATE");
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *s = of(db);

	if (sqlite3_get_autocommit(s->handle))
		return;
	if (!is_ok(run(s, "ROLLBACK")))
		LOG_ERROR("db.rollback", "detail=\"%s\"", result_last()->text);
}

static result sqlite_commit(struct db *db)
{
	struct sqlite *s = of(db);
	int rc = sqlite3_exec(s->handle, "COMMIT", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return OK;
	result r = FAIL(DB_COMMIT, "%s (%d)", sqlite3_errmsg(s->handle), rc);
	sqlite_rollback(db);
	return r;
}

static result sqlite_command(struct db *db, const char *sql, bool wait)
{
	(void)wait;
	return run(of(db), sql);
}

static result sqlite_script(struct db *db, const char *sql)
{
	return run(of(db), sql);
}

static result sqlite_prepare(struct db *db, const struct db_statement *st)
{
	struct slot *slot;

	return slot_of(of(db), st, &slot);
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = of(db);

	for (size_t i = 0; i < SLOT_COUNT; i++)
		sqlite3_finalize(s->slots[i].handle);
	if (s->handle && sqlite3_close(s->handle) != SQLITE_OK)
		LOG_ERROR("db.close", "detail=\"%s\"", sqlite3_errmsg(s->handle));
	if (s->lock >= 0)
		close(s->lock); /* and with it the lock */
	free(s);
}

static const struct db_ops sqlite_ops = {
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.command = sqlite_command,
	.execute = sqlite_execute,
	.execute_later = sqlite_execute_later,
	.select = sqlite_select,
	.next = sqlite_next,
	.column = sqlite_column,
	.rows_close = sqlite_rows_close,
	.script = sqlite_script,
	.prepare = sqlite_prepare,
	.copy = db_sqlite_copy,
};

/* --- opening --- */

static void set_up_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_libversion_number() < WAL_RESET_FIXED)
		LOG_WARNING("db.sqlite_version",
		            "version=%s note=\"releases before 3.51.3 can corrupt a WAL that two "
		            "connections write; "
		            "this store is kept to one writing connection by its lock\"",
		            sqlite3_libversion());
}

/* The lock that keeps a second writer out, in any process; ends with the descriptor. */
static result take_lock(struct sqlite *s, const char *path)
{
	char name[PATH_SIZE + 32];

	snprintf(name, sizeof name, "%s.lock", path);
	s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return FAIL(DB_OPEN, "%s: %s", name, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return FAIL(DB_LOCKED, "%s: %s", name, strerror(errno));
	return OK;
}

/* The file may be missing: it is made again by the store's owner, and queries of it say what they
 * miss. */
static result attach_views(struct sqlite *s, const char *path)
{
	char file[PATH_SIZE + 32], sql[2 * sizeof file];

	snprintf(file, sizeof file, "%s%s", path, views_suffix);
	if (access(file, F_OK) != 0)
		return OK;
	sqlite3_snprintf(sizeof sql, sql, "ATTACH %Q AS views", file);
	return run(s, sql);
}

static result set_up_reader(struct sqlite *s, const char *path)
{
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	TRY(attach_views(s, path));
	return run(s, "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0");
}

static result set_up_writer(struct sqlite *s)
{
	TRY(run(s, "PRAGMA page_size=4096; PRAGMA cache_size=-65536; PRAGMA journal_mode=WAL"));
	if (s->base.flags & DB_RELAXED)
		return run(s, "PRAGMA synchronous=OFF");
	if (s->base.flags & DB_VIEWS)
		return run(s, "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16000");
	return run(s, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000");
}

static result set_up(struct sqlite *s, const char *path)
{
	sqlite3_extended_result_codes(s->handle, 1);
	sqlite3_busy_timeout(s->handle, BUSY_TIMEOUT_MS);
	TRY(run(s, "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; "
	           "PRAGMA mmap_size=0"));
	if (s->base.flags & DB_KMS) /* what is destroyed leaves no old bytes in free pages */
		TRY(run(s, "PRAGMA secure_delete=ON"));
	if (s->base.flags & DB_READ_ONLY)
		return set_up_reader(s, path);
	return strcmp(path, in_memory) == 0 ? OK : set_up_writer(s);
}

/* SQLite would make the file readable by all; its WAL takes over the mode of the file. */
static result make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return FAIL(DB_OPEN, "%s: %s", path, strerror(errno));
	close(fd);
	return OK;
}

static result open_file(struct sqlite *s, const char *path)
{
	int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	bool in_file = strcmp(path, in_memory) != 0;

	if (!(s->base.flags & DB_READ_ONLY) && in_file)
		TRY(take_lock(s, path));
	if (s->base.flags & DB_CREATE && in_file)
		TRY(make_file(path));
	int rc = sqlite3_open_v2(path, &s->handle, how, NULL);
	if (rc != SQLITE_OK)
		return FAIL(DB_OPEN, "%s: %s", path,
		            s->handle ? sqlite3_errmsg(s->handle) : "out of memory");
	return set_up(s, path);
}

result db_sqlite_open(struct str path, unsigned flags, struct db **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char name[PATH_SIZE + sizeof views_suffix];

	pthread_once(&once, set_up_library);
	struct sqlite *s = calloc(1, sizeof *s);
	if (!s)
		return FAIL(OUT_OF_MEMORY, "connection");
	snprintf(name, sizeof name, STR_FMT "%s", STR_ARG(path),
	         flags & DB_VIEWS ? views_suffix : "");
	s->lock = -1;
	s->base = (struct db){ .ops = &sqlite_ops, .engine = DB_SQLITE, .flags = flags };
	result r = open_file(s, name);
	if (!is_ok(r)) {
		sqlite_close(&s->base);
		return r.code == DB_LOCKED || r.code == DB_OPEN ? r : (result){ DB_OPEN };
	}
	*out = &s->base;
	return OK;
}
