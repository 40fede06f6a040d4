/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include "crypto/envelope.h"

enum { BODY_MAX = 600 };

static const uint8_t tdk[SUITE_KEY_SIZE] = { 0x20, 0x21, 0x22 };
static const uint8_t hdr[ENVELOPE_HDR] = { 0x63, 0x01, 0x00, 0x00, 0x00, 0x01 };

static const enum suite suites[] = { SUITE_AES, SUITE_SM4 };

static void make_message(uint8_t *body, size_t len)
{
	for (size_t i = 0; i < len; i++)
		body[ENVELOPE_SEC + i] = (uint8_t)(i * 7 + len);
}

TEST(an_envelope_opens_to_its_message)
{
	const enum suite *suite;
	uint8_t body[BODY_MAX], want[BODY_MAX];

	EACH (suite, suites) {
		SCOPED(envelope_key_deinit) struct envelope_key k = { 0 };

		REQUIRE_OK(envelope_key_init(&k, *suite, tdk, 0x5A000001));
		for (size_t len = 0; len < BODY_MAX - ENVELOPE_EXTRA; len += 1 + len / 3) {
			struct envelope_sec sec;
			struct bytes message;

			make_message(body, len);
			memcpy(want, body + ENVELOPE_SEC, len);
			envelope_seal(&k, ENVELOPE_TO_NODE, 1000 + len, hdr, body, len);
			CHECK_OK(envelope_peek(bytes_of(body, len + ENVELOPE_EXTRA), &sec));
			CHECK_I64("", sec.counter, 1000 + len);
			CHECK_I64("", sec.session, 0x5A000001);
			CHECK_I64("", sec.direction, ENVELOPE_TO_NODE);
			CHECK_I64("", sec.suite, *suite);
			REQUIRE_OK(envelope_open(&k, ENVELOPE_TO_NODE, hdr, body,
			                         len + ENVELOPE_EXTRA, &message));
			CHECK_BYTES("", message, bytes_of(want, len));
		}
	}
}

/* REQ N2 of terminal-protocol 18.1: a bit flipped anywhere is refused, and so is a shortened
 * envelope. */
TEST(an_envelope_with_any_bit_changed_stays_closed)
{
	const enum suite *suite;
	uint8_t sealed[100 + ENVELOPE_EXTRA], body[sizeof sealed], header[ENVELOPE_HDR];
	struct bytes message;

	EACH (suite, suites) {
		SCOPED(envelope_key_deinit) struct envelope_key k = { 0 };
		int opened = 0;

		REQUIRE_OK(envelope_key_init(&k, *suite, tdk, 0x5A000001));
		make_message(sealed, 100);
		envelope_seal(&k, ENVELOPE_TO_HOST, 3, hdr, sealed, 100);
		for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
			memcpy(body, sealed, sizeof sealed);
			body[bit / 8] ^= (uint8_t)(1 << bit % 8);
			opened += is_ok(envelope_open(&k, ENVELOPE_TO_HOST, hdr, body, sizeof body,
			                              &message));
		}
		for (size_t bit = 0; bit < 8 * ENVELOPE_HDR; bit++) {
			memcpy(body, sealed, sizeof sealed);
			memcpy(header, hdr, sizeof header);
			header[bit / 8] ^= (uint8_t)(1 << bit % 8);
			opened += is_ok(envelope_open(&k, ENVELOPE_TO_HOST, header, body,
			                              sizeof body, &message));
		}
		for (size_t len = 0; len < sizeof sealed; len++) {
			memcpy(body, sealed, sizeof sealed);
			opened += is_ok(
			        envelope_open(&k, ENVELOPE_TO_HOST, hdr, body, len, &message));
		}
		CHECK_I64("", opened, 0);
	}
}

TEST(an_envelope_is_not_reflected_and_not_opened_by_another_session)
{
	SCOPED(envelope_key_deinit) struct envelope_key mine = { 0 };
	SCOPED(envelope_key_deinit) struct envelope_key other = { 0 };
	struct envelope_key none = { 0 };
	uint8_t body[20 + ENVELOPE_EXTRA];
	struct bytes message;

	REQUIRE_OK(envelope_key_init(&mine, SUITE_SM4, tdk, 1));
	REQUIRE_OK(envelope_key_init(&other, SUITE_SM4, tdk, 2));
	make_message(body, 20);
	envelope_seal(&mine, ENVELOPE_TO_HOST, 1, hdr, body, 20);
	CHECK_RESULT("reflected",
	             envelope_open(&mine, ENVELOPE_TO_NODE, hdr, body, sizeof body, &message),
	             ENVELOPE_BROKEN);
	CHECK_RESULT("session",
	             envelope_open(&other, ENVELOPE_TO_HOST, hdr, body, sizeof body, &message),
	             ENVELOPE_BROKEN);
	CHECK_OK(envelope_open(&mine, ENVELOPE_TO_HOST, hdr, body, sizeof body, &message));
	CHECK_RESULT("suite 3", envelope_key_init(&none, SUITE_3DES, tdk, 1), SUITE_UNSUPPORTED);
}
