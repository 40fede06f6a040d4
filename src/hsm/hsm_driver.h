/* SPDX-License-Identifier: Apache-2.0 */
/* hsm_driver.h — what a kind of device brings: private to hsm/. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "hsm/hsm_device.h"

/* The keys of one LMK slot, in the order of hsm_driver's arrays (keys 3.3: E, M, W, A). */
enum hsm_part { HSM_PART_KBEK, HSM_PART_KBAK, HSM_PART_KWK, HSM_PART_AUK, HSM_PARTS };

/*
 * Every function may say HSM_LOST; the frame in hsm_device.c then marks the device. Sessions are
 * the driver's own structs. NULL: the device cannot do it.
 */
struct hsm_driver {
	result (*open)(const struct hsm_address *place, const struct secret *pin, void **device);
	void (*close)(void *device);
	void (*info)(void *device, struct hsm_info *out);
	result (*check)(void *device);
	result (*reopen)(void *device, const struct secret *pin);
	result (*set_pin)(void *device, const struct secret *old_pin, const struct secret *new_pin);

	result (*session_open)(void *device, void **session);
	void (*session_close)(void *session);
	/* Its memory only: the device was opened anew, and its number may be somebody else's by
	 * now. */
	void (*session_forget)(void *session);
	result (*random)(void *session, uint8_t *out, size_t len);

	/* parts[]: the derived keys; check: of the LMK. */
	result (*lmk_install)(void *session, unsigned slot, enum lmk_algorithm a,
	                      const struct secret parts[HSM_PARTS], const uint8_t check[HSM_PROOF]);
	result (*lmk_find)(void *session, unsigned slot, enum lmk_algorithm *a,
	                   uint8_t check[HSM_PROOF]);
	result (*lmk_erase)(void *session, unsigned slot);
	result (*lmk_mac)(void *session, unsigned slot, struct bytes in, uint8_t out[16]);
	result (*lmk_cbc)(void *session, unsigned slot, bool encrypt, const uint8_t iv[16],
	                  struct bytes in, uint8_t *out);
	result (*lmk_hmac)(void *session, unsigned slot, struct bytes in, uint8_t out[32]);
	result (*local_hmac)(void *session, struct bytes in, uint8_t out[32]);

	result (*import)(void *session, struct bytes key, const struct hsm_shape *shape,
	                 uint64_t *out);
	result (*unwrap)(void *session, unsigned slot, struct bytes wrapped,
	                 const struct hsm_shape *shape, uint64_t *out);
	result (*wrap)(void *session, unsigned slot, uint64_t object, uint8_t *out, size_t *len);
	/* The object under an AES key that goes in for it alone, by RFC 5649. */
	result (*wrap_under)(void *session, const struct secret *key, uint64_t object, uint8_t *out,
	                     size_t *len);
	result (*generate)(void *session, const struct hsm_shape *shape, uint64_t *out);
	result (*generate_rsa)(void *session, const struct hsm_shape *shape, uint32_t exponent,
	                       uint64_t *out, uint8_t *modulus, size_t *modulus_len);
	void (*free_object)(void *session, uint64_t object);
	result (*cipher)(void *session, uint64_t object, const struct hsm_shape *shape,
	                 const struct hsm_cipher_call *call);
	result (*cmac)(void *session, uint64_t object, const struct hsm_shape *shape,
	               struct bytes in, uint8_t out[16]);
	result (*derive)(void *session, uint64_t object, const uint8_t data[16], unsigned rights,
	                 uint64_t *child);
	result (*rsa)(void *session, uint64_t object, struct bytes in, uint8_t *out);
};

extern const struct hsm_driver hsm_driver_pkcs11, hsm_driver_sdf;

struct hsm_device {
	const struct hsm_driver *driver;
	struct hsm_address place;
	void *inner;
	pthread_rwlock_t busy;       /* read: a call is under way; write: it is reopened */
	_Atomic uint32_t generation; /* counts reopenings and changes of LMK slots */
	_Atomic bool lost;
	unsigned capabilities;
	bool software;
};

struct hsm_session {
	struct hsm_device *device;
	void *inner;     /* of the driver; NULL: to be opened anew */
	uint32_t opened; /* how often the device had been reopened then */
};

/* Marks the device when r says that it is lost; gives r back. */
result hsm_note(struct hsm_device *d, result r);
/* The session is of the device as it is now; HSM_LOST. */
result hsm_enter(struct hsm_session *s);
void hsm_leave(struct hsm_device **d);

/* Held until the scope ends: the device is not reopened in between. */
#define HSM_ENTERED(device_)                                                                       \
	SCOPED(hsm_leave) struct hsm_device *entered_ = (device_);                                 \
	pthread_rwlock_rdlock(&entered_->busy)

/* Return what one call of the driver from a session gives; HSM_UNSUPPORTED when the kind has no
 * such function. */
#define HSM_CALL_DRIVER(s_, function_, ...)                                                        \
	do {                                                                                       \
		HSM_ENTERED((s_)->device);                                                         \
		const struct hsm_driver *driver_ = (s_)->device->driver;                           \
		if (!driver_->function_)                                                           \
			return FAIL(HSM_UNSUPPORTED, #function_);                                  \
		TRY(hsm_enter(s_));                                                                \
		return hsm_note((s_)->device, driver_->function_((s_)->inner, __VA_ARGS__));       \
	} while (0)

/* One line of a file nobody else can read, as a PIN. HSM_PIN. */
result hsm_read_pin(const char *path, struct secret *pin);
