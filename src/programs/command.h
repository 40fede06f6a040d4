/* SPDX-License-Identifier: Apache-2.0 */
/* command.h — what the commands of `yika` share: options, messages, exit status. */
#pragma once

#include "base/result.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_BROKEN = 70 };

/* An option "--name VALUE"; with `flag` set it takes no value and *flag becomes true. */
struct command_option {
	const char *name;
	const char **value;
	bool *flag;
	bool required;
};

/*
 * Read argv[1…] into the options; *rest (may be NULL: no other words are allowed) gets the words
 * that are no options, at most rest_max of them, *rest_count their number. USAGE naming the word
 * that is wrong.
 */
struct command_words {
	const char **at;
	int max, count;
};
result command_options(int argc, char **argv, const struct command_option *options, size_t count,
                       struct command_words *words);

/* Say on stderr what went wrong, in both languages, with code and detail; gives the exit status. */
int command_failed(result r);

/* The commands: argv[0] is the command's own name. */
int command_backup(int argc, char **argv);
int command_init(int argc, char **argv);
int command_init_kms(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_import(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_authorise(int argc, char **argv);
int command_sam(int argc, char **argv);
int command_tell(int argc, char **argv);
int command_key(int argc, char **argv);
