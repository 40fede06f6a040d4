/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/rand.h"
#include "codec/csv_file.h"

/* Bytes from memory, `step` at a time; fails at `fail_at`. */
struct memory_source {
	struct csv_source source;
	struct bytes left;
	size_t step;
	bool fails;
};

static result read_memory(struct csv_source *source, void *out, size_t size, size_t *got)
{
	struct memory_source *m = (struct memory_source *)source;
	size_t n = m->left.len < m->step ? m->left.len : m->step;

	n = n < size ? n : size;
	if (!n && m->fails)
		return FAIL(FILE_READ, "the source breaks");
	if (n)
		memcpy(out, m->left.at, n);
	m->left.at += n;
	m->left.len -= n;
	*got = n;
	return OK;
}

/* All records as text: fields between |, records between /, errors as !CODE@line:column. */
static const char *read_all(struct bytes bytes, size_t step, enum csv_encoding *encoding)
{
	static char text[4096];
	struct memory_source m = { { read_memory }, bytes, step, false };
	SCOPED(csv_close) struct csv c = { 0 };
	size_t n = 0;
	bool more = true;

	*text = 0;
	CHECK_OK(csv_open(&c, &m.source));
	for (;;) {
		result r = csv_next(&c, &more);

		if (!more)
			break;
		if (!is_ok(r))
			n += (size_t)snprintf(text + n, sizeof text - n, "!%s@%d:%d",
			                      result_name(r), (int)c.line, (int)c.column);
		for (size_t i = 0; is_ok(r) && i < c.count; i++)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s" STR_FMT, i ? "|" : "",
			                      STR_ARG(c.fields[i]));
		n += (size_t)snprintf(text + n, sizeof text - n, "/");
	}
	if (encoding)
		*encoding = c.encoding;
	return text;
}

TEST(tables_are_read_as_rfc_4180_says)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "a,b\r\nc,d\r\n", "a|b/c|d/" },
		{ "a,b\nc,d", "a|b/c|d/" },
		{ "a,,\n,\n", "a||/|/" },
		{ "\"a,b\",\"c\"\"d\",\"\"\n", "a,b|c\"d|/" },
		{ "\"two\nlines\",x\ny\n", "two\nlines|x/y/" },
		{ "\xEF\xBB\xBFname,n\n", "name|n/" },
		{ "\n\r\na\n\n", "a/" },
		{ "a,\"b\nc\n", "!CSV_BAD_QUOTE@1:0/c/" },
		{ "a,\"b\"c\nd\n", "!CSV_BAD_QUOTE@1:2/d/" },
		{ "a\"b\nc\"d\ne\n", "!CSV_BAD_QUOTE@1:1/!CSV_BAD_QUOTE@2:0/e/" },
		{ "\"", "!CSV_BAD_QUOTE@1:0/" },
		{ "ok\n\xE9\xE9\n\xE5\xBC\xA0\n", "ok/殚/!INVALID_TEXT@3:1/" },
	}, *row;

	EACH (row, rows)
		for (size_t step = 1; step < 9; step += 3)
			CHECK_STR(row->text, read_all(str_bytes(str_of(row->text)), step, NULL),
			          row->want);
}

TEST(lines_are_counted_through_quotes_and_errors)
{
	CHECK_STR("", read_all(str_bytes(STR("a\n\"b\nb\",\nx\"\ny,\"\"z\nlast")), 5, NULL),
	          "a/b\nb|/!CSV_BAD_QUOTE@4:0/!CSV_BAD_QUOTE@5:2/last/");
}

TEST(gbk_and_utf8_are_told_apart)
{
	static const struct {
		const char *name, *text, *want;
		enum csv_encoding encoding;
	} rows[] = {
		{ "ASCII", "a,b\n", "a|b/", CSV_UNDECIDED },
		{ "UTF-8", "\xE5\xBC\xA0\xE4\xB8\x89,1\n", "张三|1/", CSV_UTF8 },
		{ "GBK", "id,name\n1,\xD5\xC5\xC8\xFD\n", "id|name/1|张三/", CSV_GB18030 },
		{ "GBK that looks like UTF-8", "\xC1\xAA\xCD\xA8\n\xD5\xC5\n", "联通/张/", CSV_GB18030 },
		{ "GB18030 of four bytes", "\x81\x30\x86\x38\xB2\xE2\n", "À测/", CSV_GB18030 },
		{ "GBK cut", "\xD5\xC5\xC8\n", "!INVALID_TEXT@1:1/", CSV_GB18030 },
		{ "mark, then no UTF-8", "\xEF\xBB\xBF\xD5\xC5\n", "!INVALID_TEXT@1:1/", CSV_UTF8 },
	}, *row;

	EACH (row, rows) {
		enum csv_encoding encoding;

		CHECK_STR(row->name, read_all(str_bytes(str_of(row->text)), 4, &encoding),
		          row->want);
		CHECK_I64(row->name, encoding, row->encoding);
	}
}

