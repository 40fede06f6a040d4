/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h — where the book is kept: one transaction per batch, pages written back lazily, rows read
 * back.
 *
 * Owner engines (SQLite, PostgreSQL with an epoch lease, memory with faults) implement the table of
 * functions below. One thread at a time per store object.
 */
#pragma once

#include "db/db.h"
#include "ledger/book_page.h"

struct ledger_store;

/* A piece of state as of row `lsn`. */
struct store_page {
	enum book_page_kind kind;
	uint64_t no;        /* see book_page.h */
	uint64_t lsn;       /* true up to this row */
	struct bytes bytes; /* at most BOOK_PAGE_SIZE_MAX */
	bool intact;        /* when read: the checksum fits */
};

/* CRC-32C over kind, number, lsn and content. */
uint32_t store_page_crc(const struct store_page *page);

/* Head of a closed business day. */
struct store_day {
	uint32_t business_date;
	uint64_t last_batch, last_lsn;
	int64_t turnover_fen; /* sum of all amounts since the first row, up to last_lsn */
	int64_t sealed_at_us;
	uint8_t hash[JOURNAL_HASH_SIZE]; /* of the last batch */
};

/* From business_date, last_batch, last_lsn, turnover_fen, sealed_at_us, hash of a select. */
void store_day_of(struct db_rows *rows, struct store_day *out);

typedef result(store_batch_fn)(void *arg, const struct journal_batch *batch);
typedef result(store_day_fn)(void *arg, const struct store_day *day);
typedef result(store_page_fn)(void *arg, const struct store_page *page);

/*
 * What an engine does. Reading is allowed inside and outside an open batch; outside, each call
 * reads for itself unless between `look` and `look_end`, which hold one snapshot.
 */
struct ledger_store_ops {
	const char *name; /* "sqlite", "postgres", "memory" */

	/* Become the owner: bump the epoch (fencing whoever was owner before) and give it.
	 * DB_LOCKED, LEDGER_FENCED. */
	result (*own)(struct ledger_store *s, struct instant now, uint64_t *epoch);

	/* One batch: begin, then savepoints, append, put, seal_day in any number, then commit or
	 * rollback. */
	result (*begin)(struct ledger_store *s);
	result (*savepoint)(struct ledger_store *s);
	result (*savepoint_end)(struct ledger_store *s, bool undo);
	result (*append)(struct ledger_store *s, const struct journal_batch *batch);
	result (*put)(struct ledger_store *s,
	              const struct store_page *page); /* replaces the page */
	result (*seal_day)(struct ledger_store *s, const struct store_day *day);
	/* Durable when OK. On any failure nothing is known: stop. LEDGER_FENCED: another owner took
	 * over, nothing was kept. */
	result (*commit)(struct ledger_store *s);
	void (*rollback)(struct ledger_store *s);
	/* The open transaction: of a batch, for SQL of the domain, or of a look. NULL in the memory
	 * store and outside both. */
	struct db_tx *(*tx)(struct ledger_store *s);

	result (*look)(struct ledger_store *s);
	void (*look_end)(struct ledger_store *s);
	/* Last batch without its rows; no 0 when the book is empty. */
	result (*last)(struct ledger_store *s, struct journal_batch *out);
	/*
	 * Batches that hold rows ≥ from_lsn, ascending, until fn fails or all are seen. Rows are
	 * borrowed by fn; NULL when the stored bytes do not fit first_lsn…last_lsn. tx() serves for
	 * SQL inside fn.
	 */
	result (*batches)(struct ledger_store *s, uint64_t from_lsn, store_batch_fn *fn, void *arg);
	result (*row)(struct ledger_store *s, uint64_t lsn,
	              struct journal_row *out); /* LEDGER_ROW_UNKNOWN */
	result (*pages)(struct ledger_store *s, enum book_page_kind kind, store_page_fn *fn,
	                void *arg);
	/* First row under a key by the views' index; 0 when it is not there. */
	uint64_t (*key)(struct ledger_store *s, uint32_t source, uint64_t number);
	result (*last_day)(struct ledger_store *s,
	                   struct store_day *out); /* business_date 0 when there is none */
	/* All days in order of their last batch. */
	result (*days)(struct ledger_store *s, store_day_fn *fn, void *arg);
	void (*close)(struct ledger_store *s);
};

struct ledger_store {
	const struct ledger_store_ops *ops;
};

enum store_mode {
	STORE_OWNER, /* writes; migrates an empty or older schema; call own() before the first batch
	              */
	STORE_READER, /* query-only */
};

/*
 * "sqlite:…" and "postgres:…". `owner` names this process in the lease (host and pid); borrowed.
 * `now` dates migrations. Faults: DB_*; LEDGER_NO_VIEWS for a reader when the views' database is
 * missing. On SQLite the file lock keeps a second owner out; on
 * PostgreSQL the lease row's epoch does, inside every batch.
 */
result ledger_store_open(struct str dsn, enum store_mode mode, const char *owner,
                         struct instant now, struct ledger_store **out);
void ledger_store_close(struct ledger_store *s);    /* NULL is fine */
struct db *ledger_store_db(struct ledger_store *s); /* the connection; NULL in the memory store */

/*
 * What fills the views beside an owner's store works with, apart from the owner's connection: a
 * query-only store to read the journal from, and the views' database with its schema made. The
 * caller closes both. *views NULL: a store in memory has none. `s` lives longer than *journal.
 * Faults: DB_*, DB_LOCKED when another process fills them.
 */
result ledger_store_views(struct ledger_store *s, struct instant now, struct ledger_store **journal,
                          struct db **views);

/* ---- in memory, with faults, for tests and simulation ---- */

/* What goes wrong next; zero is nothing. */
struct store_faults {
	bool fail_commit; /* next commit fails, nothing is kept */
	bool lose_reply;  /* next commit is kept, but reported as failed */
	bool fail_append; /* next append fails */
	bool torn; /* at the next crash, part of the last batch's rows is gone: its hash does not
	              fit */
	bool unsynced;          /* commits from now on are lost at the next crash */
	int64_t slow_commit_us; /* each commit sleeps that long */
};

result ledger_store_memory(struct ledger_store **out);
struct store_faults *ledger_store_memory_faults(struct ledger_store *s);
/* Lose what a power cut loses: the open batch, unsynced commits. The store can then be opened again
 * by a new owner. */
void ledger_store_memory_crash(struct ledger_store *s);
/* A copy of what is durable, and back. */
result ledger_store_memory_snapshot(const struct ledger_store *s, struct ledger_store **out);
