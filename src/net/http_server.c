/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.c — the only file that knows libmicrohttpd. */
#include "net/http_server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/time.h"
#include "net/address.h"
#include "net/http_exchange.h"

enum {
	PEM_MAX           = 256 << 10,
	CONNECTION_MEMORY = 32 << 10, /* of libmicrohttpd, a connection; bounds the headers */
	STREAM_BLOCK      = 4096,
	OPTIONS_MAX       = 16,
	TICK_S            = 1,
	CLOSE_POLL_US     = 5000,
};

/* One TCP connection, for the deadline that libmicrohttpd has not: a request must be complete in time. */
struct http_line {
	struct http_server *server;
	struct http_line   *previous, *next;
	int                 fd;
	int64_t             since_us;
	bool                is_served; /* the request is complete; what follows is ours */
};

struct http_server {
	struct MHD_Daemon  *daemon;
	struct http_config  config;
	struct http_service service;
	struct http_static *files;
	int                 fd;
	uint16_t            port;
	char               *key, *cert;
	pthread_mutex_t     lock; /* of the lists below */
	pthread_cond_t      ticked;
	struct http_line   *lines;
	struct http_stream *streams;
	size_t              stream_count;
	struct http_stream **listed; /* room for config.streams_max; of the ticker, then of http_server_close */
	bool                is_stopping;
	pthread_t           ticker;
	bool                has_ticker;
};

/* --- connections --- */

static void line_started(struct http_server *s, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_line               *line = calloc(1, sizeof *line);

	if (!line || !info) {
		free(line);
		return; /* without a line there is no deadline, but libmicrohttpd's own time-out stays */
	}
	line->server = s;
	line->fd = info->connect_fd;
	line->since_us = monotonic_us();
	pthread_mutex_lock(&s->lock);
	line->next = s->lines;
	if (s->lines)
		s->lines->previous = line;
	s->lines = line;
	pthread_mutex_unlock(&s->lock);
	*context = line;
}

static void line_closed(struct http_line *line)
{
	struct http_server *s = line->server;

	pthread_mutex_lock(&s->lock);
	if (line->next)
		line->next->previous = line->previous;
	if (line->previous)
		line->previous->next = line->next;
	else
		s->lines = line->next;
	pthread_mutex_unlock(&s->lock);
	free(line);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		line_started(cls, connection, context);
	else if (*context)
		line_closed(*context);
}

static void line_mark(struct http_server *s, struct MHD_Connection *connection, bool is_served)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_line               *line = info ? info->socket_context : NULL;

	if (!line)
		return;
	pthread_mutex_lock(&s->lock);
	line->is_served = is_served;
	line->since_us = monotonic_us();
	pthread_mutex_unlock(&s->lock);
}

/* With the lock held, so that no descriptor in the list is closed meanwhile. */
static void cut_overdue(struct http_server *s)
{
	int64_t before_us = monotonic_us() - (int64_t)s->config.request_timeout_s * SECOND_US;

	for (struct http_line *line = s->lines; line; line = line->next)
		if (!line->is_served && line->since_us < before_us)
			shutdown(line->fd, SHUT_RDWR);
}

/* --- event streams --- */

static struct http_stream *open_stream(struct http_server *s)
{
	struct http_stream *stream = http_stream_new();

	if (!stream)
		return NULL;
	pthread_mutex_lock(&s->lock);
	if (s->is_stopping || s->stream_count >= s->config.streams_max) {
		pthread_mutex_unlock(&s->lock);
		http_stream_release(stream);
		return NULL;
	}
	s->stream_count++;
	stream->server = s;
	stream->next = s->streams;
	if (s->streams)
		s->streams->previous = stream;
	s->streams = stream;
	pthread_mutex_unlock(&s->lock);
	return stream;
}

static void stream_closed(void *cls)
{
	struct http_stream *stream = cls;
	struct http_server *s = stream->server;

	pthread_mutex_lock(&s->lock);
	s->stream_count--;
	if (stream->next)
		stream->next->previous = stream->previous;
	if (stream->previous)
		stream->previous->next = stream->next;
	else
		s->streams = stream->next;
	pthread_mutex_unlock(&s->lock);
	http_stream_gone(stream);
}

static void line_sleep(void *connection)
{
	MHD_suspend_connection(connection);
}

static void line_wake(void *connection)
{
	MHD_resume_connection(connection);
}

