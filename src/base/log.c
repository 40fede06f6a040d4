/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"

enum { LINE_MAX_SIZE = 2048 };

static _Atomic int level_most = LOG_LEVEL_INFO;

void log_set_level(enum log_level most)
{
	atomic_store_explicit(&level_most, (int)most, memory_order_relaxed);
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "error";
}

/* journald stamps lines itself and takes the level from a prefix; everyone else gets both in the line. */
static int put_head(char *line, size_t size, enum log_level level, const char *event)
{
	char          stamp[INSTANT_TEXT_SIZE];
	struct instant now;

	if (getenv("JOURNAL_STREAM"))
		return snprintf(line, size, "<%d>%s", (int)level, event);
	now = clock_now(clock_system());
	instant_text(now, 0, stamp);
	stamp[10] = 'T';
	stamp[19] = '\0';
	return snprintf(line, size, "%s.%03dZ %s %s", stamp, (int)(now.us / 1000 % 1000), level_name(level), event);
}

/* What a caller formats may hold bytes from outside; none may start a new line or move the cursor. */
static void hide_controls(char *at)
{
	for (; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7F)
			*at = '?';
}

static void write_line(const char *line, size_t len)
{
	ssize_t done;

	do {
		done = write(STDERR_FILENO, line, len);
	} while (done < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
	char    line[LINE_MAX_SIZE];
	int     saved = errno, len, more;
	va_list args;

	if ((int)level > atomic_load_explicit(&level_most, memory_order_relaxed))
		return;
	len = put_head(line, sizeof line - 1, level, event);
	if (len < 0 || (size_t)len > sizeof line - 3)
		len = 0;
	line[len++] = ' ';
	va_start(args, format);
	more = vsnprintf(line + len, sizeof line - 1 - (size_t)len, format, args);
	va_end(args);
	if (more <= 0)
		line[--len] = '\0';
	hide_controls(line);
	len = (int)strlen(line);
	line[len++] = '\n';
	write_line(line, (size_t)len);
	errno = saved;
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
			return true;
	}
	return s.len == 0 || !str_is_utf8(s);
}

/* One byte of a quoted value; returns how many characters it took. */
static size_t put_escaped(char *out, unsigned char c, bool is_text)
{
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c < ' ' || c == 0x7F || (c >= 0x80 && !is_text))
		return (size_t)snprintf(out, 5, "\\x%02x", c);
	out[0] = (char)c;
	return 1;
}

const char *log_value(struct str s, char out[LOG_VALUE_SIZE])
{
	bool   is_text = str_is_utf8(s);
	size_t len = 0;

	if (!needs_quotes(s)) {
		str_copy(s, out, LOG_VALUE_SIZE);
		return out;
	}
	out[len++] = '"';
	for (size_t i = 0; i < s.len && len + 8 < LOG_VALUE_SIZE; i++)
		len += put_escaped(out + len, (unsigned char)s.at[i], is_text);
	/* A cut may have left half a character. */
	while (is_text && !str_is_utf8((struct str){ out, len }))
		len--;
	out[len++] = '"';
	out[len] = '\0';
	return out;
}
