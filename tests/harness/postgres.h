/* SPDX-License-Identifier: Apache-2.0 */
/* postgres.h — a private PostgreSQL 15 for tests: own cluster in the test's folder, Unix socket
 * only, gone at exit. */
#pragma once

#include <stdbool.h>

enum { POSTGRES_DSN_MAX = 400 };

/*
 * Start it at the first call (about 2 s), then make a new empty database at every call. Fills and
 * returns its DSN, "postgres:…". When PostgreSQL is not installed the run fails with a clear line.
 * durable: fsync on; the first call decides for the whole run.
 */
const char *postgres_database(bool durable, char out[POSTGRES_DSN_MAX]);

/* Where the cluster keeps everything: tables, log, socket. */
const char *postgres_folder(void);

/* Kill it at once, as a power cut would; then start it again, which recovers its databases. */
void postgres_crash(void);
void postgres_restart(void);
