/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/keys/key_client_meter.h"
#include "domain/keys/key_fixture.h"

static struct key_client client_of(const char *ops, const char *usages, const char *labels)
{
	struct key_client c = { .name = "pos-front", .rate = 100, .burst = 200 };

	memset(c.certificate, 0xC1, sizeof c.certificate);
	str_copy(str_of(ops), c.ops, sizeof c.ops);
	str_copy(str_of(usages), c.usages, sizeof c.usages);
	str_copy(str_of(labels), c.labels, sizeof c.labels);
	return c;
}

KEY_TEST_BOTH(a_client_is_kept_found_by_its_certificate_and_stopped)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(arena_free) struct arena a = { 0 };
	struct key_client c = client_of("purse tac-verify", "20 23", "CAMPUS01.EP.*.*"), got, *rows;
	struct key_audit_line *lines;
	size_t count;
	bool found;

	REQUIRE(key_fixture_open(&f, engine, true));
	c.quota_day = 5000000000;
	REQUIRE_OK(KEY_CHANGE(&f, key_client_add(act, &c)));
	CHECK_OK(KEY_CHANGE(&f, key_client_find(act->tx, c.certificate, &got, &found)));
	REQUIRE(found);
	CHECK_I64("id", got.id, c.id);
	CHECK_STR("name", got.name, "pos-front");
	CHECK_STR("operations", got.ops, "purse tac-verify");
	CHECK_STR("usages", got.usages, "20 23");
	CHECK_STR("labels", got.labels, "CAMPUS01.EP.*.*");
	CHECK_I64("rate", got.rate, 100);
	CHECK_I64("burst", got.burst, 200);
	CHECK_I64("quota", got.quota_day, 5000000000);
	CHECK_I64("created", got.created.us, f.now.us);
	CHECK(key_client_may_call(&got, KMS_LOAD) == KEY_CLIENT_MAY);

	uint8_t other[KEY_CLIENT_CERTIFICATE] = { 0 };
	CHECK_OK(KEY_CHANGE(&f, key_client_find(act->tx, other, &got, &found)));
	CHECK(!found);
	CHECK_RESULT("none", KEY_CHANGE(&f, key_client_load(act->tx, c.id + 1, &got)),
	             KEY_CLIENT_NOT_FOUND);

	CHECK_OK(KEY_CHANGE(&f, key_client_stop(act, c.id)));
	CHECK_OK(KEY_CHANGE(&f, key_client_find(act->tx, c.certificate, &got, &found)));
	CHECK(found && key_client_may_call(&got, KMS_LOAD) == KEY_CLIENT_NOT_ACTIVE);
	CHECK_RESULT("no such", KEY_CHANGE(&f, key_client_stop(act, c.id + 1)),
	             KEY_CLIENT_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&f, key_client_list(act->tx, &a, &rows, &count)));
	CHECK_I64("rows", count, 1);

	struct key_audit_filter filter = { .op = STR("CLIENT."), .limit = 10 };
	CHECK_OK(KEY_CHANGE(&f, key_audit_list(act->tx, &filter, &a, &lines, &count)));
	REQUIRE(count == 4);
	CHECK_STR("add", lines[0].op, "CLIENT.ADD");
	CHECK_STR("may", lines[1].detail, "client=pos-front ops=purse tac-verify");
	CHECK_STR("keys", lines[2].detail, "client=pos-front usages=20 23 labels=CAMPUS01.EP.*.*");
	CHECK_STR("stop", lines[3].op, "CLIENT.STOP");
}

