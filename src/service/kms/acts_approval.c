/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for a second person (双人控制), and agreeing to it. */
#include <inttypes.h>

#include "service/kms/approval_about.h"
#include "service/kms/officer_desk.h"

/* Names of the people by their numbers. */
struct names {
	struct officer *rows;
	size_t count;
};

static const char *name_of(const struct names *n, int64_t id)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->rows[i].id == id)
			return n->rows[i].name;
	return "";
}

static result write_approval(struct officer_call *c, const struct approval *a,
                             const struct names *n)
{
	char roles[OFFICER_ROLES_TEXT];
	struct jwrite *j = c->answer;
	struct str about;

	TRY(approval_about(c->act->tx, a, c->arena, &about));
	jwrite_object(j, NULL);
	jwrite_i64(j, "id", a->id);
	jwrite_text(j, "op", a->op);
	jwrite_text(j, "payload", a->payload);
	jwrite_str(j, "about", about);
	jwrite_text(j, "initiator", name_of(n, a->initiator));
	jwrite_text(j, "needed", a->needed);
	jwrite_text(j, "next", officer_roles_text(approval_next(a), roles));
	jwrite_array(j, "approvers");
	for (size_t i = 0; i < a->approver_count; i++)
		jwrite_text(j, NULL, name_of(n, a->approvers[i]));
	jwrite_end_array(j);
	jwrite_text(j, "state", approval_state_names[a->state]);
	jwrite_i64(j, "created_us", a->created.us);
	jwrite_i64(j, "expires_us", a->expires.us);
	jwrite_end(j);
	return OK;
}

struct list_args {
	bool all;
};

static const struct officer_field list_fields[] = { OFFICER_FLAG(list_args, all) };

static result run_list(struct officer_call *c, const void *args)
{
	const struct list_args *in = args;
	struct approval *rows;
	struct names names;
	size_t count;

	TRY(officer_list(c->act->tx, c->arena, &names.rows, &names.count));
	TRY(approval_list(c->act->tx, c->act->now, !in->all, c->arena, &rows, &count));
	jwrite_array(c->answer, "approvals");
	for (size_t i = 0; i < count; i++)
		TRY(write_approval(c, &rows[i], &names));
	jwrite_end_array(c->answer);
	return OK;
}

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

/* The names of its members stand at the top, for programs that read only those. */
static result tell(struct officer_call *c, const struct approval *a)
{
	char roles[OFFICER_ROLES_TEXT];
	struct names names;
	struct str about;

	TRY(officer_list(c->act->tx, c->arena, &names.rows, &names.count));
	TRY(approval_about(c->act->tx, a, c->arena, &about));
	jwrite_text(c->answer, "op", a->op);
	jwrite_text(c->answer, "payload", a->payload);
	jwrite_str(c->answer, "about", about);
	jwrite_text(c->answer, "initiator", name_of(&names, a->initiator));
	jwrite_text(c->answer, "next", officer_roles_text(approval_next(a), roles));
	jwrite_text(c->answer, "state", approval_state_names[a->state]);
	return OK;
}

static result run_show(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct approval *a = arena_alloc(c->arena, sizeof *a);

	TRY(approval_load(c->act->tx, c->act->now, in->id, a));
	return tell(c, a);
}

static result tell_state(struct officer_call *c, const struct approval *a)
{
	officer_note(c, "id=%" PRId64 " for=%s state=%s", a->id, a->op,
	             approval_state_names[a->state]);
	return tell(c, a);
}

static result run_agree(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct approval *a = arena_alloc(c->arena, sizeof *a);

	TRY(approval_agree(c->act, c->by, in->id, a));
	return tell_state(c, a);
}

static result run_refuse(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct approval *a = arena_alloc(c->arena, sizeof *a);

	TRY(approval_refuse(c->act, c->by, in->id, a));
	return tell_state(c, a);
}

static const struct officer_command commands[] = {
	{ .name = "approval.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(list_fields, list_args),
	  .run = run_list },
	{ .name = "approval.show",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_show },
	{ .name = "approval.agree",
	  .audit = "APPROVAL.AGREE",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_agree },
	{ .name = "approval.refuse",
	  .audit = "APPROVAL.REFUSE",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_refuse },
};

const struct officer_table officer_acts_approval = { commands, ARRAY_LEN(commands) };
