/* SPDX-License-Identifier: Apache-2.0 */
/* Labels, catalogue, audit, approvals, day roots. */
#include <stdio.h>

#include "crypto/hmac.h"
#include "crypto/ytap_keys.h"
#include "domain/keys/approval.h"
#include "domain/keys/day_root.h"
#include "domain/keys/key_fixture.h"
#include "domain/keys/kms_sql.h"

KEY_TEST_BOTH(every_statement_of_the_key_manager_prepares)
{
	SCOPED(key_fixture_close) struct key_fixture f;

	REQUIRE(key_fixture_open(&f, engine, false));
	for (const struct db_statement *const *s = kms_statements; *s; s++)
		CHECK_OK(db_prepare(f.db, *s));
}

TEST(labels_are_four_codes_and_nothing_else)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "CAMPUS01.EP.DPK.01", "OK" }, { "A.B.C.00", "OK" },      { "A.B.C.1", "KEY_LABEL" },
		{ "A.B.C.001", "KEY_LABEL" },   { "A.B.01", "KEY_LABEL" }, { "A.B.C.D.01", "KEY_LABEL" },
		{ "a.B.C.01", "KEY_LABEL" },    { "A..C.01", "KEY_LABEL" }, { "A.B.C.0X", "KEY_LABEL" },
		{ "ABCDEFGHI.B.C.01", "KEY_LABEL" }, { "", "KEY_LABEL" },  { "A.B.C|.01", "KEY_LABEL" },
	}, *row;

	EACH (row, rows) {
		struct key_label l = { .version = 77 };
		char text[KEY_LABEL_SIZE];
		result r = key_label_parse(str_of(row->text), &l);

		CHECK_STR(row->text, is_ok(r) ? "OK" : result_name(r), row->want);
		if (is_ok(r))
			CHECK_STR(row->text, key_label_text(&l, text), row->text);
		else
			CHECK_I64(row->text, l.version, 77);
	}
}

TEST(patterns_match_runs_of_characters_and_alternatives)
{
	static const struct {
		const char *pattern, *label;
		bool want;
	} rows[] = {
		{ "A.B.C.01", "A.B.C.01", true },          { "A.B.C.01", "A.B.C.02", false },
		{ "A.*", "A.B.C.02", true },               { "*.02", "A.B.C.02", true },
		{ "*.02", "A.B.C.021", false },            { "A.*.C.*", "A.XYZ.C.09", true },
		{ "X.* A.B.*", "A.B.C.01", true },         { "X.* Y.*", "A.B.C.01", false },
		{ "*", "A.B.C.01", true },                 { "", "A.B.C.01", false },
		{ "****************B", "AAAAAAAAAAAAAAAAAAAAAAAAAA", false },
	}, *row;

	EACH (row, rows)
		CHECK_I64(row->pattern,
		          key_pattern_matches(str_of(row->pattern), str_of(row->label)), row->want);
	CHECK(key_pattern_is_valid(STR("SITE.TERM.* SITE.PIN.*")));
	CHECK(!key_pattern_is_valid(STR("site.*")) && !key_pattern_is_valid(STR("")));
}

