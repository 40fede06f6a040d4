/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "net/frame_private.h"

enum { KEPT_MAX = 16 << 20 }; /* bytes that wait for their next use; more go back to the system */

/* A short answer; a few; the longest frame with its LEN; a link's pipeline; the most that may wait. */
const size_t frame_pool_sizes[FRAME_POOL_CLASSES] = { 1024, 4096, 16640, 65536, 1 << 18 };

static unsigned class_for(size_t size)
{
	unsigned class = 0;

	while (class < FRAME_POOL_CLASSES && frame_pool_sizes[class] < size)
		class++;
	ASSERT(class < FRAME_POOL_CLASSES);
	return class;
}

void frame_pool_take(struct frame_pool *p, size_t size, struct frame_buffer *out)
{
	unsigned class = class_for(size);
	void    *at = p->free[class];

	if (at) {
		memcpy(&p->free[class], at, sizeof(void *));
		p->kept_bytes -= frame_pool_sizes[class];
	} else {
		at = malloc(frame_pool_sizes[class]);
		if (at)
			p->all_bytes += frame_pool_sizes[class];
	}
	*out = (struct frame_buffer){ at, frame_pool_sizes[class], class };
}

void frame_pool_give(struct frame_pool *p, struct frame_buffer *b)
{
	if (!b->at)
		return;
	if (p->kept_bytes + b->size > KEPT_MAX) {
		free(b->at);
		p->all_bytes -= b->size;
	} else {
		memcpy(b->at, &p->free[b->class], sizeof(void *));
		p->free[b->class] = b->at;
		p->kept_bytes += b->size;
	}
	*b = (struct frame_buffer){ 0 };
}

void frame_pool_deinit(struct frame_pool *p)
{
	for (unsigned class = 0; class < FRAME_POOL_CLASSES; class++) {
		while (p->free[class]) {
			void *next;

			memcpy(&next, p->free[class], sizeof next);
			free(p->free[class]);
			p->free[class] = next;
		}
	}
}
