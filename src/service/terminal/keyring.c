/* SPDX-License-Identifier: Apache-2.0 */
#include "service/terminal/keyring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "crypto/locked.h"
#include "net/loop.h"

enum {
	TICK_US = 250000,
	CONNECT_US = 1000000,
	RETRY_US = 1000000,
	DAY_ID = 0, /* of the question about the day; others begin with 1 */
};

struct keyring {
	struct keyring_config config;
	struct kms_link link;
	struct loop *loop;
	struct loop_watch watch;
	struct loop_wake wake, stop;
	struct loop_timer tick;
	bool has_wake, has_stop, up;
	pthread_t thread;
	bool runs;
	pthread_mutex_t lock;
	struct keyring_ask *put_first, *put_last; /* by other threads */
	size_t put_count;
	struct keyring_ask *first, *last; /* waiting for their turn */
	struct keyring_ask *under_way[KMS_IN_FLIGHT_MAX];
	size_t under_way_count;
	uint32_t next_id;
	int64_t retry_us, day_us, day_sent_us;
	bool day_asked;
	uint32_t day; /* yyyymmdd of the root in force; 0: not known */
	_Atomic bool is_up;
};

/* --- answering --- */

static void give(struct keyring *k, struct keyring_ask *ask)
{
	ask->next = NULL;
	k->config.answered(k->config.owner, ask);
}

static void fail_all(struct keyring *k, result r)
{
	struct keyring_ask *all = k->first, *next;

	for (size_t i = 0; i < k->under_way_count; i++) {
		k->under_way[i]->next = all;
		all = k->under_way[i];
	}
	k->under_way_count = 0;
	k->first = k->last = NULL;
	for (struct keyring_ask *a = all; a; a = a->next)
		a->result = r;
	for (; all; all = next) {
		next = all->next;
		give(k, all);
	}
}

static void let_go(struct keyring *k, result why)
{
	if (k->up)
		loop_remove(k->loop, &k->watch);
	k->up = false;
	atomic_store(&k->is_up, false);
	kms_link_close(&k->link);
	k->day_asked = false;
	k->retry_us = loop_now_us(k->loop) + RETRY_US;
	fail_all(k, why);
}

static void go_down(struct keyring *k, result why)
{
	LOG_ERROR("terminal.kms_away", "detail=\"%s\"", result_last()->text);
	let_go(k, why);
}

/* --- questions --- */

static const enum kms_sign_in modes[] = {
	[KEYRING_SIGN_IN_CHALLENGE] = KMS_SIGN_IN_CHALLENGE,
	[KEYRING_SIGN_IN_PROOF] = KMS_SIGN_IN_PROOF,
	[KEYRING_SESSION_KEYS] = KMS_SIGN_IN_KEYS,
	[KEYRING_COMPAT_KEYS] = KMS_SIGN_IN_COMPAT,
	[KEYRING_REPLY_MAC] = KMS_SIGN_IN_REPLY,
};

static uint16_t op_of(enum keyring_what what)
{
	return what == KEYRING_PIN_TOKEN ? KMS_PIN_TOKEN
	       : what == KEYRING_DAY     ? KMS_DAY_STATUS
	                                 : KMS_SIGN_IN;
}

static void put_terminal(struct writer *w, const struct keyring_ask *a)
{
	bool session = a->what == KEYRING_SESSION_KEYS || a->what == KEYRING_COMPAT_KEYS ||
	               a->what == KEYRING_PIN_TOKEN;
	size_t size = session ? KMS_TERMINAL_ITEM : KMS_TERMINAL_NODE;
	uint8_t bytes[KMS_TERMINAL_ITEM];

	kms_terminal_write(&a->terminal, size, bytes);
	kms_put(w, KMS_TAG_DATA, bytes_of(bytes, size));
}

static void put_pin(struct writer *w, const struct keyring_ask *a)
{
	kms_put_str(w, KMS_TAG_LABEL, STR(KMS_LABEL_PIN_TOKEN));
	kms_put_number(w, KMS_TAG_MODE, KMS_PIN_OF_BLOCK, 1);
	put_terminal(w, a);
	kms_put(w, KMS_TAG_IV, bytes_of(a->pin_block, a->pin_len));
	kms_put_str(w, KMS_TAG_PAN, str_of(a->card_no));
}

static void put_sign_in(struct writer *w, const struct keyring_ask *a)
{
	char label[24];

	kms_put_str(w, KMS_TAG_LABEL, str_of(kms_link_root(a->terminal.key_version, label)));
	kms_put_number(w, KMS_TAG_MODE, modes[a->what], 1);
	put_terminal(w, a);
	if (a->what == KEYRING_SIGN_IN_CHALLENGE || a->what == KEYRING_SIGN_IN_PROOF) {
		kms_put(w, KMS_TAG_RANDOM, bytes_of(a->rt, sizeof a->rt));
		kms_put(w, KMS_TAG_RANDOM, bytes_of(a->rh, sizeof a->rh));
	}
	if (a->what == KEYRING_SIGN_IN_PROOF || a->what == KEYRING_REPLY_MAC)
		kms_put(w, KMS_TAG_IV, a->maced);
	if (a->what == KEYRING_SIGN_IN_PROOF) {
		kms_put(w, KMS_TAG_PROOF, bytes_of(a->f64, sizeof a->f64));
		kms_put(w, KMS_TAG_PROOF, bytes_of(a->ct, sizeof a->ct));
		kms_put_number(w, KMS_TAG_TIME, a->day.yyyymmdd, 4);
	}
}

