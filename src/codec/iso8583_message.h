/* SPDX-License-Identifier: Apache-2.0 */
/* iso8583_message.h — the transactions: which message is this, and does it hold what it must
 * (api/ytap/messages.def). */
#pragma once

#include "codec/iso8583.h"

/* The transaction words. */
enum ytap_message {
#define YTAP_PRESENCE(set, request, reply)
#define YTAP_ALIAS(word, mti, code)
#define YTAP_MESSAGE(word, mti, f3, f25, class, code, set, sender, text) YTAP_##word,
#include "ytap/messages.def"
#undef YTAP_MESSAGE
#undef YTAP_ALIAS
#undef YTAP_PRESENCE
	YTAP_MESSAGE_COUNT
};

enum iso8583_sender { ISO8583_FROM_NODE, ISO8583_FROM_HOST };

enum {
	ISO8583_NONE = 1 << 24, /* the field is not sent */
	ISO8583_ANY = 1 << 25,  /* as in the original */
};

/* Fields of a request and of its reply: bits as iso8583_bit gives them. */
struct iso8583_presence {
	uint64_t request, reply;
};

/* One row of the table. */
struct iso8583_message {
	enum ytap_message word;
	uint16_t mti;                                     /* of the request, 0x0200 */
	uint32_t f3, f25, class, code;                    /* BCD, ISO8583_NONE or ISO8583_ANY */
	enum iso8583_sender sender;                       /* of the request */
	const struct iso8583_presence *must, *may, *echo; /* may holds all of them */
	const char *name;                                 /* "PURCHASE" */
	const char *text;                                 /* "purchase" */
};

/* The row of a word; never NULL. */
const struct iso8583_message *iso8583_message_of(enum ytap_message word);

/* The row of a message, request or reply; NULL when no transaction looks like it. Aliases give
 * their word's row. */
const struct iso8583_message *iso8583_message_find(struct iso8583 *in);

/* Is it a reply (third digit of the MTI odd)? Is it a repeat (fourth digit odd)? */
static inline bool iso8583_is_reply(const struct iso8583 *in)
{
	return (in->mti & 0x10) != 0;
}

static inline bool iso8583_is_repeat(const struct iso8583 *in)
{
	return (in->mti & 0x01) != 0;
}

/*
 * Presence: ISO8583_MISSING or ISO8583_FORBIDDEN, the detail names the field. Of a reply whose F39
 * is not 00 only the echoes of what every request has (11, 41, 42, 60) and 12, 13, 39 are asked
 * for; F64 may be absent only for 77, 97 and A0.
 */
result iso8583_check(const struct iso8583_message *row, const struct iso8583 *in);
/* The same; the pardoned fields (bits as in the bitmap) may be missing. */
result iso8583_check_but(const struct iso8583_message *row, const struct iso8583 *in,
                         uint64_t pardoned);

/* Put F3, F25 and F60 of a word (batch as given) into a request that begins with its MTI. Not for
 * REVERSAL. */
void iso8583_begin_request(struct iso8583_out *out, enum iso8583_dialect dialect,
                           enum ytap_message word, uint32_t batch);
