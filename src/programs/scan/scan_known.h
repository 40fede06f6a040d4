/* SPDX-License-Identifier: Apache-2.0 */
/* scan_known.h — for the scan test: the secrets it knows, and where each was put. */
#pragma once

#include "programs/kms/process_testkit.h"
#include "programs/scan/secret_scan.h"

enum { SCAN_KEYS = 40, SCAN_COMPONENTS = 3 };

struct scan_known {
	struct secret_scan scan;
	struct secret keys[SCAN_KEYS];
	char components[SCAN_COMPONENTS][65]; /* in hexadecimal, as officers type them */
	char pin[13];                         /* of a card: twelve digits, none like it by chance */
	char passphrase[41];                  /* of a till's SAM */
};

/* Choose them at random, but for the published ones (TV-05). */
void scan_known_make(struct scan_known *k);
void scan_known_free(struct scan_known *k);
/* The keys go into a store whose process does not run: 40 values of several algorithms, half of
 * them kept in the device. */
void scan_known_store(struct scan_known *k, struct process_kit *p);
/* What officers and device have by now: passwords, PINs, app secrets, sessions, invitations. */
void scan_known_officers(struct scan_known *k, const struct process_kit *p);
/* The one line of a file is a secret. */
void scan_known_line(struct scan_known *k, const char *name, const char *path);
