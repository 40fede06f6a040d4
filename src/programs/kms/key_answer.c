/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/key_answer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"

/* What answers hold for files, in this order. */
static const char *const outputs[] = { "file", "file_hex", "paper", "xml", "invitation", "text" };

static result write_new(const char *path, struct bytes content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	ok = write(fd, content.at, content.len) == (ssize_t)content.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	if (ok)
		return OK;
	result r = FAIL(FILE_WRITE, "%s: %m", path);
	unlink(path); /* half a file is none */
	return r;
}

static bool is_hex(const char *name)
{
	static const char end[] = "_hex";
	size_t len = strlen(name);

	return len > strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

static result write_member(const char *name, struct str text, const char *path, struct arena *a)
{
	size_t len = text.len / 2;
	uint8_t *content;

	if (!is_hex(name))
		return write_new(path, str_bytes(text));
	content = arena_alloc(a, len + 1);
	TRY(hex_decode(text, content, len));
	return write_new(path, bytes_of(content, len));
}

result key_answer_try(const char *path)
{
	TRY(write_new(path, (struct bytes){ 0 }));
	return unlink(path) == 0 ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

result key_answer_save(struct str answer, const char *member, const char *path, struct arena *a,
                       const char **saved)
{
	const char *const *names = member ? &member : outputs;
	size_t count = member ? 1 : ARRAY_LEN(outputs);
	struct str texts[ARRAY_LEN(outputs)];

	TRY(jread_members(answer, names, count, a, texts));
	for (size_t i = 0; i < count; i++)
		if (texts[i].len) {
			*saved = names[i];
			return write_member(names[i], texts[i], path, a);
		}
	return FAIL(USAGE, "the answer holds %s for --out", member ? member : "nothing");
}

/* The number between two texts of a line. */
static bool take_number(struct str *line, const char *before, uint64_t *out)
{
	size_t len = strlen(before), digits = 0;

	if (line->len < len || memcmp(line->at, before, len) != 0)
		return false;
	*line = (struct str){ line->at + len, line->len - len };
	while (digits < line->len && line->at[digits] >= '0' && line->at[digits] <= '9')
		digits++;
	if (!is_ok(str_u64((struct str){ line->at, digits }, out)))
		return false;
	*line = (struct str){ line->at + digits, line->len - digits };
	return true;
}

bool key_answer_progress(struct str line, char out[KEY_PROGRESS_SIZE], bool *done)
{
	uint64_t now, all;

	if (!take_number(&line, "{\"progress\":", &now) || !take_number(&line, ",\"of\":", &all) ||
	    !str_equal(line, STR("}")) || all == 0 || now > all || all > UINT64_MAX / 100)
		return false;
	*done = now == all;
	snprintf(out, KEY_PROGRESS_SIZE, "%" PRIu64 " / %" PRIu64 " (%" PRIu64 " %%)", now, all,
	         now * 100 / all);
	return true;
}
