/* SPDX-License-Identifier: Apache-2.0 */
/* Many lines to the computing service, and questions on them. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench/histogram.h"
#include "bench/kms_bench.h"

enum { IDENTIFY = 0xF1, READ_ROOM = 1 << 20, EVENTS = 256 };

struct one_line {
	int fd;
	unsigned waiting; /* answers */
	int64_t asked_us; /* 0: idle */
	size_t held;
	uint8_t head[KMS_HEAD]; /* of an answer that has come in part */
	size_t skip;            /* of its body is still to come */
};

struct kms_bench_lines {
	unsigned count;
	clockid_t clock; /* of the process at the other end */
	int epoll;
	struct one_line *at;
	uint8_t *out, *in;
	size_t frame; /* bytes of a question */
	size_t vary_at;
	uint64_t turn;
};

/* --- bytes --- */

static result send_all(int fd, const uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FAIL(KMS_AWAY, "send: %m");
		at += n;
		len -= (size_t)n;
	}
	return OK;
}

static result take_head(struct one_line *l, unsigned *answers)
{
	l->held = 0;
	l->skip = load_be32(l->head + 12);
	*answers += l->skip == 0;
	if (load_be16(l->head + 6) == KMS_OK)
		return OK;
	return FAIL(KMS_DENIED, "operation %02x: %s", load_be16(l->head + 4),
	            kms_status_name(load_be16(l->head + 6)));
}

/* What has come: how many answers; each must be good. */
static result take(struct one_line *l, const uint8_t *at, size_t len, unsigned *answers)
{
	while (len) {
		size_t left = l->skip ? l->skip : KMS_HEAD - l->held;
		size_t some = left < len ? left : len;

		if (l->skip) {
			l->skip -= some;
			*answers += l->skip == 0;
		} else {
			memcpy(l->head + l->held, at, some);
			l->held += some;
			if (l->held == KMS_HEAD)
				TRY(take_head(l, answers));
		}
		at += some;
		len -= some;
	}
	return OK;
}

static result receive(struct kms_bench_lines *s, struct one_line *l)
{
	ssize_t n = recv(l->fd, s->in, READ_ROOM, 0);
	unsigned answers = 0;

	if (n <= 0)
		return FAIL(KMS_AWAY, "receive: %m");
	TRY(take(l, s->in, (size_t)n, &answers));
	l->waiting -= answers;
	return OK;
}

/* --- open and close --- */

static result connect_line(struct kms_bench_lines *s, struct one_line *l, const char *path,
                           const uint8_t fingerprint[32])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct kms_message m = { .type = KMS_REQUEST, .op = IDENTIFY, .id = 1 };
	uint8_t frame[KMS_HEAD + KMS_VALUE_HEAD + 32];
	struct writer w = writer_of(frame + KMS_HEAD, sizeof frame - KMS_HEAD);

	str_copy(str_of(path), at.sun_path, sizeof at.sun_path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&at, sizeof at) != 0)
		return FAIL(KMS_AWAY, "%s: %m", path);
	kms_put(&w, KMS_TAG_DATA, bytes_of(fingerprint, 32));
	TRY(send_all(l->fd, frame, kms_frame_head(&m, w.len, frame)));
	for (l->waiting = 1; l->waiting;)
		TRY(receive(s, l));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, l->fd, &e) == 0
	               ? OK
	               : FAIL(SYSTEM_CALL, "epoll_ctl: %m");
}

static result find_clock(struct kms_bench_lines *s)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(s->at[0].fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
	    clock_getcpuclockid(who.pid, &s->clock) != 0)
		return FAIL(SYSTEM_CALL, "whose process is it? %m");
	return OK;
}

result kms_bench_lines_open(const char *socket, const uint8_t fingerprint[32], unsigned count,
                            struct kms_bench_lines **out)
{
	struct kms_bench_lines *s = calloc(1, sizeof *s);

	ASSERT(s);
	*out = s;
	s->at = calloc(count, sizeof *s->at);
	s->out = malloc((size_t)KMS_IN_FLIGHT_MAX * KMS_FRAME_MAX);
	s->in = malloc(READ_ROOM);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT(s->at && s->out && s->in && s->epoll >= 0);
	for (; s->count < count; s->count++)
		TRY(connect_line(s, &s->at[s->count], socket, fingerprint));
	return find_clock(s);
}

void kms_bench_lines_close(struct kms_bench_lines **lines)
{
	struct kms_bench_lines *s = *lines;

	*lines = NULL;
	if (!s)
		return;
	for (unsigned i = 0; i < s->count; i++)
		close(s->at[i].fd);
	close(s->epoll);
	free(s->at);
	free(s->out);
	free(s->in);
	free(s);
}

