/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/key_help.h"

#include "programs/kms/key_order.h"

/* What is typed behind the field's name. */
static const char *how_typed(const struct key_field *f)
{
	switch (f->kind) {
	case 'f':
	case 'b':
		return "=@FILE";
	case 's':
	case 'c':
		return f->required ? "  (asked for 输入时询问; or =@FILE)"
		                   : "=-  (asked for 输入时询问)";
	default:
		return f->type == 'n' ? "=NUMBER" : f->type == 'f' ? "=yes|no" : "=…";
	}
}

static void write_field(const struct key_field *f, struct buf *out)
{
	if (f->required)
		buf_printf(out, "    %s%s\n", f->name, how_typed(f));
	else
		buf_printf(out, "    [%s%s]\n", f->name, how_typed(f));
}

/* Orders of logging in are what `yika key` itself gives. */
static bool is_own(struct str name)
{
	static const char *const own[] = { "hello", "help", "login", "invited", "enter" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_equal(name, str_of(own[i])))
			return true;
	return false;
}

static result write_order(struct str line, struct str name, struct buf *out)
{
	struct str who, agreed, rest;
	struct key_order o;

	TRY(key_order_find(line, name, &o));
	str_cut(line, ' ', &who, &rest);
	str_cut(rest, ' ', &who, &rest);
	str_cut(rest, ' ', &agreed, &rest);
	buf_printf(out, STR_FMT "  (" STR_FMT "%s)\n", STR_ARG(name), STR_ARG(who),
	           str_equal(agreed, STR("agreed")) ? "; others may have to agree 可能须他人审批"
	                                            : "");
	for (size_t i = 0; i < o.count; i++)
		write_field(&o.fields[i], out);
	return OK;
}

result key_help_write(struct str table, struct str begin, struct buf *out)
{
	struct str line, name, tail, rest = table;
	size_t before = out->len;
	bool more = true;

	while (more) {
		more = str_cut(rest, '\n', &line, &rest);
		if (!str_cut(line, ' ', &name, &tail) || is_own(name) || name.len < begin.len ||
		    memcmp(name.at, begin.at, begin.len) != 0)
			continue;
		TRY(write_order(line, name, out));
	}
	return out->len > before
	               ? buf_done(out)
	               : FAIL(CONTROL_COMMAND, "there is no order " STR_FMT, STR_ARG(begin));
}