static result send_ask(struct keyring *k, struct keyring_ask *a)
{
	struct writer w = kms_link_body(&k->link);

	if (a->what == KEYRING_PIN_TOKEN)
		put_pin(&w, a);
	else if (a->what == KEYRING_DAY)
		kms_put_number(&w, KMS_TAG_TIME, a->day.yyyymmdd, 4);
	else
		put_sign_in(&w, a);
	a->id = ++k->next_id ? k->next_id : ++k->next_id;
	a->sent_us = loop_now_us(k->loop);
	return kms_link_send(&k->link, op_of(a->what), a->id, &w, KEYRING_PATIENCE_US);
}

/* As many as may be under way; one place is the day's. */
static void send_waiting(struct keyring *k)
{
	while (k->up && k->first && k->under_way_count < KMS_IN_FLIGHT_MAX - 1) {
		struct keyring_ask *a = k->first;

		k->first = a->next;
		if (!k->first)
			k->last = NULL;
		k->under_way[k->under_way_count++] = a;
		result r = send_ask(k, a);
		if (!is_ok(r))
			go_down(k, r);
	}
}

static struct bizdate today(const struct keyring *k)
{
	return bizdate_of(clock_now(k->config.clock), TIME_ZONE_CHINA_S, k->config.cutover_s);
}

static void ask_day(struct keyring *k)
{
	struct writer w = kms_link_body(&k->link);

	kms_put_number(&w, KMS_TAG_TIME, today(k).yyyymmdd, 4);
	k->day_asked = true;
	k->day_sent_us = loop_now_us(k->loop);
	result r = kms_link_send(&k->link, KMS_DAY_STATUS, DAY_ID, &w, KEYRING_PATIENCE_US);
	if (!is_ok(r))
		go_down(k, r);
}

/* --- answers --- */

static void take_day(struct keyring *k, const struct kms_message *m)
{
	struct kms_fields fields;
	struct bytes found;

	k->day_asked = false;
	k->day_us = loop_now_us(k->loop);
	if (m->status != KMS_OK || !is_ok(kms_fields_read(m->body, &fields))) {
		LOG_WARNING("terminal.day_root", "status=%s", kms_status_name(m->status));
		return;
	}
	found = kms_bytes(&fields, KMS_TAG_RESULT);
	if (found.len == 6)
		k->day = load_be32(found.at + 1);
}

static void read_answer(const struct kms_message *m, struct keyring_ask *a)
{
	struct kms_fields fields;
	struct bytes found;

	a->answer_len = 0;
	a->result = kms_link_result(m->status);
	/* A proof that is wrong says which. */
	if (!is_ok(a->result) && a->result.code != KMS_WRONG) {
		LOG_WARNING("terminal.kms_refused", "node=%.8s what=%d status=\"%s\"",
		            (const char *)a->terminal.node, a->what, kms_status_name(m->status));
		return;
	}
	if (!is_ok(kms_fields_read(m->body, &fields))) {
		a->result = FAIL(KMS_AWAY, "an answer that is none");
		return;
	}
	found = kms_bytes(&fields, KMS_TAG_RESULT);
	if (found.len > sizeof a->answer) {
		a->result = FAIL(KMS_AWAY, "an answer of %zu bytes", found.len);
		return;
	}
	if (found.len)
		memcpy(a->answer, found.at, found.len);
	a->answer_len = found.len;
}

static void take_answer(struct keyring *k, const struct kms_message *m)
{
	for (size_t i = 0; i < k->under_way_count; i++) {
		struct keyring_ask *a = k->under_way[i];

		if (a->id != m->id)
			continue;
		k->under_way[i] = k->under_way[--k->under_way_count];
		read_answer(m, a);
		give(k, a);
		return;
	}
}

static void line_ready(struct loop_watch *w, uint32_t events)
{
	struct keyring *k = w->owner;
	struct kms_message m;
	result r = kms_link_receive(&k->link);

	(void)events;
	while (is_ok(r) && kms_link_next(&k->link, &m)) {
		if (m.id == DAY_ID)
			take_day(k, &m);
		else
			take_answer(k, &m);
		kms_link_done(&k->link, &m);
	}
	if (!is_ok(r))
		go_down(k, r);
	send_waiting(k);
}

/* --- the thread --- */

