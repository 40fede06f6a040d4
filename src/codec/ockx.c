/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ockx.h"

#include "codec/ockx_lines.h"

/* A file while it is read for the first time. */
struct scan {
	struct str file, rest;
	struct ockx_fault fault;
	unsigned rows;
};

/* --- lines into members; the fields are known to be good --- */

static unsigned number(struct str s)
{
	uint64_t n = 0;

	ASSERT(is_ok(str_u64(s, &n)));
	return (unsigned)n;
}

static struct bizdate day(struct str s)
{
	return (struct bizdate){ s.len ? number(s) : 0 };
}

static int part(struct str s, size_t at, size_t len)
{
	return (int)number((struct str){ s.at + at, len });
}

static struct instant moment(struct str s)
{
	struct civil c = { .year = part(s, 0, 4) };

	c.month = part(s, 4, 2);
	c.day = part(s, 6, 2);
	c.hour = part(s, 9, 2);
	c.minute = part(s, 11, 2);
	c.second = part(s, 13, 2);
	return instant_of(c, 0);
}

static void read_header(const struct ockx_fields *f, struct ockx_header *h)
{
	h->made = moment(f->at[OCKX_H_MADE]);
	str_copy(f->at[OCKX_H_ISSUER], h->issuer, sizeof h->issuer);
	str_copy(f->at[OCKX_H_BATCH], h->batch, sizeof h->batch);
	str_copy(f->at[OCKX_H_ZMK], h->zmk, sizeof h->zmk);
	str_copy(f->at[OCKX_H_CHECK], h->check, sizeof h->check);
	h->version = f->at[OCKX_H_VERSION].at[0];
	h->count = number(f->at[OCKX_H_COUNT]);
}

static void read_row(const struct ockx_fields *f, size_t line, struct ockx_row *r)
{
	*r = (struct ockx_row){ .line = line, .block = f->at[OCKX_R_BLOCK] };
	str_copy(f->at[OCKX_R_PRODUCT], r->product, sizeof r->product);
	str_copy(f->at[OCKX_R_KEY], r->key, sizeof r->key);
	r->version = number(f->at[OCKX_R_VERSION]);
	str_copy(f->at[OCKX_R_USAGE], r->usage, sizeof r->usage);
	r->algorithm = f->at[OCKX_R_ALGORITHM].at[0];
	r->bits = number(f->at[OCKX_R_BITS]);
	str_copy(f->at[OCKX_R_CHECK], r->check, sizeof r->check);
	r->from = day(f->at[OCKX_R_FROM]);
	r->to = day(f->at[OCKX_R_TO]);
}

/* --- reading for the first time: everything is in doubt --- */

static result whole_file(struct scan *s, enum result_code code, const char *rule)
{
	s->fault = (struct ockx_fault){ .rule = rule };
	return FAIL(code, "%s", rule);
}

/* The next line without its LF; *ended: there was one. */
static result take_line(struct scan *s, struct str *line, bool *ended)
{
	s->fault = (struct ockx_fault){ .line = s->fault.line + 1 };
	*ended = str_cut(s->rest, '\n', line, &s->rest);
	if (line->len > OCKX_LINE_MAX) {
		s->fault.rule = "at most 10240 characters";
		return FAIL(OCKX_LIMIT, "a line of %zu characters", line->len);
	}
	return OK;
}

/* A line behind which others follow. */
static result take_fields(struct scan *s, enum ockx_kind kind, struct str line, bool ended,
                          struct ockx_fields *f)
{
	TRY(ockx_split(kind, line, f, &s->fault));
	if (!ended)
		return whole_file(s, OCKX_FORM, "the last line begins with E: the file is cut off");
	return OK;
}

static result scan_header(struct scan *s, struct ockx_header *h)
{
	struct ockx_fields f;
	struct str line;
	bool ended;

	TRY(take_line(s, &line, &ended));
	TRY(take_fields(s, OCKX_HEADER, line, ended, &f));
	read_header(&f, h);
	return OK;
}

