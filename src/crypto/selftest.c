/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/selftest.h"

#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "crypto/kcv.h"
#include "crypto/keyblock.h"
#include "crypto/mac.h"
#include "crypto/rsa.h"
#include "crypto/sm2.h"

enum { HEX_MAX = 128, RSA_BITS = 1024 };

static result wrong(const char *what)
{
	return FAIL(CRYPTO_SELFTEST, "%s", what);
}

static result same(const char *what, struct bytes found, const char *want)
{
	uint8_t wanted[HEX_MAX];

	TRY(hex_decode(str_of(want), wanted, found.len));
	return bytes_equal(found, bytes_of(wanted, found.len)) ? OK : wrong(what);
}

static struct bytes hex_of(const char *text, uint8_t out[HEX_MAX])
{
	size_t len = strlen(text) / 2;

	ASSERT(is_ok(hex_decode(str_of(text), out, len)));
	return bytes_of(out, len);
}

/* TV-02 */
static result check_values(void)
{
	static const char key[] = "3F419E1CB7079442AA37474C2EFBF8B8";
	uint8_t at[HEX_MAX];
	struct kcv k;

	TRY(kcv_of_secret('A', KCV_CMAC, hex_of(key, at), &k));
	TRY(same("check value of AES", bytes_of(k.at, k.len), "08793E25AB"));
	TRY(kcv_of_secret('T', KCV_ECB, hex_of(key, at), &k));
	return same("check value of TDES", bytes_of(k.at, k.len), "57C409");
}

/* TV-08 of 16 bytes, TV-10 of 8 bytes */
static result cmacs(void)
{
	static const struct {
		enum mac_kind kind;
		const char *name, *key, *in, *out;
	} rows[] = {
		{ MAC_AES_CMAC, "CMAC of AES", "2B7E151628AED2A6ABF7158809CF4F3C",
		  "6BC1BEE22E409F96E93D7E117393172A", "070A16B46B4D4144F79BDD9DD04A287C" },
		{ MAC_TDES_CMAC, "CMAC of TDES", "8AA83BF8CBDA10620BC1BF19FBB6CD58BC313D4A371CA8B5",
		  "6BC1BEE22E409F96", "8E8F293136283797" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		SCOPED(mac_key_deinit) struct mac_key k = { 0 };
		uint8_t key[HEX_MAX], in[HEX_MAX], out[MAC_FULL_SIZE];

		TRY(mac_key_init(&k, rows[i].kind, hex_of(rows[i].key, key)));
		mac_once(&k, hex_of(rows[i].in, in), out);
		TRY(same(rows[i].name, bytes_of(out, strlen(rows[i].out) / 2), rows[i].out));
	}
	return OK;
}

/* TV-11, the first; TV-12 "abc" */
static result national(void)
{
	static const char text[] = "0123456789ABCDEFFEDCBA9876543210";
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };
	uint8_t at[HEX_MAX], out[DIGEST_SIZE];

	TRY(cipher_key_init(&k, CIPHER_SM4, hex_of(text, at)));
	cipher_encrypt(&k, at, 16, out);
	TRY(same("SM4", bytes_of(out, 16), "681EDF34D206965E86B3E94F536E4246"));
	digest_sm3(str_bytes(STR("abc")), out);
	return same("SM3", bytes_of(out, sizeof out),
	            "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0");
}

/* TV-13 */
static result sm2_signature(void)
{
	uint8_t x[HEX_MAX], y[HEX_MAX], rs[HEX_MAX];
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 };

	hex_of("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020", x);
	hex_of("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13", y);
	TRY(sm2_key_from_public(&k, x, y));
	hex_of("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
	       "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA",
	       rs);
	return is_ok(sm2_verify(&k, sm2_default_id, str_bytes(STR("message digest")), rs))
	               ? OK
	               : wrong("SM2");
}

/* TV-B1 and TV-B2 */
static result key_blocks(void)
{
	static const char want[] = "3F419E1CB7079442AA37474C2EFBF8B8";
	static const struct {
		char version;
		const char *name, *key, *block;
	} rows[] = {
		{ 'B', "key block B", "DD7515F2BFC17F85CE48F3CA25CB21F6",
		  "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248"
		  "E" },
		{ 'D', "key block D",
		  "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
		  "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A2"
		  "7E8E31DA05F7425509593D03A457DC34" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
		uint8_t at[HEX_MAX], key[KEYBLOCK_KEY_MAX];
		struct str text = str_of(rows[i].block);
		struct keyblock b;
		size_t len = 0;

		TRY(keyblock_protector_open(rows[i].version, hex_of(rows[i].key, at), &l));
		TRY(keyblock_parse(text, &b));
		TRY(keyblock_open(keyblock_protector_of(l), text, &b, key, &len));
		if (len != 16)
			return wrong(rows[i].name);
		TRY(same(rows[i].name, bytes_of(key, len), want));
	}
	return OK;
}

static result rsa_there_and_back(void)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	uint8_t block[RSA_BITS / 8] = { 0, 1, 2, 3 }, sealed[RSA_BITS / 8], again[RSA_BITS / 8];

	TRY(rsa_key_generate(&k, RSA_BITS, 65537));
	TRY(rsa_raw_private(&k, bytes_of(block, sizeof block), sealed));
	TRY(rsa_raw_public(&k, bytes_of(sealed, sizeof sealed), again));
	return memcmp(block, again, sizeof block) == 0 && memcmp(block, sealed, sizeof block) != 0
	               ? OK
	               : wrong("RSA");
}

result crypto_selftest(void)
{
	TRY(check_values());
	TRY(cmacs());
	TRY(national());
	TRY(sm2_signature());
	TRY(key_blocks());
	return rsa_there_and_back();
}
