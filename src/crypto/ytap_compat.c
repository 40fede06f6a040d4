/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ytap_compat.h"

#include "crypto/cipher.h"

static result wrap(struct cipher_key *master, const uint8_t key[SUITE_KEY_SIZE], uint8_t *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key working = { 0 };
	uint8_t zeros[8] = { 0 };

	TRY(cipher_key_init(&working, CIPHER_3DES, bytes_of(key, SUITE_KEY_SIZE)));
	cipher_encrypt(master, key, SUITE_KEY_SIZE, out);
	cipher_encrypt(&working, zeros, sizeof zeros, zeros);
	memcpy(out + SUITE_KEY_SIZE, zeros, YTAP_COMPAT_CHECK);
	return OK;
}

result ytap_compat_wrap(const uint8_t kwrap[SUITE_KEY_SIZE], const struct ytap_session_keys *keys,
                        uint8_t out[YTAP_COMPAT_KEYS])
{
	SCOPED(cipher_key_deinit) struct cipher_key master = { 0 };
	const uint8_t *const order[] = { keys->tpk, keys->tak, keys->tdk };

	TRY(cipher_key_init(&master, CIPHER_3DES, bytes_of(kwrap, SUITE_KEY_SIZE)));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		TRY(wrap(&master, order[i], out + i * (SUITE_KEY_SIZE + YTAP_COMPAT_CHECK)));
	return OK;
}
