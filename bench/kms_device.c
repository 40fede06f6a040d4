/* SPDX-License-Identifier: Apache-2.0 */
/* The rate of the token itself: bare calls of PKCS#11, one session, keys as session objects. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "bench/kms_bench.h"
#include "hsm/token.h"

enum { DATA_MAX = 8192, HEAD = 128, KEYS = 4, PIN_MAX = 64, SLOTS_MAX = 8, RSA = 2048 };

enum key { AES, TDES, PAIR, MASTER };

static struct device {
	void *library;
	CK_FUNCTION_LIST *call;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE keys[KEYS];
	enum kms_bench_device what;
	size_t size;
	uint8_t data[DATA_MAX + HEAD], out[DATA_MAX + HEAD];
} d;

static result must(CK_RV rv, const char *call)
{
	return rv == CKR_OK ? OK : FAIL(HSM_CALL, "%s: 0x%lx", call, rv);
}

/* --- one of each --- */

static result encrypt(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ULONG iv, CK_ULONG len)
{
	CK_MECHANISM m = { type, iv ? d.data : NULL, iv };
	CK_ULONG n = sizeof d.out;

	TRY(must(d.call->C_EncryptInit(d.session, &m, key), "C_EncryptInit"));
	return must(d.call->C_Encrypt(d.session, d.data, len, d.out, &n), "C_Encrypt");
}

static result sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ULONG len)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_ULONG n = sizeof d.out;

	TRY(must(d.call->C_SignInit(d.session, &m, key), "C_SignInit"));
	return must(d.call->C_Sign(d.session, d.data, len, d.out, &n), "C_Sign");
}

static result derive(CK_OBJECT_HANDLE from, CK_OBJECT_HANDLE *out)
{
	CK_KEY_DERIVATION_STRING_DATA from_data = { d.data, 16 };
	CK_MECHANISM m = { CKM_DES3_ECB_ENCRYPT_DATA, &from_data, sizeof from_data };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_DES2;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &no, sizeof no },       { CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no }, { CKA_ENCRYPT, &yes, sizeof yes },
		{ CKA_DERIVE, &yes, sizeof yes }
	};

	return must(d.call->C_DeriveKey(d.session, &m, from, t, 7, out), "C_DeriveKey");
}

static result drop(CK_OBJECT_HANDLE key)
{
	return must(d.call->C_DestroyObject(d.session, key), "C_DestroyObject");
}

static result session_mac(void)
{
	CK_OBJECT_HANDLE card, session;

	TRY(derive(d.keys[TDES], &card));
	TRY(derive(card, &session));
	TRY(encrypt(CKM_DES3_CBC, session, 8, 24));
	TRY(drop(session));
	return drop(card);
}

/* Head of a usual length; the key's own bytes with length and padding are d.size. Master keys are
 * objects of the token, which SoftHSM looks up in a file at each use (keys 3.3). */
static result open_block(void)
{
	CK_MECHANISM m = { CKM_AES_CBC, d.data, 16 };
	CK_ULONG n = sizeof d.out;

	TRY(must(d.call->C_DecryptInit(d.session, &m, d.keys[MASTER]), "C_DecryptInit"));
	TRY(must(d.call->C_Decrypt(d.session, d.data, d.size, d.out, &n), "C_Decrypt"));
	return sign(CKM_AES_CMAC, d.keys[MASTER], HEAD + d.size);
}

static result once(void *arg)
{
	(void)arg;
	switch (d.what) {
	case DEVICE_AES_CBC:
		return encrypt(CKM_AES_CBC, d.keys[AES], 16, d.size);
	case DEVICE_TDES_CBC:
		return encrypt(CKM_DES3_CBC, d.keys[TDES], 8, d.size);
	case DEVICE_AES_CMAC:
		return sign(CKM_AES_CMAC, d.keys[AES], d.size);
	case DEVICE_TDES_CMAC:
		return sign(CKM_DES3_CMAC, d.keys[TDES], d.size);
	case DEVICE_TDES_ECB:
		return encrypt(CKM_DES3_ECB, d.keys[TDES], 0, 16);
	case DEVICE_SESSION_MAC:
		return session_mac();
	case DEVICE_OPEN_BLOCK:
		return open_block();
	case DEVICE_RSA:
		return sign(CKM_RSA_PKCS, d.keys[PAIR], 51); /* DigestInfo of SHA-256 */
	case DEVICE_NOTHING:
	default:
		return FAIL(USAGE, "nothing to ask of the device");
	}
}

