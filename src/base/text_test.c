/* SPDX-License-Identifier: Apache-2.0 */
/* text_test.c — configuration, JSON, log lines. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "harness/test.h"

struct settings {
	char    address[CONF_TEXT_MAX], dir[CONF_TEXT_MAX];
	int64_t port;
	bool    strict;
};

static const struct conf_key keys[] = {
	{ "web", "address", CONF_TEXT, offsetof(struct settings, address), "127.0.0.1", 0, 0, "Where to listen." },
	{ "web", "port", CONF_INTEGER, offsetof(struct settings, port), "8080", 1, 65535, "TCP port." },
	{ "store", "dir", CONF_PATH, offsetof(struct settings, dir), "", 0, 0, "Directory." },
	{ "store", "strict", CONF_BOOL, offsetof(struct settings, strict), "yes", 0, 0, "Be strict." },
};
static const struct conf_schema schema = { keys, ARRAY_LEN(keys) };

TEST(configuration_is_read_over_the_defaults)
{
	struct settings s;

	conf_defaults(&schema, &s);
	CHECK_STR("", s.address, "127.0.0.1");
	CHECK_I64("", s.port, 8080);
	CHECK_STR("", s.dir, "");
	CHECK(s.strict);
	CHECK_OK(conf_read(&schema,
	                   STR("# remark\n; remark\n\n[web]\r\n port = 443 \r\n[store]\ndir=/a "
	                       "b/c=d\nstrict=off"),
	                   &s));
	CHECK_STR("kept", s.address, "127.0.0.1");
	CHECK_I64("", s.port, 443);
	CHECK_STR("", s.dir, "/a b/c=d");
	CHECK(!s.strict);
	CHECK_OK(conf_set(&schema, STR("store.strict=yes"), &s));
	CHECK(s.strict);
}

TEST(configuration_mistakes_name_the_line)
{
	static const struct {
		const char      *text;
		enum result_code want;
		const char      *said;
	} rows[] = {
		{ "[web]\nprot = 1", CONF_UNKNOWN_KEY, "line 2: unknown key web.prot, did you mean web.port?" },
		{ "[store]\nport = 1", CONF_UNKNOWN_KEY, "line 2: unknown key store.port, did you mean web.port?" },
		{ "[web]\ncompletely_other = 1", CONF_UNKNOWN_KEY, "line 2: unknown key web.completely_other" },
		{ "port = 1", CONF_UNKNOWN_KEY, "line 1: unknown key .port, did you mean web.port?" },
		{ "[web]\nport = 0", CONF_RANGE, "line 2: web.port = 0 is outside 1…65535" },
		{ "[web]\nport = 65536", CONF_RANGE, "line 2: web.port = 65536 is outside 1…65535" },
		{ "[web]\nport = 80a", CONF_RANGE, "line 2: web.port wants a whole number, not \"80a\"" },
		{ "[store]\nstrict = maybe", CONF_RANGE, "line 2: store.strict wants yes or no, not \"maybe\"" },
		{ "[web]\nport = 1\n\nport = 2", CONF_SYNTAX, "line 4: web.port is given twice" },
		{ "[web\nport = 1", CONF_SYNTAX, "line 1: a section is written [name]" },
		{ "[web]\nport", CONF_SYNTAX, "line 2: neither [section] nor key = value: \"port\"" },
		{ "[web]\naddress = \xFF", CONF_SYNTAX, "not UTF-8" },
	}, *row;
	struct settings s;

	EACH(row, rows) {
		conf_defaults(&schema, &s);
		CHECK_RESULT(row->text, conf_read(&schema, str_of(row->text), &s), row->want);
		CHECK_STR(row->text, result_last()->text, row->said);
	}
	CHECK_RESULT("", conf_set(&schema, STR("web.port"), &s), CONF_SYNTAX);
	CHECK_RESULT("", conf_set(&schema, STR("webport=1"), &s), CONF_SYNTAX);
	CHECK_RESULT("", conf_set(&schema, STR("web.porz=1"), &s), CONF_UNKNOWN_KEY);
	CHECK_RESULT("", conf_set(&schema, STR("web.port=x"), &s), CONF_RANGE);
}

TEST(configuration_that_is_too_long_is_refused)
{
	SCOPED(buf_free) struct buf b = { 0 };
	struct settings             s;

	conf_defaults(&schema, &s);
	buf_str(&b, STR("[store]\ndir = "));
	for (int i = 0; i < CONF_TEXT_MAX; i++)
		buf_str(&b, STR("x"));
	CHECK_RESULT("value", conf_read(&schema, buf_text(&b), &s), CONF_RANGE);
	buf_consume(&b, 1);
	b.at[b.len] = 0;
	for (int i = 0; i < CONF_FILE_MAX; i++)
		buf_str(&b, STR("#"));
	CHECK_RESULT("file", conf_read(&schema, buf_text(&b), &s), CONF_SYNTAX);
}

TEST(configuration_is_loaded_and_printed_so_that_it_reads_back)
{
	SCOPED(buf_free) struct buf once = { 0 }, twice = { 0 }, help = { 0 };
	struct settings             s;
	char                        path[300];
	FILE                       *f;

	snprintf(path, sizeof path, "%s/yika.conf", test_dir());
	f = fopen(path, "w");
	REQUIRE(f);
	fputs("[web]\nport = 99\n", f);
	fclose(f);
	conf_defaults(&schema, &s);
	CHECK_OK(conf_load(&schema, path, &s));
	CHECK_I64("", s.port, 99);
	conf_print(&schema, &s, false, &once);
	CHECK(str_equal(
	        buf_text(&once),
	        STR("[web]\naddress = 127.0.0.1\nport = 99\n\n[store]\ndir = \nstrict = yes\n")));
	CHECK_OK(conf_read(&schema, buf_text(&once), &s));
	conf_print(&schema, &s, false, &twice);
	CHECK(str_equal(buf_text(&once), buf_text(&twice)));
	conf_print(&schema, &s, true, &help);
	CHECK(memmem(help.at, help.len, "# TCP port. (1…65535) Default: 8080\n", 37) != NULL);
	CHECK_RESULT("", conf_load(&schema, "/nonexistent/x.conf", &s), FILE_READ);
	CHECK_RESULT("a directory", conf_load(&schema, "/", &s), FILE_READ);
}

TEST(a_configuration_that_is_wrong_is_named_by_file_and_line)
{
	struct settings s;
	char            path[300], want[400];
	FILE           *f;

	snprintf(path, sizeof path, "%s/wrong.conf", test_dir());
	f = fopen(path, "w");
	REQUIRE(f);
	fputs("[web]\nporz = 99\n", f);
	fclose(f);
	conf_defaults(&schema, &s);
	CHECK_RESULT("", conf_load(&schema, path, &s), CONF_UNKNOWN_KEY);
	snprintf(want, sizeof want, "%s, line 2: unknown key web.porz, did you mean web.port?", path);
	CHECK_STR("", result_last()->text, want);
}

struct order {
	struct str name;
	int64_t    fen;
	bool       urgent;
};

static const struct jread_field fields[] = {
	{ "name", JREAD_TEXT, offsetof(struct order, name), true, 1, 12 },
	{ "fen", JREAD_INTEGER, offsetof(struct order, fen), false, -5, INT64_MAX },
	{ "urgent", JREAD_BOOL, offsetof(struct order, urgent), false, 0, 0 },
};
static const struct jread_schema order_schema = { fields, ARRAY_LEN(fields), sizeof(struct order) };

TEST(json_is_read_by_its_table)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct jread_report             report;
	struct order                    o = { .fen = 3, .urgent = true };

	CHECK_OK(jread_object(STR("{\"name\":\"\\u6c34 \\\"x\\\"\",\"fen\":9223372036854775807}"),
	                      &order_schema, &a, &o, &report));
	CHECK(str_equal(o.name, STR("\xE6\xB0\xB4 \"x\"")) && o.name.at[o.name.len] == '\0');
	CHECK_I64("exact", o.fen, INT64_MAX);
	CHECK(o.urgent);
	CHECK_OK(jread_object(STR("{\"name\":\"a\",\"fen\":null,\"urgent\":false}"), &order_schema, &a, &o, &report));
	CHECK_I64("null leaves it", o.fen, INT64_MAX);
	CHECK(!o.urgent);
}

TEST(json_that_is_wrong_is_reported_whole_and_changes_nothing)
{
	static const struct {
		const char      *text;
		enum result_code want;
		const char      *said; /* all violations */
	} rows[] = {
		{ "{}", JSON_FIELDS, "name required;" },
		{ "{\"name\":null}", JSON_FIELDS, "name required;" },
		{ "{\"name\":1,\"fen\":\"1\",\"urgent\":0}", JSON_FIELDS, "name type;fen type;urgent type;" },
		{ "{\"name\":\"\",\"fen\":-6}", JSON_FIELDS, "name range;fen range;" },
		{ "{\"name\":\"1234567890123\"}", JSON_FIELDS, "name range;" },
		{ "{\"name\":\"a\",\"fen\":1.0}", JSON_FIELDS, "fen type;" },
		{ "{\"name\":\"a\",\"nmae\":1,\"x\":{}}", JSON_FIELDS, "nmae unknown;x unknown;" },
		{ "{\"name\":\"a\",\"name\":\"b\"}", JSON_SYNTAX, "" },
		{ "{\"name\":\"a\",\"fen\":9223372036854775808}", JSON_SYNTAX, "" },
		{ "{\"name\":\"a\",\"fen\":1e999}", JSON_SYNTAX, "" },
		{ "{\"name\":\"\xFF\"}", JSON_SYNTAX, "" },
		{ "{\"name\":\"a\\u0000\"}", JSON_SYNTAX, "" },
		{ "{\"name\":\"a\"} x", JSON_SYNTAX, "" },
		{ "{\"name\":\"a\",}", JSON_SYNTAX, "" },
		{ "[]", JSON_SYNTAX, "" },
		{ "", JSON_SYNTAX, "" },
	}, *row;

	EACH(row, rows) {
		SCOPED(arena_free) struct arena a = { 0 };
		SCOPED(buf_free) struct buf     said = { 0 };
		struct jread_report             report;
		struct order                    o = { .fen = 42 };

		CHECK_RESULT(row->text,
		             jread_object(str_of(row->text), &order_schema, &a, &o, &report),
		             row->want);
		for (size_t i = 0; i < report.count; i++)
			buf_printf(&said, STR_FMT " %s;", STR_ARG(report.rows[i].field), report.rows[i].what);
		buf_put(&said, bytes_of("", 1));
		CHECK_STR(row->text, (const char *)said.at, row->said);
		CHECK(o.name.at == NULL && o.fen == 42);
	}
}

