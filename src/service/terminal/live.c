/* SPDX-License-Identifier: Apache-2.0 */
#include "service/terminal/live.h"

#include <stdlib.h>

#include "base/secret.h"
#include "crypto/locked.h"

static size_t power_of_two(size_t at_least)
{
	size_t n = 16;

	while (n < at_least)
		n *= 2;
	return n;
}

result live_init(struct live *l, size_t nodes_max)
{
	*l = (struct live){
		.node_max = nodes_max,
		.node_slots = power_of_two(nodes_max * 2),
		.session_max = nodes_max * LIVE_SESSIONS_PER_NODE,
		.session_slots = power_of_two(nodes_max * LIVE_SESSIONS_PER_NODE),
	};
	l->nodes = locked_pages(l->node_slots * sizeof *l->nodes);
	l->sessions = locked_pages(l->session_max * sizeof *l->sessions);
	l->by_id = calloc(l->session_slots, sizeof *l->by_id);
	if (!l->nodes || !l->sessions || !l->by_id) {
		live_deinit(l);
		return FAIL(OUT_OF_MEMORY, "tables for %zu nodes", nodes_max);
	}
	for (size_t i = l->session_max; i-- > 0;) {
		l->sessions[i].next = l->free;
		l->free = &l->sessions[i];
	}
	return OK;
}

/* Another SAM, or none: what it signs and speaks TLS with is under another key. */
static void wipe_node(struct live_node *n)
{
	mac_key_deinit(&n->krec);
	n->krec = (struct mac_key){ 0 };
	n->krec_suite = 0;
	secret_wipe_bytes(n->psk, sizeof n->psk);
	n->has_psk = false;
}

static void wipe(struct live_session *s)
{
	mac_key_deinit(&s->tak);
	envelope_key_deinit(&s->envelope);
	s->keyed = false;
}

void live_deinit(struct live *l)
{
	for (size_t i = 0; l->sessions && i < l->session_max; i++)
		wipe(&l->sessions[i]);
	for (size_t i = 0; l->nodes && i < l->node_slots; i++)
		wipe_node(&l->nodes[i]);
	locked_pages_free(l->nodes, l->node_slots * sizeof *l->nodes);
	locked_pages_free(l->sessions, l->session_max * sizeof *l->sessions);
	free(l->by_id);
	*l = (struct live){ 0 };
}

static uint64_t node_hash(const char id[TERMINAL_NODE_ID_LEN])
{
	uint64_t h = load_be64((const uint8_t *)id) * 0x9E3779B97F4A7C15u;

	return h ^ h >> 29;
}

/* The slot of a node, or the free one where it would go; the table is never more than half full. */
static struct live_node *node_slot(struct live *l, const char *id)
{
	size_t at = node_hash(id) & (l->node_slots - 1);

	while (l->nodes[at].used && memcmp(l->nodes[at].row.node_id, id, TERMINAL_NODE_ID_LEN) != 0)
		at = (at + 1) & (l->node_slots - 1);
	return &l->nodes[at];
}

struct live_node *live_node_find(struct live *l, struct str node_id)
{
	if (node_id.len != TERMINAL_NODE_ID_LEN)
		return NULL;
	struct live_node *n = node_slot(l, node_id.at);
	return n->used ? n : NULL;
}

struct live_node *live_node_put(struct live *l, const struct terminal *row, struct str merchant_no)
{
	struct live_node *n = node_slot(l, row->node_id);

	if (!n->used) {
		if (l->node_count == l->node_max)
			return NULL;
		*n = (struct live_node){ .used = true };
		l->node_count++;
	}
	if (n->row.key_version != row->key_version ||
	    memcmp(n->row.sam_no, row->sam_no, sizeof row->sam_no) != 0)
		wipe_node(n);
	/* What a node had before it was locked does not come back with it. */
	if (n->row.id && n->row.state != TERMINAL_ACTIVE && row->state == TERMINAL_ACTIVE)
		live_close_node(l, n);
	n->row = *row;
	str_copy(merchant_no, n->merchant_no, sizeof n->merchant_no);
	return n;
}

static struct live_session **id_chain(struct live *l, uint32_t id)
{
	return &l->by_id[(id * 2654435761u) & (l->session_slots - 1)];
}

