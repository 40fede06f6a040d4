/* SPDX-License-Identifier: Apache-2.0 */
/* key_fixture.h — for the tests of key management: a new store and a new token, with or without a
 * master key, on either engine; steps through transactions. */
#pragma once

#include "domain/keys/ceremony.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/key_version.h"
#include "domain/keys/officer.h"
#include "domain/keys/rekey.h"
#include "harness/test.h"
#include "hsm/hsm_testkit.h"

enum { KEY_FIXTURE_DSN = 512 };

struct key_fixture {
	struct db *db;
	char dsn[KEY_FIXTURE_DSN];
	struct hsm_rig rig;
	struct master_ring ring;
	struct ceremony_room *room;
	struct hsm_random random;
	struct instant now;
	struct key_act act; /* of the open transaction */
};

extern const struct instant key_fixture_now; /* 2026-03-05 12:00 +08:00 */

/* Store and token; with_lmk: the published test key is ACTIVE. false (and a failed check) when that
 * is not to be had. */
bool key_fixture_open(struct key_fixture *f, enum db_engine engine, bool with_lmk);
void key_fixture_close(struct key_fixture *f);
/* The device was replaced: the store knows the keys, the new token has none of them. */
bool key_fixture_new_device(struct key_fixture *f);
/* Begin a change: turn taken, ring read anew. */
struct key_act *key_fixture_begin(struct key_fixture *f);
/* Commit it, or take it back; false: it was not open. */
void key_fixture_commit(struct key_fixture *f);
void key_fixture_rollback(struct key_fixture *f);
/* Run one call in a change of its own; what declines is taken back, but with _COUNTED, as where
 * errors are counted. */
#define KEY_CHANGE_IF(f_, kept_, call_)                                                            \
	({                                                                                         \
		struct key_act *act = key_fixture_begin(f_);                                       \
		result r_ = (call_);                                                               \
		if (kept_)                                                                         \
			key_fixture_commit(f_);                                                    \
		else                                                                               \
			key_fixture_rollback(f_);                                                  \
		r_;                                                                                \
	})
#define KEY_CHANGE(f_, call_)         KEY_CHANGE_IF(f_, is_ok(r_), call_)
#define KEY_CHANGE_COUNTED(f_, call_) KEY_CHANGE_IF(f_, result_kind(r_) != RESULT_FAULT, call_)

/* Catalogue rows from a label such as "CAMPUS01.EP.DPK": usage "20", 'T', 112 bits, mode X. Returns
 * the definition. */
struct key_definition key_fixture_define(struct key_fixture *f, const char *label,
                                         const char *usage, char algorithm, unsigned bits,
                                         enum product_place place);
/* An officer who has accepted, as far as the rows go: nobody can log in as them. */
struct officer key_fixture_officer(struct key_fixture *f, const char *name, unsigned roles);

/* Every rule holds on both engines: the test runs twice. */
#define KEY_TEST_BOTH(name_)                                                                       \
	static void both_##name_(enum db_engine engine);                                           \
	TEST(name_##_on_sqlite)                                                                    \
	{                                                                                          \
		both_##name_(DB_SQLITE);                                                           \
	}                                                                                          \
	TEST(name_##_on_postgres)                                                                  \
	{                                                                                          \
		both_##name_(DB_POSTGRES);                                                         \
	}                                                                                          \
	static void both_##name_(enum db_engine engine)
