/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/lines.h"

enum { READ_ROOM = 4096 };

result lines_connect(const char *path, struct lines_client *out)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	out->fd = -1;
	if (strlen(path) >= sizeof at.sun_path)
		return FAIL(CONTROL_SOCKET, "%s is too long for a socket's path", path);
	str_copy(str_of(path), at.sun_path, sizeof at.sun_path);
	out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (out->fd >= 0 && connect(out->fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return OK;
	result r = FAIL(CONTROL_SOCKET, "nobody listens at %s (%m): is the program running?", path);
	lines_disconnect(out);
	return r;
}

void lines_disconnect(struct lines_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static result send_all(int fd, struct str text)
{
	for (size_t sent = 0; sent < text.len;) {
		ssize_t n = send(fd, text.at + sent, text.len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return FAIL(CONTROL_SOCKET, "the other side went away: %m");
		sent += (size_t)n;
	}
	return OK;
}

/* Take what was told off the front of what has come. */
static void hand_over(const struct lines_listener *listener, struct buf *answer)
{
	uint8_t *end;

	while (listener && (end = memchr(answer->at, '\n', answer->len)) != NULL) {
		size_t used = (size_t)(end - answer->at) + 1;

		if (!listener->told(listener->owner,
		                    (struct str){ (const char *)answer->at, used - 1 }))
			return;
		memmove(answer->at, answer->at + used, answer->len - used);
		answer->len -= used;
	}
}

static result receive_line(int fd, const struct lines_listener *listener, struct buf *answer)
{
	for (;;) {
		uint8_t *room = buf_reserve(answer, READ_ROOM);
		ssize_t n;

		if (!room)
			return buf_done(answer);
		n = recv(fd, room, READ_ROOM, 0);
		if (n <= 0)
			return FAIL(CONTROL_SOCKET, "the line was closed without an answer");
		answer->len += (size_t)n;
		hand_over(listener, answer);
		if (answer->len && answer->at[answer->len - 1] == '\n') {
			answer->len--;
			return OK;
		}
	}
}

result lines_ask_told(struct lines_client *c, struct str request,
                      const struct lines_listener *listener, struct buf *answer)
{
	TRY(send_all(c->fd, request));
	TRY(send_all(c->fd, STR("\n")));
	return receive_line(c->fd, listener, answer);
}

result lines_ask(struct lines_client *c, struct str request, struct buf *answer)
{
	return lines_ask_told(c, request, NULL, answer);
}
