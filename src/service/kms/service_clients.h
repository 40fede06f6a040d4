/* SPDX-License-Identifier: Apache-2.0 */
/* service_clients.h — machine clients as workers know them: rows each worker reads for itself,
 * meters they share. */
#pragma once

#include "domain/keys/key_client_meter.h"

/* Meters, by client. Any thread. */
struct client_meters;
result client_meters_open(struct client_meters **out); /* OUT_OF_MEMORY */
void client_meters_close(struct client_meters *m);     /* NULL is fine */
/* The meter of a client; lives as long as `m`. NULL when there are too many. */
struct key_client_meter *client_meters_of(struct client_meters *m, int64_t client,
                                          struct instant now);
/* Items of now's day so far; 0 for a client that never came. */
int64_t client_meters_used(struct client_meters *m, int64_t client, struct instant now);

/* The rows of one worker. Zero-initialise. */
struct client_rows {
	struct key_client *at;
	struct key_client_meter *meters[KEY_CLIENT_ROWS_MAX];
	size_t count;
	uint64_t generation; /* 0: never read */
};
result client_rows_read(struct client_rows *r, struct db_tx *tx, struct client_meters *meters,
                        struct instant now);
void client_rows_free(struct client_rows *r);
/* By certificate; NULL: nobody's. */
const struct key_client *client_rows_find(const struct client_rows *r,
                                          const uint8_t certificate[KEY_CLIENT_CERTIFICATE],
                                          struct key_client_meter **meter);
