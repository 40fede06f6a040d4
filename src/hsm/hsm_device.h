/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hsm_device.h — crypto devices (密码设备) behind one interface: PKCS#11 modules and GM/T 0018
 * (SDF) libraries. A device keeps local master keys (LMK) in numbered slots, each as the few keys
 * that follow from it (keys 3, 4), and works with keys that were unwrapped inside it. What a device
 * cannot do it says in its capabilities.
 */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "base/secret.h"
#include "crypto/keyblock.h"
#include "crypto/lmk.h"

enum {
	HSM_TEXT_MAX = 256,  /* paths, labels */
	HSM_SLOTS = 10,      /* LMK slots 00 … 09 */
	HSM_DATA_MAX = 8192, /* bytes of one cipher or MAC call */
	HSM_WRAPPED_MAX = 2584,
	HSM_RSA_MAX = 512, /* bytes of a modulus */
	HSM_LOCAL_MAX = 32,
};

enum hsm_kind { HSM_PKCS11, HSM_SDF };

/* Where a device is. Paths and names only: the PIN comes from a file or from whoever opens it. */
struct hsm_address {
	enum hsm_kind kind;
	char library[HSM_TEXT_MAX];  /* PKCS#11 module or SDF library */
	char token[HSM_TEXT_MAX];    /* PKCS#11: label of the token */
	char pin_file[HSM_TEXT_MAX]; /* one line, mode 0600 or stricter; empty: `pin` of
	                                hsm_device_open is needed */
	char conf[HSM_TEXT_MAX];  /* SoftHSM's configuration file; empty when the module needs none
	                           */
	char store[HSM_TEXT_MAX]; /* SDF: directory of the enveloped working keys */
	uint32_t sdf_key;         /* SDF: index of the device's encryption key pair */
	bool oaep_sha256; /* PKCS#11: hash of OAEP when keys are brought in; SoftHSM takes SHA-1
	                     only */
	/* PKCS#11: vendor mechanisms for SM4, 0 where the device has none (PKCS#11 2.40 names
	 * none). */
	uint64_t sm4_key_type, sm4_ecb, sm4_cbc;
};

/* What a device can do (capability table). Bits. */
enum hsm_capability {
	HSM_CAN_LMK_AES = 1 << 0, /* hold an AES LMK */
	HSM_CAN_LMK_SM4 = 1 << 1, /* hold an SM4 LMK */
	HSM_CAN_UNWRAP = 1 << 2,  /* work with keys unwrapped inside it: device mode */
	HSM_CAN_AES = 1 << 3,
	HSM_CAN_TDES = 1 << 4,
	HSM_CAN_SM4 = 1 << 5,
	HSM_CAN_RSA = 1 << 6,
	HSM_CAN_SM2 = 1 << 7,
	HSM_CAN_DERIVE = 1 << 8, /* TDES diversification without showing the child */
};

struct hsm_info {
	unsigned capabilities;
	char vendor[40], model[40], serial[40], firmware[16];
	bool software; /* not a device but a program: keys are as safe as the machine */
};

struct hsm_device;  /* shared by threads */
struct hsm_session; /* of one thread */

/*
 * Open and log in. pin NULL: from the place's file. HSM_MODULE, HSM_TOKEN, HSM_PIN, HSM_CALL.
 * PKCS#11: one module and one configuration per process at a time; never fork afterwards. `place`
 * is borrowed until hsm_device_close.
 */
result hsm_device_open(const struct hsm_address *place, const struct secret *pin,
                       struct hsm_device **out);
void hsm_device_close(struct hsm_device *d); /* after its sessions; NULL is fine */
void hsm_device_info(const struct hsm_device *d, struct hsm_info *out);
/* Has it vanished? Set by the first call that finds it gone; every call then fails with HSM_LOST
 * until it is back. */
