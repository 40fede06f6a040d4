/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/keyblock_form.h"
#include "crypto/lmk.h"
#include "crypto/mac.h"

struct keyblock_loaded {
	struct keyblock_protector protector; /* first: a protector is its loaded keys */
	struct cipher_cbc cipher;            /* under KBEK */
	struct mac_key cmac;                 /* under KBAK */
	struct cipher_cbc cbc_mac;           /* under KBAK: versions A and C */
};

static struct keyblock_loaded *loaded_of(struct keyblock_protector *p)
{
	return (struct keyblock_loaded *)p;
}

static result mac_by_cmac(struct keyblock_protector *p, struct bytes head, struct bytes tail,
                          uint8_t out[KEYBLOCK_MAC_MAX])
{
	struct mac_key *k = &loaded_of(p)->cmac;

	mac_begin(k);
	mac_add(k, head);
	mac_add(k, tail);
	mac_end(k, out);
	return OK;
}

/* The last cipher block of a chain that began with `state`, in pieces that need no memory. */
static void chain(struct cipher_cbc *c, struct bytes in, uint8_t state[8])
{
	uint8_t work[64];

	for (size_t at = 0; at < in.len; at += sizeof work) {
		size_t now = in.len - at < sizeof work ? in.len - at : sizeof work;

		cipher_cbc_encrypt(c, state, bytes_of(in.at + at, now), work);
		memcpy(state, work + now - 8, 8);
	}
}

/* ISO 16609 algorithm 1: both parts are whole blocks. */
static result mac_by_cbc(struct keyblock_protector *p, struct bytes head, struct bytes tail,
                         uint8_t out[KEYBLOCK_MAC_MAX])
{
	struct cipher_cbc *c = &loaded_of(p)->cbc_mac;

	memset(out, 0, KEYBLOCK_MAC_MAX);
	chain(c, head, out);
	chain(c, tail, out);
	return OK;
}

static result encrypt(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                      uint8_t *out)
{
	cipher_cbc_encrypt(&loaded_of(p)->cipher, iv, in, out);
	return OK;
}

static result decrypt(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                      uint8_t *out)
{
	cipher_cbc_decrypt(&loaded_of(p)->cipher, iv, in, out);
	return OK;
}

static result load_cipher(char algorithm, const struct secret *key, struct cipher_cbc *out)
{
	enum cipher_kind kind;

	TRY(cipher_kind_of(algorithm, key->len, &kind));
	return cipher_cbc_init(out, kind, bytes_of(key->at, key->len));
}

/* X9.143 7.2: both keys follow from the protection key. */
static result load_derived(struct keyblock_loaded *l, enum lmk_algorithm a, struct bytes key)
{
	SCOPED(secret_wipe) struct secret kbek = { 0 }, kbak = { 0 };
	enum mac_kind kind = a == LMK_TDES  ? MAC_TDES_CMAC
	                     : a == LMK_SM4 ? MAC_SM4_CMAC
	                                    : MAC_AES_CMAC;

	TRY(lmk_derive(a, key, LMK_KBEK, &kbek));
	TRY(lmk_derive(a, key, LMK_KBAK, &kbak));
	TRY(load_cipher((char)a, &kbek, &l->cipher));
	l->protector.mac = mac_by_cmac;
	return mac_key_init(&l->cmac, kind, bytes_of(kbak.at, kbak.len));
}

/* TR-31:2018 annex, versions A and C: KBEK is the key XOR 'E', KBAK the key XOR 'M', in each byte.
 */
static result load_variants(struct keyblock_loaded *l, struct bytes key)
{
	SCOPED(secret_wipe) struct secret kbek = { 0 }, kbak = { 0 };

	if (key.len > SECRET_MAX)
		return FAIL(INVALID_KEY, "protection key of %zu bytes", key.len);
	kbek.len = kbak.len = key.len;
	for (size_t i = 0; i < key.len; i++) {
		kbek.at[i] = key.at[i] ^ 'E';
		kbak.at[i] = key.at[i] ^ 'M';
	}
	TRY(load_cipher('T', &kbek, &l->cipher));
	l->protector.mac = mac_by_cbc;
	return load_cipher('T', &kbak, &l->cbc_mac);
}

static result load(struct keyblock_loaded *l, const struct keyblock_form *form, struct bytes key)
{
	if (form->is_variant)
		return load_variants(l, key);
	return load_derived(l,
	                    form->block == 8       ? LMK_TDES
	                    : form->version == '4' ? LMK_SM4
	                                           : LMK_AES,
	                    key);
}

result keyblock_protector_open(char version, struct bytes key, struct keyblock_loaded **out)
{
	const struct keyblock_form *form = keyblock_form_of(version);
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;

	if (!form)
		return FAIL(INVALID_KEY, "no version %c of key blocks", version);
	l = calloc(1, sizeof *l);
	if (!l)
		return FAIL(OUT_OF_MEMORY, "keys of a protector");
	l->protector.block = form->block;
	l->protector.encrypt = encrypt;
	l->protector.decrypt = decrypt;
	TRY(load(l, form, key));
	*out = l;
	l = NULL;
	return OK;
}

struct keyblock_protector *keyblock_protector_of(struct keyblock_loaded *l)
{
	return &l->protector;
}

void keyblock_protector_close(struct keyblock_loaded **l)
{
	if (!*l)
		return;
	cipher_cbc_deinit(&(*l)->cipher);
	cipher_cbc_deinit(&(*l)->cbc_mac);
	mac_key_deinit(&(*l)->cmac);
	secret_wipe_bytes(*l, sizeof **l);
	free(*l);
	*l = NULL;
}