KEY_TEST_BOTH(two_clients_share_neither_name_nor_certificate_and_there_is_an_end_of_them)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_client c = client_of("all", "all", "*"), same = c, got;
	bool widens;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_OK(KEY_CHANGE(&f, key_client_add(act, &c)));
	same.certificate[0]++;
	CHECK_RESULT("name", KEY_CHANGE(&f, key_client_add(act, &same)), KEY_CLIENT_EXISTS);
	same = client_of("all", "all", "*");
	str_copy(STR("other"), same.name, sizeof same.name);
	CHECK_RESULT("certificate", KEY_CHANGE(&f, key_client_add(act, &same)), KEY_CLIENT_EXISTS);
	for (int i = 1; i < KEY_CLIENTS_MAX; i++) {
		snprintf(same.name, sizeof same.name, "c%d", i);
		same.certificate[1] = (uint8_t)i;
		CHECK_OK(KEY_CHANGE(&f, key_client_add(act, &same)));
	}
	same.certificate[2]++;
	str_copy(STR("one-more"), same.name, sizeof same.name);
	CHECK_RESULT("full", KEY_CHANGE(&f, key_client_add(act, &same)), KEY_CLIENTS);
	CHECK_OK(KEY_CHANGE(&f, key_client_stop(act, c.id)));
	CHECK_OK(KEY_CHANGE(&f, key_client_add(act, &same)));
	CHECK_OK(KEY_CHANGE(&f, key_client_load(act->tx, c.id, &got)));
	got.state = KEY_CLIENT_ACTIVE;
	CHECK_RESULT("no room to come back", KEY_CHANGE(&f, key_client_save(act, &got, &widens)),
	             KEY_CLIENTS);
	CHECK_OK(KEY_CHANGE(&f, key_client_load(act->tx, c.id, &got)));
	CHECK_I64("still stopped", got.state, KEY_CLIENT_STOPPED);
}

KEY_TEST_BOTH(a_change_says_whether_it_widens)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_client c = client_of("mac", "M6", "CAMPUS01.LINE.*.*"), got;
	bool widens = true;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_OK(KEY_CHANGE(&f, key_client_add(act, &c)));
	str_copy(STR("mac-verify"), c.ops, sizeof c.ops);
	CHECK_OK(KEY_CHANGE(&f, key_client_save(act, &c, &widens)));
	CHECK(!widens);
	str_copy(STR("mac-verify sm3"), c.ops, sizeof c.ops);
	CHECK_OK(KEY_CHANGE(&f, key_client_save(act, &c, &widens)));
	CHECK(widens);
	CHECK_OK(KEY_CHANGE(&f, key_client_load(act->tx, c.id, &got)));
	CHECK_STR("saved", got.ops, "mac-verify sm3");
	str_copy(STR("everything"), c.ops, sizeof c.ops);
	CHECK_RESULT("no such word", KEY_CHANGE(&f, key_client_save(act, &c, &widens)),
	             KEY_CLIENT_FIELD);
	CHECK_OK(KEY_CHANGE(&f, key_client_load(act->tx, c.id, &got)));
	CHECK_STR("as it was", got.ops, "mac-verify sm3");
	c = got;
	c.id++;
	CHECK_RESULT("nobody", KEY_CHANGE(&f, key_client_save(act, &c, &widens)),
	             KEY_CLIENT_NOT_FOUND);
}

