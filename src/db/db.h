/* SPDX-License-Identifier: Apache-2.0 */
/* db.h — one interface over SQLite and PostgreSQL: connect, transaction, select, execute, migrate.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/time.h"

/* A connection. Used by one thread at a time. */
struct db;
/* The open transaction of a connection; there is at most one. */
struct db_tx;

enum db_engine { DB_SQLITE, DB_POSTGRES };

enum db_flags {
	DB_CREATE = 1, /* SQLite: make the file when it is not there */
	DB_READ_ONLY =
	        2,      /* query-only; never checkpoints; any number of them; sees the views too */
	DB_RELAXED = 4, /* no sync at commit: throw-away stores of tests and benches only */
	/*
	 * The views' database instead of the store beside which it lies: the file PATH.views of an
	 * SQLite store, the schema "views" of a PostgreSQL one. It can be made again, so a power
	 * cut may take its last commits, but leaves it whole. It has a writer's lock and schema of
	 * its own.
	 */
	DB_VIEWS = 8,
	/* A store of the key manager: its schema is that of db/kms, not of db/migrations. */
	DB_KMS = 16,
};

enum {
	DB_ARGS_MAX = 40,        /* parameters of one statement */
	DB_COLUMNS_MAX = 64,     /* columns of one row */
	DB_STATEMENTS_MAX = 512, /* distinct statements a connection keeps prepared */
	DB_PENDING_MAX =
	        256, /* db_execute_later statements under way before the answers are read */
	DB_BYTES_MAX = 1 << 26, /* one text or byte value */
};

/* A named statement; made from a .sql file by tools/sqlgen.py, never by hand. */
struct db_statement {
	const char *name;
	const char *sqlite, *postgres; /* the text for each engine */
	uint16_t params;               /* highest $n */
};

/* One argument. Text and bytes are borrowed until the call returns. */
enum db_type { DB_NULL, DB_I64, DB_TEXT, DB_BYTES };

struct db_arg {
	enum db_type type;
	int64_t i64;
	struct bytes bytes;
};

struct db_args {
	const struct db_arg *at;
	size_t count;
};

static inline struct db_arg db_arg_null(void)
{
	return (struct db_arg){ .type = DB_NULL };
}

static inline struct db_arg db_arg_i64(int64_t v)
{
	return (struct db_arg){ .type = DB_I64, .i64 = v };
}

static inline struct db_arg db_arg_str(struct str s)
{
	return (struct db_arg){ .type = DB_TEXT, .bytes = str_bytes(s) };
}

static inline struct db_arg db_arg_text(const char *s)
{
	return (struct db_arg){ .type = DB_TEXT, .bytes = str_bytes(str_of(s)) };
}

static inline struct db_arg db_arg_bytes(struct bytes b)
{
	return (struct db_arg){ .type = DB_BYTES, .bytes = b };
}

/* DB_ARGS(db_arg_i64(id), db_arg_str(name)): in the order of $1…$n. */
#define DB_ARGS(...)                                                                               \
	((struct db_args){ (const struct db_arg[]){ __VA_ARGS__ },                                 \
	                   sizeof((const struct db_arg[]){ __VA_ARGS__ }) /                        \
	                           sizeof(struct db_arg) })
#define DB_NO_ARGS ((struct db_args){ 0 })

/*
 * Open a connection. dsn: "sqlite:/path/file.db", "sqlite::memory:" or "postgres:host=/dir
 * dbname=x" (what follows the colon is libpq's connection string). Writing to an SQLite file takes
 * the store's lock: a second writer in any process gets DB_LOCKED. Faults: DB_DSN, DB_LOCKED,
 * DB_OPEN.
 */
result db_open(struct str dsn, unsigned flags, struct db **out);
/* Roll back what is open and close. NULL is fine. */
void db_close(struct db *db);
void db_close_scoped(struct db **db); /* for SCOPED */
enum db_engine db_engine_of(const struct db *db);

/*
 * Transactions. Every statement runs in one, reads too: a read-only connection sees one snapshot
 * until it ends. After a failed db_commit nothing is known about what is durable: the process must
 * stop (DB_COMMIT).
 */
result db_begin(struct db *db, struct db_tx **out);
result db_commit(struct db_tx *tx); /* durable when OK; the transaction is over in every case */
void db_rollback(struct db_tx *tx);
void db_rollback_scoped(struct db_tx **tx); /* for SCOPED: rolls back unless *tx is NULL or over */
struct db *db_of(struct db_tx *tx);

