/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in and out, taking an invitation up, one's own password. */
#include <inttypes.h>

#include "service/kms/officer_desk.h"

enum { CODE_MAX = TOTP_CODE_SIZE - 1, PASSWORD_MAX = 256 };

/* --- what browsers seal for --- */

static result run_hello(struct officer_call *c, const void *args)
{
	char point[2 * SEAL_POINT + 1];

	(void)args;
	hex_encode(bytes_of(c->desk->seal.recipient, SEAL_POINT), point);
	jwrite_text(c->answer, "seal_for", point);
	return OK;
}

/* --- which orders there are --- */

/* "pin:text:secret:required" */
static void put_field(struct buf *out, const struct officer_field *f)
{
	static const char *const types[] = {
		[JREAD_TEXT] = "text", [JREAD_INTEGER] = "number", [JREAD_BOOL] = "flag"
	};
	static const char *const kinds[] = { [OFFICER_IS_PLAIN] = "plain",
		                             [OFFICER_IS_FILE] = "file",
		                             [OFFICER_IS_BINARY] = "binary",
		                             [OFFICER_IS_SECRET] = "secret" };

	buf_printf(out, " %s:%s:%s:%s", f->field.name, types[f->field.type],
	           f->chosen ? "chosen" : kinds[f->kind],
	           f->field.required ? "required" : "optional");
}

static void put_command(struct buf *out, const struct officer_command *c)
{
	char roles[OFFICER_ROLES_TEXT];

	officer_roles_text(c->roles, roles);
	for (char *at = roles; *at; at++)
		*at = *at == ' ' ? ',' : *at;
	buf_printf(out, "%s %s %s", c->name,
	           c->flags & OFFICER_NO_LOGIN ? "anybody"
	           : c->roles                  ? roles
	                                       : "officers",
	           c->needs || c->needs_of ? "agreed" : "alone");
	for (size_t i = 0; i < c->field_count; i++)
		put_field(out, &c->fields[i]);
	buf_str(out, STR("\n"));
}

