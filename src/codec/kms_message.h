/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_message.h — messages of the secure computing service (安全计算服务, keys 16.1): a head of 16
 * bytes and a body of values with tags.
 *
 *   4F43 | version 01 | type 1 | operation 2 | status 2 | id 4 | length of the body 4 | body
 *   value: tag 2 | length 2 | content
 *
 * All numbers are big-endian. docs/service-protocol.md says which operation takes which values.
 */
#pragma once

#include "base/bytes.h"

enum {
	KMS_HEAD = 16,
	KMS_FRAME_MAX = 65536, /* head and body */
	KMS_BODY_MAX = KMS_FRAME_MAX - KMS_HEAD,
	KMS_VALUE_HEAD = 4,
	KMS_BATCH_MAX = 1000,   /* items of one message */
	KMS_IN_FLIGHT_MAX = 32, /* requests without an answer, of one connection */
	KMS_TAGS = 64,          /* tags are 1…KMS_TAGS-1 */
	KMS_OPS = 256,          /* operations are 1…KMS_OPS-1 */
};

enum kms_type { KMS_REQUEST = 1, KMS_RESPONSE = 2 };

enum kms_op {
	KMS_HELLO = 0x01,
	KMS_KEY_INFO = 0x02,
	KMS_ENCRYPT = 0x10,
	KMS_DECRYPT = 0x11,
	KMS_TRANSLATE = 0x12,
	KMS_MAC_MAKE = 0x20,
	KMS_MAC_VERIFY = 0x21,
	KMS_DIVERSIFY_WRAP = 0x30,
	KMS_DIVERSIFY_MAC = 0x31,
	KMS_LOAD = 0x32,
	KMS_PURCHASE = 0x33,
	KMS_TAC_VERIFY = 0x34,
	KMS_UNLOAD = 0x35,
	KMS_CARD_AUTH = 0x36,
	KMS_CARD_COMMAND = 0x37,
	KMS_CARD_KEYS = 0x40,
	KMS_PSAM_LOAD = 0x41,
	KMS_RSA_SIGN = 0x50,
	KMS_SDA_SIGN = 0x51,
	KMS_ICC_CERTIFICATE = 0x52,
	KMS_CHAIN_VERIFY = 0x53,
	KMS_ARQC_VERIFY = 0x58,
	KMS_SM2_SIGN = 0x60,
	KMS_SM2_VERIFY = 0x61,
	KMS_SM2_DECRYPT = 0x62,
	KMS_SM3 = 0x63,
	KMS_RANDOM = 0x70,
	KMS_RANDOM_KEY = 0x71, /* a random key, out under a KEK */
	KMS_SIGN_IN = 0x80,
	KMS_DAY_STATUS = 0x81,
	KMS_PIN_TOKEN = 0x83,
	KMS_SAM_KEYS = 0x84,
	KMS_TERMINAL_PSK = 0x85,
	KMS_PIN_TRANSLATE = 0x90,
	KMS_PING = 0xF0,
};

/* "tac-verify"; NULL for a number without a name. */
const char *kms_op_name(uint16_t op);
/* The number of a name; 0: there is none. */
uint16_t kms_op_find(struct str name);

enum kms_status {
	KMS_OK = 0x00,
	KMS_BAD_FRAME = 0x01,
	KMS_UNKNOWN_OP = 0x02,
	KMS_NOT_PERMITTED = 0x03,
	KMS_NO_KEY = 0x04,
	KMS_KEY_STATE = 0x05,
	KMS_KEY_USE = 0x06, /* usage or mode of the key */
	KMS_BAD_DATA = 0x07,
	KMS_INTEGRITY = 0x08, /* MAC, TAC, cryptogram, check value or signature is wrong */
	KMS_RATE = 0x09,
	KMS_BUSY = 0x0A,
	KMS_DEVICE_FAILED = 0x0B,
	KMS_LMK_MISSING = 0x0C,
	KMS_NOT_SIGNED_IN = 0x0D,
	KMS_INTERNAL = 0xFF,
};

/* "integrity"; "unknown" for a number outside the table. */
const char *kms_status_name(uint16_t status);

/* Tags 01 to 10 are those of keys 16.1; 11 to 1F are ours; 20 to 3F are for the operations of
 * terminals. */
enum kms_tag {
	KMS_TAG_LABEL = 0x01,      /* of the key */
	KMS_TAG_MODE = 0x02,       /* mode, kind, algorithm, step */
	KMS_TAG_IV = 0x03,         /* initial value */
	KMS_TAG_DATA = 0x04,       /* what is worked on */
	KMS_TAG_RESULT = 0x05,     /* what came of it */
	KMS_TAG_KCV = 0x06,        /* type 1 ‖ check value */
	KMS_TAG_FACTOR = 0x07,     /* of diversification, 8 bytes; repeated: levels */
	KMS_TAG_PAN = 0x08,        /* card number, cn in 10 bytes [‖ sequence number 1] */
	KMS_TAG_RANDOM = 0x09,     /* of the card; unpredictable number */
	KMS_TAG_SERIAL = 0x0A,     /* sequence numbers, counters */
	KMS_TAG_TERMINAL = 0x0B,   /* terminal number, 6 bytes */
	KMS_TAG_TIME = 0x0C,       /* date 4 ‖ time 3, BCD; expiry MMYY */
	KMS_TAG_AMOUNT = 0x0D,     /* fen, 4 bytes */
	KMS_TAG_TYPE = 0x0E,       /* transaction type (交易类型标识) */
	KMS_TAG_KEK = 0x0F,        /* label of the second key */
	KMS_TAG_FORMAT = 0x10,     /* of what goes out or comes in */
	KMS_TAG_PROOF = 0x11,      /* what has to be right: MAC, TAC, cryptogram, signature */
	KMS_TAG_BALANCE = 0x12,    /* fen, 4 bytes */
	KMS_TAG_KEK_FACTOR = 0x13, /* diversification of the second key */
	KMS_TAG_KEK_MODE = 0x14,   /* mode of the second key */
	KMS_TAG_KEK_IV = 0x15,     /* initial value of the second key */
	KMS_TAG_NAME = 0x16,       /* label of a derivation; user id of SM2 */
	KMS_TAG_MODULUS = 0x17,    /* of an RSA key; x ‖ y of an SM2 key */
	KMS_TAG_EXPONENT = 0x18,   /* 03 or 010001 */
	KMS_TAG_REMAINDER = 0x19,  /* of a certificate */
	KMS_TAG_CODE = 0x1A,       /* ARC, CSU, DAC */
	KMS_TAG_LENGTH = 0x1B,     /* bytes wanted, 2 bytes */
	KMS_TAG_PUBLIC = 0x1C,     /* public half of a pair */
	KMS_TAG_STATE = 0x1D,      /* of a key */
	KMS_TAG_USE = 0x1E,        /* usage 2 ‖ algorithm 1 ‖ mode 1 ‖ bits 2 */
	KMS_TAG_OPS = 0x1F,        /* operations, 2 bytes each */
};

