/* SPDX-License-Identifier: Apache-2.0 */
/* enrol.h — a machine becomes a node: its authorisation card is read once, the host told, the SAM
 * written, the card marked used (terminal-protocol 5.3, 6; A1.3). */
#pragma once

#include "crypto/auth_card.h"

/* A transport key for the SAM that is to be, into a new file (mode 0600) that the first line of
 * another opens; its point is what the key officers ask for. FILE_READ, FILE_WRITE. */
result enrol_begin(const char *transport, const char *passphrase, uint8_t point[SEAL_POINT]);

struct enrol_order {
	const char *card, *transport, *passphrase, *sam; /* files */
	const char *pin;                                 /* of the card */
	const char *host;    /* "10.1.0.1:8583"; NULL: those the card names */
	const char *machine; /* its serial; NULL: made from /etc/machine-id */
};
/*
 * All of it. AUTHCARD_*, PASSPHRASE_WRONG; ENROL_REFUSED with the host's code when it says no,
 * CONNECT_FAILED when no host answers: then there is no SAM, and the card is as it was. Where only
 * the end of it failed, the same again completes it.
 */
result enrol_finish(const struct enrol_order *o, struct auth_card *card);
