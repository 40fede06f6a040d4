/* SPDX-License-Identifier: Apache-2.0 */
/* Authorisation cards as the key centre keeps them: ordered, written once, burnt once. */
#include "domain/keys/authcard.h"

#include "crypto/ytap_keys.h"
#include "domain/keys/key_fixture.h"

#define PIN STR("1234-5678")
static const struct passphrase_cost cheap = { 1, 8 };

struct rig {
	struct key_fixture f;
	struct key_definition root;
	struct seal_key sam;
};

static void rig_end(struct rig *r)
{
	seal_key_close(&r->sam);
	key_fixture_close(&r->f);
}

static bool rig_make(struct rig *r, enum db_engine engine)
{
	struct key_order at_once = { .at_once = true };
	struct key_version v;

	*r = (struct rig){ 0 };
	if (!key_fixture_open(&r->f, engine, true))
		return false;
	r->root = key_fixture_define(&r->f, "SITE.TERM.ROOT", "B3", 'A', 128, PRODUCT_IN_DEVICE);
	CHECK_OK(KEY_CHANGE(&r->f, key_version_generate(act, &r->root, &at_once, &v)));
	CHECK_OK(seal_key_open(&r->sam, random_system()));
	return true;
}

static struct authcard order(const struct rig *r)
{
	struct authcard c = { .card = { .node = "10010001",
		                        .sam = { 0x10, 0, 0x20, 0, 0, 1 },
		                        .merchant = "M1",
		                        .suites = { 1 },
		                        .suite_count = 1,
		                        .hosts = "10.1.0.1:8583" } };

	memcpy(c.transport, r->sam.recipient, sizeof c.transport);
	return c;
}

static result write_card(struct rig *r, int64_t id, struct writer *file)
{
	struct authcard_writing w = { id, PIN, cheap };
	struct authcard out;

	return KEY_CHANGE(&r->f, authcard_write(act, &w, file, &out));
}

static struct authcard_user user_of(const struct auth_card *c)
{
	struct authcard_user u = { .key_version = c->key_version };

	memcpy(u.serial, c->serial, sizeof u.serial);
	str_copy(str_of(c->node), u.node, sizeof u.node);
	memcpy(u.sam, c->sam, sizeof u.sam);
	return u;
}

static result tik_of(struct rig *r, int64_t id, struct auth_card *card, struct secret *tik)
{
	uint8_t file[AUTH_CARD_FILE];
	struct writer w = writer_of(file, sizeof file);

	TRY(write_card(r, id, &w));
	TRY(auth_card_open(writer_bytes(&w), PIN, card));
	return auth_card_unwrap(card, &r->sam, tik);
}

KEY_TEST_BOTH(a_card_is_ordered_written_once_and_burnt_once)
{
	SCOPED(rig_end) struct rig r;
	struct secret tik = { 0 };
	struct authcard c, got;
	struct auth_card card;
	uint8_t file[AUTH_CARD_FILE];
	struct writer w = writer_of(file, sizeof file);

	REQUIRE(rig_make(&r, engine));
	c = order(&r);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &c)));
	CHECK_I64("of the newest root", c.card.key_version, 1);
	REQUIRE_OK(tik_of(&r, c.id, &card, &tik));
	CHECK_BYTES("serial", bytes_of(card.serial, 8), bytes_of(c.card.serial, 8));
	CHECK_STR("node", card.node, "10010001");
	CHECK_I64("a day", card.not_after.us - card.not_before.us, 24 * 3600 * (int64_t)SECOND_US);
	CHECK_I64("key", tik.len, SUITE_KEY_SIZE);
	CHECK_RESULT("once", write_card(&r, c.id, &w), AUTHCARD_STATE);
	CHECK_I64("nothing written", w.len, 0);
	struct authcard_user u = user_of(&card), other = u;
	CHECK_OK(KEY_CHANGE(&r.f, authcard_check(act->tx, &u, r.f.now, &got)));
	CHECK_I64("written", got.state, AUTHCARD_IS_WRITTEN);
	other.node[7] = '2';
	CHECK_RESULT("another node's", KEY_CHANGE(&r.f, authcard_burn(act, &other)),
	             AUTHCARD_NOT_FOUND);
	other = u;
	other.sam[5] = 9;
	CHECK_RESULT("another SAM", KEY_CHANGE(&r.f, authcard_burn(act, &other)),
	             AUTHCARD_NOT_FOUND);
	other = u;
	other.serial[0] ^= 1;
	CHECK_RESULT("no card", KEY_CHANGE(&r.f, authcard_burn(act, &other)), AUTHCARD_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_burn(act, &u)));
	CHECK_OK(KEY_CHANGE(&r.f, authcard_load(act->tx, c.id, &got)));
	CHECK_I64("used", got.state, AUTHCARD_IS_USED);
	CHECK_I64("when", got.used.us, r.f.now.us);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_burn(act, &u)));
	CHECK_RESULT("too late", KEY_CHANGE(&r.f, authcard_withdraw(act, c.id, &got)),
	             AUTHCARD_STATE);
}

