/* SPDX-License-Identifier: Apache-2.0 */
/* What a working key does, in whichever place it is. */
#include "hsm/working_private.h"

enum { DES_BLOCK = 8, PADDED_MAX = 64 };

/* --- ciphers --- */

static result host_kind(const struct working_key *k, enum cipher_kind *kind)
{
	return cipher_kind_of(k->header.algorithm, k->value_len, kind);
}

static result host_ecb(struct working_key *k, const struct hsm_cipher_call *c)
{
	enum cipher_kind kind;

	if (!k->ecb.encrypt) {
		TRY(host_kind(k, &kind));
		TRY(cipher_key_init(&k->ecb, kind, working_key_value(k)));
	}
	if (c->encrypt)
		cipher_encrypt(&k->ecb, c->in.at, c->in.len, c->out);
	else
		cipher_decrypt(&k->ecb, c->in.at, c->in.len, c->out);
	return OK;
}

static result host_cbc(struct working_key *k, const struct hsm_cipher_call *c)
{
	enum cipher_kind kind;

	if (!k->cbc.encrypt) {
		TRY(host_kind(k, &kind));
		TRY(cipher_cbc_init(&k->cbc, kind, working_key_value(k)));
	}
	if (c->encrypt)
		cipher_cbc_encrypt(&k->cbc, c->iv, c->in, c->out);
	else
		cipher_cbc_decrypt(&k->cbc, c->iv, c->in, c->out);
	return OK;
}

static result host_ctr(struct working_key *k, const struct hsm_cipher_call *c)
{
	enum cipher_kind kind;

	if (!k->ctr.context && !k->ctr.sm4) {
		TRY(host_kind(k, &kind));
		TRY(cipher_ctr_init(&k->ctr, kind, working_key_value(k)));
	}
	if (c->out != c->in.at)
		memmove(c->out, c->in.at, c->in.len);
	cipher_ctr_apply(&k->ctr, c->iv, c->out, c->in.len);
	return OK;
}

static result check_data(const struct working_key *k, const struct hsm_cipher_call *c)
{
	size_t block = k->header.algorithm == 'T' ? DES_BLOCK : 16;

	if (!strchr("AT4", k->header.algorithm))
		return FAIL(KEY_USE, "no cipher with algorithm %c", k->header.algorithm);
	if (c->in.len == 0 || c->in.len > WORKING_DATA_MAX ||
	    (c->mode != HSM_CTR && c->in.len % block != 0))
		return FAIL(INVALID_BYTES, "%zu bytes are not whole blocks", c->in.len);
	return c->mode == HSM_ECB || c->iv ? OK : FAIL(INVALID_BYTES, "no initial value");
}

/* The mode of use has been asked for. */
static result run_cipher(struct working_key *k, const struct hsm_cipher_call *c)
{
	if (k->in_device) {
		TRY(working_require_object(k));
		return hsm_object_cipher(k->at.session, k->object, &k->shape, c);
	}
	switch (c->mode) {
	case HSM_ECB:
		return host_ecb(k, c);
	case HSM_CBC:
		return host_cbc(k, c);
	case HSM_CTR:
	default:
		return host_ctr(k, c);
	}
}

result working_key_cipher(struct working_key *k, const struct hsm_cipher_call *c)
{
	TRY(working_require_mode(k, c->encrypt ? "BE" : "BD"));
	TRY(check_data(k, c));
	return run_cipher(k, c);
}

/* --- MACs --- */

static result host_mac_kind(const struct working_key *k, enum working_mac mac, enum mac_kind *kind)
{
	static const struct {
		char algorithm;
		enum working_mac mac;
		enum mac_kind kind;
	} rows[] = {
		{ 'A', WORKING_CMAC, MAC_AES_CMAC },   { '4', WORKING_CMAC, MAC_SM4_CMAC },
		{ 'T', WORKING_CMAC, MAC_TDES_CMAC },  { 'A', WORKING_CBC_MAC, MAC_AES_CBC },
		{ '4', WORKING_CBC_MAC, MAC_SM4_CBC }, { 'T', WORKING_RETAIL, MAC_RETAIL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].algorithm == k->header.algorithm && rows[i].mac == mac) {
			*kind = rows[i].kind;
			return OK;
		}
	return FAIL(KEY_USE, "no such MAC with algorithm %c", k->header.algorithm);
}

static result host_mac_key(struct working_key *k, enum working_mac mac, struct mac_key **out)
{
	enum mac_kind kind = MAC_TDES_CMAC;

	*out = &k->macs[mac];
	if ((*out)->block_size)
		return OK;
	TRY(host_mac_kind(k, mac, &kind));
	return mac_key_init(*out, kind, working_key_value(k));
}

