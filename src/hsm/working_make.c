/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of new keys, of keys that came in, and of the same key under another LMK. */
#include <stdio.h>

#include "crypto/locked.h"
#include "hsm/working_private.h"

enum { DES_KEY = 8, WEAK_DES = 16 };

/* --- the header of a block that we make --- */

/* KP and KC first, then what the caller has (keys 9.2); a KP or KC of before is left out. */
static result put_options(const struct keyblock_header *h, const char *lmk_check,
                          const struct kcv *kcv, struct keyblock_header *out)
{
	char check[KCV_TEXT_SIZE], text[KCV_TEXT_SIZE + 3];

	*out = *h;
	out->options[0] = '\0';
	TRY(keyblock_option_add(out, "KP", str_of(lmk_check)));
	snprintf(text, sizeof text, "%02d%s", kcv->type == KCV_CMAC, kcv_text(kcv, check));
	if (kcv->type != KCV_PUBLIC)
		TRY(keyblock_option_add(out, "KC", str_of(text)));
	return keyblock_option_copy(out, h);
}

/* --- TDES: parity and weak keys (SP 800-67, 3.3) --- */

static const uint8_t weak[WEAK_DES][DES_KEY] = {
	{ 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01 },
	{ 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE },
	{ 0xE0, 0xE0, 0xE0, 0xE0, 0xF1, 0xF1, 0xF1, 0xF1 },
	{ 0x1F, 0x1F, 0x1F, 0x1F, 0x0E, 0x0E, 0x0E, 0x0E },
	{ 0x01, 0x1F, 0x01, 0x1F, 0x01, 0x0E, 0x01, 0x0E },
	{ 0x1F, 0x01, 0x1F, 0x01, 0x0E, 0x01, 0x0E, 0x01 },
	{ 0x01, 0xE0, 0x01, 0xE0, 0x01, 0xF1, 0x01, 0xF1 },
	{ 0xE0, 0x01, 0xE0, 0x01, 0xF1, 0x01, 0xF1, 0x01 },
	{ 0x01, 0xFE, 0x01, 0xFE, 0x01, 0xFE, 0x01, 0xFE },
	{ 0xFE, 0x01, 0xFE, 0x01, 0xFE, 0x01, 0xFE, 0x01 },
	{ 0x1F, 0xE0, 0x1F, 0xE0, 0x0E, 0xF1, 0x0E, 0xF1 },
	{ 0xE0, 0x1F, 0xE0, 0x1F, 0xF1, 0x0E, 0xF1, 0x0E },
	{ 0x1F, 0xFE, 0x1F, 0xFE, 0x0E, 0xFE, 0x0E, 0xFE },
	{ 0xFE, 0x1F, 0xFE, 0x1F, 0xFE, 0x0E, 0xFE, 0x0E },
	{ 0xE0, 0xFE, 0xE0, 0xFE, 0xF1, 0xFE, 0xF1, 0xFE },
	{ 0xFE, 0xE0, 0xFE, 0xE0, 0xFE, 0xF1, 0xFE, 0xF1 },
};

static bool is_weak_part(const uint8_t part[DES_KEY])
{
	for (size_t i = 0; i < WEAK_DES; i++)
		if (bytes_equal_secret(bytes_of(part, DES_KEY), bytes_of(weak[i], DES_KEY)))
			return true;
	return false;
}

static bool same_part(const uint8_t *key, size_t a, size_t b)
{
	return bytes_equal_secret(bytes_of(key + a * DES_KEY, DES_KEY),
	                          bytes_of(key + b * DES_KEY, DES_KEY));
}

/* Parity is set already. */
static bool is_weak_tdes(const uint8_t *key, size_t len)
{
	size_t parts = len / DES_KEY;

	for (size_t i = 0; i < parts; i++)
		if (is_weak_part(key + i * DES_KEY))
			return true;
	return same_part(key, 0, 1) ||
	       (parts == 3 && (same_part(key, 1, 2) || same_part(key, 0, 2)));
}

static bool is_one_byte(struct bytes value)
{
	uint8_t differs = 0;

	for (size_t i = 1; i < value.len; i++)
		differs |= value.at[i] ^ value.at[0];
	return differs == 0;
}

