/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its command and back; the order of checks stands in officer_call.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "service/kms/officer_desk.h"
#include "service/kms/officer_fields.h"

enum { ACTOR_SIZE = KEY_ACTOR_MAX + 1 };

/* --- commands --- */

static const struct officer_table *const tables[] = {
	&officer_acts_login,
	&officer_acts_people,
	&officer_acts_approval,
	&officer_acts_audit,
	&officer_acts_device,
	&officer_acts_master,
	&officer_acts_ceremony,
	&officer_acts_catalog,
	&officer_acts_version,
	&officer_acts_ca,
	&officer_acts_certificate,
	&officer_acts_stock,
	&officer_acts_stock_list,
	&officer_acts_client,
	&officer_acts_site,
	&officer_acts_authcard,
	&officer_acts_exchange,
	&officer_acts_batch,
	&officer_acts_entry,
	&officer_acts_letter,
	NULL,
};

const struct officer_table *const *officer_tables(void)
{
	return tables;
}

const struct officer_command *officer_command_find(struct str name)
{
	for (size_t t = 0; tables[t]; t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			if (str_equal(name, str_of(tables[t]->at[i].name)))
				return &tables[t]->at[i];
	return NULL;
}

/* --- one request --- */

struct request {
	struct officer_desk *desk;
	struct keeper *keeper;
	struct arena *arena;
	struct officer_head head;
	struct officer by;
	struct officer_call call;
	struct key_act act;
	struct jread_report report;
	bool open;     /* the transaction */
	int64_t asked; /* an approval that was asked for; 0: none */
	char asked_of[APPROVAL_NEEDED_MAX + 1];
	char actor[ACTOR_SIZE];
	_Alignas(16) char args[OFFICER_ARGS_MAX];
};

static bool reads(const struct officer_command *c)
{
	return c->flags & OFFICER_READS;
}

static result begin(struct request *r)
{
	result res = reads(r->call.command) ? keeper_begin_reading(r->keeper, r->actor, &r->act)
	                                    : keeper_begin(r->keeper, r->actor, &r->act);

	r->open = is_ok(res);
	r->call.act = &r->act;
	return res;
}

/* --- who --- */

static void name_actor(struct request *r)
{
	char roles[OFFICER_ROLES_TEXT];

	if (r->call.by)
		snprintf(r->actor, sizeof r->actor, "%s:%s", officer_roles_text(r->by.roles, roles),
		         r->by.name);
	else
		str_copy(STR("nobody"), r->actor, sizeof r->actor);
	str_copy(str_of(r->actor), r->act.actor, sizeof r->act.actor);
}

static result log_in(struct request *r)
{
	const struct officer_command *c = r->call.command;
	struct officer_session *s =
	        officer_session_find(&r->desk->sessions, r->head.session, keeper_now(r->keeper));

	if (s) {
		TRY(officer_load(r->act.tx, s->officer, &r->by));
		if (r->by.state == OFFICER_ACTIVE) {
			r->call.by = &r->by;
			r->call.session = s;
		}
	}
	name_actor(r);
	if (c->flags & OFFICER_NO_LOGIN)
		return OK;
	if (!r->call.by)
		return FAIL(OFFICER_SESSION, "%s", c->name);
	if (c->roles && !(r->by.roles & c->roles))
		return FAIL(OFFICER_ROLE_OTHER, "%s", c->name);
	return OK;
}

/* --- who else --- */

static result needs_of(struct request *r, char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct officer_command *c = r->call.command;

	needs[0] = '\0';
	if (c->needs_of)
		return c->needs_of(&r->call, r->args, needs);
	if (c->needs)
		str_copy(str_of(c->needs), needs, APPROVAL_NEEDED_MAX + 1);
	return OK;
}

/* Nothing happens yet: what is asked is written down, for others to agree to. */
static result ask(struct request *r)
{
	SCOPED(buf_free) struct buf payload = { .limit = APPROVAL_PAYLOAD_MAX };
	struct approval *a = arena_alloc(r->arena, sizeof *a);

	TRY(officer_write_payload(r->call.command, r->args, &payload));
	TRY(approval_ask(&r->act, &r->by, r->call.command->name, buf_text(&payload), r->asked_of,
	                 a));
	TRY(key_audit_write(&r->act, "APPROVAL.ASK", OK, "id=%" PRId64 " for=%s needs=%s", a->id,
	                    a->op, a->needed));
	r->asked = a->id;
	return OK;
}

static result prepare(struct request *r)
{
	const struct officer_command *c = r->call.command;

	return c->prepare ? c->prepare(&r->call, r->args) : OK;
}

static result use(struct request *r)
{
	struct approval *a = arena_alloc(r->arena, sizeof *a);

	TRY(approval_use(&r->act, &r->by, r->head.approval, a));
	if (strcmp(a->op, r->call.command->name) != 0)
		return FAIL(APPROVAL_OTHER, "it was asked for %s", a->op);
	r->call.agreed = a;
	if (officer_is_restated(r->call.command, r->args))
		TRY(prepare(r));
	TRY(officer_read_payload(r->call.command, str_of(a->payload), r->arena, r->args));
	officer_note(&r->call, "approval=%" PRId64 " ", a->id);
	return OK;
}

/* --- running --- */

static result read_args(struct request *r, struct str text)
{
	struct officer_reading how = { r->call.command, &r->desk->seal, r->call.relayed,
		                       r->head.approval != 0 };

	if ((r->call.command->flags & OFFICER_TELLS_SECRET) && r->call.relayed &&
	    !r->head.reply_key.len)
		return FAIL(SEAL_NEEDED, "reply_key");
	return officer_read_args(text, &how, r->arena, r->args, &r->report);
}

/* What the domain wrote a line for itself still has to say who agreed. */
static result audit(struct request *r)
{
	const struct officer_command *c = r->call.command;

	if (!c->audit && !r->call.agreed)
		return OK;
	/* Master keys may be others now: the line belongs under the one that is active. */
	TRY(master_ring_load(r->act.ring, r->act.tx));
	if (!c->audit)
		return key_audit_write(&r->act, "APPROVAL.USE", OK, "id=%" PRId64 " for=%s",
		                       r->call.agreed->id, c->name);
	return key_audit_write(&r->act, c->audit, OK, "%s", r->call.note);
}

static result note_run(struct request *r)
{
	if (r->call.command->flags & OFFICER_MOVES_KEYS)
		TRY(keeper_changed(r->keeper, &r->act));
	return audit(r);
}

/* What cannot be written down did not happen (keys 12): then nothing of it is told either. */
static result run_and_note(struct request *r)
{
	struct jwrite *j = r->call.answer, before = *j;
	size_t len = j->out->len;

	TRY(r->call.command->run(&r->call, r->args));
	result noted = note_run(r);
	if (!is_ok(noted)) {
		secret_wipe_bytes(j->out->at + len, j->out->len - len);
		j->out->len = len;
		*j = before;
	}
	return noted;
}

static result run_command(struct request *r)
{
	TRY(r->head.approval ? use(r) : prepare(r));
	TRY(needs_of(r, r->asked_of));
	if (r->asked_of[0] && !r->head.approval)
		return ask(r);
	return run_and_note(r);
}

static result carry_out(struct request *r, struct str text)
{
	TRY(officer_read_head(text, r->arena, &r->head));
	r->call.command = officer_command_find(r->head.command);
	if (!r->call.command)
		return FAIL(CONTROL_COMMAND, "no command " STR_FMT, STR_ARG(r->head.command));
	r->call.reply_key = r->head.reply_key;
	if (!r->head.progress)
		r->call.peer = NULL;
	TRY(begin(r));
	TRY(log_in(r));
	TRY(read_args(r, text));
	return run_command(r);
}

static result end(struct request *r, result res)
{
	unsigned flags = r->call.command ? r->call.command->flags : 0;
	bool keep = is_ok(res) || ((flags & OFFICER_KEPT) && result_kind(res) != RESULT_FAULT);

	if (!r->open)
		return res;
	r->open = false;
	if (keep && !(flags & OFFICER_READS))
		TRY(keeper_commit(r->keeper, &r->act));
	else
		keeper_abandon(r->keeper, &r->act, res);
	return res;
}

/* --- refusals --- */

/* They stand in the audit too; nothing else of them is left. */
static result audit_refusal(struct request *r, result res)
{
	const char *name = r->call.command ? r->call.command->name : "?";
	struct key_act act;

	TRY(keeper_begin(r->keeper, r->actor, &act));
	result written = key_audit_write(&act, "REFUSED", res, "command=%s %s", name, r->call.note);
	if (is_ok(written))
		return keeper_commit(r->keeper, &act);
	keeper_abandon(r->keeper, &act, written);
	return written;
}

static void note_refusal(struct request *r, result res, const char *why)
{
	LOG_WARNING("kms.order_refused", "command=%s actor=\"%s\" code=%s detail=\"%s\"",
	            r->call.command ? r->call.command->name : "?", r->actor, result_name(res), why);
	result written = audit_refusal(r, res);
	if (!is_ok(written))
		LOG_ERROR("kms.refusal_not_audited", "code=%s", result_name(written));
}

/* --- the answer --- */

static void write_violations(struct jwrite *j, const struct jread_report *report)
{
	if (report->count == 0)
		return;
	jwrite_object(j, "fields");
	for (size_t i = 0; i < report->count; i++) {
		char name[64];

		str_copy(report->rows[i].field, name, sizeof name);
		jwrite_text(j, name, report->rows[i].what);
	}
	jwrite_end(j);
}

static void write_end(struct request *r, result res, const char *why)
{
	struct jwrite *j = r->call.answer;

	if (is_ok(res) && r->asked) {
		res.code = APPROVAL_NEEDED;
		jwrite_i64(j, "approval", r->asked);
		jwrite_text(j, "needs", r->asked_of);
	}
	jwrite_text(j, "code", result_name(res));
	jwrite_text(j, "zh", result_text_zh(res));
	jwrite_text(j, "en", result_text_en(res));
	if (!is_ok(res))
		jwrite_text(j, "detail", why);
	write_violations(j, &r->report);
	jwrite_end(j);
}

static void request_wipe(struct request **r)
{
	if (*r)
		secret_wipe_bytes(*r, sizeof **r);
}

void officer_answer(struct officer_desk *desk, struct keeper *k, const struct officer_request *in,
                    struct buf *out)
{
	SCOPED(arena_wipe) struct arena arena = { 0 };
	SCOPED(request_wipe) struct request *r = arena_alloc(&arena, sizeof *r);
	struct jwrite json = { .out = out };
	char why[sizeof result_last()->text] = "";
	result res;

	*r = (struct request){ .desk = desk, .keeper = k, .arena = &arena };
	r->call = (struct officer_call){ .desk = desk,
		                         .keeper = k,
		                         .arena = &arena,
		                         .answer = &json,
		                         .relayed = in->relayed,
		                         .peer = in->peer };
	str_copy(STR("nobody"), r->actor, sizeof r->actor);
	jwrite_object(&json, NULL);
	res = end(r, carry_out(r, in->text));
	if (!is_ok(res) && result_last()->code == res.code)
		str_copy(str_of(result_last()->text), why, sizeof why);
	if (!is_ok(res))
		note_refusal(r, res, why);
	write_end(r, res, why);
}
