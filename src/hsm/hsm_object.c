/* SPDX-License-Identifier: Apache-2.0 */
/* What blocks and working keys ask of a device: its slots as protectors, and keys that live inside
 * it for a while. */
#include "crypto/keywrap.h"
#include "hsm/hsm_driver.h"

/* --- as a protector of key blocks --- */

static result protector_mac(struct keyblock_protector *p, struct bytes head, struct bytes tail,
                            uint8_t out[KEYBLOCK_MAC_MAX])
{
	struct hsm_protector *h = (struct hsm_protector *)p;

	return hsm_lmk_mac(h->session, h->slot, head, tail, out);
}

static result protector_encrypt(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                                uint8_t *out)
{
	struct hsm_protector *h = (struct hsm_protector *)p;

	return hsm_lmk_cbc(h->session, h->slot, true, iv, in, out);
}

static result protector_decrypt(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                                uint8_t *out)
{
	struct hsm_protector *h = (struct hsm_protector *)p;

	return hsm_lmk_cbc(h->session, h->slot, false, iv, in, out);
}

void hsm_protector_init(struct hsm_protector *p, struct hsm_session *s, unsigned slot)
{
	*p = (struct hsm_protector){
		.protector = { .block = 16,
		               .mac = protector_mac,
		               .encrypt = protector_encrypt,
		               .decrypt = protector_decrypt },
		.session = s,
		.slot = slot,
	};
}

/* --- keys inside --- */

/* Objects of another generation are gone: whoever holds them brings the key in again. */
static result require_current(const struct hsm_session *s, struct hsm_object o)
{
	if (o.at == 0 || o.generation != hsm_session_generation(s))
		return FAIL(HSM_OBJECT_GONE, "object of generation %u", o.generation);
	return OK;
}

static result unwrap(struct hsm_session *s, unsigned slot, struct bytes wrapped,
                     const struct hsm_shape *shape, uint64_t *out)
{
	HSM_CALL_DRIVER(s, unwrap, slot, wrapped, shape, out);
}

result hsm_object_unwrap(struct hsm_session *s, unsigned slot, struct bytes wrapped,
                         const struct hsm_shape *shape, struct hsm_object *out)
{
	uint32_t generation = hsm_session_generation(s);
	uint64_t at;

	*out = (struct hsm_object){ 0 };
	if (wrapped.len > HSM_WRAPPED_MAX)
		return FAIL(HSM_INPUT, "%zu bytes", wrapped.len);
	TRY(unwrap(s, slot, wrapped, shape, &at));
	*out = (struct hsm_object){ at, generation };
	return OK;
}

static result import(struct hsm_session *s, struct bytes key, const struct hsm_shape *shape,
                     uint64_t *out)
{
	HSM_CALL_DRIVER(s, import, key, shape, out);
}

result hsm_object_import(struct hsm_session *s, struct bytes key, const struct hsm_shape *shape,
                         struct hsm_object *out)
{
	uint32_t generation = hsm_session_generation(s);
	uint64_t at;

	*out = (struct hsm_object){ 0 };
	if (key.len > HSM_WRAPPED_MAX - 16)
		return FAIL(HSM_INPUT, "%zu bytes", key.len);
	TRY(import(s, key, shape, &at));
	*out = (struct hsm_object){ at, generation };
	return OK;
}

static result wrap(struct hsm_session *s, unsigned slot, uint64_t object, uint8_t *out, size_t *len)
{
	HSM_CALL_DRIVER(s, wrap, slot, object, out, len);
}

result hsm_object_wrap(struct hsm_session *s, unsigned slot, struct hsm_object o,
                       uint8_t out[HSM_WRAPPED_MAX], size_t *len)
{
	TRY(require_current(s, o));
	return wrap(s, slot, o.at, out, len);
}

static result wrap_under(struct hsm_session *s, const struct secret *key, uint64_t object,
                         uint8_t *out, size_t *len)
{
	HSM_CALL_DRIVER(s, wrap_under, key, object, out, len);
}

result hsm_object_reveal(struct hsm_session *s, struct hsm_object o, uint8_t *out, size_t *len)
{
	SCOPED(secret_wipe) struct secret key = { .len = 32 };
	uint8_t wrapped[HSM_WRAPPED_MAX];
	size_t wrapped_len;

	TRY(require_current(s, o));
	TRY(hsm_random(s, key.at, key.len));
	TRY(wrap_under(s, &key, o.at, wrapped, &wrapped_len));
	return keywrap_pad_unwrap(bytes_of(key.at, key.len), bytes_of(wrapped, wrapped_len), out,
	                          len);
}

