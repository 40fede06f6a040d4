/* SPDX-License-Identifier: Apache-2.0 */
/* `yika key` without a key manager: from words to a request, from an answer to a file or to lines.
 */
#include "programs/kms/key_order.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "programs/kms/key_answer.h"
#include "programs/kms/outline.h"

enum { PATH = 512, WORDS = 8 };

/* As the key manager tells it. */
static const char table[] =
        "hello anybody alone\n"
        "login anybody alone name:text:plain:required password:text:secret:required\n"
        "card.take officers alone pin:text:chosen:required copy:text:secret:optional\n"
        "cakey.import cert agreed ca:number:plain:required index:text:plain:optional "
        "at_once:flag:plain:optional table:text:file:optional file:text:binary:optional\n"
        "certificate.import cert alone request:number:plain:required file:text:binary:required\n"
        "certificate.list officers alone\n";

static struct key_order order_of(const char *name)
{
	struct key_order o = { 0 };

	CHECK_OK(key_order_find(str_of(table), str_of(name), &o));
	return o;
}

/* A file of that content; its name behind '@'. */
static const char *at_file(const char *name, struct bytes content, char out[PATH])
{
	int fd;

	snprintf(out, PATH, "@%.400s/%s", test_dir(), name);
	fd = open(out + 1, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, content.at, content.len) == (ssize_t)content.len);
	close(fd);
	return out;
}

/* What somebody types, a line a question. */
static void type(const char *lines)
{
	int pipes[2];

	CHECK(pipe(pipes) == 0);
	CHECK(write(pipes[1], lines, strlen(lines)) == (ssize_t)strlen(lines));
	close(pipes[1]);
	dup2(pipes[0], STDIN_FILENO);
	close(pipes[0]);
}

struct writing {
	const char *command, *words[WORDS]; /* NULL-ended */
	const char *session, *approval;
};

static result write_request(const struct writing *w, struct buf *out)
{
	struct key_order o = order_of(w->command);
	struct key_words words = { w->words, 0, w->session, w->approval };

	while (words.count < WORDS && w->words[words.count])
		words.count++;
	return key_order_write(&o, &words, out);
}

static void check_request(const char *label, const struct writing *w, const char *want)
{
	SCOPED(buf_free) struct buf got = { 0 };

	CHECK_RESULT(label, write_request(w, &got), SUCCESS);
	buf_put(&got, bytes_of("", 1));
	CHECK_STR(label, (const char *)got.at, want);
}

static void check_refused(const char *label, const struct writing *w, enum result_code code,
                          const char *why)
{
	SCOPED(buf_free) struct buf got = { 0 };

	CHECK_RESULT(label, write_request(w, &got), code);
	if (!strstr(result_last()->text, why))
		CHECK_STR(label, result_last()->text, why);
}

/* --- the table --- */

TEST(an_order_is_found_by_its_whole_name)
{
	struct key_order o = order_of("certificate.import");

	CHECK_STR("", o.command, "certificate.import");
	CHECK_I64("", o.count, 2);
	CHECK_STR("", o.fields[0].name, "request");
	CHECK_I64("", o.fields[0].type, 'n');
	CHECK_I64("", o.fields[0].kind, 'p');
	CHECK(o.fields[0].required);
	CHECK_I64("", o.fields[1].kind, 'b');
	CHECK_I64("no fields", order_of("certificate.list").count, 0);
	CHECK_I64("typed twice", order_of("card.take").fields[0].kind, 'c');
	CHECK(!order_of("card.take").fields[1].required);
	static const char *const unknown[] = {
		"certificate", "certificate.impor", "mk", "certificate.import ", "", "hell"
	};
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		CHECK_RESULT(unknown[i], key_order_find(str_of(table), str_of(unknown[i]), &o),
		             CONTROL_COMMAND);
}

TEST(a_table_that_is_not_understood_gives_no_order)
{
	SCOPED(buf_free) struct buf many = { 0 };
	struct key_order o;
	static const char *const lines[] = { "x mk alone name", "x mk alone name:text",
		                             "x mk alone name:text:plain", "x mk alone name:::",
		                             "x mk alone  name:text:plain:required" };

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		CHECK_RESULT(lines[i], key_order_find(str_of(lines[i]), STR("x"), &o),
		             CONTROL_COMMAND);
	buf_str(&many, STR("x mk alone"));
	for (int i = 0; i <= KEY_ORDER_FIELDS; i++)
		buf_printf(&many, " f%d:text:plain:optional", i);
	CHECK_RESULT("too many", key_order_find(buf_text(&many), STR("x"), &o), CONTROL_COMMAND);
}