KEY_TEST_BOTH(a_card_out_of_its_time_withdrawn_or_replaced_is_refused)
{
	SCOPED(rig_end) struct rig r;
	struct secret tik = { 0 };
	struct authcard c, next, got, *rows;
	struct auth_card card;
	SCOPED(arena_free) struct arena a = { 0 };
	size_t count;
	uint8_t file[AUTH_CARD_FILE];
	struct writer w = writer_of(file, sizeof file);

	REQUIRE(rig_make(&r, engine));
	c = order(&r);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &c)));
	REQUIRE_OK(tik_of(&r, c.id, &card, &tik));
	struct authcard_user u = user_of(&card);
	CHECK_RESULT(
	        "late",
	        KEY_CHANGE(&r.f, authcard_check(act->tx, &u,
	                                        (struct instant){ card.not_after.us + 1 }, &got)),
	        AUTHCARD_EXPIRED);
	next = order(&r);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &next)));
	CHECK_RESULT("replaced", KEY_CHANGE(&r.f, authcard_burn(act, &u)), AUTHCARD_STATE);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_of_node(act->tx, "10010001", &got)));
	CHECK_I64("the newest", got.id, next.id);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_withdraw(act, next.id, &got)));
	CHECK_RESULT("withdrawn", write_card(&r, next.id, &w), AUTHCARD_STATE);
	next = order(&r);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &next)));
	r.f.now.us += 25 * 3600 * (int64_t)SECOND_US;
	CHECK_RESULT("ordered too long ago", write_card(&r, next.id, &w), AUTHCARD_STATE);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_list(act->tx, "", &a, &rows, &count)));
	CHECK_I64("all", count, 3);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_list(act->tx, "99999999", &a, &rows, &count)));
	CHECK_I64("of another", count, 0);
	CHECK_RESULT("none", KEY_CHANGE(&r.f, authcard_of_node(act->tx, "99999999", &got)),
	             AUTHCARD_NOT_FOUND);
}

KEY_TEST_BOTH(a_new_version_of_the_terminal_root_gives_other_initial_keys)
{
	SCOPED(rig_end) struct rig r;
	struct key_order at_once = { .at_once = true };
	struct secret first = { 0 }, second = { 0 };
	struct key_version v;
	struct authcard c;
	struct auth_card card;

	REQUIRE(rig_make(&r, engine));
	c = order(&r);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &c)));
	REQUIRE_OK(tik_of(&r, c.id, &card, &first));
	CHECK_OK(KEY_CHANGE(&r.f, key_version_generate(act, &r.root, &at_once, &v)));
	c = order(&r);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &c)));
	REQUIRE_OK(tik_of(&r, c.id, &card, &second));
	CHECK_I64("version", card.key_version, 2);
	CHECK(memcmp(first.at, second.at, SUITE_KEY_SIZE) != 0);
	c = order(&r);
	c.card.key_version = 1;
	CHECK_OK(KEY_CHANGE(&r.f, authcard_issue(act, &c)));
	REQUIRE_OK(tik_of(&r, c.id, &card, &second));
	CHECK_BYTES("the first still gives its own", bytes_of(second.at, second.len),
	            bytes_of(first.at, first.len));
	c = order(&r);
	c.card.key_version = 3;
	CHECK_RESULT("none yet", KEY_CHANGE(&r.f, authcard_issue(act, &c)), KEY_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, key_version_move(act, &r.root, &v, KEY_DEACTIVATED)));
	c.card.key_version = 2;
	CHECK_RESULT("no new keys of it", KEY_CHANGE(&r.f, authcard_issue(act, &c)), KEY_STATE);
}

KEY_TEST_BOTH(an_order_with_wrong_fields_leaves_nothing)
{
	SCOPED(rig_end) struct rig r;
	SCOPED(arena_free) struct arena a = { 0 };
	struct authcard c, *rows;
	size_t count;

	REQUIRE(rig_make(&r, engine));
	c = order(&r);
	c.transport[20] ^= 1;
	CHECK_RESULT("no point", KEY_CHANGE(&r.f, authcard_issue(act, &c)), AUTHCARD_FIELD);
	c = order(&r);
	c.card.node[0] = 'a';
	CHECK_RESULT("node", KEY_CHANGE(&r.f, authcard_issue(act, &c)), AUTHCARD_FIELD);
	c = order(&r);
	c.card.merchant[0] = '\0';
	CHECK_RESULT("merchant", KEY_CHANGE(&r.f, authcard_issue(act, &c)), AUTHCARD_FIELD);
	CHECK_OK(KEY_CHANGE(&r.f, authcard_list(act->tx, "", &a, &rows, &count)));
	CHECK_I64("nothing", count, 0);
}
