/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_device.h — a PKCS#11 module as a crypto device: what the files of that driver share. */
#pragma once

#include <p11-kit/pkcs11.h>

#include "hsm/hsm_driver.h"
#include "hsm/pkcs11.h"

enum { PKCS11_LABEL_MAX = 32, PKCS11_ATTRIBUTES_MAX = 20 };

/* CKM_AES_KEY_WRAP_KWP of PKCS#11 3.0: some devices have it instead of CKM_AES_KEY_WRAP_PAD (keys
 * U8). */
#define PKCS11_KWP_3_0 0x210BUL

struct pkcs11_slot {
	bool whole; /* all parts are there */
	CK_OBJECT_HANDLE parts[HSM_PARTS];
	uint8_t check[HSM_PROOF];
};

/* A key pair of the token, of this login: what is encrypted for it opens inside only. */
struct pkcs11_transport {
	CK_OBJECT_HANDLE private; /* 0: not made yet */
	uint8_t modulus[HSM_RSA_MAX];
	size_t modulus_len;
};

struct pkcs11_device {
	const CK_FUNCTION_LIST *call;
	const struct hsm_address *place; /* borrowed from the frame */
	CK_SESSION_HANDLE keeper;        /* holds the copies of the LMK keys; logged in */
	CK_SLOT_ID token;
	CK_MECHANISM_TYPE wrap_pad;
	unsigned capabilities;
	struct pkcs11_slot slots[HSM_SLOTS];
	struct pkcs11_transport transport;
	pthread_mutex_t making; /* objects are made one at a time (keys 3.3) */
};

struct pkcs11_session {
	struct pkcs11_device *device;
	CK_SESSION_HANDLE at;
};

/* A template while it is put together. */
struct pkcs11_template {
	CK_ATTRIBUTE at[PKCS11_ATTRIBUTES_MAX];
	CK_ULONG count;
	/* storage of the values */
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	CK_BBOOL yes, no;
};
/* Class, type, and what every key of ours is: private and sensitive. */
void pkcs11_template_begin(struct pkcs11_template *t, CK_OBJECT_CLASS class, CK_KEY_TYPE type,
                           bool on_token);
void pkcs11_template_bool(struct pkcs11_template *t, CK_ATTRIBUTE_TYPE type, bool value);
void pkcs11_template_put(struct pkcs11_template *t, CK_ATTRIBUTE_TYPE type, void *value,
                         CK_ULONG len);

/* pkcs11_transport.c: both with `making` held */
/* A clear key of at most 64 bytes into the token as `template` says, by RSA-OAEP (keys 3.3). */
result pkcs11_bring_in(struct pkcs11_device *d, const struct secret *key,
                       struct pkcs11_template *template, CK_OBJECT_HANDLE *out);
result pkcs11_import(void *session, struct bytes key, const struct hsm_shape *shape, uint64_t *out);
result pkcs11_wrap_under(void *session, const struct secret *key, uint64_t object, uint8_t *out,
                         size_t *len);

/* pkcs11_lmk.c */
result pkcs11_lmk_load(struct pkcs11_device *d);  /* look all slots up, make the copies */
result pkcs11_lmk_check(struct pkcs11_device *d); /* the token still has them. HSM_LOST */
result pkcs11_lmk_install(void *session, unsigned slot, enum lmk_algorithm a,
                          const struct secret parts[HSM_PARTS], const uint8_t check[HSM_PROOF]);
result pkcs11_lmk_find(void *session, unsigned slot, enum lmk_algorithm *a,
                       uint8_t check[HSM_PROOF]);
result pkcs11_lmk_erase(void *session, unsigned slot);
result pkcs11_lmk_mac(void *session, unsigned slot, struct bytes in, uint8_t out[16]);
result pkcs11_lmk_cbc(void *session, unsigned slot, bool encrypt, const uint8_t iv[16],
                      struct bytes in, uint8_t *out);
result pkcs11_lmk_hmac(void *session, unsigned slot, struct bytes in, uint8_t out[32]);
result pkcs11_local_hmac(void *session, struct bytes in, uint8_t out[32]);
/* The key part of a slot; HSM_LMK_MISSING. */
result pkcs11_lmk_part(const struct pkcs11_device *d, unsigned slot, enum hsm_part part,
                       CK_OBJECT_HANDLE *out);

/* pkcs11_object.c */
result pkcs11_unwrap(void *session, unsigned slot, struct bytes wrapped,
                     const struct hsm_shape *shape, uint64_t *out);
result pkcs11_wrap(void *session, unsigned slot, uint64_t object, uint8_t *out, size_t *len);
result pkcs11_generate(void *session, const struct hsm_shape *shape, uint64_t *out);
result pkcs11_generate_rsa(void *session, const struct hsm_shape *shape, uint32_t exponent,
                           uint64_t *out, uint8_t *modulus, size_t *modulus_len);
void pkcs11_free_object(void *session, uint64_t object);
result pkcs11_cipher(void *session, uint64_t object, const struct hsm_shape *shape,
                     const struct hsm_cipher_call *call);
result pkcs11_cmac(void *session, uint64_t object, const struct hsm_shape *shape, struct bytes in,
                   uint8_t out[16]);
result pkcs11_derive(void *session, uint64_t object, const uint8_t data[16], unsigned rights,
                     uint64_t *child);
result pkcs11_rsa(void *session, uint64_t object, struct bytes in, uint8_t *out);
result pkcs11_shape_template(const struct pkcs11_device *d, const struct hsm_shape *shape,
                             struct pkcs11_template *t);
/* One C_Encrypt or C_Decrypt, one C_Sign. */
result pkcs11_run_cipher(struct pkcs11_session *s, CK_MECHANISM *how, CK_OBJECT_HANDLE key,
                         bool encrypt, struct bytes in, uint8_t *out);
result pkcs11_run_sign(struct pkcs11_session *s, CK_MECHANISM *how, CK_OBJECT_HANDLE key,
                       struct bytes in, uint8_t *out, CK_ULONG len);
