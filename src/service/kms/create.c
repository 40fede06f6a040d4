/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/create.h"

#include "crypto/sam_transport.h"
#include "domain/keys/ceremony.h"
#include "domain/keys/day_root.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/key_version.h"

/* --- the platform's keys --- */

static const struct {
	const char *product, *product_name, *key, *name, *usage;
} site_keys[] = {
	{ "TERM", "终端密钥 terminals", "ROOT", "终端根密钥 root of terminal keys", "B3" },
	{ "PIN", "密码密钥 PINs", "TOKEN", "密码令牌密钥 key of PIN tokens", "B3" },
};

static result need_issuer(struct key_act *act, int64_t *id)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct issuer *rows, new = { .code = KMS_SITE, .name = "本平台 this platform" };
	size_t count;

	TRY(issuer_list(act->tx, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].code, KMS_SITE) == 0) {
			*id = rows[i].id;
			return OK;
		}
	TRY(issuer_add(act, &new));
	*id = new.id;
	return OK;
}

static result make_key(struct key_act *act, int64_t issuer, size_t i)
{
	struct product p = { .issuer = issuer, .kind = PRODUCT_DKEY, .place = PRODUCT_IN_DEVICE };
	struct key_definition k = {
		.algorithm = 'A', .bits = 128, .mode = 'X', .exportability = 'N'
	};
	struct key_order order = { .at_once = true };
	struct key_version v;

	str_copy(str_of(site_keys[i].product), p.code, sizeof p.code);
	str_copy(str_of(site_keys[i].product_name), p.name, sizeof p.name);
	TRY(product_add(act, &p));
	k.product = p.id;
	str_copy(str_of(site_keys[i].key), k.code, sizeof k.code);
	str_copy(str_of(site_keys[i].name), k.name, sizeof k.name);
	str_copy(str_of(site_keys[i].usage), k.usage, sizeof k.usage);
	TRY(key_definition_add(act, &k));
	TRY(key_definition_load(act->tx, k.id, &k));
	TRY(key_version_generate(act, &k, &order, &v));
	return key_audit_write(act, "KEY.GENERATE", OK, "label=%s.%s.%s.%02u kcv=%s", KMS_SITE,
	                       k.product_code, k.code, v.version, v.kcv);
}

static result is_there(struct key_act *act, size_t i, bool *there)
{
	struct key_label label = { .issuer = KMS_SITE };
	struct key_definition k;

	str_copy(str_of(site_keys[i].product), label.product, sizeof label.product);
	str_copy(str_of(site_keys[i].key), label.key, sizeof label.key);
	result r = key_definition_find(act->tx, &label, &k);
	*there = is_ok(r);
	return r.code == CATALOG_NOT_FOUND || r.code == KEY_NOT_FOUND ? OK : r;
}

static result need_day_root(struct key_act *act, struct bizdate day)
{
	struct day_root root;
	result r = day_root_begin(act, KMS_SITE, day, &root);

	if (r.code == KEYS_EXIST)
		return OK;
	TRY(r);
	return key_audit_write(act, "DAY.BEGIN", OK, "domain=%s day=%u kcv=%s", KMS_SITE,
	                       root.day.yyyymmdd, root.kcv);
}

result kms_site_keys_missing(struct key_act *act, size_t *count)
{
	struct day_root rows[DAY_ROOTS_MAX];
	size_t days;
	bool there;

	*count = 0;
	for (size_t i = 0; i < ARRAY_LEN(site_keys); i++) {
		TRY(is_there(act, i, &there));
		*count += !there;
	}
	TRY(day_root_list(act->tx, KMS_SITE, rows, &days));
	*count += days == 0;
	return OK;
}

result kms_make_site_keys(struct key_act *act, struct bizdate day)
{
	int64_t issuer;
	bool there;

	TRY(need_issuer(act, &issuer));
	for (size_t i = 0; i < ARRAY_LEN(site_keys); i++) {
		TRY(is_there(act, i, &there));
		if (!there)
			TRY(make_key(act, issuer, i));
	}
	return need_day_root(act, day);
}

/* --- keys that everybody knows --- */

/* SITE.SAM.TEST: under it whoever plays a terminal gets initial keys. */
static result test_transport(struct key_act *act)
{
	struct product p = { .code = "SAM",
		             .name = "测试传输密钥 test transport",
		             .kind = PRODUCT_KEK,
		             .place = PRODUCT_IN_HOST };
	struct key_definition k = { .code = "TEST",
		                    .name = "公开的测试传输密钥 published",
		                    .usage = "K0",
		                    .algorithm = 'A',
		                    .bits = 256,
		                    .mode = 'B',
		                    .exportability = 'N' };
	struct key_order order = { .at_once = true };
	struct key_version v;

	TRY(need_issuer(act, &p.issuer));
	TRY(product_add(act, &p));
	k.product = p.id;
	TRY(key_definition_add(act, &k));
	TRY(key_definition_load(act->tx, k.id, &k));
	return key_version_store(act, &k, &order, bytes_of(sam_transport_test, SAM_TRANSPORT_SIZE),
	                         NULL, &v);
}

/* --- the store --- */

static result invite_first(struct key_act *act, char invitation[OFFICER_INVITE_SIZE])
{
	struct officer o = { .name = KMS_FIRST_OFFICER,
		             .display = "密钥管理员 key administrator",
		             .person = KMS_FIRST_OFFICER,
		             .roles = 1u << OFFICER_MK };
	SCOPED(arena_free) struct arena a = { 0 };
	struct officer *rows;
	size_t count;

	TRY(officer_list(act->tx, &a, &rows, &count));
	if (count)
		return FAIL(MASTER_STATE, "the store has officers already");
	officer_invitation(act->random, invitation);
	TRY(officer_add(act, &o, str_of(invitation)));
	return key_audit_write(act, "OFFICER.ADD", OK, "name=%s roles=mk", o.name);
}

static result test_keys(struct key_act *act, struct bizdate day)
{
	struct master m;

	TRY(ceremony_test_key(act, LMK_AES, &m));
	TRY(master_ring_load(act->ring, act->tx));
	TRY(key_audit_write(act, "LMK.TEST", OK, "kcv=%s", m.kcv));
	TRY(test_transport(act));
	return kms_make_site_keys(act, day);
}

static result fill(struct db *db, struct master_ring *ring, const struct kms_order *order,
                   char invitation[OFFICER_INVITE_SIZE])
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	struct hsm_random random = hsm_random_source(ring->sessions[0]);
	struct key_act act = {
		.ring = ring, .random = &random.source, .now = order->now, .actor = "system"
	};

	TRY(db_begin(db, &tx));
	act.tx = tx;
	TRY(key_act_turn(tx));
	TRY(master_ring_load(ring, tx));
	TRY(invite_first(&act, invitation));
	if (order->test_keys)
		TRY(test_keys(&act, order->day));
	return db_commit(tx);
}

static void device_close(struct hsm_device **d)
{
	hsm_device_close(*d);
}

result kms_create(const struct kms_order *order, char invitation[OFFICER_INVITE_SIZE])
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(device_close) struct hsm_device *device = NULL;
	SCOPED(hsm_session_close_scoped) struct hsm_session *session = NULL;
	struct master_ring ring = { 0 };

	TRY(db_open(str_of(order->dsn), DB_CREATE | DB_KMS, &db));
	TRY(db_migrate(db, order->now, NULL));
	TRY(hsm_device_open(order->device, NULL, &device));
	TRY(hsm_session_open(device, &session));
	ring.sessions[0] = session;
	return fill(db, &ring, order, invitation);
}
