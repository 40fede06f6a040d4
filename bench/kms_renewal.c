/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/kms_renewal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "domain/keys/key_version.h"
#include "domain/keys/rekey.h"
#include "programs/kms/kms_home.h"

enum { VERSIONS = 99 }; /* of a key at most */

static result add_product(struct key_act *act, int64_t issuer, const char *code,
                          enum product_place place, int64_t *id)
{
	struct product p = { .issuer = issuer, .name = "bench", .place = place };

	str_copy(str_of(code), p.code, sizeof p.code);
	TRY(product_add(act, &p));
	*id = p.id;
	return OK;
}

/* The roots of cards' purses. */
static result add_key(struct key_act *act, int64_t product, unsigned number,
                      struct key_definition *k)
{
	*k = (struct key_definition){ .product = product,
		                      .name = "bench",
		                      .usage = "20",
		                      .algorithm = 'T',
		                      .bits = 112,
		                      .mode = 'X',
		                      .exportability = 'E',
		                      .levels = 1 };
	snprintf(k->code, sizeof k->code, "K%u", number);
	TRY(key_definition_add(act, k));
	return key_definition_load(act->tx, k->id, k);
}

/* Half of them work in the device, half here. */
static result add_keys(struct key_act *act, uint64_t rows)
{
	static struct key_version v;
	struct issuer issuer = { .code = "BENCH", .name = "bench" };
	struct key_definition k;
	int64_t products[2];

	TRY(issuer_add(act, &issuer));
	TRY(add_product(act, issuer.id, "DEVICE", PRODUCT_IN_DEVICE, &products[0]));
	TRY(add_product(act, issuer.id, "HOST", PRODUCT_IN_HOST, &products[1]));
	for (uint64_t i = 0; i < rows; i++) {
		unsigned number = (unsigned)(i / VERSIONS);

		if (i % VERSIONS == 0)
			TRY(add_key(act, products[number % 2], number, &k));
		TRY(key_version_generate(act, &k, &(struct key_order){ .at_once = true }, &v));
	}
	return OK;
}

/* Of random bytes, in the device, waiting. */
static result add_pending(struct key_act *act, struct master *out)
{
	SCOPED(secret_wipe) struct secret lmk = { .len = 32 };
	struct hsm_lmk installed;

	*out = (struct master){ .algorithm = LMK_AES, .gen = 2, .status = MASTER_TEST };
	random_fill(act->random, lmk.at, lmk.len);
	TRY(master_free_slot(act->ring, LMK_AES, &out->slot));
	TRY(hsm_lmk_install(act->ring->sessions[0], out->slot, LMK_AES, &lmk, &installed));
	hex_encode(bytes_of(installed.check, HSM_PROOF), out->kcv);
	memcpy(out->proof, installed.proof, sizeof out->proof);
	TRY(master_add(act->tx, act->now, out));
	return master_ring_load(act->ring, act->tx);
}

static result prepare(struct db *db, struct master_ring *ring, uint64_t rows)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	struct hsm_random random = hsm_random_source(ring->sessions[0]);
	struct key_act act = { .ring = ring,
		               .random = &random.source,
		               .now = clock_now(clock_system()),
		               .actor = "bench" };
	struct rekey_job job;
	struct master next;

	TRY(db_begin(db, &tx));
	act.tx = tx;
	TRY(key_act_turn(tx));
	TRY(master_ring_load(ring, tx));
	TRY(add_keys(&act, rows));
	TRY(add_pending(&act, &next));
	TRY(rekey_start(&act, next.id, &job));
	return db_commit(tx);
}

static void device_close(struct hsm_device **d)
{
	hsm_device_close(*d);
}

result kms_renewal_prepare(const char *dir, uint64_t rows)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(device_close) struct hsm_device *device = NULL;
	SCOPED(hsm_session_close_scoped) struct hsm_session *session = NULL;
	static struct kms_home home;
	struct hsm_address devices[KMS_DEVICES_MAX];
	struct master_ring ring = { 0 };
	char dsn[KMS_HOME_PATH];
	size_t count;

	TRY(kms_home_open(dir, &home));
	kms_home_devices(&home, devices, &count);
	TRY(db_open(str_of(kms_home_dsn(&home, dsn)), DB_KMS, &db));
	TRY(hsm_device_open(&devices[0], NULL, &device));
	TRY(hsm_session_open(device, &session));
	ring.sessions[0] = session;
	return prepare(db, &ring, rows);
}

/* --- looking on --- */

enum { LOOK_MS = 10, STANDS_MS = 60000 };

static result look(struct db *db, struct rekey_job *job)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	bool found;

	TRY(db_begin(db, &tx));
	TRY(rekey_find(tx, job, &found));
	return found ? OK : FAIL(REKEY_ROW, "no renewal was begun");
}

result kms_renewal_watch(const char *dir)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	static struct kms_home home;
	struct rekey_job first = { 0 }, now = { 0 };
	char dsn[KMS_HOME_PATH];
	int64_t begun = 0;

	TRY(kms_home_open(dir, &home));
	TRY(db_open(str_of(kms_home_dsn(&home, dsn)), DB_KMS | DB_READ_ONLY, &db));
	for (int waited = 0; now.state != REKEY_VERIFIED; waited += LOOK_MS) {
		TRY(look(db, &now));
		if (now.detail[0] || waited > STANDS_MS)
			return FAIL(REKEY_ROW, "%s", now.detail);
		if (!begun && now.done) {
			first = now;
			begun = monotonic_us();
		}
		poll(NULL, 0, LOOK_MS);
	}
	printf("kms.renewal.rate %.0f keys/s\n",
	       (double)(now.total - first.done) * 1e6 / (double)(monotonic_us() - begun));
	printf("kms.renewal.rows %" PRId64 " keys\n", now.total);
	return OK;
}