/* --- made ready --- */

static result generate(CK_MECHANISM_TYPE type, CK_ULONG len, bool on_token, CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, token = on_token;
	CK_ATTRIBUTE t[] = {
		{ CKA_TOKEN, &token, sizeof token }, { CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_ENCRYPT, &yes, sizeof yes },   { CKA_DECRYPT, &yes, sizeof yes },
		{ CKA_SIGN, &yes, sizeof yes },      { CKA_DERIVE, &yes, sizeof yes },
		{ CKA_VALUE_LEN, &len, sizeof len }
	};

	return must(d.call->C_GenerateKey(d.session, &m, t, len ? 7 : 6, out), "C_GenerateKey");
}

static result generate_pair(CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM m = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bits = RSA;
	CK_BYTE e[] = { 1, 0, 1 };
	CK_ATTRIBUTE public[] = { { CKA_TOKEN, &no, sizeof no },
		                  { CKA_MODULUS_BITS, &bits, sizeof bits },
		                  { CKA_PUBLIC_EXPONENT, e, sizeof e } };
	CK_ATTRIBUTE private[] = { { CKA_TOKEN, &no, sizeof no },
		                   { CKA_SENSITIVE, &yes, sizeof yes },
		                   { CKA_SIGN, &yes, sizeof yes } };
	CK_OBJECT_HANDLE other;

	return must(d.call->C_GenerateKeyPair(d.session, &m, public, 3, private, 3, &other, out),
	            "C_GenerateKeyPair");
}

static result log_in(const struct hsm_paths *paths)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_UTF8CHAR pin[PIN_MAX];
	FILE *f = fopen(paths->pin_file, "re");
	size_t len = f ? fread(pin, 1, sizeof pin, f) : 0;

	if (f)
		fclose(f);
	while (len && pin[len - 1] == '\n')
		len--;
	TRY(must(d.call->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList"));
	TRY(must(d.call->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                               &d.session),
	         "C_OpenSession"));
	return must(d.call->C_Login(d.session, CKU_USER, pin, len), "C_Login");
}

result kms_bench_device_open(const char *module, const char *dir)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	struct hsm_paths paths;
	CK_C_GetFunctionList list;

	TRY(hsm_token_init(module, dir, "bench", random_system(), &paths));
	setenv("SOFTHSM2_CONF", paths.conf, 1);
	d.library = dlopen(module, RTLD_NOW);
	*(void **)&list = d.library ? dlsym(d.library, "C_GetFunctionList") : NULL;
	if (!list || list(&d.call) != CKR_OK)
		return FAIL(HSM_MODULE, "%s", module);
	TRY(must(d.call->C_Initialize(&args), "C_Initialize"));
	TRY(log_in(&paths));
	TRY(generate(CKM_AES_KEY_GEN, 16, false, &d.keys[AES]));
	TRY(generate(CKM_AES_KEY_GEN, 32, true, &d.keys[MASTER]));
	TRY(generate(CKM_DES2_KEY_GEN, 0, false, &d.keys[TDES]));
	return generate_pair(&d.keys[PAIR]);
}

result kms_bench_device_loop(enum kms_bench_device what, size_t size, struct kms_bench_loop *out)
{
	ASSERT(size <= DATA_MAX);
	d.what = what;
	d.size = size;
	*out = (struct kms_bench_loop){ once, NULL };
	return OK;
}

void kms_bench_device_close(void)
{
	if (d.call)
		d.call->C_Finalize(NULL);
	if (d.library)
		dlclose(d.library);
}
