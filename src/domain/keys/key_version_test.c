/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/keys/key_fixture.h"
#include "domain/keys/key_version.h"

static result generate(struct key_fixture *f, const struct key_definition *k, struct key_version *v)
{
	struct key_order o = { .at_once = true };

	return KEY_CHANGE(f, key_version_generate(act, k, &o, v));
}

KEY_TEST_BOTH(a_value_is_made_found_used_and_destroyed)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_label current = { "CAMPUS01", "EP", "DPK", 0 },
	                 first = { "CAMPUS01", "EP", "DPK", 1 };
	struct key_version v, found;
	struct key_definition got;
	struct key_order later = { .version = 0 };

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        key_fixture_define(&f, "CAMPUS01.EP.DPK", "20", 'T', 112, PRODUCT_IN_DEVICE);
	CHECK_RESULT("nothing yet",
	             KEY_CHANGE(&f, key_version_find(act->tx, &current, f.now, &got, &found)),
	             KEY_NOT_FOUND);
	REQUIRE_OK(generate(&f, &k, &v));
	CHECK_I64("version", v.version, 1);
	CHECK_I64("device block", v.block[0], '3');
	CHECK_I64("check value", strlen(v.kcv), 6);
	CHECK_OK(KEY_CHANGE(&f, key_version_find(act->tx, &current, f.now, &got, &found)));
	CHECK_I64("current", found.id, v.id);
	SCOPED(working_key_close) struct working_key *w = NULL;
	CHECK_OK(key_version_open(&f.ring, &found, &w));
	CHECK(w && working_key_in_device(w));
	CHECK_OK(KEY_CHANGE(&f, key_version_generate(act, &k, &later, &found)));
	CHECK_I64("the next", found.version, 2);
	CHECK_I64("waits", found.state, KEY_PRE);
	CHECK_OK(KEY_CHANGE(&f, key_version_find(act->tx, &current, f.now, &got, &found)));
	CHECK_I64("still the first", found.version, 1);
	struct key_order taken = { .version = 1 };
	CHECK_RESULT("taken", KEY_CHANGE(&f, key_version_generate(act, &k, &taken, &found)),
	             KEY_EXISTS);
	CHECK_RESULT("active", KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_DESTROYED)),
	             KEY_STATE);
	CHECK_OK(KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_DEACTIVATED)));
	CHECK_RESULT("old copy", KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_SUSPENDED)),
	             KEY_CHANGED);
	CHECK_OK(KEY_CHANGE(&f, key_version_find(act->tx, &first, f.now, &got, &found)));
	CHECK_OK(KEY_CHANGE(&f, key_version_move(act, &k, &found, KEY_DESTROYED)));
	CHECK_OK(KEY_CHANGE(&f, key_version_find(act->tx, &first, f.now, &got, &found)));
	CHECK_STR("the block is gone", found.block, "");
	CHECK_STR("the check value stays", found.kcv, v.kcv);
	struct working_key *none = NULL;
	CHECK_RESULT("no use any more", key_version_open(&f.ring, &found, &none), KEY_STATE);
	CHECK_RESULT("a value is there", KEY_CHANGE(&f, key_definition_remove(act, k.id)),
	             CATALOG_IN_USE);
}

TEST(states_follow_the_table_and_nothing_else)
{
	/* keys 11; rows: from, columns: to */
	static const char *const may[] = {
		/*            P A S D C X */
		/* PRE */ "010011",         /* ACTIVE */ "001110",
		/* SUSPENDED */ "010110",
		/* DEACTIVATED */ "000011", /* COMPROMISED */ "000001",
		/* DESTROYED */ "000000",
	};
	static const struct {
		enum key_state s;
		const char *deeds; /* protect, process, verify; then the same with recover */
	} rows[] = {
		{ KEY_PRE, "000000" },         { KEY_ACTIVE, "111111" },      { KEY_SUSPENDED, "001001" },
		{ KEY_DEACTIVATED, "011011" }, { KEY_COMPROMISED, "000011" }, { KEY_DESTROYED, "000000" },
	}, *row;

	for (int from = KEY_PRE; from <= KEY_DESTROYED; from++)
		for (int to = KEY_PRE; to <= KEY_DESTROYED; to++)
			CHECK_I64(key_state_names[from],
			          key_state_may_move((enum key_state)from, (enum key_state)to),
			          may[from][to] - '0');
	EACH (row, rows)
		for (int i = 0; i < 6; i++)
			CHECK_I64(key_state_names[row->s],
			          key_state_allows(row->s, (enum key_deed)(i % 3), i > 2),
			          row->deeds[i] - '0');
}

