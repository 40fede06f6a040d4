/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: the suite. A body from outside never opens; the same bytes sealed do, and only
 * unchanged. */
#include "crypto/envelope.h"

enum { INPUT_MAX = 2048, AMONG = 7 };

static const uint8_t hdr[ENVELOPE_HDR] = { 0x63, 0x01 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct envelope_key *key_of(bool sm4)
{
	static const uint8_t tdk[SUITE_KEY_SIZE] = { 0x20, 0x21, 0x22 };
	static struct envelope_key keys[2];

	if (!keys[sm4].suite)
		ASSERT(is_ok(envelope_key_init(&keys[sm4], sm4 ? SUITE_SM4 : SUITE_AES, tdk,
		                               0x5A000001)));
	return &keys[sm4];
}

/* Among sealed ones of both suites, what came from outside marks itself only. */
static void open_among_others(const uint8_t *data, size_t size)
{
	static uint8_t bodies[AMONG][INPUT_MAX + ENVELOPE_EXTRA];
	struct envelope_item items[AMONG];
	size_t odd = data[0] % AMONG;

	for (size_t i = 0; i < AMONG; i++) {
		items[i] = (struct envelope_item){ .key = key_of(i % 3 != 0),
			                           .direction = ENVELOPE_TO_HOST,
			                           .counter = i,
			                           .hdr = hdr,
			                           .body = bodies[i],
			                           .len = size * (i + 1) % 64 };
		memcpy(bodies[i] + ENVELOPE_SEC, data, items[i].len < size ? items[i].len : size);
	}
	envelope_seal_many(items, AMONG);
	for (size_t i = 0; i < AMONG; i++)
		items[i].len += ENVELOPE_EXTRA;
	memcpy(bodies[odd], data, size);
	items[odd].len = size;
	envelope_open_many(items, AMONG);
	for (size_t i = 0; i < AMONG; i++)
		ASSERT(items[i].right == (i != odd));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t body[INPUT_MAX + ENVELOPE_EXTRA];
	struct envelope_key *k;
	struct bytes message;

	if (!size || size > INPUT_MAX)
		return 0;
	open_among_others(data, size);
	k = key_of(data[0] & 1);
	memcpy(body, data + 1, size - 1);
	ASSERT(!is_ok(envelope_open(k, ENVELOPE_TO_HOST, hdr, body, size - 1, &message)));
	memcpy(body + ENVELOPE_SEC, data + 1, size - 1);
	envelope_seal(k, ENVELOPE_TO_HOST, size, hdr, body, size - 1);
	body[data[0] % (size - 1 + ENVELOPE_EXTRA)] ^= data[0];
	ASSERT(is_ok(envelope_open(k, ENVELOPE_TO_HOST, hdr, body, size - 1 + ENVELOPE_EXTRA,
	                           &message)) == !data[0]);
	return 0;
}
