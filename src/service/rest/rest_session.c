/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_session.h"

#include "domain/audit/audit.h"

enum { TOUCH_AFTER_S = 60 };

/* --- the session of a call --- */

static result touch(struct ledger_tx *tx, void *arg)
{
	return access_touch(tx->db, tx->now, *(const int64_t *)arg);
}

result rest_session_load(struct rest_call *c, bool keep_open)
{
	struct str token;

	if (!http_request_cookie(c->request, REST_COOKIE, &token))
		return FAIL(ACCESS_SESSION, "no cookie");
	TRY(access_session_find(c->tx, c->now, token, &c->session));
	if (keep_open && c->now.us - c->session.seen.us > (int64_t)TOUCH_AFTER_S * SECOND_US)
		TRY(ledger_call(c->rest->config.writer, true, touch, &c->session.id));
	return OK;
}

static void set_cookie(struct rest_call *c, struct str token, int64_t max_age_s)
{
	http_response_cookie(c->response, &(struct http_cookie){ .name = REST_COOKIE,
	                                                         .value = token,
	                                                         .path = "/api",
	                                                         .max_age_s = max_age_s });
}

static void write_permissions(struct jwrite *j, uint64_t permissions)
{
	jwrite_array(j, "permissions");
	for (int p = 0; p < PERMISSION_COUNT; p++)
		if (permissions >> p & 1)
			jwrite_text(j, NULL, permission_names[p]);
	jwrite_end_array(j);
}

static result write_session(struct rest_call *c, const struct session *s)
{
	struct operator o;
	struct jwrite j;

	TRY(operator_load(c->tx, s->operator_id, &o));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	jwrite_object(&j, "operator");
	jwrite_u64_text(&j, "id", (uint64_t)o.id);
	jwrite_text(&j, "login", o.name);
	jwrite_text(&j, "name", o.display[0] ? o.display : o.name);
	jwrite_bool(&j, "must_change_password", s->must_change);
	write_permissions(&j, s->actor.permissions);
	jwrite_end(&j);
	jwrite_text(&j, "csrf_token", s->csrf);
	jwrite_i64(&j, "idle_timeout_s", ACCESS_IDLE_S);
	rest_write_instant(&j, "last_login_at", s->last_login);
	jwrite_end(&j);
	return OK;
}

result rest_session_get(struct rest_call *c)
{
	return write_session(c, &c->session);
}

/* --- signing in --- */

struct sign_in {
	struct random_source *random;
	struct login login;
	struct session session;
	result result; /* of the login; the work itself succeeds, so that the error is counted */
};

static result audit_sign_in(struct ledger_tx *tx, const struct sign_in *in)
{
	struct actor by = in->session.actor;

	if (!is_ok(in->result)) {
		by = (struct actor){ .operator_id = in->login.operator_id };
		str_copy(str_of(in->login.name), by.name, sizeof by.name);
		str_copy(str_of(in->login.workstation), by.workstation, sizeof by.workstation);
	}
	return audit_record(tx->db, tx->now, &by,
	                    &(struct audit_act){ .action = "session.open",
	                                         .object_type = "operator",
	                                         .object_id = in->login.operator_id,
	                                         .result = in->result });
}

static result sign_in(struct ledger_tx *tx, void *arg)
{
	struct sign_in *in = arg;

	in->result = access_login_finish(tx->db, tx->now, in->random, &in->login, &in->session);
	if (result_kind(in->result) == RESULT_FAULT)
		return in->result;
	return audit_sign_in(tx, in);
}

struct credentials {
	struct str login, password;
};

/* Compares the password: slow, so never in the writer and never many at once. */
static result compare(struct rest_call *c, const struct credentials *given, struct login *out)
{
	char workstation[ACCESS_WORKSTATION_MAX + 1];
	result r;

	str_copy(c->request->client, workstation, sizeof workstation);
	rest_guard_enter(&c->rest->guard);
	r = access_login_prepare(c->tx, given->login, given->password, str_of(workstation), out);
	rest_guard_leave(&c->rest->guard);
	return r;
}

result rest_session_create(struct rest_call *c)
{
	static const struct jread_field fields[] = {
		{ "login", JREAD_TEXT, offsetof(struct credentials, login), true, 1,
		  ACCESS_NAME_MAX },
		{ "password", JREAD_TEXT, offsetof(struct credentials, password), true, 1,
		  ACCESS_PASSWORD_MAX },
	};
	struct credentials given;
	struct sign_in in = { .random = c->rest->config.random };

	TRY(rest_body(c, fields, ARRAY_LEN(fields), &given, sizeof given));
	TRY(rest_guard_admit(&c->rest->guard, monotonic_us(), c->request->client, given.login));
	TRY(compare(c, &given, &in.login));
	TRY(ledger_call(c->rest->config.writer, true, sign_in, &in));
	TRY(in.result);
	rest_guard_forgive(&c->rest->guard, c->request->client, given.login);
	set_cookie(c, str_of(in.session.token), 0);
	return write_session(c, &in.session);
}

/* --- signing out --- */

static result sign_out(struct ledger_tx *tx, void *arg)
{
	const struct session *s = arg;

	TRY(access_logout(tx->db, s->id));
	return audit_record(tx->db, tx->now, &s->actor,
	                    &(struct audit_act){ .action = "session.close",
	                                         .object_type = "operator",
	                                         .object_id = s->operator_id,
	                                         .result = OK });
}

result rest_session_delete(struct rest_call *c)
{
	TRY(ledger_call(c->rest->config.writer, true, sign_out, &c->session));
	set_cookie(c, STR("gone"), -1);
	http_response_status(c->response, 204);
	return OK;
}

/* --- the own password --- */

struct change {
	const struct session *session;
	struct password_change change;
};

static result change_password(struct ledger_tx *tx, void *arg)
{
	const struct change *ch = arg;

	TRY(access_change_finish(tx->db, tx->now, &ch->change));
	return audit_record(tx->db, tx->now, &ch->session->actor,
	                    &(struct audit_act){ .action = "operator.password",
	                                         .object_type = "operator",
	                                         .object_id = ch->session->operator_id,
	                                         .result = OK });
}

struct passwords {
	struct str current, next;
};

result rest_session_password(struct rest_call *c)
{
	static const struct jread_field fields[] = {
		{ "current_password", JREAD_TEXT, offsetof(struct passwords, current), true, 1,
		  ACCESS_PASSWORD_MAX },
		{ "new_password", JREAD_TEXT, offsetof(struct passwords, next), true,
		  ACCESS_PASSWORD_MIN, ACCESS_PASSWORD_MAX },
	};
	struct passwords given;
	struct change ch = { .session = &c->session };
	struct session now = c->session;
	result r;

	TRY(rest_body(c, fields, ARRAY_LEN(fields), &given, sizeof given));
	TRY(rest_guard_admit(&c->rest->guard, monotonic_us(), c->request->client,
	                     str_of(c->session.actor.name)));
	rest_guard_enter(&c->rest->guard);
	r = access_change_prepare(c->tx, &c->session, given.current, given.next, &ch.change);
	rest_guard_leave(&c->rest->guard);
	TRY(r);
	TRY(ledger_call(c->rest->config.writer, true, change_password, &ch));
	rest_guard_forgive(&c->rest->guard, c->request->client, str_of(c->session.actor.name));
	now.must_change = false;
	return write_session(c, &now);
}
