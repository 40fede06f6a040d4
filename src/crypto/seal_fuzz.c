/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed text from outside never opens, and its point is one of the curve or refused; as a text
 * it is sealed and comes back, and with one byte changed it does not. */
#include "crypto/seal.h"

enum { INPUT_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct seal_key *key(void)
{
	static struct random_seeded random;
	static struct seal_key k;

	if (!k.pair) {
		random_seeded_init(&random, 9);
		ASSERT(is_ok(seal_key_open(&k, &random.source)));
	}
	return &k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t sealed[INPUT_MAX + SEAL_EXTRA], text[INPUT_MAX];
	struct writer s = writer_of(sealed, sizeof sealed), t = writer_of(text, sizeof text);
	struct bytes aad = bytes_of("fuzz", 4);

	if (!size || size > INPUT_MAX)
		return 0;
	ASSERT(!is_ok(seal_open(key(), aad, bytes_of(data, size), &t)));
	if (size >= SEAL_POINT)
		(void)is_ok(seal_make(data, aad, bytes_of(data, 1), random_system(), &s));
	s = writer_of(sealed, sizeof sealed);
	ASSERT(is_ok(seal_make(key()->recipient, aad, bytes_of(data, size), random_system(), &s)));
	ASSERT(is_ok(seal_open(key(), aad, writer_bytes(&s), &t)));
	ASSERT(t.len == size && memcmp(text, data, size) == 0);
	sealed[data[0] % s.len] ^= 0x10;
	ASSERT(!is_ok(seal_open(key(), aad, writer_bytes(&s), &t)));
	return 0;
}
