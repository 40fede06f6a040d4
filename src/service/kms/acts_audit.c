/* SPDX-License-Identifier: Apache-2.0 */
/* The audit: reading it, checking it from the first line (keys 12). */
#include <inttypes.h>

#include "service/kms/checkpoint.h"
#include "service/kms/officer_desk.h"

enum { AUDITOR = 1 << OFFICER_AUDIT, PAGE = 100 };

struct list_args {
	struct str op, actor;
	int64_t before, after, limit;
	bool oldest_first;
};

static const struct officer_field list_fields[] = {
	OFFICER_TEXT(list_args, op, false, KEY_AUDIT_OP_MAX),
	OFFICER_TEXT(list_args, actor, false, KEY_ACTOR_MAX),
	OFFICER_NUMBER(list_args, before, false, 0, INT64_MAX),
	OFFICER_NUMBER(list_args, after, false, 0, INT64_MAX),
	OFFICER_NUMBER(list_args, limit, false, 1, KEY_AUDIT_PAGE_MAX),
	OFFICER_FLAG(list_args, oldest_first),
};

static void write_line(struct jwrite *j, const struct key_audit_line *l)
{
	char link[2 * KEY_AUDIT_LINK + 1];

	hex_encode(bytes_of(l->link, sizeof l->link), link);
	jwrite_object(j, NULL);
	jwrite_i64(j, "seq", l->seq);
	jwrite_text(j, "ts", l->ts);
	jwrite_text(j, "actor", l->actor);
	jwrite_text(j, "op", l->op);
	jwrite_text(j, "detail", l->detail);
	jwrite_text(j, "result", l->result);
	jwrite_i64(j, "lmk", l->lmk);
	jwrite_text(j, "link", link);
	jwrite_end(j);
}

static result run_list(struct officer_call *c, const void *args)
{
	const struct list_args *in = args;
	struct key_audit_filter filter = { .after = in->after,
		                           .before = in->before,
		                           .newest_first = !in->oldest_first,
		                           .op = in->op,
		                           .actor = in->actor,
		                           .limit = in->limit ? (size_t)in->limit : PAGE };
	struct key_audit_line *rows;
	size_t count;

	TRY(key_audit_list(c->act->tx, &filter, c->arena, &rows, &count));
	jwrite_array(c->answer, "lines");
	for (size_t i = 0; i < count; i++)
		write_line(c->answer, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

static result newest_checkpoint(struct officer_call *c, struct key_audit_point *out)
{
	const char *dir = keeper_config_of(c->keeper)->checkpoint_dir;

	*out = (struct key_audit_point){ 0 };
	return dir ? checkpoint_newest(dir, out) : OK;
}

static result run_verify(struct officer_call *c, const void *args)
{
	struct key_audit_verdict v;
	struct key_audit_point point;
	result r;

	(void)args;
	TRY(newest_checkpoint(c, &point));
	r = key_audit_verify(c->act->tx, c->act->ring, point.seq ? &point : NULL, &v);
	jwrite_i64(c->answer, "lines", v.lines);
	jwrite_i64(c->answer, "unkeyed", v.unkeyed);
	jwrite_i64(c->answer, "checkpoint", point.seq);
	if (r.code == AUDIT_BROKEN) {
		jwrite_i64(c->answer, "first_bad", v.first_bad);
		jwrite_text(c->answer, "what", v.what);
	}
	return r;
}

static const struct officer_command commands[] = {
	{ .name = "audit.list",
	  .roles = AUDITOR,
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(list_fields, list_args),
	  .run = run_list },
	{ .name = "audit.verify", .roles = AUDITOR, .flags = OFFICER_READS, .run = run_verify },
};

const struct officer_table officer_acts_audit = { commands, ARRAY_LEN(commands) };
