/* SPDX-License-Identifier: Apache-2.0 */
/* Batch key files: the published one (TV-22 of keys 19) read and written byte for byte; every way
 * a line can be wrong; limits. */
#include <stdio.h>

#include "harness/test.h"

#include "codec/ockx.h"

#define HEADER "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n"
#define BLOCK                                                                                      \
	"D011220TX01E002011054A028853CDC10672DAD5BF9F06151E3C12ACDEF79D6F301D0E54AE07499F777B663F" \
	"91D716AA352BF76C5E0372F4"
#define ROW     "K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20311121|" BLOCK "\n"
#define END     "E|1|9B5D157AA832043C3020B4435E51BEB3"
#define FILE_22 HEADER ROW END

static const char tv22[] = FILE_22;

TEST(the_published_batch_file_is_taken_apart)
{
	struct ockx_fault fault;
	struct ockx_row row;
	struct ockx o;
	char made[INSTANT_TEXT_SIZE];

	REQUIRE_OK(ockx_open(str_of(tv22), &o, &fault));
	CHECK_STR("", instant_text(o.header.made, 0, made), "2026-11-22 10:15:00+00:00");
	CHECK_STR("", o.header.issuer, "CAMPUS01");
	CHECK_STR("", o.header.batch, "TEST0001");
	CHECK_STR("", o.header.zmk, "ZMK.01");
	CHECK_STR("", o.header.check, "2331550BC9");
	CHECK_I64("", o.header.version, 'D');
	CHECK_I64("", o.header.count, 1);
	CHECK_HEX("", bytes_of(o.mac, o.mac_len), "9B5D157AA832043C3020B4435E51BEB3");
	CHECK_I64("", o.covered.len, strlen(HEADER ROW "E|1|"));
	CHECK_I64("", o.whole.len, strlen(tv22));
	for (int again = 0; again < 2; again++) {
		REQUIRE(ockx_next(&o, &row));
		CHECK_I64("", row.line, 2);
		CHECK_STR("", row.product, "EP");
		CHECK_STR("", row.key, "DPK");
		CHECK_I64("", row.version, 1);
		CHECK_STR("", row.usage, "20");
		CHECK_I64("", row.algorithm, 'T');
		CHECK_I64("", row.bits, 112);
		CHECK_STR("", row.check, "D2B91C");
		CHECK_I64("", row.from.yyyymmdd, 20261122);
		CHECK_I64("", row.to.yyyymmdd, 20311121);
		CHECK(str_equal(row.block, STR(BLOCK)));
		CHECK(!ockx_next(&o, &row));
		ockx_rewind(&o);
	}
}

/* Only the last LF is nobody's: mail takes it away or puts one there. */
TEST(a_last_line_feed_changes_nothing)
{
	struct ockx with, without;

	REQUIRE_OK(ockx_open(STR(FILE_22 "\n"), &with, NULL));
	REQUIRE_OK(ockx_open(STR(FILE_22), &without, NULL));
	CHECK(str_equal(with.whole, without.whole));
	CHECK(str_equal(with.covered, without.covered));
}

static result write_again(struct ockx *o, struct buf *out)
{
	struct ockx_row row;
	unsigned n = 0;

	TRY(ockx_put_header(out, &o->header));
	while (ockx_next(o, &row))
		TRY(ockx_put_row(out, ++n, &row));
	TRY(ockx_put_end(out, n));
	return ockx_put_mac(out, bytes_of(o->mac, o->mac_len));
}

TEST(the_published_batch_file_is_written_byte_for_byte)
{
	SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
	struct ockx o;

	REQUIRE_OK(ockx_open(str_of(tv22), &o, NULL));
	REQUIRE_OK(write_again(&o, &out));
	CHECK_BYTES("TV-22", buf_bytes(&out), str_bytes(str_of(tv22)));
}

#define MAC_16 "E|1|9B5D157AA832043C"

