/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a key from its block, and the place where it then works. */
#include "hsm/working_private.h"

#include <stdlib.h>

#include "crypto/locked.h"

enum {
	WRAP_UNIT = 8,    /* RFC 5649 */
	LONG_FORM = 0x82, /* of a DER length: two bytes follow */
};

/* --- what a header lets the key do --- */

/* Rights of the object inside a device. A root encrypts: what is diversified from it is a card's
 * key, which somebody has to put into a card; the root itself stays. */
static unsigned rights_of(const struct keyblock_header *h)
{
	static const struct {
		char mode;
		unsigned rights;
	} rows[] = {
		{ 'B', HSM_MAY_ENCRYPT | HSM_MAY_DECRYPT },
		{ 'E', HSM_MAY_ENCRYPT },
		{ 'D', HSM_MAY_DECRYPT },
		{ 'C', HSM_MAY_MAC },
		{ 'G', HSM_MAY_MAC },
		{ 'V', HSM_MAY_MAC },
		{ 'X', HSM_MAY_DERIVE | HSM_MAY_ENCRYPT | HSM_MAY_MAC },
		{ 'S', HSM_MAY_SIGN },
		{ 'N', HSM_MAY_SIGN | HSM_MAY_ENCRYPT | HSM_MAY_DECRYPT },
		{ 'T', HSM_MAY_SIGN | HSM_MAY_DECRYPT },
	};

	/* Its check value has to be computed there too. */
	unsigned checked = h->algorithm == 'A'   ? HSM_MAY_MAC
	                   : h->algorithm == 'R' ? 0
	                                         : HSM_MAY_ENCRYPT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].mode == h->mode)
			return rows[i].rights | checked;
	return checked;
}

result working_require_mode(const struct working_key *k, const char *modes)
{
	if (!strchr(modes, k->header.mode))
		return FAIL(KEY_USE, "a key of usage %s and mode %c", k->header.usage,
		            k->header.mode);
	return OK;
}

/* --- opening --- */

static result open_in_device(struct working_key *k, struct str block)
{
	k->in_device = true;
	k->block = malloc(block.len);
	if (!k->block)
		return FAIL(OUT_OF_MEMORY, "key block");
	memcpy(k->block, block.at, block.len);
	k->block_len = block.len;
	return working_require_object(k);
}

result working_require_object(struct working_key *k)
{
	struct hsm_protector protector;
	struct keyblock parsed;
	struct str text = { k->block, k->block_len };

	if (k->object.at && k->object.generation == hsm_session_generation(k->at.session))
		return OK;
	hsm_protector_init(&protector, k->at.session, k->at.slot);
	TRY(keyblock_parse(text, &parsed));
	TRY(keyblock_check(&protector.protector, text, &parsed));
	return hsm_object_unwrap(k->at.session, k->at.slot, bytes_of(parsed.body, parsed.body_len),
	                         &k->shape, &k->object);
}

static result load_pair(struct working_key *k)
{
	struct bytes value = { k->value, k->value_len };

	if (k->header.algorithm == 'R')
		return rsa_key_load(&k->rsa, value);
	return sm2_key_load(&k->sm2, value);
}

static result open_in_host(struct working_key *k, struct str block, const struct keyblock *parsed)
{
	struct hsm_protector protector;

	hsm_protector_init(&protector, k->at.session, k->at.slot);
	k->value = locked_alloc(KEYBLOCK_KEY_MAX);
	if (!k->value)
		return FAIL(LOCKED_FULL, "no locked memory is left for another key");
	TRY(keyblock_open(&protector.protector, block, parsed, k->value, &k->value_len));
	k->shape.bits = (unsigned)k->value_len * 8;
	return working_is_pair(k) ? load_pair(k) : OK;
}

/* RFC 5649 adds eight bytes and fills up to the next eight. */
static unsigned wrapped_bits(const struct keyblock *parsed)
{
	return parsed->body_len > 8 ? (unsigned)(parsed->body_len - 8) * 8 : 0;
}

