/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_static.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/http_check.h"

enum {
	FILES_MAX     = 4000,
	BYTES_MAX     = 64 << 20,
	LEVELS_MAX    = 8,
	PATH_SIZE     = 1024,
	HASH_MIN      = 8, /* characters of the hash in an immutable name */
	ETAG_HASH_LEN = 12,
};

struct http_static {
	struct http_file *files; /* by path */
	size_t            count, size, bytes;
};

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".map", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".ico", "image/x-icon" },
	{ ".webp", "image/webp" },
	{ ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const struct {
	const char *ending, *name;
} codings[HTTP_CODING_COUNT] = { [HTTP_PLAIN] = { "", NULL },
	                         [HTTP_BROTLI] = { ".br", "br" },
	                         [HTTP_GZIP] = { ".gz", "gzip" } };

const char *http_coding_name(enum http_coding coding)
{
	return codings[coding].name;
}

static bool ends_with(struct str s, struct str end)
{
	return s.len >= end.len && str_equal((struct str){ s.at + s.len - end.len, end.len }, end);
}

static const char *type_of(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (ends_with(path, str_of(types[i].ending)))
			return types[i].type;
	return "application/octet-stream";
}

/* "/assets/name-4f3a2b1c.js": what the bundler names by content. */
static bool is_hashed(struct str path)
{
	size_t dot = path.len, run = 0;

	if (path.len < 8 || memcmp(path.at, "/assets/", 8) != 0)
		return false;
	while (dot > 0 && path.at[dot - 1] != '.' && path.at[dot - 1] != '/')
		dot--;
	if (dot == 0 || path.at[dot - 1] != '.')
		return false;
	for (size_t i = dot - 1; i > 0; i--, run++) {
		char c = path.at[i - 1];

		if (run >= HASH_MIN && c == '-')
			return true;
		if (c == '.' || c == '/')
			return false;
	}
	return false;
}

/* The first bytes of SHA-256, and the coding: each form is an entity of its own. */
static bool make_etag(struct bytes b, enum http_coding coding, char out[HTTP_ETAG_SIZE])
{
	uint8_t  hash[EVP_MAX_MD_SIZE];
	char     text[2 * ETAG_HASH_LEN + 1];
	unsigned len = 0;

	if (EVP_Digest(b.at, b.len, hash, &len, EVP_sha256(), NULL) != 1)
		return false;
	hex_encode(bytes_of(hash, ETAG_HASH_LEN), text);
	snprintf(out, HTTP_ETAG_SIZE, "\"%s%s%s\"", text, coding ? "-" : "", coding ? codings[coding].name : "");
	return true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static result read_file(struct http_static *s, const char *path, struct bytes *out)
{
	SCOPED(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat          st;
	uint8_t             *at;
	size_t               len = 0;

	if (fd < 0 || fstat(fd, &st) != 0)
		return FAIL(FILE_READ, "%s: %m", path);
	if (st.st_size > (off_t)(BYTES_MAX - s->bytes))
		return FAIL(FILE_READ, "%s: more than %d bytes in all", path, BYTES_MAX);
	at = malloc((size_t)st.st_size + 1);
	if (!at)
		return FAIL(OUT_OF_MEMORY, "%s", path);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, at + len, (size_t)st.st_size - len);

		if (n <= 0) {
			free(at);
			return FAIL(FILE_READ, "%s: cut short", path);
		}
		len += (size_t)n;
	}
	s->bytes += len;
	*out = bytes_of(at, len);
	return OK;
}

static result add_file(struct http_static *s, const char *file, const char *path)
{
	struct http_file *f;

	if (s->count == FILES_MAX)
		return FAIL(FILE_READ, "%s: more than %d files", file, FILES_MAX);
	if (s->count == s->size) {
		size_t            size = s->size ? s->size * 2 : 64;
		struct http_file *grown = reallocarray(s->files, size, sizeof *grown);

		if (!grown)
			return FAIL(OUT_OF_MEMORY, "%s", file);
		s->files = grown;
		s->size = size;
	}
	f = &s->files[s->count++];
	*f = (struct http_file){ .path = strdup(path), .type = type_of(str_of(path)) };
	if (!f->path)
		return FAIL(OUT_OF_MEMORY, "%s", file);
	f->is_immutable = is_hashed(str_of(path));
	TRY(read_file(s, file, &f->forms[HTTP_PLAIN].bytes));
	if (!make_etag(f->forms[HTTP_PLAIN].bytes, HTTP_PLAIN, f->forms[HTTP_PLAIN].etag))
		return FAIL(FILE_READ, "%s: no digest", file);
	return OK;
}

static result add_dir(struct http_static *s, const char *dir, const char *prefix, int level);

static result add_entry(struct http_static *s, const char *dir, const char *prefix, const char *name, int level)
{
	char        file[PATH_SIZE], path[PATH_SIZE];
	struct stat st;

	if (name[0] == '.')
		return OK;
	if (snprintf(file, sizeof file, "%s/%s", dir, name) >= PATH_SIZE ||
	    snprintf(path, sizeof path, "%s/%s", prefix, name) >= PATH_SIZE)
		return FAIL(FILE_READ, "%s: too long a name", dir);
	if (stat(file, &st) != 0)
		return FAIL(FILE_READ, "%s: %m", file);
	if (S_ISDIR(st.st_mode))
		return add_dir(s, file, path, level + 1);
	return S_ISREG(st.st_mode) ? add_file(s, file, path) : OK;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static result add_dir(struct http_static *s, const char *dir, const char *prefix, int level)
{
	SCOPED(close_dir) DIR *d = opendir(dir);
	struct dirent         *e;

	if (!d)
		return FAIL(FILE_READ, "%s: %m", dir);
	if (level > LEVELS_MAX)
		return FAIL(FILE_READ, "%s: more than %d levels", dir, LEVELS_MAX);
	while ((e = readdir(d)))
		TRY(add_entry(s, dir, prefix, e->d_name, level));
	return OK;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct http_file *)a)->path, ((const struct http_file *)b)->path);
}

