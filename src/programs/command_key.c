/* SPDX-License-Identifier: Apache-2.0 */
/* `yika key`: orders of key officers at a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "net/lines.h"
#include "programs/command.h"
#include "programs/kms/kms_home.h"
#include "programs/kms/key_answer.h"
#include "programs/kms/key_help.h"
#include "programs/kms/key_order.h"
#include "programs/kms/key_session.h"
#include "programs/kms/outline.h"
#include "programs/kms/prompt.h"

enum { ANSWER_MAX = 32 << 20, WORDS_MAX = 40, AUDIT_PAGE = 500, TYPED = 256 };

static const struct str progress_wish = STR("\"progress\":\"yes\",");

struct key_command {
	const char *dir, *socket, *as, *out, *member;
	bool json;
	struct lines_client line;
	struct arena arena;
	struct str code; /* of the last answer */
};

static void key_command_end(struct key_command *k)
{
	lines_disconnect(&k->line);
	arena_wipe(&k->arena);
}

/* --- asking --- */

static result connect_to(struct key_command *k)
{
	char path[KMS_HOME_PATH];
	struct kms_home home;

	if (k->socket)
		return lines_connect(k->socket, &k->line);
	if (!k->dir)
		k->dir = getenv("YIKA_KMS");
	if (!k->dir || !k->dir[0])
		return FAIL(USAGE, "which key manager? export YIKA_KMS=DIR, or --dir DIR");
	TRY(kms_home_open(k->dir, &home));
	return lines_connect(kms_home_path(&home, home.conf.officers, path), &k->line);
}

/* On standard error; at a terminal each in place of the one before. */
static bool show_progress(void *owner, struct str line)
{
	bool done, terminal = isatty(STDERR_FILENO), *open = owner;
	char text[KEY_PROGRESS_SIZE];

	if (!key_answer_progress(line, text, &done))
		return false;
	*open = terminal && !done;
	fprintf(stderr, "%s%s%s", terminal ? "\r" : "", text, *open ? "" : "\n");
	return true;
}

/* The key manager's own code decides. */
static result ask(struct key_command *k, struct str request, struct buf *answer)
{
	bool open = false; /* a line of progress that is not ended: the act had fewer steps */
	struct lines_listener listener = { show_progress, &open };
	struct str detail;

	answer->len = 0;
	answer->limit = ANSWER_MAX;
	result r = lines_ask_told(&k->line, request, &listener, answer);
	if (open)
		fputc('\n', stderr);
	TRY(r);
	TRY(jread_member(buf_text(answer), "code", &k->arena, &k->code));
	if (str_equal(k->code, STR("SUCCESS")))
		return OK;
	TRY(jread_member(buf_text(answer), "detail", &k->arena, &detail));
	enum result_code code = result_by_name(k->code.at);
	if (code == OFFICER_SESSION)
		return FAIL(OFFICER_SESSION, "log in with: yika key login NAME");
	return code == RESULT_CODE_COUNT ? FAIL(CONTROL_REFUSED, STR_FMT ": " STR_FMT,
	                                        STR_ARG(k->code), STR_ARG(detail))
	                                 : FAIL(code, STR_FMT, STR_ARG(detail));
}

static result find_order(struct key_command *k, const char *name, struct key_order *order)
{
	SCOPED(buf_free) struct buf answer = { 0 };
	struct str table;

	TRY(ask(k, STR("{\"command\":\"help\"}"), &answer));
	TRY(jread_member(buf_text(&answer), "commands", &k->arena, &table));
	return key_order_find(table, str_of(name), order);
}

/* --- answers --- */

/* without: a member that is in a file already, or NULL. */
static void show_but(const struct key_command *k, const struct buf *answer, const char *without)
{
	SCOPED(buf_free) struct buf text = { .limit = ANSWER_MAX };

	if (k->json)
		buf_str(&text, buf_text(answer));
	else
		outline_write(buf_text(answer), without, &text);
	if (!text.len && !without)
		buf_str(&text, STR("done 已完成\n"));
	fwrite(text.at, 1, text.len, stdout);
	if (k->json)
		putchar('\n');
	secret_wipe_bytes(text.at, text.len);
}

static void show(const struct key_command *k, const struct buf *answer)
{
	show_but(k, answer, NULL);
}

static result save(struct key_command *k, const struct buf *answer)
{
	const char *saved = NULL;

	TRY(key_answer_save(buf_text(answer), k->member, k->out, &k->arena, &saved));
	if (k->json)
		return OK;
	show_but(k, answer, saved);
	printf("written 已写入: %s\n", k->out);
	return OK;
}

