/* SPDX-License-Identifier: Apache-2.0 */
/* http_static.h — the files of a directory, read once into memory, with their compressed forms. */
#pragma once

#include "base/bytes.h"

struct http_static;

enum http_coding { HTTP_PLAIN, HTTP_BROTLI, HTTP_GZIP, HTTP_CODING_COUNT };

enum { HTTP_ETAG_SIZE = 40 };

/* One form of a file. bytes.at is NULL when there is none. */
struct http_form {
	struct bytes bytes;
	char         etag[HTTP_ETAG_SIZE]; /* with its quotes */
};

struct http_file {
	char            *path; /* "/assets/index-4f3a2b1c.js" */
	const char      *type; /* of the content */
	bool             is_immutable; /* its name holds a hash of its content */
	struct http_form forms[HTTP_CODING_COUNT]; /* x, x.br, x.gz */
};

/* FILE_READ: it cannot be read, or holds more than a console should (4,000 files, 64 MiB, 8 levels). */
result http_static_open(const char *dir, struct http_static **out);
void   http_static_close(struct http_static *s); /* NULL is fine */
/* The file at a path ("/" is "/index.html"); for a path of the application that is no file, its index.html;
 * NULL when there is neither. Any thread. */
const struct http_file *http_static_find(const struct http_static *s, struct str path);
/* The form to send: the best the client takes. */
enum http_coding http_static_choose(const struct http_file *f, struct str accept_encoding);
const char      *http_coding_name(enum http_coding coding); /* "br"; NULL for plain */
