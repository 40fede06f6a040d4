/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdf.h — the interface of cipher devices as GM/T 0018-2012 (密码设备应用接口规范) has it, as far
 * as it is used here: identifiers, layouts, and one table of the functions of a library. Clauses
 * are of that standard; members of the structs have its names. A vendor that differs gets a small
 * file that replaces entries of the table.
 */
#pragma once

#include <stddef.h>

/* 5.1: algorithm identifiers (GM/T 0006-2012, 5.2). */
enum sdf_algorithm {
	SGD_SM3 = 0x1,
	SGD_SM4_ECB = 0x401,
	SGD_SM4_CBC = 0x402,
	SGD_SM4_CFB = 0x404,
	SGD_SM4_OFB = 0x408,
	SGD_SM4_MAC = 0x410, /* CBC-MAC, not CMAC */
	SGD_SM2_1 = 0x20200, /* signature */
	SGD_SM2_2 = 0x20400, /* key exchange */
	SGD_SM2_3 = 0x20800, /* encryption */
};

/* Annex A: what functions return. */
enum sdf_return {
	SDR_OK = 0,
	SDR_UNKNOWERR = 0x01000001,
	SDR_NOTSUPPORT = 0x01000002,       /* no such function here */
	SDR_COMMFAIL = 0x01000003,         /* the device does not answer */
	SDR_HARDFAIL = 0x01000004,         /* its processor does not */
	SDR_OPENDEVICE = 0x01000005,       /* it cannot be opened */
	SDR_OPENSESSION = 0x01000006,      /* no session to be had */
	SDR_PARDENY = 0x01000007,          /* no right to use the private key */
	SDR_KEYNOTEXIST = 0x01000008,      /* no such key */
	SDR_ALGNOTSUPPORT = 0x01000009,    /* no such algorithm */
	SDR_ALGMODNOTSUPPORT = 0x0100000A, /* no such mode of it */
	SDR_PKOPERR = 0x0100000B,          /* public key operation */
	SDR_SKOPERR = 0x0100000C,          /* private key operation */
	SDR_SIGNERR = 0x0100000D,
	SDR_VERIFYERR = 0x0100000E,
	SDR_SYMOPERR = 0x0100000F, /* cipher operation */
	SDR_STEPERR = 0x01000010,  /* a step left out */
	SDR_KEYTYPEERR = 0x01000014,
	SDR_KEYERR = 0x01000015,
	SDR_ENCDATAERR = 0x01000016, /* not an ECCCipher */
	SDR_RANDERR = 0x01000017,
	SDR_PRKRERR = 0x01000018, /* the right to use a private key is not given */
	SDR_MACERR = 0x01000019,
	SDR_NOBUFFER = 0x0100001C,
	SDR_INARGERR = 0x0100001D,
	SDR_OUTARGERR = 0x0100001E,
};

enum {
	ECCref_MAX_BITS = 512, /* 5.6; SM2 fills the right half of each field */
	ECCref_MAX_LEN = (ECCref_MAX_BITS + 7) / 8,
	SDF_CIPHER_ROOM = 512, /* for what is encrypted: the standard leaves its length open */
};

/* 5.3: who the device is. Texts are not ended. */
struct DEVICEINFO {
	unsigned char IssuerName[40];
	unsigned char DeviceName[16];
	unsigned char DeviceSerial[16];
	unsigned int DeviceVersion;
	unsigned int StandardVersion;   /* 1: this standard; 2: that of 2023 */
	unsigned int AsymAlgAbility[2]; /* identifiers; lengths of moduli */
	unsigned int SymAlgAbility;
	unsigned int HashAlgAbility;
	unsigned int BufferSize; /* of the user's files, bytes */
};

/* 5.6: a public key. */
struct ECCrefPublicKey {
	unsigned int bits; /* 256 */
	unsigned char x[ECCref_MAX_LEN];
	unsigned char y[ECCref_MAX_LEN];
};

/* 5.7: what is encrypted for one (C1 C3 C2). */
struct ECCCipher {
	unsigned char x[ECCref_MAX_LEN];
	unsigned char y[ECCref_MAX_LEN];
	unsigned char M[32]; /* hash of the text */
	unsigned int L;      /* bytes of C */
	unsigned char C[SDF_CIPHER_ROOM];
};

/* The layouts leave nothing to the compiler. */
_Static_assert(sizeof(unsigned int) == 4, "ULONG of 5.2");
_Static_assert(offsetof(struct DEVICEINFO, DeviceVersion) == 72, "5.3");
_Static_assert(sizeof(struct DEVICEINFO) == 100, "5.3");
_Static_assert(sizeof(struct ECCrefPublicKey) == 132, "5.6");
_Static_assert(offsetof(struct ECCCipher, L) == 160, "5.7");
_Static_assert(offsetof(struct ECCCipher, C) == 164, "5.7");

/*
 * A library's functions. Handles are the library's; a key's handle belongs to the session that it
 * was made in. NULL: the library has no such function.
 */
struct sdf_calls {
	/* 6.2: the device; a library without one of these is none */
	int (*open_device)(void **device);                                       /* 6.2.2 */
	int (*close_device)(void *device);                                       /* 6.2.3 */
	int (*open_session)(void *device, void **session);                       /* 6.2.4 */
	int (*close_session)(void *session);                                     /* 6.2.5 */
	int (*get_device_info)(void *session, struct DEVICEINFO *info);          /* 6.2.6 */
	int (*generate_random)(void *session, unsigned len, unsigned char *out); /* 6.2.7 */
	/* from here on optional */
	int (*get_access_right)(void *session, unsigned index, unsigned char *password,
	                        unsigned len);                      /* 6.2.8 */
	int (*release_access_right)(void *session, unsigned index); /* 6.2.9 */
	int (*export_enc_public_key)(void *session, unsigned index,
	                             struct ECCrefPublicKey *out); /* 6.3.10, _ECC */
	int (*import_key_with_isk)(void *session, unsigned index, struct ECCCipher *envelope,
	                           void **key);       /* 6.3.14, _ECC */
	int (*destroy_key)(void *session, void *key); /* 6.3.21 */
	int (*external_encrypt)(void *session, unsigned algorithm, struct ECCrefPublicKey *to,
	                        unsigned char *in, unsigned len,
	                        struct ECCCipher *out); /* 6.4.8, _ECC */
	int (*encrypt)(void *session, void *key, unsigned algorithm, unsigned char *iv,
	               unsigned char *in, unsigned len, unsigned char *out,
	               unsigned *out_len); /* 6.5.2; iv is moved on */
	int (*decrypt)(void *session, void *key, unsigned algorithm, unsigned char *iv,
	               unsigned char *in, unsigned len, unsigned char *out,
	               unsigned *out_len); /* 6.5.3 */
};
