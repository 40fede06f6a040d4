/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "codec/ockx_lines.h"

enum { DAY_TEXT = 12, MOMENT_TEXT = 32 };

/* What was written last is held to the reader's own rules, and taken back when it breaks one. */
static result check_line(struct buf *out, size_t start, enum ockx_kind kind)
{
	struct ockx_fault fault = { 0 };
	struct ockx_fields ignored;

	if (out->bad || out->len > OCKX_FILE_MAX)
		return FAIL(OCKX_LIMIT, "a batch key file of more than %d bytes", OCKX_FILE_MAX);
	struct str line = { (const char *)out->at + start, out->len - start - 1 };
	result r = ockx_split(kind, line, &ignored, &fault);
	if (is_ok(r))
		return OK;
	out->len = start;
	return FAIL(OCKX_FORM, "field %u (%s) must be %s", fault.field,
	            fault.name ? fault.name : "none", fault.rule);
}

result ockx_put_header(struct buf *out, const struct ockx_header *h)
{
	struct civil c = civil_of(h->made, 0);
	char made[MOMENT_TEXT];
	size_t start = out->len;

	snprintf(made, sizeof made, "%04d%02d%02dT%02d%02d%02dZ", c.year % 10000, c.month % 100,
	         c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
	buf_printf(out, "OCKX|1|%s|%s|%s|%s|%s|%c|%u\n", made, h->issuer, h->batch, h->zmk,
	           h->check, h->version, h->count);
	return check_line(out, start, OCKX_HEADER);
}

static const char *day_text(struct bizdate d, char out[DAY_TEXT])
{
	out[0] = '\0';
	if (d.yyyymmdd)
		snprintf(out, DAY_TEXT, "%08u", d.yyyymmdd);
	return out;
}

result ockx_put_row(struct buf *out, unsigned number, const struct ockx_row *r)
{
	char from[DAY_TEXT], to[DAY_TEXT];
	size_t start = out->len;

	buf_printf(out, "K|%u|%s|%s|%02u|%s|%c|%u|%s|%s|%s|", number, r->product, r->key,
	           r->version, r->usage, r->algorithm, r->bits, r->check, day_text(r->from, from),
	           day_text(r->to, to));
	buf_str(out, r->block);
	buf_str(out, STR("\n"));
	return check_line(out, start, OCKX_ROW);
}

result ockx_put_end(struct buf *out, unsigned count)
{
	buf_printf(out, "E|%u|", count);
	return out->bad ? FAIL(OCKX_LIMIT, "no room for the last line") : OK;
}

result ockx_put_mac(struct buf *out, struct bytes mac)
{
	char hex[2 * OCKX_MAC_MAX + 1];

	if (mac.len != OCKX_MAC_MAX && mac.len != OCKX_MAC_MAX / 2)
		return FAIL(OCKX_FORM, "a MAC of %zu bytes", mac.len);
	hex_encode(mac, hex);
	buf_str(out, str_of(hex));
	return out->bad || out->len > OCKX_FILE_MAX ? FAIL(OCKX_LIMIT, "no room for the MAC") : OK;
}
