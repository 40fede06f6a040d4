/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lmk.h"

#include "crypto/mac.h"

enum { LMK_AES_SIZE = 32, LMK_SM4_SIZE = 16 };

/* Keys 5.6 and TV-05, TV-07. Everybody knows them. */
static const uint8_t published_aes[LMK_AES_SIZE] = {
	0xF2, 0x96, 0xF0, 0x97, 0x3E, 0x1E, 0xBA, 0xA6, 0x46, 0x56, 0xE5,
	0xF4, 0x83, 0x92, 0x21, 0x30, 0x9F, 0xBF, 0x1B, 0x3F, 0x97, 0xB7,
	0x93, 0xBF, 0x60, 0x40, 0xE4, 0xC0, 0x68, 0x48, 0x6C, 0x70,
};
static const uint8_t published_sm4[LMK_SM4_SIZE] = {
	0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
	0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
};

/* X9.143 7.2, tables 24 and 25: what a derivation says of the key that is made; 8004 is ours. */
static const struct kind {
	enum lmk_algorithm algorithm;
	size_t len;
	uint16_t code;
	enum mac_kind mac;
} kinds[] = {
	{ LMK_TDES, 16, 0x0000, MAC_TDES_CMAC }, { LMK_TDES, 24, 0x0001, MAC_TDES_CMAC },
	{ LMK_AES, 16, 0x0002, MAC_AES_CMAC },   { LMK_AES, 24, 0x0003, MAC_AES_CMAC },
	{ LMK_AES, 32, 0x0004, MAC_AES_CMAC },   { LMK_SM4, 16, 0x8004, MAC_SM4_CMAC },
};

static const struct kind *kind_of(enum lmk_algorithm a, size_t len)
{
	const struct kind *kind;

	EACH (kind, kinds)
		if (kind->algorithm == a && kind->len == len)
			return kind;
	return NULL;
}

result lmk_derive(enum lmk_algorithm a, struct bytes key, enum lmk_use use, struct secret *out)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	const struct kind *kind = kind_of(a, key.len);
	uint8_t input[8] = { 0 }, full[MAC_FULL_SIZE];

	if (!kind)
		return FAIL(INVALID_KEY, "protection key of %zu bytes, algorithm %c", key.len,
		            (char)a);
	TRY(mac_key_init(&k, kind->mac, key));
	store_be16(input + 1, (uint16_t)use);
	store_be16(input + 4, kind->code);
	store_be16(input + 6, (uint16_t)(8 * key.len));
	for (size_t at = 0; at < key.len; at += k.block_size) {
		size_t left = key.len - at;

		input[0]++;
		mac_once(&k, bytes_of(input, sizeof input), full);
		memcpy(out->at + at, full, left < k.block_size ? left : k.block_size);
	}
	out->len = key.len;
	secret_wipe_bytes(full, sizeof full);
	return OK;
}

size_t lmk_size(enum lmk_algorithm a)
{
	return a == LMK_AES ? LMK_AES_SIZE : a == LMK_SM4 ? LMK_SM4_SIZE : 0;
}

void lmk_combine(const struct secret *components, size_t n, struct secret *out)
{
	struct secret sum = { .len = n ? components[0].len : 0 };

	for (size_t i = 0; i < n; i++) {
		ASSERT(components[i].len == sum.len && sum.len <= SECRET_MAX);
		for (size_t j = 0; j < sum.len; j++)
			sum.at[j] ^= components[i].at[j];
	}
	*out = sum;
	secret_wipe(&sum);
}

result lmk_require_strong(enum lmk_algorithm a, const struct secret *component)
{
	uint8_t different = 0;

	if (component->len == 0 || component->len != lmk_size(a))
		return FAIL(KEY_WEAK, "a component of %zu bytes, algorithm %c", component->len,
		            (char)a);
	for (size_t i = 1; i < component->len; i++)
		different |= component->at[i] ^ component->at[0];
	return different ? OK : FAIL(KEY_WEAK, "a component of one value");
}

bool lmk_is_published(enum lmk_algorithm a, const struct secret *lmk)
{
	SCOPED(secret_wipe) struct secret known = { 0 };

	lmk_published(a, &known);
	return known.len &&
	       bytes_equal_secret(bytes_of(known.at, known.len), bytes_of(lmk->at, lmk->len));
}

void lmk_published(enum lmk_algorithm a, struct secret *out)
{
	*out = (struct secret){ .len = lmk_size(a) };
	memcpy(out->at, a == LMK_SM4 ? published_sm4 : published_aes, out->len);
}
