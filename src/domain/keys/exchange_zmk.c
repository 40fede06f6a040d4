/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_zmk.h"

#include <inttypes.h>

/* --- derivation by the key's own cipher, where its value is not to be had --- */

static result encrypt_block(struct exchange_zmk *z, const uint8_t in[16], uint8_t out[16])
{
	struct hsm_cipher_call call = {
		.mode = HSM_ECB, .encrypt = true, .in = bytes_of(in, z->block), .out = out
	};

	return working_key_cipher(z->key, &call);
}

/* Times x in the field of SP 800-38B 5.3. */
static void twice(uint8_t *at, size_t block)
{
	uint8_t carry = (uint8_t)(0u - (at[0] >> 7));

	for (size_t i = 0; i + 1 < block; i++)
		at[i] = (uint8_t)(at[i] << 1 | at[i + 1] >> 7);
	at[block - 1] = (uint8_t)(at[block - 1] << 1) ^ (carry & (block == 8 ? 0x1B : 0x87));
}

/* CMAC of one block at most (SP 800-38B 6.2). */
static result cmac_short(struct exchange_zmk *z, struct bytes in, uint8_t out[16])
{
	uint8_t sub[16] = { 0 }, last[16] = { 0 };

	ASSERT(in.len <= z->block);
	result r = encrypt_block(z, sub, sub);
	twice(sub, z->block);
	if (in.len < z->block)
		twice(sub, z->block);
	memcpy(last, in.at, in.len);
	if (in.len < z->block)
		last[in.len] = 0x80;
	for (size_t i = 0; i < z->block; i++)
		last[i] ^= sub[i];
	if (is_ok(r))
		r = encrypt_block(z, last, out);
	secret_wipe_bytes(sub, sizeof sub);
	secret_wipe_bytes(last, sizeof last);
	return r;
}

/* X9.143 7.2: what a derivation says of the key that is made. */
static uint16_t code_of(char algorithm, size_t len)
{
	return algorithm == '4'   ? 0x8004
	       : algorithm == 'A' ? (uint16_t)(len / 8)
	                          : (uint16_t)(len == 24);
}

static result derive_in_device(struct exchange_zmk *z, enum lmk_use use, struct secret *out)
{
	char algorithm = z->definition.algorithm;
	size_t len = working_key_bits(z->key) / 8;
	uint8_t input[8] = { 0 }, full[16] = { 0 };
	result r = OK;

	store_be16(input + 1, (uint16_t)use);
	store_be16(input + 4, code_of(algorithm, len));
	store_be16(input + 6, (uint16_t)(8 * len));
	for (size_t at = 0; is_ok(r) && at < len; at += z->block) {
		input[0]++;
		r = cmac_short(z, bytes_of(input, sizeof input), full);
		memcpy(out->at + at, full, len - at < z->block ? len - at : z->block);
	}
	out->len = len;
	secret_wipe_bytes(full, sizeof full);
	return r;
}

static result derive(struct exchange_zmk *z, enum lmk_use use, struct secret *out)
{
	if (working_key_in_device(z->key))
		return derive_in_device(z, use, out);
	return lmk_derive((enum lmk_algorithm)z->definition.algorithm, working_key_value(z->key),
	                  use, out);
}

/* --- opening --- */

static result check_use(const struct exchange_zmk *z, enum key_deed deed)
{
	const struct keyblock_header *h = working_key_header(z->key);
	const char *modes = deed == KEY_TO_PROTECT ? "BE" : "BD";

	if ((strcmp(h->usage, "K0") != 0 && strcmp(h->usage, "K1") != 0) || !strchr(modes, h->mode))
		return FAIL(EXCHANGE_ZMK, "%s has usage %s and mode %c", z->label, h->usage,
		            h->mode);
	if (h->mode == 'D' && working_key_in_device(z->key))
		return FAIL(EXCHANGE_IN_DEVICE, "%s only decrypts, inside its device", z->label);
	return OK;
}

static result open_zmk(struct key_act *act, int64_t id, enum key_deed deed, struct exchange_zmk *z)
{
	struct key_label label;
	enum key_state state;

	TRY(key_version_load(act->tx, id, &z->version));
	TRY(key_definition_load(act->tx, z->version.key, &z->definition));
	key_version_label(&z->definition, z->version.version, &label);
	key_label_text(&label, z->label);
	state = key_version_state_at(&z->version, act->now);
	if (!key_state_allows(state, deed, false))
		return FAIL(KEY_STATE, "transport key %s is %s", z->label, key_state_names[state]);
	TRY(key_version_open(act->ring, &z->version, &z->key));
	z->definition.algorithm = working_key_header(z->key)->algorithm;
	z->block_version = z->definition.algorithm == 'T'   ? 'B'
	                   : z->definition.algorithm == '4' ? '4'
	                                                    : 'D';
	z->block = z->definition.algorithm == 'T' ? 8 : 16;
	return check_use(z, deed);
}

result exchange_zmk_open(struct key_act *act, int64_t id, enum key_deed deed,
                         struct exchange_zmk *z)
{
	result r = open_zmk(act, id, deed, z);

	if (!is_ok(r))
		exchange_zmk_close(z);
	return r;
}