KEY_TEST_BOTH(time_moves_versions_by_itself)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_label current = { "CAMPUS01", "EP", "DPK", 0 };
	struct key_version v, found;
	struct key_definition got;
	size_t moved;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        key_fixture_define(&f, "CAMPUS01.EP.DPK", "20", 'T', 112, PRODUCT_IN_HOST);
	k.period_days = 10;
	struct key_order o = { .activate_at = { f.now.us + 3600 * (int64_t)SECOND_US } };
	REQUIRE_OK(KEY_CHANGE(&f, key_version_generate(act, &k, &o, &v)));
	CHECK_RESULT("not yet",
	             KEY_CHANGE(&f, key_version_find(act->tx, &current, f.now, &got, &found)),
	             KEY_NOT_FOUND);
	f.now.us += 3601 * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&f, key_version_find(act->tx, &current, f.now, &got, &found)));
	CHECK_OK(KEY_CHANGE(&f, key_version_follow_clock(act, &moved)));
	CHECK_I64("activated", moved, 1);
	f.now.us += 10 * 86400 * (int64_t)SECOND_US;
	CHECK_RESULT("over",
	             KEY_CHANGE(&f, key_version_find(act->tx, &current, f.now, &got, &found)),
	             KEY_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&f, key_version_follow_clock(act, &moved)));
	CHECK_I64("ended", moved, 1);
	CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, v.id, &found)));
	CHECK_I64("state", found.state, KEY_DEACTIVATED);
}

KEY_TEST_BOTH(what_came_in_is_held_to_its_check_value)
{
	/* keys TV-01 */
	static const uint8_t value[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
		                           0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10 };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_order o = { .origin = KEY_FROM_IMPORT };
	struct key_version v;
	struct kcv right, wrong;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_OK(kcv_parse(STR("08D7B4"), KCV_ECB, &right));
	CHECK_OK(kcv_parse(STR("08D7B5"), KCV_ECB, &wrong));
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		struct key_definition k =
		        key_fixture_define(&f, place ? "C.EP.HOST" : "C.EPD.DEVICE", "20", 'T', 112,
		                           (enum product_place)place);
		CHECK_RESULT("wrong",
		             KEY_CHANGE(&f, key_version_store(act, &k, &o, bytes_of(value, 16),
		                                              &wrong, &v)),
		             KEY_CHECK_VALUE);
		CHECK_RESULT("short",
		             KEY_CHANGE(&f, key_version_store(act, &k, &o, bytes_of(value, 15),
		                                              &right, &v)),
		             KEY_LENGTH);
		CHECK_OK(KEY_CHANGE(
		        &f, key_version_store(act, &k, &o, bytes_of(value, 16), &right, &v)));
		CHECK_STR("TV-01", v.kcv, "08D7B4");
		CHECK_I64("the first, so nothing of the refused stayed", v.version, 1);
		CHECK_I64("place", v.block[0], place == PRODUCT_IN_DEVICE ? '3' : 'D');
	}
}

