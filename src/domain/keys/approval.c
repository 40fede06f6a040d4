/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/approval.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/digest.h"
#include "domain/keys/kms_sql.h"

const char *const approval_state_names[] = { "PENDING", "APPROVED", "USED",
	                                     "REFUSED", "EXPIRED",  NULL };

/* --- who is needed --- */

static unsigned roles_of(struct str alternatives)
{
	unsigned roles = 0;
	struct str one, rest = alternatives;
	bool more;

	do {
		more = str_cut(rest, '|', &one, &rest);
		for (int role = 0; role < OFFICER_ROLES; role++)
			if (str_equal(one, str_of(officer_role_names[role])))
				roles |= 1u << role;
	} while (more);
	return roles;
}

/* Roles of the person at that place; 0 behind the last. */
static unsigned needed_at(const struct approval *a, size_t place)
{
	struct str one, rest = str_of(a->needed);
	bool more;
	size_t at = 0;

	do {
		more = str_cut(rest, ' ', &one, &rest);
		if (at++ == place)
			return roles_of(one);
	} while (more);
	return 0;
}

unsigned approval_next(const struct approval *a)
{
	return a->state == APPROVAL_PENDING ? needed_at(a, a->approver_count) : 0;
}

/* --- rows --- */

static void digest_of(const char *op, struct str payload, uint8_t out[DIGEST_SIZE])
{
	uint8_t in[APPROVAL_OP_MAX + 1 + APPROVAL_PAYLOAD_MAX];
	struct writer w = writer_of(in, sizeof in);

	writer_str(&w, str_of(op));
	writer_u8(&w, 0);
	writer_str(&w, payload);
	digest_sha256(writer_bytes(&w), out);
}

static void read_people(const char *text, struct approval *a)
{
	struct str one, rest = str_of(text);
	bool more = rest.len > 0;

	while (more && a->approver_count < APPROVAL_PEOPLE_MAX) {
		more = str_cut(rest, ' ', &one, &rest);
		if (!is_ok(str_i64(one, &a->approvers[a->approver_count++])))
			a->approvers[a->approver_count - 1] = 0;
	}
}

static const char *people_text(const struct approval *a, char out[96])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < a->approver_count; i++)
		len += (size_t)snprintf(out + len, 96 - len, "%s%" PRId64, i ? " " : "",
		                        a->approvers[i]);
	return out;
}

static void read_row(struct db_rows *rows, struct instant now, struct approval *a)
{
	char people[96];

	*a = (struct approval){
		.id = db_i64(rows, 0),
		.initiator = db_i64(rows, 4),
		.state = (enum approval_state)db_enum(rows, 7, approval_state_names),
		.created = { db_i64(rows, 8) },
		.expires = { db_i64(rows, 9) },
	};
	db_text(rows, 1, a->op, sizeof a->op);
	db_text(rows, 2, a->payload, sizeof a->payload);
	db_fixed(rows, 3, a->digest, sizeof a->digest);
	db_text(rows, 5, people, sizeof people);
	db_text(rows, 6, a->needed, sizeof a->needed);
	read_people(people, a);
	if ((a->state == APPROVAL_PENDING || a->state == APPROVAL_APPROVED) &&
	    a->expires.us <= now.us)
		a->state = APPROVAL_EXPIRED;
}

result approval_load(struct db_tx *tx, struct instant now, int64_t id, struct approval *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_approval_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(APPROVAL_NOT_FOUND, "approval %" PRId64, id);
	read_row(&rows, now, out);
	return db_done(&rows);
}

result approval_list(struct db_tx *tx, struct instant now, bool open_only, struct arena *arena,
                     struct approval **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct approval *list = arena_array(arena, APPROVAL_LIST_MAX, sizeof *list);

	*out = list;
	*count = 0;
	TRY(db_select(tx, &sql_approval_list, DB_ARGS(db_arg_i64(APPROVAL_LIST_MAX)), &rows));
	while (*count < APPROVAL_LIST_MAX && db_next(&rows)) {
		struct approval *a = &list[*count];

		read_row(&rows, now, a);
		if (!open_only || a->state == APPROVAL_PENDING || a->state == APPROVAL_APPROVED)
			(*count)++;
	}
	return db_done(&rows);
}

