/* SPDX-License-Identifier: Apache-2.0 */
/* Values by components, and key letters whose components join again. */
#include "domain/keys/exchange_letter.h"
#include "domain/keys/exchange_testkit.h"

struct custody {
	struct key_fixture f;
	struct exchange_room *room;
	struct officer one, two, three, conf;
	struct key_definition k; /* TDES of two keys, purchase root */
};

static bool custody_open(struct custody *c, enum db_engine engine)
{
	*c = (struct custody){ 0 };
	if (!key_fixture_open(&c->f, engine, true))
		return false;
	CHECK_OK(exchange_room_open(&c->room));
	c->one = key_fixture_officer(&c->f, "key-one", 1 << OFFICER_KEY);
	c->two = key_fixture_officer(&c->f, "key-two", 1 << OFFICER_KEY);
	c->three = key_fixture_officer(&c->f, "key-three", 1 << OFFICER_KEY);
	c->conf = key_fixture_officer(&c->f, "conf", 1 << OFFICER_CONF);
	c->k = exchange_kit_define(&c->f, "C.EP.DPK", "20", "T112XE", PRODUCT_IN_DEVICE);
	return c->room != NULL;
}

static void custody_close(struct custody *c)
{
	exchange_room_close(c->room);
	key_fixture_close(&c->f);
}

static struct secret part_of(const char *hex)
{
	struct secret s = { .len = strlen(hex) / 2 };

	ASSERT(s.len <= sizeof s.at && is_ok(hex_decode(str_of(hex), s.at, s.len)));
	return s;
}

static result begin(struct custody *c, const struct officer *by, unsigned parts, const char *kcv,
                    struct exchange_entry *e)
{
	struct exchange_entry_order o = {
		.key = c->k.id, .parts = parts, .order = { .at_once = true }, .kcv = str_of(kcv)
	};

	return KEY_CHANGE(&c->f, exchange_entry_begin(act, c->room, by, &o, e));
}

static result give(struct custody *c, const struct officer *by, const char *hex,
                   struct exchange_entry *e)
{
	struct secret part = part_of(hex);

	return KEY_CHANGE(&c->f, exchange_entry_give(act, c->room, by, e->id, &part, e));
}

static result finish(struct custody *c, const struct officer *by, const struct exchange_entry *e,
                     struct key_version *v)
{
	return KEY_CHANGE(&c->f, exchange_entry_finish(act, c->room, by, e->id, v));
}

#define PART_A    "00112233445566778899AABBCCDDEEFF"
#define PART_B    "7C9A13E5B842D60F31A75EC4906B2D88"
#define TV_01     "0123456789ABCDEFFEDCBA9876543210"
#define TV_01_KCV "08D7B4"

static void xor_hex(const char *a, const char *b, char out[33])
{
	struct secret x = part_of(a), y = part_of(b);

	for (size_t i = 0; i < x.len; i++)
		x.at[i] ^= y.at[i];
	hex_encode(bytes_of(x.at, x.len), out);
}

KEY_TEST_BOTH(two_or_three_custodians_make_a_value)
{
	for (unsigned parts = EXCHANGE_PARTS_MIN; parts <= EXCHANGE_PARTS_MAX; parts++) {
		SCOPED(custody_close) struct custody c;
		struct exchange_entry e, open[EXCHANGE_ENTRIES_MAX];
		struct key_version v = { 0 };
		char last[33];

		REQUIRE(custody_open(&c, engine));
		xor_hex(TV_01, PART_A, last);
		if (parts == 3)
			xor_hex(last, PART_B, last);
		CHECK_OK(begin(&c, &c.one, parts, TV_01_KCV, &e));
		struct exchange_counts before = exchange_kit_counts(&c.f);
		CHECK_OK(give(&c, &c.two, PART_A, &e));
		CHECK_STR("its check value", e.kcvs[0], "FB0975");
		CHECK_I64("", e.custodians[0], c.two.id);
		if (parts == 3)
			CHECK_OK(give(&c, &c.three, PART_B, &e));
		CHECK_RESULT("one is missing", finish(&c, &c.two, &e, &v), EXCHANGE_ENTRY);
		CHECK_OK(give(&c, &c.one, last, &e));
		CHECK_I64("", e.given, parts);
		CHECK_I64("nothing is stored yet", exchange_kit_counts(&c.f).values, before.values);
		CHECK_OK(finish(&c, &c.one, &e, &v));
		CHECK_STR("TV-01", v.kcv, TV_01_KCV);
		CHECK_I64("", v.state, KEY_ACTIVE);
		CHECK_I64("", v.origin, KEY_FROM_IMPORT);
		CHECK_I64("each component and the value have a line",
		          exchange_kit_counts(&c.f).lines, before.lines + parts + 1);
		CHECK_I64("gone", exchange_entry_list(c.room, c.f.now, open), 0);
		CHECK_RESULT("again", finish(&c, &c.one, &e, &v), EXCHANGE_ENTRY);
	}
}

