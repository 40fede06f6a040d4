/* SPDX-License-Identifier: Apache-2.0 */
/* secret_scan.h — for tests: known secrets looked for in files, in every form in which one could
 * have got there (keys 2, 20.3 no. 5). */
#pragma once

#include "base/bytes.h"

enum {
	SECRET_SCAN_NAME = 48,
	SECRET_SCAN_FORM = 16,
	SECRET_SCAN_PATH = 1024,
	SECRET_SCAN_HITS = 200
};

/* One form of one secret. */
struct secret_pattern {
	char name[SECRET_SCAN_NAME], form[SECRET_SCAN_FORM];
	uint8_t *at;
	size_t len;
	size_t next; /* of those that begin with the same two bytes; SIZE_MAX: none */
};

struct secret_hit {
	const struct secret_pattern *pattern;
	char path[SECRET_SCAN_PATH];
	size_t offset;
};

/* Zero-initialise, then secret_scan_init. */
struct secret_scan {
	struct secret_pattern *patterns;
	size_t count, room;
	size_t first[65536]; /* by the first two bytes */
	struct secret_hit hits[SECRET_SCAN_HITS];
	size_t hit_count; /* may be more than were kept */
	size_t files, bytes;
};

void secret_scan_init(struct secret_scan *s);
void secret_scan_free(struct secret_scan *s);
/* A key: binary, backwards, hexadecimal in both cases, base64 in its three alignments and both
 * alphabets. Of what is longer than 16 bytes its first and its last 16. At least 8 bytes. */
void secret_scan_key(struct secret_scan *s, const char *name, struct bytes key);
/* A password, PIN, one-time secret: its characters, also as UTF-16, and as above. At least 8. */
void secret_scan_text(struct secret_scan *s, const char *name, const char *text);
/* Look through bytes, a file, everything below a directory (no links are followed). */
void secret_scan_bytes(struct secret_scan *s, const char *path, struct bytes in);
void secret_scan_file(struct secret_scan *s, const char *path);
void secret_scan_tree(struct secret_scan *s, const char *dir);
void secret_scan_forget(struct secret_scan *s); /* the hits */
