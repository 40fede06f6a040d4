/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/totp.h"

#include <openssl/evp.h>
#include <stdio.h>

enum {
	SHA1_SIZE = 20,
	DIGITS_MIN = 6,
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static result check_form(const struct totp *t)
{
	if (t->secret->len < TOTP_SECRET_MIN || t->secret->len > TOTP_SECRET_MAX ||
	    t->digits < DIGITS_MIN || t->digits > TOTP_DIGITS_MAX)
		return FAIL(INVALID_KEY, "%u digits from a secret of %zu bytes", t->digits,
		            t->secret->len);
	return OK;
}

uint64_t totp_step(struct instant at)
{
	return at.us < 0 ? 0 : (uint64_t)at.us / SECOND_US / TOTP_STEP_S;
}

/* RFC 4226 5.3 */
result totp_code(const struct totp *t, uint64_t step, char out[TOTP_CODE_SIZE])
{
	uint8_t counter[8], mac[SHA1_SIZE];
	uint32_t number;
	size_t len = 0;

	TRY(check_form(t));
	store_be64(counter, step);
	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, t->secret->at, t->secret->len, counter,
	               sizeof counter, mac, sizeof mac, &len) ||
	    len != sizeof mac)
		return FAIL(CRYPTO_FAULT, "HMAC-SHA-1 is not to be had");
	number = load_be32(mac + (mac[SHA1_SIZE - 1] & 0x0F)) & 0x7FFFFFFF;
	for (size_t i = t->digits; i > 0; i--, number /= 10)
		out[i - 1] = (char)('0' + number % 10);
	out[t->digits] = '\0';
	secret_wipe_bytes(mac, sizeof mac);
	return OK;
}

/* Every step is compared, also after one that is right. */
result totp_check(const struct totp *t, struct instant now, struct str code, uint64_t *step)
{
	uint64_t current = totp_step(now), found = 0;
	uint64_t first = current < TOTP_DRIFT_STEPS ? 0 : current - TOTP_DRIFT_STEPS;
	char right[TOTP_CODE_SIZE] = { 0 };
	bool any = false;
	result r = OK;

	for (uint64_t s = first; is_ok(r) && s <= current + TOTP_DRIFT_STEPS; s++) {
		bool is_it;

		r = totp_code(t, s, right);
		is_it = is_ok(r) && bytes_equal_secret(bytes_of(right, t->digits), str_bytes(code));
		found = is_it ? s : found;
		any |= is_it;
	}
	secret_wipe_bytes(right, sizeof right);
	TRY(r);
	if (!any)
		return FAIL(TOTP_WRONG, "no code of step %llu", (unsigned long long)current);
	*step = found;
	return OK;
}

/* RFC 4648 6 */
void totp_secret_text(const struct secret *secret, char out[TOTP_SECRET_TEXT_SIZE])
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < secret->len; i++) {
		held = (held << 8 | secret->at[i]) & 0xFFFF;
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[held >> (bits - 5) & 31];
	}
	if (bits)
		*out++ = alphabet[held << (5 - bits) & 31];
	*out = '\0';
}

static int value_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* The bytes of characters that were looked at already; what is left over of the last one. */
static unsigned decode(struct str text, uint8_t *out)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		held = (held << 5 | (unsigned)value_of(text.at[i])) & 0xFFFF;
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		*out++ = (uint8_t)(held >> bits);
	}
	return held & ((1u << bits) - 1);
}

result totp_secret_parse(struct str text, struct secret *out)
{
	SCOPED(secret_wipe) struct secret s = { .len = text.len * 5 / 8 };

	if (text.len >= TOTP_SECRET_TEXT_SIZE || s.len < TOTP_SECRET_MIN ||
	    text.len != (s.len * 8 + 4) / 5)
		return FAIL(TOTP_SECRET_BAD, "%zu characters", text.len);
	for (size_t i = 0; i < text.len; i++)
		if (value_of(text.at[i]) < 0)
			return FAIL(TOTP_SECRET_BAD, "character %zu", i + 1);
	if (decode(text, s.at))
		return FAIL(TOTP_SECRET_BAD, "the last character");
	*out = s;
	return OK;
}

/* RFC 3986 2.1, 2.3 */
static void put_escaped(struct writer *w, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i], escaped[4];
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		                (c >= 'a' && c <= 'z') || (c && strchr("-._~", c));

		if (is_plain) {
			writer_u8(w, (uint8_t)c);
			continue;
		}
		snprintf(escaped, sizeof escaped, "%%%02X", (uint8_t)c);
		writer_str(w, str_of(escaped));
	}
}

static result check_name(struct str name)
{
	if (name.len == 0 || name.len > TOTP_NAME_MAX || !str_is_utf8(name))
		return FAIL(INVALID_TEXT, "a name of %zu bytes", name.len);
	return OK;
}

result totp_uri(const struct totp *t, struct str issuer, struct str account, struct writer *out)
{
	char secret[TOTP_SECRET_TEXT_SIZE], tail[48];

	TRY(check_form(t));
	TRY(check_name(issuer));
	TRY(check_name(account));
	snprintf(tail, sizeof tail, "&algorithm=SHA1&digits=%u&period=%d", t->digits, TOTP_STEP_S);
	writer_str(out, STR("otpauth://totp/"));
	put_escaped(out, issuer);
	writer_u8(out, ':');
	put_escaped(out, account);
	writer_str(out, STR("?secret="));
	totp_secret_text(t->secret, secret);
	writer_str(out, str_of(secret));
	secret_wipe_bytes(secret, sizeof secret);
	writer_str(out, STR("&issuer="));
	put_escaped(out, issuer);
	writer_str(out, str_of(tail));
	return writer_done(out);
}
