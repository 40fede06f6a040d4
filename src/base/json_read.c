/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/secret.h"

enum { NAME_SHOWN_MAX = 64 }; /* bytes of an unknown member's name that a report repeats */

static void free_tree(json_t **tree)
{
	json_decref(*tree);
}

static void add_violation(struct jread_report *report, struct arena *a, struct str field, const char *what)
{
	if (report->count == JREAD_VIOLATIONS_MAX)
		return;
	report->rows[report->count++] = (struct jread_violation){ arena_str(a, field), what };
}

/* NULL when the value fits, else what is wrong with it. */
static const char *read_value(const struct jread_field *f, const json_t *value, struct arena *a, char *out)
{
	struct str text;
	int64_t    number;
	bool       flag;

	switch (f->type) {
	case JREAD_TEXT:
		if (!json_is_string(value))
			return "type";
		text = (struct str){ json_string_value(value), json_string_length(value) };
		if ((int64_t)text.len < f->min || (int64_t)text.len > f->max)
			return "range";
		text = arena_str(a, text);
		memcpy(out + f->offset, &text, sizeof text);
		return NULL;
	case JREAD_INTEGER:
		if (!json_is_integer(value))
			return "type";
		number = json_integer_value(value);
		if (number < f->min || number > f->max)
			return "range";
		memcpy(out + f->offset, &number, sizeof number);
		return NULL;
	case JREAD_BOOL:
		if (!json_is_boolean(value))
			return "type";
		flag = json_is_true(value);
		memcpy(out + f->offset, &flag, sizeof flag);
		return NULL;
	}
	return "type";
}

static bool is_known(const char *name, const struct jread_schema *schema)
{
	for (size_t i = 0; i < schema->count; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return true;
	return false;
}

static struct str shown_name(const char *name, char out[NAME_SHOWN_MAX + 1])
{
	str_copy(str_of(name), out, NAME_SHOWN_MAX + 1);
	return str_of(out);
}

static void read_fields(const json_t *tree, const struct jread_schema *schema, struct arena *a, char *out,
                        struct jread_report *report)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct jread_field *f = &schema->fields[i];
		const json_t             *value = json_object_get(tree, f->name);
		const char               *wrong = NULL;

		if (value && !json_is_null(value))
			wrong = read_value(f, value, a, out);
		else if (f->required)
			wrong = "required";
		if (wrong)
			add_violation(report, a, str_of(f->name), wrong);
	}
}

static result load_object(struct str text, size_t max, json_t **tree)
{
	json_error_t error;

	if (text.len == 0 || text.len > max)
		return FAIL(JSON_SYNTAX, "%zu bytes", text.len);
	*tree = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!*tree)
		return FAIL(JSON_SYNTAX, "line %d column %d: %s", error.line, error.column, error.text);
	return json_is_object(*tree) ? OK : FAIL(JSON_SYNTAX, "not an object");
}

result jread_object(struct str text, const struct jread_schema *schema, struct arena *a, void *out,
                    struct jread_report *report)
{
	SCOPED(free_tree) json_t *tree = NULL;
	char                      shown[NAME_SHOWN_MAX + 1], *copy;
	const char               *name;
	json_t                   *value;

	report->count = 0;
	TRY(load_object(text, schema->text_max ? schema->text_max : JREAD_BODY_MAX, &tree));
	copy = arena_alloc(a, schema->size);
	memcpy(copy, out, schema->size);
	read_fields(tree, schema, a, copy, report);
	json_object_foreach(tree, name, value)
		if (!is_known(name, schema))
			add_violation(report, a, shown_name(name, shown), "unknown");
	if (report->count)
		return FAIL(JSON_FIELDS, STR_FMT ": %s", STR_ARG(report->rows[0].field), report->rows[0].what);
	memcpy(out, copy, schema->size);
	return OK;
}

static struct str member_text(const json_t *value, struct arena *a)
{
	const char *text = json_string_value(value);
	char        digits[24];

	if (!json_is_integer(value))
		return arena_str(a, str_of(text ? text : ""));
	snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return arena_str(a, str_of(digits));
}

result jread_members(struct str text, const char *const *names, size_t count, struct arena *a, struct str *out)
{
	SCOPED(free_tree) json_t *tree = NULL;

	TRY(load_object(text, JREAD_FILE_MAX, &tree));
	for (size_t i = 0; i < count; i++)
		out[i] = member_text(json_object_get(tree, names[i]), a);
	return OK;
}

result jread_member(struct str text, const char *name, struct arena *a, struct str *out)
{
	return jread_members(text, &name, 1, a, out);
}

static void free_wiped(void *at)
{
	if (at)
		secret_wipe_bytes(at, malloc_usable_size(at));
	free(at);
}

void jread_wipe_memory(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}