/* What the others type now, and who asked then. */
static result tell_approval(struct key_command *k, const struct buf *answer)
{
	struct str id;

	show(k, answer);
	if (k->json)
		return OK;
	TRY(jread_member(buf_text(answer), "approval", &k->arena, &id));
	printf("others have to agree first 须他人审批:\n"
	       "  each of them 他们各自:   yika key approval.agree id=" STR_FMT "\n"
	       "  then you 然后您本人:     yika key do " STR_FMT "\n",
	       STR_ARG(id), STR_ARG(id));
	return OK;
}

/* --- orders --- */

/* Say in a request that one wants to be told how far it is. */
static result wish_progress(struct buf *request)
{
	size_t n = progress_wish.len;

	if (!buf_reserve(request, n))
		return buf_done(request);
	memmove(request->at + 1 + n, request->at + 1, request->len - 1);
	memcpy(request->at + 1, progress_wish.at, n);
	request->len += n;
	return OK;
}

static result run_order(struct key_command *k, const char *name, struct key_words *words)
{
	SCOPED(buf_free) struct buf request = { .limit = ANSWER_MAX }, answer = { 0 };
	char token[KEY_SESSION_SIZE];
	struct key_order order;
	result r;

	TRY(find_order(k, name, &order));
	if (is_ok(key_session_load(k->as, token)))
		words->session = token;
	r = k->out ? key_answer_try(k->out) : OK;
	if (is_ok(r))
		r = key_order_write(&order, words, &request);
	if (is_ok(r))
		r = wish_progress(&request);
	if (is_ok(r))
		r = ask(k, buf_text(&request), &answer);
	secret_wipe_bytes(request.at, request.len);
	if (is_ok(r) && k->out)
		r = save(k, &answer);
	else if (is_ok(r))
		show(k, &answer);
	else if (r.code == APPROVAL_NEEDED)
		TRY(tell_approval(k, &answer));
	else if (k->json && answer.len)
		show(k, &answer);
	secret_wipe_bytes(answer.at, answer.len);
	if (is_ok(r) && strcmp(name, "logout") == 0)
		key_session_forget(k->as);
	return r;
}

/* All orders, or those whose names begin so: "ceremony". */
static result run_help(struct key_command *k, const char *begin)
{
	SCOPED(buf_free) struct buf answer = { 0 }, text = { .limit = ANSWER_MAX };
	struct str table;

	TRY(ask(k, STR("{\"command\":\"help\"}"), &answer));
	TRY(jread_member(buf_text(&answer), "commands", &k->arena, &table));
	TRY(key_help_write(table, begin ? str_of(begin) : STR(""), &text));
	fwrite(text.at, 1, text.len, stdout);
	return OK;
}

/* --- logging in --- */

static result run_login(struct key_command *k, const char *name)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { 0 };
	char password[TYPED], code[TYPED];
	static const char *const members[] = { "session", "display", "roles" };
	struct jwrite j = { .out = &request };
	struct str told[ARRAY_LEN(members)];
	result r = prompt_text("password 口令: ", false, password, sizeof password);

	if (is_ok(r))
		r = prompt_text("code 动态码: ", true, code, sizeof code);
	if (is_ok(r)) {
		jwrite_object(&j, NULL);
		jwrite_text(&j, "command", "login");
		jwrite_text(&j, "name", name);
		jwrite_text(&j, "password", password);
		jwrite_text(&j, "code", code);
		jwrite_end(&j);
		r = ask(k, buf_text(&request), &answer);
	}
	secret_wipe_bytes(password, sizeof password);
	secret_wipe_bytes(request.at, request.len);
	TRY(r);
	TRY(jread_members(buf_text(&answer), members, ARRAY_LEN(members), &k->arena, told));
	TRY(key_session_save(name, told[0].at));
	printf("logged in 已登录: " STR_FMT ", " STR_FMT "\n", STR_ARG(told[1]), STR_ARG(told[2]));
	return OK;
}

/* The invitation is taken up: an authenticator app gets its secret, the officer chooses a password.
 */
struct entry {
	char invite[TYPED], password[TYPED], again[TYPED], code[TYPED];
};

static result show_app_secret(struct key_command *k, const char *name, struct entry *e,
                              struct str *secret)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { 0 };
	static const char *const members[] = { "secret", "uri" };
	struct jwrite j = { .out = &request };
	struct str told[2];

	TRY(prompt_text("invitation 邀请码: ", false, e->invite, sizeof e->invite));
	jwrite_object(&j, NULL);
	jwrite_text(&j, "command", "invited");
	jwrite_text(&j, "name", name);
	jwrite_text(&j, "invite", e->invite);
	jwrite_end(&j);
	TRY(ask(k, buf_text(&request), &answer));
	TRY(jread_members(buf_text(&answer), members, 2, &k->arena, told));
	*secret = told[0];
	printf("put this secret into the authenticator app 请录入动态码应用:\n  " STR_FMT
	       "\n  " STR_FMT "\n",
	       STR_ARG(told[0]), STR_ARG(told[1]));
	secret_wipe_bytes(answer.at, answer.len);
	return OK;
}

