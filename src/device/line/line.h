/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h — a node's end of its session with the host, without I/O: hello and sign-in, messages
 * packed, MACed and sealed, replies opened and checked (terminal-protocol 5, 7, 8). Tills, replays
 * and load generators drive it over whatever carries frames.
 */
#pragma once

#include "base/rand.h"
#include "codec/iso8583_message.h"
#include "codec/tlv.h"
#include "crypto/envelope.h"
#include "device/pos/sam.h"

enum {
	LINE_FRAME_MAX = 16383, /* bytes of a frame without LEN */
	LINE_FRAME_ROOM = 1024, /* enough for every message but uploads */
	LINE_SOFTWARE_MAX = 32,
	LINE_CARD = 8, /* serial of an authorisation card */
	LINE_HASH = 32,
};

enum line_state {
	LINE_CLOSED,  /* no session: line_hello comes next */
	LINE_HELLO,   /* hello sent */
	LINE_SIGN_IN, /* sign-in sent */
	LINE_READY,   /* session there */
};

/* What the host said at sign-in. */
struct line_facts {
	struct bizdate business_date;
	struct instant host_time;
	uint64_t valid_until; /* yyyymmddhhmmss, local; DF25 */
	uint64_t tsn_floor;   /* DF26 */
	uint64_t list_sequence;
	uint32_t batch; /* F60.2 */
};

/* What a node registers with, instead of signing in (terminal-protocol 6). */
struct line_enrolment {
	uint8_t card[LINE_CARD];
	struct str machine;          /* its serial, 1…32 printable characters */
	uint8_t software[LINE_HASH]; /* SHA-256 */
};

struct line {
	const struct sam *sam;                  /* borrowed */
	const struct line_enrolment *enrolment; /* borrowed; NULL: sign in */
	struct random_source *random;
	enum suite suite;
	enum line_state state;
	bool plain;          /* never seal: for hosts that allow it */
	uint8_t node_status; /* enum frame_node_status, sent in every header */
	uint32_t stan;       /* of the latest sign-in message */
	uint8_t rt[SAM_CHALLENGE_LEN], rh[SAM_CHALLENGE_LEN];
	uint32_t session;
	uint64_t send_counter, receive_counter;
	struct envelope_key envelope;
	struct mac_key mac;
	struct secret tpk;
	struct line_facts facts;
};

/* A reply, or what else came. */
enum line_event {
	LINE_NOTHING,     /* not for us, or unreadable: ignored */
	LINE_SEND,        /* sign-in to be sent: it is in `out` */
	LINE_SIGNED_IN,   /* the session is there */
	LINE_REGISTERED,  /* the host knows the node now; there is no session */
	LINE_RETRY_LATER, /* hello answered 91: wait `retry_s` */
	LINE_REFUSED,     /* hello or sign-in refused: code */
	LINE_REPLY,       /* a reply with right F64, in *message */
	LINE_HINT,        /* an unsigned 77, 97 or A0: sign in again, believe nothing else */
	LINE_PUSH,        /* a message of the host (0822) with right F64 */
};

struct line_input {
	enum line_event event;
	char code[3];      /* F39; empty when there is none */
	uint8_t directive; /* enum frame_directive */
	uint16_t retry_s;
};

/* Zero-initialised storage. The SAM and the random source outlive it. */
void line_init(struct line *l, const struct sam *sam, enum suite suite,
               struct random_source *random);
void line_deinit(struct line *l); /* wipes */
/* The connection is gone; the session stays usable on the next one. */
void line_lost(struct line *l);

/* What line_hello and sign-in carry beside keys. */
struct line_greeting {
	struct instant now;
	uint64_t low_water;       /* DF18: lowest unresolved TSN */
	uint32_t list_sequence;   /* DF04 */
	struct str operator_name; /* F63, may be empty */
	struct str software;      /* DF14 */
};

/* Begin a sign-in: the frame to send (without LEN) in out[0…size). Any older session stays usable
 * until the new one is there. */
result line_hello(struct line *l, const struct line_greeting *g, uint8_t *out, size_t size,
                  size_t *len);

/*
 * Take one frame (without LEN; opened in place). For LINE_SEND the frame to send is in out. For
 * LINE_REPLY and LINE_PUSH *message is parsed, borrowed from the frame. A frame that is damaged,
 * replayed or wrongly MACed is LINE_NOTHING.
 */
