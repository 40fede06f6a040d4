/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h — what an engine implements; private to db/. */
#pragma once

#include "db/db.h"

struct db_tx {
	struct db *db;
	bool open;
	bool spoiled; /* cannot commit any more */
};

/* A column as the engine holds it. */
struct db_value {
	enum db_type type;
	int64_t i64;
	struct bytes bytes;
};

struct db_copying {
	db_copy_progress show; /* may be NULL */
	void *arg;
};

struct db_ops {
	void (*close)(struct db *db);
	result (*begin)(struct db *db);
	result (*commit)(struct db *db);
	void (*rollback)(struct db *db);
	/* One statement without parameters; `wait` says whether its answer is needed at once. */
	result (*command)(struct db *db, const char *sql, bool wait);
	result (*execute)(struct db *db, const struct db_statement *s, struct db_args args,
	                  int64_t *changed);
	result (*execute_later)(struct db *db, const struct db_statement *s, struct db_args args);
	result (*select)(struct db *db, const struct db_statement *s, struct db_args args,
	                 struct db_rows *rows);
	bool (*next)(struct db_rows *rows);
	/* false when the engine cannot give that column. */
	bool (*column)(struct db_rows *rows, int column, struct db_value *out);
	void (*rows_close)(struct db_rows *rows);
	result (*script)(struct db *db,
	                 const char *sql); /* several statements, inside the open transaction */
	result (*prepare)(struct db *db, const struct db_statement *s);
	result (*copy)(struct db *db, const char *path, const struct db_copying *watch);
};

struct db {
	const struct db_ops *ops;
	enum db_engine engine;
	unsigned flags;
	struct db_tx tx;
};

result db_sqlite_open(struct str path, unsigned flags, struct db **out);
result db_postgres_open(struct str conninfo, unsigned flags, struct db **out);

extern const struct db_migration db_migrations[], db_views_migrations[], db_kms_migrations[];
extern const size_t db_migrations_count, db_views_migrations_count, db_kms_migrations_count;
