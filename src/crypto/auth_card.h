/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_card.h — the authorisation card (授权卡, terminal-protocol 5.3) as a file: what a node is
 * told of itself and its initial key (TIK), for one registration. A PIN opens the file (argon2id,
 * then XChaCha20-Poly1305); the key in it is sealed once more for the transport key of one SAM, so
 * that card and PIN are of no use on another machine.
 */
#pragma once

#include "base/secret.h"
#include "base/time.h"
#include "crypto/passphrase.h"
#include "crypto/seal.h"
#include "crypto/suite.h"

enum {
	AUTH_CARD_SERIAL = 8, /* bytes */
	AUTH_CARD_SERIAL_TEXT = 2 * AUTH_CARD_SERIAL + 1,
	AUTH_CARD_NODE = 8,
	AUTH_CARD_SAM = 6, /* 12 digits BCD */
	AUTH_CARD_MERCHANT = 15,
	AUTH_CARD_SUITES = 4,
	AUTH_CARD_HOSTS = 128,
	AUTH_CARD_PRINT = 32, /* SHA-256 */
	AUTH_CARD_WRAPPED = SUITE_KEY_SIZE + SEAL_EXTRA,
	AUTH_CARD_BODY = 512,
	AUTH_CARD_FILE = AUTH_CARD_BODY + PASSPHRASE_EXTRA,
	AUTH_CARD_PIN_MIN = PASSPHRASE_MIN,
	AUTH_CARD_HOURS = 24, /* it is good for (terminal-protocol 6) */
};

/* Subsystem code and processor number (处理机号) are the first two pairs of the node id. */
struct auth_card {
	uint8_t serial[AUTH_CARD_SERIAL];
	char node[AUTH_CARD_NODE + 1]; /* F41 */
	uint8_t sam[AUTH_CARD_SAM];
	uint8_t key_version;                   /* of the terminal root */
	char merchant[AUTH_CARD_MERCHANT + 1]; /* F42 */
	uint8_t suites[AUTH_CARD_SUITES];
	size_t suite_count;
	char hosts[AUTH_CARD_HOSTS + 1];     /* "10.1.0.1:8583 10.1.0.2:8583" */
	uint8_t host_print[AUTH_CARD_PRINT]; /* of the host's certificate; zeros: none */
	struct instant not_before, not_after;
	uint8_t transport[AUTH_CARD_PRINT]; /* SHA-256 of the point it is sealed for */
	uint8_t wrapped[AUTH_CARD_WRAPPED];
};

/* The first six members name the card for its key: it does not open as another card's. */

/* Seal the TIK for a SAM's transport point, into a card that is filled in otherwise. SEAL_BROKEN.
 */
result auth_card_wrap(struct auth_card *card, const uint8_t transport[SEAL_POINT],
                      const struct secret *tik, struct random_source *random);
/* The TIK. DECLINE AUTHCARD_FOREIGN: sealed for another SAM, or another card's. */
result auth_card_unwrap(const struct auth_card *card, const struct seal_key *transport,
                        struct secret *tik);

/* A new file, AUTH_CARD_FILE bytes. AUTHCARD_FIELD (a member out of range), and what
 * passphrase_seal may say. */
result auth_card_seal(const struct auth_card *card, struct str pin, struct passphrase_cost cost,
                      struct random_source *random, struct writer *file);
/* What stands in the file of a card whose PIN was wrong too often. */
#define AUTH_CARD_LOCKED "YIKA-CARD-LOCKED\n"

/* DECLINE AUTHCARD_USED (the mark that auth_card_mark leaves), AUTHCARD_LOCKED, AUTHCARD_FORMAT
 * (something else), PASSPHRASE_WRONG (the PIN, or a changed file). */
result auth_card_open(struct bytes file, struct str pin, struct auth_card *out);
/* What is inside, in clear; for tests and fuzzing. */
result auth_card_parse(struct bytes body, struct auth_card *out);

/* DECLINE AUTHCARD_EXPIRED: its time is over, or has not come. */
result auth_card_require_now(const struct auth_card *card, struct instant now);
/* What stands in the file of a card that was used: nothing of it but its serial. */
enum { AUTH_CARD_MARK = 64 };
size_t auth_card_mark(const struct auth_card *card, char out[AUTH_CARD_MARK]);
const char *auth_card_serial_text(const uint8_t serial[AUTH_CARD_SERIAL],
                                  char out[AUTH_CARD_SERIAL_TEXT]);

/* --- transport key of a software SAM that is still empty --- */

enum { AUTH_TRANSPORT_FILE = SEAL_NUMBER + PASSPHRASE_EXTRA };

/* A key pair into a file that a passphrase opens; `point` goes to the key officers. */
result auth_transport_make(struct str passphrase, struct passphrase_cost cost,
                           struct random_source *random, uint8_t point[SEAL_POINT],
                           struct writer *file);
/* seal_key_close it. PASSPHRASE_*, SEAL_BROKEN. */
result auth_transport_open(struct bytes file, struct str passphrase, struct seal_key *out);