static result run_hmac(struct working_key *k, struct bytes in, uint8_t out[32], size_t *len)
{
	if (k->header.algorithm != 'H' || k->in_device)
		return FAIL(KEY_USE, "no HMAC with algorithm %c here", k->header.algorithm);
	if (!k->has_hmac)
		TRY(hmac_key_init(&k->hmac, HMAC_SHA256, working_key_value(k)));
	k->has_hmac = true;
	hmac_pieces(&k->hmac, &in, 1, out);
	*len = HMAC_SIZE;
	return OK;
}

static result run_mac(struct working_key *k, enum working_mac mac, struct bytes in, uint8_t out[32],
                      size_t *len)
{
	struct mac_key *loaded;

	*len = k->header.algorithm == 'T' ? DES_BLOCK : 16;
	if (mac == WORKING_HMAC)
		return run_hmac(k, in, out, len);
	if (!k->in_device) {
		TRY(host_mac_key(k, mac, &loaded));
		mac_once(loaded, in, out);
		return OK;
	}
	if (mac != WORKING_CMAC)
		return FAIL(HSM_UNSUPPORTED, "this MAC in the device");
	TRY(working_require_object(k));
	return hsm_object_cmac(k->at.session, k->object, &k->shape, in, out);
}

result working_key_mac(struct working_key *k, enum working_mac mac, bool verifying, struct bytes in,
                       uint8_t out[32], size_t *len)
{
	TRY(working_require_mode(k, verifying ? "CV" : "CG"));
	if (in.len == 0 || in.len > WORKING_DATA_MAX)
		return FAIL(INVALID_BYTES, "%zu bytes", in.len);
	return run_mac(k, mac, in, out, len);
}

/* --- derivation --- */

static result prf_cmac(struct kdf_prf *self, struct bytes in, uint8_t out[MAC_FULL_SIZE])
{
	struct working_prf *p = (struct working_prf *)self;
	uint8_t full[32];
	size_t len;

	TRY(run_mac(p->key, WORKING_CMAC, in, full, &len));
	memcpy(out, full, MAC_FULL_SIZE);
	secret_wipe_bytes(full, sizeof full);
	return OK;
}

result working_key_prf(struct working_key *k, struct working_prf *out)
{
	TRY(working_require_mode(k, "X"));
	if (k->header.algorithm != 'A' && k->header.algorithm != '4')
		return FAIL(KEY_USE, "no KBKDF with algorithm %c", k->header.algorithm);
	*out = (struct working_prf){ { prf_cmac }, k };
	return OK;
}

result working_key_kdf(struct working_key *k, const struct kdf_spec *spec, uint8_t *out,
                       size_t out_len)
{
	struct working_prf prf;

	TRY(working_key_prf(k, &prf));
	return kdf_counter_prf(&prf.prf, spec, out, out_len);
}

static result root_algorithm(const struct working_key *k, enum pboc_algorithm *out)
{
	TRY(working_require_mode(k, "X"));
	if (k->header.algorithm == '4')
		*out = PBOC_SM4;
	else if (k->header.algorithm == 'T' && k->shape.bits == 128)
		*out = PBOC_3DES;
	else
		return FAIL(KEY_USE, "no diversification with algorithm %c", k->header.algorithm);
	return OK;
}

/* F ‖ NOT F, the input of one level. */
static void level_input(const uint8_t factor[PBOC_FACTOR_SIZE], uint8_t out[2 * PBOC_FACTOR_SIZE])
{
	for (size_t i = 0; i < PBOC_FACTOR_SIZE; i++) {
		out[i] = factor[i];
		out[PBOC_FACTOR_SIZE + i] = (uint8_t)~factor[i];
	}
}

/* The first level in the device; what it gives is a key of the level below, which goes on here. */
static result diversify_from_device(struct working_key *k, enum pboc_algorithm a,
                                    const struct pboc_factors *f, struct pboc_key *child)
{
	struct pboc_factors below = { .count = (uint8_t)(f->count - 1) };
	uint8_t in[2 * PBOC_FACTOR_SIZE], out[2 * PBOC_FACTOR_SIZE];
	struct hsm_cipher_call call = {
		.mode = HSM_ECB, .encrypt = true, .in = bytes_of(in, sizeof in), .out = out
	};

	if (f->count == 0)
		return FAIL(KEY_USE, "a root in the device is used by its children only");
	level_input(f->at[0], in);
	TRY(run_cipher(k, &call));
	TRY(pboc_key_init(child, a, bytes_of(out, sizeof out)));
	secret_wipe_bytes(out, sizeof out);
	memcpy(below.at, f->at + 1, sizeof below.at - sizeof below.at[0]);
	return pboc_diversify(child, &below, child);
}

result working_key_diversify(struct working_key *k, const struct pboc_factors *factors,
                             struct pboc_key *child)
{
	struct pboc_key root;
	enum pboc_algorithm a = PBOC_3DES;