void exchange_zmk_close(struct exchange_zmk *z)
{
	working_key_close(&z->key);
	keyblock_protector_close(&z->loaded);
	cipher_cbc_deinit(&z->derived.cbc);
	mac_key_deinit(&z->derived.cmac);
	secret_wipe_bytes(z, sizeof *z);
}

unsigned exchange_zmk_strength(const struct exchange_zmk *z)
{
	return exchange_strength(z->definition.algorithm, working_key_bits(z->key));
}

/* --- check values --- */

static result kcv_in_device(struct exchange_zmk *z, enum kcv_type type, struct kcv *out)
{
	static const uint8_t zeros[16];
	uint8_t full[16];

	/* keys 8: CMAC 5 bytes; ECB 4 of SM4, else 3 */
	*out = (struct kcv){ .type = type };
	out->len = type == KCV_CMAC ? 5 : z->definition.algorithm == '4' ? 4 : 3;
	if (type == KCV_CMAC)
		TRY(cmac_short(z, bytes_of(zeros, z->block), full));
	else
		TRY(encrypt_block(z, zeros, full));
	memcpy(out->at, full, out->len);
	return OK;
}

result exchange_zmk_kcv(struct exchange_zmk *z, enum kcv_type type, struct kcv *out)
{
	if (working_key_in_device(z->key))
		return kcv_in_device(z, type, out);
	return kcv_of_secret(z->definition.algorithm, type, working_key_value(z->key), out);
}

result exchange_zmk_require(struct exchange_zmk *z, struct str check)
{
	static const enum kcv_type types[] = { KCV_ECB, KCV_CMAC };
	struct kcv said, is;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		TRY(kcv_parse(check, types[i], &said));
		TRY(exchange_zmk_kcv(z, types[i], &is));
		if (kcv_is(&said, &is))
			return OK;
	}
	return FAIL(EXCHANGE_ZMK_OTHER, "%s has check value %s, the sender's " STR_FMT, z->label,
	            z->version.kcv, STR_ARG(check));
}

/* --- as protector --- */

static result protector_mac(struct keyblock_protector *p, struct bytes head, struct bytes tail,
                            uint8_t out[KEYBLOCK_MAC_MAX])
{
	struct mac_key *k = &((struct exchange_protector *)p)->cmac;

	mac_begin(k);
	mac_add(k, head);
	mac_add(k, tail);
	mac_end(k, out);
	return OK;
}

static result protector_encrypt(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                                uint8_t *out)
{
	cipher_cbc_encrypt(&((struct exchange_protector *)p)->cbc, iv, in, out);
	return OK;
}

static result protector_decrypt(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                                uint8_t *out)
{
	cipher_cbc_decrypt(&((struct exchange_protector *)p)->cbc, iv, in, out);
	return OK;
}

static enum mac_kind cmac_of(char algorithm)
{
	return algorithm == 'T' ? MAC_TDES_CMAC : algorithm == '4' ? MAC_SM4_CMAC : MAC_AES_CMAC;
}

static result load_derived(struct exchange_zmk *z)
{
	SCOPED(secret_wipe) struct secret kbek = { 0 }, kbak = { 0 };
	enum cipher_kind kind;

	TRY(derive_in_device(z, LMK_KBEK, &kbek));
	TRY(derive_in_device(z, LMK_KBAK, &kbak));
	TRY(cipher_kind_of(z->definition.algorithm, kbek.len, &kind));
	TRY(cipher_cbc_init(&z->derived.cbc, kind, bytes_of(kbek.at, kbek.len)));
	TRY(mac_key_init(&z->derived.cmac, cmac_of(z->definition.algorithm),
	                 bytes_of(kbak.at, kbak.len)));
	z->derived.protector = (struct keyblock_protector){
		.block = z->block,
		.mac = protector_mac,
		.encrypt = protector_encrypt,
		.decrypt = protector_decrypt,
	};
	return OK;
}

static result load(struct exchange_zmk *z, char version)
{
	bool older = version == 'A' || version == 'C';

	if (version != z->block_version && !(older && z->block_version == 'B'))
		return FAIL(EXCHANGE_VERSION, "a block of version %c under %s, algorithm %c",
		            version, z->label, z->definition.algorithm);
	if (!working_key_in_device(z->key)) {
		keyblock_protector_close(&z->loaded);
		return keyblock_protector_open(version, working_key_value(z->key), &z->loaded);
	}
	if (older) /* its keys are variants of the value itself */
		return FAIL(EXCHANGE_IN_DEVICE, "version %c needs the value of %s here", version,
		            z->label);
	return load_derived(z);
}

result exchange_zmk_protector(struct exchange_zmk *z, char version, struct keyblock_protector **out)
{
	if (z->loaded_version != version) {
		z->loaded_version = 0;
		TRY(load(z, version));
		z->loaded_version = version;
	}
	*out = z->loaded ? keyblock_protector_of(z->loaded) : &z->derived.protector;
	return OK;
}

result exchange_zmk_mac(struct exchange_zmk *z, struct str covered, uint8_t out[MAC_FULL_SIZE],
                        size_t *len)
{
	SCOPED(secret_wipe) struct secret key = { 0 };
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };

	TRY(derive(z, LMK_BATCH_MAC, &key));
	TRY(mac_key_init(&k, cmac_of(z->definition.algorithm), bytes_of(key.at, key.len)));
	mac_once(&k, str_bytes(covered), out);
	*len = z->block;
	return OK;
}