/* --- as fast as it goes --- */

static void fill(struct kms_bench_lines *s, const struct kms_bench_question *q, unsigned depth)
{
	struct kms_message m = { .type = KMS_REQUEST, .op = q->op };

	s->frame = KMS_HEAD + q->len;
	s->vary_at = q->vary_at ? KMS_HEAD + q->vary_at : 0;
	for (unsigned i = 0; i < depth; i++) {
		m.id = i;
		kms_frame_head(&m, q->len, s->out + i * s->frame);
		memcpy(s->out + i * s->frame + KMS_HEAD, q->body, q->len);
	}
}

static result ask(struct kms_bench_lines *s, struct one_line *l, unsigned depth)
{
	for (unsigned i = 0; s->vary_at && i < depth; i++)
		store_be64(s->out + i * s->frame + s->vary_at, ++s->turn);
	l->waiting += depth;
	return send_all(l->fd, s->out, depth * s->frame);
}

/* One line after the other: while it is read, the others are worked on. */
static result ask_round(struct kms_bench_lines *s, unsigned depth, bool again)
{
	for (unsigned i = 0; i < s->count; i++) {
		while (s->at[i].waiting)
			TRY(receive(s, &s->at[i]));
		if (again)
			TRY(ask(s, &s->at[i], depth));
	}
	return OK;
}

static double cpu_of(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

result kms_bench_lines_rate(struct kms_bench_lines *s, const struct kms_bench_question *q,
                            unsigned depth, double seconds, struct kms_bench_speed *out)
{
	int64_t begun, now;
	uint64_t done = 0;
	double cpu;

	fill(s, q, depth);
	TRY(ask_round(s, depth, true)); /* keys get opened */
	TRY(ask_round(s, depth, true));
	begun = now = monotonic_us();
	cpu = cpu_of(s->clock);
	while ((double)(now - begun) < seconds * 1e6) {
		TRY(ask_round(s, depth, true));
		done += (uint64_t)s->count * depth;
		now = monotonic_us();
	}
	*out = (struct kms_bench_speed){ (double)done * 1e6 / (double)(now - begun),
		                         (cpu_of(s->clock) - cpu) / (double)done };
	return ask_round(s, depth, false);
}

/* --- how long it takes --- */

static result answered(struct kms_bench_lines *s, struct one_line *l, struct histogram *h)
{
	TRY(receive(s, l));
	if (l->waiting)
		return OK;
	histogram_note(h, monotonic_us() - l->asked_us);
	l->asked_us = 0;
	return OK;
}

static result begin(struct kms_bench_lines *s, struct one_line *l, int64_t intended_us)
{
	l->asked_us = intended_us;
	return ask(s, l, 1);
}

/* Open loop: those whose moment has come, as far as a line is idle. */
static result begin_due(struct kms_bench_lines *s, int64_t begun_us, unsigned rate, uint64_t *due)
{
	uint64_t wanted = (uint64_t)((monotonic_us() - begun_us) * (int64_t)rate / 1000000);

	for (unsigned tried = 0; *due < wanted && tried < s->count; tried++) {
		struct one_line *l = &s->at[(*due + tried) % s->count];

		if (l->asked_us)
			continue;
		TRY(begin(s, l, begun_us + (int64_t)(*due * 1000000 / rate)));
		(*due)++;
		tried = 0;
	}
	return OK;
}

static result wait_round(struct kms_bench_lines *s, bool again, struct histogram *h)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(s->epoll, events, EVENTS, again ? 1000 : 1);

	for (int i = 0; i < n; i++) {
		struct one_line *l = events[i].data.ptr;

		TRY(answered(s, l, h));
		if (again && !l->asked_us)
			TRY(begin(s, l, monotonic_us()));
	}
	return OK;
}

result kms_bench_lines_latency(struct kms_bench_lines *s, const struct kms_bench_question *q,
                               unsigned rate, double seconds, struct histogram *h)
{
	int64_t begun = monotonic_us(), end = begun + (int64_t)(seconds * 1e6);
	uint64_t due = 0;

	fill(s, q, 1);
	for (unsigned i = 0; !rate && i < s->count; i++)
		TRY(begin(s, &s->at[i], begun));
	while (monotonic_us() < end) {
		if (rate)
			TRY(begin_due(s, begun, rate, &due));
		TRY(wait_round(s, rate == 0, h));
	}
	return ask_round(s, 0, false); /* what is under way */
}
