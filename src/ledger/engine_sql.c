/* SPDX-License-Identifier: Apache-2.0 */
/* Owner engine over src/db: SQLite, fenced by its file lock, and PostgreSQL, fenced by the epoch in
 * every batch. */
#include "ledger/store.h"

#include "db/db.h"
#include "ledger/store_sql.h"
#include "ledger/views.h"
#include "ledger/views_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCHES_AT_ONCE = 64, /* batches read by one statement */
	PAGES_AT_ONCE = 1024,
	KIND_SHIFT = 56, /* of the page kind in ledger_page.id */
	SAVEPOINT_LEVEL = 1,
	DSN_SIZE = 1024,
};

struct store_sql {
	struct ledger_store base;
	struct db *db;
	struct db_tx *tx;   /* open batch */
	struct db_tx *look; /* open snapshot */
	struct db *lookup;  /* of an owner: query-only, sees the views; opened when it is wanted */
	enum store_mode mode;
	const char *owner;
	uint64_t epoch;
	char dsn[DSN_SIZE];
};

static struct store_sql *self(struct ledger_store *s)
{
	return (struct store_sql *)s;
}

/* ---- writing ---- */

static result sql_own(struct ledger_store *base, struct instant now, uint64_t *epoch)
{
	struct store_sql *s = self(base);
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	int64_t value;

	TRY(db_begin(s->db, &tx));
	TRY(db_execute(tx, &sql_ledger_lease_take,
	               DB_ARGS(db_arg_text(s->owner), db_arg_i64(now.us)), NULL));
	TRY(db_select_i64(tx, &sql_ledger_lease_epoch, DB_NO_ARGS, &value));
	TRY(db_commit(tx));
	s->epoch = (uint64_t)value;
	*epoch = s->epoch;
	return OK;
}

/* Holds the lease row until the batch ends: a new owner waits for it, and after that this finds no
 * row. */
static result check_lease(struct store_sql *s)
{
	int64_t changed;

	if (db_engine_of(s->db) == DB_SQLITE)
		return OK;
	TRY(db_execute(s->tx, &sql_ledger_lease_check, DB_ARGS(db_arg_i64((int64_t)s->epoch)),
	               &changed));
	return changed == 1 ? OK : FAIL(LEDGER_FENCED, "epoch %" PRIu64 " is over", s->epoch);
}

static result sql_begin(struct ledger_store *base)
{
	struct store_sql *s = self(base);
	result r;

	TRY(db_begin(s->db, &s->tx));
	r = check_lease(s);
	if (!is_ok(r)) {
		db_rollback(s->tx);
		s->tx = NULL;
	}
	return r;
}

static result sql_savepoint(struct ledger_store *base)
{
	return db_savepoint(self(base)->tx, SAVEPOINT_LEVEL);
}

static result sql_savepoint_end(struct ledger_store *base, bool undo)
{
	struct db_tx *tx = self(base)->tx;

	return undo ? db_rollback_to(tx, SAVEPOINT_LEVEL) : db_release(tx, SAVEPOINT_LEVEL);
}

static result sql_append(struct ledger_store *base, const struct journal_batch *b)
{
	return db_execute_later(
	        self(base)->tx, &sql_ledger_batch_add,
	        DB_ARGS(db_arg_i64((int64_t)b->first_lsn), db_arg_i64((int64_t)b->last_lsn),
	                db_arg_i64((int64_t)b->no), db_arg_i64(b->posted_at_us),
	                db_arg_i64((int64_t)b->epoch),
	                db_arg_bytes(bytes_of(b->previous, JOURNAL_HASH_SIZE)),
	                db_arg_bytes(bytes_of(b->hash, JOURNAL_HASH_SIZE)),
	                db_arg_bytes(bytes_of(b->rows, journal_batch_rows(b) * JOURNAL_ROW_SIZE))));
}

static int64_t page_id(enum book_page_kind kind, uint64_t no)
{
	return (int64_t)kind << KIND_SHIFT | (int64_t)no;
}

static result sql_put(struct ledger_store *base, const struct store_page *page)
{
	return db_execute_later(
	        self(base)->tx, &sql_ledger_page_put,
	        DB_ARGS(db_arg_i64(page_id(page->kind, page->no)), db_arg_i64((int64_t)page->lsn),
	                db_arg_i64(store_page_crc(page)), db_arg_bytes(page->bytes)));
}

