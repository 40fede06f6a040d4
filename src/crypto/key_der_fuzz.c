/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: which form. A key that loads is saved in the one form that loads again to it; what
 * SM2 reads it writes back byte for byte. */
#include "crypto/rsa.h"
#include "crypto/sm2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rsa_pair(struct bytes der)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 }, again = { 0 };
	uint8_t saved[RSA_KEY_DER_MAX];
	struct writer w = writer_of(saved, sizeof saved);

	if (!is_ok(rsa_key_load(&k, der)))
		return;
	ASSERT(is_ok(rsa_key_save(&k, &w)));
	ASSERT(is_ok(rsa_key_load(&again, writer_bytes(&w))));
	ASSERT(bytes_equal(rsa_key_modulus(&k), rsa_key_modulus(&again)));
}

static void rsa_public(struct bytes der)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	uint8_t saved[RSA_KEY_INFO_MAX];
	struct writer w = writer_of(saved, sizeof saved);

	if (!is_ok(rsa_key_load_info(&k, der)))
		return;
	ASSERT(is_ok(rsa_key_save_info(&k, &w)));
	ASSERT(bytes_equal(writer_bytes(&w), der));
}

static void sm2_pair(struct bytes der)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 }, again = { 0 };
	uint8_t saved[SM2_KEY_DER];
	struct writer w = writer_of(saved, sizeof saved);

	if (!is_ok(sm2_key_load(&k, der)))
		return;
	ASSERT(is_ok(sm2_key_save(&k, &w)));
	ASSERT(is_ok(sm2_key_load(&again, writer_bytes(&w))));
	ASSERT(memcmp(k.x, again.x, SM2_FIELD) == 0);
}

static void sm2_texts(struct bytes der)
{
	static uint8_t back[SM2_SEALED_MAX];
	uint8_t raw[SM2_RAW_SIGNATURE];
	struct sm2_sealed sealed;
	struct writer w = writer_of(back, sizeof back);

	if (is_ok(sm2_signature_from_der(der, raw))) {
		ASSERT(is_ok(sm2_signature_to_der(raw, &w)));
		ASSERT(bytes_equal(writer_bytes(&w), der));
	} else if (is_ok(sm2_sealed_from_der(der, &sealed))) {
		ASSERT(is_ok(sm2_sealed_to_der(&sealed, &w)));
		ASSERT(bytes_equal(writer_bytes(&w), der));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const forms[])(struct bytes) = { rsa_pair, rsa_public, sm2_pair, sm2_texts };

	if (size)
		forms[data[0] % ARRAY_LEN(forms)](bytes_of(data + 1, size - 1));
	return 0;
}