static result scan_row(struct scan *s, struct str line, bool ended)
{
	struct ockx_fields f;
	struct ockx_row row;

	if (s->rows == OCKX_ROWS_MAX)
		return whole_file(s, OCKX_LIMIT, "at most 20000 keys");
	TRY(take_fields(s, OCKX_ROW, line, ended, &f));
	read_row(&f, s->fault.line, &row);
	if (number(f.at[OCKX_R_NUMBER]) != ++s->rows)
		return ockx_blame(OCKX_ROW, OCKX_R_NUMBER, "1, 2, 3 and so on", &s->fault);
	if (row.from.yyyymmdd && row.to.yyyymmdd && row.to.yyyymmdd < row.from.yyyymmdd)
		return ockx_blame(OCKX_ROW, OCKX_R_TO, "not before the first day", &s->fault);
	return OK;
}

/* The last line; a single LF may follow it. */
static result scan_end(struct scan *s, struct str line, struct ockx *out)
{
	size_t mac_len = out->header.version == 'B' ? OCKX_MAC_MAX / 2 : OCKX_MAC_MAX;
	struct ockx_fields f;

	TRY(ockx_split(OCKX_END, line, &f, &s->fault));
	if (number(f.at[OCKX_E_COUNT]) != s->rows || out->header.count != s->rows)
		return whole_file(s, OCKX_COUNT, "as many keys as first and last line say");
	if (f.at[OCKX_E_MAC].len != 2 * mac_len)
		return ockx_blame(OCKX_END, OCKX_E_MAC,
		                  "16 digits with blocks of version B, else 32", &s->fault);
	if (s->rest.len)
		return whole_file(s, OCKX_FORM, "nothing behind the line that begins with E");
	out->mac_len = mac_len;
	out->covered = (struct str){ s->file.at, (size_t)(f.at[OCKX_E_MAC].at - s->file.at) };
	out->whole = (struct str){ s->file.at, out->covered.len + 2 * mac_len };
	return hex_decode(f.at[OCKX_E_MAC], out->mac, mac_len);
}

static result scan(struct scan *s, struct ockx *out)
{
	struct str line;
	bool ended;

	if (s->file.len > OCKX_FILE_MAX)
		return whole_file(s, OCKX_LIMIT, "at most 8 MiB");
	TRY(scan_header(s, &out->header));
	for (;;) {
		TRY(take_line(s, &line, &ended));
		if (line.len && line.at[0] == 'E')
			return scan_end(s, line, out);
		TRY(scan_row(s, line, ended));
	}
}

result ockx_open(struct str file, struct ockx *out, struct ockx_fault *fault)
{
	struct scan s = { .file = file, .rest = file };
	const struct ockx_fault *at = &s.fault;

	*out = (struct ockx){ 0 };
	result r = scan(&s, out);
	if (fault)
		*fault = is_ok(r) ? (struct ockx_fault){ 0 } : s.fault;
	if (!is_ok(r)) {
		*out = (struct ockx){ 0 };
		return FAIL(r.code,
		            "line %zu, field %u (%s): must be %s; have the sender make the file "
		            "again",
		            at->line, at->field, at->name ? at->name : "none",
		            at->rule ? at->rule : "another");
	}
	ockx_rewind(out);
	return OK;
}

/* --- going through it again --- */

void ockx_rewind(struct ockx *o)
{
	struct str header;

	(void)str_cut(o->covered, '\n', &header, &o->rest);
	o->line = 1;
}

bool ockx_next(struct ockx *o, struct ockx_row *row)
{
	struct ockx_fault ignored;
	struct ockx_fields f;
	struct str line;

	if (!str_cut(o->rest, '\n', &line, &o->rest))
		return false;
	ASSERT(is_ok(ockx_split(OCKX_ROW, line, &f, &ignored)));
	read_row(&f, ++o->line, row);
	return true;
}