TEST(a_batch_file_is_refused_where_it_is_wrong)
{
	static const struct {
		const char *what, *text, *code, *field;
		size_t line;
	} rows[] = {
		{ "empty", "", "OCKX_FORM", NULL, 1 },
		{ "a line feed", "\n", "OCKX_FORM", NULL, 1 },
		{ "another file", "PK\3\4", "OCKX_FORM", NULL, 1 },
		{ "header alone", HEADER, "OCKX_FORM", NULL, 2 },
		{ "header cut", "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1",
		  "OCKX_FORM", NULL, 0 },
		{ "no end", HEADER ROW, "OCKX_FORM", NULL, 3 },
		{ "row cut", HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20311121|" BLOCK,
		  "OCKX_FORM", NULL, 0 },
		{ "no MAC", HEADER ROW "E|1", "OCKX_FORM", NULL, 3 },
		{ "empty MAC", HEADER ROW "E|1|", "OCKX_FORM", "mac", 3 },
		{ "MAC cut", HEADER ROW "E|1|9B5D157AA832043C3020B4435E51BEB", "OCKX_FORM", "mac",
		  3 },
		{ "MAC in lower case", HEADER ROW "E|1|9b5d157aa832043c3020b4435e51beb3",
		  "OCKX_FORM", "mac", 3 },
		{ "a MAC of TDES", HEADER ROW MAC_16, "OCKX_FORM", "mac", 3 },
		{ "something behind", FILE_22 "\n\n", "OCKX_FORM", NULL, 0 },
		{ "a blank behind", FILE_22 " ", "OCKX_FORM", "mac", 3 },
		{ "carriage return", FILE_22 "\r\n", "OCKX_FORM", "mac", 3 },
		{ "an empty line between", HEADER "\n" ROW END, "OCKX_FORM", NULL, 2 },
		{ "byte order mark", "\xEF\xBB\xBF" FILE_22, "OCKX_FORM", "mark", 1 },
		{ "no row", HEADER END, "OCKX_COUNT", NULL, 0 },
		{ "a row more", HEADER ROW "K|2|EP|DPK|02|20|T|112|D2B91C|||" BLOCK "\n" END,
		  "OCKX_COUNT", NULL, 0 },
		{ "rows as the header says, not the end",
		  HEADER ROW "E|2|9B5D157AA832043C3020B4435E51BEB3", "OCKX_COUNT", NULL, 0 },
		{ "count of nothing",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|0\n" ROW END,
		  "OCKX_FORM", "count", 1 },
		{ "leading zero",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|01\n" ROW END,
		  "OCKX_FORM", "count", 1 },
		{ "too many",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|20001\n" ROW END,
		  "OCKX_FORM", "count", 1 },
		{ "edition",
		  "OCKX|2|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "edition", 1 },
		{ "no such day",
		  "OCKX|1|20260231T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "made", 1 },
		{ "local time",
		  "OCKX|1|20261122T101500+|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "made", 1 },
		{ "issuer",
		  "OCKX|1|20261122T101500Z|campus01|TEST0001|ZMK.01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "issuer", 1 },
		{ "batch",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST00012|ZMK.01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "batch", 1 },
		{ "no batch", "OCKX|1|20261122T101500Z|CAMPUS01||ZMK.01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "batch", 1 },
		{ "name of the ZMK",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK 01|2331550BC9|D|1\n" ROW END,
		  "OCKX_FORM", "zmk", 1 },
		{ "check value of two bytes",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331|D|1\n" ROW END,
		  "OCKX_FORM", "zmk check value", 1 },
		{ "block version",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|3|1\n" ROW END,
		  "OCKX_FORM", "block version", 1 },
		{ "a field more",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1|\n" ROW END,
		  "OCKX_FORM", NULL, 1 },
		{ "a field less",
		  "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|1\n" ROW END,
		  "OCKX_FORM", NULL, 1 },
		{ "number", HEADER "K|2|EP|DPK|01|20|T|112|D2B91C|||" BLOCK "\n" END, "OCKX_FORM",
		  "number", 2 },
		{ "product", HEADER "K|1|E.P|DPK|01|20|T|112|D2B91C|||" BLOCK "\n" END, "OCKX_FORM",
		  "product", 2 },
		{ "key", HEADER "K|1|EP||01|20|T|112|D2B91C|||" BLOCK "\n" END, "OCKX_FORM", "key",
		  2 },
		{ "version 00", HEADER "K|1|EP|DPK|00|20|T|112|D2B91C|||" BLOCK "\n" END,
		  "OCKX_FORM", "version", 2 },
		{ "version 1", HEADER "K|1|EP|DPK|1|20|T|112|D2B91C|||" BLOCK "\n" END, "OCKX_FORM",
		  "version", 2 },
		{ "usage", HEADER "K|1|EP|DPK|01|2|T|112|D2B91C|||" BLOCK "\n" END, "OCKX_FORM",
		  "usage", 2 },
		{ "algorithm", HEADER "K|1|EP|DPK|01|20|t|112|D2B91C|||" BLOCK "\n" END,
		  "OCKX_FORM", "algorithm", 2 },
		{ "bits", HEADER "K|1|EP|DPK|01|20|T|0112|D2B91C|||" BLOCK "\n" END, "OCKX_FORM",
		  "bits", 2 },
		{ "check value", HEADER "K|1|EP|DPK|01|20|T|112|D2B91|||" BLOCK "\n" END,
		  "OCKX_FORM", "check value", 2 },
		{ "check value too long",
		  HEADER "K|1|EP|DPK|01|20|T|112|00112233445566778899|||" BLOCK "\n" END,
		  "OCKX_FORM", "check value", 2 },
		{ "first day", HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|20261131||" BLOCK "\n" END,
		  "OCKX_FORM", "from", 2 },
		{ "last day", HEADER "K|1|EP|DPK|01|20|T|112|D2B91C||2026112|" BLOCK "\n" END,
		  "OCKX_FORM", "to", 2 },
		{ "over before it begins",
		  HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20261121|" BLOCK "\n" END,
		  "OCKX_FORM", "to", 2 },
		{ "no block", HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|||\n" END, "OCKX_FORM", "block",
		  2 },
		{ "a block with a bar",
		  HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|||" BLOCK "|1\n" END, "OCKX_FORM", NULL, 2 },
		{ "a block with a tab",
		  HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|||" BLOCK "\t\n" END, "OCKX_FORM", "block",
		  2 },
	}, *row;

	EACH (row, rows) {
		struct ockx_fault fault;
		struct ockx o;
		result r = ockx_open(str_of(row->text), &o, &fault);

		CHECK_STR(row->what, result_name(r), row->code);
		CHECK_I64(row->what, fault.line, row->line);
		CHECK_STR(row->what, fault.name ? fault.name : "-", row->field ? row->field : "-");
		CHECK(fault.rule != NULL);
		CHECK_I64("nothing is left", o.header.count, 0);
	}
}

TEST(days_may_be_left_out)
{
	struct ockx_row row;
	struct ockx o;

	REQUIRE_OK(
	        ockx_open(STR(HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|||" BLOCK "\n" END), &o, NULL));
	REQUIRE(ockx_next(&o, &row));
	CHECK_I64("", row.from.yyyymmdd, 0);
	CHECK_I64("", row.to.yyyymmdd, 0);
}

TEST(a_cut_batch_file_is_never_whole)
{
	struct ockx o;

	for (size_t len = 0; len < strlen(tv22); len++)
		CHECK(!is_ok(ockx_open((struct str){ tv22, len }, &o, NULL)));
}

/* --- limits --- */

static void write_rows(struct buf *out, unsigned count, unsigned said)
{
	struct ockx_header h = { .made = { 0 },
		                 .issuer = "A",
		                 .batch = "B",
		                 .zmk = "Z.01",
		                 .check = "001122",
		                 .version = 'D',
		                 .count = said };
	struct ockx_row row = { .product = "P",
		                .key = "K",
		                .version = 1,
		                .usage = "20",
		                .algorithm = 'T',
		                .bits = 112,
		                .check = "001122",
		                .block = STR(BLOCK) };
	static const uint8_t mac[16];

	CHECK_OK(ockx_put_header(out, &h));
	for (unsigned n = 1; n <= count; n++)
		(void)ockx_put_row(out, n, &row).code;
	CHECK_OK(ockx_put_end(out, said));
	CHECK_OK(ockx_put_mac(out, bytes_of(mac, sizeof mac)));
}

TEST(as_many_keys_as_the_limit_and_no_more)
{
	SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
	struct ockx_row row;
	struct ockx o;
	size_t rows = 0;

	write_rows(&out, OCKX_ROWS_MAX, OCKX_ROWS_MAX);
	REQUIRE_OK(ockx_open(buf_text(&out), &o, NULL));
	while (ockx_next(&o, &row))
		rows++;
	CHECK_I64("", rows, OCKX_ROWS_MAX);
	CHECK_I64("", row.line, OCKX_ROWS_MAX + 1);
	out.len = 0;
	write_rows(&out, OCKX_ROWS_MAX - 1, OCKX_ROWS_MAX);
	CHECK_RESULT("one less", ockx_open(buf_text(&out), &o, NULL), OCKX_COUNT);
}

TEST(a_file_or_line_that_is_too_long_is_refused)
{
	SCOPED(buf_free) struct buf b = { 0 };
	struct ockx_fault fault;
	struct ockx o;

	buf_str(&b, STR(HEADER "K|1|EP|DPK|01|20|T|112|D2B91C|||"));
	memset(buf_reserve(&b, OCKX_FILE_MAX), 'A', OCKX_FILE_MAX);
	b.len += OCKX_LINE_MAX;
	CHECK_RESULT("a line", ockx_open(buf_text(&b), &o, &fault), OCKX_LIMIT);
	CHECK_I64("", fault.line, 2);
	b.len = OCKX_FILE_MAX + 1;
	CHECK_RESULT("a file", ockx_open(buf_text(&b), &o, &fault), OCKX_LIMIT);
	CHECK_I64("", fault.line, 0);
}

TEST(nothing_is_written_that_would_not_be_read)
{
	SCOPED(buf_free) struct buf out = { .limit = 400 };
	struct ockx_row good = { .product = "EP",
		                 .key = "DPK",
		                 .version = 1,
		                 .usage = "20",
		                 .algorithm = 'T',
		                 .bits = 112,
		                 .check = "D2B91C",
		                 .block = STR(BLOCK) },
	                row = good;
	struct ockx_header h = { .issuer = "a", .batch = "B", .zmk = "Z", .check = "001122" };

	CHECK_RESULT("header", ockx_put_header(&out, &h), OCKX_FORM);
	row.block = STR("D0016\nE|1|000000");
	CHECK_RESULT("a block with a line of its own", ockx_put_row(&out, 1, &row), OCKX_FORM);
	row.block = STR("D0016|0000000000");
	CHECK_RESULT("a block with a bar", ockx_put_row(&out, 1, &row), OCKX_FORM);
	row = good;
	row.version = 100;
	CHECK_RESULT("version", ockx_put_row(&out, 1, &row), OCKX_FORM);
	CHECK_I64("nothing stays", out.len, 0);
	CHECK_OK(ockx_put_row(&out, 1, &good));
	CHECK_OK(ockx_put_row(&out, 2, &good));
	CHECK_RESULT("full", ockx_put_row(&out, 3, &good), OCKX_LIMIT);
	CHECK_RESULT("a MAC of three bytes", ockx_put_mac(&out, bytes_of("abc", 3)), OCKX_FORM);
}
