/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/keys/approval.h"
#include "domain/keys/key_fixture.h"

/* keys TV-05 */
static const char *const components[CEREMONY_OFFICERS] = {
	"0F1E2D3C4B5A69788796A5B4C3D2E1F000112233445566778899AABBCCDDEEFF",
	"A1B2C3D4E5F60718293A4B5C6D7E8F90FEDCBA98765432100123456789ABCDEF",
	"5C3A1E7F90B2D4C6E8FA0B1C2D3E4F5061728394A5B6C7D8E9FA0B1C2D3E4F60",
};
static const char *const kcvs[CEREMONY_OFFICERS] = { "B88AF8DD20", "14525B077A", "DFEAE98A8F" };
#define LMK_KCV "CC00BBC79C"
#define PIN     STR("a PIN of some length")

struct stage {
	struct key_fixture f;
	struct officer so[CEREMONY_OFFICERS];
	struct ceremony c;
	char files[CEREMONY_OFFICERS][COMPONENT_FILE_MAX + 1];
};

static bool stage_open(struct stage *s, enum db_engine engine)
{
	static const char *const names[] = { "so-one", "so-two", "so-three" };

	*s = (struct stage){ 0 };
	if (!key_fixture_open(&s->f, engine, false))
		return false;
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		s->so[i] = key_fixture_officer(&s->f, names[i], 1u << (OFFICER_SO1 + (int)i));
	return true;
}

static void stage_close(struct stage *s)
{
	key_fixture_close(&s->f);
}

static result begin(struct stage *s, const struct ceremony_order *o)
{
	return KEY_CHANGE(&s->f, ceremony_begin(act, o, &s->c));
}

static struct secret value_of(const char *hex)
{
	struct secret v = { .len = strlen(hex) / 2 };

	CHECK_OK(hex_decode(str_of(hex), v.at, v.len));
	return v;
}

static result component(struct stage *s, size_t i, const char *hex)
{
	struct secret value = { 0 };

	if (hex)
		value = value_of(hex);
	return KEY_CHANGE(&s->f, ceremony_component(act, s->f.room, &s->c, &s->so[i], &value));
}

static result write_file(struct stage *s, size_t i, char copy, char file[COMPONENT_FILE_MAX + 1])
{
	struct ceremony_writing how = { PIN, copy };
	struct writer w = writer_of(file, COMPONENT_FILE_MAX);
	result r = KEY_CHANGE(&s->f, ceremony_write(act, s->f.room, &s->c, &s->so[i], &how, &w));

	file[w.len] = '\0';
	return r;
}

static result verify(struct stage *s, size_t i, const char *file, struct str pin)
{
	struct ceremony_medium m = { str_of(file), pin };

	return KEY_CHANGE_COUNTED(&s->f, ceremony_verify(act, s->f.room, &s->c, &s->so[i], &m));
}

static result present(struct stage *s, size_t i, const char *file, bool *done)
{
	struct ceremony_medium m = { str_of(file), PIN };

	return KEY_CHANGE_COUNTED(&s->f,
	                          ceremony_present(act, s->f.room, &s->c, &s->so[i], &m, done));
}

/* All three made of TV-05 (or at random), written, read back. */
static void make_all(struct stage *s, bool random)
{
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++) {
		CHECK_OK(component(s, i, random ? NULL : components[i]));
		if (!random)
			CHECK_STR("check value", s->c.kcvs[i], kcvs[i]);
		CHECK_OK(write_file(s, i, 'A', s->files[i]));
		CHECK_OK(verify(s, i, s->files[i], PIN));
	}
}

static const struct ceremony_order test_form = { .purpose = CEREMONY_FORM,
	                                         .algorithm = LMK_AES,
	                                         .status = MASTER_TEST };
static const struct ceremony_order live_form = { .purpose = CEREMONY_FORM,
	                                         .algorithm = LMK_AES,
	                                         .status = MASTER_LIVE };

static void allow_soft(struct stage *s)
{
	CHECK_OK(KEY_CHANGE(&s->f, key_setting_set(act->tx, "allow_soft_live", "on")));
}