KEY_TEST_BOTH(issuers_come_before_products_and_products_before_keys)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct product orphan = { .issuer = 99, .code = "EP", .name = "钱包" };
	struct key_definition lost = { .product = 99,
		                       .code = "DPK",
		                       .name = "消费",
		                       .usage = "20",
		                       .algorithm = 'T',
		                       .bits = 112,
		                       .mode = 'X',
		                       .exportability = 'E' };
	struct issuer twice = { .code = "CAMPUS01", .name = "x" },
	              bad = { .code = "lower", .name = "x" };

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_RESULT("no issuer", KEY_CHANGE(&f, product_add(act, &orphan)), CATALOG_NOT_FOUND);
	CHECK_RESULT("no product", KEY_CHANGE(&f, key_definition_add(act, &lost)),
	             CATALOG_NOT_FOUND);
	struct key_definition k =
	        key_fixture_define(&f, "CAMPUS01.EP.DPK", "20", 'T', 112, PRODUCT_IN_DEVICE);
	CHECK_RESULT("twice", KEY_CHANGE(&f, issuer_add(act, &twice)), CATALOG_EXISTS);
	CHECK_RESULT("code", KEY_CHANGE(&f, issuer_add(act, &bad)), KEY_LABEL);
	lost.product = k.product;
	CHECK_RESULT("twice", KEY_CHANGE(&f, key_definition_add(act, &lost)), CATALOG_EXISTS);
	lost = (struct key_definition){ .product = k.product,
		                        .code = "X",
		                        .name = "x",
		                        .usage = "20",
		                        .algorithm = 'A',
		                        .bits = 128,
		                        .mode = 'X',
		                        .exportability = 'E' };
	CHECK_RESULT("AES purse", KEY_CHANGE(&f, key_definition_add(act, &lost)), KEYBLOCK_USE);
	lost.algorithm = 'T';
	CHECK_RESULT("TDES of 128", KEY_CHANGE(&f, key_definition_add(act, &lost)), KEY_LENGTH);
	lost.bits = 112;
	lost.mode = 'B';
	CHECK_RESULT("a root encrypts", KEY_CHANGE(&f, key_definition_add(act, &lost)),
	             KEYBLOCK_USE);
	CHECK_RESULT("keys below", KEY_CHANGE(&f, product_remove(act, k.product)), CATALOG_IN_USE);
	CHECK_RESULT("products below", KEY_CHANGE(&f, issuer_remove(act, 1)), CATALOG_IN_USE);
	CHECK_OK(KEY_CHANGE(&f, key_definition_remove(act, k.id)));
	CHECK_OK(KEY_CHANGE(&f, product_remove(act, k.product)));
	CHECK_OK(KEY_CHANGE(&f, issuer_remove(act, 1)));
	CHECK_RESULT("gone", KEY_CHANGE(&f, issuer_remove(act, 1)), CATALOG_NOT_FOUND);
}

/* --- audit --- */

static result soft_hmac(void *owner, const uint8_t previous[32], struct bytes text, uint8_t out[32])
{
	struct bytes pieces[] = { bytes_of(previous, 32), text };

	hmac_pieces(owner, pieces, 2, out);
	return OK;
}

TEST(the_links_are_those_of_the_published_lines)
{
	/* keys TV-34 under the AUK of TV-06 */
	static const uint8_t auk[] = { 0x64, 0x28, 0x2F, 0x4E, 0x9A, 0x32, 0x91, 0x52,
		                       0xD0, 0x56, 0x5D, 0xD9, 0x3E, 0x55, 0x7D, 0xCD,
		                       0xE4, 0xED, 0x35, 0xEB, 0x1A, 0x18, 0x64, 0xD4,
		                       0x01, 0x68, 0xEA, 0x05, 0x0E, 0x8C, 0x5D, 0x84 };
	SCOPED(hmac_key_deinit) struct hmac_key key = { 0 };
	struct key_audit_line one = { .seq = 1,
		                      .ts = "2026-11-22T02:15:00.000Z",
		                      .actor = "SO1",
		                      .op = "LMK.LOAD",
		                      .detail = "slot=01 comp=1 kcv=B88AF8DD20",
		                      .result = "OK" };
	struct key_audit_line two = { .seq = 2,
		                      .ts = "2026-11-22T02:16:00.000Z",
		                      .actor = "SO2",
		                      .op = "LMK.LOAD",
		                      .detail = "slot=01 comp=2 kcv=14525B077A",
		                      .result = "OK" };
	uint8_t zeros[32] = { 0 };

	CHECK_OK(hmac_key_init(&key, HMAC_SHA256, bytes_of(auk, sizeof auk)));
	CHECK_OK(key_audit_link(soft_hmac, &key, zeros, &one, one.link));
	CHECK_HEX("TV-34, 1", bytes_of(one.link, 32),
	          "A3B6796310BFEE171351DADD520AD09405CD45CB204038627AAD821233805ACC");
	CHECK_OK(key_audit_link(soft_hmac, &key, one.link, &two, two.link));
	CHECK_HEX("TV-34, 2", bytes_of(two.link, 32),
	          "60FAEB28497ED25BF80A2DCCE7A3CD04A149C87F92BC9DA7A9CD5BC108C92F11");
}

static result write_lines(struct key_act *act, int count)
{
	for (int i = 0; i < count; i++)
		TRY(key_audit_write(act, "TEST.ACT", OK, "n=%d", i));
	return OK;
}