KEY_TEST_BOTH(a_row_that_was_changed_does_not_open)
{
	/* keys 20.3 no. 4: usage in the store, another key's block, another check value */
	static const struct db_statement usage = {
		"usage",
		"UPDATE kms_keyver SET block = replace(block, '20TX', '23TX') WHERE id = 1",
		"UPDATE kms_keyver SET block = replace(block, '20TX', '23TX') WHERE id = 1", 0
	};
	static const struct db_statement swap = { "swap",
		                                  "UPDATE kms_keyver SET block = (SELECT block "
		                                  "FROM kms_keyver WHERE id = 3) WHERE id = 2",
		                                  "UPDATE kms_keyver SET block = (SELECT block "
		                                  "FROM kms_keyver WHERE id = 3) WHERE id = 2",
		                                  0 };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct working_key *w = NULL;
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        key_fixture_define(&f, "CAMPUS01.EP.DPK", "20", 'T', 112, PRODUCT_IN_HOST);
	for (int i = 0; i < 3; i++)
		REQUIRE_OK(generate(&f, &k, &v));
	CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &usage, DB_NO_ARGS, NULL)));
	CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &swap, DB_NO_ARGS, NULL)));
	CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, 1, &v)));
	CHECK_RESULT("usage", key_version_open(&f.ring, &v, &w), KEYBLOCK_MAC);
	CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, 2, &v)));
	CHECK_RESULT("another key", key_version_open(&f.ring, &v, &w), KEY_ROW);
	CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, 3, &v)));
	CHECK_OK(key_version_open(&f.ring, &v, &w));
	working_key_close(&w);
}

/* A change in the store by somebody who can write there, and no more. */
#define TAMPER(name_, text_)                                                                       \
	{                                                                                          \
#name_, text_, text_, 0                                                            \
	}

KEY_TEST_BOTH(a_block_is_used_for_what_it_says_whatever_its_rows_say)
{
	/* keys 20.3 no. 4: use, algorithm, mode, exportability and label of the catalogue; a block
	 * with its check value in the place of another's */
	static const struct {
		const char *label;
		struct db_statement change, back;
	} rows[] = {
		{ "usage", TAMPER(usage, "UPDATE kms_key SET usage = '25' WHERE code = 'DPK'"),
		  TAMPER(usage_back, "UPDATE kms_key SET usage = '20' WHERE code = 'DPK'") },
		{ "algorithm", TAMPER(alg, "UPDATE kms_key SET alg = '4' WHERE code = 'DPK'"),
		  TAMPER(alg_back, "UPDATE kms_key SET alg = 'T' WHERE code = 'DPK'") },
		{ "mode", TAMPER(mode, "UPDATE kms_key SET mode = 'B' WHERE code = 'DPK'"),
		  TAMPER(mode_back, "UPDATE kms_key SET mode = 'X' WHERE code = 'DPK'") },
		{ "exportability", TAMPER(exp, "UPDATE kms_key SET exp = 'S' WHERE code = 'DPK'"),
		  TAMPER(exp_back, "UPDATE kms_key SET exp = 'E' WHERE code = 'DPK'") },
		{ "code of the key", TAMPER(code, "UPDATE kms_key SET code = 'DLK' WHERE id = 1"),
		  TAMPER(code_back, "UPDATE kms_key SET code = 'DPK' WHERE id = 1") },
		{ "code of the product", TAMPER(product, "UPDATE kms_product SET code = 'EQ'"),
		  TAMPER(product_back, "UPDATE kms_product SET code = 'EP'") },
		{ "code of the issuer", TAMPER(issuer, "UPDATE kms_issuer SET code = 'CAMPUS02'"),
		  TAMPER(issuer_back, "UPDATE kms_issuer SET code = 'CAMPUS01'") },
		{ "number", TAMPER(number, "UPDATE kms_keyver SET ver = 9 WHERE id = 1"),
		  TAMPER(number_back, "UPDATE kms_keyver SET ver = 1 WHERE id = 1") },
		{ "another's block and check value",
		  TAMPER(moved, "UPDATE kms_keyver SET block = (SELECT block FROM kms_keyver WHERE "
		                "id = 2), kcv = (SELECT kcv FROM kms_keyver WHERE id = 2) "
		                "WHERE id = 1"),
		  TAMPER(none, "UPDATE kms_keyver SET ver = 1 WHERE id = 1") },
	}, *row;
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        key_fixture_define(&f, "CAMPUS01.EP.DPK", "20", 'T', 112, PRODUCT_IN_HOST);
	for (int i = 0; i < 2; i++)
		REQUIRE_OK(generate(&f, &k, &v));
	EACH (row, rows) {
		struct working_key *w = NULL;
		int64_t scanned;

		CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, 1, &v)));
		CHECK_OK(key_version_open(&f.ring, &v, &w));
		working_key_close(&w);
		CHECK_OK(KEY_CHANGE(&f, rekey_scan(act, &scanned)));
		CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &row->change, DB_NO_ARGS, NULL)));
		CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, 1, &v)));
		CHECK_RESULT(row->label, key_version_open(&f.ring, &v, &w), KEY_ROW);
		CHECK(w == NULL);
		CHECK_RESULT(row->label, KEY_CHANGE(&f, rekey_scan(act, &scanned)), REKEY_ROW);
		CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &row->back, DB_NO_ARGS, NULL)));
	}
}

