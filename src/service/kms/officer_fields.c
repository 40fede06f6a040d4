/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/officer_fields.h"

#include <stdio.h>

#include "crypto/digest.h"

enum { NAME_SIZE = 64, SEALED_NAMES = 2 };

static const char *const head_names[] = { "command", "session", "reply_key", "approval",
	                                  "progress" };

result officer_read_head(struct str text, struct arena *a, struct officer_head *out)
{
	struct str found[ARRAY_LEN(head_names)];

	TRY(jread_members(text, head_names, ARRAY_LEN(head_names), a, found));
	*out = (struct officer_head){ .command = found[0],
		                      .session = found[1],
		                      .reply_key = found[2],
		                      .progress = str_equal(found[4], STR("yes")) };
	if (found[3].len)
		TRY(str_i64(found[3], &out->approval));
	return OK;
}

/* --- a table of fields for the reader --- */

/* Behind the arguments: texts of the head, which are read elsewhere, and sealed secrets. */
struct beside {
	struct str head[ARRAY_LEN(head_names)];
	struct str sealed[OFFICER_FIELDS_MAX];
};

struct table {
	struct jread_field fields[ARRAY_LEN(head_names) + SEALED_NAMES * OFFICER_FIELDS_MAX];
	char names[OFFICER_FIELDS_MAX][NAME_SIZE];
	size_t count;
};

static void add(struct table *t, const char *name, enum jread_type type, size_t offset)
{
	t->fields[t->count++] =
	        (struct jread_field){ name, type, offset, false, 0, OFFICER_FILE_MAX };
}

static const char *sealed_name(struct table *t, size_t i, const char *name)
{
	snprintf(t->names[i], NAME_SIZE, "%s_sealed", name);
	return t->names[i];
}

static void add_fields(struct table *t, const struct officer_reading *how)
{
	const struct officer_command *c = how->command;

	ASSERT(c->field_count <= OFFICER_FIELDS_MAX && c->args_size <= OFFICER_ARGS_MAX);
	for (size_t i = 0; i < c->field_count; i++) {
		const struct officer_field *f = &c->fields[i];

		t->fields[t->count] = f->field;
		/* A secret comes under one of two names; check_secrets asks for it. */
		if (f->kind == OFFICER_IS_SECRET || (how->optional && f->kind == OFFICER_IS_PLAIN))
			t->fields[t->count].required = false;
		t->count++;
		if (f->kind == OFFICER_IS_SECRET)
			add(t, sealed_name(t, i, f->field.name), JREAD_TEXT,
			    OFFICER_ARGS_MAX + offsetof(struct beside, sealed) +
			            i * sizeof(struct str));
	}
}

static void make_table(struct table *t, const struct officer_reading *how)
{
	t->count = 0;
	for (size_t i = 0; i < ARRAY_LEN(head_names); i++)
		add(t, head_names[i], JREAD_TEXT,
		    OFFICER_ARGS_MAX + offsetof(struct beside, head) + i * sizeof(struct str));
	add_fields(t, how);
}

/* --- secrets --- */

static struct str *text_at(void *args, const struct officer_field *f)
{
	return (struct str *)(void *)((char *)args + f->field.offset);
}

static result open_sealed(const struct officer_reading *how, const struct officer_field *f,
                          struct str hex, struct arena *a, struct str *out)
{
	char about[NAME_SIZE * 2];
	size_t len = hex.len / 2;
	uint8_t *sealed = arena_alloc(a, len + 1), *clear = arena_alloc(a, len + 1);
	struct writer w = writer_of(clear, len);

	TRY(hex_decode(hex, sealed, len));
	snprintf(about, sizeof about, "%s/%s", how->command->name, f->field.name);
	TRY(seal_open(how->seal, str_bytes(str_of(about)), bytes_of(sealed, len), &w));
	*out = (struct str){ (const char *)clear, w.len };
	return OK;
}

static result check_secret(const struct officer_reading *how, const struct officer_field *f,
                           struct str sealed, struct arena *a, void *args)
{
	struct str *value = text_at(args, f);

	if (value->len && how->relayed)
		return FAIL(SEAL_NEEDED, "%s", f->field.name);
	if (sealed.len)
		TRY(open_sealed(how, f, sealed, a, value));
	if (f->field.required && !value->len)
		return FAIL(JSON_FIELDS, "%s: required", f->field.name);
	return (int64_t)value->len <= f->field.max ? OK
	                                           : FAIL(JSON_FIELDS, "%s: range", f->field.name);
}

/* --- files --- */

static bool is_file(const struct officer_field *f)
{
	return f->kind == OFFICER_IS_FILE || f->kind == OFFICER_IS_BINARY;
}

static result open_binary(const struct officer_field *f, struct arena *a, void *args)
{
	struct str *value = text_at(args, f);
	size_t len = value->len / 2;
	uint8_t *content = arena_alloc(a, len + 1);

	if (!is_ok(hex_decode(*value, content, len)))
		return FAIL(JSON_FIELDS, "%s: hexadecimal", f->field.name);
	*value = (struct str){ (const char *)content, len };
	return OK;
}

/* --- arguments --- */

static result open_field(const struct officer_reading *how, size_t i, struct str sealed,
                         struct arena *a, void *args)
{
	const struct officer_field *f = &how->command->fields[i];

