/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lines.h"
#include "service/control/control.h"

/* The daemon's own code decides. */
static result check(const struct buf *answer)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	struct str code, detail;

	TRY(jread_member(buf_text(answer), "code", &arena, &code));
	TRY(jread_member(buf_text(answer), "detail", &arena, &detail));
	if (str_equal(code, STR("SUCCESS")))
		return OK;
	return FAIL(CONTROL_REFUSED, STR_FMT ": " STR_FMT, STR_ARG(code), STR_ARG(detail));
}

result control_ask(const char *path, struct str request, struct buf *answer)
{
	SCOPED(lines_disconnect) struct lines_client client;

	TRY(lines_connect(path, &client));
	TRY(lines_ask(&client, request, answer));
	return check(answer);
}
