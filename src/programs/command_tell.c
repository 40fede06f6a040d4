/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/secret.h"
#include "programs/command.h"
#include "programs/site.h"
#include "service/control/control.h"

enum { SECRET_LINE_MAX = 160 };

/* A PIN or a password comes from standard input: an argument list can be read by everybody on the
 * machine. */
static result read_secret(const char *what, char out[SECRET_LINE_MAX])
{
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "%s: ", what);
	if (!fgets(out, SECRET_LINE_MAX, stdin))
		return FAIL(FILE_READ, "no %s on standard input", what);
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
	const char *code, *processor, *name, *owner, *range, *allow, *by;
};

static bool takes_pin(const struct order *o)
{
	return strcmp(o->command, "pin-set") == 0;
}

static void put_subsystem(struct jwrite *j, const struct order *o)
{
	put(j, "code", o->code);
	put(j, "processor", o->processor);
	put(j, "name", o->name);
	put(j, "owner", o->owner);
	put(j, "range", o->range);
	put(j, "allow", o->allow);
	put(j, "by", o->by);
}

static result tell(const struct order *o)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { .limit = CONTROL_ANSWER_MAX };
	char secret[SECRET_LINE_MAX] = "", path[SITE_PATH_MAX];
	struct jwrite j = { .out = &request };
	struct site site;
	result r;

	TRY(site_open(o->dir, &site));
	if (takes_pin(o))
		TRY(read_secret("PIN", secret));
	else if (o->by)
		TRY(read_secret("password 口令", secret));
	jwrite_object(&j, NULL);
	put(&j, "command", o->command);
	put(&j, "card", o->card);
	put(&j, "node", o->node);
	put(&j, "text", takes_pin(o) ? secret : o->limits);
	put(&j, "secret", o->by && !takes_pin(o) ? secret : NULL);
	put_subsystem(&j, o);
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
		{ "site", &o.dir, NULL, true },
		{ "card", &o.card, NULL, false },
		{ "node", &o.node, NULL, false },
		{ "class", &o.class, NULL, false },
		{ "limits", &o.limits, NULL, false },
		{ "code", &o.code, NULL, false },
		{ "processor", &o.processor, NULL, false },
		{ "name", &o.name, NULL, false },
		{ "owner", &o.owner, NULL, false },
		{ "range", &o.range, NULL, false },
		{ "allow", &o.allow, NULL, false },
		{ "operator", &o.by, NULL, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), &words);

	if (is_ok(r) && words.count != 1)
		r = FAIL(USAGE, "one order is wanted: status, card-lost, card-found, …");
	o.command = word[0];
	if (is_ok(r))
		r = tell(&o);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
