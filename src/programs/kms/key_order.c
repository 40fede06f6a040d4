/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/key_order.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "programs/kms/prompt.h"

enum { TYPED_MAX = 4096, QUESTION_MAX = 128 };

/* --- the table --- */

static result read_field(struct str word, struct key_field *out)
{
	struct str name, type, kind, rest;

	if (!str_cut(word, ':', &name, &rest) || !str_cut(rest, ':', &type, &rest) ||
	    !str_cut(rest, ':', &kind, &rest) || !type.len || !kind.len)
		return FAIL(CONTROL_COMMAND, "the key manager told a field " STR_FMT,
		            STR_ARG(word));
	str_copy(name, out->name, sizeof out->name);
	out->type = type.at[0];
	out->kind = kind.at[0];
	out->required = str_equal(rest, STR("required"));
	return OK;
}

static result read_line(struct str line, struct key_order *out)
{
	struct str word, rest = line;
	bool more;

	*out = (struct key_order){ 0 };
	more = str_cut(rest, ' ', &word, &rest);
	str_copy(word, out->command, sizeof out->command);
	for (int skipped = 0; more && skipped < 2; skipped++)
		more = str_cut(rest, ' ', &word, &rest);
	while (more) {
		more = str_cut(rest, ' ', &word, &rest);
		if (out->count == KEY_ORDER_FIELDS)
			return FAIL(CONTROL_COMMAND, "more than %d fields", KEY_ORDER_FIELDS);
		TRY(read_field(word, &out->fields[out->count++]));
	}
	return OK;
}

result key_order_find(struct str table, struct str command, struct key_order *out)
{
	struct str line, rest = table;
	bool more = true;

	while (more) {
		more = str_cut(rest, '\n', &line, &rest);
		if (line.len > command.len && line.at[command.len] == ' ' &&
		    memcmp(line.at, command.at, command.len) == 0)
			return read_line(line, out);
	}
	return FAIL(CONTROL_COMMAND, "there is no order " STR_FMT "; see: yika key help",
	            STR_ARG(command));
}

/* --- values --- */

static result read_whole(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return FAIL(FILE_READ, "%s: %m", path);
	while (n > 0) {
		uint8_t *room = buf_reserve(out, 65536);

		if (!room)
			break;
		n = read(fd, room, 65536);
		out->len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (n < 0)
		return FAIL(FILE_READ, "%s: %m", path);
	return is_ok(buf_done(out))
	               ? OK
	               : FAIL(FILE_READ, "%s is larger than %d bytes", path, KEY_FILE_MAX);
}

/* What officers call it. */
static const char *words_for(const char *name)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
		{ "pin", "pin 介质口令" },
		{ "value", "value 分量（十六进制）" },
		{ "part", "part 密钥分量（十六进制）" },
		{ "paper", "paper 纸面分量" },
		{ "old_pin", "old_pin 设备原口令" },
		{ "new_pin", "new_pin 设备新口令" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].words;
	return name;
}

static result ask(const struct key_field *f, char out[TYPED_MAX])
{
	char question[QUESTION_MAX], again[TYPED_MAX];
	result r;

	snprintf(question, sizeof question, "%s: ", words_for(f->name));
	TRY(prompt_text(question, false, out, TYPED_MAX));
	if (f->kind != 'c')
		return OK;
	snprintf(question, sizeof question, "%s, again 再次输入: ", words_for(f->name));
	r = prompt_text(question, false, again, sizeof again);
	if (is_ok(r) && strcmp(out, again) != 0)
		r = FAIL(USAGE, "%s: what was typed differs", f->name);
	secret_wipe_bytes(again, sizeof again);
	return r;
}