bool hsm_device_is_lost(const struct hsm_device *d);
/* Ask the device itself, so that its loss is noticed without work for it. HSM_LOST. */
result hsm_device_check(struct hsm_device *d);
/*
 * Look for the device again and log in, when it was lost. Waits for calls under way. Sessions go on
 * by themselves, but objects in the device are gone (hsm_session_generation changes). HSM_LOST when
 * it is not back.
 */
result hsm_device_reconnect(struct hsm_device *d);
/* Change the user PIN. HSM_PIN when the old one is wrong. The PIN file is the caller's. */
result hsm_device_set_pin(struct hsm_device *d, const struct secret *old_pin,
                          const struct secret *new_pin);

result hsm_session_open(struct hsm_device *d, struct hsm_session **out);
void hsm_session_close(struct hsm_session *s); /* NULL is fine */
void hsm_session_close_scoped(struct hsm_session **s);
/* Objects belong to the generation they were made in. Changes when the device was away, or an LMK
 * changed. */
uint32_t hsm_session_generation(const struct hsm_session *s);
const struct hsm_device *hsm_session_device(const struct hsm_session *s);
/* A program instead of a device (hsm_info.software). */
bool hsm_session_is_software(const struct hsm_session *s);
/* All of these capabilities? */
bool hsm_session_can(const struct hsm_session *s, unsigned capabilities);
result hsm_random(struct hsm_session *s, uint8_t *out, size_t len);
/* The same as a source; aborts when the device fails: nothing may go on with bad randomness. */
struct hsm_random {
	struct random_source source;
	struct hsm_session *session;
};
struct hsm_random hsm_random_source(struct hsm_session *s);
/* keys 20.1 as far as a device is concerned: two random blocks differ, CMAC and CBC of a known key
 * are right. HSM_SELFTEST. */
result hsm_selftest(struct hsm_session *s);

/* --- local master keys --- */

enum { HSM_PROOF = 5 };

struct hsm_lmk {
	enum lmk_algorithm algorithm;
	uint8_t check[HSM_PROOF]; /* check value of the LMK as noted when it was installed (CMAC) */
	uint8_t proof[HSM_PROOF]; /* CMAC of 16 zeros under KBAK, computed now: it is that key */
};

/* Derive the slot's keys from the LMK and install them, never to leave. `slot` 0…HSM_SLOTS-1.
 * HSM_EXISTS, HSM_UNSUPPORTED. The caller wipes the LMK. */
result hsm_lmk_install(struct hsm_session *s, unsigned slot, enum lmk_algorithm a,
                       const struct secret *lmk, struct hsm_lmk *out);
/* What the slot holds. DECLINE HSM_LMK_MISSING when it is empty or incomplete. */
result hsm_lmk_status(struct hsm_session *s, unsigned slot, struct hsm_lmk *out);
result hsm_lmk_erase(struct hsm_session *s,
                     unsigned slot); /* all its keys; OK when there are none */

/* CMAC under KBAK over head ‖ tail (16 bytes); CBC under KBEK. HSM_LMK_MISSING. */
result hsm_lmk_mac(struct hsm_session *s, unsigned slot, struct bytes head, struct bytes tail,
                   uint8_t out[16]);
result hsm_lmk_cbc(struct hsm_session *s, unsigned slot, bool encrypt, const uint8_t iv[16],
                   struct bytes in, uint8_t *out);
/* Link of the audit chain: HMAC under AUK over previous ‖ text; SHA-256, SM3 for an SM4 LMK (keys
 * 12). */
result hsm_lmk_link(struct hsm_session *s, unsigned slot, const uint8_t previous[32],
                    struct bytes text, uint8_t out[32]);
/* The slot as protector of key blocks: versions D and 3, or 4. Lives as long as the session. */
struct hsm_protector {
	struct keyblock_protector protector;
	struct hsm_session *session;
	unsigned slot;
};
void hsm_protector_init(struct hsm_protector *p, struct hsm_session *s, unsigned slot);

/* A key of the device alone, not of any LMK: authenticates the audit before there is one. Made when
 * it is missing. */
result hsm_local_link(struct hsm_session *s, const uint8_t previous[32], struct bytes text,
                      uint8_t out[32]);

