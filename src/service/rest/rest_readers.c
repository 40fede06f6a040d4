/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_call.h"

static result open_reader(struct rest_readers *r, struct rest_reader *reader)
{
	return reader->db ? OK : db_open(r->dsn, DB_READ_ONLY, &reader->db);
}

result rest_readers_open(struct rest_readers *r, struct str dsn)
{
	*r = (struct rest_readers){ .dsn = dsn };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->freed, NULL);
	return open_reader(r, &r->at[0]); /* so that a wrong store shows at the start */
}

void rest_readers_close(struct rest_readers *r)
{
	for (size_t i = 0; i < REST_READERS; i++)
		db_close(r->at[i].db);
	pthread_cond_destroy(&r->freed);
	pthread_mutex_destroy(&r->lock);
}

static struct rest_reader *take_slot(struct rest_readers *r)
{
	struct rest_reader *found = NULL;

	pthread_mutex_lock(&r->lock);
	while (!found) {
		for (size_t i = 0; i < REST_READERS && !found; i++) {
			if (r->used[i])
				continue;
			r->used[i] = true;
			found = &r->at[i];
		}
		if (!found)
			pthread_cond_wait(&r->freed, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return found;
}

static result begin(struct rest_readers *r, struct rest_reader *reader)
{
	TRY(open_reader(r, reader));
	return db_begin(reader->db, &reader->tx);
}

result rest_readers_take(struct rest_readers *r, struct rest_reader **out)
{
	struct rest_reader *reader = take_slot(r);
	result done = begin(r, reader);

	if (!is_ok(done))
		rest_readers_give(r, reader, true);
	else
		*out = reader;
	return done;
}

void rest_readers_give(struct rest_readers *r, struct rest_reader *reader, bool spoiled)
{
	if (reader->tx)
		db_rollback(reader->tx);
	reader->tx = NULL;
	if (spoiled) {
		db_close(reader->db);
		reader->db = NULL;
	}
	pthread_mutex_lock(&r->lock);
	r->used[reader - r->at] = false;
	pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
}
