/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 keys of one session: into the device in an envelope, and what their handles do. */
#include "hsm/sdf_device.h"

enum {
	BLOCK = 16,
	PAD = ECCref_MAX_LEN - SM2_FIELD, /* zeros before a coordinate */
	RANDOM_PIECE = 256,               /* bytes of one call: some libraries give no more */
};

result sdf_random(const struct sdf_session *s, uint8_t *out, size_t len)
{
	while (len > 0) {
		unsigned piece = len < RANDOM_PIECE ? (unsigned)len : RANDOM_PIECE;

		TRY(sdf_result(s->device->call.generate_random(s->at, piece, out),
		               "SDF_GenerateRandom"));
		out += piece;
		len -= piece;
	}
	return OK;
}

/* --- envelopes (6.3.14; x, y, hash, text one behind the other in a file) --- */

static result seal_here(const struct sdf_device *d, const uint8_t key[SDF_KEY],
                        uint8_t out[SDF_ENVELOPE])
{
	struct writer w = writer_of(out, SDF_ENVELOPE);
	struct sm2_sealed sealed;

	TRY(sm2_seal(&d->public, bytes_of(key, SDF_KEY), &sealed));
	writer_put(&w, bytes_of(sealed.x, SM2_FIELD));
	writer_put(&w, bytes_of(sealed.y, SM2_FIELD));
	writer_put(&w, bytes_of(sealed.hash, SM2_FIELD));
	writer_put(&w, bytes_of(sealed.text, sealed.len));
	return writer_done(&w);
}

static result seal_by_device(const struct sdf_session *s, const uint8_t key[SDF_KEY],
                             uint8_t out[SDF_ENVELOPE])
{
	const struct sdf_device *d = s->device;
	struct writer w = writer_of(out, SDF_ENVELOPE);
	struct ECCrefPublicKey to = { .bits = 8 * SM2_FIELD };
	struct ECCCipher sealed = { .L = 0 };
	uint8_t copy[SDF_KEY]; /* the interface is not const */

	memcpy(to.x + PAD, d->public.x, SM2_FIELD);
	memcpy(to.y + PAD, d->public.y, SM2_FIELD);
	memcpy(copy, key, SDF_KEY);
	int rv = d->call.external_encrypt(s->at, SGD_SM2_3, &to, copy, SDF_KEY, &sealed);
	secret_wipe_bytes(copy, sizeof copy);
	TRY(sdf_result(rv, "SDF_ExternalEncrypt_ECC"));
	if (sealed.L != SDF_KEY)
		return FAIL(HSM_CALL, "SDF_ExternalEncrypt_ECC gave %u bytes", sealed.L);
	writer_put(&w, bytes_of(sealed.x + PAD, SM2_FIELD));
	writer_put(&w, bytes_of(sealed.y + PAD, SM2_FIELD));
	writer_put(&w, bytes_of(sealed.M, SM2_FIELD));
	writer_put(&w, bytes_of(sealed.C, SDF_KEY));
	return writer_done(&w);
}

result sdf_key_seal(const struct sdf_session *s, const uint8_t key[SDF_KEY],
                    uint8_t out[SDF_ENVELOPE])
{
	result r = FAIL(HSM_UNSUPPORTED, "SDF_ExternalEncrypt_ECC");

	if (s->device->call.external_encrypt)
		r = seal_by_device(s, key, out);
	return r.code == HSM_UNSUPPORTED ? seal_here(s->device, key, out) : r;
}

result sdf_key_import(const struct sdf_session *s, const uint8_t envelope[SDF_ENVELOPE], void **key)
{
	const struct sdf_device *d = s->device;
	struct ECCCipher sealed = { .L = SDF_KEY };

	*key = NULL;
	memcpy(sealed.x + PAD, envelope, SM2_FIELD);
	memcpy(sealed.y + PAD, envelope + SM2_FIELD, SM2_FIELD);
	memcpy(sealed.M, envelope + 2 * SM2_FIELD, SM2_FIELD);
	memcpy(sealed.C, envelope + 3 * SM2_FIELD, SDF_KEY);
	TRY(sdf_result(d->call.import_key_with_isk(s->at, d->place->sdf_key, &sealed, key),
	               "SDF_ImportKeyWithISK_ECC"));
	return *key ? OK : FAIL(HSM_CALL, "SDF_ImportKeyWithISK_ECC gave no handle");
}

