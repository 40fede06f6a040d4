/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/time.h"

enum { ROUND_MS = 10000, FIRST_ROOM = 4096 };

struct client {
	int fd;
	struct lines_peer peer;
	int64_t heard_us;
	char *line; /* wiped when it goes: a line may hold a PIN */
	size_t len, size;
};

struct lines {
	struct lines_config config;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	int listener, stop[2];
	pthread_t thread;
	struct client *clients[LINES_CLIENTS_MAX];
};

/* --- clients --- */

static void drop(struct lines *l, size_t slot)
{
	struct client *c = l->clients[slot];

	close(c->fd);
	secret_wipe_bytes(c->line, c->size);
	free(c->line);
	free(c);
	l->clients[slot] = NULL;
}

static bool may_enter(const struct lines *l, int fd, uid_t *uid)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return false;
	*uid = who.uid;
	if (l->config.admits)
		return l->config.admits(l->config.owner, who.uid);
	return who.uid == geteuid() || who.uid == 0;
}

static struct client *client_new(int fd, uid_t uid)
{
	struct client *c = calloc(1, sizeof *c);

	ASSERT(c);
	*c = (struct client){ .fd = fd,
		              .peer = { .uid = uid, .fd = fd },
		              .heard_us = monotonic_us() };
	c->size = FIRST_ROOM;
	c->line = malloc(c->size);
	ASSERT(c->line);
	return c;
}

static void admit(struct lines *l)
{
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC);
	size_t slot = 0;
	uid_t uid = 0;

	if (fd < 0)
		return;
	while (slot < l->config.clients_max && l->clients[slot])
		slot++;
	if (slot == l->config.clients_max || !may_enter(l, fd, &uid)) {
		LOG_WARNING("control.refused", "reason=%s uid=%ld",
		            slot == l->config.clients_max ? "full" : "user", (long)uid);
		close(fd);
		return;
	}
	l->clients[slot] = client_new(fd, uid);
}

/* --- answering --- */

