/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/prompt.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static bool show_typing(bool shown)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t) != 0)
		return false;
	if (shown)
		t.c_lflag |= (tcflag_t)ECHO;
	else
		t.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

/* Unbuffered, so that no copy stays in a library's buffer. */
static result read_line(char *out, size_t size)
{
	size_t len = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (len + 1 == size)
			return FAIL(PROMPT_LONG, "more than %zu bytes", size - 1);
		out[len++] = c;
	}
	out[len] = '\0';
	return len ? OK : FAIL(PROMPT_EMPTY, "nothing was typed");
}

result prompt_text(const char *question, bool shown, char *out, size_t size)
{
	bool terminal = isatty(STDIN_FILENO);
	result r;

	if (terminal) {
		show_typing(shown); /* first: whoever types fast is not seen either */
		fputs(question, stderr);
	}
	r = read_line(out, size);
	if (terminal) {
		show_typing(true);
		if (!shown)
			fputc('\n', stderr);
	}
	if (!is_ok(r))
		secret_wipe_bytes(out, size);
	return r;
}

result prompt_secret(const char *question, struct secret *out)
{
	char text[SECRET_MAX + 1];
	result r = prompt_text(question, false, text, sizeof text);

	if (is_ok(r)) {
		out->len = strlen(text);
		memcpy(out->at, text, out->len);
	}
	secret_wipe_bytes(text, sizeof text);
	return r;
}
