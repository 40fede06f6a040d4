/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM4 keys that live in the device for a while. They go in by an envelope and never come out: the
 * standard wraps a key only while making it, under a key that the device's own tool made, and never
 * one session key under another. So there is no unwrapping, wrapping or making here, and keys of
 * blocks open in this process (envelope mode, keys 3.4).
 */
#include "hsm/sdf_device.h"

enum { SM4_BITS = 8 * SDF_KEY };

/* number 0: a free place. */
static struct sdf_object *place_of(struct sdf_session *s, uint64_t number)
{
	for (size_t i = 0; i < SDF_OBJECTS_MAX; i++)
		if (s->objects[i].number == number)
			return &s->objects[i];
	return NULL;
}

static void drop(struct sdf_session *s, struct sdf_object *o)
{
	sdf_key_destroy(s, &o->key);
	*o = (struct sdf_object){ 0 };
}

void sdf_object_drop_all(struct sdf_session *s)
{
	for (size_t i = 0; i < SDF_OBJECTS_MAX; i++)
		drop(s, &s->objects[i]);
}

/* The device asks for no rights; they are kept here. */
static result find(struct sdf_session *s, uint64_t number, unsigned rights,
                   const struct sdf_object **out)
{
	const struct sdf_object *o = number ? place_of(s, number) : NULL;

	if (!o)
		return FAIL(HSM_OBJECT_GONE, "an object of another session, or of none");
	if (!(o->rights & rights))
		return FAIL(HSM_CALL, "the object has no right to this");
	*out = o;
	return OK;
}

result sdf_object_import(void *session, struct bytes key, const struct hsm_shape *shape,
                         uint64_t *out)
{
	struct sdf_session *s = session;
	uint8_t envelope[SDF_ENVELOPE];
	void *handle;

	if (shape->algorithm != '4' || !(s->device->capabilities & HSM_CAN_SM4))
		return FAIL(HSM_UNSUPPORTED, "algorithm %c", shape->algorithm);
	if (key.len != SDF_KEY || shape->bits != SM4_BITS)
		return FAIL(HSM_INPUT, "an SM4 key of %zu bytes", key.len);
	SDF_WORKING(s->device);
	struct sdf_object *place = place_of(s, 0);
	if (!place)
		return FAIL(HSM_CALL, "%d objects in one session", SDF_OBJECTS_MAX);
	TRY(sdf_key_seal(s, key.at, envelope));
	TRY(sdf_key_import(s, envelope, &handle));
	*place = (struct sdf_object){ atomic_fetch_add(&s->device->numbers, 1) + 1, handle,
		                      shape->rights };
	*out = place->number;
	return OK;
}

void sdf_object_free(void *session, uint64_t object)
{
	struct sdf_session *s = session;

	SDF_WORKING(s->device);
	struct sdf_object *o = object ? place_of(s, object) : NULL;
	if (o)
		drop(s, o);
}

/* A CBC-MAC is made by encrypting, as in a token. */
static unsigned right_to(const struct hsm_cipher_call *c)
{
	return c->encrypt ? HSM_MAY_ENCRYPT | HSM_MAY_MAC : HSM_MAY_DECRYPT;
}

result sdf_object_cipher(void *session, uint64_t object, const struct hsm_shape *shape,
                         const struct hsm_cipher_call *call)
{
	struct sdf_session *s = session;
	const struct sdf_object *o = NULL;

	if (shape->algorithm != '4' || call->mode == HSM_CTR)
		return FAIL(HSM_UNSUPPORTED, "algorithm %c, mode %d", shape->algorithm,
		            (int)call->mode);
	SDF_WORKING(s->device);
	TRY(find(s, object, right_to(call), &o));
	return sdf_key_cipher(s, o->key, call);
}

result sdf_object_cmac(void *session, uint64_t object, const struct hsm_shape *shape,
                       struct bytes in, uint8_t out[16])
{
	struct sdf_session *s = session;
	struct sdf_subkeys subkeys;
	const struct sdf_object *o = NULL;

	if (shape->algorithm != '4')
		return FAIL(HSM_UNSUPPORTED, "CMAC of algorithm %c", shape->algorithm);
	SDF_WORKING(s->device);
	TRY(find(s, object, HSM_MAY_MAC, &o));
	TRY(sdf_key_subkeys(s, o->key, &subkeys));
	result r = sdf_key_cmac(s, o->key, &subkeys, in, out);
	secret_wipe_bytes(&subkeys, sizeof subkeys);
	return r;
}
