/* SPDX-License-Identifier: Apache-2.0 */
/* What the front asks the key manager, and its answers: questions leave for the keyring's thread
 * and come back in a list. */
#include "base/log.h"
#include "base/secret.h"
#include "crypto/locked.h"
#include "service/terminal/front.h"

/* --- there and back --- */

/* The keyring's thread: only hand the list over. */
static void answered(void *owner, struct keyring_ask *first)
{
	struct terminal_front *f = owner;
	struct keyring_ask *last = first;

	while (last->next)
		last = last->next;
	pthread_mutex_lock(&f->answered.lock);
	if (f->answered.first)
		f->answered.last->next = first;
	else
		f->answered.first = first;
	f->answered.last = last;
	pthread_mutex_unlock(&f->answered.lock);
	frame_server_wake(f->server);
}

void front_take_answers(struct terminal_front *f)
{
	struct keyring_ask *k, *next;

	pthread_mutex_lock(&f->answered.lock);
	k = f->answered.first;
	f->answered.first = f->answered.last = NULL;
	pthread_mutex_unlock(&f->answered.lock);
	for (; k; k = next) {
		struct front_ask *a = (struct front_ask *)k;

		next = k->next;
		a->done(f, a);
	}
}

void front_ask(struct terminal_front *f, struct front_ask *a, enum keyring_what what)
{
	a->keyring.what = what;
	if (keyring_put(f->keyring, &a->keyring))
		return;
	/* As if it had been there: `done` is called when the round is over, like every other. */
	a->keyring.result = FAIL(KMS_AWAY, "too many questions wait");
	a->keyring.next = NULL;
	answered(f, &a->keyring);
}

struct kms_terminal front_terminal_of(const struct live_node *node, enum suite suite,
                                      const struct terminal_session *session)
{
	struct kms_terminal t = { .key_version = node->row.key_version, .suite = (uint8_t)suite };

	memcpy(t.node, node->row.node_id, sizeof t.node);
	memcpy(t.sam, node->row.sam_no, sizeof t.sam);
	if (session) {
		t.day = session->key_date.yyyymmdd;
		t.sequence = session->key_seq;
		t.session = session->id;
	}
	return t;
}

result front_load_keys(struct live_session *s, const struct keyring_ask *a)
{
	struct reader r = reader_of(bytes_of(a->answer, a->answer_len));
	struct live_keys keys;

	reader_copy(&r, keys.tak, sizeof keys.tak);
	reader_copy(&r, keys.tdk, sizeof keys.tdk);
	reader_copy(&r, keys.krec, sizeof keys.krec);
	reader_copy(&r, keys.psk, sizeof keys.psk);
	if (r.bad) {
		secret_wipe_bytes(&keys, sizeof keys);
		return FAIL(KMS_AWAY, "keys of %zu bytes", a->answer_len);
	}
	return live_load_keys(s, &keys);
}

/* --- sessions from before a restart --- */

static void unkeyed_done(struct terminal_front *f, struct front_ask *a)
{
	struct live_session *s = live_find(&f->live, a->session);
	result r = a->keyring.result;

	if (s && !s->keyed && is_ok(r))
		r = front_load_keys(s, &a->keyring);
	if (s && !s->keyed) {
		s->asked = false; /* the next tick asks again */
		/* Its day root is gone, or its root: nobody can speak under it any more. */
		if (r.code == KMS_DENIED) {
			LOG_WARNING("terminal.session_lost", "session=%08X node=%s", s->id,
			            s->node->row.node_id);
			live_close(&f->live, s);
		}
	}
	secret_wipe_bytes(a->keyring.answer, sizeof a->keyring.answer);
	a->next = f->free_asks;
	f->free_asks = a;
}

static void ask_session(struct terminal_front *f, struct live_session *s)
{
	struct front_ask *a = f->free_asks;
	struct terminal_session session = { .id = s->id,
		                            .key_date = s->key_date,
		                            .key_seq = s->key_seq };

	f->free_asks = a->next;
	*a = (struct front_ask){ .done = unkeyed_done, .session = s->id };
	a->keyring.terminal = front_terminal_of(s->node, s->suite, &session);
	s->asked = true;
	front_ask(f, a, KEYRING_SESSION_KEYS);
}

void front_ask_unkeyed(struct terminal_front *f)
{
	if (f->unkeyed >= f->live.session_max) {
		f->unkeyed = 0; /* from the start, at the next tick */
		return;
	}
	if (!keyring_is_up(f->keyring))
		return;
	for (; f->unkeyed < f->live.session_max && f->free_asks; f->unkeyed++) {
		struct live_session *s = &f->live.sessions[f->unkeyed];

		if (s->state != LIVE_FREE && !s->keyed && !s->asked && s->resumed)
			ask_session(f, s);
	}
}

static bool has_unkeyed(const struct terminal_front *f)
{
	for (size_t i = 0; i < f->live.session_max; i++) {
		const struct live_session *s = &f->live.sessions[i];

		if (s->state != LIVE_FREE && !s->keyed)
			return true;
	}
	return false;
}

void front_await_keys(struct terminal_front *f)
{
	int64_t until = monotonic_us() + FRONT_RESUME_US;

	while (has_unkeyed(f) && monotonic_us() < until) {
		struct timespec moment = { .tv_nsec = 2000000 };

		front_ask_unkeyed(f);
		nanosleep(&moment, NULL);
		front_take_answers(f);
		/* With nobody there, terminals that speak now are better than keys that come later.
		 */
		if (!keyring_is_up(f->keyring) &&
		    monotonic_us() > until - FRONT_RESUME_US + FRONT_TICK_US)
			break;
	}
	if (has_unkeyed(f))
		LOG_WARNING("terminal.keys_missing",
		            "text=\"some sessions wait for their keys from the key manager\"");
}

/* --- TLS --- */

static bool open_link(struct terminal_front *f)
{
	if (!f->link) {
		f->link = locked_pages(sizeof *f->link);
		if (!f->link)
			return false;
		f->link->fd = -1;
	}
	return f->link->fd >= 0 || is_ok(kms_link_open(f->link, f->config.kms, FRONT_PSK_US));
}

bool front_psk(struct terminal_front *f, const struct live_node *node, struct secret *out)
{
	struct kms_terminal t = front_terminal_of(node, SUITE_AES, NULL);

	if (node->has_psk) {
		memcpy(out->at, node->psk, sizeof node->psk);
		out->len = sizeof node->psk;
		return true;
	}
	if (monotonic_us() < f->psk_pause_us)
		return false;
	result r = open_link(f) ? kms_link_psk(f->link, &t, FRONT_PSK_US, out)
	                        : FAIL(KMS_AWAY, "no line");
	if (r.code == KMS_AWAY) {
		if (f->link)
			kms_link_close(f->link);
		f->psk_pause_us = monotonic_us() + FRONT_PSK_PAUSE_US;
	}
	return is_ok(r);
}

/* --- start and stop --- */

result front_keys_open(struct terminal_front *f)
{
	struct keyring_config config = { .path = f->config.kms,
		                         .clock = f->config.clock,
		                         .cutover_s = f->config.cutover_s,
		                         .answered = answered,
		                         .owner = f };

	return keyring_start(&config, &f->keyring);
}

/* Questions under way come back unanswered; nobody is left to go on with them. */
void front_keys_close(struct terminal_front *f)
{
	keyring_stop(f->keyring);
	f->keyring = NULL;
	if (f->link)
		kms_link_close(f->link);
	locked_pages_free(f->link, sizeof *f->link);
	f->link = NULL;
}
