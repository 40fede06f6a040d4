/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/time.h"

enum {
	EVENTS_MAX  = 512, /* served in one round */
	SIGNALS_MAX = 8,
	HEAP_FIRST  = 64,
};

struct round_end {
	void (*ended)(void *owner);
	void *owner;
};

struct signal_handler {
	int   signo;
	void (*caught)(void *owner, int signo);
	void *owner;
};

struct loop {
	int                epoll;
	bool               stopped;
	int64_t            now_us;
	struct epoll_event events[EVENTS_MAX];
	int                event_count, event_at; /* of the round that is being served */
	struct loop_timer **heap;                 /* heap[1] is due first; heap[0] is not used */
	size_t             heap_size, heap_count;
	struct round_end   round_ends[LOOP_ROUND_ENDS_MAX];
	size_t             round_end_count;
	struct loop_watch  signal_watch;
	sigset_t           signal_mask;
	struct signal_handler signals[SIGNALS_MAX];
	size_t             signal_count;
};

result loop_open(struct loop **out)
{
	struct loop *l = calloc(1, sizeof *l);

	if (!l)
		return FAIL(OUT_OF_MEMORY, "loop");
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->heap_size = HEAP_FIRST;
	l->heap = calloc(HEAP_FIRST, sizeof(struct loop_timer *));
	l->signal_watch.fd = -1;
	sigemptyset(&l->signal_mask);
	if (l->epoll < 0 || !l->heap) {
		loop_close(l);
		return FAIL(SYSTEM_CALL, "epoll_create1: %m");
	}
	l->now_us = monotonic_us();
	*out = l;
	return OK;
}

void loop_close(struct loop *l)
{
	if (!l)
		return;
	if (l->signal_watch.fd >= 0)
		close(l->signal_watch.fd);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l->heap);
	free(l);
}

/* --- timers: a binary heap; each timer knows its place, so that moving and stopping are cheap --- */

static void heap_put(struct loop *l, size_t place, struct loop_timer *t)
{
	l->heap[place] = t;
	t->place = place;
}

static void heap_up(struct loop *l, size_t place, struct loop_timer *t)
{
	for (; place > 1 && l->heap[place / 2]->at_us > t->at_us; place /= 2)
		heap_put(l, place, l->heap[place / 2]);
	heap_put(l, place, t);
}

static void heap_down(struct loop *l, size_t place, struct loop_timer *t)
{
	for (;;) {
		size_t child = place * 2;

		if (child > l->heap_count)
			break;
		if (child < l->heap_count && l->heap[child + 1]->at_us < l->heap[child]->at_us)
			child++;
		if (l->heap[child]->at_us >= t->at_us)
			break;
		heap_put(l, place, l->heap[child]);
		place = child;
	}
	heap_put(l, place, t);
}

static void heap_grow(struct loop *l)
{
	struct loop_timer **grown = reallocarray(l->heap, l->heap_size * 2, sizeof(struct loop_timer *));

	ASSERT(grown);
	l->heap = grown;
	l->heap_size *= 2;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t delay_us)
{
	loop_timer_stop(l, t);
	t->at_us = monotonic_us() + (delay_us > 0 ? delay_us : 0);
	if (l->heap_count + 1 == l->heap_size)
		heap_grow(l);
	l->heap_count++;
	heap_up(l, l->heap_count, t);
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
	size_t             place = t->place;
	struct loop_timer *last;

	if (!place)
		return;
	t->place = 0;
	last = l->heap[l->heap_count--];
	if (last == t)
		return;
	if (place > 1 && l->heap[place / 2]->at_us > last->at_us)
		heap_up(l, place, last);
	else
		heap_down(l, place, last);
}

static void fire_timers(struct loop *l)
{
	while (l->heap_count && l->heap[1]->at_us <= l->now_us && !l->stopped) {
		struct loop_timer *t = l->heap[1];

		loop_timer_stop(l, t);
		t->fired(t);
	}
}

/* --- descriptors --- */

result loop_add(struct loop *l, struct loop_watch *w)
{
	struct epoll_event e = { .events = w->events, .data.ptr = w };

	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &e) != 0)
		return FAIL(SYSTEM_CALL, "epoll_ctl add: %m");
	return OK;
}

void loop_change(struct loop *l, struct loop_watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	if (w->events == events)
		return;
	w->events = events;
	ASSERT(epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &e) == 0);
}

void loop_remove(struct loop *l, struct loop_watch *w)
{
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	/* What this round still holds for it must not be delivered. */
	for (int i = l->event_at; i < l->event_count; i++)
		if (l->events[i].data.ptr == w)
			l->events[i].data.ptr = NULL;
}

/* --- wake-ups --- */