static result first_master(struct key_act *act)
{
	struct master m;

	TRY(ceremony_test_key(act, LMK_AES, &m));
	TRY(master_ring_load(act->ring, act->tx));
	return key_audit_write(act, "LMK.ACTIVATE", OK, "kcv=%s", m.kcv);
}

static result verify(struct key_fixture *f, const struct key_audit_point *point,
                     struct key_audit_verdict *v)
{
	struct key_act *act = key_fixture_begin(f);
	result r = key_audit_verify(act->tx, &f->ring, point, v);

	key_fixture_rollback(f);
	return r;
}

static const struct db_statement edits[] = {
	{ "ts", "UPDATE kms_audit SET ts = '2020' WHERE seq = 3",
	  "UPDATE kms_audit SET ts = '2020' WHERE seq = 3", 0 },
	{ "actor", "UPDATE kms_audit SET actor = 'x' WHERE seq = 3",
	  "UPDATE kms_audit SET actor = 'x' WHERE seq = 3", 0 },
	{ "op", "UPDATE kms_audit SET op = 'x' WHERE seq = 6",
	  "UPDATE kms_audit SET op = 'x' WHERE seq = 6", 0 },
	{ "detail", "UPDATE kms_audit SET detail = 'n=9' WHERE seq = 6",
	  "UPDATE kms_audit SET detail = 'n=9' WHERE seq = 6", 0 },
	{ "result", "UPDATE kms_audit SET result = 'x' WHERE seq = 6",
	  "UPDATE kms_audit SET result = 'x' WHERE seq = 6", 0 },
	{ "lmk", "UPDATE kms_audit SET lmk = 77 WHERE seq = 9",
	  "UPDATE kms_audit SET lmk = 77 WHERE seq = 9", 0 },
	{ "lmk of all", "UPDATE kms_audit SET lmk = 77", "UPDATE kms_audit SET lmk = 77", 0 },
	{ "link", "UPDATE kms_audit SET link = zeroblob(32) WHERE seq = 4",
	  "UPDATE kms_audit SET link = decode(repeat('00', 32), 'hex') WHERE seq = 4", 0 },
	{ "a line", "DELETE FROM kms_audit WHERE seq = 2", "DELETE FROM kms_audit WHERE seq = 2",
	  0 },
	{ "number", "UPDATE kms_audit SET seq = 60 WHERE seq = 9",
	  "UPDATE kms_audit SET seq = 60 WHERE seq = 9", 0 },
};

KEY_TEST_BOTH(every_edit_of_the_audit_is_found)
{
	const struct db_statement *edit;
	struct key_audit_verdict v;

	EACH (edit, edits) {
		SCOPED(key_fixture_close) struct key_fixture f;
		int64_t changed;

		REQUIRE(key_fixture_open(&f, engine, false));
		CHECK_OK(KEY_CHANGE(&f, write_lines(act, 4)));
		CHECK_OK(KEY_CHANGE(&f, first_master(act)));
		CHECK_OK(KEY_CHANGE(&f, write_lines(act, 4)));
		CHECK_OK(verify(&f, NULL, &v));
		CHECK_I64("lines", v.lines, 10);
		CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, edit, DB_NO_ARGS, &changed)));
		CHECK_RESULT(edit->name, verify(&f, NULL, &v), AUDIT_BROKEN);
		CHECK(v.first_bad > 0);
	}
}

KEY_TEST_BOTH(a_truncated_audit_is_found_by_its_checkpoint)
{
	static const struct db_statement cut = { "cut", "DELETE FROM kms_audit WHERE seq > 5",
		                                 "DELETE FROM kms_audit WHERE seq > 5", 0 };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_audit_point point;
	struct key_audit_verdict v;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_OK(KEY_CHANGE(&f, write_lines(act, 8)));
	CHECK_OK(KEY_CHANGE(&f, key_audit_last(act->tx, &point)));
	CHECK_OK(verify(&f, &point, &v));
	CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &cut, DB_NO_ARGS, NULL)));
	CHECK_OK(verify(&f, NULL, &v));
	CHECK_RESULT("truncated", verify(&f, &point, &v), AUDIT_BROKEN);
	CHECK_OK(KEY_CHANGE(&f, write_lines(act, 3)));
	CHECK_RESULT("written over", verify(&f, &point, &v), AUDIT_BROKEN);
}