TEST(more_than_before_is_seen_in_every_field)
{
	static const struct {
		const char *name, *ops, *usages, *labels;
		uint32_t rate, burst;
		int64_t quota;
		uint8_t certificate;
		bool widens;
	} rows[] = {
		{ "the same", "mac sm3", "20 M6", "A.B.* C.*", 100, 200, 500, 0xC1, false },
		{ "in other words", "0020 0021 0031 sm3", "M6 20", "C.* A.B.*", 100, 200, 500, 0xC1, false },
		{ "less", "sm3", "20", "A.B.K.*", 10, 10, 5, 0xC1, false },
		{ "nothing", "", "", "", 1, 1, 500, 0xC1, false },
		{ "below a pattern", "mac", "20", "A.B.K.01 C.P.*.01", 100, 200, 500, 0xC1, false },
		{ "one more operation", "mac sm3 random", "20", "A.B.*", 100, 200, 500, 0xC1, true },
		{ "a larger group", "all", "20", "A.B.*", 100, 200, 500, 0xC1, true },
		{ "one more usage", "mac", "20 21", "A.B.*", 100, 200, 500, 0xC1, true },
		{ "all usages", "mac", "all", "A.B.*", 100, 200, 500, 0xC1, true },
		{ "another pattern", "mac", "20", "A.B.* D.*", 100, 200, 500, 0xC1, true },
		{ "a wider pattern", "mac", "20", "A.*", 100, 200, 500, 0xC1, true },
		{ "across the dot", "mac", "20", "A.B*", 100, 200, 500, 0xC1, true },
		{ "rate", "mac", "20", "A.B.*", 101, 200, 500, 0xC1, true },
		{ "burst", "mac", "20", "A.B.*", 100, 201, 500, 0xC1, true },
		{ "quota", "mac", "20", "A.B.*", 100, 200, 501, 0xC1, true },
		{ "no quota", "mac", "20", "A.B.*", 100, 200, 0, 0xC1, true },
		{ "certificate", "mac", "20", "A.B.*", 100, 200, 500, 0xC2, true },
	}, *row;
	struct key_client from = client_of("mac sm3", "20 M6", "A.B.* C.*");

	from.quota_day = 500;
	REQUIRE_OK(key_client_prepare(&from));
	EACH (row, rows) {
		struct key_client to = client_of(row->ops, row->usages, row->labels);

		to.rate = row->rate;
		to.burst = row->burst;
		to.quota_day = row->quota;
		memset(to.certificate, row->certificate, sizeof to.certificate);
		REQUIRE_OK(key_client_prepare(&to));
		CHECK_I64(row->name, key_client_widens(&from, &to), row->widens);
	}
	struct key_client stopped = from;
	stopped.state = KEY_CLIENT_STOPPED;
	CHECK(!key_client_widens(&from, &stopped));
	CHECK(key_client_widens(&stopped, &from));
}

TEST(fields_of_a_client_are_checked)
{
	static const struct {
		const char *name, *client, *ops, *usages, *labels;
		uint32_t rate, burst;
		int64_t quota;
		enum result_code want;
	} rows[] = {
		{ "good", "pos-1.a_b", "all", "all", "*", 1, 1, 0, SUCCESS },
		{ "codes", "pos", "0034 00F0 0010", "20", "A.B.C.01", 1, 1, 1, SUCCESS },
		{ "no name", "", "all", "all", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "blank in the name", "a b", "all", "all", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "bar in the name", "a|b", "all", "all", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "unknown word", "pos", "mac macs", "all", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "unknown code", "pos", "00A0", "all", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "code out of range", "pos", "0134", "all", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "long usage", "pos", "all", "201", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "small usage", "pos", "all", "m6", "*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "small label", "pos", "all", "all", "campus.*", 1, 1, 0, KEY_CLIENT_FIELD },
		{ "no rate", "pos", "all", "all", "*", 0, 1, 0, KEY_CLIENT_FIELD },
		{ "burst below rate", "pos", "all", "all", "*", 2, 1, 0, KEY_CLIENT_FIELD },
		{ "burst", "pos", "all", "all", "*", 1, KEY_CLIENT_RATE_MAX + 1, 0, KEY_CLIENT_FIELD },
		{ "quota", "pos", "all", "all", "*", 1, 1, -1, KEY_CLIENT_FIELD },
	}, *row;

	EACH (row, rows) {
		struct key_client c = client_of(row->ops, row->usages, row->labels);

		str_copy(str_of(row->client), c.name, sizeof c.name);
		c.rate = row->rate;
		c.burst = row->burst;
		c.quota_day = row->quota;
		CHECK_RESULT(row->name, key_client_prepare(&c), row->want);
	}
}

TEST(no_group_gives_away_keys_or_clear_data)
{
	static const uint16_t named[] = { KMS_DECRYPT,    KMS_TRANSLATE,    KMS_DIVERSIFY_WRAP,
		                          KMS_CARD_KEYS,  KMS_PSAM_LOAD,    KMS_SM2_DECRYPT,
		                          KMS_RANDOM_KEY, KMS_PIN_TRANSLATE };
	static const char *const groups[] = { "all", "mac", "purse", "card", "sign" };

	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		struct key_client c = client_of(groups[g], "all", "*");

		REQUIRE_OK(key_client_prepare(&c));
		for (size_t i = 0; i < ARRAY_LEN(named); i++)
			CHECK_I64(groups[g], key_client_may_call(&c, named[i]), KEY_CLIENT_NO_OP);
	}
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		struct key_client c = client_of(kms_op_name(named[i]), "all", "*");

		REQUIRE_OK(key_client_prepare(&c));
		for (uint16_t op = 0; op < KMS_OPS; op++)
			CHECK_I64(kms_op_name(named[i]), key_client_may_call(&c, op),
			          op == named[i] || op == KMS_HELLO || op == KMS_PING
			                  ? KEY_CLIENT_MAY
			                  : KEY_CLIENT_NO_OP);
	}
}