void sdf_key_destroy(const struct sdf_session *s, void **key)
{
	if (*key)
		s->device->call.destroy_key(s->at, *key);
	*key = NULL;
}

/* --- cipher --- */

/* A handle that we hold and the device does not know: it was started anew. */
static result cipher_result(int rv, const char *what)
{
	return rv == SDR_KEYNOTEXIST ? FAIL(HSM_LOST, "%s: a key of ours is gone", what)
	                             : sdf_result(rv, what);
}

result sdf_key_cipher(const struct sdf_session *s, void *key, const struct hsm_cipher_call *c)
{
	const struct sdf_calls *call = &s->device->call;
	unsigned algorithm = c->mode == HSM_ECB ? SGD_SM4_ECB : SGD_SM4_CBC;
	const char *what = c->encrypt ? "SDF_Encrypt" : "SDF_Decrypt";
	uint8_t copy[HSM_DATA_MAX], iv[BLOCK] = { 0 };
	unsigned len = (unsigned)c->in.len;

	if (c->in.len == 0 || c->in.len > sizeof copy || c->in.len % BLOCK)
		return FAIL(HSM_INPUT, "%zu bytes", c->in.len);
	if (c->iv)
		memcpy(iv, c->iv, sizeof iv); /* 6.5.2: the library moves it on */
	memcpy(copy, c->in.at, c->in.len);
	int rv = (c->encrypt ? call->encrypt : call->decrypt)(s->at, key, algorithm, iv, copy, len,
	                                                      c->out, &len);
	secret_wipe_bytes(copy, c->in.len);
	secret_wipe_bytes(iv, sizeof iv);
	TRY(cipher_result(rv, what));
	return len == c->in.len ? OK : FAIL(HSM_CALL, "%u bytes instead of %zu", len, c->in.len);
}

/* --- CMAC: the standard's own MAC is a CBC-MAC (SP 800-38B, RFC 4493) --- */

/* Times x in GF(2^128). */
static void double_block(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	uint8_t carried = (uint8_t)(0 - (in[0] >> 7));

	for (size_t i = 0; i < BLOCK - 1; i++)
		out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
	out[BLOCK - 1] = (uint8_t)(in[BLOCK - 1] << 1 ^ (carried & 0x87));
}

/* One block in CBC from zeros is that block in ECB, which not every library has. */
result sdf_key_subkeys(const struct sdf_session *s, void *key, struct sdf_subkeys *out)
{
	static const uint8_t zeros[BLOCK];
	uint8_t l[BLOCK];
	struct hsm_cipher_call call = { .mode = HSM_CBC,
		                        .encrypt = true,
		                        .iv = zeros,
		                        .in = bytes_of(zeros, BLOCK),
		                        .out = l };

	result r = sdf_key_cipher(s, key, &call);
	if (is_ok(r)) {
		double_block(l, out->k1);
		double_block(out->k1, out->k2);
	}
	secret_wipe_bytes(l, sizeof l);
	return r;
}

/* RFC 4493 2.4: the last block, padded when it is short, under its subkey. Gives the length. */
static size_t prepare(const struct sdf_subkeys *subkeys, struct bytes in, uint8_t *room)
{
	size_t len = (in.len + BLOCK - 1) / BLOCK * BLOCK;
	const uint8_t *sub = in.len == len ? subkeys->k1 : subkeys->k2;

	memset(room + len - BLOCK, 0, BLOCK);
	memcpy(room, in.at, in.len);
	if (in.len < len)
		room[in.len] = 0x80;
	for (size_t i = 0; i < BLOCK; i++)
		room[len - BLOCK + i] ^= sub[i];
	return len;
}

result sdf_key_cmac(const struct sdf_session *s, void *key, const struct sdf_subkeys *subkeys,
                    struct bytes in, uint8_t out[16])
{
	static const uint8_t zeros[BLOCK];
	uint8_t room[HSM_DATA_MAX];

	if (in.len == 0 || in.len > sizeof room)
		return FAIL(HSM_INPUT, "%zu bytes", in.len);
	size_t len = prepare(subkeys, in, room);
	struct hsm_cipher_call call = { .mode = HSM_CBC,
		                        .encrypt = true,
		                        .iv = zeros,
		                        .in = bytes_of(room, len),
		                        .out = room };
	result r = sdf_key_cipher(s, key, &call);
	if (is_ok(r))
		memcpy(out, room + len - BLOCK, BLOCK);
	secret_wipe_bytes(room, len);
	return r;
}