/* The device is gone: what is done until its key is loaded again is linked by the new device. */
KEY_TEST_BOTH(a_new_device_goes_on_with_the_audit)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_audit_verdict v;
	struct hsm_lmk found;
	struct secret key;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_OK(KEY_CHANGE(&f, write_lines(act, 3)));
	REQUIRE(key_fixture_new_device(&f));
	CHECK_OK(KEY_CHANGE(&f, write_lines(act, 2)));
	CHECK_OK(verify(&f, NULL, &v));
	CHECK_I64("lines whose key is away", v.unkeyed, 3);
	lmk_published(LMK_AES, &key);
	CHECK_OK(hsm_lmk_install(f.rig.session, 0, LMK_AES, &key, &found));
	CHECK_OK(KEY_CHANGE(&f, write_lines(act, 2)));
	CHECK_OK(verify(&f, NULL, &v));
	CHECK_I64("all keys are here", v.unkeyed, 0);
	CHECK_I64("three runs, two changes between them", v.lines, 9);
}

TEST(what_would_break_a_line_apart_is_written_otherwise)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_audit_filter filter = { .limit = 1, .newest_first = true };
	SCOPED(arena_free) struct arena a = { 0 };
	struct key_audit_line *rows;
	size_t count;

	REQUIRE(key_fixture_open(&f, DB_SQLITE, true));
	CHECK_OK(KEY_CHANGE(&f, key_audit_write(act, "TEST.ACT", OK, "name=%s", "a|b\nc\x7F")));
	CHECK_OK(KEY_CHANGE(&f, key_audit_list(act->tx, &filter, &a, &rows, &count)));
	REQUIRE(count == 1);
	CHECK_STR("", rows[0].detail, "name=a/b/c/");
}

/* --- approvals --- */

KEY_TEST_BOTH(an_approval_binds_what_was_asked_and_is_used_once)
{
	static const struct db_statement edit = { "edit",
		                                  "UPDATE kms_approval SET payload = '{\"key\":2}'",
		                                  "UPDATE kms_approval SET payload = '{\"key\":2}'",
		                                  0 };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct approval a, got;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct officer key = key_fixture_officer(&f, "key-one", 1 << OFFICER_KEY);
	struct officer other = key_fixture_officer(&f, "key-two", 1 << OFFICER_KEY);
	struct officer conf = key_fixture_officer(&f, "conf", 1 << OFFICER_CONF);
	struct officer mk = key_fixture_officer(&f, "mk", 1 << OFFICER_MK);

	CHECK_OK(KEY_CHANGE(
	        &f, approval_ask(act, &key, "key-destroy", STR("{\"key\":1}"), "key|mk", &a)));
	CHECK_RESULT("too early", KEY_CHANGE(&f, approval_use(act, &key, a.id, &got)),
	             APPROVAL_STATE);
	CHECK_RESULT("oneself", KEY_CHANGE(&f, approval_agree(act, &key, a.id, &got)),
	             APPROVAL_SELF);
	CHECK_RESULT("another role", KEY_CHANGE(&f, approval_agree(act, &conf, a.id, &got)),
	             OFFICER_ROLE_OTHER);
	CHECK_OK(KEY_CHANGE(&f, approval_agree(act, &mk, a.id, &got)));
	CHECK_I64("approved", got.state, APPROVAL_APPROVED);
	CHECK_RESULT("nobody is missing", KEY_CHANGE(&f, approval_agree(act, &other, a.id, &got)),
	             APPROVAL_STATE);
	CHECK_RESULT("another's", KEY_CHANGE(&f, approval_use(act, &other, a.id, &got)),
	             APPROVAL_OTHER);
	CHECK_OK(KEY_CHANGE(&f, approval_use(act, &key, a.id, &got)));
	CHECK_STR("payload", got.payload, "{\"key\":1}");
	CHECK_RESULT("again", KEY_CHANGE(&f, approval_use(act, &key, a.id, &got)), APPROVAL_STATE);

	CHECK_OK(KEY_CHANGE(
	        &f, approval_ask(act, &key, "key-destroy", STR("{\"key\":1}"), "key|mk", &a)));
	CHECK_OK(KEY_CHANGE(&f, approval_agree(act, &other, a.id, &got)));
	CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &edit, DB_NO_ARGS, NULL)));
	CHECK_RESULT("changed since", KEY_CHANGE(&f, approval_use(act, &key, a.id, &got)),
	             APPROVAL_OTHER);

	CHECK_OK(KEY_CHANGE(
	        &f, approval_ask(act, &key, "key-destroy", STR("{\"key\":3}"), "key|mk", &a)));
	CHECK_OK(KEY_CHANGE(&f, approval_agree(act, &other, a.id, &got)));
	f.now.us += 25 * 3600 * (int64_t)SECOND_US;
	CHECK_RESULT("a day later", KEY_CHANGE(&f, approval_use(act, &key, a.id, &got)),
	             APPROVAL_STATE);
	CHECK_OK(KEY_CHANGE(
	        &f, approval_ask(act, &key, "key-destroy", STR("{\"key\":4}"), "key|mk", &a)));
	CHECK_RESULT("not involved", KEY_CHANGE(&f, approval_refuse(act, &conf, a.id, &got)),
	             OFFICER_ROLE_OTHER);
	CHECK_OK(KEY_CHANGE(&f, approval_refuse(act, &mk, a.id, &got)));
	CHECK_RESULT("refused", KEY_CHANGE(&f, approval_agree(act, &other, a.id, &got)),
	             APPROVAL_STATE);
	CHECK_RESULT("unknown", KEY_CHANGE(&f, approval_agree(act, &other, 999, &got)),
	             APPROVAL_NOT_FOUND);
}

