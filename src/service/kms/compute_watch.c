/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/compute_watch.h"

#include <stdlib.h>

struct watched {
	uint8_t id[COMPUTE_WATCH_ID];
	uint8_t len;
	int64_t last_us;
	struct key_client_watch watch;
};

struct compute_watch {
	pthread_mutex_t lock;
	struct watched cards[COMPUTE_WATCH_CARDS];
};

result compute_watch_open(struct compute_watch **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return FAIL(OUT_OF_MEMORY, "watch over cards");
	pthread_mutex_init(&(*out)->lock, NULL);
	return OK;
}

void compute_watch_close(struct compute_watch **w)
{
	if (*w)
		pthread_mutex_destroy(&(*w)->lock);
	free(*w);
	*w = NULL;
}

/* The card, or a place for it: the one that failed longest ago. */
static struct watched *look(struct compute_watch *w, struct bytes card)
{
	struct watched *oldest = &w->cards[0];

	for (size_t i = 0; i < COMPUTE_WATCH_CARDS; i++) {
		struct watched *at = &w->cards[i];

		if (at->len == card.len && memcmp(at->id, card.at, card.len) == 0)
			return at;
		if (at->last_us < oldest->last_us)
			oldest = at;
	}
	*oldest = (struct watched){ .len = (uint8_t)card.len };
	memcpy(oldest->id, card.at, card.len);
	return oldest;
}

bool compute_watch_note(struct compute_watch *w, struct bytes card, struct instant now,
                        size_t failures)
{
	if (card.len == 0)
		return false;
	ASSERT(card.len <= COMPUTE_WATCH_ID);
	pthread_mutex_lock(&w->lock);
	struct watched *at = look(w, card);
	at->last_us = now.us;
	bool alarm = key_client_watch_note(&at->watch, now, failures);
	pthread_mutex_unlock(&w->lock);
	return alarm;
}
