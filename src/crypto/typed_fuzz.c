/* SPDX-License-Identifier: Apache-2.0 */
/* What people type: secrets of one-time codes, which come back as they were, codes, and shares: two
 * halves of the input. */
#include "crypto/shamir.h"
#include "crypto/totp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_secret(struct str text)
{
	struct secret secret = { .len = 0 };
	struct totp t = { &secret, TOTP_DIGITS };
	char again[TOTP_SECRET_TEXT_SIZE];
	uint64_t step;

	if (!is_ok(totp_secret_parse(text, &secret)))
		return;
	totp_secret_text(&secret, again);
	ASSERT(strlen(again) == text.len && strncasecmp(again, text.at, text.len) == 0);
	(void)is_ok(totp_check(&t, (struct instant){ 59 * (int64_t)SECOND_US }, text, &step));
}

/* Two shares that combine are two points of one line: it goes through the secret at 0. */
static void combine(const uint8_t *data, size_t size)
{
	struct secret shares[2] = { { .len = size / 2 }, { .len = size - size / 2 } };
	struct secret secret = { .len = 0 };

	if (size - size / 2 > SECRET_MAX)
		return;
	memcpy(shares[0].at, data, shares[0].len);
	memcpy(shares[1].at, data + shares[0].len, shares[1].len);
	if (is_ok(shamir_combine(shares, 2, &secret)))
		ASSERT(secret.len == shares[0].len - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	read_secret((struct str){ (const char *)data, size });
	combine(data, size);
	return 0;
}
