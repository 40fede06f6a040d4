/* SPDX-License-Identifier: Apache-2.0 */
/* totp.h — one-time codes (动态口令) of authenticator apps: RFC 6238 with HMAC-SHA-1 and steps of
 * 30 seconds. */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"

enum {
	TOTP_STEP_S = 30,
	TOTP_DIGITS = 6, /* what apps show unless told otherwise */
	TOTP_DIGITS_MAX = 8,
	TOTP_CODE_SIZE = TOTP_DIGITS_MAX + 1, /* text with NUL */
	TOTP_DRIFT_STEPS = 1,                 /* a clock may be so many steps off, either way */
	TOTP_SECRET_SIZE = 20,                /* of a new secret, RFC 4226 4 */
	TOTP_SECRET_MIN = 16,
	TOTP_SECRET_MAX = SECRET_MAX,
	TOTP_SECRET_TEXT_SIZE = (TOTP_SECRET_MAX * 8 + 4) / 5 + 1, /* with NUL */
	TOTP_NAME_MAX = 64,                                        /* bytes of issuer and account */
};

/* secret: TOTP_SECRET_MIN…TOTP_SECRET_MAX bytes; digits: 6…8. Else INVALID_KEY. */
struct totp {
	const struct secret *secret; /* borrowed */
	uint8_t digits;
};

uint64_t totp_step(struct instant at); /* whole steps since 1970 */
/* The code of one step: digits, NUL-ended. INVALID_KEY, CRYPTO_FAULT. */
result totp_code(const struct totp *t, uint64_t step, char out[TOTP_CODE_SIZE]);

/*
 * Is it the code of now, or of a step beside it? *step is then the step it belongs to (the later
 * one, should it be two); the caller refuses a code whose step is not above the last one it took.
 * Takes the same time whatever differs. TOTP_WRONG, INVALID_KEY, CRYPTO_FAULT.
 */
result totp_check(const struct totp *t, struct instant now, struct str code, uint64_t *step);

/* Base32 of RFC 4648 without padding; upper case, NUL-ended. The caller wipes the text. */
void totp_secret_text(const struct secret *secret, char out[TOTP_SECRET_TEXT_SIZE]);
/* Letters of either case. TOTP_SECRET_BAD for other characters, a length that no secret has, bits
 * left over; *out is then untouched. */
result totp_secret_parse(struct str text, struct secret *out);

/*
 * Append what an app reads from a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=… Names are UTF-8
 * of 1…TOTP_NAME_MAX bytes. It holds the secret: the caller wipes it. INVALID_KEY, INVALID_TEXT,
 * BUFFER_FULL.
 */
result totp_uri(const struct totp *t, struct str issuer, struct str account, struct writer *out);
