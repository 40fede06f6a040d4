/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <string.h>

#include "harness/test.h"

static result fail_with(int number)
{
	return FAIL(MONEY_SYNTAX, "number %d", number);
}

static result pass_on(result r, bool *went_on)
{
	TRY(r);
	*went_on = true;
	return OK;
}

TEST(a_failure_carries_code_place_and_detail)
{
	bool went_on = false;

	CHECK_RESULT("", pass_on(fail_with(7), &went_on), MONEY_SYNTAX);
	CHECK(!went_on);
	CHECK_STR("", result_last()->text, "number 7");
	CHECK(strstr(result_last()->file, "result_test.c") && result_last()->line > 0);
	CHECK_OK(pass_on(OK, &went_on));
	CHECK(went_on);
}

TEST(the_error_table_is_complete)
{
	for (int i = 0; i < RESULT_CODE_COUNT; i++) {
		result      r = { (enum result_code)i };
		const char *name = result_name(r);

		CHECK_I64(name, result_by_name(name), i);
		CHECK(result_http(r) >= 200 && result_http(r) <= 599);
		CHECK_I64(name, strlen(result_field39(r)), 2);
		CHECK(*result_text_zh(r) && *result_text_en(r));
		CHECK(str_is_utf8(str_of(result_text_zh(r))));
		CHECK_I64(name, result_kind(r) == RESULT_OK, i == SUCCESS);
		CHECK_I64(name, strcmp(result_field39(r), "00") == 0, result_kind(r) == RESULT_OK);
	}
	CHECK_STR("", result_name((result){ RESULT_CODE_COUNT }), "UNKNOWN");
	CHECK_I64("", result_by_name("NO_SUCH_CODE"), RESULT_CODE_COUNT);
}
