/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/scan/secret_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"

enum { WINDOW = 16, SHORTEST = 8, FORM_MAX = 512, ALIGNMENTS = 3 };

void secret_scan_init(struct secret_scan *s)
{
	*s = (struct secret_scan){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(s->first); i++)
		s->first[i] = SIZE_MAX;
}

void secret_scan_free(struct secret_scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->patterns[i].at);
	free(s->patterns);
	s->patterns = NULL;
	s->count = 0;
}

void secret_scan_forget(struct secret_scan *s)
{
	s->hit_count = s->files = s->bytes = 0;
}

/* --- forms --- */

static size_t bucket_of(const uint8_t *at)
{
	return (size_t)at[0] << 8 | at[1];
}

static void add(struct secret_scan *s, const char *name, const char *form, struct bytes in)
{
	struct secret_pattern *p;

	ASSERT(in.len >= SHORTEST);
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->patterns = reallocarray(s->patterns, s->room, sizeof *s->patterns);
		ASSERT(s->patterns);
	}
	p = &s->patterns[s->count];
	*p = (struct secret_pattern){ .at = malloc(in.len), .len = in.len };
	ASSERT(p->at);
	memcpy(p->at, in.at, in.len);
	str_copy(str_of(name), p->name, sizeof p->name);
	str_copy(str_of(form), p->form, sizeof p->form);
	p->next = s->first[bucket_of(p->at)];
	s->first[bucket_of(p->at)] = s->count++;
}

static void add_hex(struct secret_scan *s, const char *name, struct bytes in)
{
	char text[FORM_MAX];

	hex_encode(in, text);
	add(s, name, "hex", bytes_of(text, 2 * in.len));
	for (char *c = text; *c; c++)
		*c = (char)(*c >= 'A' ? *c | 0x20 : *c);
	add(s, name, "hex lower", bytes_of(text, 2 * in.len));
}

/* Bit `at` of the value, which stands behind `before` other bits. */
static unsigned bit_of(struct bytes in, size_t before, size_t at)
{
	at -= before;
	return (unsigned)in.at[at / 8] >> (7 - at % 8) & 1u;
}

/* The characters that follow from the value alone, wherever it stands in what was encoded. */
static void add_base64(struct secret_scan *s, const char *name, struct bytes in, size_t alignment,
                       const char *last_two)
{
	static const char letters[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t before = 8 * alignment, from = (before + 5) / 6, to = (before + 8 * in.len) / 6;
	char text[FORM_MAX], form[SECRET_SCAN_FORM];

	for (size_t i = from; i < to; i++) {
		unsigned six = 0;

		for (size_t bit = 0; bit < 6; bit++)
			six = six << 1 | bit_of(in, before, 6 * i + bit);
		text[i - from] = six < 62 ? letters[six] : last_two[six - 62];
	}
	snprintf(form, sizeof form, "base64%s %zu", last_two[0] == '-' ? "url" : "", alignment);
	add(s, name, form, bytes_of(text, to - from));
}

static void add_forms(struct secret_scan *s, const char *name, struct bytes in)
{
	uint8_t backwards[FORM_MAX];

	ASSERT(in.len <= FORM_MAX / 2);
	add(s, name, "binary", in);
	for (size_t i = 0; i < in.len; i++)
		backwards[i] = in.at[in.len - 1 - i];
	add(s, name, "backwards", bytes_of(backwards, in.len));
	add_hex(s, name, in);
	for (size_t i = 0; i < ALIGNMENTS; i++) {
		add_base64(s, name, in, i, "+/");
		add_base64(s, name, in, i, "-_");
	}
}

void secret_scan_key(struct secret_scan *s, const char *name, struct bytes key)
{
	char part[SECRET_SCAN_NAME];

	if (key.len <= WINDOW) {
		add_forms(s, name, key);
		return;
	}
	snprintf(part, sizeof part, "%.32s, first", name);
	add_forms(s, part, bytes_of(key.at, WINDOW));
	snprintf(part, sizeof part, "%.32s, last", name);
	add_forms(s, part, bytes_of(key.at + key.len - WINDOW, WINDOW));
}

void secret_scan_text(struct secret_scan *s, const char *name, const char *text)
{
	struct bytes in = str_bytes(str_of(text));
	uint8_t wide[FORM_MAX] = { 0 };

	ASSERT(in.len <= FORM_MAX / 2);
	add_forms(s, name, in);
	for (size_t i = 0; i < in.len; i++)
		wide[2 * i] = in.at[i];
	add(s, name, "UTF-16", bytes_of(wide, 2 * in.len));
}

/* --- looking --- */

static void note(struct secret_scan *s, const struct secret_pattern *p, const char *path, size_t at)
{
	if (s->hit_count < SECRET_SCAN_HITS) {
		struct secret_hit *h = &s->hits[s->hit_count];

		h->pattern = p;
		h->offset = at;
		str_copy(str_of(path), h->path, sizeof h->path);
	}
	s->hit_count++;
}

void secret_scan_bytes(struct secret_scan *s, const char *path, struct bytes in)
{
	s->files++;
	s->bytes += in.len;
	for (size_t i = 0; i + SHORTEST <= in.len; i++)
		for (size_t n = s->first[bucket_of(in.at + i)]; n != SIZE_MAX;
		     n = s->patterns[n].next) {
			const struct secret_pattern *p = &s->patterns[n];

			if (p->len <= in.len - i && memcmp(in.at + i, p->at, p->len) == 0)
				note(s, p, path, i);
		}
}

void secret_scan_file(struct secret_scan *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	void *at;

	if (!CHECK(fd >= 0) || !CHECK(fstat(fd, &st) == 0) || st.st_size == 0) {
		close(fd);
		return;
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (!CHECK(at != MAP_FAILED))
		return;
	secret_scan_bytes(s, path, bytes_of(at, (size_t)st.st_size));
	munmap(at, (size_t)st.st_size);
}

/* A name could be a secret too. */
static void scan_entry(struct secret_scan *s, const char *dir, const struct dirent *e)
{
	char path[SECRET_SCAN_PATH];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || lstat(path, &st) != 0)
		return;
	secret_scan_bytes(s, path, str_bytes(str_of(e->d_name)));
	if (S_ISDIR(st.st_mode))
		secret_scan_tree(s, path);
	else if (S_ISREG(st.st_mode))
		secret_scan_file(s, path);
}

void secret_scan_tree(struct secret_scan *s, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	if (!CHECK(d != NULL))
		return;
	while ((e = readdir(d)) != NULL)
		scan_entry(s, dir, e);
	closedir(d);
}
