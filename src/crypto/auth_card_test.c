/* SPDX-License-Identifier: Apache-2.0 */
/* Authorisation cards (A1.3): right PIN, right machine, right time, unchanged, once. */
#include "crypto/auth_card.h"

#include "harness/test.h"

static const struct passphrase_cost cheap = { 1, 8 };
#define PIN STR("4711-0815")

struct made {
	struct random_seeded random;
	struct seal_key sam, other;
	struct secret tik;
	struct auth_card card;
	uint8_t file[AUTH_CARD_FILE];
};

static void made_end(struct made *m)
{
	seal_key_close(&m->sam);
	seal_key_close(&m->other);
}

static struct auth_card sample(void)
{
	return (struct auth_card){ .serial = { 0xC0, 1, 2, 3, 4, 5, 6, 7 },
		                   .node = "10010007",
		                   .sam = { 0x10, 0, 0x20, 0, 0, 0x07 },
		                   .key_version = 2,
		                   .merchant = "100100000000001",
		                   .suites = { 1, 2 },
		                   .suite_count = 2,
		                   .hosts = "10.1.0.1:8583 10.1.0.2:8583",
		                   .host_print = { 0xAA },
		                   .not_before = { 1000000 },
		                   .not_after = { 86401000000 } };
}

static bool make(struct made *m)
{
	struct writer w = writer_of(m->file, sizeof m->file);

	*m = (struct made){ .tik = { .len = SUITE_KEY_SIZE } };
	random_seeded_init(&m->random, 3);
	w = writer_of(m->file, sizeof m->file);
	memset(m->tik.at, 0x5A, m->tik.len);
	m->card = sample();
	CHECK_OK(seal_key_open(&m->sam, &m->random.source));
	CHECK_OK(seal_key_open(&m->other, &m->random.source));
	CHECK_OK(auth_card_wrap(&m->card, m->sam.recipient, &m->tik, &m->random.source));
	CHECK_OK(auth_card_seal(&m->card, PIN, cheap, &m->random.source, &w));
	return CHECK_I64("size", w.len, AUTH_CARD_FILE);
}

TEST(a_card_comes_back_as_it_was_made_and_gives_its_key_to_its_machine)
{
	SCOPED(made_end) struct made m;
	struct auth_card got;
	struct secret tik = { 0 };

	REQUIRE(make(&m));
	REQUIRE_OK(auth_card_open(bytes_of(m.file, sizeof m.file), PIN, &got));
	CHECK_STR("node", got.node, "10010007");
	CHECK_BYTES("sam", bytes_of(got.sam, 6), bytes_of(m.card.sam, 6));
	CHECK_I64("key version", got.key_version, 2);
	CHECK_STR("merchant", got.merchant, "100100000000001");
	CHECK_I64("suites", got.suite_count, 2);
	CHECK_STR("hosts", got.hosts, "10.1.0.1:8583 10.1.0.2:8583");
	CHECK_I64("print", got.host_print[0], 0xAA);
	CHECK_I64("until", got.not_after.us, 86401000000);
	CHECK_BYTES("serial", bytes_of(got.serial, 8), bytes_of(m.card.serial, 8));
	CHECK_OK(auth_card_unwrap(&got, &m.sam, &tik));
	CHECK_BYTES("key", bytes_of(tik.at, tik.len), bytes_of(m.tik.at, m.tik.len));
	CHECK(memmem(m.file, sizeof m.file, m.tik.at, m.tik.len) == NULL);
}

TEST(another_machine_gets_nothing_of_a_card)
{
	SCOPED(made_end) struct made m;
	struct secret tik = { 0 };

	REQUIRE(make(&m));
	CHECK_RESULT("another", auth_card_unwrap(&m.card, &m.other, &tik), AUTHCARD_FOREIGN);
	CHECK_I64("nothing", tik.len, 0);
	/* the print changed too: the seal itself says no */
	CHECK_OK(auth_card_wrap(&m.card, m.other.recipient, &m.tik, &m.random.source));
	struct auth_card mixed = m.card;
	CHECK_OK(auth_card_wrap(&m.card, m.sam.recipient, &m.tik, &m.random.source));
	memcpy(mixed.wrapped, m.card.wrapped, sizeof mixed.wrapped);
	CHECK_RESULT("mixed", auth_card_unwrap(&mixed, &m.other, &tik), AUTHCARD_FOREIGN);
	m.card.node[7] = '8';
	CHECK_RESULT("another node's", auth_card_unwrap(&m.card, &m.sam, &tik), AUTHCARD_FOREIGN);
	m.card.node[7] = '7';
	m.card.serial[0] ^= 1;
	CHECK_RESULT("another card's", auth_card_unwrap(&m.card, &m.sam, &tik), AUTHCARD_FOREIGN);
	CHECK_I64("nothing", tik.len, 0);
}