/* --- frames --- */

struct kms_message {
	enum kms_type type;
	uint16_t op, status; /* status: 0 in requests */
	uint32_t id;         /* the answer has its request's; answers come in any order */
	struct bytes body;   /* borrowed */
};

/*
 * How long is the frame that begins here? 0: read on. KMS_FRAME_BROKEN: not such a frame, or longer
 * than KMS_FRAME_MAX; it says so as soon as that can be seen. Close the connection.
 */
result kms_frame_scan(struct bytes here, size_t *whole);
/* Take one whole frame apart (exactly what kms_frame_scan announced). KMS_FRAME_BROKEN. */
result kms_frame_parse(struct bytes whole, struct kms_message *out);
/* Write the head in front of a body of body_len bytes, which stands behind it or will; m->body is
 * not looked at. Returns the size of the frame. More than KMS_BODY_MAX: a broken promise. */
size_t kms_frame_head(const struct kms_message *m, size_t body_len, uint8_t at[KMS_HEAD]);

/* What becomes of a request: `body` writes into the caller's array behind room for the head. */
struct kms_answer {
	enum kms_status status;
	struct writer body;
};
/* frame: KMS_FRAME_MAX bytes. */
struct kms_answer kms_answer_of(uint8_t *frame);
/* The head before the body; the size of the frame. */
size_t kms_answer_frame(const struct kms_answer *a, const struct kms_message *request,
                        uint8_t *frame);

/* --- bodies, read --- */

struct kms_field {
	const uint8_t *first;       /* of the values with this tag */
	uint16_t len;               /* its length */
	uint16_t count;             /* how many there are, in the order of the body */
	uint16_t shortest, longest; /* of their lengths */
};

/* A body by tag; values are borrowed from it. Ask by the functions below. */
struct kms_fields {
	struct bytes body;
	uint16_t count;   /* values in all */
	uint64_t present; /* bit 1 << tag; what is in `at` of other tags means nothing */
	struct kms_field at[KMS_TAGS];
};
_Static_assert(KMS_TAGS <= 64, "a bit for each tag");

/* What a body may hold of one tag: `least` to `most` values of `min` to `max` bytes. */
struct kms_rule {
	uint8_t tag;
	uint16_t min, max;
	uint16_t least, most;
};

/* Take a body apart. KMS_FRAME_BROKEN: lengths do not add up. KMS_FIELD_WRONG: tag 0, or one beyond
 * the table. */
result kms_fields_read(struct bytes body, struct kms_fields *out);
/* Does it hold what the rules ask for, and nothing else? A tag without a rule is refused: what one
 * side takes to matter must not be passed over by the other. KMS_FIELD_WRONG. */
result kms_fields_check(const struct kms_fields *f, const struct kms_rule *rules, size_t count);

static inline bool kms_has(const struct kms_fields *f, unsigned tag)
{
	return f->present >> tag & 1;
}

/* How many values there are with a tag. */
static inline size_t kms_count(const struct kms_fields *f, unsigned tag)
{
	return kms_has(f, tag) ? f->at[tag].count : 0;
}

/* The first value with a tag; empty when there is none. */
static inline struct bytes kms_bytes(const struct kms_fields *f, unsigned tag)
{
	return kms_has(f, tag) ? bytes_of(f->at[tag].first, f->at[tag].len) : bytes_of(NULL, 0);
}

/* The same as text, and as a number of at most four bytes; 0 when there is none. */
struct str kms_str(const struct kms_fields *f, unsigned tag);
uint32_t kms_number(const struct kms_fields *f, unsigned tag);

/* All values with a tag, in order:
 * for (struct kms_values v = kms_values_of(f, tag); kms_values_next(&v, &value);) */
struct kms_values {
	const uint8_t *at;
	uint16_t tag, left;
};
struct kms_values kms_values_of(const struct kms_fields *f, unsigned tag);
bool kms_values_next(struct kms_values *v, struct bytes *out);

/* --- bodies, written; sticky in the writer --- */

void kms_put(struct writer *w, unsigned tag, struct bytes value);
void kms_put_str(struct writer *w, unsigned tag, struct str value);
void kms_put_number(struct writer *w, unsigned tag, uint32_t value, size_t len);
/* Tag and length, and `len` bytes for the caller to fill; NULL when they do not fit. */
uint8_t *kms_put_room(struct writer *w, unsigned tag, size_t len);
