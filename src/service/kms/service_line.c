/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service_line.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/secret.h"

enum {
	READ_ROOM = KMS_FRAME_MAX + 4096,
	SEND_MAX = 4 << 20, /* bytes that may wait for a reader, beyond it the line is closed */
	TICK_US = 200000,
};

struct line {
	struct loop_watch watch;
	struct service_line *service;
	struct line *next; /* of the free list, or of all that are open */
	struct line *previous;
	uint64_t id;
	uid_t uid;
	enum service_peer peer;
	bool identified; /* its first frame is under way or answered */
	uint8_t certificate[KEY_CLIENT_CERTIFICATE];
	unsigned in_flight;
	bool open, ended; /* ended: no more is read; closed when all is answered */
	uint8_t *in;
	size_t in_len;
	struct buf out;
};

struct service_line {
	struct service_line_config config;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct loop *loop;
	struct loop_watch listener;
	struct loop_wake answered, stop;
	bool has_answered, has_stop, runs, stopping;
	pthread_t thread;
	struct loop_timer drain;
	struct line *lines, *free_lines;
	uint64_t next_id;
	struct service_job *jobs, *free_jobs;
	struct service_job *round[SERVICE_ROUND];
	size_t round_count;
	pthread_mutex_t done_lock;
	struct service_job *done_first, *done_last;
	_Atomic uint64_t requests, busy, refused;
	_Atomic uint32_t line_count, job_count;
};

/* --- jobs --- */

static struct service_job *job_take(struct service_line *s)
{
	struct service_job *job = s->free_jobs;

	if (!job)
		return NULL;
	s->free_jobs = job->next;
	job->next = NULL;
	atomic_fetch_add_explicit(&s->job_count, 1, memory_order_relaxed);
	return job;
}

static void job_put(struct service_line *s, struct service_job *job)
{
	service_job_clear(job);
	job->next = s->free_jobs;
	s->free_jobs = job;
	atomic_fetch_sub_explicit(&s->job_count, 1, memory_order_relaxed);
}

static void hand_over(struct service_line *s)
{
	if (s->round_count)
		s->config.work(s->config.owner, s->round, s->round_count);
	s->round_count = 0;
}

/* --- lines --- */

/* Lines stand in an array: the number of one is its place and a count of its users. */
static struct line *line_find(struct service_line *s, uint64_t id)
{
	struct line *l = &s->lines[id % SERVICE_LINES_MAX];

	return l->open && l->id == id ? l : NULL;
}

static void line_close(struct line *l)
{
	struct service_line *s = l->service;

	if (!l->open)
		return;
	l->open = false;
	loop_remove(s->loop, &l->watch);
	close(l->watch.fd);
	secret_wipe_bytes(l->in, READ_ROOM);
	free(l->in);
	buf_free(&l->out);
	l->in = NULL;
	l->next = s->free_lines;
	s->free_lines = l;
	atomic_fetch_sub_explicit(&s->line_count, 1, memory_order_relaxed);
}

static bool wants_read(const struct line *l)
{
	return !l->ended && !l->service->stopping && l->in_flight < KMS_IN_FLIGHT_MAX;
}

static void line_watch(struct line *l)
{
	uint32_t events = (wants_read(l) ? EPOLLIN : 0u) | (l->out.len ? EPOLLOUT : 0u);

	if (l->watch.events != events)
		loop_change(l->service->loop, &l->watch, events);
}

/* What waits; false when the line is gone. */
static bool line_flush(struct line *l)
{
	while (l->out.len) {
		ssize_t n = send(l->watch.fd, l->out.at, l->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0) {
			line_close(l);
			return false;
		}
		buf_consume(&l->out, (size_t)n);
	}
	if (l->ended && l->in_flight == 0) {
		line_close(l);
		return false;
	}
	return true;
}

static void line_send(struct line *l, struct bytes frame)
{
	buf_put(&l->out, frame);
	if (l->out.bad) {
		LOG_WARNING("kms.slow_reader", "bytes=%zu", l->out.len);
		line_close(l);
	}
}

/* --- frames --- */

