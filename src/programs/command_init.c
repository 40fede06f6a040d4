/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "programs/command.h"
#include "programs/site.h"

int command_init(int argc, char **argv)
{
	struct site_order order = { 0 };
	struct command_option options[] = {
		{ "site", &order.dir, NULL, true },
		{ "store", &order.store, NULL, false },
		{ "test-keys", NULL, &order.test_keys, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = site_create(&order, clock_system());
	if (!is_ok(r))
		return command_failed(r);
	printf("site %s is made; the first administrator is \"admin\", password in "
	       "%s/first-admin-password;\n"
	       "the first key officer is \"mk\", invitation in %s/kms/first-officer-invitation\n",
	       order.dir, order.dir, order.dir);
	return EXIT_DONE;
}