/* --- requests --- */

TEST(words_become_a_request_of_the_fields_types)
{
	check_request("nothing", &(struct writing){ .command = "hello" },
	              "{\"command\":\"hello\"}");
	check_request("in the table's order",
	              &(struct writing){
	                      "cakey.import", { "at_once=yes", "index=F1", "ca=7" }, "0123", NULL },
	              "{\"command\":\"cakey.import\",\"session\":\"0123\",\"ca\":7,"
	              "\"index\":\"F1\",\"at_once\":true}");
	check_request("text stays text",
	              &(struct writing){ "cakey.import", { "ca=7", "index=7=\"7\"" }, NULL, NULL },
	              "{\"command\":\"cakey.import\",\"ca\":7,\"index\":\"7=\\\"7\\\"\"}");
	check_request("no is said too",
	              &(struct writing){ "cakey.import", { "ca=-7", "at_once=no" }, NULL, NULL },
	              "{\"command\":\"cakey.import\",\"ca\":-7,\"at_once\":false}");
}

TEST(words_that_fit_no_field_are_refused)
{
	static const struct {
		const char *word, *why;
	} rows[] = {
		{ "cas=7", "no such field" },       { "c=7", "no such field" },
		{ "ca", "no such field" },          { "=7", "no such field" },
		{ "ca=seven", "ca is a number" },   { "ca=7.5", "ca is a number" },
		{ "ca=", "ca is a number" },        { "index=F1", "ca=… is missing" },
		{ "at_once=true", "ca=… is missing" },
	}, *row;

	EACH (row, rows)
		check_refused(row->word,
		              &(struct writing){ "cakey.import", { row->word }, NULL, NULL }, USAGE,
		              row->why);
	check_refused("a flag",
	              &(struct writing){ "cakey.import", { "ca=7", "at_once=true" }, NULL, NULL },
	              USAGE, "yes or no");
}

/* What was agreed to stands in the approval: only its files come again. */
TEST(what_was_agreed_to_need_not_be_said_again)
{
	char table_file[PATH], word[PATH + 8];

	check_request("nothing but its number",
	              &(struct writing){ "cakey.import", { NULL }, "0123", "12" },
	              "{\"command\":\"cakey.import\",\"session\":\"0123\",\"approval\":\"12\"}");
	at_file("keys.csv", str_bytes(STR("A000000999,F1\n")), table_file);
	snprintf(word, sizeof word, "table=%s", table_file);
	check_request("and its file", &(struct writing){ "cakey.import", { word }, NULL, "12" },
	              "{\"command\":\"cakey.import\",\"approval\":\"12\","
	              "\"table\":\"A000000999,F1\\n\"}");
}

/* --- files --- */

TEST(files_come_by_their_names)
{
	static const uint8_t content[] = { 0x22, 0x90, 0x00, 0xFF };
	char file[PATH], word[PATH + 8];

	at_file("request.INP", bytes_of(content, sizeof content), file);
	snprintf(word, sizeof word, "file=%s", file);
	check_request("binary",
	              &(struct writing){ "certificate.import", { "request=1", word }, NULL, NULL },
	              "{\"command\":\"certificate.import\",\"request\":1,\"file\":\"229000FF\"}");
	check_refused("its content on the command line",
	              &(struct writing){
	                      "certificate.import", { "request=1", "file=229000FF" }, NULL, NULL },
	              USAGE, "file=@FILE");
	check_refused("not there",
	              &(struct writing){ "certificate.import",
	                                 { "request=1", "file=@/nowhere/request.INP" },
	                                 NULL,
	                                 NULL },
	              FILE_READ, "/nowhere");
	check_refused("left out",
	              &(struct writing){ "certificate.import", { "request=1" }, NULL, NULL }, USAGE,
	              "file=… is missing");
	snprintf(word, sizeof word, "table=%s", file);
	check_refused("binary where text is wanted",
	              &(struct writing){ "cakey.import", { "ca=7", word }, NULL, NULL }, FILE_READ,
	              "is not text");
}

