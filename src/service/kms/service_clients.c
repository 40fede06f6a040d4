/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service_clients.h"

#include <stdlib.h>

struct client_meters {
	pthread_mutex_t lock;
	int64_t ids[KEY_CLIENT_ROWS_MAX];
	struct key_client_meter at[KEY_CLIENT_ROWS_MAX];
	size_t count;
};

result client_meters_open(struct client_meters **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return FAIL(OUT_OF_MEMORY, "meters of clients");
	pthread_mutex_init(&(*out)->lock, NULL);
	return OK;
}

void client_meters_close(struct client_meters *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		key_client_meter_deinit(&m->at[i]);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Under the lock. */
static struct key_client_meter *find(struct client_meters *m, int64_t client)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->ids[i] == client)
			return &m->at[i];
	return NULL;
}

int64_t client_meters_used(struct client_meters *m, int64_t client, struct instant now)
{
	struct key_client_meter *found;

	pthread_mutex_lock(&m->lock);
	found = find(m, client);
	pthread_mutex_unlock(&m->lock);
	return found ? key_client_meter_used(found, now) : 0;
}

struct key_client_meter *client_meters_of(struct client_meters *m, int64_t client,
                                          struct instant now)
{
	struct key_client_meter *found;

	pthread_mutex_lock(&m->lock);
	found = find(m, client);
	if (!found && m->count < KEY_CLIENT_ROWS_MAX) {
		m->ids[m->count] = client;
		found = &m->at[m->count++];
		key_client_meter_init(found, now, 0);
	}
	pthread_mutex_unlock(&m->lock);
	return found;
}

result client_rows_read(struct client_rows *r, struct db_tx *tx, struct client_meters *meters,
                        struct instant now)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct key_client *rows, *copy;
	size_t count;

	TRY(key_client_list(tx, &a, &rows, &count));
	copy = calloc(count + 1, sizeof *copy);
	if (!copy)
		return FAIL(OUT_OF_MEMORY, "%zu clients", count);
	memcpy(copy, rows, count * sizeof *copy);
	free(r->at);
	r->at = copy;
	r->count = count < KEY_CLIENT_ROWS_MAX ? count : KEY_CLIENT_ROWS_MAX;
	for (size_t i = 0; i < r->count; i++)
		r->meters[i] = client_meters_of(meters, copy[i].id, now);
	return OK;
}

void client_rows_free(struct client_rows *r)
{
	free(r->at);
	*r = (struct client_rows){ 0 };
}

const struct key_client *client_rows_find(const struct client_rows *r,
                                          const uint8_t certificate[KEY_CLIENT_CERTIFICATE],
                                          struct key_client_meter **meter)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->meters[i] &&
		    memcmp(r->at[i].certificate, certificate, KEY_CLIENT_CERTIFICATE) == 0) {
			*meter = r->meters[i];
			return &r->at[i];
		}
	*meter = NULL;
	return NULL;
}
