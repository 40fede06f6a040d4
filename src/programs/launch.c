/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/launch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

result launch_settings(int argc, char **argv, const struct conf_schema *schema, void *conf)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--set") == 0)
			TRY(conf_set(schema, str_of(argv[++i]), conf));
	return OK;
}

void launch_show(const struct conf_schema *schema, const void *conf)
{
	SCOPED(buf_free) struct buf out = { 0 };

	conf_print(schema, conf, false, &out);
	fwrite(out.at, 1, out.len, stdout);
}

void launch_hold_signals(sigset_t *set)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}
