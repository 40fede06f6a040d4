/* SPDX-License-Identifier: Apache-2.0 */
/* job.h — one message from its frame to its reply: what the reply repeats, what the writer does,
 * what came of it. */
#pragma once

#include "codec/frame.h"
#include "codec/iso8583_message.h"
#include "codec/tlv.h"
#include "codec/ytap_tags.h"
#include "crypto/ytap_keys.h"
#include "net/address.h"
#include "service/terminal/live.h"
#include "service/terminal/keyring.h"
#include "service/terminal/terminal_front.h"

enum {
	TERMINAL_SUITES_MAX = 4, /* offered in DF10 */
};

/* What a reply repeats of its request, and how it travels. */
struct terminal_head {
	enum frame_kind kind;
	enum iso8583_dialect dialect;
	bool sealed;
	struct frame frame; /* without body and hdr */
	uint16_t mti;       /* of the request; 0 when nothing could be read */
	uint64_t bitmap;
	char card_no[CARD_NO_MAX + 1];
	uint32_t processing, stan, condition;
	int64_t amount_fen;
	char node[TERMINAL_NODE_ID_LEN + 1];
	char merchant[MERCHANT_NO_MAX + 1]; /* with its pads */
	char currency[4];
	struct iso8583_control control;
};

struct terminal_job;

/* A question to the key manager, and who goes on when it is answered; on the front's thread. */
struct front_ask {
	struct keyring_ask keyring; /* first */
	void (*done)(struct terminal_front *f, struct front_ask *a);
	struct terminal_job *job;             /* owned; NULL: none */
	struct terminal_handshake *handshake; /* owned; NULL: none */
	uint32_t session;                     /* whose keys are asked for; 0: none */
	struct front_ask *next;               /* of the free list */
};

/* Hello and sign-in, between the two: bound to a line and a node, used once, valid 10 s. */
struct terminal_handshake {
	struct terminal_handshake *next;
	uint64_t line;
	int64_t made_us;
	struct ytap_handshake proof;
	struct front_ask ask;
	bool busy;          /* asked; it is not given up before it is answered */
	bool dead;          /* but then */
	bool offer_changed; /* between hello and sign-in (5.2) */
	uint8_t offered[TERMINAL_SUITES_MAX];
	size_t offered_count;
	uint8_t ch[YTAP_CHALLENGE_SIZE];
	uint8_t wrapped[KMS_TERMINAL_WRAPPED]; /* DF21 to DF23, each of its suite's size */
	size_t wrapped_len;
	uint8_t bytes[KEYRING_MACED_MAX]; /* under F64: the node's sign-in, our answer to register
	                                   */
	size_t bytes_len;
};

/* For the writer: a node asks to sign in, or to be known. */
struct terminal_greeting {
	struct terminal_handshake *handshake; /* sign-in: owned */
	char node[TERMINAL_NODE_ID_LEN + 1];
	uint8_t sam_no[TERMINAL_SAM_NO_LEN], key_version;
	uint8_t rt[YTAP_CHALLENGE_SIZE];
	uint8_t offered[TERMINAL_SUITES_MAX];
	size_t offered_count;
	bool memory_lost;                /* no DF18 */
	char address[ADDRESS_TEXT_SIZE]; /* compatibility sign-in: where it comes from */
	/* out */
	struct terminal row;
	char merchant_no[MERCHANT_NO_MAX + 1];
	struct terminal_session session;
	struct instant renew_at;
	uint64_t tsn_floor;
	struct bizdate business_date;
	uint8_t working_keys[KMS_TERMINAL_COMPAT]; /* compatibility sign-in: F62 */
};

/* For the writer: what must survive a restart of the host. */
enum terminal_note_kind { TERMINAL_NOTE_ACTIVE, TERMINAL_NOTE_RESERVE, TERMINAL_NOTE_CLOSED };
struct terminal_note {
	enum terminal_note_kind what;
	uint32_t session;
	uint64_t value; /* receive high-water; out: reserved */
};

struct terminal_message;

/* One message under way. Pooled; `request` goes to the writer and comes back. */
struct terminal_job {
	struct ledger_request request;
	struct terminal_front *front;
	struct terminal_job *next;
	void (*complete)(struct terminal_front *f,
	                 struct terminal_job *job); /* on the front's thread */
	const struct terminal_message *message;
	const struct iso8583_message *row;
	struct live_node *node;
	uint64_t line;             /* frame_conn_id */
	uint32_t session;          /* whose keys the reply is under; 0: none */
	struct live_session *live; /* its storage; another one's by now when the id differs */
	struct terminal_head head;
	uint64_t tsn; /* DF01, echoed */
	union {
		struct payment_request payment;
		struct payment_settlement settlement;
		struct terminal_greeting greeting;
		struct terminal_note note;
		struct terminal_alarm alarm;
		uint64_t upload_sequence; /* DF70 */
		uint32_t deregister;      /* terminal id */
	} ask;
	struct payment_answer answer;
	struct payment_upload *upload; /* pooled too */
	bool kept;                     /* `complete` took it along: it is not given back yet */
	bool has_pin_block;            /* the key manager is asked before the writer */
	struct front_ask pin;          /* about that, or a compatibility sign-in's keys */
	struct instant now;            /* reply's host clock when the journal does not say it */
};