static result generate(struct hsm_session *s, const struct hsm_shape *shape, uint64_t *out)
{
	HSM_CALL_DRIVER(s, generate, shape, out);
}

result hsm_object_generate(struct hsm_session *s, const struct hsm_shape *shape,
                           struct hsm_object *out)
{
	uint32_t generation = hsm_session_generation(s);
	uint64_t at;

	*out = (struct hsm_object){ 0 };
	TRY(generate(s, shape, &at));
	*out = (struct hsm_object){ at, generation };
	return OK;
}

static result generate_rsa(struct hsm_session *s, const struct hsm_shape *shape, uint32_t exponent,
                           uint64_t *out, uint8_t *modulus, size_t *modulus_len)
{
	HSM_CALL_DRIVER(s, generate_rsa, shape, exponent, out, modulus, modulus_len);
}

result hsm_object_generate_rsa(struct hsm_session *s, const struct hsm_shape *shape,
                               uint32_t exponent, struct hsm_object *out, uint8_t *modulus,
                               size_t *modulus_len)
{
	uint32_t generation = hsm_session_generation(s);
	uint64_t at;

	*out = (struct hsm_object){ 0 };
	if (shape->bits > HSM_RSA_MAX * 8 || (exponent != 3 && exponent != 65537))
		return FAIL(HSM_INPUT, "RSA of %u bits, exponent %u", shape->bits, exponent);
	TRY(generate_rsa(s, shape, exponent, &at, modulus, modulus_len));
	*out = (struct hsm_object){ at, generation };
	return OK;
}

static result release(struct hsm_session *s, uint64_t object)
{
	HSM_ENTERED(s->device);
	TRY(hsm_enter(s));
	s->device->driver->free_object(s->inner, object);
	return OK;
}

void hsm_object_free(struct hsm_session *s, struct hsm_object *o)
{
	/* An object of a device that went away went with it. */
	if (is_ok(require_current(s, *o)) && s->device->driver->free_object)
		(void)!is_ok(release(s, o->at));
	*o = (struct hsm_object){ 0 };
}

static result cipher(struct hsm_session *s, uint64_t object, const struct hsm_shape *shape,
                     const struct hsm_cipher_call *call)
{
	HSM_CALL_DRIVER(s, cipher, object, shape, call);
}

result hsm_object_cipher(struct hsm_session *s, struct hsm_object o, const struct hsm_shape *shape,
                         const struct hsm_cipher_call *call)
{
	TRY(require_current(s, o));
	if (call->in.len > HSM_DATA_MAX)
		return FAIL(HSM_INPUT, "%zu bytes", call->in.len);
	return cipher(s, o.at, shape, call);
}

static result cmac(struct hsm_session *s, uint64_t object, const struct hsm_shape *shape,
                   struct bytes in, uint8_t out[16])
{
	HSM_CALL_DRIVER(s, cmac, object, shape, in, out);
}

result hsm_object_cmac(struct hsm_session *s, struct hsm_object o, const struct hsm_shape *shape,
                       struct bytes in, uint8_t out[16])
{
	TRY(require_current(s, o));
	return cmac(s, o.at, shape, in, out);
}

static result derive(struct hsm_session *s, uint64_t object, const uint8_t data[16],
                     unsigned rights, uint64_t *child)
{
	HSM_CALL_DRIVER(s, derive, object, data, rights, child);
}

result hsm_object_derive(struct hsm_session *s, struct hsm_object o, const uint8_t data[16],
                         unsigned rights, struct hsm_object *child)
{
	uint64_t at;

	*child = (struct hsm_object){ 0 };
	TRY(require_current(s, o));
	TRY(derive(s, o.at, data, rights, &at));
	*child = (struct hsm_object){ at, o.generation };
	return OK;
}

static result rsa(struct hsm_session *s, uint64_t object, struct bytes in, uint8_t *out)
{
	HSM_CALL_DRIVER(s, rsa, object, in, out);
}

result hsm_object_rsa(struct hsm_session *s, struct hsm_object o, struct bytes in, uint8_t *out)
{
	TRY(require_current(s, o));
	return rsa(s, o.at, in, out);
}