/* Header, optional blocks, body and MAC: a letter or digit becomes another. */
static char other(char c)
{
	return (char)(c == '9' ? '8' : c == 'Z' ? 'Y' : c == 'z' ? 'y' : c + 1);
}

static void flip_each(struct key_fixture *f, const struct key_version *v)
{
	static const struct db_statement put = { "put",
		                                 "UPDATE kms_keyver SET block = $2 WHERE id = $1",
		                                 "UPDATE kms_keyver SET block = $2 WHERE id = $1",
		                                 2 };
	char block[KEY_VERSION_BLOCK_MAX + 1];
	size_t opened = 0, unnoticed = 0;

	str_copy(str_of(v->block), block, sizeof block);
	for (size_t i = 0; i < strlen(v->block); i++) {
		struct working_key *w = NULL;
		struct key_version now;
		int64_t rows;

		block[i] = other(v->block[i]);
		CHECK_OK(KEY_CHANGE(f, db_execute(act->tx, &put,
		                                  DB_ARGS(db_arg_i64(v->id), db_arg_text(block)),
		                                  NULL)));
		block[i] = v->block[i];
		CHECK_OK(KEY_CHANGE(f, key_version_load(act->tx, v->id, &now)));
		opened += is_ok(key_version_open(&f->ring, &now, &w));
		unnoticed += KEY_CHANGE(f, rekey_scan(act, &rows)).code != REKEY_ROW;
		working_key_close(&w);
	}
	CHECK_I64("changed blocks that open", opened, 0);
	CHECK_I64("changed blocks that a scan passes", unnoticed, 0);
	CHECK_OK(KEY_CHANGE(f, db_execute(act->tx, &put,
	                                  DB_ARGS(db_arg_i64(v->id), db_arg_text(block)), NULL)));
}

KEY_TEST_BOTH(a_block_with_any_character_changed_in_the_store_is_not_used)
{
	/* keys 20.3 no. 4 */
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v;
	int64_t rows;

	REQUIRE(key_fixture_open(&f, engine, true));
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		struct key_definition k =
		        key_fixture_define(&f, place ? "C.EP.HOST" : "C.EPD.DEVICE", "20", 'T', 112,
		                           (enum product_place)place);
		REQUIRE_OK(generate(&f, &k, &v));
		CHECK_I64("version", v.block[0], place == PRODUCT_IN_DEVICE ? '3' : 'D');
		flip_each(&f, &v);
	}
	CHECK_OK(KEY_CHANGE(&f, rekey_scan(act, &rows)));
	CHECK_I64("as they were", rows, 2);
}