static result sql_seal_day(struct ledger_store *base, const struct store_day *day)
{
	return db_execute_later(
	        self(base)->tx, &sql_ledger_day_add,
	        DB_ARGS(db_arg_i64(day->business_date), db_arg_i64((int64_t)day->last_batch),
	                db_arg_i64((int64_t)day->last_lsn), db_arg_i64(day->turnover_fen),
	                db_arg_i64(day->sealed_at_us),
	                db_arg_bytes(bytes_of(day->hash, JOURNAL_HASH_SIZE))));
}

static result sql_commit(struct ledger_store *base)
{
	struct store_sql *s = self(base);
	struct db_tx *tx = s->tx;

	s->tx = NULL;
	return db_commit(tx);
}

static void sql_rollback(struct ledger_store *base)
{
	struct store_sql *s = self(base);

	if (s->tx)
		db_rollback(s->tx);
	s->tx = NULL;
}

static struct db_tx *sql_tx(struct ledger_store *base)
{
	struct store_sql *s = self(base);

	return s->tx ? s->tx : s->look;
}

/* ---- reading ---- */

static void sql_look_end(struct ledger_store *base)
{
	struct store_sql *s = self(base);

	if (s->look)
		db_rollback(s->look);
	s->look = NULL;
}

/* A reader looks at the views first: on SQLite they are a file with a snapshot of its own, which
 * then is never ahead of the journal's. */
static result sql_look(struct ledger_store *base)
{
	struct store_sql *s = self(base);
	int64_t count;
	result r;

	ASSERT(!s->tx && !s->look);
	TRY(db_begin(s->db, &s->look));
	if (s->mode == STORE_OWNER)
		return OK;
	r = db_select_i64(s->look, &sql_view_state_count, DB_NO_ARGS, &count);
	if (!is_ok(r))
		sql_look_end(base);
	return r;
}

/* A transaction to read in: the open one, or one of its own that ends with the scope. */
struct reading {
	struct store_sql *own; /* NULL: somebody else's */
	struct db_tx *tx;
};

static void reading_end(struct reading *r)
{
	if (r->own)
		sql_look_end(&r->own->base);
}

static result reading_begin(struct ledger_store *base, struct reading *r)
{
	struct store_sql *s = self(base);

	if (!s->tx && !s->look) {
		TRY(db_begin(s->db, &s->look));
		r->own = s;
	}
	r->tx = s->tx ? s->tx : s->look;
	return OK;
}

static void batch_of(struct db_rows *rows, struct journal_batch *out)
{
	*out = (struct journal_batch){
		.first_lsn = (uint64_t)db_i64(rows, 0),
		.last_lsn = (uint64_t)db_i64(rows, 1),
		.no = (uint64_t)db_i64(rows, 2),
		.posted_at_us = db_i64(rows, 3),
		.epoch = (uint64_t)db_i64(rows, 4),
	};
	db_fixed(rows, 5, out->previous, JOURNAL_HASH_SIZE);
	db_fixed(rows, 6, out->hash, JOURNAL_HASH_SIZE);
}

static result sql_last(struct ledger_store *base, struct journal_batch *out)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct journal_batch){ 0 };
	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_batch_last, DB_NO_ARGS, &rows));
	if (db_next(&rows))
		batch_of(&rows, out);
	return db_done(&rows);
}

/* Bytes of a column lie anywhere; rows want the alignment of their members. */
static result give_batch(struct db_rows *rows, store_batch_fn *fn, void *arg, uint64_t *next)
{
	struct journal_batch b;
	struct bytes stored;
	void *copy;
	result r;

	batch_of(rows, &b);
	stored = db_bytes(rows, 7);
	TRY(db_done(rows));
	copy = malloc(stored.len + 1);
	if (!copy)
		return FAIL(OUT_OF_MEMORY, "batch of %zu bytes", stored.len);
	memcpy(copy, stored.at, stored.len);
	if (!is_ok(journal_batch_rows_of(&b, bytes_of(copy, stored.len))))
		b.rows = NULL; /* fn sees that they do not fit */
	r = fn(arg, &b);
	free(copy);
	*next = b.first_lsn + 1;
	return r;
}

