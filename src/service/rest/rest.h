/* SPDX-License-Identifier: Apache-2.0 */
/* rest.h — the interface behind the console (api/openapi.yaml), the console's files, and live
 * events. */
#pragma once

#include "base/rand.h"
#include "base/time.h"
#include "ledger/writer.h"

enum {
	REST_READERS = 8,    /* query-only connections */
	REST_HASHES_MAX = 2, /* passwords compared at once: 64 MiB each */
	REST_DSN_MAX = 512,
	REST_BODY_MAX = 8 << 10,
};

struct rest;

struct rest_config {
	const char *address;              /* "127.0.0.1:8080"; port 0: the kernel's choice */
	const char *cert_file, *key_file; /* PEM; NULL: no TLS */
	const char *console_dir;          /* the console's files; NULL: none */
	const char *kms_socket;           /* of the key manager's officers; NULL: none */
	int64_t kms_deadline_us;          /* for its answer; 0: 30 s */
	struct str dsn;                   /* of the store, for readers; copied */
	struct ledger_writer *writer;
	const struct clock *clock;
	struct random_source *random;
	const char *version;
	bool trust_forwarded; /* behind a proxy on this machine */
};

/* What the configuration points to is borrowed until rest_stop. LISTEN_FAILED, TLS_SETUP,
 * FILE_READ, DB_*, OUT_OF_MEMORY. */
result rest_start(const struct rest_config *config, struct rest **out);
uint16_t rest_port(const struct rest *r);
void rest_stop(struct rest *r); /* before the writer stops; NULL is fine */