KEY_TEST_BOTH(a_component_is_refused_where_it_would_not_be_one)
{
	SCOPED(custody_close) struct custody c;
	struct exchange_entry e;
	struct key_version v;

	REQUIRE(custody_open(&c, engine));
	CHECK_OK(begin(&c, &c.one, 2, "", &e));
	struct exchange_counts before = exchange_kit_counts(&c.f);
	CHECK_RESULT("no custodian", give(&c, &c.conf, PART_A, &e), OFFICER_ROLE_OTHER);
	CHECK_RESULT("short", give(&c, &c.one, "00112233", &e), KEY_LENGTH);
	CHECK_RESULT("long", give(&c, &c.one, PART_A "00", &e), KEY_LENGTH);
	CHECK_RESULT("one byte", give(&c, &c.one, "55555555555555555555555555555555", &e),
	             KEY_WEAK);
	CHECK_RESULT("zeros", give(&c, &c.one, "00000000000000000000000000000000", &e), KEY_WEAK);
	CHECK_I64("nothing", e.given, 0);
	exchange_kit_same("", &c.f, before);
	CHECK_OK(give(&c, &c.one, PART_A, &e));
	CHECK_RESULT("equal", give(&c, &c.two, PART_A, &e), EXCHANGE_EQUAL);
	CHECK_OK(give(&c, &c.one, PART_A, &e));
	CHECK_I64("one's own again counts once", e.given, 1);
	CHECK_RESULT("alone", finish(&c, &c.one, &e, &v), EXCHANGE_ENTRY);
	CHECK_OK(give(&c, &c.two, PART_B, &e));
	CHECK_RESULT("a third of two", give(&c, &c.three, TV_01, &e), EXCHANGE_CUSTODIAN);
	CHECK_RESULT("finished by another", finish(&c, &c.three, &e, &v), EXCHANGE_CUSTODIAN);
	CHECK_RESULT("of no role", finish(&c, &c.conf, &e, &v), OFFICER_ROLE_OTHER);
	CHECK_I64("", exchange_kit_counts(&c.f).values, before.values);
}

KEY_TEST_BOTH(a_sum_that_is_wrong_can_be_mended_in_time)
{
	SCOPED(custody_close) struct custody c;
	struct exchange_entry e;
	struct key_version v = { 0 };
	char last[33];

	REQUIRE(custody_open(&c, engine));
	xor_hex(TV_01, PART_A, last);
	CHECK_OK(begin(&c, &c.one, 2, TV_01_KCV, &e));
	CHECK_OK(give(&c, &c.one, PART_A, &e));
	CHECK_OK(give(&c, &c.two, PART_B, &e));
	struct exchange_counts before = exchange_kit_counts(&c.f);
	CHECK_RESULT("another sum", finish(&c, &c.one, &e, &v), KEY_CHECK_VALUE);
	xor_hex("01010101010101010123456789ABCDEF", PART_A, last);
	exchange_kit_same("", &c.f, before);
	CHECK_OK(give(&c, &c.two, last, &e));
	CHECK_RESULT("a weak sum", finish(&c, &c.one, &e, &v), KEY_WEAK);
	xor_hex(TV_01, PART_A, last);
	CHECK_OK(give(&c, &c.two, last, &e));
	CHECK_OK(finish(&c, &c.two, &e, &v));
	CHECK_STR("", v.kcv, TV_01_KCV);
}

KEY_TEST_BOTH(components_are_held_for_a_quarter_of_an_hour_and_not_for_many)
{
	SCOPED(custody_close) struct custody c;
	struct exchange_entry e, other, open[EXCHANGE_ENTRIES_MAX];
	struct key_version v;

	REQUIRE(custody_open(&c, engine));
	CHECK_OK(begin(&c, &c.one, 2, "", &e));
	CHECK_OK(give(&c, &c.one, PART_A, &e));
	c.f.now.us += EXCHANGE_ENTRY_S * (int64_t)SECOND_US;
	for (int i = 1; i < EXCHANGE_ENTRIES_MAX; i++)
		CHECK_OK(begin(&c, &c.two, 2, "", &other));
	CHECK_RESULT("too many", begin(&c, &c.two, 2, "", &other), EXCHANGE_ENTRIES);
	CHECK_I64("", exchange_entry_list(c.room, c.f.now, open), EXCHANGE_ENTRIES_MAX);
	CHECK_OK(give(&c, &c.two, PART_B, &e));
	c.f.now.us += 1;
	CHECK_RESULT("over", finish(&c, &c.one, &e, &v), EXCHANGE_ENTRY);
	CHECK_RESULT("over", give(&c, &c.one, PART_A, &e), EXCHANGE_ENTRY);
	CHECK_I64("", exchange_entry_list(c.room, c.f.now, open), EXCHANGE_ENTRIES_MAX - 1);
	CHECK_OK(begin(&c, &c.two, 2, "", &other));
	CHECK_OK(KEY_CHANGE(&c.f, exchange_entry_cancel(act, c.room, other.id)));
	CHECK_RESULT("gone", KEY_CHANGE(&c.f, exchange_entry_cancel(act, c.room, other.id)),
	             EXCHANGE_ENTRY);
	other.id = 0;
	CHECK_RESULT("no entry", give(&c, &c.one, PART_A, &other), EXCHANGE_ENTRY);
}

