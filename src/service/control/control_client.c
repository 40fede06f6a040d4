/* SPDX-License-Identifier: Apache-2.0 */
#include "service/control/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static result connect_to(const char *path, int *fd)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof at.sun_path)
		return FAIL(CONTROL_SOCKET, "%s is too long for a socket's path", path);
	str_copy(str_of(path), at.sun_path, sizeof at.sun_path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (const struct sockaddr *)&at, sizeof at) != 0)
		return FAIL(CONTROL_SOCKET,
		            "nobody listens at %s (%m): is yikad running on this site?", path);
	return OK;
}

static result send_all(int fd, struct str text)
{
	for (size_t sent = 0; sent < text.len;) {
		ssize_t n = send(fd, text.at + sent, text.len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return FAIL(CONTROL_SOCKET, "the daemon went away: %m");
		sent += (size_t)n;
	}
	return OK;
}

static result receive_line(int fd, struct buf *answer)
{
	for (;;) {
		uint8_t *room = buf_reserve(answer, 4096);
		ssize_t n;

		if (!room)
			return buf_done(answer);
		n = recv(fd, room, 4096, 0);
		if (n <= 0)
			return FAIL(CONTROL_SOCKET, "the daemon closed the line without an answer");
		answer->len += (size_t)n;
		if (answer->at[answer->len - 1] == '\n')
			return OK;
	}
}

/* The daemon's own code decides. */
static result check(const struct buf *answer)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	struct str code, detail;

	TRY(jread_member(buf_text(answer), "code", &arena, &code));
	TRY(jread_member(buf_text(answer), "detail", &arena, &detail));
	if (str_equal(code, STR("SUCCESS")))
		return OK;
	return FAIL(CONTROL_REFUSED, STR_FMT ": " STR_FMT, STR_ARG(code), STR_ARG(detail));
}

result control_ask(const char *path, struct str request, struct buf *answer)
{
	SCOPED(close_fd) int fd = -1;

	TRY(connect_to(path, &fd));
	TRY(send_all(fd, request));
	TRY(send_all(fd, STR("\n")));
	TRY(receive_line(fd, answer));
	return check(answer);
}
