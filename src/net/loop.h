/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h — one thread that waits for descriptors, timers, signals and wake-ups from other threads. */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

#include "base/result.h"

struct loop;

/* A descriptor, in the owner's storage, zeroed before loop_add. Everything but loop_wake_post belongs to the
 * loop's thread. `ready` gets EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP bits. */
struct loop_watch {
	int      fd;
	uint32_t events;
	void   (*ready)(struct loop_watch *w, uint32_t events);
	void    *owner;
};

/* A timer that fires once, in the owner's storage, zeroed before first use; it may set itself again. */
struct loop_timer {
	int64_t at_us; /* monotonic_us */
	size_t  place; /* in the heap; 0 when not set */
	void  (*fired)(struct loop_timer *t);
	void   *owner;
};

/* What another thread uses to call into the loop's thread; several posts may become one call. */
struct loop_wake {
	struct loop_watch watch;
	_Atomic int       posted;
	void            (*woken)(void *owner);
	void             *owner;
};

result loop_open(struct loop **out); /* SYSTEM_CALL, OUT_OF_MEMORY */
void   loop_close(struct loop *l);   /* NULL is fine; watches and timers are simply forgotten */
result loop_run(struct loop *l);     /* until loop_stop; SYSTEM_CALL */
result loop_once(struct loop *l, int64_t timeout_us); /* one round; < 0 waits for ever */
void   loop_stop(struct loop *l);    /* from the loop's thread */
int64_t loop_now_us(const struct loop *l); /* monotonic, read once per round */

result loop_add(struct loop *l, struct loop_watch *w); /* fd, events, ready, owner filled in */
void   loop_change(struct loop *l, struct loop_watch *w, uint32_t events);
void   loop_remove(struct loop *l, struct loop_watch *w); /* before the descriptor is closed */

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t delay_us); /* from now; again moves it */
void loop_timer_stop(struct loop *l, struct loop_timer *t);

result loop_wake_open(struct loop *l, struct loop_wake *w, void (*woken)(void *owner), void *owner);
void   loop_wake_post(struct loop_wake *w); /* any thread; a signal handler too */
void   loop_wake_close(struct loop *l, struct loop_wake *w);

/* Block `signo` for this and later threads and deliver it here; call before starting threads. */
result loop_on_signal(struct loop *l, int signo, void (*caught)(void *owner, int signo), void *owner);
/* Called after all that was ready in a round has been served; at most LOOP_ROUND_ENDS_MAX of them. */
enum { LOOP_ROUND_ENDS_MAX = 8 };
void loop_on_round_end(struct loop *l, void (*ended)(void *owner), void *owner);
void loop_off_round_end(struct loop *l, void *owner);
