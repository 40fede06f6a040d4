/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

enum {
	NEAR_ENOUGH    = 3,  /* edits between a wrong key and the one proposed */
	QUOTE_MAX      = 40, /* bytes of the input that a message repeats */
};

static const struct {
	const char *text;
	bool        value;
} bool_words[] = {
	{ "yes", true }, { "true", true },   { "on", true },   { "1", true },
	{ "no", false }, { "false", false }, { "off", false }, { "0", false },
};

static int quoted(struct str s)
{
	return (int)(s.len > QUOTE_MAX ? QUOTE_MAX : s.len);
}

static const struct conf_key *find_key(const struct conf_schema *schema, struct str section, struct str key)
{
	for (size_t i = 0; i < schema->count; i++)
		if (str_equal(section, str_of(schema->keys[i].section)) && str_equal(key, str_of(schema->keys[i].key)))
			return &schema->keys[i];
	return NULL;
}

/* The key whose name is nearest; a right key in a wrong section counts as near. NULL when nothing is. */
static const struct conf_key *nearest(const struct conf_schema *schema, struct str section, struct str key)
{
	const struct conf_key *best = NULL;
	size_t                 least = NEAR_ENOUGH + 1;

	for (size_t i = 0; i < schema->count; i++) {
		const struct conf_key *k = &schema->keys[i];
		bool   is_here = str_equal(section, str_of(k->section));
		size_t far = str_distance(key, str_of(k->key)) + (is_here ? 0 : 1);

		if (far < least) {
			least = far;
			best = k;
		}
	}
	return best;
}

static result unknown_key(const struct conf_schema *schema, struct str section, struct str key, int line)
{
	const struct conf_key *near = nearest(schema, section, key);

	if (!near)
		return FAIL(CONF_UNKNOWN_KEY, "line %d: unknown key %.*s.%.*s", line, quoted(section), section.at,
		            quoted(key), key.at);
	return FAIL(CONF_UNKNOWN_KEY, "line %d: unknown key %.*s.%.*s, did you mean %s.%s?", line, quoted(section),
	            section.at, quoted(key), key.at, near->section, near->key);
}

static result read_integer(const struct conf_key *k, struct str value, int line, void *out)
{
	int64_t v;

	if (!is_ok(str_i64(value, &v)))
		return FAIL(CONF_RANGE, "line %d: %s.%s wants a whole number, not \"%.*s\"", line, k->section, k->key,
		            quoted(value), value.at);
	if (v < k->min || v > k->max)
		return FAIL(CONF_RANGE,
		            "line %d: %s.%s = %" PRId64 " is outside %" PRId64 "…%" PRId64, line,
		            k->section, k->key, v, k->min, k->max);
	memcpy((char *)out + k->offset, &v, sizeof v);
	return OK;
}

static result read_bool(const struct conf_key *k, struct str value, int line, void *out)
{
	for (size_t i = 0; i < ARRAY_LEN(bool_words); i++) {
		if (!str_equal(value, str_of(bool_words[i].text)))
			continue;
		memcpy((char *)out + k->offset, &bool_words[i].value, sizeof(bool));
		return OK;
	}
	return FAIL(CONF_RANGE, "line %d: %s.%s wants yes or no, not \"%.*s\"", line, k->section, k->key, quoted(value),
	            value.at);
}

static result read_text(const struct conf_key *k, struct str value, int line, void *out)
{
	if (value.len >= CONF_TEXT_MAX)
		return FAIL(CONF_RANGE, "line %d: %s.%s is longer than %d bytes", line, k->section, k->key,
		            CONF_TEXT_MAX - 1);
	str_copy(value, (char *)out + k->offset, CONF_TEXT_MAX);
	return OK;
}

static result read_value(const struct conf_key *k, struct str value, int line, void *out)
{
	switch (k->type) {
	case CONF_INTEGER:
		return read_integer(k, value, line, out);
	case CONF_BOOL:
		return read_bool(k, value, line, out);
	case CONF_TEXT:
	case CONF_PATH:
		return read_text(k, value, line, out);
	}
	return FAIL(CONF_SYNTAX, "%s.%s has no type", k->section, k->key);
}

void conf_defaults(const struct conf_schema *schema, void *out)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct conf_key *k = &schema->keys[i];

		/* The table is the program's own; a default outside its own range is a mistake there. */
		ASSERT(is_ok(read_value(k, str_of(k->fallback), 0, out)));
	}
}

struct parse {
	const struct conf_schema *schema;
	void                     *out;
	struct str                section;
	int                       line;
	bool                      seen[CONF_KEYS_MAX];
};

