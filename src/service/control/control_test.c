/* SPDX-License-Identifier: Apache-2.0 */
#include "service/control/control.h"

#include <stdio.h>
#include <sys/stat.h>

#include "harness/test.h"

static result echo(void *owner, const struct control_request *request, struct jwrite *answer)
{
	(void)owner;
	jwrite_str(answer, "card", request->card);
	jwrite_i64(answer, "number", request->number);
	return OK;
}

static result refuse(void *owner, const struct control_request *request, struct jwrite *answer)
{
	(void)owner;
	(void)request;
	(void)answer;
	return FAIL(CONTROL_REFUSED, "because of %s", "a reason");
}

static const struct control_command commands[] = { { "echo", echo }, { "refuse", refuse } };

static const char *socket_path(void)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/control.sock", test_dir());
	return path;
}

TEST(control_answers_each_request_with_its_code)
{
	struct control_config config = { socket_path(), commands, ARRAY_LEN(commands), NULL };
	struct control *control;
	static const struct {
		const char *request;
		enum result_code code;
		const char *contains;
	} rows[] = {
		{ "{\"command\":\"echo\",\"card\":\"1800\",\"number\":7}", SUCCESS,
		  "\"card\":\"1800\",\"number\":7" },
		{ "{\"command\":\"refuse\"}", CONTROL_REFUSED, "because of a reason" },
		{ "{\"command\":\"unknown\"}", CONTROL_REFUSED, "CONTROL_COMMAND" },
		{ "{\"command\":\"echo\",\"other\":1}", CONTROL_REFUSED, "JSON_FIELDS" },
		{ "{\"card\":\"1\"}", CONTROL_REFUSED, "JSON_FIELDS" },
		{ "not json", CONTROL_REFUSED, "JSON_SYNTAX" },
	}, *row;

	REQUIRE_OK(control_start(&config, &control));
	EACH (row, rows) {
		struct buf answer = { 0 };

		CHECK_RESULT(row->request,
		             control_ask(socket_path(), str_of(row->request), &answer), row->code);
		buf_put(&answer, bytes_of("", 1));
		CHECK(strstr((const char *)answer.at, row->contains) != NULL);
		buf_free(&answer);
	}
	control_stop(control);
}

TEST(control_socket_is_for_its_owner_only_and_goes_with_the_daemon)
{
	struct control_config config = { socket_path(), commands, ARRAY_LEN(commands), NULL };
	struct buf answer = { 0 };
	struct control *control;
	struct stat st;

	REQUIRE_OK(control_start(&config, &control));
	CHECK_I64("", stat(socket_path(), &st), 0);
	CHECK_I64("mode", st.st_mode & 0777, 0600);
	control_stop(control);
	CHECK_RESULT("", control_ask(socket_path(), STR("{\"command\":\"echo\"}"), &answer),
	             CONTROL_SOCKET);
	buf_free(&answer);
}

TEST(control_lets_go_of_a_client_whose_line_never_ends)
{
	struct control_config config = { socket_path(), commands, ARRAY_LEN(commands), NULL };
	struct control *control;
	struct buf answer = { 0 };
	static char endless[CONTROL_LINE_MAX + 1];

	memset(endless, 'x', sizeof endless);
	REQUIRE_OK(control_start(&config, &control));
	CHECK_RESULT("",
	             control_ask(socket_path(), (struct str){ endless, sizeof endless }, &answer),
	             CONTROL_SOCKET);
	control_stop(control);
	buf_free(&answer);
}