struct line_input line_receive(struct line *l, const struct line_greeting *g, uint8_t *frame,
                               size_t frame_len, struct iso8583 *message, struct writer *out);

/*
 * Pack a message that has all its fields but 41, 42 and 64: identity, F64 and envelope are added.
 * The frame (without LEN) goes to at[0…size). LINE_NO_SESSION unless signed in; BUFFER_FULL,
 * ISO8583_VALUE.
 */
result line_pack(struct line *l, struct iso8583_out *message, uint8_t *at, size_t size,
                 size_t *len);

/* --- many lines in one program --- */

/*
 * A frame of one of many lines. line_open_many computes envelope and F64 of all of them at once;
 * line_receive_opened then does what line_receive does, one after the other in the order of
 * arrival.
 */
struct line_frame {
	struct line *line;
	uint8_t *at; /* without LEN; opened in place */
	size_t len;
	/* out */
	uint32_t session; /* with whose keys; 0: not tried */
	bool right;       /* tag of the envelope */
	struct bytes message;
	uint8_t f64[F64_SIZE]; /* of all but the last eight bytes of the message */
};
void line_open_many(struct line_frame *frames, size_t count);
struct line_input line_receive_opened(const struct line_frame *frame, const struct line_greeting *g,
                                      struct iso8583 *message, struct writer *out);

/* line_pack but for F64 and envelope, which line_finish_many computes for many at once. The session
 * stays the same in between. */
struct line_packed {
	struct line *line;
	uint8_t *at, *body;
	size_t len, message_len;
	uint64_t counter;
};
result line_pack_later(struct line *l, struct iso8583_out *message, uint8_t *at, size_t size,
                       struct line_packed *out);
void line_finish_many(struct line_packed *packed, size_t count);

/* STAN of a TSN: TSN mod 1 000 000, 000000 skipped (terminal-protocol 2). */
uint32_t line_stan(uint64_t tsn);

/* --- messages --- */

/* One transaction as a node asks for it. */
struct line_request {
	enum ytap_message word; /* PURCHASE, VOID, REFUND, BALANCE, TOP_UP, TOP_UP_VOID */
	uint64_t tsn, original_tsn;
	struct str card_no;
	struct money amount;
	struct instant at;  /* the node's clock */
	struct bizdate day; /* the node's business day */
	uint32_t list_sequence;
	uint16_t entry_mode;           /* F22 as digits, 0x072 */
	struct str original_reference; /* F37, may be empty */
	struct str operator_name;      /* F63 of void and refund: who allows it; may be empty */
	struct str cashier;            /* DF06, may be empty */
	struct bytes pin_block;        /* DF28, 16 bytes or empty */
	uint8_t meal;                  /* DF05, 0 none */
};

/* Begin the request; repeat: MTI xxx1. */
void line_request(const struct line *l, const struct line_request *r, bool repeat,
                  struct iso8583_out *out);
/* The reversal of `r` under its own number; reason: F39, two characters. */
void line_reversal(const struct line *l, const struct line_request *r, uint64_t tsn,
                   struct str reason, bool repeat, struct iso8583_out *out);

/* Stored records, each RECORD_SIZE bytes, as one 0320 (DF70 = sequence). */
struct line_upload {
	uint64_t sequence;
	struct instant at;
	const uint8_t *records; /* count × RECORD_SIZE, in a run */
	size_t count;           /* 1…RECORD_UPLOAD_MAX */
};
void line_upload(const struct line *l, const struct line_upload *u, bool repeat,
                 struct iso8583_out *out);
/* A message of network management without F62: echo, time, sign-off. */
void line_manage(const struct line *l, enum ytap_message word, struct instant at, uint32_t stan,
                 struct iso8583_out *out);

/* What a reply says of a transaction. */
struct line_answer {
	uint64_t tsn; /* DF01 */
	char code[3], reference[13], approval[7];
	bool has_balance;
	struct money balance;   /* first group of F54 */
	uint32_t business_date; /* F15 with the node's year is not known here: MMDD as 0xMMDD */
};
/* ISO8583_*, TLV_*: the reply lacks what it must have. */
result line_answer(struct iso8583 *reply, struct line_answer *out);