KEY_TEST_BOTH(an_entry_begins_only_where_it_can_end)
{
	SCOPED(custody_close) struct custody c;
	struct exchange_entry_order o = { .parts = 2 };
	struct exchange_entry e;

	REQUIRE(custody_open(&c, engine));
	struct key_definition rsa =
	        exchange_kit_define(&c.f, "C.RSA.KEY", "S0", "R1024SE", PRODUCT_IN_HOST);
	exchange_kit_store_hex(&c.f, &c.k, TV_01);
	CHECK_RESULT("role", begin(&c, &c.conf, 2, "", &e), OFFICER_ROLE_OTHER);
	CHECK_RESULT("one alone", begin(&c, &c.one, 1, "", &e), KEY_LENGTH);
	CHECK_RESULT("four", begin(&c, &c.one, 4, "", &e), KEY_LENGTH);
	CHECK_RESULT("check value", begin(&c, &c.one, 2, "08D7", &e), INVALID_HEX);
	o.key = rsa.id;
	CHECK_RESULT("a pair", KEY_CHANGE(&c.f, exchange_entry_begin(act, c.room, &c.one, &o, &e)),
	             KEY_LENGTH);
	o.key = 9999;
	CHECK_RESULT("no key", KEY_CHANGE(&c.f, exchange_entry_begin(act, c.room, &c.one, &o, &e)),
	             CATALOG_NOT_FOUND);
	o.key = c.k.id;
	o.order.version = 1;
	CHECK_RESULT("taken", KEY_CHANGE(&c.f, exchange_entry_begin(act, c.room, &c.one, &o, &e)),
	             KEY_EXISTS);
	o.order.version = 2;
	CHECK_OK(KEY_CHANGE(&c.f, exchange_entry_begin(act, c.room, &c.one, &o, &e)));
}

/* --- paper --- */

TEST(components_are_read_from_paper_of_two_three_and_four_lines)
{
	static const struct {
		const char *what;
		char algorithm;
		unsigned bits;
		const char *text, *value; /* value NULL: refused */
		unsigned line;
	} rows[] = {
		{ "two", 'T', 112, "0011 2233 4455 6677 7B\n8899 AABB CCDD EEFF 65\n", PART_A, 0 },
		{ "as typed", '4', 128, "00112233 44556677 7B 8899aabbccddeeff65", PART_A, 0 },
		{ "three", 'A', 192,
		  "0011 2233 4455 6677 7B\n8899 AABB CCDD EEFF 65\n0000 0000 0000 0000 00",
		  PART_A "0000000000000000", 0 },
		{ "four", 'A', 256,
		  "0011 2233 4455 6677 7B\n8899 AABB CCDD EEFF 65\n"
		  "0011 2233 4455 6677 7B\n8899 AABB CCDD EEFF 65\n",
		  PART_A PART_A, 0 },
		{ "a wrong digit", 'T', 112, "0011 2233 4455 6677 7B\n8899 AABB CCDD EEFE 65\n",
		  NULL, 2 },
		{ "a line less", 'T', 112, "0011 2233 4455 6677 7B\n", NULL, 2 },
		{ "a line more", 'T', 112,
		  "0011 2233 4455 6677 7B\n8899 AABB CCDD EEFF 65\n0011 2233 4455 6677 7B\n", NULL,
		  2 },
		{ "nothing", 'A', 256, "", NULL, 1 },
		{ "no digits", 'T', 112, "key", NULL, 1 },
	}, *row;

	EACH (row, rows) {
		struct key_definition k = { .algorithm = row->algorithm, .bits = row->bits };
		struct secret part = { 0 };
		unsigned line = 9;

		CHECK_RESULT(row->what, exchange_part_read(&k, str_of(row->text), &part, &line),
		             row->value ? SUCCESS : COMPONENT_FORM);
		CHECK_I64(row->what, line, row->line);
		CHECK_HEX(row->what, bytes_of(part.at, part.len), row->value ? row->value : "");
	}
	struct key_definition pair = { .algorithm = 'R', .bits = 1024 };
	struct secret part = { 0 };
	unsigned line;
	CHECK_RESULT("", exchange_part_read(&pair, STR(""), &part, &line), KEY_LENGTH);
}

