/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ipk/fields.h"

size_t ipk_fields_find(const struct ipk_fields *f, enum ipk_name name)
{
	size_t i = 0;

	while (i < f->count && (f->at[i].kind != IPK_WHOLE || f->at[i].name != name))
		i++;
	return i;
}

static result evaluate(const struct ipk_sum *sum, const struct ipk_values *v, int *out)
{
	if ((sum->ni && !ipk_is_set(v, IPK_NI)) || (sum->el && !ipk_is_set(v, IPK_EL)))
		return FAIL(IPK_VALUE, "the lengths of a part are not known");
	*out = sum->constant + sum->ni * (int)ipk_number(v, IPK_NI) +
	       sum->el * (int)ipk_number(v, IPK_EL);
	return OK;
}

/* The bytes of a value that a slice means. */
static result cut(const struct ipk_field *field, const struct ipk_values *v, struct bytes *out)
{
	struct bytes whole = ipk_get(v, field->name);
	int from = 0, to = 0;

	TRY(evaluate(&field->from, v, &from));
	TRY(evaluate(&field->to, v, &to));
	if (from < 0 || to < from || (size_t)to > whole.len)
		return FAIL(IPK_VALUE, "%s[%d:%d] of %zu bytes", ipk_name_text(field->name), from,
		            to, whole.len);
	*out = bytes_of(whole.at + from, (size_t)(to - from));
	return OK;
}

/* --- laying out --- */

static result content(const struct ipk_field *field, const struct ipk_values *v,
                      const struct ipk_parts *parts, struct bytes *out)
{
	switch (field->kind) {
	case IPK_LITERAL:
		*out = bytes_of(field->literal, field->len);
		return OK;
	case IPK_SLICE:
		return cut(field, v, out);
	case IPK_PLAIN:
		*out = parts->plain;
		return OK;
	case IPK_BLOCK:
		*out = parts->block;
		return OK;
	case IPK_WHOLE:
		break;
	}
	if (!ipk_is_set(v, field->name))
		return FAIL(IPK_VALUE, "%s is not known", ipk_name_text(field->name));
	*out = ipk_get(v, field->name);
	return OK;
}

result ipk_fields_lay(const struct ipk_fields *f, size_t from, size_t to,
                      const struct ipk_values *v, struct writer *out)
{
	static const struct ipk_parts none;
	struct bytes bytes;

	ASSERT(to <= f->count);
	for (size_t i = from; i < to; i++) {
		TRY(content(&f->at[i], v, &none, &bytes));
		writer_put(out, bytes);
	}
	return writer_done(out);
}

result ipk_fields_lay_hash(const struct ipk_fields *f, const struct ipk_values *v,
                           const struct ipk_parts *parts, struct writer *out)
{
	struct bytes bytes;

	for (size_t i = 0; i < f->count; i++) {
		TRY(content(&f->at[i], v, parts, &bytes));
		writer_put(out, bytes);
	}
	return writer_done(out);
}

/* --- reading --- */

static result read_literal(const struct ipk_field *field, struct reader *in)
{
	struct bytes got = reader_bytes(in, field->len);

	if (in->bad || !bytes_equal(got, bytes_of(field->literal, field->len)))
		return FAIL(IPK_FILE, "not the fixed bytes that begin with %02X",
		            field->literal[0]);
	return OK;
}

static result read_slice(const struct ipk_field *field, const struct ipk_values *v,
                         struct reader *in)
{
	struct bytes want;

	TRY(cut(field, v, &want));
	if (!bytes_equal(reader_bytes(in, want.len), want) || in->bad)
		return FAIL(IPK_FILE, "not the part of %s", ipk_name_text(field->name));
	return OK;
}

static result read_whole(const struct ipk_field *field, struct ipk_values *v, struct reader *in)
{
	struct bytes value;
	size_t size;

	TRY(ipk_size(v, field->name, &size));
	value = reader_bytes(in, size);
	if (in->bad)
		return FAIL(IPK_FILE, "%s is cut off", ipk_name_text(field->name));
	return ipk_set(v, field->name, value);
}

static result read_one(const struct ipk_field *field, struct ipk_values *v, struct reader *in)
{
	if (field->kind == IPK_LITERAL)
		return read_literal(field, in);
	return field->kind == IPK_SLICE ? read_slice(field, v, in) : read_whole(field, v, in);
}

result ipk_fields_read(const struct ipk_fields *f, size_t from, size_t to, struct ipk_values *v,
                       struct reader *in)
{
	size_t start = in->left;

	ASSERT(to <= f->count);
	for (size_t i = from; i < to; i++) {
		char why[100];
		size_t at = start - in->left;

		if (is_ok(read_one(&f->at[i], v, in)))
			continue;
		str_copy(str_of(result_last()->text), why, sizeof why);
		return FAIL(IPK_FILE, "field %zu at byte %zu: %s", i + 1, at, why);
	}
	return OK;
}