TEST(json_with_too_many_violations_reports_the_first)
{
	SCOPED(arena_free) struct arena a = { 0 };
	SCOPED(buf_free) struct buf     b = { 0 };
	struct jread_report             report;
	struct order                    o = { 0 };

	buf_str(&b, STR("{\"name\":\"a\""));
	for (int i = 0; i < 100; i++)
		buf_printf(&b, ",\"x%d\":1", i);
	buf_str(&b, STR("}"));
	CHECK_RESULT("", jread_object(buf_text(&b), &order_schema, &a, &o, &report), JSON_FIELDS);
	CHECK_I64("", report.count, JREAD_VIOLATIONS_MAX);
}

TEST(json_is_written_with_commas_and_quotes_in_place)
{
	SCOPED(buf_free) struct buf b = { 0 };
	struct jwrite               j = { .out = &b };

	jwrite_object(&j, NULL);
	jwrite_str(&j, "text", STR("\"\\\n\r\t\x01/\xE6\xB0\xB4\x7F"));
	jwrite_text(&j, "none", NULL);
	jwrite_i64(&j, "least", INT64_MIN);
	jwrite_u64_text(&j, "big", UINT64_MAX);
	jwrite_array(&j, "list");
	jwrite_bool(&j, NULL, true);
	jwrite_object(&j, NULL);
	jwrite_end(&j);
	jwrite_array(&j, NULL);
	jwrite_end_array(&j);
	jwrite_null(&j, NULL);
	jwrite_end_array(&j);
	jwrite_text(&j, "after", "");
	jwrite_end(&j);
	buf_put(&b, bytes_of("", 1));
	CHECK_STR("", (const char *)b.at,
		  "{\"text\":\"\\\"\\\\\\n\\r\\t\\u0001/\xE6\xB0\xB4\\u007f\",\"none\":null,"
		  "\"least\":-9223372036854775808,\"big\":\"18446744073709551615\","
		  "\"list\":[true,{},[],null],\"after\":\"\"}");
}

