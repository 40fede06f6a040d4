/* SPDX-License-Identifier: Apache-2.0 */
/* The rate of OpenSSL itself: contexts and keys are ready, nothing is asked but the work. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "bench/kms_bench.h"

enum { DATA_MAX = 8192, KEY = 16, DIGEST = 32 };

struct state {
	enum kms_bench_openssl what;
	size_t size, block;
	EVP_CIPHER *cipher, *ecb;
	EVP_CIPHER_CTX *c, *root, *child;
	EVP_MAC_CTX *mac;
	EVP_PKEY *pair;
	EVP_PKEY_CTX *sign;
	EVP_MD_CTX *digest;
	uint64_t turn;
	uint8_t key[24], data[DATA_MAX], out[DATA_MAX + 64];
};

static result must(int ok)
{
	return ok > 0 ? OK : FAIL(CRYPTO_FAULT, "OpenSSL");
}

/* --- one of each --- */

static result cbc(void *arg)
{
	struct state *s = arg;
	int n;

	TRY(must(EVP_EncryptInit_ex2(s->c, NULL, NULL, s->data, NULL)));
	return must(EVP_EncryptUpdate(s->c, s->out, &n, s->data, (int)s->size));
}

static result cmac(void *arg)
{
	struct state *s = arg;
	size_t n;

	TRY(must(EVP_MAC_init(s->mac, NULL, 0, NULL)));
	TRY(must(EVP_MAC_update(s->mac, s->data, s->size)));
	return must(EVP_MAC_final(s->mac, s->out, &n, sizeof s->out));
}

/* A new card each time. */
static result card_key(struct state *s, uint8_t out[KEY])
{
	uint8_t factor[KEY];
	int n;

	s->turn++;
	for (size_t i = 0; i < 8; i++) {
		factor[i] = (uint8_t)(s->turn >> 8 * i);
		factor[8 + i] = (uint8_t)~factor[i];
	}
	return must(EVP_EncryptUpdate(s->root, out, &n, factor, KEY));
}

/* Encrypt under a key that is used once; the last block of CBC is a MAC. */
static result once_under(struct state *s, const EVP_CIPHER *with, const uint8_t *key, size_t len)
{
	static const uint8_t zero[KEY];
	int n;

	TRY(must(EVP_EncryptInit_ex2(s->child, with, key, zero, NULL)));
	EVP_CIPHER_CTX_set_padding(s->child, 0);
	return must(EVP_EncryptUpdate(s->child, s->out, &n, s->data, (int)len));
}

static result session_mac(void *arg)
{
	struct state *s = arg;
	uint8_t card[KEY], session[KEY];

	TRY(card_key(s, card));
	TRY(once_under(s, s->ecb, card, s->block));
	memcpy(session, s->out, 8);
	memcpy(session + 8, s->out + (s->block == 16 ? 8 : 0), 8);
	return once_under(s, s->cipher, session, s->block == 16 ? 32 : 24);
}

static result arqc(void *arg)
{
	struct state *s = arg;
	uint8_t card[KEY], session[KEY];

	TRY(card_key(s, card));
	TRY(once_under(s, s->ecb, card, 16));
	memcpy(session, s->out, KEY);
	TRY(once_under(s, s->cipher, session,
	               40)); /* with the left half in truth: DES is its half */
	return once_under(s, s->ecb, session, 8);
}

static result tac(void *arg)
{
	struct state *s = arg;
	uint8_t card[KEY];

	TRY(card_key(s, card));
	for (size_t i = 0; i < 8; i++)
		card[i] = card[8 + i] = card[i] ^ card[8 + i];
	return once_under(s, s->cipher, card, 24);
}

static result rsa(void *arg)
{
	struct state *s = arg;
	size_t n = sizeof s->out;

	return must(EVP_PKEY_sign(s->sign, s->out, &n, s->data, DIGEST));
}

static result sm2(void *arg)
{
	struct state *s = arg;
	size_t n = sizeof s->out;

	TRY(must(EVP_DigestSignInit(s->digest, NULL, EVP_sm3(), NULL, s->pair)));
	return must(EVP_DigestSign(s->digest, s->out, &n, s->data, s->size));
}

/* --- made ready --- */