KEY_TEST_BOTH(three_officers_form_the_key_of_their_components)
{
	SCOPED(stage_close) struct stage s;
	bool done;

	REQUIRE(stage_open(&s, engine));
	REQUIRE_OK(begin(&s, &test_form));
	make_all(&s, false);
	CHECK_OK(present(&s, 0, s.files[0], &done));
	CHECK(!done);
	CHECK_OK(present(&s, 2, s.files[2], &done));
	CHECK_I64("two of three", ceremony_room_presented(s.f.room, s.c.id), 5);
	CHECK_OK(present(&s, 1, s.files[1], &done));
	CHECK(done);
	CHECK_I64("state", s.c.state, CEREMONY_FORMED);
	key_fixture_begin(&s.f);
	const struct master *m = master_find(&s.f.ring, s.c.lmk);
	REQUIRE(m);
	CHECK_STR("TV-05", m->kcv, LMK_KCV);
	CHECK(m->present && m->state == MASTER_PENDING && m->gen == 1);
	key_fixture_rollback(&s.f);
	CHECK_OK(KEY_CHANGE(&s.f, ceremony_activate_first(act, s.c.lmk)));
	CHECK_RESULT("twice", KEY_CHANGE(&s.f, ceremony_activate_first(act, s.c.lmk)),
	             MASTER_STATE);
}

KEY_TEST_BOTH(random_components_give_a_live_key_where_that_is_allowed)
{
	SCOPED(stage_close) struct stage s;
	bool done;

	REQUIRE(stage_open(&s, engine));
	CHECK_RESULT("a program", begin(&s, &live_form), CEREMONY_SOFT);
	allow_soft(&s);
	REQUIRE_OK(begin(&s, &live_form));
	CHECK_RESULT("one at a time", begin(&s, &live_form), CEREMONY_RUNS);
	make_all(&s, true);
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		CHECK_OK(present(&s, i, s.files[i], &done));
	CHECK(done);
	CHECK_OK(KEY_CHANGE(&s.f, ceremony_activate_first(act, s.c.lmk)));
	CHECK_RESULT("test beside live", begin(&s, &test_form), MASTER_MIXED);
}

TEST(the_published_key_never_becomes_live)
{
	SCOPED(stage_close) struct stage s;
	struct hsm_lmk found;
	bool done;

	REQUIRE(stage_open(&s, DB_SQLITE));
	allow_soft(&s);
	REQUIRE_OK(begin(&s, &live_form));
	make_all(&s, false);
	CHECK_OK(present(&s, 0, s.files[0], &done));
	CHECK_OK(present(&s, 1, s.files[1], &done));
	CHECK_RESULT("published", present(&s, 2, s.files[2], &done), CEREMONY_PUBLISHED);
	CHECK_RESULT("nothing in the device", hsm_lmk_status(s.f.rig.session, s.c.slot, &found),
	             HSM_LMK_MISSING);
}

/* keys 20.3 no. 3 */
TEST(what_does_not_belong_to_the_ceremony_is_refused)
{
	static const char ones[] =
	        "1111111111111111111111111111111111111111111111111111111111111111";
	SCOPED(stage_close) struct stage s;
	char file[COMPONENT_FILE_MAX + 1];
	bool done;

	REQUIRE(stage_open(&s, DB_SQLITE));
	struct officer key = key_fixture_officer(&s.f, "key", 1 << OFFICER_KEY);
	struct secret none = { 0 };
	REQUIRE_OK(begin(&s, &test_form));
	CHECK_RESULT("another role",
	             KEY_CHANGE(&s.f, ceremony_component(act, s.f.room, &s.c, &key, &none)),
	             OFFICER_ROLE_OTHER);
	CHECK_RESULT("one byte", component(&s, 0, ones), KEY_WEAK);
	CHECK_RESULT("too short", component(&s, 0, "0102030405060708"), KEY_WEAK);
	CHECK_RESULT("not made", write_file(&s, 0, 'A', file), CEREMONY_STATE);
	CHECK_OK(component(&s, 0, components[0]));
	CHECK_RESULT("equal", component(&s, 1, components[0]), CEREMONY_EQUAL);
	CHECK_RESULT("not all are there", present(&s, 0, s.files[0], &done), CEREMONY_STATE);
	make_all(&s, false);
	CHECK_RESULT("again", component(&s, 0, NULL), CEREMONY_STATE);
	CHECK_RESULT("swapped", present(&s, 0, s.files[1], &done), CEREMONY_OTHER);
	CHECK_RESULT("wrong PIN", verify(&s, 0, s.files[0], STR("another PIN of length")),
	             COMPONENT_PIN);
	memcpy(file, s.files[0], sizeof file);
	file[40] ^= 1;
	CHECK_RESULT("edited", present(&s, 0, file, &done), COMPONENT_PIN);
}