static result choose_password(struct entry *e)
{
	TRY(prompt_text("new password 新口令: ", false, e->password, sizeof e->password));
	TRY(prompt_text("again 再次输入: ", false, e->again, sizeof e->again));
	if (strcmp(e->password, e->again) != 0)
		return FAIL(USAGE, "what was typed differs");
	return prompt_text("code of the app 动态码: ", true, e->code, sizeof e->code);
}

static result enter(struct key_command *k, const char *name, struct entry *e)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { 0 };
	struct jwrite j = { .out = &request };
	struct str secret;
	result r;

	TRY(show_app_secret(k, name, e, &secret));
	TRY(choose_password(e));
	jwrite_object(&j, NULL);
	jwrite_text(&j, "command", "enter");
	jwrite_text(&j, "name", name);
	jwrite_text(&j, "invite", e->invite);
	jwrite_text(&j, "password", e->password);
	jwrite_str(&j, "secret", secret);
	jwrite_text(&j, "code", e->code);
	jwrite_end(&j);
	r = ask(k, buf_text(&request), &answer);
	secret_wipe_bytes(request.at, request.len);
	return r;
}

static result run_accept(struct key_command *k, const char *name)
{
	struct entry e;
	result r = enter(k, name, &e);

	secret_wipe_bytes(&e, sizeof e);
	if (is_ok(r))
		printf("done 已完成. Log in with 请登录: yika key login %s\n", name);
	return r;
}

/* --- what was agreed to --- */

static result op_of(struct key_command *k, const char *id, char op[KEY_ORDER_NAME])
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { 0 };
	char token[KEY_SESSION_SIZE];
	struct jwrite j = { .out = &request };
	struct str found;
	int64_t number;

	TRY(str_i64(str_of(id), &number));
	TRY(key_session_load(k->as, token));
	jwrite_object(&j, NULL);
	jwrite_text(&j, "command", "approval.show");
	jwrite_text(&j, "session", token);
	jwrite_i64(&j, "id", number);
	jwrite_end(&j);
	TRY(ask(k, buf_text(&request), &answer));
	TRY(jread_member(buf_text(&answer), "op", &k->arena, &found));
	str_copy(found, op, KEY_ORDER_NAME);
	return OK;
}

static result run_do(struct key_command *k, const char *id, struct key_words *words)
{
	char op[KEY_ORDER_NAME];

	TRY(op_of(k, id, op));
	words->approval = id;
	return run_order(k, op, words);
}

/* --- the command --- */

static result dispatch(struct key_command *k, struct command_words *words)
{
	const char *first = words->count ? words->at[0] : "help";
	const char *second = words->count > 1 ? words->at[1] : NULL;
	struct key_words rest = { words->at + 1, words->count > 0 ? words->count - 1 : 0, NULL,
		                  NULL };
	char joined[KEY_ORDER_NAME];

	if (strcmp(first, "help") == 0)
		return run_help(k, second);
	if (strcmp(first, "login") == 0)
		return second ? run_login(k, second) : FAIL(USAGE, "yika key login NAME");
	if (strcmp(first, "accept") == 0)
		return second ? run_accept(k, second) : FAIL(USAGE, "yika key accept NAME");
	if (strcmp(first, "do") == 0) {
		rest = (struct key_words){ words->at + 2, words->count - 2, NULL, NULL };
		return second ? run_do(k, second, &rest) : FAIL(USAGE, "yika key do APPROVAL");
	}
	/* "audit verify" is "audit.verify" */
	if (!strchr(first, '.') && second && !strchr(second, '=')) {
		snprintf(joined, sizeof joined, "%s.%s", first, second);
		rest = (struct key_words){ words->at + 2, words->count - 2, NULL, NULL };
		return run_order(k, joined, &rest);
	}
	return run_order(k, first, &rest);
}

int command_key(int argc, char **argv)
{
	SCOPED(key_command_end) struct key_command k = { .line = { -1 } };
	const char *at[WORDS_MAX];
	struct command_words words = { at, WORDS_MAX, 0 };
	struct command_option options[] = {
		{ "dir", &k.dir, NULL, false },       { "socket", &k.socket, NULL, false },
		{ "as", &k.as, NULL, false },         { "out", &k.out, NULL, false },
		{ "member", &k.member, NULL, false }, { "json", NULL, &k.json, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), &words);

	if (is_ok(r))
		r = connect_to(&k);
	if (is_ok(r))
		r = dispatch(&k, &words);
	if (r.code == APPROVAL_NEEDED)
		return EXIT_REFUSED; /* what is to be done stands there already */
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