TEST(an_empty_file_is_an_empty_field)
{
	char file[PATH], word[PATH + 8];

	at_file("empty", bytes_of("", 0), file);
	snprintf(word, sizeof word, "file=%s", file);
	check_request("",
	              &(struct writing){ "certificate.import", { "request=1", word }, NULL, NULL },
	              "{\"command\":\"certificate.import\",\"request\":1,\"file\":\"\"}");
}

TEST(a_file_that_is_too_large_is_refused)
{
	char file[PATH], word[PATH + 8];

	at_file("large", bytes_of("", 0), file);
	CHECK(truncate(file + 1, KEY_FILE_MAX + 1) == 0);
	snprintf(word, sizeof word, "file=%s", file);
	check_refused("",
	              &(struct writing){ "certificate.import", { "request=1", word }, NULL, NULL },
	              FILE_READ, "larger than");
}

/* --- secrets --- */

TEST(secrets_are_typed_or_in_a_file_and_never_on_the_command_line)
{
	char file[PATH], word[PATH + 16];

	check_refused(
	        "on the command line",
	        &(struct writing){ "login", { "name=mk", "password=open sesame" }, NULL, NULL },
	        USAGE, "password is secret");
	at_file("password", str_bytes(STR("open sesame")), file);
	snprintf(word, sizeof word, "password=%s", file);
	check_request("in a file", &(struct writing){ "login", { "name=mk", word }, NULL, NULL },
	              "{\"command\":\"login\",\"name\":\"mk\",\"password\":\"open sesame\"}");
	type("open sesame\n");
	check_request("typed",
	              &(struct writing){ "login", { "name=mk", "password=-" }, NULL, NULL },
	              "{\"command\":\"login\",\"name\":\"mk\",\"password\":\"open sesame\"}");
	type("open sesame\n");
	check_request("asked for when it is needed",
	              &(struct writing){ "login", { "name=mk" }, NULL, NULL },
	              "{\"command\":\"login\",\"name\":\"mk\",\"password\":\"open sesame\"}");
	type("\n");
	check_refused("nothing typed", &(struct writing){ "login", { "name=mk" }, NULL, NULL },
	              PROMPT_EMPTY, "nothing");
}

TEST(a_secret_that_is_chosen_is_typed_twice)
{
	type("1357\n1357\n");
	check_request("", &(struct writing){ "card.take", { NULL }, NULL, NULL },
	              "{\"command\":\"card.take\",\"pin\":\"1357\"}");
	type("1357\n1375\n");
	check_refused("two texts", &(struct writing){ "card.take", { NULL }, NULL, NULL }, USAGE,
	              "differs");
	type("1357\n1357\nmore\n");
	check_request("and one that is wished for",
	              &(struct writing){ "card.take", { "copy=-" }, NULL, NULL },
	              "{\"command\":\"card.take\",\"pin\":\"1357\",\"copy\":\"more\"}");
}

/* --- answers into files --- */

static void check_saved(const char *label, const char *answer, const char *member,
                        struct bytes want)
{
	SCOPED(arena_free) struct arena a = { 0 };
	char path[PATH], got[64];
	struct stat st = { 0 };
	static int count;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%.400s/out%d", test_dir(), ++count);
	CHECK_RESULT(label, key_answer_save(str_of(answer), member, path, &a), SUCCESS);
	fd = open(path, O_RDONLY);
	n = read(fd, got, sizeof got);
	CHECK(fstat(fd, &st) == 0);
	close(fd);
	CHECK_BYTES(label, bytes_of(got, n > 0 ? (size_t)n : 0), want);
	CHECK_I64("its owner's alone", st.st_mode & 0777, 0600);
}

TEST(an_answers_file_is_written_as_it_is)
{
	static const uint8_t bytes[] = { 0x22, 0x90, 0x00 };
	const char *made = "{\"id\":1,\"file_name\":\"000123.INP\",\"file_hex\":\"229000\","
	                   "\"hash_name\":\"000123.TXT\",\"hash_hex\":\"41\",\"code\":\"SUCCESS\"}";

	check_saved("bytes", made, NULL, bytes_of(bytes, sizeof bytes));
	check_saved("another member", made, "hash_hex", str_bytes(STR("A")));
	check_saved("text", "{\"xml\":\"<a>1</a>\\n\"}", NULL, str_bytes(STR("<a>1</a>\n")));
	check_saved("text before bytes", "{\"file_hex\":\"41\",\"file\":\"B\"}", NULL,
	            str_bytes(STR("B")));
}

