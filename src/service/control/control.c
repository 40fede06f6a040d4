/* SPDX-License-Identifier: Apache-2.0 */
#include "service/control/control.h"

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
#include "base/time.h"

struct client {
	int fd;
	size_t len;
	int64_t heard_us;
	char line[CONTROL_LINE_MAX];
};

struct control {
	struct control_config config;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	int listener, stop[2];
	pthread_t thread;
	struct client *clients[CONTROL_CLIENTS_MAX];
};

static result address_of(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof out->sun_path)
		return FAIL(CONTROL_SOCKET, "%s is longer than %zu characters", path,
		            sizeof out->sun_path - 1);
	str_copy(str_of(path), out->sun_path, sizeof out->sun_path);
	return OK;
}

/* --- answering --- */

static const struct control_command *command_of(const struct control *c, struct str name)
{
	for (size_t i = 0; i < c->config.count; i++)
		if (str_equal(name, str_of(c->config.commands[i].name)))
			return &c->config.commands[i];
	return NULL;
}

static result run(struct control *c, struct str line, struct arena *arena, struct jwrite *answer)
{
	static const struct jread_field fields[] = {
		{ "command", JREAD_TEXT, offsetof(struct control_request, command), true, 1, 64 },
		{ "card", JREAD_TEXT, offsetof(struct control_request, card), false, 1, 32 },
		{ "node", JREAD_TEXT, offsetof(struct control_request, node), false, 1, 32 },
		{ "text", JREAD_TEXT, offsetof(struct control_request, text), false, 1, 1024 },
		{ "number", JREAD_INTEGER, offsetof(struct control_request, number), false,
		  INT64_MIN, INT64_MAX },
	};
	static const struct jread_schema schema = { fields, ARRAY_LEN(fields),
		                                    sizeof(struct control_request) };
	const struct control_command *command;
	struct control_request request = { 0 };
	struct jread_report report;

	TRY(jread_object(line, &schema, arena, &request, &report));
	command = command_of(c, request.command);
	if (!command)
		return FAIL(CONTROL_COMMAND, "no command " STR_FMT, STR_ARG(request.command));
	return command->run(c->config.owner, &request, answer);
}

static void answer_line(struct control *c, int fd, struct str line)
{
	SCOPED(buf_free) struct buf text = { .limit = CONTROL_ANSWER_MAX };
	SCOPED(arena_free) struct arena arena = { 0 };
	struct jwrite answer = { .out = &text };
	result r;

	jwrite_object(&answer, NULL);
	r = run(c, line, &arena, &answer);
	jwrite_text(&answer, "code", result_name(r));
	jwrite_text(&answer, "zh", result_text_zh(r));
	jwrite_text(&answer, "en", result_text_en(r));
	if (!is_ok(r)) {
		const char *why = result_last()->code == r.code ? result_last()->text : "";

		jwrite_text(&answer, "detail", why);
		/* The audit line of a refused order was taken back with it. */
		LOG_WARNING("control.order_refused", "code=%s detail=\"%s\"", result_name(r), why);
	}
	jwrite_end(&answer);
	buf_str(&text, STR("\n"));
	for (size_t sent = 0; sent < text.len;) {
		ssize_t n = send(fd, text.at + sent, text.len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the client is gone; poll will say so */
		sent += (size_t)n;
	}
}

/* --- the thread --- */

static void drop(struct control *c, size_t slot)
{
	close(c->clients[slot]->fd);
	free(c->clients[slot]);
	c->clients[slot] = NULL;
}

static bool may_enter(int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

static void admit(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	size_t slot = 0;

	if (fd < 0)
		return;
	while (slot < CONTROL_CLIENTS_MAX && c->clients[slot])
		slot++;
	if (slot == CONTROL_CLIENTS_MAX || !may_enter(fd)) {
		LOG_WARNING("control.refused", "reason=%s",
		            slot == CONTROL_CLIENTS_MAX ? "full" : "user");
		close(fd);
		return;
	}
	c->clients[slot] = calloc(1, sizeof *c->clients[slot]);
	ASSERT(c->clients[slot]);
	c->clients[slot]->fd = fd;
	c->clients[slot]->heard_us = monotonic_us();
}

/* Answer every whole line that has come; false when the client has to go. */
static bool serve(struct control *c, struct client *client)
{
	ssize_t n =
	        recv(client->fd, client->line + client->len, sizeof client->line - client->len, 0);
	char *end;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	client->len += (size_t)n;
	client->heard_us = monotonic_us();
	while ((end = memchr(client->line, '\n', client->len)) != NULL) {
		size_t used = (size_t)(end - client->line) + 1;

		answer_line(c, client->fd, (struct str){ client->line, used - 1 });
		client->len -= used;
		memmove(client->line, client->line + used, client->len);
	}
	return client->len < sizeof client->line;
}

static void sweep(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i] &&
		    monotonic_us() - c->clients[i]->heard_us > CONTROL_IDLE_MS * (int64_t)1000)
			drop(c, i);
}

