/* SPDX-License-Identifier: Apache-2.0 */
/* The key manager goes away and comes back: who has signed in goes on. */
#include <time.h>

#include "service/terminal/front_fixture.h"

/* Until the line to the key manager is looked for again. */
static const char *sign_in_at_last(struct node *n)
{
	const char *code = "";

	for (int i = 0; i < 100 && strcmp(code, "00") != 0; i++) {
		struct timespec moment = { .tv_nsec = 50000000 };

		nanosleep(&moment, NULL);
		node_disconnect(n);
		code = node_connect_and_sign_in(n);
	}
	return code;
}

TEST(selling_goes_on_without_the_key_manager_and_sign_in_waits_for_it)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free)
	struct node *n = node_make(&f, 1, SUITE_AES), *other = node_make(&f, 4, SUITE_SM4);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sells", node_sell(n, 1, "180001", 100), "00");
	kms_kit_stop(&f.kms);
	CHECK_STR("sells on", node_sell(n, 2, "180001", 100), "00");
	CHECK_STR("come later", node_connect_and_sign_in(other), "91");
	CHECK(kms_kit_start(&f.kms));
	CHECK_STR("back", sign_in_at_last(other), "00");
	CHECK_STR("sells", node_sell(other, 1, "180002", 100), "00");
	CHECK_STR("and the first", node_sell(n, 3, "180001", 100), "00");
}

TEST(sessions_from_before_a_restart_wait_for_their_keys)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	const char *code = "";

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sells", node_sell(n, 1, "180001", 100), "00");
	kms_kit_stop(&f.kms);
	REQUIRE_OK(front_fixture_restart(&f));
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("not heard", node_sell(n, 2, "180001", 100), "");
	CHECK(kms_kit_start(&f.kms));
	for (int i = 0; i < 20 && strcmp(code, "00") != 0; i++)
		code = node_sell(n, 2, "180001", 100);
	CHECK_STR("heard, once", code, "00");
	CHECK_I64("two sales", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING - 200);
}

TEST(a_pin_is_asked_for_again_while_nobody_can_look_at_it)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	static const struct payment_limits limits = { .purchase_fen = 1000 };
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	struct sale s = {
		.word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 2000, .pin = "1357"
	};
	uint8_t token[PAYMENTS_PIN_TOKEN];

	CHECK(kms_kit_pin_token(&f.kms, "1357", token));
	CHECK_OK(payments_fixture_limits(&f.site, &limits));
	CHECK_OK(payments_fixture_pin(&f.site, "180001", token));
	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	kms_kit_stop(&f.kms);
	node_begin_sale(n, &s);
	CHECK_STR("come later", node_send(n), "91");
	CHECK_I64("nothing was booked", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING);
	CHECK(kms_kit_start(&f.kms));
	CHECK_STR("under new keys", sign_in_at_last(n), "00");
	node_begin_sale(n, &s);
	CHECK_STR("now", node_send(n), "00");
}