static void answer_at_once(struct line *l, const struct kms_message *request,
                           enum kms_status status)
{
	uint8_t head[KMS_HEAD];
	struct kms_message answer = *request;

	answer.type = KMS_RESPONSE;
	answer.status = (uint16_t)status;
	kms_frame_head(&answer, 0, head);
	line_send(l, bytes_of(head, sizeof head));
}

static void ask(struct line *l, const struct kms_message *m, struct bytes frame)
{
	struct service_line *s = l->service;
	struct service_job *job = job_take(s);

	atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
	if (!job || !service_job_ask(job, frame)) {
		if (job)
			job_put(s, job);
		atomic_fetch_add_explicit(&s->busy, 1, memory_order_relaxed);
		answer_at_once(l, m, KMS_BUSY);
		return;
	}
	job->line = l->id;
	job->peer = l->peer;
	job->identifies = m->op == KMS_IDENTIFY && !l->identified;
	job->known = false;
	l->identified = true;
	job->came_us = loop_now_us(s->loop);
	memcpy(job->certificate, l->certificate, sizeof job->certificate);
	l->in_flight++;
	s->round[s->round_count++] = job;
	if (s->round_count == SERVICE_ROUND)
		hand_over(s);
}

/* Who is it? Only whose user may say so is believed. */
static bool identify(struct line *l, const struct kms_message *m, struct bytes frame)
{
	const struct service_line_config *c = &l->service->config;
	struct kms_fields fields;
	struct bytes certificate;

	if (m->op != KMS_IDENTIFY || !is_ok(kms_fields_read(m->body, &fields)))
		return false;
	certificate = kms_bytes(&fields, KMS_TAG_DATA);
	if (certificate.len == 0 && l->uid == c->platform_uid) {
		l->peer = SERVICE_PLATFORM;
		l->identified = true;
		answer_at_once(l, m, KMS_OK);
	} else if (certificate.len == KEY_CLIENT_CERTIFICATE && l->uid == c->front_uid) {
		l->peer = SERVICE_CLIENT;
		memcpy(l->certificate, certificate.at, sizeof l->certificate);
		ask(l, m, frame); /* a worker knows whose it is */
	} else {
		return false;
	}
	return l->open;
}

/* False: the line has to go. */
static bool take_frame(struct line *l, struct bytes frame)
{
	struct kms_message m;

	if (!is_ok(kms_frame_parse(frame, &m)) || m.type != KMS_REQUEST)
		return false;
	if (l->peer == SERVICE_NOBODY)
		return identify(l, &m, frame);
	ask(l, &m, frame);
	return l->open;
}

static bool take_frames(struct line *l)
{
	size_t at = 0, whole = 0;
	bool good = true;

	while (good && l->in_flight < KMS_IN_FLIGHT_MAX) {
		struct bytes here = bytes_of(l->in + at, l->in_len - at);

		good = is_ok(kms_frame_scan(here, &whole));
		if (!good || whole == 0 || whole > here.len)
			break;
		good = take_frame(l, bytes_of(here.at, whole));
		at += whole;
	}
	if (!l->open)
		return false;
	memmove(l->in, l->in + at, l->in_len - at);
	l->in_len -= at;
	secret_wipe_bytes(l->in + l->in_len, at);
	return good;
}

static void refuse(struct line *l, const char *why)
{
	LOG_WARNING("kms.line_refused", "uid=%ld why=%s", (long)l->uid, why);
	atomic_fetch_add_explicit(&l->service->refused, 1, memory_order_relaxed);
	line_close(l);
}

static bool line_read(struct line *l)
{
	ssize_t n = recv(l->watch.fd, l->in + l->in_len, READ_ROOM - l->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) { /* the other side is done: what is under way is answered to nobody */
		line_close(l);
		return false;
	}
	l->in_len += (size_t)n;
	if (!take_frames(l)) {
		if (l->open)
			refuse(l, "frame");
		return false;
	}
	return true;
}

static void line_ready(struct loop_watch *w, uint32_t events)
{
	struct line *l = w->owner;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !line_read(l))
		return;
	if (line_flush(l))
		line_watch(l);
}

/* --- new lines --- */