/*
 * A savepoint; they nest by `level` (1…9). After db_savepoint do exactly one of release and
 * rollback_to (which also releases). Rolling back to it cures a failed statement. Faults:
 * DB_STATEMENT, DB_LOST.
 */
result db_savepoint(struct db_tx *tx, int level);
result db_release(struct db_tx *tx, int level);
result db_rollback_to(struct db_tx *tx, int level);

/*
 * Run a statement that gives no rows. *changed (may be NULL) is the number of rows it touched.
 * Declines: DB_DUPLICATE (unique key), DB_CONSTRAINT. Faults: DB_STATEMENT, DB_LOST, DB_FULL.
 */
result db_execute(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                  int64_t *changed);
/*
 * The same without waiting for the answer on PostgreSQL; on SQLite it runs at once. A failure shows
 * at the latest in db_commit and spoils the whole transaction, so use it only for statements that
 * cannot fail for a business reason.
 */
result db_execute_later(struct db_tx *tx, const struct db_statement *s, struct db_args args);

/* Rows of a select; close with db_rows_close (SCOPED). Zero-initialise. */
struct db_rows {
	struct db_tx *tx;
	const struct db_statement *statement;
	void *handle; /* the engine's */
	int64_t row;  /* rows stepped to so far */
	int columns;
	result sticky; /* the first column or step that failed */
};

result db_select(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                 struct db_rows *rows);
/* Step to the next row; false at the end and after a failure (db_done tells which). */
bool db_next(struct db_rows *rows);
/* Columns of the current row, from 0. A NULL or a value of another type is DB_COLUMN, reported by
 * db_done; zero then. */
int64_t db_i64(struct db_rows *rows, int column);
uint32_t db_u32(struct db_rows *rows, int column); /* 0…2^32-1 */
bool db_bool(struct db_rows *rows, int column);    /* 0 or 1 */
bool db_is_null(struct db_rows *rows, int column);
/* NUL-ended copy; DB_COLUMN when it does not fit. A NULL column gives "". */
void db_text(struct db_rows *rows, int column, char *out, size_t size);
/* Copied into the arena. A NULL column gives an empty one. */
struct str db_str(struct db_rows *rows, int column, struct arena *a);
/* Borrowed until the next db_next or close. */
struct bytes db_bytes(struct db_rows *rows, int column);
/* Exactly `len` bytes. */
void db_fixed(struct db_rows *rows, int column, void *out, size_t len);
/* Text that must be one of the names (NULL-ended list): its index. */
int db_enum(struct db_rows *rows, int column, const char *const *names);
/* The first thing that went wrong, or OK. */
result db_done(struct db_rows *rows);
void db_rows_close(struct db_rows *rows);

/* One row of one integer: "SELECT count(*) …". DB_NO_ROW when there is none. */
result db_select_i64(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                     int64_t *out);

/*
 * Bring the store to the newest schema: every numbered file of db/migrations (of a DB_VIEWS
 * connection: db/views, of a DB_KMS one: db/kms) once, in order, each in a transaction of its own.
 * Faults: DB_MIGRATION (a
 * file failed; its transaction is undone), DB_MIGRATION_CHANGED (an applied file is not the one
 * built in), DB_MIGRATION_NEWER (the store knows files this program does not).
 */
result db_migrate(struct db *db, struct instant now, int *applied);
/* The same with other files than the built-in ones; for tests of the mechanism. */
struct db_migration {
	int number;       /* 1… */
	const char *name; /* "0001_people" */
	const char *sqlite, *postgres;
	const char *sha256; /* of the file, hex */
};
result db_migrate_with(struct db *db, struct instant now, const struct db_migration *list,
                       size_t count, int *applied);
/* Is the store's schema exactly what this program was built with? DB_MIGRATION_* when not. */
result db_require_schema(struct db *db);

/*
 * Copy an SQLite store, as it stands at one moment, into the new file `path`, while others go on
 * reading and writing it. The copy is checked, durable, and there whole or not at all. `show` (may
 * be NULL) hears bytes written and bytes to write, about. DB_NO_COPY (PostgreSQL), DB_COPY,
 * FILE_WRITE: the path is taken, or cannot be written. No transaction may be open.
 */
typedef void (*db_copy_progress)(void *arg, int64_t done, int64_t total);
result db_copy(struct db *db, const char *path, db_copy_progress show, void *arg);

/* Ask both engines to prepare a statement, without running it. */
result db_prepare(struct db *db, const struct db_statement *s);
