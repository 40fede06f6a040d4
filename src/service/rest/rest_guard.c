/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_call.h"

void rest_guard_init(struct rest_guard *g, struct random_source *random)
{
	*g = (struct rest_guard){ 0 };
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->freed, NULL);
	random_fill(random, &g->seed, sizeof g->seed);
}

void rest_guard_deinit(struct rest_guard *g)
{
	pthread_cond_destroy(&g->freed);
	pthread_mutex_destroy(&g->lock);
}

/* FNV-1a over the seed and the text; letters of either case are one account. */
static uint64_t key_of(const struct rest_guard *g, char what, struct str text)
{
	uint64_t key = 14695981039346656037ULL ^ g->seed;

	key = (key ^ (uint8_t)what) * 1099511628211ULL;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.at[i];

		key = (key ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 1099511628211ULL;
	}
	return key ? key : 1;
}

/* The slot is shared by whoever falls into it: the newcomer takes it over once its minute is past.
 */
static bool count(struct rest_guard *g, int64_t now_us, uint64_t key, unsigned most)
{
	struct rest_guard_slot *slot = &g->slots[key % REST_GUARD_SLOTS];

	if (now_us - slot->since_us >= (int64_t)REST_GUARD_WINDOW_S * SECOND_US ||
	    slot->since_us == 0)
		*slot = (struct rest_guard_slot){ .key = key, .since_us = now_us };
	return ++slot->count <= most;
}

result rest_guard_admit(struct rest_guard *g, int64_t now_us, struct str address,
                        struct str account)
{
	bool ok;

	pthread_mutex_lock(&g->lock);
	ok = count(g, now_us, key_of(g, 'a', address), REST_GUARD_PER_ADDRESS);
	ok = count(g, now_us, key_of(g, 'n', account), REST_GUARD_PER_ACCOUNT) && ok;
	pthread_mutex_unlock(&g->lock);
	if (!ok)
		return FAIL(REST_TOO_MANY, "address " STR_FMT, STR_ARG(address));
	return OK;
}

static void forgive(struct rest_guard *g, uint64_t key)
{
	struct rest_guard_slot *slot = &g->slots[key % REST_GUARD_SLOTS];

	if (slot->count > 0)
		slot->count--;
}

void rest_guard_forgive(struct rest_guard *g, struct str address, struct str account)
{
	pthread_mutex_lock(&g->lock);
	forgive(g, key_of(g, 'a', address));
	forgive(g, key_of(g, 'n', account));
	pthread_mutex_unlock(&g->lock);
}

void rest_guard_enter(struct rest_guard *g)
{
	pthread_mutex_lock(&g->lock);
	while (g->hashing == REST_HASHES_MAX)
		pthread_cond_wait(&g->freed, &g->lock);
	g->hashing++;
	pthread_mutex_unlock(&g->lock);
}

void rest_guard_leave(struct rest_guard *g)
{
	pthread_mutex_lock(&g->lock);
	g->hashing--;
	pthread_cond_signal(&g->freed);
	pthread_mutex_unlock(&g->lock);
}