KEY_TEST_BOTH(several_agree_in_the_order_that_is_written)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct approval a, got;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct officer mk = key_fixture_officer(&f, "mk", 1 << OFFICER_MK);
	struct officer so1 = key_fixture_officer(&f, "so-one", 1 << OFFICER_SO1);
	struct officer so2 = key_fixture_officer(&f, "so-two", 1 << OFFICER_SO2);
	struct officer so3 = key_fixture_officer(&f, "so-three", 1 << OFFICER_SO3);

	CHECK_OK(KEY_CHANGE(&f,
	                    approval_ask(act, &mk, "renewal-start", STR("{}"), "SO1 SO2 SO3", &a)));
	CHECK_RESULT("SO3 is last", KEY_CHANGE(&f, approval_agree(act, &so3, a.id, &got)),
	             OFFICER_ROLE_OTHER);
	CHECK_OK(KEY_CHANGE(&f, approval_agree(act, &so1, a.id, &got)));
	CHECK_RESULT("twice", KEY_CHANGE(&f, approval_agree(act, &so1, a.id, &got)), APPROVAL_SELF);
	CHECK_OK(KEY_CHANGE(&f, approval_agree(act, &so2, a.id, &got)));
	CHECK_I64("one is missing", got.state, APPROVAL_PENDING);
	CHECK_RESULT("two of three", KEY_CHANGE(&f, approval_use(act, &mk, a.id, &got)),
	             APPROVAL_STATE);
	CHECK_OK(KEY_CHANGE(&f, approval_agree(act, &so3, a.id, &got)));
	CHECK_OK(KEY_CHANGE(&f, approval_use(act, &mk, a.id, &got)));
}

/* --- day roots --- */

static result root_value(struct key_fixture *f, const struct day_root *r,
                         uint8_t out[DAY_ROOT_SIZE])
{
	SCOPED(working_key_close) struct working_key *k = NULL;
	const struct master *m;

	TRY(master_require(&f->ring, r->lmk, &m));
	struct working_place at = { m->session, m->slot };
	TRY(working_key_open(&at, str_of(r->block), &k));
	memcpy(out, working_key_value(k).at, DAY_ROOT_SIZE);
	return OK;
}

