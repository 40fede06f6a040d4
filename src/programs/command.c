/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/command.h"

#include <stdio.h>
#include <string.h>

static const struct command_option *find_option(const struct command_option *options, size_t count,
                                                const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word + 2, options[i].name) == 0)
			return &options[i];
	return NULL;
}

static result take_word(struct command_words *words, const char *word)
{
	if (!words || words->count == words->max)
		return FAIL(USAGE, "%s is one word too many", word);
	words->at[words->count++] = word;
	return OK;
}

static result require_all(const struct command_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (options[i].required && !*options[i].value)
			return FAIL(USAGE, "--%s is missing", options[i].name);
	return OK;
}

result command_options(int argc, char **argv, const struct command_option *options, size_t count,
                       struct command_words *words)
{
	for (int i = 1; i < argc; i++) {
		const struct command_option *o;

		if (strncmp(argv[i], "--", 2) != 0) {
			TRY(take_word(words, argv[i]));
			continue;
		}
		o = find_option(options, count, argv[i]);
		if (!o)
			return FAIL(USAGE, "there is no option %s", argv[i]);
		if (o->flag)
			*o->flag = true;
		else if (i + 1 == argc)
			return FAIL(USAGE, "%s wants a value", argv[i]);
		else
			*o->value = argv[++i];
	}
	return require_all(options, count);
}

int command_failed(result r)
{
	const struct result_detail *detail = result_last();

	fprintf(stderr, "yika: %s / %s [%s]\n", result_text_zh(r), result_text_en(r),
	        result_name(r));
	if (detail->code == r.code && detail->text[0])
		fprintf(stderr, "      %s\n", detail->text);
	switch (result_kind(r)) {
	case RESULT_INVALID:
		return EXIT_USAGE;
	case RESULT_DECLINE:
		return EXIT_REFUSED;
	default:
		return EXIT_BROKEN;
	}
}
