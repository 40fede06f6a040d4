/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdf_device.h — an SDF library (GM/T 0018) as a crypto device: what the files of that driver
 * share. An SM4 LMK lives in files, its working keys SM2-encrypted for the device (sdf_blob.h); a
 * session brings a slot's keys in when it first needs them and works with their handles.
 */
#pragma once

#include "hsm/sdf.h"
#include "hsm/sdf_blob.h"

enum { SDF_OBJECTS_MAX = 32 /* keys inside, of one session at a time */ };

/* Of CMAC (SP 800-38B 6.1): secrets, like their key. */
struct sdf_subkeys {
	uint8_t k1[16], k2[16];
};

/* A slot's keys in one session. */
struct sdf_keys {
	void *kbek, *kbak; /* NULL: not brought in */
	struct sdf_subkeys subkeys;
};

/* A key that was brought into one session. */
struct sdf_object {
	uint64_t number; /* 0: free; of one device never twice, so that no session takes another's
	                    for its own */
	void *key;
	unsigned rights;
};

struct sdf_device;

/* In locked memory. */
struct sdf_session {
	struct sdf_device *device;
	struct sdf_session *next;
	void *at; /* the library's session; NULL: of a device that was opened anew since */
	bool has_right;
	struct sdf_keys keys[SDF_SLOTS];
	struct sdf_object objects[SDF_OBJECTS_MAX];
};

struct sdf_slot {
	bool whole; /* the file is there and opens in this device */
	struct sdf_blob blob;
	/* AUK. HMAC-SM3 is no function of the standard of 2012, so this key works here, in locked
	 * memory (envelope mode, keys 3.2). */
	uint8_t audit[SDF_KEY];
};

/* In locked memory. */
struct sdf_device {
	struct sdf_calls call;
	const struct hsm_address *place; /* borrowed from the frame */
	const struct secret *pin;        /* likewise; empty: none */
	void *at;                        /* NULL: not open */
	struct sdf_session keeper;       /* for the device's own questions */
	pthread_mutex_t asking;          /* held while the keeper is used */
	struct DEVICEINFO facts;
	struct sm2_key public;          /* encrypts for the device */
	uint8_t key_check[SM2_KEY_KCV]; /* of that key pair */
	unsigned capabilities;
	struct sdf_slot slots[SDF_SLOTS];
	struct sdf_session *sessions;
	_Atomic uint64_t numbers;
	/* Read: a session works. Write: slots or the list of sessions change, and keys of other
	 * sessions go. */
	pthread_rwlock_t changing;
};

/* Held until the scope ends. */
void sdf_unlock(pthread_rwlock_t **lock);
#define SDF_WORKING(device_)                                                                       \
	SCOPED(sdf_unlock) pthread_rwlock_t *working_ = &(device_)->changing;                      \
	pthread_rwlock_rdlock(working_)
#define SDF_CHANGING(device_)                                                                      \
	SCOPED(sdf_unlock) pthread_rwlock_t *changing_ = &(device_)->changing;                     \
	pthread_rwlock_wrlock(changing_)

/* sdf_library.c */
/* Load a library for the life of the process and look its functions up. HSM_MODULE, naming what is
 * missing. */
result sdf_library_load(const char *path, struct sdf_calls *out);
/* Has it all that keys need? */
bool sdf_library_has_keys(const struct sdf_calls *c);
/* OK, HSM_LOST for what says that the device is not there any more, HSM_PIN, HSM_UNSUPPORTED, else
 * HSM_CALL, with the function and its value. */
result sdf_result(int rv, const char *what);

/* sdf_store.c: files of mode 0600 in the place's directory, changed whole or not at all */
/* The directory is there, without what an installation that was cut short left. FILE_WRITE. */
result sdf_store_prepare(const struct hsm_address *place);
bool sdf_store_has(const struct hsm_address *place, unsigned slot);
/* FILE_READ, INVALID_TEXT (also when the file is of another slot). */
result sdf_store_read(const struct hsm_address *place, unsigned slot, struct sdf_blob *out);
/* HSM_EXISTS, FILE_WRITE; there is then no new file. */
result sdf_store_write(const struct hsm_address *place, const struct sdf_blob *b);
result sdf_store_remove(const struct hsm_address *place,
                        unsigned slot); /* OK when there is none; FILE_WRITE */

/* sdf_key.c: one session's keys */
result sdf_random(const struct sdf_session *s, uint8_t *out, size_t len);
/* An SM4 key encrypted for the device, by itself when it can. */
result sdf_key_seal(const struct sdf_session *s, const uint8_t key[SDF_KEY],
                    uint8_t out[SDF_ENVELOPE]);
/* An envelope into the device. */
result sdf_key_import(const struct sdf_session *s, const uint8_t envelope[SDF_ENVELOPE],
                      void **key);
void sdf_key_destroy(const struct sdf_session *s, void **key); /* *key becomes NULL */
/* ECB and CBC of whole blocks. */
result sdf_key_cipher(const struct sdf_session *s, void *key, const struct hsm_cipher_call *c);
result sdf_key_subkeys(const struct sdf_session *s, void *key, struct sdf_subkeys *out);
result sdf_key_cmac(const struct sdf_session *s, void *key, const struct sdf_subkeys *subkeys,
                    struct bytes in, uint8_t out[16]);

/* sdf_lmk.c */
result sdf_lmk_load(struct sdf_device *d);                 /* look all slots up. HSM_LOST */
void sdf_lmk_forget(struct sdf_session *s, unsigned slot); /* the session's keys of it go */
result sdf_lmk_install(void *session, unsigned slot, enum lmk_algorithm a,
                       const struct secret parts[HSM_PARTS], const uint8_t check[HSM_PROOF]);
result sdf_lmk_find(void *session, unsigned slot, enum lmk_algorithm *a, uint8_t check[HSM_PROOF]);
result sdf_lmk_erase(void *session, unsigned slot);
result sdf_lmk_mac(void *session, unsigned slot, struct bytes in, uint8_t out[16]);
result sdf_lmk_cbc(void *session, unsigned slot, bool encrypt, const uint8_t iv[16],
                   struct bytes in, uint8_t *out);
result sdf_lmk_hmac(void *session, unsigned slot, struct bytes in, uint8_t out[32]);
result sdf_local_hmac(void *session, struct bytes in, uint8_t out[32]);

/* sdf_object.c */
void sdf_object_drop_all(struct sdf_session *s); /* the session's objects go */
result sdf_object_import(void *session, struct bytes key, const struct hsm_shape *shape,
                         uint64_t *out);
void sdf_object_free(void *session, uint64_t object);
result sdf_object_cipher(void *session, uint64_t object, const struct hsm_shape *shape,
                         const struct hsm_cipher_call *call);
result sdf_object_cmac(void *session, uint64_t object, const struct hsm_shape *shape,
                       struct bytes in, uint8_t out[16]);