TEST(rows_beyond_the_limits_are_refused_and_the_next_is_read)
{
	static char text[3 * CSV_RECORD_MAX];
	size_t n = 0;

	memset(text, 'x', sizeof text);
	text[2 * CSV_RECORD_MAX + 77] = '\n';
	memcpy(text + 2 * CSV_RECORD_MAX + 78, "next\n", 5);
	CHECK_STR("long", read_all(bytes_of(text, 2 * CSV_RECORD_MAX + 83), 1000, NULL),
	          "!CSV_TOO_LONG@1:0/next/");
	for (int i = 0; i < CSV_FIELDS_MAX; i++)
		text[n++] = ',';
	memcpy(text + n, "\nnext", 5);
	CHECK_STR("wide", read_all(bytes_of(text, n + 5), 7, NULL),
	          "!CSV_TOO_MANY_FIELDS@1:129/next/");
}

TEST(a_fault_of_the_source_stays)
{
	struct memory_source m = { { read_memory }, str_bytes(STR("a,b\n")), 4, true };
	SCOPED(csv_close) struct csv c = { 0 };
	bool more;

	REQUIRE_OK(csv_open(&c, &m.source));
	CHECK_RESULT("", csv_next(&c, &more), FILE_READ);
	CHECK(!more);
	CHECK_RESULT("again", csv_next(&c, &more), FILE_READ);
}

TEST(what_is_written_is_read_back)
{
	static const char
	        *const fields[] = { "plain", "a,b", "say \"x\"", "two\nlines", "", "张三" },
	               *const * field;
	SCOPED(buf_free) struct buf out = { 0 };

	EACH (field, fields) {
		if (out.len)
			buf_str(&out, STR(","));
		csv_put(&out, str_of(*field));
	}
	CHECK_STR("", read_all(buf_bytes(&out), 6, NULL), "plain|a,b|say \"x\"|two\nlines||张三/");
}

static void write_file(const char *path, const void *at, size_t len)
{
	FILE *f = fopen(path, "wb");

	ASSERT(f && fwrite(at, 1, len, f) == len && fclose(f) == 0);
}

static uint64_t count_rows(const char *path, result *r)
{
	struct csv_file f = { 0 };
	SCOPED(csv_close) struct csv c = { 0 };
	uint64_t rows = 0;
	bool more = true;

	*r = csv_file_open(&f, path);
	if (!is_ok(*r))
		return 0;
	CHECK_OK(csv_open(&c, &f.source));
	while (is_ok(*r = csv_next(&c, &more)) && more)
		rows++;
	csv_file_close(&f);
	return rows;
}

TEST(packed_files_are_unpacked_on_the_way)
{
	static char text[400000], packed[ZSTD_COMPRESSBOUND(sizeof text)];
	char path[320];
	size_t len = 0, packed_len;
	result r;

	for (int i = 0; i < 20000; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%d,row\n", i);
	packed_len = ZSTD_compress(packed, sizeof packed, text, len, 3);
	snprintf(path, sizeof path, "%s/t.csv", test_dir());
	write_file(path, text, len);
	CHECK_I64("plain", count_rows(path, &r), 20000);
	CHECK_OK(r);
	snprintf(path, sizeof path, "%s/t.csv.zst", test_dir());
	write_file(path, packed, packed_len);
	CHECK_I64("packed", count_rows(path, &r), 20000);
	CHECK_OK(r);
	write_file(path, packed, packed_len / 2);
	count_rows(path, &r);
	CHECK_RESULT("cut", r, FILE_READ);
	packed[packed_len / 2] ^= 0x55;
	packed[packed_len / 2 + 1] ^= 0x55;
	write_file(path, "no zstd at all", 14);
	count_rows(path, &r);
	CHECK_RESULT("not packed", r, FILE_READ);
	unlink(path);
	count_rows(path, &r);
	CHECK_RESULT("not there", r, FILE_READ);
}

TEST(real_files_are_read_whole)
{
	static const struct {
		const char *name;
		uint64_t rows;
	} files[] = { { "roster/taidi-roster.csv.zst", 4342 },
		      { "roster/taidi-roster.original-gbk.csv", 4342 } },
	  *file;

	EACH (file, files) {
		result r;
		uint64_t rows = count_rows(test_data(file->name), &r);

		CHECK_OK(r);
		test_note("%s: %d records", file->name, (int)rows);
		CHECK_I64(file->name, rows, file->rows);
	}
}

TEST(random_bytes_end_and_never_break)
{
	static uint8_t bytes[700];
	static const char alphabet[] = "a,\"\n\r\xD5\xC5\xE5\xBC\xA0";
	struct random_seeded random;

	random_seeded_init(&random, 3);
	for (int i = 0; i < 300; i++) {
		size_t len = random_below(&random, sizeof bytes);

		for (size_t at = 0; at < len; at++)
			bytes[at] = (uint8_t)alphabet[random_below(&random, sizeof alphabet - 1)];
		read_all(bytes_of(bytes, len), 1 + random_below(&random, 50), NULL);
	}
}