TEST(a_wrong_pin_and_a_changed_byte_open_no_card)
{
	SCOPED(made_end) struct made m;
	struct auth_card got = { .key_version = 77 };

	REQUIRE(make(&m));
	CHECK_RESULT("pin", auth_card_open(bytes_of(m.file, sizeof m.file), STR("4711-0816"), &got),
	             PASSPHRASE_WRONG);
	CHECK_RESULT("cut", auth_card_open(bytes_of(m.file, sizeof m.file - 1), PIN, &got),
	             AUTHCARD_FORMAT);
	CHECK_RESULT("another file", auth_card_open(bytes_of("YIKASAM1", 8), PIN, &got),
	             AUTHCARD_FORMAT);
	for (size_t i = 24; i < sizeof m.file; i += 7) { /* behind kind and cost */
		m.file[i] ^= 1;
		CHECK_RESULT("changed", auth_card_open(bytes_of(m.file, sizeof m.file), PIN, &got),
		             PASSPHRASE_WRONG);
		m.file[i] ^= 1;
	}
	CHECK_I64("untouched", got.key_version, 77);
}

TEST(a_card_is_good_in_its_window_and_marked_when_used)
{
	struct auth_card c = sample(), got;
	char mark[AUTH_CARD_MARK];
	size_t len;

	CHECK_RESULT("early", auth_card_require_now(&c, (struct instant){ 999999 }),
	             AUTHCARD_EXPIRED);
	CHECK_OK(auth_card_require_now(&c, c.not_before));
	CHECK_OK(auth_card_require_now(&c, c.not_after));
	CHECK_RESULT("late", auth_card_require_now(&c, (struct instant){ c.not_after.us + 1 }),
	             AUTHCARD_EXPIRED);
	len = auth_card_mark(&c, mark);
	CHECK_STR("mark", mark, "YIKACARD-USED serial=C001020304050607\n");
	CHECK_RESULT("used", auth_card_open(bytes_of(mark, len), PIN, &got), AUTHCARD_USED);
}

enum spoiled { NOTHING, NODE, SAM, VERSION, MERCHANT, SUITE, SUITES, WINDOW };

static struct auth_card spoil(enum spoiled what)
{
	struct auth_card c = sample();

	if (what == NODE)
		c.node[3] = 'a';
	if (what == SAM)
		c.sam[0] = 0x1A;
	if (what == VERSION)
		c.key_version = 0;
	if (what == MERCHANT)
		c.merchant[0] = '\0';
	if (what == SUITE)
		c.suites[1] = 9;
	if (what == SUITES)
		c.suite_count = 0;
	if (what == WINDOW)
		c.not_after = c.not_before;
	return c;
}

TEST(what_is_out_of_range_makes_no_card)
{
	static const char *const names[] = { "nothing",  "node",  "sam",    "version",
		                             "merchant", "suite", "suites", "window" };
	uint8_t file[AUTH_CARD_FILE], body[AUTH_CARD_BODY] = { 1 };
	struct auth_card c, got;
	struct writer w;

	for (int i = NOTHING; i <= WINDOW; i++) {
		w = writer_of(file, sizeof file);
		c = spoil((enum spoiled)i);
		CHECK_RESULT(names[i], auth_card_seal(&c, PIN, cheap, random_system(), &w),
		             i == NOTHING ? SUCCESS : AUTHCARD_FIELD);
	}
	CHECK_RESULT("zeros", auth_card_parse(bytes_of(body, sizeof body), &got), AUTHCARD_FORMAT);
	CHECK_RESULT("short", auth_card_parse(bytes_of(body, 1), &got), AUTHCARD_FORMAT);
	w = writer_of(file, sizeof file);
	c = sample();
	CHECK_RESULT("a short PIN", auth_card_seal(&c, STR("1234567"), cheap, random_system(), &w),
	             INVALID_KEY);
}

TEST(a_transport_key_is_kept_in_its_file)
{
	SCOPED(seal_key_close) struct seal_key k = { 0 };
	struct seal_key none = { 0 };
	uint8_t file[AUTH_TRANSPORT_FILE], point[SEAL_POINT];
	struct writer w = writer_of(file, sizeof file);

	CHECK_OK(auth_transport_make(PIN, cheap, random_system(), point, &w));
	CHECK_OK(auth_transport_open(writer_bytes(&w), PIN, &k));
	CHECK_BYTES("point", bytes_of(k.recipient, SEAL_POINT), bytes_of(point, SEAL_POINT));
	CHECK_RESULT("wrong words", auth_transport_open(writer_bytes(&w), STR("something"), &none),
	             PASSPHRASE_WRONG);
	struct secret number = { .len = SEAL_NUMBER };
	CHECK_RESULT("nought", seal_key_load(&none, &number), SEAL_BROKEN);
	memset(number.at, 0xFF, number.len);
	CHECK_RESULT("too large", seal_key_load(&none, &number), SEAL_BROKEN);
}
