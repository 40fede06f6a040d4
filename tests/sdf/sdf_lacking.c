/* SPDX-License-Identifier: Apache-2.0 */
/* A library that lacks a function: -DLACKS_IMPORT one that a device can do without, -DLACKS_RANDOM
 * one that makes it none. It has one device and one session, and no key. */
#include <string.h>

#include "sdf/sdf_library.h"

static int device, session;

SGD_RV SDF_OpenDevice(void **out)
{
	*out = &device;
	return SDR_OK;
}

SGD_RV SDF_CloseDevice(void *at)
{
	return at == &device ? SDR_OK : SDR_INARGERR;
}

SGD_RV SDF_OpenSession(void *at, void **out)
{
	*out = &session;
	return at == &device ? SDR_OK : SDR_INARGERR;
}

SGD_RV SDF_CloseSession(void *at)
{
	return at == &session ? SDR_OK : SDR_INARGERR;
}

SGD_RV SDF_GetDeviceInfo(void *at, struct DEVICEINFO *info)
{
	memset(info, 0, sizeof *info);
	memset(info->IssuerName, ' ', sizeof info->IssuerName);
	memcpy(info->IssuerName, "Some Vendor", 11);
	return at == &session ? SDR_OK : SDR_INARGERR;
}

#ifndef LACKS_RANDOM
/* Never the same twice. */
SGD_RV SDF_GenerateRandom(void *at, unsigned len, unsigned char *out)
{
	static unsigned char next;

	memset(out, ++next, len);
	return at == &session ? SDR_OK : SDR_INARGERR;
}
#endif

#ifndef LACKS_IMPORT
SGD_RV SDF_ImportKeyWithISK_ECC(void *at, unsigned index, struct ECCCipher *envelope, void **key)
{
	(void)at;
	(void)index;
	(void)envelope;
	(void)key;
	return SDR_KEYNOTEXIST;
}
#endif

SGD_RV SDF_ExportEncPublicKey_ECC(void *at, unsigned index, struct ECCrefPublicKey *out)
{
	(void)at;
	(void)index;
	(void)out;
	return SDR_KEYNOTEXIST;
}

SGD_RV SDF_DestroyKey(void *at, void *key)
{
	(void)at;
	(void)key;
	return SDR_KEYNOTEXIST;
}

SGD_RV SDF_Encrypt(void *at, void *key, unsigned algorithm, unsigned char *iv, unsigned char *in,
                   unsigned len, unsigned char *out, unsigned *out_len)
{
	(void)at;
	(void)key;
	(void)algorithm;
	(void)iv;
	(void)in;
	(void)len;
	(void)out;
	(void)out_len;
	return SDR_KEYNOTEXIST;
}

SGD_RV SDF_Decrypt(void *at, void *key, unsigned algorithm, unsigned char *iv, unsigned char *in,
                   unsigned len, unsigned char *out, unsigned *out_len)
{
	return SDF_Encrypt(at, key, algorithm, iv, in, len, out, out_len);
}
