/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdf_library.h — a small SDF library (GM/T 0018-2012) for tests, over OpenSSL: what it exports. A
 * program loads it as it would load a vendor's. The environment tells it what to be:
 *
 *   YIKA_SDF_DIR     directory of the device's key pairs (index 1), made when the device is first
 *                    opened; another directory is another device
 *   YIKA_SDF_PIN     set: private keys want it, eight characters at least; read with the directory
 *   YIKA_SDF_PLAIN   set: no SDF_ExternalEncrypt_ECC and no ECB, as with some vendors
 *   YIKA_SDF_ABSENT  set: the device does not answer, every call is SDR_COMMFAIL
 *
 * It takes nothing on trust: handles are looked up, arguments checked, and what is left open is
 * counted.
 */
#pragma once

#include "hsm/sdf.h"

/* The standard decides what its functions take. */
#define SGD_RV int

struct ECCSignature { /* 5.8 */
	unsigned char r[ECCref_MAX_LEN];
	unsigned char s[ECCref_MAX_LEN];
};

SGD_RV SDF_OpenDevice(void **device);
SGD_RV SDF_CloseDevice(void *device);
SGD_RV SDF_OpenSession(void *device, void **session);
SGD_RV SDF_CloseSession(void *session);
SGD_RV SDF_GetDeviceInfo(void *session, struct DEVICEINFO *info);
SGD_RV SDF_GenerateRandom(void *session, unsigned len, unsigned char *out);
SGD_RV SDF_GetPrivateKeyAccessRight(void *session, unsigned index, unsigned char *password,
                                    unsigned len);
SGD_RV SDF_ReleasePrivateKeyAccessRight(void *session, unsigned index);

SGD_RV SDF_ExportSignPublicKey_ECC(void *session, unsigned index, struct ECCrefPublicKey *out);
SGD_RV SDF_ExportEncPublicKey_ECC(void *session, unsigned index, struct ECCrefPublicKey *out);
SGD_RV SDF_ImportKeyWithISK_ECC(void *session, unsigned index, struct ECCCipher *envelope,
                                void **key);
SGD_RV SDF_DestroyKey(void *session, void *key);

SGD_RV SDF_ExternalVerify_ECC(void *session, unsigned algorithm, struct ECCrefPublicKey *by,
                              unsigned char *hash, unsigned len, struct ECCSignature *signature);
SGD_RV SDF_InternalSign_ECC(void *session, unsigned index, unsigned char *hash, unsigned len,
                            struct ECCSignature *signature);
SGD_RV SDF_ExternalEncrypt_ECC(void *session, unsigned algorithm, struct ECCrefPublicKey *to,
                               unsigned char *in, unsigned len, struct ECCCipher *out);

SGD_RV SDF_Encrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                   unsigned char *in, unsigned len, unsigned char *out, unsigned *out_len);
SGD_RV SDF_Decrypt(void *session, void *key, unsigned algorithm, unsigned char *iv,
                   unsigned char *in, unsigned len, unsigned char *out, unsigned *out_len);
SGD_RV SDF_CalculateMAC(void *session, void *key, unsigned algorithm, unsigned char *iv,
                        unsigned char *in, unsigned len, unsigned char *out, unsigned *out_len);
SGD_RV SDF_HashInit(void *session, unsigned algorithm, struct ECCrefPublicKey *by,
                    unsigned char *id, unsigned id_len);
SGD_RV SDF_HashUpdate(void *session, unsigned char *in, unsigned len);
SGD_RV SDF_HashFinal(void *session, unsigned char *out, unsigned *out_len);

/* Beside the standard. */
struct sdf_count {
	unsigned devices, sessions, keys; /* open now */
	unsigned left;                    /* keys that went with their session, not by
	                                     SDF_DestroyKey */
};
void sdf_library_count(struct sdf_count *out);
