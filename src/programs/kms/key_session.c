/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/key_session.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char last[] = "last";

/* $XDG_RUNTIME_DIR/yika-key, or ~/.yika-key where there is none. */
static result folder(char out[KEY_SESSION_PATH])
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");
	int n;

	if (run && run[0])
		n = snprintf(out, KEY_SESSION_PATH, "%s/yika-key", run);
	else
		n = snprintf(out, KEY_SESSION_PATH, "%s/.yika-key", home ? home : "");
	if (n < 0 || n >= KEY_SESSION_PATH - 64)
		return FAIL(FILE_WRITE, "the path of the session's folder is too long");
	mkdir(out, 0700);
	return OK;
}

static result path_of(const char *name, char out[KEY_SESSION_PATH])
{
	size_t len;

	TRY(folder(out));
	len = strlen(out);
	if (strchr(name, '/') || snprintf(out + len, KEY_SESSION_PATH - len, "/%s", name) >= 64)
		return FAIL(OFFICER_LOGIN, "%s is no name of an officer", name);
	return OK;
}

static result write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	ok = fchmod(fd, 0600) == 0 && write(fd, text, len) == (ssize_t)len;
	ok = close(fd) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

static result read_text(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return FAIL(OFFICER_SESSION, "log in with: yika key login NAME");
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? OK : FAIL(OFFICER_SESSION, "log in with: yika key login NAME");
}

result key_session_load(const char *name, char token[KEY_SESSION_SIZE])
{
	char path[KEY_SESSION_PATH], who[KEY_SESSION_SIZE];

	if (!name) {
		TRY(path_of(last, path));
		TRY(read_text(path, who, sizeof who));
		name = who;
	}
	TRY(path_of(name, path));
	return read_text(path, token, KEY_SESSION_SIZE);
}

result key_session_save(const char *name, const char *token)
{
	char path[KEY_SESSION_PATH];

	TRY(path_of(name, path));
	TRY(write_text(path, token));
	TRY(path_of(last, path));
	return write_text(path, name);
}

void key_session_forget(const char *name)
{
	char path[KEY_SESSION_PATH], who[KEY_SESSION_SIZE];

	if (!name && is_ok(path_of(last, path)) && is_ok(read_text(path, who, sizeof who)))
		name = who;
	if (name && is_ok(path_of(name, path)))
		unlink(path);
}
