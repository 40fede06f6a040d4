/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ca_offer.h"

#include "codec/csv.h"

enum {
	COLUMNS = 6,
	HEAD_MAX = 32,    /* bytes of a scheme's file in which length, index and modulus begin */
	BEHIND_MAX = 8,   /* behind the modulus: exponent and index may stand there */
	OPEN_PART = 0x20, /* headers of a scheme's file */
	SIGNED_PART = 0x21,
};

/* --- typed --- */

result ca_offer_read(const struct ipk_ca_text *text, struct ca_offer *out)
{
	struct ca_offer offer = { 0 };

	TRY(ipk_ca_read(text, &offer.key));
	TRY(hex_decode(text->checksum, offer.published, EMV_HASH));
	*out = offer;
	return OK;
}

/* --- tables --- */

/* The same failure, with the line in front of its detail. */
static result at_line(uint64_t line, result r)
{
	char why[160];

	str_copy(str_of(result_last()->text), why, sizeof why);
	return FAIL(r.code, "line %u: %s", (unsigned)line, why);
}

static result read_record(const struct csv *c, struct ca_offer *out)
{
	const struct str *f = c->fields;
	struct ipk_ca_text text;

	if (c->count != COLUMNS)
		return FAIL(CA_FIELD, "%zu columns, not %d", c->count, COLUMNS);
	text = (struct ipk_ca_text){ str_trim(f[0]), str_trim(f[1]), str_trim(f[2]),
		                     str_trim(f[3]), str_trim(f[4]), str_trim(f[5]) };
	return ca_offer_read(&text, out);
}

static bool is_header(const struct csv *c)
{
	return str_equal(str_trim(c->fields[0]), STR("RID")) ||
	       str_equal(str_trim(c->fields[0]), STR("rid"));
}

static result read_records(struct csv *c, struct ca_offer *rows, size_t *count)
{
	bool more, is_first = true;

	for (;; is_first = false) {
		result r = csv_next(c, &more);

		if (!is_ok(r))
			return at_line(c->line, r);
		if (!more)
			return OK;
		if (is_first && is_header(c))
			continue;
		if (*count == CA_OFFERS_MAX)
			return FAIL(CA_FIELD, "more than %d rows", CA_OFFERS_MAX);
		r = read_record(c, &rows[*count]);
		if (!is_ok(r))
			return at_line(c->line, r);
		(*count)++;
	}
}

result ca_offer_read_table(struct bytes table, struct arena *a, struct ca_offer **rows,
                           size_t *count)
{
	struct csv_memory source = csv_memory_of(table);
	SCOPED(csv_close) struct csv c = { 0 };
	struct ca_offer *all;
	size_t n = 0;

	if (table.len > CA_OFFER_TABLE_MAX)
		return FAIL(CA_FIELD, "a table of %zu bytes", table.len);
	all = arena_array(a, CA_OFFERS_MAX, sizeof *all);
	TRY(csv_open(&c, &source.source));
	TRY(read_records(&c, all, &n));
	if (n == 0)
		return FAIL(CA_FIELD, "no row");
	for (size_t i = 0; i < n; i++) {
		all[i].has_source = true;
		digest_sha256(table, all[i].source);
	}
	*rows = all;
	*count = n;
	return OK;
}

/* --- a scheme's file --- */

/* Somewhere in the file: `size` bytes from `at`. */
struct candidate {
	const struct ca_offer_file *file;
	size_t at, size;
	struct ca_offer *offer;
};

static bool has_checksum(const struct candidate *c, uint8_t index)
{
	struct ipk_ca *key = &c->offer->key;
	uint8_t checksum[EMV_HASH];

	key->index = index;
	return is_ok(emv_ca_checksum(c->file->rid, index, &key->key, checksum)) &&
	       memcmp(checksum, c->file->published, EMV_HASH) == 0;
}

/* The index is a byte in front of the modulus or near behind it. */
static bool find_index(const struct candidate *c)
{
	struct bytes content = c->file->content;
	size_t behind = c->at + c->size;

	for (size_t i = 1; i < c->at; i++)
		if (has_checksum(c, content.at[i]))
			return true;
	for (size_t i = behind; i < content.len && i < behind + BEHIND_MAX; i++)
		if (has_checksum(c, content.at[i]))
			return true;
	return false;
}

static bool find_key(const struct candidate *c)
{
	struct bytes modulus = bytes_of(c->file->content.at + c->at, c->size);
	static const uint32_t exponents[] = { 3, 65537 }, *e;

	EACH (e, exponents)
		if (is_ok(emv_key_init(&c->offer->key.key, modulus, *e)) && find_index(c))
			return true;
	return false;
}

/* The length stands somewhere in front of the modulus; each value once. */
static bool find_size(struct candidate *c)
{
	struct bytes content = c->file->content;
	bool tried[256] = { false };

	for (size_t i = 1; i < c->at; i++) {
		c->size = content.at[i];
		if (tried[c->size] || c->size < EMV_KEY_MIN || c->at + c->size > content.len)
			continue;
		tried[c->size] = true;
		if (find_key(c))
			return true;
	}
	return false;
}

result ca_offer_read_file(const struct ca_offer_file *f, struct ca_offer *out)
{
	struct ca_offer offer = { .has_source = true };
	struct candidate c = { .file = f, .offer = &offer };

	if (!bizdate_is_valid(f->expiry))
		return FAIL(TIME_SYNTAX, "the expiry of a CA key is a day");
	if (f->content.len == 0 || f->content.len > CA_OFFER_FILE_MAX)
		return FAIL(CA_FIELD, "a file of %zu bytes", f->content.len);
	if (f->content.at[0] != OPEN_PART && f->content.at[0] != SIGNED_PART)
		return FAIL(CA_FIELD, "header %02X of a CA key file", f->content.at[0]);
	for (c.at = 1; c.at < HEAD_MAX && c.at < f->content.len; c.at++)
		if (find_size(&c)) {
			memcpy(offer.key.rid, f->rid, EMV_RID);
			memcpy(offer.published, f->published, EMV_HASH);
			offer.key.expiry = f->expiry;
			digest_sha256(f->content, offer.source);
			*out = offer;
			return OK;
		}
	return FAIL(EMV_CERTIFICATE, "no key of the file has the published checksum");
}