static ssize_t read_stream(void *cls, uint64_t at, char *to, size_t size)
{
	size_t len;

	(void)at;
	switch (http_stream_take(cls, to, size, &len)) {
	case HTTP_TAKE_SOME:
		return (ssize_t)len;
	case HTTP_TAKE_WAIT:
		return 0;
	case HTTP_TAKE_ENDED:
		break;
	}
	return MHD_CONTENT_READER_END_OF_STREAM;
}

/* --- the once-a-second thread: deadlines and heartbeats --- */

/* All open streams, each with a reference of its own: waking a line calls into libmicrohttpd, which must not
 * happen under our lock. The array is the server's. */
static size_t list_streams(struct http_server *s)
{
	size_t count = 0;

	pthread_mutex_lock(&s->lock);
	for (struct http_stream *stream = s->streams; stream; stream = stream->next) {
		http_stream_keep(stream);
		s->listed[count++] = stream;
	}
	pthread_mutex_unlock(&s->lock);
	return count;
}

static void beat_streams(struct http_server *s)
{
	size_t count = list_streams(s);

	for (size_t i = 0; i < count; i++) {
		http_stream_beat(s->listed[i], (int64_t)s->config.heartbeat_s * SECOND_US);
		http_stream_release(s->listed[i]);
	}
}

/* Wait a second, or less when the server stops. */
static bool next_tick(struct http_server *s)
{
	int64_t         until_us = monotonic_us() + TICK_S * SECOND_US;
	struct timespec until = { until_us / SECOND_US, until_us % SECOND_US * 1000 };
	bool            goes_on;

	pthread_mutex_lock(&s->lock);
	if (!s->is_stopping)
		pthread_cond_timedwait(&s->ticked, &s->lock, &until);
	goes_on = !s->is_stopping;
	if (goes_on)
		cut_overdue(s);
	pthread_mutex_unlock(&s->lock);
	return goes_on;
}

static void *tick_thread(void *arg)
{
	struct http_server *s = arg;

	while (next_tick(s))
		beat_streams(s);
	return NULL;
}

/* --- requests --- */

/* The first sight of a request; what it returns is *context of the calls that follow. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct http_exchange *x = calloc(1, sizeof *x);

	(void)connection;
	if (!x)
		return NULL;
	x->server = cls;
	x->target_at = target;
	x->target = arena_str(&x->arena, str_of(target));
	return x;
}

static enum MHD_Result take_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                  const char *value, size_t value_len)
{
	struct http_exchange *x = cls;

	(void)kind;
	if (!value || !http_follows(x->part_end, name, 2))
		x->is_torn = true;
	else
		x->part_end = value + value_len;
	while (value_len && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
		value_len--;
	x->fields[x->field_count++] = (struct http_field){ { name, name_len }, { value ? value : "", value_len } };
	return x->field_count <= HTTP_FIELDS_MAX ? MHD_YES : MHD_NO;
}

/* The headers, and whether the library's view of the head is all that was sent. */
static void take_head(struct http_exchange *x, struct MHD_Connection *connection, const char *method,
                      const char *version)
{
	x->is_torn = !http_follows(method + strlen(method), x->target_at, 1) ||
	             !http_follows(x->target_at + x->target.len, version, 1);
	x->part_end = version + strlen(version);
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, x);
	/* Behind the last header stands the empty line. */
	if (x->field_count && !x->is_torn)
		x->is_torn = !http_follows(x->part_end, x->part_end + 4, 4);
}

static bool is_loopback(const char *client)
{
	return strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0;
}

/* The last entry is the one that the proxy itself wrote. */
static void trust_proxy(struct http_exchange *x)
{
	struct str value, head;

	if (!is_loopback(x->client))
		return;
	if (http_request_header(&x->request, "x-forwarded-proto", &value))
		x->request.is_tls = str_equal(value, STR("https"));
	if (!http_request_header(&x->request, "x-forwarded-for", &value))
		return;
	while (str_cut(value, ',', &head, &value))
		;
	head = str_trim(head);
	if (head.len && head.len < sizeof x->client)
		str_copy(head, x->client, sizeof x->client);
}

static void take_client(struct http_exchange *x, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct http_config       *config = &x->server->config;
	struct address                  a = { 0 };
	char                            host[ADDRESS_TEXT_SIZE];

	if (info && info->client_addr) {
		bool is_v6 = info->client_addr->sa_family == AF_INET6;

		memcpy(&a.storage, info->client_addr, is_v6 ? sizeof a.v6 : sizeof a.v4);
		str_copy(str_of(address_host(&a, host)), x->client, sizeof x->client);
	}
	x->request.is_tls = config->cert_file != NULL;
	x->request.exchange = x;
	if (config->trust_forwarded)
		trust_proxy(x);
	x->request.client = str_of(x->client);
}

