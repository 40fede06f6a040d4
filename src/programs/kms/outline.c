/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/outline.h"

#include "base/secret.h"
#include "base/time.h"

enum { DEPTH_MAX = 16, NAME_SHOWN = 64 };

struct outline {
	struct str in;
	size_t at;
	struct buf *out;
	const char *without;
	int depth;
	bool bad;
};

static char peek(const struct outline *o)
{
	return o->at < o->in.len ? o->in.at[o->at] : '\0';
}

static bool take(struct outline *o, char c)
{
	if (peek(o) != c)
		return false;
	o->at++;
	return true;
}

static void indent(struct outline *o)
{
	for (int i = 0; i < o->depth; i++)
		buf_str(o->out, STR("  "));
}

/* What the key manager writes: \n, \t, \r, \", \\ and \u00XX of control characters. */
static char unescape(struct outline *o)
{
	char c = peek(o);

	o->at++;
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'u':
		o->at += 4;
		return '?';
	default:
		return c;
	}
}

/* A text; line feeds in it begin an indented line. */
static void text(struct outline *o, struct buf *to)
{
	o->bad = !take(o, '"');
	while (!o->bad && !take(o, '"')) {
		char c = peek(o);

		if (o->at >= o->in.len) {
			o->bad = true;
			return;
		}
		o->at++;
		if (c == '\\')
			c = unescape(o);
		buf_put(to, bytes_of(&c, 1));
	}
}

/* "-" for none; a text of several lines stands below its name. */
static void shown_text(struct outline *o)
{
	SCOPED(buf_free) struct buf whole = { .limit = o->out->limit };
	struct str line, rest;
	bool more = true;

	text(o, &whole);
	rest = buf_text(&whole);
	if (!memchr(whole.len ? whole.at : (const uint8_t *)"", '\n', whole.len)) {
		buf_str(o->out, rest.len ? rest : STR("-"));
		buf_str(o->out, STR("\n"));
	} else {
		buf_str(o->out, STR("\n"));
		while (more) {
			more = str_cut(rest, '\n', &line, &rest);
			buf_str(o->out, line.len ? STR("  ") : STR(""));
			buf_str(o->out, line);
			buf_str(o->out, more || line.len ? STR("\n") : STR(""));
		}
	}
	secret_wipe_bytes(whole.at, whole.len);
}

static void value(struct outline *o, const char *name);

static bool is_time(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && strcmp(name + len - 3, "_us") == 0;
}

static void scalar(struct outline *o, const char *name)
{
	size_t from = o->at;
	struct str word;
	int64_t us;

	while (o->at < o->in.len && !strchr(",]}", o->in.at[o->at]))
		o->at++;
	word = (struct str){ o->in.at + from, o->at - from };
	if (is_time(name) && is_ok(str_i64(word, &us))) {
		char at[INSTANT_TEXT_SIZE] = "-";

		if (us)
			instant_text((struct instant){ us }, TIME_ZONE_CHINA_S, at);
		buf_str(o->out, str_of(at));
	} else {
		buf_str(o->out, word);
	}
	buf_str(o->out, STR("\n"));
}

static bool is_hidden(const struct outline *o, const char *name)
{
	static const char *const names[] = { "code", "zh", "en", "detail" };

	if (o->depth == 0 && o->without && strcmp(name, o->without) == 0)
		return true;
	for (size_t i = 0; o->depth == 0 && i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* A blank between a name and what stands in its line. Times go without their unit. */
static void write_name(struct outline *o, const char *name)
{
	size_t len = strlen(name) - (is_time(name) ? strlen("_us") : 0);
	bool below = peek(o) == '{' || (peek(o) == '[' && o->in.at[o->at + 1] != ']');

	buf_put(o->out, bytes_of(name, len));
	buf_str(o->out, below ? STR(":") : STR(": "));
}

static void member(struct outline *o, bool first)
{
	SCOPED(buf_free) struct buf name = { 0 };
	size_t begin = o->out->len;
	char shown[NAME_SHOWN];

	text(o, &name);
	o->bad = o->bad || !take(o, ':');
	if (o->bad)
		return;
	str_copy(buf_text(&name), shown, sizeof shown);
	if (!first)
		indent(o);
	write_name(o, shown);
	value(o, shown);
	if (is_hidden(o, shown)) {
		secret_wipe_bytes(o->out->at + begin, o->out->len - begin);
		o->out->len = begin;
	}
}

/* dashed: the first member stands behind a dash. */
static void object(struct outline *o, bool dashed)
{
	bool first = dashed;

	o->bad = o->bad || !take(o, '{');
	while (!o->bad && !take(o, '}')) {
		member(o, first);
		first = false;
		if (!take(o, ',') && peek(o) != '}')
			o->bad = true;
	}
	if (first)
		buf_str(o->out, STR("\n"));
}

static void list(struct outline *o)
{
	take(o, '[');
	if (take(o, ']')) {
		buf_str(o->out, STR("-\n"));
		return;
	}
	buf_str(o->out, STR("\n"));
	while (!o->bad && !take(o, ']')) {
		indent(o);
		buf_str(o->out, STR("- "));
		o->depth++;
		value(o, "");
		o->depth--;
		if (!take(o, ',') && peek(o) != ']')
			o->bad = true;
	}
}

static void value(struct outline *o, const char *name)
{
	if (o->depth >= DEPTH_MAX) {
		o->bad = true;
	} else if (peek(o) == '{') {
		bool in_list = !name[0];

		if (!in_list) {
			buf_str(o->out, STR("\n"));
			o->depth++;
		}
		object(o, in_list);
		o->depth -= !in_list;
	} else if (peek(o) == '[') {
		o->depth++;
		list(o);
		o->depth--;
	} else if (peek(o) == '"') {
		shown_text(o);
	} else {
		scalar(o, name);
	}
}

void outline_write(struct str json, const char *without, struct buf *out)
{
	struct outline o = { .in = json, .out = out, .without = without };
	size_t begin = out->len;

	object(&o, false);
	if (!o.bad && o.at == json.len)
		return;
	out->len = begin;
	buf_str(out, json);
}
