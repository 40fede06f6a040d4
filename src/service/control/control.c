/* SPDX-License-Identifier: Apache-2.0 */
#include "service/control/control.h"

#include <stdlib.h>

#include "base/log.h"
#include "net/lines.h"

struct control {
	struct control_config config;
	struct lines *lines;
};

static const struct control_command *command_of(const struct control *c, struct str name)
{
	for (size_t i = 0; i < c->config.count; i++)
		if (str_equal(name, str_of(c->config.commands[i].name)))
			return &c->config.commands[i];
	return NULL;
}

static result run(struct control *c, struct str line, struct arena *arena, struct jwrite *answer)
{
	static const struct jread_field fields[] = {
		{ "command", JREAD_TEXT, offsetof(struct control_request, command), true, 1, 64 },
		{ "card", JREAD_TEXT, offsetof(struct control_request, card), false, 1, 32 },
		{ "node", JREAD_TEXT, offsetof(struct control_request, node), false, 1, 32 },
		{ "text", JREAD_TEXT, offsetof(struct control_request, text), false, 1, 1024 },
		{ "code", JREAD_TEXT, offsetof(struct control_request, code), false, 1, 8 },
		{ "processor", JREAD_TEXT, offsetof(struct control_request, processor), false, 1,
		  8 },
		{ "name", JREAD_TEXT, offsetof(struct control_request, name), false, 1, 64 },
		{ "owner", JREAD_TEXT, offsetof(struct control_request, owner), false, 1, 64 },
		{ "range", JREAD_TEXT, offsetof(struct control_request, range), false, 0, 43 },
		{ "allow", JREAD_TEXT, offsetof(struct control_request, allow), false, 0, 128 },
		{ "by", JREAD_TEXT, offsetof(struct control_request, by), false, 1, 32 },
		{ "secret", JREAD_TEXT, offsetof(struct control_request, secret), false, 1, 128 },
		{ "number", JREAD_INTEGER, offsetof(struct control_request, number), false,
		  INT64_MIN, INT64_MAX },
	};
	static const struct jread_schema schema = { fields, ARRAY_LEN(fields),
		                                    sizeof(struct control_request) };
	const struct control_command *command;
	struct control_request request = { 0 };
	struct jread_report report;

	TRY(jread_object(line, &schema, arena, &request, &report));
	command = command_of(c, request.command);
	if (!command)
		return FAIL(CONTROL_COMMAND, "no command " STR_FMT, STR_ARG(request.command));
	return command->run(c->config.owner, &request, answer);
}

static void answer(void *owner, struct lines_peer *peer, char *line, size_t len, struct buf *out)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	struct control *c = owner;
	struct jwrite json = { .out = out };
	result r;

	(void)peer;
	jwrite_object(&json, NULL);
	r = run(c, (struct str){ line, len }, &arena, &json);
	jwrite_text(&json, "code", result_name(r));
	jwrite_text(&json, "zh", result_text_zh(r));
	jwrite_text(&json, "en", result_text_en(r));
	if (!is_ok(r)) {
		const char *why = result_last()->code == r.code ? result_last()->text : "";

		jwrite_text(&json, "detail", why);
		/* The audit line of a refused order was taken back with it. */
		LOG_WARNING("control.order_refused", "code=%s detail=\"%s\"", result_name(r), why);
	}
	jwrite_end(&json);
}

result control_start(const struct control_config *config, struct control **out)
{
	struct control *c = calloc(1, sizeof *c);
	struct lines_config lines = {
		.path = config->path,
		.line_max = CONTROL_LINE_MAX,
		.answer_max = CONTROL_ANSWER_MAX,
		.clients_max = CONTROL_CLIENTS_MAX,
		.idle_us = CONTROL_IDLE_MS * (int64_t)1000,
		.answer = answer,
		.owner = c,
	};
	result r;

	if (!c)
		return FAIL(OUT_OF_MEMORY, "control socket");
	c->config = *config;
	r = lines_start(&lines, &c->lines);
	if (is_ok(r))
		*out = c;
	else
		free(c);
	return r;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	lines_stop(c->lines);
	free(c);
}
