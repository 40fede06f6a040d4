/* SPDX-License-Identifier: Apache-2.0 */
/* launch.h — what the programs that go on running do alike with their command line and signals. */
#pragma once

#include <signal.h>

#include "base/conf.h"

/* Each "--set section.key=value" of the command line, over what the file said. CONF_*. */
result launch_settings(int argc, char **argv, const struct conf_schema *schema, void *conf);
/* Print all keys with their values, for --show-config. */
void launch_show(const struct conf_schema *schema, const void *conf);
/* Before threads, which inherit the mask: SIGTERM, SIGINT and SIGHUP wait for sigwait on *set;
 * SIGPIPE is nothing. */
void launch_hold_signals(sigset_t *set);
