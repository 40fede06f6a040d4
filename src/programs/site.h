/* SPDX-License-Identifier: Apache-2.0 */
/*
 * site.h — a site is a directory: its configuration, its store, its sockets, its key manager.
 * Everything a program needs to know about a site is in DIR/yika.conf; paths in it are relative to
 * DIR.
 */
#pragma once

#include "base/conf.h"
#include "base/time.h"
#include "programs/clock_file.h"

enum {
	SITE_PATH_MAX = 512,
};

/* The configuration, one member a key. Reference: docs/administrator.md is made from the same
 * table. */
struct site_conf {
	char store[CONF_TEXT_MAX]; /* DSN; "sqlite:yika.db" */
	int64_t cutover_minutes;   /* the business day changes so many minutes after 00:00 +08:00 */
	char clock[CONF_TEXT_MAX]; /* "system", or a file that a replay drives */
	char kms_service[CONF_TEXT_MAX], kms_dir[CONF_TEXT_MAX];
	bool kms_run;
	int64_t root_version; /* of the terminal root that new terminals get */
	char terminal_listen[CONF_TEXT_MAX], terminal_tls_listen[CONF_TEXT_MAX];
	char terminal_ascii_listen[CONF_TEXT_MAX], terminal_bare_listen[CONF_TEXT_MAX];
	char tls_certificate[CONF_TEXT_MAX], tls_key[CONF_TEXT_MAX];
	int64_t terminal_connections, terminal_per_address, sign_ins_per_s;
	bool legacy_suites;
	char subsystem_ranges[CONF_TEXT_MAX];
	char web_listen[CONF_TEXT_MAX], web_tls_certificate[CONF_TEXT_MAX],
	        web_tls_key[CONF_TEXT_MAX];
	char web_console[CONF_TEXT_MAX];  /* directory of the console's files */
	char kms_officers[CONF_TEXT_MAX]; /* the key manager's socket */
	int64_t queue_max, batch_max;
	int64_t purse_ceiling_fen;
};

struct site {
	char dir[SITE_PATH_MAX]; /* absolute */
	struct site_conf conf;
};

const struct conf_schema *site_schema(void);

/* Read DIR/yika.conf over the defaults. SITE_MISSING, CONF_*. */
result site_open(const char *dir, struct site *out);
/* DIR/name, absolute, into out. An absolute name stays. Returns out. */
const char *site_path(const struct site *s, const char *name, char out[SITE_PATH_MAX]);
/* The store's DSN with a relative SQLite path made absolute. Returns out. */
const char *site_dsn(const struct site *s, char out[SITE_PATH_MAX]);

/* The clock that the configuration names. FILE_READ. */
result site_clock_open(const struct site *s, struct clock_file *out);

/* What a new site begins with. */
struct site_order {
	const char *dir;   /* made with mode 0700; must not hold a site */
	const char *store; /* DSN, or NULL for an SQLite file in DIR */
	const char *kms;   /* socket of a key manager that has a place of its own; NULL: DIR/kms */
	bool test_keys;    /* the key manager begins with keys that everybody knows */
};

/*
 * Make a site: directory, configuration, store with the newest schema, first
 * administrator with a generated password in DIR/first-admin-password (mode 0600); and the key
 * manager's own directory, DIR/kms, unless it has a place elsewhere. On failure nothing usable
 * stays: the directory is removed when this call made it. SITE_EXISTS, and what the parts say.
 */
result site_create(const struct site_order *order, const struct clock *clock);