/* The form a value is kept in, and whether it is fit to be a key. */
static result prepare(char algorithm, unsigned bits, uint8_t *value, size_t len)
{
	size_t want = algorithm == 'T' ? (bits == 112 ? 16 : 24) : bits / 8;

	if (len != want)
		return FAIL(KEY_LENGTH, "%zu bytes for algorithm %c of %u bits", len, algorithm,
		            bits);
	if (algorithm == 'T')
		pboc_set_parity(value, len);
	if (is_one_byte(bytes_of(value, len)) || (algorithm == 'T' && is_weak_tdes(value, len)))
		return FAIL(KEY_WEAK, "the value is known to be weak");
	return OK;
}

/* --- sealing --- */

static result seal_in_host(const struct working_place *at, const struct working_order *o,
                           struct bytes value, const struct kcv *kcv, char *text, size_t *len)
{
	struct hsm_random random = hsm_random_source(at->session);
	struct hsm_protector protector;
	struct keyblock_header header;
	struct keyblock_order order = { .header = &header, .key = value, .random = &random.source };

	TRY(put_options(o->header, o->lmk_check, kcv, &header));
	hsm_protector_init(&protector, at->session, at->slot);
	return keyblock_seal(&protector.protector, &order, text, WORKING_BLOCK_MAX + 1, len);
}

static result seal_object(const struct working_place *at, const struct working_order *o,
                          struct hsm_object object, const struct kcv *kcv, char *text, size_t *len)
{
	struct hsm_random random = hsm_random_source(at->session);
	struct hsm_protector protector;
	struct keyblock_header header;
	uint8_t wrapped[HSM_WRAPPED_MAX];
	size_t wrapped_len;
	struct keyblock_order order = { .header = &header, .random = &random.source };

	TRY(put_options(o->header, o->lmk_check, kcv, &header));
	TRY(hsm_object_wrap(at->session, at->slot, object, wrapped, &wrapped_len));
	order.key = bytes_of(wrapped, wrapped_len);
	hsm_protector_init(&protector, at->session, at->slot);
	return keyblock_seal_wrapped(&protector.protector, &order, text, WORKING_BLOCK_MAX + 1,
	                             len);
}

/* Material bits of the key inside the device: parity bits count. */
static struct hsm_shape maker_shape(const struct working_order *o)
{
	unsigned bits = o->header->algorithm == 'T' ? (o->bits == 112 ? 128 : 192) : o->bits;
	unsigned rights = HSM_MAY_ENCRYPT | HSM_MAY_MAC | HSM_MAY_SIGN | HSM_MAY_LEAVE;

	return (struct hsm_shape){ o->header->algorithm, bits, rights };
}

/* The public half of a pair: its check value, and for whoever wants it. */
static result note_rsa(const struct working_order *o, struct bytes modulus, uint32_t exponent,
                       struct kcv *out)
{
	SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
	uint8_t info[RSA_KEY_INFO_MAX];
	struct writer w = writer_of(info, sizeof info);

	TRY(rsa_key_from_public(&public, modulus, exponent));
	TRY(rsa_key_save_info(&public, &w));
	if (o->public)
		writer_put(o->public, writer_bytes(&w));
	return kcv_of_spki(writer_bytes(&w), out);
}

static result note_sm2(const struct working_order *o, const struct sm2_key *k, struct kcv *out)
{
	uint8_t point[2 * SM2_FIELD];

	memcpy(point, k->x, SM2_FIELD);
	memcpy(point + SM2_FIELD, k->y, SM2_FIELD);
	if (o->public)
		writer_put(o->public, bytes_of(point, sizeof point));
	return kcv_of_sm2(point, out);
}

static result generate_in_device(const struct working_place *at, const struct working_order *o,
                                 char *text, size_t *len, struct kcv *kcv)
{
	struct hsm_shape shape = maker_shape(o);
	uint8_t modulus[HSM_RSA_MAX];
	size_t modulus_len = 0;
	struct hsm_object object;
	result r;

	if (shape.algorithm == 'R')
		TRY(hsm_object_generate_rsa(at->session, &shape, o->exponent, &object, modulus,
		                            &modulus_len));
	else
		TRY(hsm_object_generate(at->session, &shape, &object));
	if (shape.algorithm == 'R')
		r = note_rsa(o, bytes_of(modulus, modulus_len), o->exponent, kcv);
	else
		r = working_kcv_of_object(at, object, &shape, kcv);
	if (is_ok(r))
		r = seal_object(at, o, object, kcv, text, len);
	hsm_object_free(at->session, &object);
	return r;
}

/* --- new values here --- */