static struct MHD_Response *make_response(struct http_exchange *x, struct MHD_Connection *connection)
{
	struct http_response *r = &x->response;
	struct MHD_Response  *made;

	if (r->stream) {
		r->stream->line = (struct http_stream_line){ line_sleep, line_wake, connection };
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, r->stream,
		                                         stream_closed);
	}
	if (r->file && r->status == 200)
		return MHD_create_response_from_buffer(r->file_form->bytes.len,
		                                       (void *)(uintptr_t)r->file_form->bytes.at,
		                                       MHD_RESPMEM_PERSISTENT);
	made = MHD_create_response_from_buffer(r->body.len, r->body.at, MHD_RESPMEM_MUST_FREE);
	if (made)
		r->body = (struct buf){ 0 }; /* libmicrohttpd's now */
	return made;
}

static enum MHD_Result answer(struct http_exchange *x, struct MHD_Connection *connection)
{
	struct http_server  *s = x->server;
	struct http_response *r = &x->response;
	struct MHD_Response  *made;
	enum MHD_Result       queued;

	line_mark(s, connection, true);
	http_exchange_serve(x, &s->service);
	made = make_response(x, connection);
	if (!made) {
		if (r->stream)
			stream_closed(r->stream);
		return MHD_NO;
	}
	for (size_t i = 0; i < r->header_count; i++)
		if (MHD_add_response_header(made, r->headers[i].name.at, r->headers[i].value.at) != MHD_YES)
			LOG_ERROR("http.header", "name=%s", r->headers[i].name.at);
	queued = MHD_queue_response(connection, (unsigned)r->status, made);
	MHD_destroy_response(made); /* our reference; the connection has its own */
	return queued;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *body, size_t *body_size, void **context)
{
	struct http_exchange *x = *context;
	size_t                len = *body_size;

	(void)cls;
	(void)url;
	if (!x)
		return MHD_NO; /* out of memory */
	if (!x->has_begun) {
		take_head(x, connection, method, version);
		take_client(x, connection);
		http_exchange_begin(x, &x->server->service, method, strcmp(version, "HTTP/1.1") >= 0);
		/* Nothing behind unsound headers can be trusted, a body that is too long need not be sent. */
		return x->response.must_close ? answer(x, connection) : MHD_YES;
	}
	if (len) {
		*body_size = 0;
		return http_exchange_take(x, bytes_of(body, len)) ? MHD_YES : MHD_NO;
	}
	return answer(x, connection);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
	(void)code;
	line_mark(cls, connection, false);
	http_exchange_free(*context);
	*context = NULL;
}

ATTR_PRINTF(2, 0) static void on_log(void *cls, const char *format, va_list args)
{
	char text[256], value[LOG_VALUE_SIZE];

	(void)cls;
	vsnprintf(text, sizeof text, format, args);
	LOG_DEBUG("http.library", "text=%s", log_value(str_trim(str_of(text)), value));
}

/* --- opening and closing --- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static result read_pem(const char *path, char **out)
{
	SCOPED(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char                *text = calloc(1, PEM_MAX + 1);
	ssize_t              n = fd >= 0 && text ? read(fd, text, PEM_MAX) : -1;

	*out = text;
	return n > 0 ? OK : FAIL(TLS_SETUP, "%s: %m", path);
}

static void apply_defaults(struct http_config *c)
{
	c->threads = c->threads ? c->threads : 2;
	c->connections_max = c->connections_max ? c->connections_max : 1000;
	c->per_address_max = c->per_address_max ? c->per_address_max : 100;
	c->streams_max = c->streams_max ? c->streams_max : 200;
	c->idle_timeout_s = c->idle_timeout_s ? c->idle_timeout_s : 30;
	c->request_timeout_s = c->request_timeout_s ? c->request_timeout_s : 60;
	c->heartbeat_s = c->heartbeat_s ? c->heartbeat_s : 15;
	/* Behind a proxy all connections come from one address, and the proxy keeps the limit. */
	if (c->trust_forwarded)
		c->per_address_max = 0;
}

