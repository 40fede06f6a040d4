/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 and SM3 of the SDF library for tests (GM/T 0018-2012, 6.5, 6.6), by OpenSSL. */
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

#include "sdf/sdf_state.h"

enum { BLOCK = 16 };

/* --- SM4 --- */

struct work {
	unsigned algorithm;
	bool encrypt;
	unsigned char *iv, *in, *out;
	unsigned len, *out_len;
};

/* The handle first, then identifiers, then what goes in, then what comes out. */
static int check(const struct key *k, const struct work *w)
{
	if (!k)
		return SDR_KEYNOTEXIST;
	if (k->len != BLOCK)
		return SDR_KEYERR;
	if ((w->algorithm & ~0xFFU) != 0x400)
		return SDR_ALGNOTSUPPORT;
	if (w->algorithm == SGD_SM4_ECB
	            ? state_is_plain()
	            : w->algorithm != SGD_SM4_CBC && w->algorithm != SGD_SM4_MAC)
		return SDR_ALGMODNOTSUPPORT;
	if (!w->in || w->len == 0 || w->len > INT_MAX || w->len % BLOCK)
		return SDR_INARGERR;
	if (w->algorithm != SGD_SM4_ECB && !w->iv)
		return SDR_INARGERR;
	return w->out && w->out_len ? SDR_OK : SDR_OUTARGERR;
}

static int cipher(const struct key *k, const struct work *w)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *how = w->algorithm == SGD_SM4_ECB ? EVP_sm4_ecb() : EVP_sm4_cbc();
	unsigned char last[BLOCK];
	int len = 0;

	memcpy(last, w->in + w->len - BLOCK, BLOCK);
	bool good = ctx && EVP_CipherInit_ex(ctx, how, NULL, k->at, w->iv, w->encrypt) == 1 &&
	            EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	            EVP_CipherUpdate(ctx, w->out, &len, w->in, (int)w->len) == 1 &&
	            len == (int)w->len;
	EVP_CIPHER_CTX_free(ctx);
	if (!good)
		return SDR_SYMOPERR;
	/* 6.5.2: for the piece that follows */
	if (w->algorithm == SGD_SM4_CBC)
		memcpy(w->iv, w->encrypt ? w->out + w->len - BLOCK : last, BLOCK);
	*w->out_len = w->len;
	return SDR_OK;
}

static int run(void *session, void *key, const struct work *w)
{
	struct session *s;
	int rv = state_enter(session, &s);
	const struct key *k = rv == SDR_OK ? state_find_key(s, key) : NULL;

	if (rv == SDR_OK)
		rv = check(k, w);
	if (rv == SDR_OK && w->algorithm == SGD_SM4_MAC)
		rv = SDR_ALGMODNOTSUPPORT;
	if (rv == SDR_OK && *w->out_len < w->len)
		rv = SDR_NOBUFFER;
	return state_leave(rv == SDR_OK ? cipher(k, w) : rv);
}

SGD_RV SDF_Encrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                   unsigned char *in, unsigned len, unsigned char *out, unsigned *out_len)
{
	struct work w = { algorithm, true, iv, in, out, len, out_len };

	return run(session, key, &w);
}

SGD_RV SDF_Decrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                   unsigned char *in, unsigned len, unsigned char *out, unsigned *out_len)
{
	struct work w = { algorithm, false, iv, in, out, len, out_len };

	return run(session, key, &w);
}

/* CBC-MAC: block by block, the last one is the MAC and the next IV. */
static int mac(const struct key *k, const struct work *w)
{
	unsigned char state[BLOCK], next[BLOCK];
	unsigned piece = BLOCK;
	struct work step = { SGD_SM4_CBC, true, state, w->in, next, BLOCK, &piece };
	int rv = SDR_OK;

	memcpy(state, w->iv, BLOCK);
	for (unsigned at = 0; rv == SDR_OK && at < w->len; at += BLOCK) {
		step.in = w->in + at;
		rv = cipher(k, &step); /* moves state on */
	}
	if (rv != SDR_OK)
		return SDR_MACERR;
	memcpy(w->iv, state, BLOCK);
	memcpy(w->out, state, BLOCK);
	*w->out_len = BLOCK;
	return SDR_OK;
}

SGD_RV SDF_CalculateMAC(void *session, void *key, unsigned algorithm, unsigned char *iv,
                        unsigned char *in, unsigned len, unsigned char *out, unsigned *out_len)
{
	struct work w = { algorithm, true, iv, in, out, len, out_len };
	struct session *s;
	int rv = state_enter(session, &s);
	const struct key *k = rv == SDR_OK ? state_find_key(s, key) : NULL;

	if (rv == SDR_OK && algorithm != SGD_SM4_MAC)
		rv = SDR_ALGNOTSUPPORT;
	if (rv == SDR_OK)
		rv = check(k, &w);
	if (rv == SDR_OK && *out_len < BLOCK)
		rv = SDR_NOBUFFER;
	return state_leave(rv == SDR_OK ? mac(k, &w) : rv);
}