static void go_up(struct keyring *k)
{
	if (k->up || loop_now_us(k->loop) < k->retry_us)
		return;
	k->retry_us = loop_now_us(k->loop) + RETRY_US;
	if (!is_ok(kms_link_open(&k->link, k->config.path, CONNECT_US)))
		return;
	k->watch = (struct loop_watch){
		.fd = k->link.fd, .events = EPOLLIN, .ready = line_ready, .owner = k
	};
	if (!is_ok(loop_add(k->loop, &k->watch))) {
		kms_link_close(&k->link);
		return;
	}
	k->up = true;
	atomic_store(&k->is_up, true);
	LOG_INFO("terminal.kms_here", "path=%s", k->config.path);
	ask_day(k);
}

static void woken(void *owner)
{
	struct keyring *k = owner;
	struct keyring_ask *first, *last;

	pthread_mutex_lock(&k->lock);
	first = k->put_first;
	last = k->put_last;
	k->put_first = k->put_last = NULL;
	k->put_count = 0;
	pthread_mutex_unlock(&k->lock);
	if (!first)
		return;
	if (k->last)
		k->last->next = first;
	else
		k->first = first;
	k->last = last;
	go_up(k);
	if (k->up)
		send_waiting(k);
	else
		fail_all(k, FAIL(KMS_AWAY, "the key manager is away"));
}

static bool is_late(const struct keyring *k)
{
	int64_t since = loop_now_us(k->loop) - KEYRING_PATIENCE_US;

	for (size_t i = 0; i < k->under_way_count; i++)
		if (k->under_way[i]->sent_us < since)
			return true;
	return k->day_asked && k->day_sent_us < since;
}

static void ticked(struct loop_timer *t)
{
	struct keyring *k = t->owner;

	go_up(k);
	if (k->up && is_late(k))
		go_down(k, FAIL(KMS_AWAY, "no answer in time"));
	/* The root goes on with the business day, whether anybody signs in or not (keys 15.1). */
	if (k->up && !k->day_asked && k->day < today(k).yyyymmdd &&
	    loop_now_us(k->loop) - k->day_us > RETRY_US)
		ask_day(k);
	loop_timer_set(k->loop, t, TICK_US);
}

static void asked_to_stop(void *owner)
{
	struct keyring *k = owner;

	woken(k);
	let_go(k, FAIL(KMS_AWAY, "the platform stops"));
	loop_stop(k->loop);
}

static void *keyring_main(void *arg)
{
	struct keyring *k = arg;

	pthread_setname_np(pthread_self(), "keyring");
	result r = loop_run(k->loop);
	if (!is_ok(r)) {
		LOG_ERROR("terminal.keyring", "code=%s", result_name(r));
		abort(); /* nobody asks for keys any more */
	}
	return NULL;
}

/* --- for others --- */

bool keyring_put(struct keyring *k, struct keyring_ask *ask)
{
	bool room;

	ask->next = NULL;
	pthread_mutex_lock(&k->lock);
	room = k->put_count < KEYRING_ASKS_MAX;
	if (room) {
		if (k->put_last)
			k->put_last->next = ask;
		else
			k->put_first = ask;
		k->put_last = ask;
		k->put_count++;
	}
	pthread_mutex_unlock(&k->lock);
	if (room)
		loop_wake_post(&k->wake);
	return room;
}

bool keyring_is_up(const struct keyring *k)
{
	return atomic_load(&k->is_up);
}

/* --- start and stop --- */

static result start(struct keyring *k)
{
	TRY(loop_open(&k->loop));
	TRY(loop_wake_open(k->loop, &k->wake, woken, k));
	k->has_wake = true;
	TRY(loop_wake_open(k->loop, &k->stop, asked_to_stop, k));
	k->has_stop = true;
	k->tick = (struct loop_timer){ .fired = ticked, .owner = k };
	go_up(k); /* so that the first questions find it */
	loop_timer_set(k->loop, &k->tick, TICK_US);
	if (pthread_create(&k->thread, NULL, keyring_main, k) != 0)
		return FAIL(SYSTEM_CALL, "the keyring's thread");
	k->runs = true;
	return OK;
}

static void release(struct keyring *k)
{
	kms_link_close(&k->link);
	if (k->has_wake)
		loop_wake_close(k->loop, &k->wake);
	if (k->has_stop)
		loop_wake_close(k->loop, &k->stop);
	loop_close(k->loop);
	pthread_mutex_destroy(&k->lock);
	locked_pages_free(k, sizeof *k);
}

result keyring_start(const struct keyring_config *config, struct keyring **out)
{
	struct keyring *k = locked_pages(sizeof *k);
	result r;

	if (!k)
		return FAIL(OUT_OF_MEMORY, "keyring");
	k->config = *config;
	k->link.fd = -1;
	pthread_mutex_init(&k->lock, NULL);
	r = start(k);
	if (is_ok(r))
		*out = k;
	else
		release(k);
	return r;
}

void keyring_stop(struct keyring *k)
{
	if (!k)
		return;
	loop_wake_post(&k->stop);
	pthread_join(k->thread, NULL);
	release(k);
}
