/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/access/operator.h"

#include "crypto/password.h"
#include "domain/domain_sql.h"

_Static_assert((int)ACCESS_HASH_MAX >= (int)PASSWORD_HASH_SIZE, "a hash fits");

enum { OPERATORS_MAX = 10000 };

static const char *const operator_state_names[] = { "ACTIVE", "STOPPED", NULL };

static void read_operator(struct db_rows *rows, struct operator_row *out)
{
	struct operator* o = & out->public;

	*out = (struct operator_row){ .created = { db_i64(rows, 10) } };
	*o = (struct operator){
		.id = db_i64(rows, 0),
		.state = (enum operator_state)db_enum(rows, 4, operator_state_names),
		.must_change = db_bool(rows, 5),
		.errors = db_u32(rows, 6),
		.locked_until = { db_i64(rows, 7) },
		.last_login = { db_i64(rows, 8) },
	};
	db_text(rows, 1, o->name, sizeof o->name);
	db_text(rows, 2, o->display, sizeof o->display);
	db_text(rows, 3, o->role, sizeof o->role);
	db_text(rows, 9, out->hash, sizeof out->hash);
}

result operator_find(struct db_tx *tx, const struct db_statement *by, struct db_args args,
                     struct operator_row *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, by, args, &rows));
	*found = db_next(&rows);
	if (*found)
		read_operator(&rows, out);
	return db_done(&rows);
}

result operator_load(struct db_tx *tx, int64_t id, struct operator* out)
{
	struct operator_row row;
	bool found;

	TRY(operator_find(tx, &sql_access_operator_by_id, DB_ARGS(db_arg_i64(id)), &row, &found));
	if (!found)
		return FAIL(OPERATOR_NOT_FOUND, "operator %lld", (long long)id);
	*out = row.public;
	return OK;
}

result operator_load_by_name(struct db_tx *tx, struct str name, struct operator* out)
{
	struct operator_row row;
	bool found;

	TRY(operator_find(tx, &sql_access_operator_by_name, DB_ARGS(db_arg_str(name)), &row,
	                  &found));
	if (!found)
		return FAIL(OPERATOR_NOT_FOUND, "operator " STR_FMT, STR_ARG(name));
	*out = row.public;
	return OK;
}

result operator_list(struct db_tx *tx, struct arena *a, struct operator** rows_out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct operator_row row;
	size_t room = 64;

	TRY(db_select(tx, &sql_access_operator_list, DB_NO_ARGS, &rows));
	*rows_out = arena_array(a, room, sizeof **rows_out);
	*count = 0;
	while (*count < OPERATORS_MAX && db_next(&rows)) {
		if (*count == room) {
			struct operator* more = arena_array(a, room * 2, sizeof *more);
			memcpy(more, *rows_out, room * sizeof *more);
			*rows_out = more;
			room *= 2;
		}
		read_operator(&rows, &row);
		(*rows_out)[(*count)++] = row.public;
	}
	return db_done(&rows);
}

/* --- changes --- */

static bool is_login_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' &&
		    c != '_')
			return false;
	}
	return name.len >= 2 && name.len <= ACCESS_NAME_MAX && name.at[0] >= 'a' && name.at[0] <= 'z';
}

result access_check_name(struct str name)
{
	return is_login_name(name) ? OK : FAIL(ACCESS_NAME, "small letters, digits and .-_, a letter first");
}

result operator_add(struct db_tx *tx, struct instant now, const struct operator* o,
                    struct str password, int64_t *id)
{
	char hash[PASSWORD_HASH_SIZE];
	uint64_t permissions;

	TRY(access_check_name(str_of(o->name)));
	if (!str_is_utf8(str_of(o->display)))
		return FAIL(ACCESS_NAME, "display name: not UTF-8");
	TRY(access_role_permissions(tx, o->role, &permissions));
	TRY(access_check_password(str_of(o->name), password));
	TRY(password_hash(str_bytes(password), hash));
	result r =
	        db_select_i64(tx, &sql_access_operator_add,
	                      DB_ARGS(db_arg_text(o->name), db_arg_text(o->display),
	                              db_arg_text(o->role), db_arg_text(hash), db_arg_i64(now.us)),
	                      id);
	return r.code == DB_DUPLICATE ? FAIL(OPERATOR_EXISTS, "%s", o->name) : r;
}

result operator_set_password(struct db_tx *tx, struct instant now, int64_t id, const char *hash,
                             bool must_change)
{
	int64_t changed;

	TRY(db_execute(tx, &sql_access_operator_password,
	               DB_ARGS(db_arg_i64(id), db_arg_text(hash), db_arg_i64(must_change),
	                       db_arg_i64(now.us)),
	               &changed));
	return changed ? OK : FAIL(OPERATOR_NOT_FOUND, "operator %lld", (long long)id);
}

result operator_stop(struct db_tx *tx, struct instant now, int64_t id)
{
	int64_t changed;

	(void)now;
	TRY(db_execute(tx, &sql_access_operator_stop, DB_ARGS(db_arg_i64(id)), &changed));
	if (changed == 0)
		return FAIL(OPERATOR_NOT_FOUND, "operator %lld", (long long)id);
	return access_revoke_all(tx, id, 0);
}

result operator_reset(struct db_tx *tx, struct instant now, int64_t id, struct str password)
{
	struct operator o;
	char hash[PASSWORD_HASH_SIZE];

	TRY(operator_load(tx, id, &o));
	TRY(access_check_password(str_of(o.name), password));
	TRY(password_hash(str_bytes(password), hash));
	TRY(operator_set_password(tx, now, id, hash, true));
	return access_revoke_all(tx, id, 0);
}
