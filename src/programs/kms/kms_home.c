/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/kms_home.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT(section, key, member, fallback, help)                                                 \
	{                                                                                          \
		section, key, CONF_TEXT, offsetof(struct kms_conf, member), fallback, 0, 0, help   \
	}
#define WHOLE(section, key, member, fallback, min, max, help)                                      \
	{                                                                                          \
		section, key, CONF_INTEGER, offsetof(struct kms_conf, member), fallback, min, max, \
		        help                                                                       \
	}
#define YES_NO(section, key, member, fallback, help)                                               \
	{                                                                                          \
		section, key, CONF_BOOL, offsetof(struct kms_conf, member), fallback, 0, 1, help   \
	}

enum { WORKERS_DEFAULT_MAX = KMS_WORKERS_MAX };

static const struct conf_key keys[] = {
	TEXT("core", "store", store, "sqlite:kms.db",
	     "where key blocks and the audit are kept: sqlite:FILE or postgres:CONNECTION over a "
	     "Unix "
	     "socket"),
	TEXT("core", "node", node, "one", "name of this process among those on the same store"),
	TEXT("core", "clock", clock, "system",
	     "system, or the file through which a replay drives the clock"),
	TEXT("core", "checkpoints", checkpoints, "checkpoints",
	     "directory of the audit's daily checkpoints; best on another disk; empty: none"),
	WHOLE("core", "workers", workers, "2", 1, WORKERS_DEFAULT_MAX,
	      "threads that compute; a software token gains nothing from more than two"),
	TEXT("core", "user", user, "", "user to become when started as root; empty: stay"),
	TEXT("device", "module", module, "/usr/lib/softhsm/libsofthsm2.so",
	     "PKCS#11 library; empty: none"),
	TEXT("device", "label", label, "yika-kms", "label of the token"),
	TEXT("device", "pin_file", pin_file, "token/user-pin",
	     "file with the token's PIN, readable by its owner only; empty: asked for at the "
	     "start"),
	TEXT("device", "conf", token_conf, "token/softhsm2.conf",
	     "SoftHSM's configuration; empty for other modules"),
	YES_NO("device", "oaep_sha256", oaep_sha256, "no",
	       "keys are brought into the device by OAEP with SHA-256 (SoftHSM: SHA-1 only)"),
	YES_NO("device", "network", network_device, "no",
	       "the device's library needs IP sockets of its own to reach it"),
	WHOLE("device", "sm4_key_type", sm4_key_type, "0", 0, INT64_MAX,
	      "the vendor's key type of SM4; 0: the device has none"),
	WHOLE("device", "sm4_ecb", sm4_ecb, "0", 0, INT64_MAX, "the vendor's mechanism of SM4-ECB"),
	WHOLE("device", "sm4_cbc", sm4_cbc, "0", 0, INT64_MAX, "the vendor's mechanism of SM4-CBC"),
	TEXT("sdf", "library", sdf_library, "", "GM/T 0018 library; empty: none"),
	TEXT("sdf", "store", sdf_store, "sdf", "directory of its enveloped master keys"),
	TEXT("sdf", "pin_file", sdf_pin_file, "sdf/pin",
	     "file with the access code of the device's key pair"),
	WHOLE("sdf", "key", sdf_key, "1", 1, 65535, "index of the device's encryption key pair"),
	TEXT("socket", "officers", officers, "officers.sock", "where officers' orders come in"),
	TEXT("socket", "service", service, "service.sock",
	     "where the platform and the TLS front come in"),
	TEXT("socket", "platform_user", platform_user, "",
	     "the platform's user when it is another than this one"),
	TEXT("socket", "front_user", front_user, "",
	     "the TLS front's user when it is another than this one"),
};

const struct conf_schema *kms_home_schema(void)
{
	static const struct conf_schema schema = { keys, ARRAY_LEN(keys) };

	return &schema;
}

result kms_home_open(const char *dir, struct kms_home *out)
{
	char path[KMS_HOME_PATH], whole[4096];

	if (!realpath(dir, whole) || strlen(whole) + 64 > KMS_HOME_PATH)
		return FAIL(SITE_MISSING, "%s is no directory of a key manager", dir);
	str_copy(str_of(whole), out->dir, sizeof out->dir);
	kms_home_path(out, "kms.conf", path);
	if (access(path, R_OK) != 0)
		return FAIL(SITE_MISSING, "%s: %m", path);
	conf_defaults(kms_home_schema(), &out->conf);
	return conf_load(kms_home_schema(), path, &out->conf);
}

const char *kms_home_path(const struct kms_home *h, const char *name, char out[KMS_HOME_PATH])
{
	if (name[0] == '/')
		str_copy(str_of(name), out, KMS_HOME_PATH);
	else if ((size_t)snprintf(out, KMS_HOME_PATH, "%s/%s", h->dir, name) >= KMS_HOME_PATH)
		out[0] = '\0'; /* nothing opens "" */
	return out;
}

const char *kms_home_dsn(const struct kms_home *h, char out[KMS_HOME_PATH])
{
	static const char prefix[] = "sqlite:";
	const char *file = h->conf.store + sizeof prefix - 1;
	int n;

	if (strncmp(h->conf.store, prefix, sizeof prefix - 1) != 0 || file[0] == '/') {
		str_copy(str_of(h->conf.store), out, KMS_HOME_PATH);
		return out;
	}
	n = snprintf(out, KMS_HOME_PATH, "%s%s/%s", prefix, h->dir, file);
	if (n < 0 || n >= KMS_HOME_PATH)
		out[0] = '\0';
	return out;
}

/* A path of the configuration into a device's address; "" stays "". */
static void put_path(const struct kms_home *h, const char *name, char out[HSM_TEXT_MAX])
{
	char path[KMS_HOME_PATH];

	out[0] = '\0';
	if (name[0])
		str_copy(str_of(kms_home_path(h, name, path)), out, HSM_TEXT_MAX);
}

void kms_home_devices(const struct kms_home *h, struct hsm_address out[KMS_DEVICES_MAX],
                      size_t *count)
{
	const struct kms_conf *c = &h->conf;

	*count = 0;
	if (c->module[0]) {
		struct hsm_address *at = &out[(*count)++];

		*at = (struct hsm_address){ .kind = HSM_PKCS11,
			                    .oaep_sha256 = c->oaep_sha256,
			                    .sm4_key_type = (uint64_t)c->sm4_key_type,
			                    .sm4_ecb = (uint64_t)c->sm4_ecb,
			                    .sm4_cbc = (uint64_t)c->sm4_cbc };
		str_copy(str_of(c->module), at->library, sizeof at->library);
		str_copy(str_of(c->label), at->token, sizeof at->token);
		put_path(h, c->pin_file, at->pin_file);
		put_path(h, c->token_conf, at->conf);
	}
	if (c->sdf_library[0]) {
		struct hsm_address *at = &out[(*count)++];

		*at = (struct hsm_address){ .kind = HSM_SDF, .sdf_key = (uint32_t)c->sdf_key };
		str_copy(str_of(c->sdf_library), at->library, sizeof at->library);
		put_path(h, c->sdf_store, at->store);
		put_path(h, c->sdf_pin_file, at->pin_file);
	}
}
