/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "programs/command.h"
#include "programs/kms/kms_home.h"
#include "programs/site.h"

enum { SETTINGS_MAX = 32 };

static result check_order(const struct site_order *order)
{
	if (order->kms && order->kms[0] != '/')
		return FAIL(USAGE, "--kms wants the whole path of the key manager's service.sock");
	if (order->kms && order->test_keys)
		return FAIL(USAGE, "--test-keys goes with a key manager that is made here, or with "
		                   "init-kms");
	return OK;
}

static void tell_site(const struct site_order *order)
{
	printf("site %s is made; the first administrator is \"admin\", password in "
	       "%s/first-admin-password",
	       order->dir, order->dir);
	if (order->kms)
		printf("\nits keys are at %s: start that key manager first\n", order->kms);
	else
		printf(";\nthe first key officer is \"mk\", invitation in "
		       "%s/kms/first-officer-invitation\n",
		       order->dir);
}

int command_init(int argc, char **argv)
{
	struct site_order order = { 0 };
	struct command_option options[] = {
		{ "site", &order.dir, NULL, true },
		{ "store", &order.store, NULL, false },
		{ "kms", &order.kms, NULL, false },
		{ "test-keys", NULL, &order.test_keys, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = check_order(&order);
	if (is_ok(r))
		r = site_create(&order, clock_system());
	if (!is_ok(r))
		return command_failed(r);
	tell_site(&order);
	return EXIT_DONE;
}

static result check_kms(const struct kms_home_order *order)
{
	if (order->join && !order->store)
		return FAIL(USAGE, "--join wants the --store that the other process works on");
	return order->join && order->test_keys
	               ? FAIL(USAGE, "--test-keys goes with a new store, not with --join")
	               : OK;
}

static void tell_kms(const struct kms_home_order *order)
{
	if (order->join)
		printf("key manager %s joins the store; load the master keys into its device with "
		       "the "
		       "security officers' media\n",
		       order->dir);
	else
		printf("key manager %s is made; its first officer is \"mk\", invitation in "
		       "%s/first-officer-invitation\n",
		       order->dir, order->dir);
}

int command_init_kms(int argc, char **argv)
{
	const char *settings[SETTINGS_MAX];
	struct command_words words = { settings, SETTINGS_MAX, 0 };
	struct kms_home_order order = { .settings = settings };
	struct command_option options[] = {
		{ "dir", &order.dir, NULL, true },
		{ "store", &order.store, NULL, false },
		{ "test-keys", NULL, &order.test_keys, false },
		{ "join", NULL, &order.join, false },
	};
	struct instant now = clock_now(clock_system());
	result r = command_options(argc, argv, options, ARRAY_LEN(options), &words);

	order.setting_count = (size_t)words.count;
	order.day = bizdate_of(now, TIME_ZONE_CHINA_S, 0);
	if (is_ok(r))
		r = check_kms(&order);
	if (is_ok(r))
		r = kms_home_create(&order, now);
	if (!is_ok(r))
		return command_failed(r);
	tell_kms(&order);
	return EXIT_DONE;
}
