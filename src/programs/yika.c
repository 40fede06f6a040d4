/* SPDX-License-Identifier: Apache-2.0 */
/* yika — the operator's command. */
#include <stdio.h>
#include <string.h>

#include "programs/command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *text;
} commands[] = {
	{ "init", command_init, "--site DIR [--store DSN] [--test-keys | --kms SOCKET]",
	  "make a site: configuration, store, first administrator, and its key manager in DIR/kms "
	  "unless that has a place of its own" },
	{ "init-kms", command_init_kms,
	  "--dir DIR [--store DSN] [--test-keys | --join] [SECTION.KEY=VALUE]…",
	  "make a key manager in a place of its own: configuration, key token, store, first key "
	  "officer" },
	{ "import", command_import,
	  "--site DIR --kind people|merchants|terminals|openings [--park N] [--class N] [--prefix "
	  "TEXT] FILE",
	  "read a CSV file (UTF-8 or GBK) into the registry, all of it or nothing" },
	{ "sam", command_sam, "--site DIR --node ID --out FILE --passphrase FILE",
	  "write the software SAM of a registered terminal" },
	{ "authorise", command_authorise,
	  "--new --transport FILE --passphrase FILE | --card FILE --transport FILE --passphrase "
	  "FILE "
	  "--out FILE [--host ADDRESS] [--machine SERIAL]",
	  "at a terminal: make the transport key its authorisation card is asked for with; then "
	  "read "
	  "the card, register and write the SAM" },
	{ "demo", command_demo, "--site DIR [--seed N]",
	  "fill a new site with an invented campus and 90 days of history" },
	{ "replay", command_replay,
	  "--site DIR --mode online|upload --opening FILE --uploads FILE [--refused FILE] "
	  "[--events FILE] [--kill N] "
	  "[--suite aes|sm4] [--seed N] --report FILE.json",
	  "play recorded terminals against the daemon over the network and report" },
	{ "tell", command_tell, "--site DIR [--card NO] [--node ID] [--code CODE] … ORDER",
	  "give the running daemon an order: status, card-lost, card-found, card-freeze, "
	  "card-unfreeze, card-replace, "
	  "terminal-authorise, terminal-suspend, terminal-activate, subsystem-add, "
	  "subsystem-list, subsystem-block, subsystem-unblock, subsystem-address, "
	  "subsystem-agree (password on standard input), pin-set (PIN on standard input)" },
	{ "key", command_key,
	  "--dir DIR [--as NAME] [--json] [--out FILE [--member NAME]] ORDER [FIELD=VALUE]…",
	  "orders of key officers: login NAME, accept NAME, do APPROVAL, and those that `yika key "
	  "help` "
	  "lists" },
	{ "backup", command_backup, "--site DIR | --kms DIR --out DIR",
	  "copy configuration and store into a new folder while the programs run (SQLite)" },
	{ "verify", command_verify, "--site DIR",
	  "rebuild the book from its first row and compare everything kept beside it" },
};

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: yika COMMAND OPTIONS\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  yika %s %s\n      %s\n", commands[i].name, commands[i].usage,
		        commands[i].text);
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout, EXIT_DONE);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "yika: there is no command %s\n", argv[1]);
	return usage(stderr, EXIT_USAGE);
}