/* --- letters --- */

static const struct letter_case {
	const char *label, *what, *value, *kcv;
	enum product_place place;
} letter_cases[] = {
	{ "C.EPH.T2", "T112XE", TV_01, TV_01_KCV, PRODUCT_IN_HOST },
	{ "C.EPH.T3", "T168XS", TV_01 "456789ABCDEF0123", NULL, PRODUCT_IN_HOST },
	{ "C.EPH.S4", "4128XE", TV_01, "2677F46B", PRODUCT_IN_HOST },
	{ "C.EPD.T2", "T112XE", TV_01, TV_01_KCV, PRODUCT_IN_DEVICE },
};

/* The letters, read by custodians of the same definition, give the same key again. */
static void check_letters(struct custody *c, const struct letter_case *row, unsigned parts)
{
	SCOPED(exchange_letters_free) struct exchange_letters *l = NULL;
	const struct officer *custodians[] = { &c->one, &c->two, &c->three };
	struct key_version v = { 0 };
	struct exchange_entry e;
	unsigned line;

	c->k = exchange_kit_define(&c->f, row->label, "20", row->what, row->place);
	int64_t version = exchange_kit_store_hex(&c->f, &c->k, row->value);
	struct exchange_counts before = exchange_kit_counts(&c->f);
	REQUIRE_OK(KEY_CHANGE(&c->f, exchange_letters_make(act, version, parts, &l)));
	CHECK_I64("a line in the audit", exchange_kit_counts(&c->f).lines, before.lines + 1);
	CHECK_I64("", l->count, parts);
	if (row->kcv)
		CHECK_STR("", l->kcv, row->kcv);
	CHECK_OK(begin(c, &c->one, parts, l->kcv, &e));
	for (unsigned i = 0; i < parts; i++) {
		SCOPED(secret_wipe) struct secret part = { 0 };

		CHECK_I64("whole lines", strlen(l->at[i].text) % 23, 0);
		CHECK_OK(exchange_part_read(&c->k, str_of(l->at[i].text), &part, &line));
		CHECK_OK(KEY_CHANGE(
		        &c->f, exchange_entry_give(act, c->room, custodians[i], e.id, &part, &e)));
		CHECK_STR("as on the letter", e.kcvs[i], l->at[i].kcv);
	}
	CHECK_OK(finish(c, &c->one, &e, &v));
	CHECK_STR(row->label, v.kcv, l->kcv);
}

KEY_TEST_BOTH(key_letters_give_the_key_again)
{
	const struct letter_case *row;

	for (unsigned parts = EXCHANGE_PARTS_MIN; parts <= EXCHANGE_PARTS_MAX; parts++) {
		SCOPED(custody_close) struct custody c;

		REQUIRE(custody_open(&c, engine));
		EACH (row, letter_cases)
			check_letters(&c, row, parts);
	}
}

KEY_TEST_BOTH(no_letters_are_made_of_keys_that_stay)
{
	static const struct {
		const char *what, *label, *usage, *definition;
		enum product_place place;
		unsigned parts;
		enum result_code code;
	} rows[] = {
		{ "never", "C.EPH.NEVER", "60", "A128BN", PRODUCT_IN_HOST, 2, EXCHANGE_EXPORTABILITY },
		{ "never, in a device", "C.EPD.DEVICE", "60", "A128BN", PRODUCT_IN_DEVICE, 2,
		  EXCHANGE_EXPORTABILITY },
		{ "one letter", "C.EPH.ONE", "20", "T112XE", PRODUCT_IN_HOST, 1, KEY_LENGTH },
		{ "four letters", "C.EPH.FOUR", "20", "T112XE", PRODUCT_IN_HOST, 4, KEY_LENGTH },
	}, *row;
	SCOPED(custody_close) struct custody c;

	REQUIRE(custody_open(&c, engine));
	EACH (row, rows) {
		struct exchange_letters *l = NULL;
		struct key_definition k = exchange_kit_define(&c.f, row->label, row->usage,
		                                              row->definition, row->place);
		int64_t version = exchange_kit_store_hex(&c.f, &k, TV_01);
		struct exchange_counts before = exchange_kit_counts(&c.f);

		CHECK_RESULT(row->what,
		             KEY_CHANGE(&c.f, exchange_letters_make(act, version, row->parts, &l)),
		             row->code);
		CHECK(l == NULL);
		exchange_kit_same(row->what, &c.f, before);
	}
}