/* keys 20.3 no. 3: the same officers' names, another ceremony's components. */
TEST(a_component_of_another_ceremony_is_refused)
{
	SCOPED(stage_close) struct stage s;
	char other[COMPONENT_FILE_MAX + 1];
	bool done;

	REQUIRE(stage_open(&s, DB_SQLITE));
	REQUIRE_OK(begin(&s, &test_form));
	make_all(&s, true);
	memcpy(other, s.files[0], sizeof other);
	stage_close(&s);
	REQUIRE(stage_open(&s, DB_SQLITE));
	REQUIRE_OK(begin(&s, &test_form));
	make_all(&s, false);
	CHECK_RESULT("of another set", present(&s, 0, other, &done), CEREMONY_OTHER);
	CHECK_I64("nothing was kept", ceremony_room_presented(s.f.room, s.c.id), 0);
}

TEST(five_wrong_pins_lock_a_medium)
{
	SCOPED(stage_close) struct stage s;
	bool done;

	REQUIRE(stage_open(&s, DB_SQLITE));
	REQUIRE_OK(begin(&s, &test_form));
	make_all(&s, true);
	for (int i = 0; i < CEREMONY_PIN_ERRORS; i++)
		CHECK_RESULT("wrong", verify(&s, 0, s.files[0], STR("another PIN of length")),
		             COMPONENT_PIN);
	CHECK_RESULT("locked", verify(&s, 0, s.files[0], PIN), CEREMONY_MEDIUM_LOCKED);
	CHECK_RESULT("locked", present(&s, 0, s.files[0], &done), CEREMONY_MEDIUM_LOCKED);
	CHECK_OK(verify(&s, 1, s.files[1], PIN));
}

TEST(what_is_presented_is_held_a_quarter_of_an_hour)
{
	SCOPED(stage_close) struct stage s;
	bool done;

	REQUIRE(stage_open(&s, DB_SQLITE));
	REQUIRE_OK(begin(&s, &test_form));
	make_all(&s, true);
	CHECK_OK(present(&s, 0, s.files[0], &done));
	CHECK_OK(present(&s, 1, s.files[1], &done));
	s.f.now.us += (CEREMONY_HELD_S + 1) * (int64_t)SECOND_US;
	ceremony_room_expire(s.f.room, s.f.now);
	CHECK_I64("wiped", ceremony_room_presented(s.f.room, s.c.id), 0);
	CHECK_OK(present(&s, 2, s.files[2], &done));
	CHECK(!done);
}

TEST(a_backup_copy_is_as_good_as_the_first)
{
	SCOPED(stage_close) struct stage s;
	char copy[COMPONENT_FILE_MAX + 1], paper[256];
	struct writer w = writer_of(paper, sizeof paper);
	struct secret read;
	unsigned line;
	bool done;

	REQUIRE(stage_open(&s, DB_SQLITE));
	REQUIRE_OK(begin(&s, &test_form));
	CHECK_OK(component(&s, 0, components[0]));
	CHECK_OK(write_file(&s, 0, 'A', s.files[0]));
	CHECK_OK(write_file(&s, 0, 'B', copy));
	CHECK_OK(ceremony_paper(s.f.room, &s.c, &s.so[0], &w));
	CHECK_OK(component_read_paper('A', (struct str){ paper, w.len }, &read, &line));
	CHECK_HEX("paper", bytes_of(read.at, read.len), components[0]);
	CHECK(strcmp(copy, s.files[0]) != 0);
	CHECK_OK(verify(&s, 0, s.files[0], PIN));
	CHECK_RESULT("let go", write_file(&s, 0, 'B', s.files[1]), CEREMONY_STATE);
	for (size_t i = 1; i < CEREMONY_OFFICERS; i++) {
		CHECK_OK(component(&s, i, components[i]));
		CHECK_OK(write_file(&s, i, 'A', s.files[i]));
		CHECK_OK(verify(&s, i, s.files[i], PIN));
	}
	for (size_t i = 1; i < CEREMONY_OFFICERS; i++)
		CHECK_OK(present(&s, i, s.files[i], &done));
	CHECK_OK(present(&s, 0, copy, &done));
	CHECK(done);
}