KEY_TEST_BOTH(day_roots_go_on_in_steps_that_cannot_be_taken_back)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct day_root first, second, again, rows[DAY_ROOTS_MAX];
	struct day_root_key first_key = { { 20260305 }, 1 };
	uint8_t now[DAY_ROOT_SIZE], next[DAY_ROOT_SIZE], want[DAY_ROOT_SIZE];
	size_t count;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_RESULT(
	        "none yet",
	        KEY_CHANGE(&f, day_root_advance(act, "SITE", (struct bizdate){ 20260305 }, &first)),
	        KEYS_MISSING);
	CHECK_OK(KEY_CHANGE(&f, day_root_begin(act, "SITE", (struct bizdate){ 20260305 }, &first)));
	CHECK_RESULT(
	        "twice",
	        KEY_CHANGE(&f, day_root_begin(act, "SITE", (struct bizdate){ 20260306 }, &again)),
	        KEYS_EXIST);
	REQUIRE_OK(root_value(&f, &first, now));
	CHECK_OK(KEY_CHANGE(&f,
	                    day_root_advance(act, "SITE", (struct bizdate){ 20260305 }, &again)));
	CHECK_I64("the same day", again.id, first.id);
	CHECK_RESULT(
	        "back",
	        KEY_CHANGE(&f, day_root_advance(act, "SITE", (struct bizdate){ 20260304 }, &again)),
	        KEYS_DAY_ORDER);
	f.now.us += 86400 * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&f,
	                    day_root_advance(act, "SITE", (struct bizdate){ 20260306 }, &second)));
	REQUIRE_OK(root_value(&f, &second, next));
	CHECK_OK(ytap_ratchet_day_root(now, 20260306, 1, want));
	CHECK_BYTES("ratchet", bytes_of(next, sizeof next), bytes_of(want, sizeof want));
	CHECK_OK(KEY_CHANGE(&f, day_root_find(act->tx, "SITE", &first_key, f.now, &again)));
	CHECK_I64("kept for running sessions", again.state, DAY_ROOT_PREVIOUS);
	f.now.us += 86400 * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&f,
	                    day_root_advance(act, "SITE", (struct bizdate){ 20260307 }, &second)));
	CHECK_RESULT("gone",
	             KEY_CHANGE(&f, day_root_find(act->tx, "SITE", &first_key, f.now, &again)),
	             KEYS_DAY_GONE);
	CHECK_OK(KEY_CHANGE(&f, day_root_list(act->tx, "SITE", rows, &count)));
	CHECK_I64("left", count, 2);
	CHECK_OK(KEY_CHANGE(&f, day_root_change(act, "SITE", &again)));
	CHECK_I64("sequence", again.seq, 2);
	REQUIRE_OK(root_value(&f, &again, next));
	REQUIRE_OK(root_value(&f, &second, now));
	CHECK_OK(ytap_ratchet_day_root(now, 20260307, 2, want));
	CHECK(memcmp(next, want, sizeof want) != 0);
	f.now.us += 37 * 3600 * (int64_t)SECOND_US;
	CHECK_RESULT("no day-end", KEY_CHANGE(&f, day_root_current(act->tx, "SITE", f.now, &again)),
	             KEYS_DAY_STALE);
}

/* --- keys in the device --- */

KEY_TEST_BOTH(a_device_keeps_the_keys_that_rows_say_and_no_others)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct secret stranger = { .len = 32 };
	struct hsm_lmk found;
	const struct master *m;
	size_t erased;

	REQUIRE(key_fixture_open(&f, engine, true));
	memset(stranger.at, 0x5C, stranger.len);
	stranger.at[0] = 1;
	CHECK_OK(hsm_lmk_install(f.rig.session, 4, LMK_AES, &stranger, &found));
	CHECK_OK(KEY_CHANGE(&f, master_sweep(act->ring, act->tx, false, &erased)));
	CHECK_I64("nothing that might be wanted", erased, 0);
	CHECK_OK(KEY_CHANGE(&f, master_sweep(act->ring, act->tx, true, &erased)));
	CHECK_I64("the stranger", erased, 1);
	key_fixture_begin(&f);
	m = master_active(&f.ring, LMK_AES);
	CHECK(m && m->present);
	CHECK_OK(master_set_state(f.act.tx, f.now, m->id, MASTER_ACTIVE, MASTER_OLD));
	CHECK_OK(master_set_state(f.act.tx, f.now, m->id, MASTER_OLD, MASTER_RETIRED));
	CHECK_OK(master_sweep(&f.ring, f.act.tx, false, &erased));
	CHECK_I64("the retired one", erased, 1);
	key_fixture_commit(&f);
	CHECK_RESULT("gone", hsm_lmk_status(f.rig.session, 0, &found), HSM_LMK_MISSING);
}
