/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_home.h — the key manager's own directory: kms.conf, store, token, sockets, checkpoints of the
 * audit. It may belong to a user of its own, whom the platform's user cannot read. Paths in the
 * configuration are relative to the directory.
 */
#pragma once

#include "base/conf.h"
#include "service/kms/core.h"
#include "service/kms/create.h"

enum { KMS_HOME_PATH = KMS_PATH_MAX };

struct kms_conf {
	char store[CONF_TEXT_MAX], node[CONF_TEXT_MAX], clock[CONF_TEXT_MAX],
	        checkpoints[CONF_TEXT_MAX];
	int64_t workers;
	char user[CONF_TEXT_MAX];
	char module[CONF_TEXT_MAX], label[CONF_TEXT_MAX], pin_file[CONF_TEXT_MAX],
	        token_conf[CONF_TEXT_MAX];
	bool oaep_sha256, network_device;
	int64_t sm4_key_type, sm4_ecb, sm4_cbc;
	char sdf_library[CONF_TEXT_MAX], sdf_store[CONF_TEXT_MAX], sdf_pin_file[CONF_TEXT_MAX];
	int64_t sdf_key;
	char officers[CONF_TEXT_MAX], service[CONF_TEXT_MAX], platform_user[CONF_TEXT_MAX],
	        front_user[CONF_TEXT_MAX];
};

struct kms_home {
	char dir[KMS_HOME_PATH]; /* absolute */
	struct kms_conf conf;
};

const struct conf_schema *kms_home_schema(void);
/* Read DIR/kms.conf over the defaults. SITE_MISSING, CONF_*. */
result kms_home_open(const char *dir, struct kms_home *out);
/* DIR/name; an absolute name stays. Returns out. */
const char *kms_home_path(const struct kms_home *h, const char *name, char out[KMS_HOME_PATH]);
const char *kms_home_dsn(const struct kms_home *h, char out[KMS_HOME_PATH]);
/* The devices that are configured; *count of them. */
void kms_home_devices(const struct kms_home *h, struct hsm_address out[KMS_DEVICES_MAX],
                      size_t *count);

/* What a new one begins with. */
struct kms_home_order {
	const char *dir;             /* made with mode 0700, or empty */
	const char *store;           /* DSN, or NULL for an SQLite file in DIR */
	const char *clock;           /* NULL: the system's */
	const char *const *settings; /* "section.key=value", over what stands above */
	size_t setting_count;
	bool join; /* another process on a store that is there: configuration and token only */
	bool test_keys;
	struct bizdate day; /* of the first day root, with test_keys */
};
/*
 * Make it: configuration, software token with random PINs, store, and the first officer's
 * invitation in DIR/first-officer-invitation (mode 0600). Nothing of it stays on failure.
 * SITE_EXISTS when DIR is there and not empty, and what the parts say.
 */
result kms_home_create(const struct kms_home_order *order, struct instant now);