/* --- SM3 --- */

/* GB/T 32918.2 5.5: Z of a user. The curve of GB/T 32918.5. */
static const unsigned char curve[4 * FIELD] = {
	/* a */ 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0xFF,         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00,
	0x00,         0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
	/* b */ 0x28, 0xE9, 0xFA, 0x9E, 0x9D, 0x9F, 0x5E, 0x34, 0x4D, 0x5A, 0x9E,
	0x4B,         0xCF, 0x65, 0x09, 0xA7, 0xF3, 0x97, 0x89, 0xF5, 0x15, 0xAB,
	0x8F,         0x92, 0xDD, 0xBC, 0xBD, 0x41, 0x4D, 0x94, 0x0E, 0x93,
	/* G */ 0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04,
	0x46,         0x6A, 0x39, 0xC9, 0x94, 0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66,
	0x0B,         0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7, 0xBC,
	0x37,         0x36, 0xA2, 0xF4, 0xF6, 0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3,
	0x6B,         0x69, 0x21, 0x53, 0xD0, 0xA9, 0x87, 0x7C, 0xC6, 0x2A, 0x47,
	0x40,         0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0,
};

static bool hash_user(EVP_MD_CTX *to, const struct ECCrefPublicKey *by, const unsigned char *id,
                      unsigned id_len)
{
	unsigned char bits[2] = { (unsigned char)(id_len >> 5), (unsigned char)(id_len << 3) };
	unsigned char z[HASH];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) == 1 &&
	            EVP_DigestUpdate(ctx, bits, sizeof bits) == 1 &&
	            EVP_DigestUpdate(ctx, id, id_len) == 1 &&
	            EVP_DigestUpdate(ctx, curve, sizeof curve) == 1 &&
	            EVP_DigestUpdate(ctx, by->x + ECCref_MAX_LEN - FIELD, FIELD) == 1 &&
	            EVP_DigestUpdate(ctx, by->y + ECCref_MAX_LEN - FIELD, FIELD) == 1 &&
	            EVP_DigestFinal_ex(ctx, z, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return good && EVP_DigestUpdate(to, z, sizeof z) == 1;
}

static int begin_hash(struct session *s, unsigned algorithm, const struct ECCrefPublicKey *by,
                      const unsigned char *id, unsigned id_len)
{
	if (algorithm != SGD_SM3)
		return SDR_ALGNOTSUPPORT;
	if (id_len > 0 && (!by || !id || id_len >= 0x2000))
		return SDR_INARGERR;
	EVP_MD_CTX_free(s->hash);
	s->hash = EVP_MD_CTX_new();
	if (!s->hash || EVP_DigestInit_ex(s->hash, EVP_sm3(), NULL) != 1)
		return SDR_UNKNOWERR;
	return id_len == 0 || hash_user(s->hash, by, id, id_len) ? SDR_OK : SDR_UNKNOWERR;
}

SGD_RV SDF_HashInit(void *session, unsigned algorithm, struct ECCrefPublicKey *by,
                    unsigned char *id, unsigned id_len)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? begin_hash(s, algorithm, by, id, id_len) : rv);
}

SGD_RV SDF_HashUpdate(void *session, unsigned char *in, unsigned len)
{
	struct session *s;
	int rv = state_enter(session, &s);

	if (rv == SDR_OK && (!in || len == 0))
		rv = SDR_INARGERR;
	if (rv == SDR_OK && !s->hash)
		rv = SDR_STEPERR;
	if (rv == SDR_OK && EVP_DigestUpdate(s->hash, in, len) != 1)
		rv = SDR_UNKNOWERR;
	return state_leave(rv);
}

static int end_hash(struct session *s, unsigned char *out, unsigned *out_len)
{
	if (!s->hash)
		return SDR_STEPERR;
	if (!out || !out_len)
		return SDR_OUTARGERR;
	if (*out_len < HASH)
		return SDR_NOBUFFER;
	bool good = EVP_DigestFinal_ex(s->hash, out, out_len) == 1;
	EVP_MD_CTX_free(s->hash);
	s->hash = NULL;
	return good ? SDR_OK : SDR_UNKNOWERR;
}

SGD_RV SDF_HashFinal(void *session, unsigned char *out, unsigned *out_len)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? end_hash(s, out, out_len) : rv);
}