static result read_assignment(struct parse *p, struct str text)
{
	struct str             key, value;
	const struct conf_key *k;
	size_t                 number;

	if (!str_cut(text, '=', &key, &value))
		return FAIL(CONF_SYNTAX, "line %d: neither [section] nor key = value: \"%.*s\"", p->line, quoted(text),
		            text.at);
	key = str_trim(key);
	k = find_key(p->schema, p->section, key);
	if (!k)
		return unknown_key(p->schema, p->section, key, p->line);
	number = (size_t)(k - p->schema->keys);
	if (p->seen[number])
		return FAIL(CONF_SYNTAX, "line %d: %s.%s is given twice", p->line, k->section, k->key);
	p->seen[number] = true;
	return read_value(k, str_trim(value), p->line, p->out);
}

static result read_line(struct parse *p, struct str text)
{
	if (text.len == 0 || text.at[0] == '#' || text.at[0] == ';')
		return OK;
	if (text.at[0] != '[')
		return read_assignment(p, text);
	if (text.len < 3 || text.at[text.len - 1] != ']')
		return FAIL(CONF_SYNTAX, "line %d: a section is written [name]", p->line);
	p->section = str_trim((struct str){ text.at + 1, text.len - 2 });
	return OK;
}

result conf_read(const struct conf_schema *schema, struct str text, void *out)
{
	struct parse p = { .schema = schema, .out = out };
	struct str   line, rest = text;

	ASSERT(schema->count <= CONF_KEYS_MAX);
	if (text.len > CONF_FILE_MAX)
		return FAIL(CONF_SYNTAX, "more than %d bytes", CONF_FILE_MAX);
	if (!str_is_utf8(text))
		return FAIL(CONF_SYNTAX, "not UTF-8");
	while (rest.len) {
		p.line++;
		str_cut(rest, '\n', &line, &rest);
		TRY(read_line(&p, str_trim(line)));
	}
	return OK;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

result conf_load(const struct conf_schema *schema, const char *path, void *out)
{
	SCOPED(close_fd) int         fd = open(path, O_RDONLY | O_CLOEXEC);
	SCOPED(buf_free) struct buf text = { .limit = CONF_FILE_MAX + 1 };
	ssize_t                      got;

	if (fd < 0)
		return FAIL(FILE_READ, "%s: %m", path);
	do {
		uint8_t *to = buf_reserve(&text, CONF_FILE_MAX + 1 - text.len);

		if (!to)
			return FAIL(OUT_OF_MEMORY, "%s", path);
		got = read(fd, to, CONF_FILE_MAX + 1 - text.len);
		if (got < 0 && errno != EINTR)
			return FAIL(FILE_READ, "%s: %m", path);
		if (got > 0)
			text.len += (size_t)got;
	} while (got != 0 && text.len <= CONF_FILE_MAX);
	return conf_read(schema, buf_text(&text), out);
}

result conf_set(const struct conf_schema *schema, struct str assignment, void *out)
{
	struct str             name, value, section, key;
	const struct conf_key *k;

	if (!str_cut(assignment, '=', &name, &value) || !str_cut(str_trim(name), '.', &section, &key))
		return FAIL(CONF_SYNTAX, "\"%.*s\" is not section.key=value", quoted(assignment), assignment.at);
	if (!str_is_utf8(assignment))
		return FAIL(CONF_SYNTAX, "not UTF-8");
	k = find_key(schema, section, key);
	if (!k)
		return unknown_key(schema, section, key, 0);
	return read_value(k, str_trim(value), 0, out);
}

static void print_value(const struct conf_key *k, const void *values, struct buf *out)
{
	const char *at = (const char *)values + k->offset;
	int64_t     number;

	switch (k->type) {
	case CONF_INTEGER:
		memcpy(&number, at, sizeof number);
		buf_printf(out, "%" PRId64, number);
		break;
	case CONF_BOOL:
		buf_str(out, *(const bool *)at ? STR("yes") : STR("no"));
		break;
	case CONF_TEXT:
	case CONF_PATH:
		buf_str(out, str_of(at));
		break;
	}
}

static void print_help(const struct conf_key *k, struct buf *out)
{
	buf_printf(out, "# %s", k->help);
	if (k->type == CONF_INTEGER)
		buf_printf(out, " (%" PRId64 "…%" PRId64 ")", k->min, k->max);
	buf_printf(out, " Default: %s\n", *k->fallback ? k->fallback : "none");
}

void conf_print(const struct conf_schema *schema, const void *values, bool with_help, struct buf *out)
{
	const char *section = "";

	for (size_t i = 0; i < schema->count; i++) {
		const struct conf_key *k = &schema->keys[i];

		if (strcmp(section, k->section) != 0)
			buf_printf(out, "%s[%s]\n", i ? "\n" : "", k->section);
		section = k->section;
		if (with_help)
			print_help(k, out);
		buf_printf(out, "%s = ", k->key);
		print_value(k, values, out);
		buf_str(out, STR("\n"));
	}
}