static result put_secret(struct jwrite *j, const struct key_field *f, const char *value)
{
	SCOPED(buf_free) struct buf file = { .limit = KEY_FILE_MAX };
	char typed[TYPED_MAX];
	result r;

	if (value && value[0] == '@') {
		TRY(read_whole(value + 1, &file));
		jwrite_str(j, f->name, buf_text(&file));
		secret_wipe_bytes(file.at, file.len);
		return OK;
	}
	if (value && strcmp(value, "-") != 0)
		return FAIL(USAGE, "%s is secret: write %s=- and type it, or %s=@FILE", f->name,
		            f->name, f->name);
	r = ask(f, typed);
	if (is_ok(r))
		jwrite_text(j, f->name, typed);
	secret_wipe_bytes(typed, sizeof typed);
	return r;
}

static result put_hex(struct jwrite *j, const char *name, struct bytes content)
{
	SCOPED(buf_free) struct buf hex = { .limit = 2 * KEY_FILE_MAX + 1 };
	uint8_t *room = buf_reserve(&hex, 2 * content.len + 1);

	TRY(buf_done(&hex));
	hex_encode(content, (char *)room);
	hex.len = 2 * content.len;
	jwrite_str(j, name, buf_text(&hex));
	return OK;
}

static result put_file(struct jwrite *j, const struct key_field *f, const char *value)
{
	SCOPED(buf_free) struct buf file = { .limit = KEY_FILE_MAX };

	if (value[0] != '@')
		return FAIL(USAGE, "%s is a file: write %s=@FILE", f->name, f->name);
	TRY(read_whole(value + 1, &file));
	if (f->kind == 'b')
		return put_hex(j, f->name, buf_bytes(&file));
	if (!str_is_utf8(buf_text(&file)))
		return FAIL(FILE_READ, "%s is not text", value + 1);
	jwrite_str(j, f->name, buf_text(&file));
	return OK;
}

static result put_plain(struct jwrite *j, const struct key_field *f, const char *value)
{
	int64_t number;

	if (f->type == 't') {
		jwrite_text(j, f->name, value);
	} else if (f->type == 'n') {
		if (!is_ok(str_i64(str_of(value), &number)))
			return FAIL(USAGE, "%s is a number, not %s", f->name, value);
		jwrite_i64(j, f->name, number);
	} else {
		bool yes = strcmp(value, "yes") == 0;

		if (!yes && strcmp(value, "no") != 0)
			return FAIL(USAGE, "%s is yes or no, not %s", f->name, value);
		jwrite_bool(j, f->name, yes);
	}
	return OK;
}

/* --- the request --- */

static const char *value_of(const struct key_words *words, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < words->count; i++)
		if (strncmp(words->at[i], name, len) == 0 && words->at[i][len] == '=')
			return words->at[i] + len + 1;
	return NULL;
}

static result require_known(const struct key_order *o, const char *word)
{
	const char *equals = strchr(word, '=');

	for (size_t i = 0; equals && i < o->count; i++)
		if (strlen(o->fields[i].name) == (size_t)(equals - word) &&
		    memcmp(o->fields[i].name, word, (size_t)(equals - word)) == 0)
			return OK;
	return FAIL(USAGE, "%s: %s has no such field; fields are written name=value", word,
	            o->command);
}

static result put_field(struct jwrite *j, const struct key_field *f, const struct key_words *words)
{
	const char *value = value_of(words, f->name);

	if (f->kind == 's' || f->kind == 'c')
		return value || f->required ? put_secret(j, f, value) : OK;
	if (!value && f->required && !words->approval)
		return FAIL(USAGE, "%s=… is missing", f->name);
	if (!value)
		return OK;
	return f->kind == 'f' || f->kind == 'b' ? put_file(j, f, value) : put_plain(j, f, value);
}

result key_order_write(const struct key_order *o, const struct key_words *words,
                       struct buf *request)
{
	struct jwrite j = { .out = request };

	for (int i = 0; i < words->count; i++)
		TRY(require_known(o, words->at[i]));
	jwrite_object(&j, NULL);
	jwrite_text(&j, "command", o->command);
	if (words->session)
		jwrite_text(&j, "session", words->session);
	if (words->approval)
		jwrite_text(&j, "approval", words->approval);
	for (size_t i = 0; i < o->count; i++)
		TRY(put_field(&j, &o->fields[i], words));
	jwrite_end(&j);
	return buf_done(request);
}