static const struct http_file *find(const struct http_static *s, const char *path)
{
	struct http_file key = { .path = NULL };
	char             copy[PATH_SIZE];

	str_copy(str_of(path), copy, sizeof copy);
	key.path = copy;
	return s->count ? bsearch(&key, s->files, s->count, sizeof *s->files, by_path) : NULL;
}

static struct http_file *find_own(struct http_static *s, const char *path)
{
	const struct http_file *f = find(s, path);

	return f ? &s->files[f - s->files] : NULL;
}

static void free_file(struct http_file *f)
{
	for (int i = 0; i < HTTP_CODING_COUNT; i++)
		free((void *)(uintptr_t)f->forms[i].bytes.at);
	free(f->path);
}

/* x.br and x.gz become forms of x, and are no files of their own. */
static result join_forms(struct http_static *s)
{
	size_t kept = 0;

	for (enum http_coding coding = HTTP_BROTLI; coding < HTTP_CODING_COUNT; coding++) {
		for (size_t i = 0; i < s->count; i++) {
			char              path[PATH_SIZE + 4];
			struct http_file *f;

			snprintf(path, sizeof path, "%s%s", s->files[i].path, codings[coding].ending);
			f = strlen(path) < PATH_SIZE ? find_own(s, path) : NULL;
			if (!f || !f->forms[HTTP_PLAIN].bytes.at)
				continue;
			s->files[i].forms[coding].bytes = f->forms[HTTP_PLAIN].bytes;
			f->forms[HTTP_PLAIN].bytes = (struct bytes){ 0 };
			if (!make_etag(s->files[i].forms[coding].bytes, coding, s->files[i].forms[coding].etag))
				return FAIL(FILE_READ, "%s: no digest", path);
		}
	}
	for (size_t i = 0; i < s->count; i++) {
		if (s->files[i].forms[HTTP_PLAIN].bytes.at)
			s->files[kept++] = s->files[i];
		else
			free_file(&s->files[i]);
	}
	s->count = kept;
	return OK;
}

result http_static_open(const char *dir, struct http_static **out)
{
	struct http_static *s = calloc(1, sizeof *s);
	result              r;

	if (!s)
		return FAIL(OUT_OF_MEMORY, "files");
	r = add_dir(s, dir, "", 0);
	if (is_ok(r)) {
		if (s->count)
			qsort(s->files, s->count, sizeof *s->files, by_path);
		r = join_forms(s);
	}
	if (!is_ok(r)) {
		http_static_close(s);
		return r;
	}
	*out = s;
	return OK;
}

void http_static_close(struct http_static *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free_file(&s->files[i]);
	free(s->files);
	free(s);
}

/* A place inside the application, which its own router understands: no dot in the last segment. */
static bool is_place(const char *path)
{
	return !strchr(strrchr(path, '/'), '.');
}

const struct http_file *http_static_find(const struct http_static *s, struct str path)
{
	char                    text[PATH_SIZE];
	const struct http_file *f;

	if (path.len == 0 || path.len >= sizeof text || path.at[0] != '/' || memchr(path.at, '\0', path.len))
		return NULL;
	str_copy(path, text, sizeof text);
	f = find(s, text);
	return f || !is_place(text) ? f : find(s, "/index.html");
}

enum http_coding http_static_choose(const struct http_file *f, struct str accept_encoding)
{
	for (enum http_coding coding = HTTP_BROTLI; coding < HTTP_CODING_COUNT; coding++)
		if (f->forms[coding].bytes.at && http_accepts(accept_encoding, str_of(codings[coding].name)))
			return coding;
	return HTTP_PLAIN;
}