/* What `write_it` puts on stderr. */
static void capture(void (*write_it)(void), char *out, size_t size)
{
	int     ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	ASSERT(saved >= 0 && pipe(ends) == 0);
	dup2(ends[1], STDERR_FILENO);
	write_it();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	close(ends[0]);
}

static void log_three(void)
{
	char name[LOG_VALUE_SIZE];

	LOG_INFO("card.issued", "card=%d name=%s", 7, log_value(STR("a b\n\"c\""), name));
	LOG_DEBUG("not.shown", "x=%d", 1);
	LOG_ERROR("broken", "text=%s", "line one\nline two");
}

TEST(a_log_line_is_one_line)
{
	char out[1000];

	setenv("JOURNAL_STREAM", "1:2", 1);
	capture(log_three, out, sizeof out);
	CHECK_STR("journald", out,
	          "<6>card.issued card=7 name=\"a b\\x0a\\\"c\\\"\"\n<3>broken text=line one?line "
	          "two\n");
	unsetenv("JOURNAL_STREAM");
	capture(log_three, out, sizeof out);
	CHECK(strlen(out) > 30 && out[4] == '-' && out[10] == 'T' && out[23] == 'Z');
	CHECK(strstr(out, "Z info card.issued card=7") && strstr(out, "Z error broken"));
}

