/* SPDX-License-Identifier: Apache-2.0 */
/* `yika key` and a key manager: the table of orders that one tells and the other reads, and a
 * binary file on its way between them. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "harness/test.h"
#include "programs/kms/key_order.h"
#include "service/kms/kms_testkit.h"
#include "service/kms/officer_desk.h"

enum { PATH = 512 };

static struct str table_of(struct kms_kit *k, struct arena *a)
{
	struct str answer, table = { "", 0 };

	CHECK_STR("help", kms_ask(k, "{'command':'help'}"), "SUCCESS");
	answer = (struct str){ (const char *)k->answer.at, k->answer.len - 1 };
	CHECK_OK(jread_member(answer, "commands", a, &table));
	return table;
}

static void check_order(struct str table, const struct officer_command *c)
{
	static const char kinds[] = { [OFFICER_IS_PLAIN] = 'p',
		                      [OFFICER_IS_FILE] = 'f',
		                      [OFFICER_IS_BINARY] = 'b',
		                      [OFFICER_IS_SECRET] = 's' };
	struct key_order o = { 0 };

	CHECK_RESULT(c->name, key_order_find(table, str_of(c->name), &o), SUCCESS);
	CHECK_I64(c->name, o.count, c->field_count);
	for (size_t i = 0; i < o.count && i < c->field_count; i++) {
		const struct officer_field *f = &c->fields[i];

		CHECK_STR(c->name, o.fields[i].name, f->field.name);
		CHECK_I64(f->field.name, o.fields[i].kind, f->chosen ? 'c' : kinds[f->kind]);
		CHECK_I64(f->field.name, o.fields[i].required, f->field.required);
	}
}

static void check_table(struct str table)
{
	const struct officer_table *const *tables = officer_tables();

	for (size_t t = 0; tables[t]; t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			check_order(table, &tables[t]->at[i]);
}

/* What a CA's file is asked with; it is no key, and the key manager says so. */
static void check_binary(struct kms_kit *k, struct str table)
{
	static const uint8_t content[] = { 0x20, 0x00, 0xFF, 0x0A };
	char file[PATH], path[PATH];
	const char *words[] = { "ca=1", "expiry=2030-12-31",
		                "checksum=24F03D8860F74C6ECE490611CE86EB53A6819D46", file };
	struct key_words said = { words, ARRAY_LEN(words), kms_kit_session(k, "cert"), NULL };
	SCOPED(buf_free) struct buf request = { 0 };
	struct key_order o;
	int fd;

	snprintf(path, sizeof path, "%.400s/ca.file", test_dir());
	snprintf(file, sizeof file, "file=@%.480s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(write(fd, content, sizeof content) == (ssize_t)sizeof content);
	close(fd);
	CHECK_OK(key_order_find(table, STR("cakey.import"), &o));
	CHECK_OK(key_order_write(&o, &said, &request));
	buf_put(&request, bytes_of("", 1));
	CHECK_STR("asked", kms_ask(k, "%s", (const char *)request.at), "EMV_CERTIFICATE");
}

/* A file of that text, named for a field: "file=@PATH". */
static void put_file(const char *field, const char *text, char word[PATH])
{
	char path[PATH];
	int fd;

	snprintf(path, sizeof path, "%.400s/%s.file", test_dir(), field);
	snprintf(word, PATH, "%.20s=@%.480s", field, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* An order from words to the key manager's answer. */
static const char *give(struct kms_kit *k, struct str table, const char *order,
                        const struct key_words *said)
{
	SCOPED(buf_free) struct buf request = { 0 };
	struct key_order o;

	CHECK_OK(key_order_find(table, str_of(order), &o));
	CHECK_OK(key_order_write(&o, said, &request));
	buf_put(&request, bytes_of("", 1));
	return kms_ask(k, "%s", (const char *)request.at);
}

/* Keys out and in: a text, a key block, a component that is never an argument. */
static void check_exchange(struct kms_kit *k, struct str table)
{
	const char *session = kms_kit_session(k, "key");
	char file[PATH], part[PATH];
	const char *batch[] = { "zmk=1", file },
	           *import[] = { "carrier=1", "key=1", "kcv=08D7B4", file },
	           *component[] = { "id=1", part }, *shown[] = { "id=1", "part=00112233" };
	struct key_words typed = { shown, ARRAY_LEN(shown), session, NULL };
	SCOPED(buf_free) struct buf request = { 0 };
	struct key_order o;

	put_file("file", "OCKX|1|and nothing more\n", file);
	CHECK_STR("a batch",
	          give(k, table, "batch.check",
	               &(struct key_words){ batch, ARRAY_LEN(batch), session, NULL }),
	          "OCKX_FORM");
	CHECK_STR("its line", kms_told(k, "line"), "1");
	CHECK_STR("a block",
	          give(k, table, "key.import",
	               &(struct key_words){ import, ARRAY_LEN(import), session, NULL }),
	          "KEYBLOCK_FORM");
	put_file("part", "00112233445566778899AABBCCDDEEFF", part);
	CHECK_STR("a component",
	          give(k, table, "entry.give",
	               &(struct key_words){ component, ARRAY_LEN(component), session, NULL }),
	          "EXCHANGE_ENTRY");
	CHECK_OK(key_order_find(table, STR("entry.give"), &o));
	CHECK_RESULT("on the command line", key_order_write(&o, &typed, &request), USAGE);
}

TEST(every_order_that_the_key_manager_tells_is_understood)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	SCOPED(arena_free) struct arena a = { 0 };
	struct str table;

	REQUIRE(kms_kit_open(&k, true));
	table = table_of(&k, &a);
	check_table(table);
	CHECK(kms_kit_officer(&k, "conf", "conf"));
	CHECK(kms_kit_officer(&k, "cert", "cert"));
	CHECK(kms_kit_officer(&k, "key", "key"));
	CHECK_STR("authority",
	          kms_ask_as(&k, "conf",
	                     "{'command':'ca.add','code':'CUP','name':'x','scheme':'unionpay',"
	                     "'rid':'A000000333'}"),
	          "SUCCESS");
	check_binary(&k, table);
	check_exchange(&k, table);
}
