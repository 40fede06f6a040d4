/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/kms_renewal.h"

#include "domain/keys/key_version.h"
#include "domain/keys/rekey.h"
#include "programs/kms/kms_home.h"

/* Many rows quickly: the block of the first version under many numbers. */
static const struct db_statement multiply = {
	"multiply",
	"INSERT INTO kms_keyver (key, ver, lmk, block, kcv, public, state, was_compromised, "
	"card_ki, "
	"card_kv, origin, created_us, activate_at_us, protect_until_us, process_until_us, rowver) "
	"WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1000 + $1 - "
	"1) "
	"SELECT key, i, lmk, block, kcv, public, state, 0, 0, 0, origin, created_us, 0, 0, 0, 1 "
	"FROM n, kms_keyver WHERE id = 1",
	NULL, 1
};

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
	TRY(db_execute(tx, &multiply, DB_ARGS(db_arg_i64((int64_t)rows)), NULL));
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