static bool send_all(int fd, struct bytes text)
{
	for (size_t sent = 0; sent < text.len;) {
		ssize_t n = send(fd, text.at + sent, text.len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return false; /* the client is gone; poll will say so */
		sent += (size_t)n;
	}
	return true;
}

static void answer_line(struct lines *l, struct client *c, size_t len)
{
	struct buf out = { .limit = l->config.answer_max };

	l->config.answer(l->config.owner, &c->peer, c->line, len, &out);
	buf_str(&out, STR("\n"));
	if (is_ok(buf_done(&out)))
		send_all(c->fd, buf_bytes(&out));
	else
		LOG_ERROR("control.answer_too_long", "limit=%zu", l->config.answer_max);
	secret_wipe_bytes(out.at, out.len);
	buf_free(&out);
}

/* So short a text goes whole or not at all: it is one piece of the socket's queue. */
void lines_tell(const struct lines_peer *peer, struct str line)
{
	char text[LINES_TOLD_MAX + 1];

	ASSERT(line.len <= LINES_TOLD_MAX);
	memcpy(text, line.at, line.len);
	text[line.len] = '\n';
	(void)!send(peer->fd, text, line.len + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* More room for a line that is longer than what there was; the old bytes are wiped. */
static bool grow(const struct lines *l, struct client *c)
{
	size_t size = c->size * 2 < l->config.line_max ? c->size * 2 : l->config.line_max;
	char *at;

	if (c->len < c->size)
		return true;
	if (size <= c->size)
		return false;
	at = malloc(size);
	if (!at)
		return false;
	memcpy(at, c->line, c->len);
	secret_wipe_bytes(c->line, c->size);
	free(c->line);
	c->line = at;
	c->size = size;
	return true;
}

/* Answer every whole line that has come; false when the client has to go. */
static bool serve(struct lines *l, struct client *c)
{
	size_t looked = c->len;
	ssize_t n;
	char *end;

	n = recv(c->fd, c->line + c->len, c->size - c->len, 0);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	c->len += (size_t)n;
	c->heard_us = monotonic_us();
	while ((end = memchr(c->line + looked, '\n', c->len - looked)) != NULL) {
		size_t used = (size_t)(end - c->line) + 1;

		answer_line(l, c, used - 1);
		memmove(c->line, c->line + used, c->len - used);
		c->len -= used;
		secret_wipe_bytes(c->line + c->len, used);
		looked = 0;
	}
	return grow(l, c);
}

static void sweep(struct lines *l)
{
	for (size_t i = 0; i < l->config.clients_max; i++)
		if (l->clients[i] && monotonic_us() - l->clients[i]->heard_us > l->config.idle_us)
			drop(l, i);
}

/* --- the thread --- */

static void *lines_main(void *arg)
{
	struct lines *l = arg;

	for (;;) {
		struct pollfd wait[LINES_CLIENTS_MAX + 2] = { { l->stop[0], POLLIN, 0 },
			                                      { l->listener, POLLIN, 0 } };

		for (size_t i = 0; i < LINES_CLIENTS_MAX; i++)
			wait[i + 2] = (struct pollfd){ l->clients[i] ? l->clients[i]->fd : -1,
				                       POLLIN, 0 };
		if (poll(wait, ARRAY_LEN(wait), ROUND_MS) < 0 && errno != EINTR)
			return NULL;
		if (wait[0].revents)
			return NULL;
		for (size_t i = 0; i < LINES_CLIENTS_MAX; i++)
			if (wait[i + 2].revents && !serve(l, l->clients[i]))
				drop(l, i);
		if (wait[1].revents)
			admit(l);
		sweep(l);
	}
}

static result listen_at(struct lines *l)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	mode_t mask;
	int bound;

	str_copy(str_of(l->path), at.sun_path, sizeof at.sun_path);
	l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->listener < 0)
		return FAIL(CONTROL_SOCKET, "socket: %m");
	unlink(l->path);
	mask = umask(l->config.for_group ? 0117 : 0177);
	bound = bind(l->listener, (const struct sockaddr *)&at, sizeof at);
	umask(mask);
	if (bound != 0 || listen(l->listener, LINES_CLIENTS_MAX) != 0)
		return FAIL(CONTROL_SOCKET, "%s: %m", l->path);
	return OK;
}

static result start(struct lines *l)
{
	TRY(listen_at(l));
	if (pipe2(l->stop, O_CLOEXEC) != 0)
		return FAIL(SYSTEM_CALL, "pipe: %m");
	if (pthread_create(&l->thread, NULL, lines_main, l) != 0)
		return FAIL(SYSTEM_CALL, "thread of %s", l->path);
	return OK;
}

static void release(struct lines *l)
{
	for (size_t i = 0; i < LINES_CLIENTS_MAX; i++)
		if (l->clients[i])
			drop(l, i);
	if (l->listener >= 0) {
		close(l->listener);
		unlink(l->path);
	}
	if (l->stop[0] >= 0)
		close(l->stop[0]);
	if (l->stop[1] >= 0)
		close(l->stop[1]);
	free(l);
}

result lines_start(const struct lines_config *config, struct lines **out)
{
	struct lines *l;
	result r;

	if (strlen(config->path) >= sizeof l->path)
		return FAIL(CONTROL_SOCKET, "%s is longer than %zu characters", config->path,
		            sizeof l->path - 1);
	l = calloc(1, sizeof *l);
	if (!l)
		return FAIL(OUT_OF_MEMORY, "socket %s", config->path);
	l->config = *config;
	l->listener = l->stop[0] = l->stop[1] = -1;
	str_copy(str_of(config->path), l->path, sizeof l->path);
	r = start(l);
	if (!is_ok(r)) {
		release(l);
		return r;
	}
	*out = l;
	return OK;
}

void lines_stop(struct lines *l)
{
	if (!l)
		return;
	close(l->stop[1]);
	l->stop[1] = -1;
	pthread_join(l->thread, NULL);
	release(l);
}