KEY_TEST_BOTH(pairs_keep_their_public_half)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition rsa =
	        key_fixture_define(&f, "BANK.RSA.IPK", "S0", 'R', 1024, PRODUCT_IN_DEVICE);
	struct key_definition here =
	        key_fixture_define(&f, "BANK.RSAH.IPK", "S0", 'R', 1024, PRODUCT_IN_HOST);
	struct key_definition sm2 =
	        key_fixture_define(&f, "BANK.SM2.SIGN", "S0", '2', 256, PRODUCT_IN_DEVICE);
	struct key_definition *const all[] = { &rsa, &here, &sm2 };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
		SCOPED(working_key_close) struct working_key *w = NULL;

		REQUIRE_OK(generate(&f, all[i], &v));
		CHECK_I64("check value", strlen(v.kcv), 8);
		CHECK_OK(key_version_open(&f.ring, &v, &w));
		if (all[i]->algorithm == '2')
			CHECK_I64("x ‖ y", v.public_len, 64);
		else
			CHECK_OK(rsa_key_load_info(&public, bytes_of(v.public, v.public_len)));
	}
}

KEY_TEST_BOTH(pairs_have_the_exponent_they_are_ordered_with)
{
	static const struct {
		uint32_t order, want;
	} rows[] = { { 0, 3 }, { 3, 3 }, { 65537, 65537 } };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition all[] = {
		key_fixture_define(&f, "BANK.RSA.IPK", "S0", 'R', 1024, PRODUCT_IN_DEVICE),
		key_fixture_define(&f, "BANK.RSAH.IPK", "S0", 'R', 1024, PRODUCT_IN_HOST),
		key_fixture_define(&f, "BANK.EP.DPK", "20", 'T', 112, PRODUCT_IN_HOST),
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
		struct key_order o = { .exponent = rows[i / 2].order };

		REQUIRE_OK(KEY_CHANGE(&f, key_version_generate(act, &all[i % 2], &o, &v)));
		CHECK_OK(rsa_key_load_info(&public, bytes_of(v.public, v.public_len)));
		CHECK_I64("exponent", public.exponent, rows[i / 2].want);
	}
	struct key_order wrong = { .exponent = 17 }, other = { .exponent = 3 };
	CHECK_RESULT("17", KEY_CHANGE(&f, key_version_generate(act, &all[0], &wrong, &v)),
	             CATALOG_FIELD);
	CHECK_RESULT("3DES", KEY_CHANGE(&f, key_version_generate(act, &all[2], &other, &v)),
	             CATALOG_FIELD);
}

/* keys 11: COMPROMISED processes with an approval only. */
KEY_TEST_BOTH(a_compromised_version_processes_while_a_recovery_is_agreed)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v, again;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        key_fixture_define(&f, "BANK.EP.DPK", "20", 'T', 112, PRODUCT_IN_HOST);
	REQUIRE_OK(generate(&f, &k, &v));
	CHECK_RESULT("not compromised", KEY_CHANGE(&f, key_version_recover(act, &v, 60)),
	             KEY_STATE);
	REQUIRE_OK(KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_COMPROMISED)));
	REQUIRE_OK(KEY_CHANGE(&f, key_version_load(act->tx, v.id, &again)));
	CHECK(!key_version_allows(&again, KEY_TO_PROCESS, f.now));
	CHECK_OK(KEY_CHANGE(&f, key_version_recover(act, &again, KEY_RECOVER_MAX_S)));
	CHECK_RESULT("changed meanwhile", KEY_CHANGE(&f, key_version_recover(act, &again, 60)),
	             KEY_CHANGED);
	REQUIRE_OK(KEY_CHANGE(&f, key_version_load(act->tx, v.id, &again)));
	CHECK(key_version_allows(&again, KEY_TO_PROCESS, f.now));
	CHECK(key_version_allows(&again, KEY_TO_VERIFY, f.now));
	CHECK(!key_version_allows(&again, KEY_TO_PROTECT, f.now));
	f.now.us += KEY_RECOVER_MAX_S * (int64_t)SECOND_US;
	CHECK(!key_version_allows(&again, KEY_TO_PROCESS, f.now));
	REQUIRE_OK(KEY_CHANGE(&f, key_version_move(act, &k, &again, KEY_DESTROYED)));
}