/* --- steps --- */

result approval_ask(struct key_act *act, const struct officer *by, const char *op,
                    struct str payload, const char *needed, struct approval *out)
{
	if (payload.len > APPROVAL_PAYLOAD_MAX || strlen(op) > APPROVAL_OP_MAX ||
	    !str_is_utf8(payload))
		return FAIL(APPROVAL_PAYLOAD, "%zu bytes", payload.len);
	*out = (struct approval){
		.initiator = by->id,
		.created = act->now,
		.expires = { act->now.us + APPROVAL_HOURS * 3600 * (int64_t)SECOND_US },
	};
	str_copy(str_of(op), out->op, sizeof out->op);
	str_copy(payload, out->payload, sizeof out->payload);
	str_copy(str_of(needed), out->needed, sizeof out->needed);
	digest_of(op, payload, out->digest);
	return db_select_i64(act->tx, &sql_approval_add,
	                     DB_ARGS(db_arg_text(op), db_arg_str(payload),
	                             db_arg_bytes(bytes_of(out->digest, sizeof out->digest)),
	                             db_arg_i64(by->id), db_arg_text(needed),
	                             db_arg_i64(act->now.us), db_arg_i64(out->expires.us)),
	                     &out->id);
}

static result save(struct key_act *act, const struct approval *a)
{
	char people[96];

	return db_execute(act->tx, &sql_approval_save,
	                  DB_ARGS(db_arg_i64(a->id), db_arg_text(people_text(a, people)),
	                          db_arg_text(approval_state_names[a->state])),
	                  NULL);
}

static result require_state(const struct approval *a, enum approval_state state)
{
	if (a->state != state)
		return FAIL(APPROVAL_STATE, "approval %" PRId64 " is %s", a->id,
		            approval_state_names[a->state]);
	return OK;
}

static result require_other(const struct approval *a, const struct officer *by)
{
	bool same = a->initiator == by->id;

	for (size_t i = 0; i < a->approver_count; i++)
		same = same || a->approvers[i] == by->id;
	return same ? FAIL(APPROVAL_SELF, "%s", by->name) : OK;
}

result approval_agree(struct key_act *act, const struct officer *by, int64_t id,
                      struct approval *out)
{
	TRY(approval_load(act->tx, act->now, id, out));
	TRY(require_state(out, APPROVAL_PENDING));
	TRY(require_other(out, by));
	if (!(approval_next(out) & by->roles))
		return FAIL(OFFICER_ROLE_OTHER, "next is %s", out->needed);
	out->approvers[out->approver_count++] = by->id;
	if (needed_at(out, out->approver_count) == 0)
		out->state = APPROVAL_APPROVED;
	return save(act, out);
}

result approval_refuse(struct key_act *act, const struct officer *by, int64_t id,
                       struct approval *out)
{
	TRY(approval_load(act->tx, act->now, id, out));
	if (out->state != APPROVAL_APPROVED)
		TRY(require_state(out, APPROVAL_PENDING));
	bool involved = out->initiator == by->id;
	for (size_t place = 0; place < APPROVAL_PEOPLE_MAX; place++)
		involved = involved || needed_at(out, place) & by->roles;
	if (!involved)
		return FAIL(OFFICER_ROLE_OTHER, "%s", out->needed);
	out->state = APPROVAL_REFUSED;
	return save(act, out);
}

result approval_use(struct key_act *act, const struct officer *by, int64_t id, struct approval *out)
{
	uint8_t digest[DIGEST_SIZE];

	TRY(approval_load(act->tx, act->now, id, out));
	TRY(require_state(out, APPROVAL_APPROVED));
	if (out->initiator != by->id)
		return FAIL(APPROVAL_OTHER, "approval %" PRId64 " is another officer's", id);
	digest_of(out->op, str_of(out->payload), digest);
	if (memcmp(digest, out->digest, sizeof digest) != 0)
		return FAIL(APPROVAL_OTHER, "approval %" PRId64 " was changed after it was given",
		            id);
	out->state = APPROVAL_USED;
	return save(act, out);
}
