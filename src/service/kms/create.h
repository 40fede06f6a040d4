/* SPDX-License-Identifier: Apache-2.0 */
/* create.h — a new store for the key manager: schema, and an invitation for the first officer; for
 * demonstrations and tests also keys that everybody knows. */
#pragma once

#include "base/time.h"
#include "domain/keys/officer.h"
#include "hsm/hsm_device.h"

/* The issuer of the platform's own keys, and the domain of its day roots. */
#define KMS_SITE "SITE"

struct kms_order {
	const char *dsn;
	const struct hsm_address *device;
	struct instant now;
	/* Also install the published test master key and what a platform needs: such a site is
	 * marked as a test on every screen, and never becomes live. */
	bool test_keys;
	struct bizdate day; /* of the first day root, with test_keys */
};

/* The first officer, "mk": who may bring the others in. */
#define KMS_FIRST_OFFICER "mk"

/* Make the store and its schema, and invite the first officer. MASTER_STATE when there is something
 * in it already; what store and device say. The caller wipes the invitation. */
result kms_create(const struct kms_order *order, char invitation[OFFICER_INVITE_SIZE]);

/*
 * The keys a platform works with (terminal-protocol 5.1, keys 15.1): SITE.TERM.ROOT, from which the
 * initial keys of SAMs follow, SITE.PIN.TOKEN, under which PINs are kept, and the first day root.
 * Definitions that are there already stay. MASTER_NONE.
 */
result kms_make_site_keys(struct key_act *act, struct bizdate day);
/* How many of them, the first day root among them, are not there yet. */
result kms_site_keys_missing(struct key_act *act, size_t *count);