static void wake_ready(struct loop_watch *w, uint32_t events)
{
	struct loop_wake *wake = w->owner;
	uint64_t          count;

	(void)events;
	if (read(w->fd, &count, sizeof count) < 0 && errno != EAGAIN)
		ASSERT(errno == EINTR);
	/* Cleared before the call: what is posted from here on makes a call of its own. */
	atomic_store(&wake->posted, 0);
	wake->woken(wake->owner);
}

result loop_wake_open(struct loop *l, struct loop_wake *w, void (*woken)(void *owner), void *owner)
{
	int    fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	result r;

	if (fd < 0)
		return FAIL(SYSTEM_CALL, "eventfd: %m");
	*w = (struct loop_wake){ .woken = woken, .owner = owner };
	w->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = wake_ready, .owner = w };
	r = loop_add(l, &w->watch);
	if (!is_ok(r)) {
		close(fd);
		w->watch.fd = -1;
	}
	return r;
}

void loop_wake_post(struct loop_wake *w)
{
	const uint64_t one = 1;
	int            saved = errno;

	/* The counter cannot overflow, since only the first post writes; so the write cannot fail. */
	if (atomic_exchange(&w->posted, 1) == 0)
		ASSERT(write(w->watch.fd, &one, sizeof one) == sizeof one);
	errno = saved;
}

void loop_wake_close(struct loop *l, struct loop_wake *w)
{
	if (w->watch.fd <= 0)
		return;
	loop_remove(l, &w->watch);
	close(w->watch.fd);
	w->watch.fd = -1;
}

/* --- signals --- */

static void signal_ready(struct loop_watch *w, uint32_t events)
{
	struct loop             *l = w->owner;
	struct signalfd_siginfo  info;

	(void)events;
	while (read(w->fd, &info, sizeof info) == sizeof info)
		for (size_t i = 0; i < l->signal_count; i++)
			if (l->signals[i].signo == (int)info.ssi_signo)
				l->signals[i].caught(l->signals[i].owner, l->signals[i].signo);
}

result loop_on_signal(struct loop *l, int signo, void (*caught)(void *owner, int signo), void *owner)
{
	bool is_first = l->signal_watch.fd < 0;
	int  fd;

	ASSERT(l->signal_count < SIGNALS_MAX);
	sigaddset(&l->signal_mask, signo);
	if (pthread_sigmask(SIG_BLOCK, &l->signal_mask, NULL) != 0)
		return FAIL(SYSTEM_CALL, "pthread_sigmask");
	fd = signalfd(l->signal_watch.fd, &l->signal_mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return FAIL(SYSTEM_CALL, "signalfd: %m");
	l->signals[l->signal_count++] = (struct signal_handler){ signo, caught, owner };
	if (!is_first)
		return OK;
	l->signal_watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = signal_ready, .owner = l };
	return loop_add(l, &l->signal_watch);
}

/* --- rounds --- */

void loop_on_round_end(struct loop *l, void (*ended)(void *owner), void *owner)
{
	ASSERT(l->round_end_count < LOOP_ROUND_ENDS_MAX);
	l->round_ends[l->round_end_count++] = (struct round_end){ ended, owner };
}

void loop_off_round_end(struct loop *l, void *owner)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->round_end_count; i++)
		if (l->round_ends[i].owner != owner)
			l->round_ends[kept++] = l->round_ends[i];
	l->round_end_count = kept;
}

/* Milliseconds for epoll_wait, rounded up so that a timer never fires early. */
static int wait_ms(const struct loop *l, int64_t timeout_us)
{
	int64_t left_us = timeout_us;

	if (l->heap_count) {
		int64_t timer_us = l->heap[1]->at_us - monotonic_us();

		timer_us = timer_us > 0 ? timer_us : 0;
		if (left_us < 0 || timer_us < left_us)
			left_us = timer_us;
	}
	if (left_us < 0)
		return -1;
	return left_us > INT32_MAX ? INT32_MAX / 1000 : (int)((left_us + 999) / 1000);
}

result loop_once(struct loop *l, int64_t timeout_us)
{
	int count = epoll_wait(l->epoll, l->events, EVENTS_MAX, wait_ms(l, timeout_us));

	if (count < 0 && errno != EINTR)
		return FAIL(SYSTEM_CALL, "epoll_wait: %m");
	l->now_us = monotonic_us();
	l->event_count = count > 0 ? count : 0;
	for (l->event_at = 0; l->event_at < l->event_count;) {
		struct epoll_event *e = &l->events[l->event_at++];
		struct loop_watch  *w = e->data.ptr;

		if (w)
			w->ready(w, e->events);
	}
	l->event_count = 0;
	fire_timers(l);
	for (size_t i = 0; i < l->round_end_count; i++)
		l->round_ends[i].ended(l->round_ends[i].owner);
	return OK;
}

result loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped)
		TRY(loop_once(l, -1));
	return OK;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}

int64_t loop_now_us(const struct loop *l)
{
	return l->now_us;
}
