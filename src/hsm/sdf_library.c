/* SPDX-License-Identifier: Apache-2.0 */
/* A library's functions by their names, and what their values mean. */
#include <dlfcn.h>
#include <string.h>

#include "hsm/sdf_device.h"

static const struct {
	const char *name;
	size_t at; /* in struct sdf_calls */
	bool must;
} symbols[] = {
	{ "SDF_OpenDevice", offsetof(struct sdf_calls, open_device), true },
	{ "SDF_CloseDevice", offsetof(struct sdf_calls, close_device), true },
	{ "SDF_OpenSession", offsetof(struct sdf_calls, open_session), true },
	{ "SDF_CloseSession", offsetof(struct sdf_calls, close_session), true },
	{ "SDF_GetDeviceInfo", offsetof(struct sdf_calls, get_device_info), true },
	{ "SDF_GenerateRandom", offsetof(struct sdf_calls, generate_random), true },
	{ "SDF_GetPrivateKeyAccessRight", offsetof(struct sdf_calls, get_access_right), false },
	{ "SDF_ReleasePrivateKeyAccessRight", offsetof(struct sdf_calls, release_access_right),
	  false },
	{ "SDF_ExportEncPublicKey_ECC", offsetof(struct sdf_calls, export_enc_public_key), false },
	{ "SDF_ImportKeyWithISK_ECC", offsetof(struct sdf_calls, import_key_with_isk), false },
	{ "SDF_DestroyKey", offsetof(struct sdf_calls, destroy_key), false },
	{ "SDF_ExternalEncrypt_ECC", offsetof(struct sdf_calls, external_encrypt), false },
	{ "SDF_Encrypt", offsetof(struct sdf_calls, encrypt), false },
	{ "SDF_Decrypt", offsetof(struct sdf_calls, decrypt), false },
};

/* It stays loaded: some libraries do not survive being unloaded. */
result sdf_library_load(const char *path, struct sdf_calls *out)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	*out = (struct sdf_calls){ 0 };
	if (!handle)
		return FAIL(HSM_MODULE, "%s", dlerror());
	for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol && symbols[i].must)
			return FAIL(HSM_MODULE, "%s has no %s", path, symbols[i].name);
		/* POSIX's way from an object to a function pointer */
		memcpy((uint8_t *)out + symbols[i].at, &symbol, sizeof symbol);
	}
	return OK;
}

bool sdf_library_has_keys(const struct sdf_calls *c)
{
	return c->export_enc_public_key && c->import_key_with_isk && c->destroy_key && c->encrypt &&
	       c->decrypt;
}

result sdf_result(int rv, const char *what)
{
	switch (rv) {
	case SDR_OK:
		return OK;
	case SDR_COMMFAIL:
	case SDR_HARDFAIL:
	case SDR_OPENDEVICE:
	case SDR_OPENSESSION:
		return FAIL(HSM_LOST, "%s: %#x", what, (unsigned)rv);
	case SDR_PARDENY:
	case SDR_PRKRERR:
		return FAIL(HSM_PIN, "%s: %#x", what, (unsigned)rv);
	case SDR_NOTSUPPORT:
	case SDR_ALGNOTSUPPORT:
	case SDR_ALGMODNOTSUPPORT:
		return FAIL(HSM_UNSUPPORTED, "%s: %#x", what, (unsigned)rv);
	default:
		return FAIL(HSM_CALL, "%s: %#x", what, (unsigned)rv);
	}
}