static void log_long(void)
{
	char text[5000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	LOG_INFO("long", "text=%s", text);
}

TEST(a_long_log_line_is_cut_and_still_ends)
{
	char out[6000];

	capture(log_long, out, sizeof out);
	CHECK(strlen(out) > 1000 && strlen(out) < 2100);
	CHECK(out[strlen(out) - 1] == '\n');
}

TEST(log_values_are_quoted_when_they_must_be)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "plain-1.2", "plain-1.2" },
		{ "", "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a=b", "\"a=b\"" },
		{ "\xE6\xB0\xB4", "\xE6\xB0\xB4" },
		{ "\xE6\xB0\xB4 x", "\"\xE6\xB0\xB4 x\"" },
		{ "\xFF", "\"\\xff\"" },
		{ "\\", "\"\\\\\"" },
	}, *row;
	char long_text[1000], out[LOG_VALUE_SIZE];

	EACH(row, rows)
		CHECK_STR(row->in, log_value(str_of(row->in), out), row->want);
	for (size_t i = 0; i + 3 < sizeof long_text; i += 3)
		memcpy(long_text + i, "\xE6\xB0\xB4", 3);
	log_value((struct str){ long_text, 900 }, out);
	CHECK(str_is_utf8(str_of(out)));
	long_text[0] = long_text[1] = long_text[2] = ' ';
	log_value((struct str){ long_text, 900 }, out);
	CHECK(str_is_utf8(str_of(out)) && out[strlen(out) - 1] == '"');
}