static void *control_main(void *arg)
{
	struct control *c = arg;

	for (;;) {
		struct pollfd wait[CONTROL_CLIENTS_MAX + 2] = { { c->stop[0], POLLIN, 0 },
			                                        { c->listener, POLLIN, 0 } };

		for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
			wait[i + 2] = (struct pollfd){ c->clients[i] ? c->clients[i]->fd : -1,
				                       POLLIN, 0 };
		if (poll(wait, ARRAY_LEN(wait), 10000) < 0 && errno != EINTR)
			return NULL;
		if (wait[0].revents)
			return NULL;
		if (wait[1].revents)
			admit(c);
		for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
			if (wait[i + 2].revents && !serve(c, c->clients[i]))
				drop(c, i);
		sweep(c);
	}
}

static result listen_at(struct control *c)
{
	struct sockaddr_un at;
	mode_t mask;
	int bound;

	TRY(address_of(c->path, &at));
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->listener < 0)
		return FAIL(CONTROL_SOCKET, "socket: %m");
	unlink(c->path);
	mask = umask(0177);
	bound = bind(c->listener, (const struct sockaddr *)&at, sizeof at);
	umask(mask);
	if (bound != 0 || listen(c->listener, CONTROL_CLIENTS_MAX) != 0)
		return FAIL(CONTROL_SOCKET, "%s: %m", c->path);
	return OK;
}

static result start(struct control *c)
{
	TRY(listen_at(c));
	if (pipe2(c->stop, O_CLOEXEC) != 0)
		return FAIL(SYSTEM_CALL, "pipe: %m");
	if (pthread_create(&c->thread, NULL, control_main, c) != 0)
		return FAIL(SYSTEM_CALL, "thread of the control socket");
	return OK;
}

static void release(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i])
			drop(c, i);
	if (c->listener >= 0) {
		close(c->listener);
		unlink(c->path);
	}
	if (c->stop[0] >= 0)
		close(c->stop[0]);
	if (c->stop[1] >= 0)
		close(c->stop[1]);
	free(c);
}

result control_start(const struct control_config *config, struct control **out)
{
	struct control *c = calloc(1, sizeof *c);
	struct sockaddr_un at;
	result r;

	if (!c)
		return FAIL(OUT_OF_MEMORY, "control socket");
	c->config = *config;
	c->listener = c->stop[0] = c->stop[1] = -1;
	r = address_of(config->path, &at);
	if (is_ok(r)) {
		str_copy(str_of(config->path), c->path, sizeof c->path);
		r = start(c);
	}
	if (!is_ok(r)) {
		release(c);
		return r;
	}
	*out = c;
	return OK;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	close(c->stop[1]);
	c->stop[1] = -1;
	pthread_join(c->thread, NULL);
	release(c);
}