KEY_TEST_BOTH(a_new_device_takes_the_key_from_the_same_components)
{
	SCOPED(stage_close) struct stage s;
	struct ceremony_order load = { .purpose = CEREMONY_LOAD };
	bool done;

	REQUIRE(stage_open(&s, engine));
	REQUIRE_OK(begin(&s, &test_form));
	make_all(&s, false);
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		CHECK_OK(present(&s, i, s.files[i], &done));
	load.lmk = s.c.lmk;
	CHECK_RESULT("it is there", begin(&s, &load), MASTER_STATE);
	CHECK(key_fixture_new_device(&s.f));
	key_fixture_begin(&s.f);
	CHECK(!master_find(&s.f.ring, load.lmk)->present);
	key_fixture_rollback(&s.f);
	REQUIRE_OK(begin(&s, &load));
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		CHECK_OK(present(&s, i, s.files[i], &done));
	CHECK(done);
	key_fixture_begin(&s.f);
	CHECK(master_find(&s.f.ring, load.lmk)->present);
	key_fixture_rollback(&s.f);
}

KEY_TEST_BOTH(recovery_shares_bring_the_key_back_and_fewer_do_not)
{
	SCOPED(stage_close) struct stage s;
	struct ceremony_order form = test_form, load = { .purpose = CEREMONY_LOAD };
	char shares[3][COMPONENT_FILE_MAX + 1];
	unsigned left = 0;
	bool done;

	REQUIRE(stage_open(&s, engine));
	form.shares = (struct shamir_scheme){ 2, 3 };
	REQUIRE_OK(begin(&s, &form));
	make_all(&s, true);
	struct writer early = writer_of(shares[0], COMPONENT_FILE_MAX);
	CHECK_RESULT("before it is formed",
	             KEY_CHANGE(&s.f, ceremony_share(act, s.f.room, &s.c, PIN, &early, &left)),
	             CEREMONY_STATE);
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		CHECK_OK(present(&s, i, s.files[i], &done));
	for (unsigned i = 0; i < 3; i++) {
		struct writer w = writer_of(shares[i], COMPONENT_FILE_MAX);

		CHECK_OK(KEY_CHANGE(&s.f, ceremony_share(act, s.f.room, &s.c, PIN, &w, &left)));
		shares[i][w.len] = '\0';
		CHECK_I64("left", left, 2 - i);
	}
	struct writer more = writer_of(s.files[0], COMPONENT_FILE_MAX);
	CHECK_RESULT("all are written",
	             KEY_CHANGE(&s.f, ceremony_share(act, s.f.room, &s.c, PIN, &more, &left)),
	             CEREMONY_STATE);
	load.lmk = s.c.lmk;
	CHECK(key_fixture_new_device(&s.f));
	REQUIRE_OK(begin(&s, &load));
	struct ceremony_medium third = { str_of(shares[2]), PIN },
	                       first = { str_of(shares[0]), PIN };
	CHECK_OK(KEY_CHANGE(&s.f,
	                    ceremony_present_share(act, s.f.room, &s.c, &s.so[0], &third, &done)));
	CHECK(!done);
	CHECK_RESULT("twice",
	             KEY_CHANGE(&s.f, ceremony_present_share(act, s.f.room, &s.c, &s.so[1], &third,
	                                                     &done)),
	             CEREMONY_EQUAL);
	CHECK_OK(KEY_CHANGE(&s.f,
	                    ceremony_present_share(act, s.f.room, &s.c, &s.so[1], &first, &done)));
	CHECK(done);
	key_fixture_begin(&s.f);
	CHECK(master_find(&s.f.ring, load.lmk)->present);
	key_fixture_rollback(&s.f);
}