/* Up to BATCHES_AT_ONCE from *next on; *more when there may be others. */
static result some_batches(struct ledger_store *base, uint64_t *next, bool *more,
                           store_batch_fn *fn, void *arg)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	int count = 0;

	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_batch_from,
	              DB_ARGS(db_arg_i64((int64_t)*next), db_arg_i64(BATCHES_AT_ONCE)), &rows));
	for (; db_next(&rows); count++)
		TRY(give_batch(&rows, fn, arg, next));
	*more = count == BATCHES_AT_ONCE;
	return db_done(&rows);
}

/* The batch that holds a row; first_lsn 0 when there is none. */
static result batch_holding(struct ledger_store *base, uint64_t lsn, struct journal_batch *out)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct journal_batch){ 0 };
	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_batch_of, DB_ARGS(db_arg_i64((int64_t)lsn)), &rows));
	if (db_next(&rows))
		batch_of(&rows, out);
	return db_done(&rows);
}

static result sql_batches(struct ledger_store *base, uint64_t from_lsn, store_batch_fn *fn,
                          void *arg)
{
	bool more = true;
	struct journal_batch b;
	uint64_t next;

	TRY(batch_holding(base, from_lsn, &b));
	next = b.first_lsn ? b.first_lsn : from_lsn;
	if (b.first_lsn && b.last_lsn < from_lsn)
		next = b.first_lsn + 1;
	while (more)
		TRY(some_batches(base, &next, &more, fn, arg));
	return OK;
}

static result sql_row(struct ledger_store *base, uint64_t lsn, struct journal_row *out)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_row, DB_ARGS(db_arg_i64((int64_t)lsn)), &rows));
	if (!db_next(&rows) || db_i64(&rows, 0) < (int64_t)lsn) {
		TRY(db_done(&rows));
		return FAIL(LEDGER_ROW_UNKNOWN, "row %" PRIu64, lsn);
	}
	db_fixed(&rows, 1, out, sizeof *out);
	TRY(db_done(&rows));
	if (out->lsn != lsn || !journal_row_is_intact(out))
		return FAIL(LEDGER_CORRUPT, "row %" PRIu64 " is damaged", lsn);
	return OK;
}

static result some_pages(struct ledger_store *base, enum book_page_kind kind, int64_t *next,
                         store_page_fn *fn, void *arg)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_page_list,
	              DB_ARGS(db_arg_i64(*next),
	                      db_arg_i64(page_id((enum book_page_kind)(kind + 1), 0)),
	                      db_arg_i64(PAGES_AT_ONCE)),
	              &rows));
	*next = 0;
	while (db_next(&rows)) {
		int64_t id = db_i64(&rows, 0);
		int64_t crc = db_i64(&rows, 2);
		struct store_page page = { kind, (uint64_t)(id - page_id(kind, 0)),
			                   (uint64_t)db_i64(&rows, 1), db_bytes(&rows, 3) };

		TRY(db_done(&rows));
		page.intact = crc == store_page_crc(&page);
		TRY(fn(arg, &page));
		*next = id + 1;
	}
	return db_done(&rows);
}

static result sql_pages(struct ledger_store *base, enum book_page_kind kind, store_page_fn *fn,
                        void *arg)
{
	int64_t next = page_id(kind, 0);

	while (next)
		TRY(some_pages(base, kind, &next, fn, arg));
	return OK;
}

/* Only a short cut: when it cannot be read, the book follows the source's own links. The owner's
 * own connection does not see the views. */
static uint64_t sql_key(struct ledger_store *base, uint32_t source, uint64_t number)
{
	struct store_sql *s = self(base);
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	uint64_t lsn;

	if (!s->lookup && !is_ok(db_open(str_of(s->dsn), DB_READ_ONLY, &s->lookup)))
		return 0;
	if (!is_ok(db_begin(s->lookup, &tx)) || !is_ok(views_key_find(tx, source, number, &lsn)))
		return 0;
	return lsn;
}