static void add_option(struct MHD_OptionItem *options, size_t *count, enum MHD_OPTION option, intptr_t value, void *at)
{
	ASSERT(*count + 1 < OPTIONS_MAX);
	options[(*count)++] = (struct MHD_OptionItem){ option, value, at };
	options[*count] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

static result start_daemon(struct http_server *s)
{
	const struct http_config *c = &s->config;
	unsigned                  flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
	                         MHD_USE_ERROR_LOG | (s->cert ? MHD_USE_TLS : 0);
	struct MHD_OptionItem options[OPTIONS_MAX];
	size_t                n = 0;

	add_option(options, &n, MHD_OPTION_LISTEN_SOCKET, s->fd, NULL);
	add_option(options, &n, MHD_OPTION_THREAD_POOL_SIZE, c->threads, NULL);
	add_option(options, &n, MHD_OPTION_CONNECTION_LIMIT, c->connections_max, NULL);
	add_option(options, &n, MHD_OPTION_PER_IP_CONNECTION_LIMIT, c->per_address_max, NULL);
	add_option(options, &n, MHD_OPTION_CONNECTION_TIMEOUT, c->idle_timeout_s, NULL);
	add_option(options, &n, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
	add_option(options, &n, MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL);
	if (s->cert) {
		add_option(options, &n, MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert);
		add_option(options, &n, MHD_OPTION_HTTPS_MEM_KEY, 0, s->key);
	}
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
	                             MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED,
	                             on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
	                             MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (s->daemon)
		return OK;
	return s->cert ? FAIL(TLS_SETUP, "%s, %s: not a usable pair", c->cert_file, c->key_file)
	               : FAIL(LISTEN_FAILED, "%s: HTTP server does not start", c->address);
}

static result set_up(struct http_server *s)
{
	const struct http_config *c = &s->config;
	struct address            a;

	if (c->static_dir)
		TRY(http_static_open(c->static_dir, &s->files));
	if (c->cert_file) {
		TRY(read_pem(c->cert_file, &s->cert));
		TRY(read_pem(c->key_file, &s->key));
	}
	s->service = (struct http_service){ c->routes, c->route_count, c->refuse, c->owner, s->files,
		                            c->content_policy, open_stream };
	TRY(address_parse(c->address, &a));
	TRY(address_listen(&a, c->address, &s->fd, &s->port));
	TRY(start_daemon(s));
	if (pthread_create(&s->ticker, NULL, tick_thread, s) != 0)
		return FAIL(SYSTEM_CALL, "pthread_create");
	s->has_ticker = true;
	return OK;
}

result http_server_open(const struct http_config *config, struct http_server **out)
{
	struct http_server *s = calloc(1, sizeof *s);
	pthread_condattr_t  attr;
	result              r;

	if (!s)
		return FAIL(OUT_OF_MEMORY, "HTTP server");
	s->config = *config;
	s->fd = -1;
	apply_defaults(&s->config);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->ticked, &attr);
	pthread_condattr_destroy(&attr);
	s->listed = calloc(s->config.streams_max, sizeof(struct http_stream *));
	r = s->listed ? set_up(s) : FAIL(OUT_OF_MEMORY, "HTTP server");
	if (!is_ok(r)) {
		http_server_close(s, 0);
		return r;
	}
	*out = s;
	return OK;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

/* No new connections and streams; the streams that are there end. */
static void begin_stop(struct http_server *s)
{
	size_t count;

	if (s->daemon)
		MHD_quiesce_daemon(s->daemon);
	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	pthread_cond_signal(&s->ticked);
	pthread_mutex_unlock(&s->lock);
	if (s->has_ticker)
		pthread_join(s->ticker, NULL);
	count = list_streams(s);
	for (size_t i = 0; i < count; i++) {
		http_stream_end(s->listed[i]);
		http_stream_release(s->listed[i]);
	}
}

static bool is_busy(struct http_server *s)
{
	bool is_busy;

	pthread_mutex_lock(&s->lock);
	is_busy = s->stream_count > 0;
	for (struct http_line *line = s->lines; line && !is_busy; line = line->next)
		is_busy = line->is_served;
	pthread_mutex_unlock(&s->lock);
	return is_busy;
}

void http_server_close(struct http_server *s, int grace_ms)
{
	int64_t until_us = monotonic_us() + (int64_t)grace_ms * 1000;

	if (!s)
		return;
	begin_stop(s);
	while (is_busy(s) && monotonic_us() < until_us)
		usleep(CLOSE_POLL_US);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	close_fd(&s->fd);
	http_static_close(s->files);
	if (s->key)
		secret_wipe_bytes(s->key, PEM_MAX);
	free(s->key);
	free(s->cert);
	free(s->listed);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->ticked);
	free(s);
}
