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

struct order {
	const char *dir, *command, *card, *node, *class, *limits;
};

static result tell(const struct order *o)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { .limit = CONTROL_ANSWER_MAX };
	char secret[SECRET_LINE_MAX] = "", path[SITE_PATH_MAX];
	struct jwrite j = { .out = &request };
	struct site site;
	result r;

	TRY(site_open(o->dir, &site));
	if (strcmp(o->command, "pin-set") == 0)
		TRY(read_secret(secret));
	jwrite_object(&j, NULL);
	put(&j, "command", o->command);
	put(&j, "card", o->card);
	put(&j, "node", o->node);
	put(&j, "text", secret[0] ? secret : o->limits);
	if (o->class) {
		uint64_t class;
		TRY(str_u64(str_of(o->class), &class));
		jwrite_i64(&j, "number", (int64_t) class);
	}
	jwrite_end(&j);
	TRY(buf_done(&request));
	r = control_ask(site_path(&site, "yikad.sock", path), buf_text(&request), &answer);
	secret_wipe_bytes(secret, sizeof secret);
	secret_wipe_bytes(request.at, request.len);
	printf(STR_FMT "\n", STR_ARG(buf_text(&answer)));
	return r;
}

int command_tell(int argc, char **argv)
{
	const char *word[1] = { NULL };
	struct order o = { 0 };
	struct command_words words = { word, 1, 0 };
	struct command_option options[] = {
		{ "site", &o.dir, NULL, true },       { "card", &o.card, NULL, false },
		{ "node", &o.node, NULL, false },     { "class", &o.class, NULL, false },
		{ "limits", &o.limits, NULL, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), &words);

	if (is_ok(r) && words.count != 1)
		r = FAIL(USAGE, "one order is wanted: status, card-lost, card-found, …");
	o.command = word[0];
	if (is_ok(r))
		r = tell(&o);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