static bool may_enter(const struct service_line *s, int fd, uid_t *uid)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return false;
	*uid = who.uid;
	return who.uid == s->config.front_uid || who.uid == s->config.platform_uid;
}

static void line_open(struct service_line *s, int fd, uid_t uid)
{
	struct line *l = s->free_lines;
	uint64_t place = (uint64_t)(l - s->lines);

	s->free_lines = l->next;
	*l = (struct line){ .service = s,
		            .id = ++s->next_id * SERVICE_LINES_MAX + place,
		            .uid = uid,
		            .open = true,
		            .in = malloc(READ_ROOM),
		            .out = { .limit = SEND_MAX },
		            .watch = { .fd = fd, .events = EPOLLIN, .ready = line_ready } };
	ASSERT(l->in);
	l->watch.owner = l;
	atomic_fetch_add_explicit(&s->line_count, 1, memory_order_relaxed);
	if (!is_ok(loop_add(s->loop, &l->watch)))
		line_close(l);
}

static void accept_line(struct loop_watch *w, uint32_t events)
{
	struct service_line *s = w->owner;
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	uid_t uid = 0;

	(void)events;
	if (fd < 0)
		return;
	if (s->free_lines && !s->stopping && may_enter(s, fd, &uid)) {
		line_open(s, fd, uid);
		return;
	}
	LOG_WARNING("kms.line_refused", "uid=%ld why=%s", (long)uid,
	            s->free_lines ? "user" : "full");
	atomic_fetch_add_explicit(&s->refused, 1, memory_order_relaxed);
	close(fd);
}

/* --- answers --- */

void service_line_answered(struct service_line *s, struct service_job *first,
                           struct service_job *last)
{
	pthread_mutex_lock(&s->done_lock);
	if (s->done_first)
		s->done_last->next = first;
	else
		s->done_first = first;
	s->done_last = last;
	pthread_mutex_unlock(&s->done_lock);
	loop_wake_post(&s->answered);
}

static void deliver(struct service_line *s, struct service_job *job)
{
	struct line *l = line_find(s, job->line);

	if (!l)
		return;
	l->in_flight--;
	l->ended |= job->identifies && !job->known;
	line_send(l, bytes_of(job->answer, job->answer_len));
}

/* A line that was full goes on with what it has sent meanwhile. */
static void go_on(struct line *l)
{
	if (!line_flush(l))
		return;
	if (l->in_len && !l->ended && !take_frames(l)) {
		if (l->open)
			refuse(l, "frame");
		return;
	}
	line_watch(l);
}

static void take_answers(void *owner)
{
	struct service_line *s = owner;
	struct service_job *job, *next;

	pthread_mutex_lock(&s->done_lock);
	job = s->done_first;
	s->done_first = s->done_last = NULL;
	pthread_mutex_unlock(&s->done_lock);
	for (; job; job = next) {
		struct line *l;
		uint64_t id = job->line;

		next = job->next;
		deliver(s, job);
		job_put(s, job);
		l = line_find(s, id);
		/* the last answer of this line in this round sends them all */
		if (l && (!next || next->line != id))
			go_on(l);
	}
}

/* --- the thread --- */

static void round_end(void *owner)
{
	hand_over(owner);
}

static void *service_main(void *arg)
{
	struct service_line *s = arg;

	pthread_setname_np(pthread_self(), "kms-lines");
	result r = loop_run(s->loop);
	if (!is_ok(r)) {
		LOG_ERROR("kms.loop", "code=%s", result_name(r));
		abort(); /* nobody serves the lines any more */
	}
	return NULL;
}

static void drained(struct loop_timer *t)
{
	struct service_line *s = t->owner;

	if (atomic_load(&s->job_count) == 0) /* workers answer all they were given */
		loop_stop(s->loop);
	else
		loop_timer_set(s->loop, t, TICK_US);
}

static void asked_to_stop(void *owner)
{
	struct service_line *s = owner;

	s->stopping = true;
	for (size_t i = 0; i < SERVICE_LINES_MAX; i++)
		if (s->lines[i].open)
			line_watch(&s->lines[i]);
	s->drain = (struct loop_timer){ .fired = drained, .owner = s };
	loop_timer_set(s->loop, &s->drain, 0);
}

