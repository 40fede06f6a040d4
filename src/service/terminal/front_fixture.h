/* SPDX-License-Identifier: Apache-2.0 */
/* front_fixture.h — for tests: a front on a small site, and a node that speaks to it with its own
 * keys and counters. */
#pragma once

#include "codec/frame.h"
#include "codec/iso8583_message.h"
#include "codec/tlv.h"
#include "codec/ytap_tags.h"
#include "crypto/envelope.h"
#include "crypto/ytap_keys.h"
#include "domain/payments/payments_fixture.h"
#include "net/frame_client.h"
#include "service/kms/kms_testkit.h"
#include "service/terminal/terminal_front.h"

enum { NODE_WAIT_US = 5000000, NODE_SHORT_WAIT_US = 200000 };

struct front_fixture {
	struct payments_fixture site;
	struct kms_kit kms;
	struct terminal_front *front;
	struct random_seeded random;
	uint32_t sign_ins_per_s; /* 0: default */
	bool tls;                /* open the TLS port too */
	bool legacy;             /* suite 3 is on */
};

result front_fixture_make(struct front_fixture *f);  /* site and front */
result front_fixture_start(struct front_fixture *f); /* the front, on a site that is open */
result front_fixture_restart(
        struct front_fixture *f); /* the whole host, as after a crash of the process */
void front_fixture_close(struct front_fixture *f);

/* A node of the site: number 1…5 of its terminals. */
struct node {
	struct front_fixture *f;
	struct frame_client *line;
	struct tls_context *tls;
	enum terminal_port port;
	enum suite suite;
	uint8_t offer[4];
	size_t offer_count;
	struct ytap_handshake proof;
	struct ytap_node_keys keys;
	struct ytap_session_keys session_keys;
	struct mac_key mac;
	struct envelope_key envelope;
	uint32_t session;
	uint64_t counter, received; /* of the envelope */
	bool plain;
	bool keep_low_water; /* send DF18: the memory is whole */
	uint64_t tsn_floor;
	uint32_t batch;
	uint32_t stan;
	char merchant[16];
	uint8_t directive; /* of the last reply */
	bool reply_maced, reply_sealed;
	struct iso8583 in;
	struct iso8583_out out;
	uint8_t frame[FRAME_MAX];
	uint8_t got[FRAME_MAX];
};

struct node *node_make(struct front_fixture *f, int number,
                       enum suite suite); /* not connected; REQUIRE it */
void node_free(struct node **n);
result node_connect(struct node *n, enum terminal_port port);
void node_disconnect(struct node *n);

/* Hello and sign-in; F39 of the step that failed, "00", or "" when nothing came. */
const char *node_hello(struct node *n);
const char *node_sign_in(struct node *n);
const char *node_register(struct node *n);
const char *node_connect_and_sign_in(struct node *n);

/* --- requests --- */

struct sale {
	enum ytap_message word;
	uint64_t tsn, original;
	const char *card;
	int64_t amount;
	uint64_t reference; /* F37 */
	const char *operator_name;
	const char *pin; /* clear: sealed here */
	int64_t off_s;   /* clock of the node against ours */
	bool repeat;
	const char *merchant; /* NULL: the node's own */
};
void node_begin_sale(struct node *n, const struct sale *s);
/* Begin a message without money; F62 may be empty. */
void node_begin(struct node *n, enum ytap_message word, struct bytes bulk);

/* What was begun becomes a frame (without LEN) in n->frame; its length. */
size_t node_pack(struct node *n);
/* Send it and wait for the reply, which is in n->in; its F39, or "" when nothing came in time or
 * the line was closed. */
const char *node_send(struct node *n);
const char *node_send_frame(struct node *n, struct bytes payload);
const char *node_sell(struct node *n, uint64_t tsn, const char *card, int64_t amount);
/* Wait for one frame; "" as above. */
const char *node_receive(struct node *n, int64_t timeout_us);
uint64_t node_reference(struct node *n); /* F37 of the last reply */
int64_t node_balance(struct node *n);    /* first group of F54; -1 when there is none */
