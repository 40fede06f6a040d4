/* SPDX-License-Identifier: Apache-2.0 */
/* Acts on the store of a key manager under test, done beside it while it is away. */
#include "domain/keys/authcard.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"

/* What an act needs of its own. */
struct rig {
	struct db *db;
	struct hsm_device *device;
	struct hsm_session *session;
	struct master_ring ring;
	struct hsm_random random;
	struct key_act act;
};

static void rig_close(struct rig *r)
{
	db_close(r->db);
	if (r->session)
		hsm_session_close(r->session);
	hsm_device_close(r->device);
}

static result begin(struct kms_kit *k, struct rig *r)
{
	TRY(db_open(str_of(k->dsn), DB_KMS, &r->db));
	TRY(hsm_device_open(&k->device, NULL, &r->device));
	TRY(hsm_session_open(r->device, &r->session));
	r->ring.sessions[0] = r->session;
	r->random = hsm_random_source(r->session);
	r->act = (struct key_act){ .ring = &r->ring,
		                   .random = &r->random.source,
		                   .now = kms_kit_now(k),
		                   .actor = "test" };
	TRY(db_begin(r->db, &r->act.tx));
	TRY(key_act_turn(r->act.tx));
	return master_ring_load(&r->ring, r->act.tx);
}

static result run(struct kms_kit *k, result (*act)(struct key_act *act, void *arg), void *arg)
{
	SCOPED(rig_close) struct rig r = { 0 };
	result done = begin(k, &r);

	if (is_ok(done))
		done = act(&r.act, arg);
	if (is_ok(done))
		return db_commit(r.act.tx);
	if (r.act.tx)
		db_rollback(r.act.tx);
	return done;
}

result kms_kit_act(struct kms_kit *k, result (*act)(struct key_act *act, void *arg), void *arg)
{
	kms_kit_stop(k);
	result r = run(k, act, arg);
	return kms_kit_start(k) ? r : FAIL(KMS_AWAY, "the key manager did not come back");
}

/* --- cards --- */

static result make_card(struct key_act *act, void *arg)
{
	static const struct passphrase_cost cheap = { 1, 8 };
	struct authcard *c = arg;
	uint8_t file[AUTH_CARD_FILE];
	struct writer w = writer_of(file, sizeof file);

	TRY(authcard_issue(act, c));
	struct authcard_writing writing = { c->id, STR("1234-5678"), cheap };
	return authcard_write(act, &writing, &w, c);
}

bool kms_kit_card(struct kms_kit *k, const char *node, const uint8_t sam[6], uint8_t serial[8])
{
	SCOPED(seal_key_close) struct seal_key machine = { 0 };
	struct authcard c = { .card = { .merchant = "M1", .suites = { 1 }, .suite_count = 1 } };

	str_copy(str_of(node), c.card.node, sizeof c.card.node);
	memcpy(c.card.sam, sam, sizeof c.card.sam);
	CHECK_OK(seal_key_open(&machine, random_system()));
	memcpy(c.transport, machine.recipient, sizeof c.transport);
	result r = kms_kit_act(k, make_card, &c);
	CHECK_OK(r);
	memcpy(serial, c.card.serial, sizeof c.card.serial);
	return is_ok(r);
}