static result sql_last_day(struct ledger_store *base, struct store_day *out)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct store_day){ 0 };
	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_day_list, DB_ARGS(db_arg_i64(1)), &rows));
	if (db_next(&rows))
		store_day_of(&rows, out);
	return db_done(&rows);
}

static result sql_days(struct ledger_store *base, store_day_fn *fn, void *arg)
{
	SCOPED(reading_end) struct reading in = { 0 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct store_day day;

	TRY(reading_begin(base, &in));
	TRY(db_select(in.tx, &sql_ledger_day_all, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		store_day_of(&rows, &day);
		TRY(db_done(&rows));
		TRY(fn(arg, &day));
	}
	return db_done(&rows);
}

static void sql_close(struct ledger_store *base)
{
	struct store_sql *s = self(base);

	db_close(s->lookup);
	db_close(s->db);
	free(s);
}

static const struct ledger_store_ops sql_ops[] = {
#define SQL_OPS(name_)                                                                             \
	{                                                                                          \
		.name = (name_), .own = sql_own, .begin = sql_begin, .savepoint = sql_savepoint,   \
		.savepoint_end = sql_savepoint_end, .append = sql_append, .put = sql_put,          \
		.seal_day = sql_seal_day, .commit = sql_commit, .rollback = sql_rollback,          \
		.tx = sql_tx, .look = sql_look, .look_end = sql_look_end, .last = sql_last,        \
		.batches = sql_batches, .row = sql_row, .pages = sql_pages, .key = sql_key,        \
		.last_day = sql_last_day, .days = sql_days, .close = sql_close                     \
	}
	[DB_SQLITE] = SQL_OPS("sqlite"),
	[DB_POSTGRES] = SQL_OPS("postgres"),
#undef SQL_OPS
};

/* ---- open ---- */

static result open_store(struct str dsn, enum store_mode mode, struct store_sql **out)
{
	struct store_sql *s = calloc(1, sizeof *s);
	result r;

	if (!s)
		return FAIL(OUT_OF_MEMORY, "store");
	r = db_open(dsn, mode == STORE_OWNER ? DB_CREATE : DB_READ_ONLY, &s->db);
	if (!is_ok(r)) {
		free(s);
		return r;
	}
	s->base.ops = &sql_ops[db_engine_of(s->db)];
	s->mode = mode;
	str_copy(dsn, s->dsn, sizeof s->dsn);
	*out = s;
	return OK;
}

static result require_views(struct store_sql *s)
{
	if (is_ok(sql_look(&s->base))) {
		sql_look_end(&s->base);
		return OK;
	}
	return FAIL(LEDGER_NO_VIEWS, "%s", s->dsn);
}

result ledger_store_open(struct str dsn, enum store_mode mode, const char *owner,
                         struct instant now, struct ledger_store **out)
{
	struct store_sql *s;
	result r;

	TRY(open_store(dsn, mode, &s));
	s->owner = owner;
	r = mode == STORE_OWNER ? db_migrate(s->db, now, NULL) : db_require_schema(s->db);
	if (is_ok(r) && mode == STORE_READER)
		r = require_views(s);
	if (is_ok(r))
		*out = &s->base;
	else
		sql_close(&s->base);
	return r;
}

static result open_views(struct store_sql *s, struct instant now, struct ledger_store **journal,
                         struct db **views)
{
	struct store_sql *reader;

	TRY(db_open(str_of(s->dsn), DB_CREATE | DB_VIEWS, views));
	TRY(db_migrate(*views, now, NULL));
	TRY(open_store(str_of(s->dsn), STORE_READER, &reader));
	*journal = &reader->base;
	return OK;
}

result ledger_store_views(struct ledger_store *base, struct instant now,
                          struct ledger_store **journal, struct db **views)
{
	struct store_sql *s = self(base);
	result r;

	*journal = NULL;
	*views = NULL;
	if (!ledger_store_db(base) || str_equal(str_of(s->dsn), STR("sqlite::memory:")))
		return OK;
	r = open_views(s, now, journal, views);
	if (!is_ok(r)) {
		db_close(*views);
		*views = NULL;
	}
	return r;
}

struct db *ledger_store_db(struct ledger_store *s)
{
	return s->ops->commit == sql_commit ? self(s)->db : NULL;
}