static result save_pair(const struct working_order *o, struct writer *w, struct kcv *kcv)
{
	SCOPED(rsa_key_deinit) struct rsa_key rsa = { 0 };
	SCOPED(sm2_key_deinit) struct sm2_key sm2 = { 0 };

	if (o->header->algorithm == 'R') {
		TRY(rsa_key_generate(&rsa, o->bits, o->exponent));
		TRY(note_rsa(o, rsa_key_modulus(&rsa), rsa.exponent, kcv));
		return rsa_key_save_pkcs1(&rsa, w);
	}
	TRY(sm2_key_generate(&sm2));
	TRY(note_sm2(o, &sm2, kcv));
	return sm2_key_save(&sm2, w);
}

static result random_value(const struct working_place *at, const struct working_order *o,
                           struct writer *w)
{
	size_t len = maker_shape(o).bits / 8;
	result r;

	do { /* a weak TDES key is as likely as a falling sky; it is made again */
		w->len = 0;
		TRY(hsm_random(at->session, w->at, len));
		r = prepare(o->header->algorithm, o->bits, w->at, len);
	} while (r.code == KEY_WEAK);
	w->len = len;
	return r;
}

static bool is_pair(const struct working_order *o)
{
	return o->header->algorithm == 'R' || o->header->algorithm == '2';
}

static result generate_here(const struct working_place *at, const struct working_order *o,
                            uint8_t *value, char *text, size_t *len, struct kcv *kcv)
{
	struct writer w = writer_of(value, KEYBLOCK_KEY_MAX);

	if (is_pair(o)) {
		TRY(save_pair(o, &w, kcv));
	} else {
		TRY(random_value(at, o, &w));
		TRY(kcv_of_secret(o->header->algorithm, kcv_default(o->header->algorithm),
		                  writer_bytes(&w), kcv));
	}
	return seal_in_host(at, o, writer_bytes(&w), kcv, text, len);
}

result working_key_generate(const struct working_place *at, const struct working_order *o,
                            char text[WORKING_BLOCK_MAX + 1], size_t *len, struct kcv *kcv)
{
	TRY(keyblock_check_use(o->header));
	if (o->header->version == '3')
		return generate_in_device(at, o, text, len, kcv);
	uint8_t *value = locked_alloc(KEYBLOCK_KEY_MAX);
	if (!value)
		return FAIL(LOCKED_FULL, "no locked memory is left for another key");
	result r = generate_here(at, o, value, text, len, kcv);
	locked_free(value, KEYBLOCK_KEY_MAX);
	return r;
}

/* --- values that came in --- */

static result seal_in_device(const struct working_place *at, const struct working_order *o,
                             struct bytes value, const struct kcv *kcv, char *text, size_t *len)
{
	struct hsm_shape shape = maker_shape(o);
	struct hsm_object object;

	TRY(hsm_object_import(at->session, value, &shape, &object));
	result r = seal_object(at, o, object, kcv, text, len);
	hsm_object_free(at->session, &object);
	return r;
}

/* The pair itself says what it is; it is kept in the form its place wants. */
static result seal_rsa(const struct working_place *at, const struct working_order *o,
                       struct bytes value, char *text, size_t *len, struct kcv *kcv)
{
	SCOPED(rsa_key_deinit) struct rsa_key rsa = { 0 };
	uint8_t *form = locked_alloc(KEYBLOCK_KEY_MAX);
	struct writer w = writer_of(form, form ? KEYBLOCK_KEY_MAX : 0);
	bool in_device = o->header->version == '3';

	if (!form)
		return FAIL(LOCKED_FULL, "no locked memory is left for another key");
	result r = rsa_key_load(&rsa, value);
	if (is_ok(r) && rsa.size * 8 != o->bits)
		r = FAIL(KEY_LENGTH, "an RSA key of %zu bits, not %u", rsa.size * 8, o->bits);
	if (is_ok(r))
		r = in_device ? rsa_key_save(&rsa, &w) : rsa_key_save_pkcs1(&rsa, &w);
	if (is_ok(r))
		r = note_rsa(o, rsa_key_modulus(&rsa), rsa.exponent, kcv);
	if (is_ok(r))
		r = in_device ? seal_in_device(at, o, writer_bytes(&w), kcv, text, len)
		              : seal_in_host(at, o, writer_bytes(&w), kcv, text, len);
	locked_free(form, KEYBLOCK_KEY_MAX);
	return r;
}

static result seal_sm2(const struct working_place *at, const struct working_order *o,
                       struct bytes value, char *text, size_t *len, struct kcv *kcv)
{
	SCOPED(sm2_key_deinit) struct sm2_key sm2 = { 0 };

	TRY(sm2_key_load(&sm2, value));
	TRY(note_sm2(o, &sm2, kcv));
	return seal_in_host(at, o, value, kcv, text, len);
}

