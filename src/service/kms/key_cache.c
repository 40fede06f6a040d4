/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/key_cache_private.h"

#include <stdlib.h>

enum { NONE = -1 };

static const int64_t ttl_us = KEY_CACHE_TTL_S * (int64_t)SECOND_US;

/* --- open and close --- */

result key_cache_open(const struct key_cache_setup *s, struct key_cache **out)
{
	size_t size = s->entries ? s->entries : KEY_CACHE_MAX;
	struct key_cache *c;

	ASSERT(size >= KEY_CACHE_MIN && size <= KEY_CACHE_MAX && s->generation);
	*out = NULL;
	c = calloc(1, sizeof *c + size * sizeof c->slots[0]);
	if (!c)
		return FAIL(OUT_OF_MEMORY, "key cache");
	c->size = size;
	c->reader = s->reader;
	c->dsn = s->reader ? NULL : s->dsn;
	c->generation = s->generation;
	memcpy(c->ring.sessions, s->sessions, sizeof c->ring.sessions);
	for (size_t i = 0; i < KEY_CACHE_BUCKETS; i++)
		c->buckets[i] = NONE;
	result r = key_cache_connect(c);
	if (!is_ok(r)) {
		key_cache_close(&c);
		return r;
	}
	*out = c;
	return OK;
}

static void close_key(struct key_cache *c, struct key_cache_slot *s)
{
	if (!s->key)
		return;
	c->counts.held -= !working_key_in_device(s->key);
	c->counts.open--;
	working_key_close(&s->key);
}

void key_cache_close(struct key_cache **cache)
{
	struct key_cache *c = *cache;

	*cache = NULL;
	if (!c)
		return;
	key_cache_drop(c);
	key_cache_end_reading(c);
	if (c->dsn)
		db_close(c->reader);
	free(c);
}

/* --- slots --- */

static size_t bucket_of(struct str label)
{
	uint64_t h = label.len, part;

	for (size_t i = 0; i < label.len; i += sizeof part) {
		size_t left = label.len - i;

		part = 0;
		memcpy(&part, label.at + i, left < sizeof part ? left : sizeof part);
		h = (h ^ part) * UINT64_C(0x9E3779B97F4A7C15);
		h ^= h >> 32;
	}
	return h % KEY_CACHE_BUCKETS;
}

static struct key_cache_slot *look(struct key_cache *c, struct str label)
{
	for (int i = c->buckets[bucket_of(label)]; i != NONE; i = c->slots[i].next) {
		struct key_cache_slot *s = &c->slots[i];

		if (s->asked_len == label.len && memcmp(s->asked, label.at, label.len) == 0)
			return s;
	}
	return NULL;
}

static void leave_bucket(struct key_cache *c, struct key_cache_slot *s)
{
	int *at = &c->buckets[bucket_of((struct str){ s->asked, s->asked_len })];

	while (&c->slots[*at] != s)
		at = &c->slots[*at].next;
	*at = s->next;
}

static void clear_slot(struct key_cache *c, struct key_cache_slot *s)
{
	if (s->asked_len == 0)
		return;
	close_key(c, s);
	leave_bucket(c, s);
	s->asked_len = 0;
	c->counts.entries--;
}

/* An empty slot, or the one that was used longest ago. What this message uses stays. */
static struct key_cache_slot *need_slot(struct key_cache *c)
{
	struct key_cache_slot *oldest = NULL;

	for (size_t i = 0; i < c->size; i++) {
		struct key_cache_slot *s = &c->slots[i];

		if (s->asked_len == 0)
			return s;
		if (s->used != c->message && (!oldest || s->used < oldest->used))
			oldest = s;
	}
	ASSERT(oldest); /* KEY_CACHE_MIN is more than a message names */
	clear_slot(c, oldest);
	return oldest;
}

static struct key_cache_slot *take_slot(struct key_cache *c, struct str label)
{
	struct key_cache_slot *s = need_slot(c);
	int *bucket = &c->buckets[bucket_of(label)];

	memcpy(s->asked, label.at, label.len);
	s->asked_len = label.len;
	s->next = *bucket;
	*bucket = (int)(s - c->slots);
	c->counts.entries++;
	return s;
}

void key_cache_drop(struct key_cache *c)
{
	for (size_t i = 0; i < c->size; i++)
		clear_slot(c, &c->slots[i]);
	c->fleeting_count = 0;
	c->ring_read = false;
	c->counts.drops++;
}

/* --- messages --- */

static bool has_changed(struct key_cache *c)
{
	uint64_t now = atomic_load(c->generation);
	bool changed = now != c->seen;

	c->seen = now;
	for (size_t i = 0; i < MASTER_DEVICES_MAX; i++) {
		struct hsm_session *s = c->ring.sessions[i];
		uint32_t device = s ? hsm_session_generation(s) : 0;

		changed |= device != c->seen_devices[i];
		c->seen_devices[i] = device;
	}
	return changed;
}

void key_cache_begin(struct key_cache *c, struct instant now)
{
	c->message++;
	c->now = now;
	if (has_changed(c))
		key_cache_drop(c);
	else if (now.us - c->tidied_us > ttl_us / 10 || now.us < c->tidied_us)
		key_cache_tidy(c, now);
}

/* Keys that others or other cards follow from, and private halves: not a moment longer than needed.
 */