	TRY(root_algorithm(k, &a));
	if (factors->count > PBOC_LEVELS_MAX)
		return FAIL(INVALID_KEY, "%u levels", factors->count);
	if (k->in_device)
		return diversify_from_device(k, a, factors, child);
	TRY(pboc_key_init(&root, a, working_key_value(k)));
	result r = pboc_diversify(&root, factors, child);
	pboc_key_wipe(&root);
	return r;
}

/* PBOC MAC by the CBC of a single-DES key inside the device: zero IV, padding 80 00…, left four
 * bytes. */
static result mac_in_device(struct working_key *k, struct hsm_object session, struct bytes in,
                            uint8_t out[PBOC_MAC_SIZE])
{
	static const uint8_t zeros[DES_BLOCK];
	struct hsm_shape shape = { 'T', 128, HSM_MAY_MAC };
	uint8_t padded[PADDED_MAX] = { 0 };
	size_t len = in.len / DES_BLOCK * DES_BLOCK + DES_BLOCK;
	struct hsm_cipher_call call = { .mode = HSM_CBC,
		                        .encrypt = true,
		                        .iv = zeros,
		                        .in = bytes_of(padded, len),
		                        .out = padded };

	if (in.len >= PADDED_MAX)
		return FAIL(INVALID_BYTES, "%zu bytes", in.len);
	memcpy(padded, in.at, in.len);
	padded[in.len] = 0x80;
	TRY(hsm_object_cipher(k->at.session, session, &shape, &call));
	memcpy(out, padded + len - DES_BLOCK, PBOC_MAC_SIZE);
	return OK;
}

/* Root → card key → session key → MAC; *held are what has to be freed, the deepest last. */
static result session_in_device(struct working_key *k, const struct working_session_mac *m,
                                struct hsm_object held[PBOC_LEVELS_MAX + 1],
                                uint8_t out[][PBOC_MAC_SIZE])
{
	uint8_t in[2 * PBOC_FACTOR_SIZE];
	struct hsm_object parent = k->object;

	for (size_t i = 0; i < m->factors->count; i++) {
		level_input(m->factors->at[i], in);
		TRY(hsm_object_derive(k->at.session, parent, in, HSM_MAY_DERIVE, &held[i]));
		parent = held[i];
	}
	struct hsm_object *session = &held[m->factors->count];
	memcpy(in, m->session, sizeof m->session);
	memcpy(in + sizeof m->session, m->session, sizeof m->session);
	TRY(hsm_object_derive(k->at.session, parent, in, HSM_MAY_MAC, session));
	for (size_t i = 0; i < m->count; i++)
		TRY(mac_in_device(k, *session, m->in[i], out[i]));
	return OK;
}

static result session_here(struct working_key *k, const struct working_session_mac *m,
                           uint8_t out[][PBOC_MAC_SIZE])
{
	struct pboc_key child = { 0 }, session = { 0 };
	result r = working_key_diversify(k, m->factors, &child);

	if (is_ok(r))
		r = pboc_session_of(&child, m->pad, m->session, &session);
	for (size_t i = 0; is_ok(r) && i < m->count; i++)
		r = pboc_mac(&session, m->in[i], out[i]);
	pboc_key_wipe(&child);
	pboc_key_wipe(&session);
	return r;
}

result working_key_session_mac(struct working_key *k, const struct working_session_mac *m,
                               uint8_t out[][PBOC_MAC_SIZE])
{
	struct hsm_object held[PBOC_LEVELS_MAX + 1] = { 0 };
	enum pboc_algorithm a = PBOC_3DES;

	TRY(root_algorithm(k, &a));
	if (m->factors->count > PBOC_LEVELS_MAX || m->count > WORKING_SESSION_MACS)
		return FAIL(INVALID_KEY, "%u levels, %zu MACs", m->factors->count, m->count);
	if (!k->in_device || a != PBOC_3DES || !hsm_session_can(k->at.session, HSM_CAN_DERIVE))
		return session_here(k, m, out);
	TRY(working_require_object(k));
	result r = session_in_device(k, m, held, out);
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		hsm_object_free(k->at.session, &held[i]);
	return r;
}

/* --- pairs --- */

result working_key_rsa(struct working_key *k, struct bytes block, uint8_t *out)
{
	TRY(working_require_mode(k, "SNDT"));
	if (k->header.algorithm != 'R')
		return FAIL(KEY_USE, "no RSA with algorithm %c", k->header.algorithm);
	if (!k->in_device)
		return rsa_raw_private(&k->rsa, block, out);
	if (block.len > HSM_RSA_MAX)
		return FAIL(INVALID_BYTES, "%zu bytes", block.len);
	TRY(working_require_object(k));
	return hsm_object_rsa(k->at.session, k->object, block, out);
}