static result seal_secret(const struct working_place *at, const struct working_order *o,
                          struct bytes value, char *text, size_t *len, struct kcv *kcv)
{
	SCOPED(secret_wipe) struct secret kept = { .len = value.len };

	if (value.len > SECRET_MAX)
		return FAIL(KEY_LENGTH, "%zu bytes", value.len);
	memcpy(kept.at, value.at, value.len);
	TRY(prepare(o->header->algorithm, o->bits, kept.at, kept.len));
	struct bytes fit = bytes_of(kept.at, kept.len);
	TRY(kcv_of_secret(o->header->algorithm, kcv_default(o->header->algorithm), fit, kcv));
	if (o->header->version == '3')
		return seal_in_device(at, o, fit, kcv, text, len);
	return seal_in_host(at, o, fit, kcv, text, len);
}

result working_key_seal(const struct working_place *at, const struct working_order *o,
                        struct bytes value, char text[WORKING_BLOCK_MAX + 1], size_t *len,
                        struct kcv *kcv)
{
	TRY(keyblock_check_use(o->header));
	if (o->header->algorithm == 'R')
		return seal_rsa(at, o, value, text, len, kcv);
	if (o->header->algorithm == '2')
		return seal_sm2(at, o, value, text, len, kcv);
	return seal_secret(at, o, value, text, len, kcv);
}

/* --- under another LMK --- */

/* The check value as the block has it: of a pair there is none in a block. */
static result kcv_of_block(const struct keyblock_header *h, struct kcv *out)
{
	struct str data;

	if (!keyblock_option_find(h, "KC", &data) || data.len < 4) {
		*out = (struct kcv){ .type = KCV_PUBLIC };
		return OK;
	}
	return kcv_parse((struct str){ data.at + 2, data.len - 2 },
	                 data.at[1] == '1' ? KCV_CMAC : KCV_ECB, out);
}

static result reseal_in_device(const struct working_place *from, const struct working_target *to,
                               const struct keyblock *parsed, char *text, size_t *len)
{
	struct working_order o = { .header = &parsed->header, .lmk_check = to->lmk_check };
	struct hsm_shape shape = { parsed->header.algorithm, (unsigned)(parsed->body_len - 8) * 8,
		                   HSM_MAY_LEAVE | HSM_MAY_ENCRYPT | HSM_MAY_MAC | HSM_MAY_SIGN };
	struct hsm_object object;
	struct kcv kcv;

	TRY(kcv_of_block(&parsed->header, &kcv));
	TRY(hsm_object_unwrap(from->session, from->slot, bytes_of(parsed->body, parsed->body_len),
	                      &shape, &object));
	result r = seal_object(&to->place, &o, object, &kcv, text, len);
	hsm_object_free(from->session, &object);
	return r;
}

static result reseal_here(const struct working_place *from, const struct working_target *to,
                          struct str block, const struct keyblock *parsed, char *text, size_t *len)
{
	struct keyblock_header header = parsed->header;
	struct working_order o = { .header = &header, .lmk_check = to->lmk_check };
	uint8_t *value = locked_alloc(KEYBLOCK_KEY_MAX);
	struct hsm_protector protector;
	struct kcv kcv;
	size_t value_len;

	if (!value)
		return FAIL(LOCKED_FULL, "no locked memory is left for another key");
	header.version = to->version;
	hsm_protector_init(&protector, from->session, from->slot);
	result r = kcv_of_block(&header, &kcv);
	if (is_ok(r))
		r = keyblock_open(&protector.protector, block, parsed, value, &value_len);
	if (is_ok(r))
		r = seal_in_host(&to->place, &o, bytes_of(value, value_len), &kcv, text, len);
	locked_free(value, KEYBLOCK_KEY_MAX);
	return r;
}

result working_key_reseal(const struct working_place *from, const struct working_target *to,
                          struct str block, char text[WORKING_BLOCK_MAX + 1], size_t *len)
{
	struct hsm_protector protector;
	struct keyblock parsed;

	TRY(keyblock_parse(block, &parsed));
	if (parsed.header.version != '3')
		return reseal_here(from, to, block, &parsed, text, len);
	if (from->session != to->place.session || to->version == '4')
		return FAIL(HSM_UNSUPPORTED,
		            "a key that never leaves its device cannot go to another");
	hsm_protector_init(&protector, from->session, from->slot);
	TRY(keyblock_check(&protector.protector, block, &parsed));
	return reseal_in_device(from, to, &parsed, text, len);
}