/* --- keys unwrapped inside the device (device mode) --- */

/* 0: none. Belongs to the session's device and its generation. */
struct hsm_object {
	uint64_t at;
	uint32_t generation;
};

/* What may be done with it, besides what its use says: wrap again (re-keying of blocks, export). */
enum hsm_right {
	HSM_MAY_ENCRYPT = 1 << 0,
	HSM_MAY_DECRYPT = 1 << 1,
	HSM_MAY_MAC = 1 << 2,
	HSM_MAY_DERIVE = 1 << 3,
	HSM_MAY_SIGN = 1 << 4,
	HSM_MAY_LEAVE = 1 << 5, /* wrapped under an LMK */
};

/* algorithm: of a key block, 'A' 'T' 'R' '4' (vendor mechanism). bits: of the key. */
struct hsm_shape {
	char algorithm;
	unsigned bits;
	unsigned rights;
};

/* RFC 5649 body of a version 3 block into the device. HSM_UNSUPPORTED, HSM_LMK_MISSING,
 * KEYBLOCK_MAC (wrong body). */
result hsm_object_unwrap(struct hsm_session *s, unsigned slot, struct bytes wrapped,
                         const struct hsm_shape *shape, struct hsm_object *out);
result hsm_object_wrap(struct hsm_session *s, unsigned slot, struct hsm_object o,
                       uint8_t out[HSM_WRAPPED_MAX], size_t *len);
/*
 * The value of an object that may leave, in clear: it travels under a key that is made for it alone
 * (RFC 5649). For exports, which no device makes a block for (keys 3.2). `out` holds
 * KEYBLOCK_KEY_MAX bytes of locked memory; RSA as PKCS#8. HSM_UNSUPPORTED, HSM_CALL (the device
 * does not let it go).
 */
result hsm_object_reveal(struct hsm_session *s, struct hsm_object o, uint8_t *out, size_t *len);
/* A clear key into the device, so that it can be wrapped there: secret keys of their length, RSA as
 * PKCS#8. The caller wipes it. */
result hsm_object_import(struct hsm_session *s, struct bytes key, const struct hsm_shape *shape,
                         struct hsm_object *out);
result hsm_object_generate(struct hsm_session *s, const struct hsm_shape *shape,
                           struct hsm_object *out);
/* RSA; modulus to `modulus` (HSM_RSA_MAX). exponent 3 or 65537. */
result hsm_object_generate_rsa(struct hsm_session *s, const struct hsm_shape *shape,
                               uint32_t exponent, struct hsm_object *out, uint8_t *modulus,
                               size_t *modulus_len);
void hsm_object_free(struct hsm_session *s,
                     struct hsm_object *o); /* in the device; o becomes none */

enum hsm_cipher { HSM_ECB, HSM_CBC, HSM_CTR };
/* Whole blocks (CTR: any length); iv of one block, NULL for ECB. in and out may be the same. */
struct hsm_cipher_call {
	enum hsm_cipher mode;
	bool encrypt;
	const uint8_t *iv;
	struct bytes in;
	uint8_t *out;
};
result hsm_object_cipher(struct hsm_session *s, struct hsm_object o, const struct hsm_shape *shape,
                         const struct hsm_cipher_call *call);
/* CMAC of AES (16 bytes) or TDES (8). */
result hsm_object_cmac(struct hsm_session *s, struct hsm_object o, const struct hsm_shape *shape,
                       struct bytes in, uint8_t out[16]);
/* What a TDES key makes of 16 bytes, as a double-length key inside the device: E(ID) ‖ E(NOT ID)
 * for a child, E(X) ‖ E(X) for a session key. */
result hsm_object_derive(struct hsm_session *s, struct hsm_object o, const uint8_t data[16],
                         unsigned rights, struct hsm_object *child);
/* RSA private operation on a whole block (CKM_RSA_X_509). */
result hsm_object_rsa(struct hsm_session *s, struct hsm_object o, struct bytes in, uint8_t *out);