static bool is_for_one_message(const struct working_key *k)
{
	const struct keyblock_header *h = working_key_header(k);

	return !working_key_in_device(k) &&
	       (strchr("XNST", h->mode) || strchr("RE2", h->algorithm) || h->usage[0] == 'K' ||
	        h->usage[0] == '4' || strcmp(h->usage, "62") == 0);
}

static void close_fleeting(struct key_cache *c)
{
	while (c->fleeting_count)
		close_key(c, c->fleeting[--c->fleeting_count]);
}

void key_cache_end(struct key_cache *c)
{
	if (!c->in_round || c->fleeting_count >= KEY_CACHE_ROUND_KEYS)
		close_fleeting(c);
	key_cache_end_reading(c);
}

void key_cache_round_begin(struct key_cache *c)
{
	c->in_round = true;
}

void key_cache_round_end(struct key_cache *c)
{
	c->in_round = false;
	close_fleeting(c);
}

static bool is_old(int64_t since_us, struct instant now)
{
	return now.us - since_us >= ttl_us || now.us < since_us;
}

void key_cache_tidy(struct key_cache *c, struct instant now)
{
	for (size_t i = 0; i < c->size; i++) {
		struct key_cache_slot *s = &c->slots[i];

		if (s->key && !working_key_in_device(s->key) && is_old(s->opened_us, now))
			close_key(c, s);
	}
	c->tidied_us = now.us;
}

/* --- labels --- */

/* The same value in the same block: its opened key may stay. */
static bool is_same(const struct key_version *a, const struct key_version *b)
{
	return a->id == b->id && a->rowver == b->rowver && a->lmk == b->lmk &&
	       strcmp(a->block, b->block) == 0;
}

static void keep(struct key_cache *c, struct key_cache_slot *s, const struct key_cache_found *f)
{
	struct key_label l;

	if (!is_same(&s->entry.version, &f->version))
		close_key(c, s);
	s->entry.definition = f->definition;
	s->entry.version = f->version;
	key_version_label(&f->definition, f->version.version, &l);
	key_label_text(&l, s->entry.label);
	s->changes_us = f->changes_us;
	s->read_us = c->now.us;
}

result key_cache_find(struct key_cache *c, struct str text, const struct key_entry **out)
{
	struct key_cache_slot *s = look(c, text);
	struct key_label label;
	struct key_cache_found found;

	*out = NULL;
	if (!s || is_old(s->read_us, c->now) || c->now.us >= s->changes_us) {
		TRY(key_label_parse(text, &label));
		result r = key_cache_read(c, &label, &found);
		if (!is_ok(r) && s)
			clear_slot(c, s);
		TRY(r);
		if (!s)
			s = take_slot(c, text);
		keep(c, s, &found);
	}
	s->used = c->message;
	*out = &s->entry;
	return OK;
}

enum key_state key_cache_state(const struct key_cache *c, const struct key_entry *e)
{
	return key_version_state_at(&e->version, c->now);
}

/* --- keys --- */

/* Locked memory is used up: give back what was opened longest ago and this message does not need.
 */
static bool give_one_back(struct key_cache *c)
{
	struct key_cache_slot *oldest = NULL;

	for (size_t i = 0; i < c->size; i++) {
		struct key_cache_slot *s = &c->slots[i];

		if (s->key && !working_key_in_device(s->key) && s->used != c->message &&
		    (!oldest || s->used < oldest->used))
			oldest = s;
	}
	if (oldest)
		close_key(c, oldest);
	return oldest;
}

static result open_block(struct key_cache *c, struct key_cache_slot *s)
{
	result r = key_version_open(&c->ring, &s->entry.version, &s->key);

	if (r.code == MASTER_NONE || r.code == HSM_LMK_MISSING) {
		TRY(key_cache_read_ring(
		        c)); /* the ring may be from before the key or device came */
		r = key_version_open(&c->ring, &s->entry.version, &s->key);
	}
	while (r.code == LOCKED_FULL && give_one_back(c))
		r = key_version_open(&c->ring, &s->entry.version, &s->key);
	return r;
}

static result open_key(struct key_cache *c, struct key_cache_slot *s)
{
	while (c->counts.held >= KEY_CACHE_HELD_MAX && give_one_back(c))
		continue;
	TRY(open_block(c, s));
	s->opened_us = c->now.us;
	c->counts.open++;
	c->counts.opens++;
	c->counts.held += !working_key_in_device(s->key);
	if (!is_for_one_message(s->key))
		return OK;
	ASSERT(c->fleeting_count < KEY_CACHE_MIN);
	c->fleeting[c->fleeting_count++] = s;
	return OK;
}

result key_cache_key(struct key_cache *c, const struct key_entry *e, struct working_key **out)
{
	struct key_cache_slot *s = (struct key_cache_slot *)(uintptr_t)e; /* its first member */

	*out = NULL;
	if (s->key && !working_key_in_device(s->key) && is_old(s->opened_us, c->now))
		close_key(c, s);
	if (!s->key)
		TRY(open_key(c, s));
	*out = s->key;
	return OK;
}

bool key_cache_is_narrow(const struct key_entry *e)
{
	const struct key_cache_slot *s = (const struct key_cache_slot *)e; /* its first member */

	return s->key && working_key_is_narrow(s->key);
}

struct hsm_session *key_cache_session(const struct key_cache *c)
{
	for (size_t i = 0; i < MASTER_DEVICES_MAX; i++)
		if (c->ring.sessions[i])
			return c->ring.sessions[i];
	return NULL;
}

struct key_cache_counts key_cache_counts(const struct key_cache *c)
{
	return c->counts;
}