/* Some devices (SoftHSM 2.6.1) fill PKCS#8 up to the next eight bytes with zeros, and RFC 5649
 * takes them for part of it. */
static void trim_zeros(struct working_key *k)
{
	const uint8_t *der = k->value; /* a sequence of more than 255 bytes */
	size_t whole = k->value_len > 4 && der[1] == LONG_FORM ? 4 + load_be16(der + 2) : 0;
	uint8_t rest = 0;

	if (whole > k->value_len || k->value_len - whole >= WRAP_UNIT)
		return;
	for (size_t i = whole; i < k->value_len; i++)
		rest |= der[i];
	if (rest == 0)
		k->value_len = whole;
}

/* RSA is PKCS#8 inside a device, PKCS#1 here (keys 9.1). */
static result rewrite_pair(struct working_key *k)
{
	struct writer w = writer_of(k->value, KEYBLOCK_KEY_MAX);

	trim_zeros(k);
	TRY(load_pair(k));
	secret_wipe_bytes(k->value, k->value_len);
	TRY(rsa_key_save_pkcs1(&k->rsa, &w));
	k->value_len = w.len;
	return OK;
}

static result bring_out(struct working_key *k, const struct keyblock *parsed)
{
	struct hsm_shape shape = { k->header.algorithm, wrapped_bits(parsed),
		                   HSM_MAY_LEAVE | HSM_MAY_ENCRYPT | HSM_MAY_SIGN };
	struct hsm_object object;

	TRY(hsm_object_unwrap(k->at.session, k->at.slot, bytes_of(parsed->body, parsed->body_len),
	                      &shape, &object));
	result r = hsm_object_reveal(k->at.session, object, k->value, &k->value_len);
	hsm_object_free(k->at.session, &object);
	return r;
}

static result open_out_of_device(struct working_key *k, struct str block,
                                 const struct keyblock *parsed)
{
	struct hsm_protector protector;

	if (k->header.exportability == 'N')
		return FAIL(KEY_USE, "a key of exportability N");
	hsm_protector_init(&protector, k->at.session, k->at.slot);
	TRY(keyblock_check(&protector.protector, block, parsed));
	k->value = locked_alloc(KEYBLOCK_KEY_MAX);
	if (!k->value)
		return FAIL(LOCKED_FULL, "no locked memory is left for another key");
	TRY(bring_out(k, parsed));
	if (working_is_pair(k))
		TRY(rewrite_pair(k));
	k->shape.bits = (unsigned)k->value_len * 8;
	return OK;
}

static result open_key(struct working_key *k, struct str block, bool here)
{
	struct keyblock parsed;

	TRY(keyblock_parse(block, &parsed));
	TRY(keyblock_check_use(&parsed.header));
	k->header = parsed.header;
	k->shape = (struct hsm_shape){ parsed.header.algorithm, wrapped_bits(&parsed),
		                       rights_of(&parsed.header) };
	if (parsed.header.version != '3')
		return open_in_host(k, block, &parsed);
	return here ? open_out_of_device(k, block, &parsed) : open_in_device(k, block);
}

static result open_new(const struct working_place *at, struct str block, bool here,
                       struct working_key **out)
{
	struct working_key *k = calloc(1, sizeof *k);

	*out = NULL;
	if (!k)
		return FAIL(OUT_OF_MEMORY, "working key");
	k->at = *at;
	result r = open_key(k, block, here);
	if (!is_ok(r)) {
		working_key_close(&k);
		return r;
	}
	*out = k;
	return OK;
}

result working_key_open(const struct working_place *at, struct str block, struct working_key **out)
{
	return open_new(at, block, false, out);
}

result working_key_open_here(const struct working_place *at, struct str block,
                             struct working_key **out)
{
	return open_new(at, block, true, out);
}

