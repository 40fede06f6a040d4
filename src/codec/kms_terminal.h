/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_terminal.h — what the platform of the same machine asks the key manager about its terminals:
 * operations 0080 to 0085, over a Unix socket only. Initial keys, KAUTH, KWRAP, TPK and PINs stay
 * in the key manager; the line's session keys come to the platform, which needs them for every
 * message.
 */
#pragma once

#include "codec/kms_message.h"

enum {
	KMS_TERMINAL_NODE = 16,    /* node id 8 ‖ SAM number 6 ‖ key version 1 ‖ suite 1 */
	KMS_TERMINAL_ITEM = 25,    /* and key day 4 ‖ sequence 1 ‖ session 4 */
	KMS_TERMINAL_KEYS = 80,    /* TAK 16 ‖ TDK 16 ‖ KREC 16 ‖ PSK 32 */
	KMS_TERMINAL_WRAPPED = 81, /* DF21 ‖ DF22 ‖ DF23, 27 bytes each at most */
	KMS_TERMINAL_COMPAT = 60,  /* F62 of an old terminal */
	KMS_TERMINAL_MACED_MAX = 2048,
	KMS_TERMINAL_BATCH = 250, /* items of one message: their answers fit into one */
};

/* First byte of KMS_TAG_MODE with KMS_SIGN_IN. */
enum kms_sign_in {
	/* hello: DATA = node, two RANDOM (RT, RH) → RESULT = CH */
	KMS_SIGN_IN_CHALLENGE = 1,
	/* proof: DATA = node, RANDOM RT, RANDOM RH, IV = bytes under F64, two PROOF (F64, CT), TIME
	 * = business date 4 → RESULT = bits (KMS_PROOF_…) ‖ key day 4 ‖ sequence 1 */
	KMS_SIGN_IN_PROOF = 2,
	/* keys: DATA = item, repeated → RESULT = keys ‖ wrapped, for each item */
	KMS_SIGN_IN_KEYS = 3,
	/* the same for terminals from before YTAP → RESULT = keys ‖ F62 */
	KMS_SIGN_IN_COMPAT = 4,
	/* reply to a registration: DATA = node, IV = bytes → RESULT = F64 under KAUTH */
	KMS_SIGN_IN_REPLY = 5,
};
enum { KMS_PROOF_MACED = 1, KMS_PROOF_CHALLENGE = 2 };

/* First byte of KMS_TAG_MODE with KMS_PIN_TOKEN. Both → RESULT = token 16. */
enum kms_pin_token {
	/* DATA = item of the session, IV = PIN block, PAN = card number in ASCII */
	KMS_PIN_OF_BLOCK = 1,
	/* IV = digits in ASCII */
	KMS_PIN_OF_DIGITS = 2,
};

/* Labels of the keys they work with. */
#define KMS_LABEL_TERMINAL_ROOT "SITE.TERM.ROOT" /* and the key version of the SAM: ".01" */
#define KMS_LABEL_PIN_TOKEN     "SITE.PIN.TOKEN.01"
#define KMS_LABEL_SAM_TEST      "SITE.SAM.TEST.01" /* transport key of SAMs on test sites; published */

/* Who a terminal is, and under which session. */
struct kms_terminal {
	uint8_t node[8], sam[6];
	uint8_t key_version, suite;
	uint32_t day; /* yyyymmdd */
	uint8_t sequence;
	uint32_t session;
};
/* KMS_TERMINAL_NODE or KMS_TERMINAL_ITEM bytes of it. */
void kms_terminal_write(const struct kms_terminal *t, size_t size, uint8_t *out);
void kms_terminal_read(struct bytes in, struct kms_terminal *out); /* of either size */