struct live_session *live_open(struct live *l, struct live_node *node,
                               const struct terminal_session *stored)
{
	struct live_session *s = l->free;

	if (!s)
		return NULL;
	l->free = s->next;
	*s = (struct live_session){
		.node = node,
		.id = stored->id,
		.state = stored->state == TERMINAL_SESSION_ACTIVE ? LIVE_ACTIVE : LIVE_PENDING,
		.suite = (enum suite)stored->suite,
		.key_version = stored->key_version,
		.key_seq = stored->key_seq,
		.key_date = stored->key_date,
		/* Counter 0 is never sent: a receiver starts with 0 as the highest it has seen. */
		.sent = stored->send_reserved > TERMINAL_COUNTER_STEP
		                ? stored->send_reserved - TERMINAL_COUNTER_STEP
		                : 1,
		.reserved = stored->send_reserved,
		.received = stored->receive_high,
		.renew_at = stored->valid_until,
		.valid_until = stored->valid_until,
		.next = *id_chain(l, stored->id),
	};
	*id_chain(l, s->id) = s;
	l->session_count++;

	struct live_session **place = s->state == LIVE_ACTIVE ? &node->active : &node->pending;
	struct live_session *before = *place;
	*place = s;
	if (before)
		live_close(l, before);
	return s;
}

struct live_session *live_find(struct live *l, uint32_t id)
{
	struct live_session *s = *id_chain(l, id);

	while (s && s->id != id)
		s = s->next;
	return s;
}

/* Records of its node are signed under the same suite. */
static result load_node(struct live_node *n, enum suite suite, const struct live_keys *keys)
{
	wipe_node(n);
	TRY(mac_key_init_suite(&n->krec, suite, keys->krec));
	n->krec_suite = suite;
	memcpy(n->psk, keys->psk, sizeof n->psk);
	n->has_psk = true;
	return OK;
}

static result load(struct live_session *s, const struct live_keys *keys)
{
	TRY(mac_key_init_suite(&s->tak, s->suite, keys->tak));
	if (suite_has_envelope(s->suite))
		TRY(envelope_key_init(&s->envelope, s->suite, keys->tdk, s->id));
	return load_node(s->node, s->suite, keys);
}

result live_load_keys(struct live_session *s, struct live_keys *keys)
{
	result r = load(s, keys);

	secret_wipe_bytes(keys, sizeof *keys);
	s->keyed = is_ok(r);
	return r;
}

uint32_t live_activate(struct live *l, struct live_session *s)
{
	struct live_node *node = s->node;
	struct live_session *before = node->active;
	uint32_t closed = before ? before->id : 0;

	ASSERT(node->pending == s);
	node->pending = NULL;
	node->active = s;
	s->state = LIVE_ACTIVE;
	if (before)
		live_close(l, before);
	return closed;
}

void live_close(struct live *l, struct live_session *s)
{
	struct live_session **at = id_chain(l, s->id);

	if (s->held)
		l->flush(l->owner);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (s->node->active == s)
		s->node->active = NULL;
	if (s->node->pending == s)
		s->node->pending = NULL;
	wipe(s);
	s->state = LIVE_FREE;
	s->next = l->free;
	l->free = s;
	l->session_count--;
}

void live_close_node(struct live *l, struct live_node *node)
{
	if (node->pending)
		live_close(l, node->pending);
	if (node->active)
		live_close(l, node->active);
}

bool live_is_usable(const struct live_session *s, struct instant now)
{
	return (s->state == LIVE_PENDING || s->state == LIVE_ACTIVE) &&
	       now.us <= s->valid_until.us && s->messages < LIVE_MESSAGES_MAX;
}

bool live_is_late(const struct live_session *s, struct instant now)
{
	return now.us >= s->renew_at.us || s->messages >= LIVE_MESSAGES_WARN;
}

bool live_accept(struct live_session *s, uint64_t counter)
{
	if (counter <= s->received)
		return false;
	s->received = counter;
	return true;
}

bool live_take_counter(struct live_session *s, uint64_t *counter)
{
	if (s->sent >= s->reserved)
		return false;
	*counter = s->sent++;
	return true;
}

bool live_wants_step(struct live_session *s)
{
	if (s->reserving || s->reserved - s->sent > LIVE_RESERVE_AHEAD)
		return false;
	s->reserving = true;
	return true;
}

void live_reserved(struct live_session *s, uint64_t reserved)
{
	s->reserving = false;
	if (reserved > s->reserved)
		s->reserved = reserved;
}