static const struct {
	result (*once)(void *arg);
	const char *cipher, *ecb;
	size_t block;
} sorts[] = {
	[OPENSSL_AES_CBC] = { cbc, "AES-128-CBC", NULL, 16 },
	[OPENSSL_TDES_CBC] = { cbc, "DES-EDE-CBC", NULL, 8 },
	[OPENSSL_SM4_CBC] = { cbc, "SM4-CBC", NULL, 16 },
	[OPENSSL_AES_CMAC] = { cmac, "AES-128-CBC", NULL, 16 },
	[OPENSSL_TDES_CMAC] = { cmac, "DES-EDE3-CBC", NULL, 8 },
	[OPENSSL_SM4_CMAC] = { cmac, "SM4-CBC", NULL, 16 },
	[OPENSSL_TDES_SESSION_MAC] = { session_mac, "DES-EDE-CBC", "DES-EDE-ECB", 8 },
	[OPENSSL_SM4_SESSION_MAC] = { session_mac, "SM4-CBC", "SM4-ECB", 16 },
	[OPENSSL_ARQC] = { arqc, "DES-EDE-CBC", "DES-EDE-ECB", 8 },
	[OPENSSL_TAC] = { tac, "DES-EDE-CBC", "DES-EDE-ECB", 8 },
	[OPENSSL_RSA] = { rsa, NULL, NULL, 0 },
	[OPENSSL_SM2] = { sm2, NULL, NULL, 0 },
};

static result open_mac(struct state *s, const char *cipher)
{
	EVP_MAC *m = EVP_MAC_fetch(NULL, "CMAC", NULL);
	char name[24];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
		OSSL_PARAM_construct_end(),
	};

	str_copy(str_of(cipher), name, sizeof name);
	s->mac = EVP_MAC_CTX_new(m);
	EVP_MAC_free(m);
	return must(s->mac && EVP_MAC_init(s->mac, s->key, s->block == 8 ? 24 : KEY, params));
}

static result open_ciphers(struct state *s, const char *cipher, const char *ecb)
{
	s->cipher = EVP_CIPHER_fetch(NULL, cipher, NULL);
	s->ecb = ecb ? EVP_CIPHER_fetch(NULL, ecb, NULL) : NULL;
	s->c = EVP_CIPHER_CTX_new();
	s->root = EVP_CIPHER_CTX_new();
	s->child = EVP_CIPHER_CTX_new();
	if (!s->cipher || !s->c || !s->root || !s->child || (ecb && !s->ecb))
		return FAIL(CRYPTO_FAULT, "%s", cipher);
	TRY(must(EVP_EncryptInit_ex2(s->c, s->cipher, s->key, s->data, NULL)));
	EVP_CIPHER_CTX_set_padding(s->c, 0);
	if (ecb)
		TRY(must(EVP_EncryptInit_ex2(s->root, s->ecb, s->key, NULL, NULL)));
	EVP_CIPHER_CTX_set_padding(s->root, 0);
	return OK;
}

static result open_pair(struct state *s)
{
	s->pair = s->what == OPENSSL_RSA ? EVP_RSA_gen(2048) : EVP_EC_gen("SM2");
	if (!s->pair)
		return FAIL(CRYPTO_FAULT, "key pair");
	s->digest = EVP_MD_CTX_new();
	if (s->what == OPENSSL_SM2)
		return must(s->digest != NULL);
	s->sign = EVP_PKEY_CTX_new(s->pair, NULL);
	TRY(must(s->sign && EVP_PKEY_sign_init(s->sign) > 0));
	TRY(must(EVP_PKEY_CTX_set_rsa_padding(s->sign, RSA_PKCS1_PADDING)));
	return must(EVP_PKEY_CTX_set_signature_md(s->sign, EVP_sha256()));
}

result kms_bench_openssl_loop(enum kms_bench_openssl what, size_t size, struct kms_bench_loop *out)
{
	struct state *s = calloc(1, sizeof *s);
	const char *cipher = sorts[what].cipher;

	ASSERT(s && size <= DATA_MAX);
	*out = (struct kms_bench_loop){ sorts[what].once, s };
	s->what = what;
	s->size = size;
	s->block = sorts[what].block;
	for (size_t i = 0; i < sizeof s->key; i++)
		s->key[i] = (uint8_t)(17 * i + 1);
	if (!cipher)
		return open_pair(s);
	return sorts[what].once == cmac ? open_mac(s, cipher)
	                                : open_ciphers(s, cipher, sorts[what].ecb);
}

void kms_bench_openssl_free(struct kms_bench_loop *l)
{
	struct state *s = l->arg;

	*l = (struct kms_bench_loop){ 0 };
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->c);
	EVP_CIPHER_CTX_free(s->root);
	EVP_CIPHER_CTX_free(s->child);
	EVP_CIPHER_free(s->cipher);
	EVP_CIPHER_free(s->ecb);
	EVP_MAC_CTX_free(s->mac);
	EVP_PKEY_CTX_free(s->sign);
	EVP_MD_CTX_free(s->digest);
	EVP_PKEY_free(s->pair);
	free(s);
}