void working_key_close(struct working_key **key)
{
	struct working_key *k = *key;

	*key = NULL;
	if (!k)
		return;
	if (k->in_device)
		hsm_object_free(k->at.session, &k->object);
	free(k->block);
	locked_free(k->value, KEYBLOCK_KEY_MAX);
	cipher_key_deinit(&k->ecb);
	cipher_cbc_deinit(&k->cbc);
	cipher_ctr_deinit(&k->ctr);
	for (size_t i = 0; i < WORKING_MACS; i++)
		mac_key_deinit(&k->macs[i]);
	hmac_key_deinit(&k->hmac);
	rsa_key_deinit(&k->rsa);
	sm2_key_deinit(&k->sm2);
	secret_wipe_bytes(k, sizeof *k);
	free(k);
}

/* --- facts --- */

const struct keyblock_header *working_key_header(const struct working_key *k)
{
	return &k->header;
}

bool working_key_in_device(const struct working_key *k)
{
	return k->in_device;
}

bool working_key_is_narrow(const struct working_key *k)
{
	return k->in_device && k->header.algorithm != 'R' && hsm_session_is_software(k->at.session);
}

unsigned working_key_bits(const struct working_key *k)
{
	if (k->header.algorithm == 'R' && !k->in_device)
		return (unsigned)k->rsa.size * 8;
	return k->header.algorithm == '2' ? 256 : k->shape.bits;
}

const struct rsa_key *working_key_rsa_pair(const struct working_key *k)
{
	return k->rsa.pkey ? &k->rsa : NULL;
}

const struct sm2_key *working_key_sm2_pair(const struct working_key *k)
{
	return k->sm2.pkey ? &k->sm2 : NULL;
}

struct bytes working_key_value(const struct working_key *k)
{
	return bytes_of(k->value, k->value_len);
}

result working_key_public(struct working_key *k, struct writer *out)
{
	if (k->rsa.pkey)
		return rsa_key_save_info(&k->rsa, out);
	if (!k->sm2.pkey)
		return FAIL(INVALID_KEY, "a key of algorithm %c shows no public half here",
		            k->header.algorithm);
	writer_put(out, bytes_of(k->sm2.x, sizeof k->sm2.x));
	writer_put(out, bytes_of(k->sm2.y, sizeof k->sm2.y));
	return writer_done(out);
}

result working_kcv_of_object(const struct working_place *at, struct hsm_object object,
                             const struct hsm_shape *shape, struct kcv *out)
{
	static const uint8_t zeros[16];
	uint8_t block[16];

	*out = (struct kcv){ .type = kcv_default(shape->algorithm) };
	if (out->type == KCV_CMAC) {
		out->len = 5;
		TRY(hsm_object_cmac(at->session, object, shape, bytes_of(zeros, 16), block));
	} else {
		size_t size = shape->algorithm == 'T' ? 8 : 16;
		struct hsm_cipher_call call = {
			.mode = HSM_ECB, .encrypt = true, .in = bytes_of(zeros, size), .out = block
		};

		out->len = shape->algorithm == 'T' ? 3 : 4;
		TRY(hsm_object_cipher(at->session, object, shape, &call));
	}
	memcpy(out->at, block, out->len);
	return OK;
}

static result kcv_of_pair(struct working_key *k, struct kcv *out)
{
	uint8_t point[2 * SM2_FIELD], info[RSA_KEY_INFO_MAX];
	struct writer w = writer_of(info, sizeof info);

	if (k->rsa.pkey) {
		TRY(rsa_key_save_info(&k->rsa, &w));
		return kcv_of_spki(writer_bytes(&w), out);
	}
	memcpy(point, k->sm2.x, SM2_FIELD);
	memcpy(point + SM2_FIELD, k->sm2.y, SM2_FIELD);
	return kcv_of_sm2(point, out);
}

result working_key_kcv(struct working_key *k, struct kcv *out)
{
	char algorithm = k->header.algorithm;

	if (k->in_device) {
		if (algorithm == 'R')
			return FAIL(HSM_UNSUPPORTED,
			            "the check value of a key pair is of its public half");
		TRY(working_require_object(k));
		return working_kcv_of_object(&k->at, k->object, &k->shape, out);
	}
	if (working_is_pair(k))
		return kcv_of_pair(k, out);
	return kcv_of_secret(algorithm, kcv_default(algorithm), working_key_value(k), out);
}