/* --- start and stop --- */

static result listen_at(struct service_line *s)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), bound;
	mode_t mask;

	if (fd < 0)
		return FAIL(CONTROL_SOCKET, "socket: %m");
	s->listener = (struct loop_watch){
		.fd = fd, .events = EPOLLIN, .ready = accept_line, .owner = s
	};
	str_copy(str_of(s->path), at.sun_path, sizeof at.sun_path);
	unlink(s->path);
	mask = umask(s->config.for_group ? 0117 : 0177);
	bound = bind(fd, (const struct sockaddr *)&at, sizeof at);
	umask(mask);
	if (bound != 0 || listen(fd, SOMAXCONN) != 0)
		return FAIL(CONTROL_SOCKET, "%s: %m", s->path);
	return loop_add(s->loop, &s->listener);
}

static result open_pools(struct service_line *s)
{
	s->lines = calloc(SERVICE_LINES_MAX, sizeof *s->lines);
	s->jobs = calloc(SERVICE_JOBS, sizeof *s->jobs);
	if (!s->lines || !s->jobs)
		return FAIL(OUT_OF_MEMORY, "%d lines, %d jobs", SERVICE_LINES_MAX, SERVICE_JOBS);
	for (size_t i = SERVICE_LINES_MAX; i-- > 0; s->free_lines = &s->lines[i])
		s->lines[i].next = s->free_lines;
	for (size_t i = SERVICE_JOBS; i-- > 0; s->free_jobs = &s->jobs[i])
		s->jobs[i].next = s->free_jobs;
	return OK;
}

static result start(struct service_line *s)
{
	TRY(open_pools(s));
	TRY(loop_open(&s->loop));
	TRY(loop_wake_open(s->loop, &s->answered, take_answers, s));
	s->has_answered = true;
	TRY(loop_wake_open(s->loop, &s->stop, asked_to_stop, s));
	s->has_stop = true;
	TRY(listen_at(s));
	loop_on_round_end(s->loop, round_end, s);
	if (pthread_create(&s->thread, NULL, service_main, s) != 0)
		return FAIL(SYSTEM_CALL, "thread of %s", s->path);
	s->runs = true;
	return OK;
}

static void release(struct service_line *s)
{
	for (size_t i = 0; s->lines && i < SERVICE_LINES_MAX; i++)
		line_close(&s->lines[i]);
	if (s->listener.fd >= 0) {
		close(s->listener.fd);
		unlink(s->path);
	}
	if (s->has_answered)
		loop_wake_close(s->loop, &s->answered);
	if (s->has_stop)
		loop_wake_close(s->loop, &s->stop);
	loop_close(s->loop);
	for (size_t i = 0; s->jobs && i < SERVICE_JOBS; i++)
		service_job_clear(&s->jobs[i]);
	free(s->jobs);
	free(s->lines);
	pthread_mutex_destroy(&s->done_lock);
	free(s);
}

result service_line_start(const struct service_line_config *config, struct service_line **out)
{
	struct service_line *s;
	result r;

	if (strlen(config->path) >= sizeof s->path)
		return FAIL(CONTROL_SOCKET, "%s is longer than %zu characters", config->path,
		            sizeof s->path - 1);
	s = calloc(1, sizeof *s);
	if (!s)
		return FAIL(OUT_OF_MEMORY, "socket %s", config->path);
	s->config = *config;
	s->listener.fd = -1;
	str_copy(str_of(config->path), s->path, sizeof s->path);
	pthread_mutex_init(&s->done_lock, NULL);
	*out = s; /* its thread may have handed the first work over before start returns */
	r = start(s);
	if (is_ok(r))
		return r;
	*out = NULL;
	release(s);
	return r;
}

void service_line_stop(struct service_line *s)
{
	if (!s)
		return;
	loop_wake_post(&s->stop);
	pthread_join(s->thread, NULL);
	release(s);
}

void service_line_figures(const struct service_line *s, struct service_figures *out)
{
	*out = (struct service_figures){ s->requests, s->busy, s->refused, s->line_count,
		                         s->job_count };
}