	if (f->kind == OFFICER_IS_SECRET)
		return check_secret(how, f, sealed, a, args);
	return f->kind == OFFICER_IS_BINARY ? open_binary(f, a, args) : OK;
}

result officer_read_args(struct str text, const struct officer_reading *how, struct arena *a,
                         void *args, struct jread_report *report)
{
	struct {
		_Alignas(16) char args[OFFICER_ARGS_MAX];
		struct beside beside;
	} *all = arena_alloc(a, sizeof *all);
	struct table *t = arena_alloc(a, sizeof *t);

	make_table(t, how);
	struct jread_schema schema = { t->fields, t->count, sizeof *all, JREAD_FILE_MAX };
	TRY(jread_object(text, &schema, a, all, report));
	for (size_t i = 0; i < how->command->field_count; i++)
		TRY(open_field(how, i, all->beside.sealed[i], a, all->args));
	memcpy(args, all->args, how->command->args_size);
	return OK;
}

/* --- what is agreed to --- */

static void hash_name(const struct officer_field *f, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%s_sha256", f->field.name);
}

static void write_file_hash(struct jwrite *j, const struct officer_field *f, struct str file)
{
	char name[NAME_SIZE], hex[2 * DIGEST_SIZE + 1];
	uint8_t hash[DIGEST_SIZE];

	digest_sha256(str_bytes(file), hash);
	hex_encode(bytes_of(hash, sizeof hash), hex);
	hash_name(f, name);
	jwrite_text(j, name, hex);
}

static void write_plain(struct jwrite *j, const struct officer_field *f, const char *at)
{
	struct str text;
	int64_t number;
	bool flag;

	switch (f->field.type) {
	case JREAD_TEXT:
		memcpy(&text, at, sizeof text);
		if (text.len)
			jwrite_str(j, f->field.name, text);
		break;
	case JREAD_INTEGER:
		memcpy(&number, at, sizeof number);
		if (number)
			jwrite_i64(j, f->field.name, number);
		break;
	case JREAD_BOOL:
		memcpy(&flag, at, sizeof flag);
		if (flag)
			jwrite_bool(j, f->field.name, flag);
		break;
	}
}

result officer_write_payload(const struct officer_command *c, const void *args, struct buf *out)
{
	struct jwrite j = { .out = out };

	jwrite_object(&j, NULL);
	for (size_t i = 0; i < c->field_count; i++) {
		const struct officer_field *f = &c->fields[i];
		const char *at = (const char *)args + f->field.offset;
		struct str file;

		ASSERT(f->kind != OFFICER_IS_SECRET); /* nobody agrees to what he cannot see */
		if (f->kind == OFFICER_IS_PLAIN) {
			write_plain(&j, f, at);
			continue;
		}
		memcpy(&file, at, sizeof file);
		if (file.len)
			write_file_hash(&j, f, file);
	}
	jwrite_end(&j);
	return buf_done(out);
}

bool officer_is_restated(const struct officer_command *c, const void *args)
{
	static const char zeros[sizeof(struct str)];
	static const size_t sizes[] = { [JREAD_TEXT] = sizeof(struct str),
		                        [JREAD_INTEGER] = sizeof(int64_t),
		                        [JREAD_BOOL] = sizeof(bool) };

	for (size_t i = 0; i < c->field_count; i++) {
		const struct officer_field *f = &c->fields[i];

		if (f->kind == OFFICER_IS_PLAIN &&
		    memcmp((const char *)args + f->field.offset, zeros, sizes[f->field.type]) != 0)
			return true;
	}
	return false;
}

/* The plain fields of the payload over `args`; its hashes are compared by the caller. */
static result take_plain(const struct officer_command *c, struct str payload, struct arena *a,
                         void *args)
{
	char names[OFFICER_FIELDS_MAX][NAME_SIZE];
	struct jread_field fields[OFFICER_FIELDS_MAX];
	struct {
		_Alignas(16) char args[OFFICER_ARGS_MAX];
		struct str ignored;
	} all = { 0 };
	struct jread_report report;

	memcpy(all.args, args, c->args_size);
	for (size_t i = 0; i < c->field_count; i++) {
		fields[i] = c->fields[i].field;
		fields[i].required = false;
		if (!is_file(&c->fields[i]))
			continue;
		hash_name(&c->fields[i], names[i]);
		fields[i] =
		        (struct jread_field){ names[i], JREAD_TEXT, offsetof(typeof(all), ignored),
			                      false,    0,          2 * DIGEST_SIZE };
	}
	struct jread_schema schema = { fields, c->field_count, sizeof all, 0 };
	TRY(jread_object(payload, &schema, a, &all, &report));
	memcpy(args, all.args, c->args_size);
	return OK;
}

result officer_read_payload(const struct officer_command *c, struct str payload, struct arena *a,
                            void *args)
{
	SCOPED(buf_free) struct buf again = { 0 };

	if (!officer_is_restated(c, args))
		TRY(take_plain(c, payload, a, args));
	TRY(officer_write_payload(c, args, &again));
	if (!str_equal(buf_text(&again), payload))
		return FAIL(APPROVAL_OTHER, "%s: other fields or another file than was agreed to",
		            c->name);
	return OK;
}