TEST(questions_are_asked_in_order)
{
	struct key_client c = client_of("mac-make", "M6 M3", "CAMPUS01.LINE.*.01 CAMPUS02.*");

	REQUIRE_OK(key_client_prepare(&c));
	CHECK_I64("nobody", key_client_may_call(NULL, KMS_MAC_MAKE), KEY_CLIENT_NO_CERTIFICATE);
	CHECK_I64("may", key_client_may_call(&c, KMS_MAC_MAKE), KEY_CLIENT_MAY);
	CHECK_I64("operation", key_client_may_call(&c, KMS_MAC_VERIFY), KEY_CLIENT_NO_OP);
	CHECK_I64("far out", key_client_may_call(&c, 0xFFFF), KEY_CLIENT_NO_OP);
	CHECK_I64("key", key_client_may_use(&c, "M6", STR("CAMPUS01.LINE.MAC.01")), KEY_CLIENT_MAY);
	CHECK_I64("second pattern", key_client_may_use(&c, "M3", STR("CAMPUS02.X.Y.07")),
	          KEY_CLIENT_MAY);
	CHECK_I64("usage first", key_client_may_use(&c, "D0", STR("OTHER.LINE.MAC.01")),
	          KEY_CLIENT_NO_USAGE);
	CHECK_I64("label", key_client_may_use(&c, "M6", STR("CAMPUS03.LINE.MAC.01")),
	          KEY_CLIENT_NO_LABEL);
	CHECK_I64("version", key_client_may_use(&c, "M6", STR("CAMPUS01.LINE.MAC.02")),
	          KEY_CLIENT_NO_LABEL);
	CHECK_I64("no usage", key_client_may_use(&c, "", STR("CAMPUS02.X.Y.07")),
	          KEY_CLIENT_NO_USAGE);
	c.state = KEY_CLIENT_STOPPED;
	CHECK_I64("stopped first", key_client_may_call(&c, KMS_MAC_VERIFY), KEY_CLIENT_NOT_ACTIVE);
	CHECK_STR("for the audit", key_client_refusal_name(KEY_CLIENT_NO_USAGE), "usage");
	CHECK_STR("the last", key_client_refusal_name(KEY_CLIENT_NO_QUOTA), "quota");
}

static struct instant after(int64_t ms)
{
	return (struct instant){ key_fixture_now.us + ms * 1000 };
}

