/* SPDX-License-Identifier: Apache-2.0 */
/* Login, sessions, change of password (finance 9.2). */
#include <pthread.h>

#include "crypto/digest.h"
#include "crypto/password.h"
#include "domain/access/operator.h"
#include "domain/domain_sql.h"

static const int64_t day_us = 86400ll * SECOND_US;

/* --- login --- */

/* An unknown name is compared with this, so that it takes as long as a known one; it never counts
 * as a match. */
static char nobody[PASSWORD_HASH_SIZE];
static pthread_once_t nobody_once = PTHREAD_ONCE_INIT;

static void make_nobody(void)
{
	if (!is_ok(password_hash(str_bytes(STR("nobody")), nobody)))
		nobody[0] = 0; /* out of memory: unknown names answer faster until the next start */
}

result access_login_prepare(struct db_tx *tx, struct str name, struct str password,
                            struct str workstation, struct login *out)
{
	struct operator_row row = { 0 };
	bool found;

	*out = (struct login){ 0 };
	str_copy(name, out->name, sizeof out->name);
	str_copy(workstation, out->workstation, sizeof out->workstation);
	TRY(operator_find(tx, &sql_access_operator_by_name, DB_ARGS(db_arg_str(name)), &row,
	                  &found));
	pthread_once(&nobody_once, make_nobody);
	bool matched = password.len <= ACCESS_PASSWORD_MAX &&
	               password_matches(str_bytes(password), found ? row.hash : nobody);
	out->operator_id = found ? row.public.id : 0;
	out->matched = matched && found;
	str_copy(str_of(row.hash), out->hash, sizeof out->hash);
	return OK;
}

/* Count the error; the fifth locks for a while, the tenth until somebody resets. */
static result login_failed(struct db_tx *tx, struct instant now, const struct operator* o)
{
	uint32_t errors = o->errors + 1;
	int64_t until = errors % ACCESS_LOCK_ERRORS == 0
	                        ? now.us + (int64_t)ACCESS_LOCK_S * SECOND_US
	                        : o->locked_until.us;

	TRY(db_execute(tx, &sql_access_operator_failed,
	               DB_ARGS(db_arg_i64(o->id), db_arg_i64(errors), db_arg_i64(until)), NULL));
	return FAIL(ACCESS_LOGIN_FAILED, "operator %s, error %u", o->name, errors);
}

static result require_unlocked(const struct operator_row *row, struct instant now)
{
	const struct operator* o = & row->public;
	int64_t seen = o->last_login.us > row->created.us ? o->last_login.us : row->created.us;

	if (o->errors >= ACCESS_STOP_ERRORS)
		return FAIL(ACCESS_LOCKED, "operator %s until reset", o->name);
	if (now.us < o->locked_until.us)
		return FAIL(ACCESS_LOCKED, "operator %s", o->name);
	if (now.us - seen > ACCESS_DORMANT_DAYS * day_us)
		return FAIL(ACCESS_LOCKED, "operator %s, dormant", o->name);
	return OK;
}

static void make_token(struct random_source *random, char text[ACCESS_TOKEN_TEXT_SIZE])
{
	uint8_t bytes[ACCESS_TOKEN_SIZE];

	random_fill(random, bytes, sizeof bytes);
	hex_encode(bytes_of(bytes, sizeof bytes), text);
}

static void hash_token(struct str text, uint8_t out[DIGEST_SIZE])
{
	digest_sha256(str_bytes(text), out);
}

static result fill_actor(struct db_tx *tx, const struct operator* o, const char *workstation,
                         struct actor *out)
{
	*out = (struct actor){ .operator_id = o->id };
	str_copy(str_of(o->name), out->name, sizeof out->name);
	str_copy(str_of(workstation), out->workstation, sizeof out->workstation);
	return access_role_permissions(tx, o->role, &out->permissions);
}

static result open_session(struct db_tx *tx, struct instant now, struct random_source *random,
                           const struct operator* o, const char *workstation, struct session *out)
{
	uint8_t hash[DIGEST_SIZE];

	*out = (struct session){
		.operator_id = o->id,
		.must_change = o->must_change,
		.opened = now,
		.seen = now,
		.ends = { now.us + (int64_t)ACCESS_SESSION_S * SECOND_US },
		.last_login = o->last_login,
	};
	make_token(random, out->token);
	make_token(random, out->csrf);
	hash_token(str_of(out->token), hash);
	TRY(fill_actor(tx, o, workstation, &out->actor));
	TRY(db_execute(tx, &sql_access_operator_logged_in,
	               DB_ARGS(db_arg_i64(o->id), db_arg_i64(now.us)), NULL));
	return db_select_i64(tx, &sql_access_session_add,
	                     DB_ARGS(db_arg_i64(o->id), db_arg_bytes(bytes_of(hash, sizeof hash)),
	                             db_arg_text(out->csrf), db_arg_text(workstation),
	                             db_arg_i64(now.us), db_arg_i64(out->ends.us),
	                             db_arg_i64(o->last_login.us)),
	                     &out->id);
}

