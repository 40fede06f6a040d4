/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_client_meter.h"

enum { ITEM = 1000000 }; /* millionths: one item a second is one of them a microsecond */

/* Days of +08:00 since 1970. */
static int64_t day_of(struct instant t)
{
	return (t.us / SECOND_US + TIME_ZONE_CHINA_S) / 86400;
}

/* --- how often something is wrong --- */

static bool note_one(struct key_client_watch *w, int64_t now_us)
{
	int64_t window = KEY_CLIENT_WRONG_S * (int64_t)SECOND_US;
	int64_t *oldest = &w->at_us[w->count % KEY_CLIENT_WRONG_MAX];
	bool too_many = w->count >= KEY_CLIENT_WRONG_MAX && now_us - *oldest < window;

	*oldest = now_us;
	w->count = w->count == 2 * KEY_CLIENT_WRONG_MAX - 1 ? KEY_CLIENT_WRONG_MAX : w->count + 1;
	if (!too_many || (w->alarmed_us && now_us - w->alarmed_us < window))
		return false;
	w->alarmed_us = now_us;
	return true;
}

bool key_client_watch_note(struct key_client_watch *w, struct instant now, size_t failures)
{
	bool alarm = false;

	if (failures > KEY_CLIENT_WRONG_MAX + 1)
		failures = KEY_CLIENT_WRONG_MAX + 1;
	while (failures--)
		alarm |= note_one(w, now.us);
	return alarm;
}

/* --- how much is asked --- */

void key_client_meter_init(struct key_client_meter *m, struct instant now, int64_t used)
{
	*m = (struct key_client_meter){ .day = day_of(now), .used = used };
	pthread_mutex_init(&m->lock, NULL);
}

void key_client_meter_deinit(struct key_client_meter *m)
{
	pthread_mutex_destroy(&m->lock);
}

static void fill(struct key_client_meter *m, const struct key_client *c, int64_t now_us)
{
	int64_t full = (int64_t)c->burst * ITEM, passed = now_us - m->filled_us;

	if (!m->begun || passed >= full / c->rate)
		m->tokens = full;
	else if (passed > 0)
		m->tokens += passed * c->rate;
	if (m->tokens > full)
		m->tokens = full;
	m->begun = true;
	m->filled_us = now_us; /* also when the clock was set back */
}

static void turn_day(struct key_client_meter *m, struct instant now)
{
	int64_t today = day_of(now);

	if (today == m->day)
		return;
	m->day = today;
	m->used = 0;
}

static enum key_client_refusal take(struct key_client_meter *m, const struct key_client *c,
                                    struct instant now, int64_t items)
{
	fill(m, c, now.us);
	if (items > m->tokens / ITEM)
		return KEY_CLIENT_NO_RATE;
	turn_day(m, now);
	if (c->quota_day && items > c->quota_day - m->used)
		return KEY_CLIENT_NO_QUOTA;
	m->tokens -= items * ITEM;
	m->used += items;
	return KEY_CLIENT_MAY;
}

enum key_client_refusal key_client_meter_take(struct key_client_meter *m,
                                              const struct key_client *c, struct instant now,
                                              size_t items)
{
	pthread_mutex_lock(&m->lock);
	enum key_client_refusal r = take(m, c, now, (int64_t)items);
	pthread_mutex_unlock(&m->lock);
	return r;
}

int64_t key_client_meter_used(struct key_client_meter *m, struct instant now)
{
	pthread_mutex_lock(&m->lock);
	turn_day(m, now);
	int64_t used = m->used;
	pthread_mutex_unlock(&m->lock);
	return used;
}

bool key_client_meter_wrong(struct key_client_meter *m, struct instant now, size_t failures)
{
	pthread_mutex_lock(&m->lock);
	bool alarm = key_client_watch_note(&m->wrong, now, failures);
	pthread_mutex_unlock(&m->lock);
	return alarm;
}
