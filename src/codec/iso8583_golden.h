/* SPDX-License-Identifier: Apache-2.0 */
/* iso8583_golden.h — the messages of section 19 by name, and a message read by type and set anew;
 * for tests. */
#pragma once

#include "harness/test.h"
#include "vectors/vectors.h"

#include "base/rand.h"
#include "codec/iso8583_message.h"
#include "codec/iso8583_table.h"

#define MESSAGES "ytap/messages.txt"

static const struct {
	const char *name;
	enum ytap_message word;
	bool has_mac;
} golden[] = {
	{ "hello", YTAP_HELLO, false },         { "hello-reply", YTAP_HELLO, false },
	{ "sign-in", YTAP_SIGN_IN, true },      { "sign-in-reply", YTAP_SIGN_IN, true },
	{ "purchase", YTAP_PURCHASE, true },    { "purchase-reply", YTAP_PURCHASE, true },
	{ "reversal", YTAP_REVERSAL, true },    { "upload", YTAP_UPLOAD, true },
	{ "upload-reply", YTAP_UPLOAD, true },  { "push", YTAP_LIST_PUSH, true },
	{ "push-reply", YTAP_LIST_PUSH, true },
};

static struct iso8583 in, again;
static struct iso8583_out out;
static uint8_t built[ISO8583_MESSAGE_MAX];

/* Everything a message holds, read by type and set anew in another dialect. */
static void rebuild(struct iso8583 *from, enum iso8583_dialect dialect)
{
	iso8583_begin(&out, dialect, from->mti);
	for (unsigned n = F_MAC - 1; n > 1;
	     n--) { /* backwards: the order of setting does not matter */
		if (!iso8583_has(from, n))
			continue;
		if (iso8583_fields[n].type == ISO8583_TYPE_B)
			iso8583_set_bytes(&out, n, iso8583_bytes(from, n));
		else
			iso8583_set_str(&out, n, iso8583_str(from, n));
	}
	CHECK_OK(iso8583_done(from));
}
