/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_client_meter.h — how much a client asks and how often what it lets verify is wrong (keys
 * 16.1). One meter a client, for all threads that work for it.
 */
#pragma once

#include <pthread.h>

#include "domain/keys/key_client.h"

enum {
	KEY_CLIENT_WRONG_MAX = 20, /* failed verifications a minute; one more is an alarm */
	KEY_CLIENT_WRONG_S = 60,
};

/* The last failures of one client, or of one card. Zero-initialise; the owner's lock guards it. */
struct key_client_watch {
	int64_t at_us[KEY_CLIENT_WRONG_MAX];
	uint32_t count;     /* in all */
	int64_t alarmed_us; /* 0: never */
};
/* `failures` more; true when they make an alarm: more than KEY_CLIENT_WRONG_MAX within
 * KEY_CLIENT_WRONG_S, and none was given in that time. */
bool key_client_watch_note(struct key_client_watch *w, struct instant now, size_t failures);

struct key_client_meter {
	pthread_mutex_t lock;
	bool begun;
	int64_t filled_us; /* when `tokens` was right */
	int64_t tokens;    /* millionths of an item */
	int64_t day, used; /* items of that day */
	struct key_client_watch wrong;
};

/* used: items of now's day so far, for whoever keeps them across restarts; else 0. */
void key_client_meter_init(struct key_client_meter *m, struct instant now, int64_t used);
void key_client_meter_deinit(struct key_client_meter *m);
/*
 * May it have `items` more now? They are counted only when it may. A message of more items than its
 * burst never passes. Token bucket first, then the quota of the day.
 */
enum key_client_refusal key_client_meter_take(struct key_client_meter *m,
                                              const struct key_client *c, struct instant now,
                                              size_t items);
/* Items of the day that `now` is in. */
int64_t key_client_meter_used(struct key_client_meter *m, struct instant now);
/* Note failed verifications; true when they make an alarm. */
bool key_client_meter_wrong(struct key_client_meter *m, struct instant now, size_t failures);
