/* SPDX-License-Identifier: Apache-2.0 */
/* What a key cache reads: one transaction a message, rows of labels, master keys. */
#include "base/log.h"
#include "service/kms/key_cache_private.h"

result key_cache_connect(struct key_cache *c)
{
	if (c->reader)
		return OK;
	return db_open(str_of(c->dsn), DB_READ_ONLY | DB_KMS, &c->reader);
}

void key_cache_end_reading(struct key_cache *c)
{
	if (c->tx)
		db_rollback(c->tx);
	c->tx = NULL;
}

static result begin(struct key_cache *c)
{
	struct db_tx *tx;

	TRY(key_cache_connect(c));
	TRY(db_begin(c->reader, &tx));
	c->tx = tx;
	return OK;
}

/* A connection of our own that broke is made anew. */
static result begin_anew(struct key_cache *c)
{
	LOG_WARNING("kms.reader", "detail=\"%s\"", result_last()->text);
	key_cache_end_reading(c);
	db_close(c->reader);
	c->reader = NULL;
	return begin(c);
}

/* One snapshot for all that a message reads. */
result key_cache_reading(struct key_cache *c, struct db_tx **out)
{
	if (!c->tx) {
		result r = begin(c);

		if (!is_ok(r) && c->dsn)
			r = begin_anew(c);
		TRY(r);
	}
	*out = c->tx;
	return OK;
}

/* --- rows --- */

static result read_ring(struct key_cache *c, struct db_tx *tx)
{
	c->ring_read = false;
	TRY(master_ring_load(&c->ring, tx));
	c->ring_read = true;
	return OK;
}

/* When another version may be the current one: one becomes active, or one ends. */
static result find_change(struct key_cache *c, struct db_tx *tx, int64_t key, int64_t *when_us)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct key_version *rows;
	size_t count;

	*when_us = INT64_MAX;
	TRY(key_version_list(tx, key, &a, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		int64_t times[] = { rows[i].activate_at.us, rows[i].protect_until.us };

		for (size_t j = 0; j < ARRAY_LEN(times); j++)
			if (times[j] > c->now.us && times[j] < *when_us)
				*when_us = times[j];
	}
	return OK;
}

static result read_rows(struct key_cache *c, const struct key_label *label,
                        struct key_cache_found *out)
{
	struct db_tx *tx;

	TRY(key_cache_reading(c, &tx));
	c->counts.reads++;
	TRY(key_version_find(tx, label, c->now, &out->definition, &out->version));
	out->changes_us = INT64_MAX;
	if (label->version == 0)
		TRY(find_change(c, tx, out->definition.id, &out->changes_us));
	if (c->ring_read && master_find(&c->ring, out->version.lmk))
		return OK;
	return read_ring(c, tx);
}

/* A connection of our own that breaks is made anew, once. */
result key_cache_read(struct key_cache *c, const struct key_label *label,
                      struct key_cache_found *out)
{
	result r = read_rows(c, label, out);

	if ((r.code != DB_LOST && r.code != DB_STATEMENT) || !c->dsn)
		return r;
	TRY(begin_anew(c));
	return read_rows(c, label, out);
}

result key_cache_read_ring(struct key_cache *c)
{
	struct db_tx *tx;

	TRY(key_cache_reading(c, &tx));
	return read_ring(c, tx);
}

result key_cache_ring(struct key_cache *c, struct master_ring **out)
{
	if (!c->ring_read)
		TRY(key_cache_read_ring(c));
	*out = &c->ring;
	return OK;
}

result key_cache_place(struct key_cache *c, char algorithm, struct key_cache_place *out)
{
	struct master_ring *ring;
	const struct master *m;

	TRY(key_cache_ring(c, &ring));
	TRY(master_for(ring, algorithm, &m));
	out->at = (struct working_place){ m->session, m->slot };
	out->version = master_block_version(m, false);
	master_option(m, out->check);
	return OK;
}
