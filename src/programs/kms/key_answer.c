/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/key_answer.h"

#include <fcntl.h>
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

result key_answer_save(struct str answer, const char *member, const char *path, struct arena *a)
{
	const char *const *names = member ? &member : outputs;
	size_t count = member ? 1 : ARRAY_LEN(outputs);
	struct str texts[ARRAY_LEN(outputs)];

	TRY(jread_members(answer, names, count, a, texts));
	for (size_t i = 0; i < count; i++)
		if (texts[i].len)
			return write_member(names[i], texts[i], path, a);
	return FAIL(USAGE, "the answer holds %s for --out", member ? member : "nothing");
}
