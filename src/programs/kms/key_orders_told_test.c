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
	CHECK_STR("authority",
	          kms_ask_as(&k, "conf",
	                     "{'command':'ca.add','code':'CUP','name':'x','scheme':'unionpay',"
	                     "'rid':'A000000333'}"),
	          "SUCCESS");
	check_binary(&k, table);
}
