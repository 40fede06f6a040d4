/* SPDX-License-Identifier: Apache-2.0 */
/* conf.h — configuration from an INI-like file against a table: every key has a type, a range and a help text. */
#pragma once

#include "base/bytes.h"

enum conf_type { CONF_TEXT, CONF_INTEGER, CONF_BOOL, CONF_PATH };

/* One key. `offset` says where its value goes in the program's struct: char[CONF_TEXT_MAX] for text and
 * paths, int64_t for integers, bool for yes/no. */
struct conf_key {
	const char    *section, *key;
	enum conf_type type;
	size_t         offset;
	const char    *fallback; /* the default, as text */
	int64_t        min, max; /* integers */
	const char    *help;
};

enum {
	CONF_TEXT_MAX = 256,
	CONF_FILE_MAX = 64 << 10,
	CONF_KEYS_MAX = 128, /* of one schema */
};

struct conf_schema {
	const struct conf_key *keys;
	size_t                 count;
};

/* Fill `out` with the defaults. */
void   conf_defaults(const struct conf_schema *schema, void *out);
/* Read text over what `out` holds (conf_defaults first). On an error `out` is to be thrown away. CONF_SYNTAX,
 * CONF_UNKNOWN_KEY (the detail names line and nearest match), CONF_RANGE. */
result conf_read(const struct conf_schema *schema, struct str text, void *out);
/* The same of a file, which the detail names; FILE_READ too. */
result conf_load(const struct conf_schema *schema, const char *path, void *out);
/* Set one key from "section.key=value", as a command line gives it. */
result conf_set(const struct conf_schema *schema, struct str assignment, void *out);
/* Print all keys with their values (with_help: as the reference page). */
struct buf;
void   conf_print(const struct conf_schema *schema, const void *values, bool with_help, struct buf *out);