TEST(an_answer_without_a_file_writes_none)
{
	static const struct {
		const char *label, *answer, *member;
		enum result_code code;
	} rows[] = {
		{ "nothing", "{\"code\":\"SUCCESS\"}", NULL, USAGE },
		{ "not that", "{\"file\":\"A\"}", "xml", USAGE },
		{ "no hex", "{\"file_hex\":\"4\"}", NULL, INVALID_HEX },
		{ "no answer", "what", NULL, JSON_SYNTAX },
	}, *row;
	char path[PATH];

	snprintf(path, sizeof path, "%.400s/none", test_dir());
	EACH (row, rows) {
		SCOPED(arena_free) struct arena a = { 0 };

		CHECK_RESULT(row->label,
		             key_answer_save(str_of(row->answer), row->member, path, &a),
		             row->code);
		CHECK(access(path, F_OK) != 0);
	}
}

TEST(a_file_that_is_there_is_not_written_over)
{
	SCOPED(arena_free) struct arena a = { 0 };
	char path[PATH], got[8] = "";
	int fd;

	at_file("there", str_bytes(STR("old")), path);
	CHECK_RESULT("", key_answer_save(STR("{\"xml\":\"new\"}"), NULL, path + 1, &a), FILE_WRITE);
	fd = open(path + 1, O_RDONLY);
	CHECK(read(fd, got, sizeof got - 1) == 3);
	close(fd);
	CHECK_STR("", got, "old");
}

/* --- answers in lines --- */

static void check_outline(const char *label, const char *json, const char *want)
{
	SCOPED(buf_free) struct buf got = { 0 };

	outline_write(str_of(json), &got);
	buf_put(&got, bytes_of("", 1));
	CHECK_STR(label, (const char *)got.at, want);
}

TEST(an_answer_is_shown_a_line_a_member)
{
	check_outline("scalars", "{\"id\":7,\"name\":\"校园\",\"at_once\":true,\"note\":null}",
	              "id: 7\nname: 校园\nat_once: true\nnote: null\n");
	check_outline("code and texts are not shown",
	              "{\"id\":7,\"code\":\"SUCCESS\",\"zh\":\"成功\",\"en\":\"Done\"}", "id: 7\n");
	check_outline("but below they are", "{\"ca\":{\"code\":\"CUP\"}}", "ca: \n  code: CUP\n");
	check_outline("times", "{\"created_us\":1772683200000000,\"used_us\":0,\"us\":5}",
	              "created_us: 2026-03-05 12:00:00+08:00\nused_us: -\nus: 5\n");
	check_outline("escapes", "{\"text\":\"a\\tb\\\\c \\\"d\\\"\\u0007\"}",
	              "text: a\tb\\c \"d\"?\n");
}

TEST(lists_are_shown_indented)
{
	check_outline("objects",
	              "{\"keys\":[{\"id\":1,\"index\":\"F1\"},{\"id\":2,\"index\":\"F2\"}]}",
	              "keys: \n  - id: 1\n    index: F1\n  - id: 2\n    index: F2\n");
	check_outline("texts", "{\"chips\":[\"A\",\"B\"]}", "chips: \n  - A\n  - B\n");
	check_outline("an empty one", "{\"keys\":[],\"id\":1}", "keys: -\nid: 1\n");
	check_outline("an empty object", "{\"states\":{},\"id\":1}", "states: \nid: 1\n");
}

TEST(what_is_no_answer_is_shown_as_it_came)
{
	static const char *const texts[] = {
		"",
		"busy",
		"{",
		"{\"id\":",
		"{\"id\":1",
		"{\"id\":1}}",
		"{\"id\":1}\n",
		"[1]",
		"{\"a\":\"\\",
		"{\"a\":\"\\u",
		"{\"a\":[{\"b\":[",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_outline(texts[i], texts[i], texts[i]);
}