result access_login_finish(struct db_tx *tx, struct instant now, struct random_source *random,
                           const struct login *login, struct session *out)
{
	struct operator_row row;
	struct session session;
	bool found;

	if (login->operator_id == 0)
		return FAIL(ACCESS_LOGIN_FAILED, "no operator %s", login->name);
	TRY(operator_find(tx, &sql_access_operator_by_id, DB_ARGS(db_arg_i64(login->operator_id)),
	                  &row, &found));
	if (!found || row.public.state != OPERATOR_ACTIVE)
		return FAIL(ACCESS_LOGIN_FAILED, "operator %s is stopped", login->name);
	TRY(require_unlocked(&row, now));
	if (!login->matched || strcmp(row.hash, login->hash) != 0)
		return login_failed(tx, now, &row.public);
	TRY(open_session(tx, now, random, &row.public, login->workstation, &session));
	*out = session;
	return OK;
}

/* --- sessions --- */

static void read_session(struct db_rows *rows, struct session *out, char *state, size_t state_size)
{
	char permissions[512];

	*out = (struct session){
		.id = db_i64(rows, 0),
		.operator_id = db_i64(rows, 1),
		.opened = { db_i64(rows, 4) },
		.seen = { db_i64(rows, 5) },
		.ends = { db_i64(rows, 6) },
		.last_login = { db_i64(rows, 7) },
		.must_change = db_bool(rows, 11),
	};
	db_text(rows, 2, out->csrf, sizeof out->csrf);
	db_text(rows, 3, out->actor.workstation, sizeof out->actor.workstation);
	db_text(rows, 9, out->actor.name, sizeof out->actor.name);
	db_text(rows, 10, state, state_size);
	db_text(rows, 12, permissions, sizeof permissions);
	out->actor.operator_id = out->operator_id;
	out->actor.permissions = access_parse_permissions(str_of(permissions));
}

result access_session_find(struct db_tx *tx, struct instant now, struct str token,
                           struct session *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	uint8_t hash[DIGEST_SIZE];
	struct session s;
	char state[16];

	if (token.len != ACCESS_TOKEN_TEXT_SIZE - 1)
		return FAIL(ACCESS_SESSION, "not a token");
	hash_token(token, hash);
	TRY(db_select(tx, &sql_access_session_by_token,
	              DB_ARGS(db_arg_bytes(bytes_of(hash, sizeof hash))), &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(ACCESS_SESSION, "unknown");
	}
	read_session(&rows, &s, state, sizeof state);
	bool revoked = db_bool(&rows, 8);
	TRY(db_done(&rows));
	if (revoked || strcmp(state, "ACTIVE") != 0)
		return FAIL(ACCESS_SESSION, "revoked");
	if (now.us >= s.ends.us || now.us - s.seen.us >= (int64_t)ACCESS_IDLE_S * SECOND_US)
		return FAIL(ACCESS_SESSION, "expired");
	*out = s;
	return OK;
}

result access_touch(struct db_tx *tx, struct instant now, int64_t session_id)
{
	return db_execute(tx, &sql_access_session_touch,
	                  DB_ARGS(db_arg_i64(session_id), db_arg_i64(now.us)), NULL);
}

result access_logout(struct db_tx *tx, int64_t session_id)
{
	return db_execute(tx, &sql_access_session_revoke, DB_ARGS(db_arg_i64(session_id)), NULL);
}

result access_revoke_all(struct db_tx *tx, int64_t operator_id, int64_t except_session)
{
	return db_execute(tx, &sql_access_session_revoke_all,
	                  DB_ARGS(db_arg_i64(operator_id), db_arg_i64(except_session)), NULL);
}

result access_require_csrf(const struct session *s, struct str token)
{
	if (bytes_equal_secret(str_bytes(str_of(s->csrf)), str_bytes(token)))
		return OK;
	return FAIL(ACCESS_CSRF, "session %lld", (long long)s->id);
}

/* --- change of password --- */

result access_change_prepare(struct db_tx *tx, const struct session *s, struct str old_password,
                             struct str new_password, struct password_change *out)
{
	struct operator_row row;
	bool found;

	*out = (struct password_change){ .operator_id = s->operator_id, .session_id = s->id };
	TRY(operator_find(tx, &sql_access_operator_by_id, DB_ARGS(db_arg_i64(s->operator_id)), &row,
	                  &found));
	if (!found || old_password.len > ACCESS_PASSWORD_MAX ||
	    !password_matches(str_bytes(old_password), row.hash))
		return FAIL(ACCESS_LOGIN_FAILED, "operator %lld, old password",
		            (long long)s->operator_id);
	if (str_equal(old_password, new_password))
		return FAIL(ACCESS_PASSWORD_SAME, "operator %s", row.public.name);
	TRY(access_check_password(str_of(row.public.name), new_password));
	str_copy(str_of(row.hash), out->old_hash, sizeof out->old_hash);
	return password_hash(str_bytes(new_password), out->new_hash);
}

result access_change_finish(struct db_tx *tx, struct instant now, const struct password_change *c)
{
	struct operator_row row;
	bool found;

	TRY(operator_find(tx, &sql_access_operator_by_id, DB_ARGS(db_arg_i64(c->operator_id)), &row,
	                  &found));
	if (!found || strcmp(row.hash, c->old_hash) != 0)
		return FAIL(ACCESS_LOGIN_FAILED, "the password changed meanwhile");
	TRY(operator_set_password(tx, now, c->operator_id, c->new_hash, false));
	return access_revoke_all(tx, c->operator_id, c->session_id);
}