/* A line a command: name, who may, whether others must agree, fields. */
static result run_help(struct officer_call *c, const void *args)
{
	const struct officer_table *const *tables = officer_tables();
	SCOPED(buf_free) struct buf text = { 0 };

	(void)args;
	for (size_t t = 0; tables[t]; t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			put_command(&text, &tables[t]->at[i]);
	TRY(buf_done(&text));
	jwrite_str(c->answer, "commands", buf_text(&text));
	return OK;
}

/* --- in and out --- */

struct login_args {
	struct str name, password, code;
};

static const struct officer_field login_fields[] = {
	OFFICER_TEXT(login_args, name, true, OFFICER_NAME_MAX),
	OFFICER_SECRET_TEXT(login_args, password, true),
	OFFICER_SECRET_TEXT(login_args, code, true),
};

static void tell_who(struct officer_call *c, const struct officer *o)
{
	char roles[OFFICER_ROLES_TEXT];

	jwrite_i64(c->answer, "id", o->id);
	jwrite_text(c->answer, "name", o->name);
	jwrite_text(c->answer, "display", o->display);
	jwrite_text(c->answer, "roles", officer_roles_text(o->roles, roles));
}

static result run_login(struct officer_call *c, const void *args)
{
	const struct login_args *in = args;
	struct officer_proof proof;
	struct officer row;
	bool found;

	officer_note(c, "name=" STR_FMT, STR_ARG(in->name));
	TRY(officer_find(c->act->tx, in->name, &row, &found));
	officer_prove(found ? &row : NULL, in->password, in->code, c->act->now, &proof);
	if (!found)
		return FAIL(OFFICER_LOGIN, "unknown name");
	TRY(officer_proven(c->act, &row, &proof));
	c->session = officer_session_open(&c->desk->sessions, random_system(), row.id, c->act->now);
	jwrite_text(c->answer, "session", c->session->token);
	tell_who(c, &row);
	return OK;
}

static result run_logout(struct officer_call *c, const void *args)
{
	(void)args;
	officer_session_close(c->session);
	return OK;
}

static result run_whoami(struct officer_call *c, const void *args)
{
	(void)args;
	tell_who(c, c->by);
	return OK;
}

/* --- invitations --- */

struct invited_args {
	struct str name, invite;
};

static const struct officer_field invited_fields[] = {
	OFFICER_TEXT(invited_args, name, true, OFFICER_NAME_MAX),
	OFFICER_SECRET_TEXT(invited_args, invite, true),
};

static result find_invited(struct officer_call *c, struct str name, struct str invite,
                           struct officer *row)
{
	bool found;

	officer_note(c, "name=" STR_FMT, STR_ARG(name));
	TRY(officer_find(c->act->tx, name, row, &found));
	return officer_is_invited(found ? row : NULL, invite) ? OK
	                                                      : FAIL(OFFICER_LOGIN, "invitation");
}

/* A fresh secret for the officer's authenticator app; nothing is kept until it is taken. */
static result run_invited(struct officer_call *c, const void *args)
{
	const struct invited_args *in = args;
	SCOPED(secret_wipe) struct secret secret = { .len = OFFICER_SECRET };
	struct totp totp = { &secret, TOTP_DIGITS };
	char text[TOTP_SECRET_TEXT_SIZE], *uri = arena_alloc(c->arena, OFFICER_TEXT_MAX);
	struct writer w = writer_of(uri, OFFICER_TEXT_MAX);
	struct officer row;

	TRY(find_invited(c, in->name, in->invite, &row));
	random_fill(c->act->random, secret.at, secret.len);
	TRY(totp_uri(&totp, STR("Yika KMS"), str_of(row.name), &w));
	TRY(officer_tell_secret(c, "uri", (struct str){ uri, w.len }));
	totp_secret_text(&secret, text);
	result r = officer_tell_secret(c, "secret", str_of(text));
	secret_wipe_bytes(text, sizeof text);
	return r;
}

struct enter_args {
	struct str name, invite, password, secret, code;
};

static const struct officer_field enter_fields[] = {
	OFFICER_TEXT(enter_args, name, true, OFFICER_NAME_MAX),
	OFFICER_SECRET_TEXT(enter_args, invite, true),
	OFFICER_NEW_SECRET_TEXT(enter_args, password, true),
	OFFICER_SECRET_TEXT(enter_args, secret, true),
	OFFICER_SECRET_TEXT(enter_args, code, true),
};

static result run_enter(struct officer_call *c, const void *args)
{
	const struct enter_args *in = args;
	SCOPED(secret_wipe) struct secret secret = { 0 };
	struct officer row;

	TRY(find_invited(c, in->name, in->invite, &row));
	TRY(totp_secret_parse(in->secret, &secret));
	struct officer_entry e = { in->invite, in->password, in->code, secret };
	result r = officer_enter(c->act, &row, &e);
	secret_wipe(&e.secret);
	return r;
}

/* --- the table --- */

static const struct officer_command commands[] = {
	{ .name = "hello", .flags = OFFICER_READS | OFFICER_NO_LOGIN, .run = run_hello },
	{ .name = "help", .flags = OFFICER_READS | OFFICER_NO_LOGIN, .run = run_help },
	{ .name = "login",
	  .flags = OFFICER_NO_LOGIN | OFFICER_KEPT,
	  .audit = "OFFICER.LOGIN",
	  OFFICER_FIELDS(login_fields, login_args),
	  .run = run_login },
	{ .name = "logout", .audit = "OFFICER.LOGOUT", .run = run_logout },
	{ .name = "whoami", .flags = OFFICER_READS, .run = run_whoami },
	{ .name = "invited",
	  .flags = OFFICER_READS | OFFICER_NO_LOGIN | OFFICER_TELLS_SECRET,
	  OFFICER_FIELDS(invited_fields, invited_args),
	  .run = run_invited },
	{ .name = "enter",
	  .flags = OFFICER_NO_LOGIN,
	  .audit = "OFFICER.ENTER",
	  OFFICER_FIELDS(enter_fields, enter_args),
	  .run = run_enter },
};

const struct officer_table officer_acts_login = { commands, ARRAY_LEN(commands) };