TEST(a_meter_gives_its_burst_and_then_its_rate)
{
	struct key_client c = client_of("all", "all", "*"); /* 100 a second, 200 at once */
	struct key_client_meter m;

	key_client_meter_init(&m, after(0), 0);
	CHECK_I64("more than the burst", key_client_meter_take(&m, &c, after(0), 201),
	          KEY_CLIENT_NO_RATE);
	CHECK_I64("a batch", key_client_meter_take(&m, &c, after(0), 199), KEY_CLIENT_MAY);
	CHECK_I64("one", key_client_meter_take(&m, &c, after(0), 1), KEY_CLIENT_MAY);
	CHECK_I64("empty", key_client_meter_take(&m, &c, after(0), 1), KEY_CLIENT_NO_RATE);
	CHECK_I64("9 ms", key_client_meter_take(&m, &c, after(9), 1), KEY_CLIENT_NO_RATE);
	CHECK_I64("10 ms", key_client_meter_take(&m, &c, after(10), 1), KEY_CLIENT_MAY);
	CHECK_I64("15 in 150 ms", key_client_meter_take(&m, &c, after(160), 16),
	          KEY_CLIENT_NO_RATE);
	CHECK_I64("a refusal costs nothing", key_client_meter_take(&m, &c, after(160), 15),
	          KEY_CLIENT_MAY);
	CHECK_I64("clock set back", key_client_meter_take(&m, &c, after(-5000), 1),
	          KEY_CLIENT_NO_RATE);
	CHECK_I64("goes on from there", key_client_meter_take(&m, &c, after(-4990), 1),
	          KEY_CLIENT_MAY);
	CHECK_I64("no more than the burst", key_client_meter_take(&m, &c, after(1000000000), 201),
	          KEY_CLIENT_NO_RATE);
	CHECK_I64("full again", key_client_meter_take(&m, &c, after(1000000000), 200),
	          KEY_CLIENT_MAY);
	key_client_meter_deinit(&m);
}

TEST(a_quota_is_of_the_day)
{
	struct key_client c = client_of("all", "all", "*");
	struct key_client_meter m;
	int64_t day_ms = 86400000;

	c.rate = c.burst = 1000;
	c.quota_day = 1500;
	key_client_meter_init(&m, after(0), 500);
	CHECK_I64("carried on", key_client_meter_used(&m, after(0)), 500);
	CHECK_I64("half", key_client_meter_take(&m, &c, after(0), 500), KEY_CLIENT_MAY);
	CHECK_I64("the other half and one", key_client_meter_take(&m, &c, after(9000), 501),
	          KEY_CLIENT_NO_QUOTA);
	CHECK_I64("the other half", key_client_meter_take(&m, &c, after(9000), 500),
	          KEY_CLIENT_MAY);
	CHECK_I64("used up", key_client_meter_take(&m, &c, after(20000), 1), KEY_CLIENT_NO_QUOTA);
	/* the fixture's clock says noon */
	CHECK_I64("23:59:59", key_client_meter_take(&m, &c, after(day_ms / 2 - 1000), 1),
	          KEY_CLIENT_NO_QUOTA);
	CHECK_I64("midnight", key_client_meter_take(&m, &c, after(day_ms / 2), 1000),
	          KEY_CLIENT_MAY);
	CHECK_I64("used", key_client_meter_used(&m, after(day_ms / 2)), 1000);
	CHECK_I64("the next day", key_client_meter_used(&m, after(2 * day_ms)), 0);
	key_client_meter_deinit(&m);
}

TEST(more_than_twenty_failures_a_minute_are_an_alarm_once)
{
	struct key_client_watch slow = { 0 }, fast = { 0 }, batch = { 0 };

	/* twenty in each minute, for an hour: the twenty-first before is sixty seconds old */
	for (int i = 0; i < 1200; i++)
		CHECK(!key_client_watch_note(&slow, after(i * 3000), 1));
	for (int i = 0; i < 20; i++)
		CHECK(!key_client_watch_note(&fast, after(i * 2900), 1));
	CHECK(key_client_watch_note(&fast, after(59000), 1));
	for (int i = 0; i < 50; i++)
		CHECK(!key_client_watch_note(&fast, after(59100 + i * 1000), 1));
	CHECK(key_client_watch_note(&fast, after(59000 + 60000), 1));
	CHECK(!key_client_watch_note(&batch, after(0), 20));
	CHECK(key_client_watch_note(&batch, after(0), 980));
	CHECK(!key_client_watch_note(&batch, after(1000), 1000));
	CHECK(!key_client_watch_note(&batch, after(2000), 0));
}
