/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/secret.h"
#include "programs/command.h"
#include "programs/site.h"
#include "service/control/control.h"

enum { SECRET_LINE_MAX = 64 };

/* A PIN comes from standard input: an argument list can be read by everybody on the machine. */
static result read_secret(char out[SECRET_LINE_MAX])
{
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "PIN: ");
	if (!fgets(out, SECRET_LINE_MAX, stdin))
		return FAIL(FILE_READ, "no PIN on standard input");
	out[strcspn(out, "\r\n")] = '\0';
	return OK;
}

static void put(struct jwrite *j, const char *name, const char *value)
{
	if (value)
		jwrite_text(j, name, value);
}

static result tell(const char *dir, const char *command, const char *card, const char *node)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { .limit = CONTROL_ANSWER_MAX };
	char secret[SECRET_LINE_MAX] = "", path[SITE_PATH_MAX];
	struct jwrite j = { .out = &request };
	struct site site;
	result r;

	TRY(site_open(dir, &site));
	if (strcmp(command, "pin-set") == 0)
		TRY(read_secret(secret));
	jwrite_object(&j, NULL);
	put(&j, "command", command);
	put(&j, "card", card);
	put(&j, "node", node);
	put(&j, "text", secret[0] ? secret : NULL);
	jwrite_end(&j);
	TRY(buf_done(&request));
	r = control_ask(site_path(&site, "yikad.sock", path), buf_text(&request), &answer);
	secret_wipe_bytes(secret, sizeof secret);
	secret_wipe_bytes(request.at, request.len);
	printf(STR_FMT, STR_ARG(buf_text(&answer)));
	return r;
}

int command_tell(int argc, char **argv)
{
	const char *dir = NULL, *card = NULL, *node = NULL, *word[1] = { NULL };
	struct command_words words = { word, 1, 0 };
	struct command_option options[] = {
		{ "site", &dir, NULL, true },
		{ "card", &card, NULL, false },
		{ "node", &node, NULL, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), &words);

	if (is_ok(r) && words.count != 1)
		r = FAIL(USAGE, "one order is wanted: status, card-lost, card-found, …");
	if (is_ok(r))
		r = tell(dir, word[0], card, node);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
