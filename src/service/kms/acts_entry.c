/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value by components (分量录入, keys 12, 13; A3.1): two or three custodians, one component each,
 * one after another at the same key manager; the first part may be the supplier's (公钥授权), the
 * others the customer's own (私钥). The custodians are each other's second person.
 */
#include <inttypes.h>

#include "domain/keys/exchange_entry.h"
#include "service/kms/officer_desk.h"

enum { KEY = 1 << OFFICER_KEY, KCV_TEXT_MAX = KCV_TEXT_SIZE - 1 };

/* --- what stands where --- */

static result write_custodian(struct officer_call *c, const struct exchange_entry *e, unsigned i)
{
	struct officer o;

	TRY(officer_load(c->act->tx, e->custodians[i], &o));
	jwrite_object(c->answer, NULL);
	jwrite_text(c->answer, "custodian", o.name);
	jwrite_text(c->answer, "kcv", e->kcvs[i]);
	jwrite_end(c->answer);
	return OK;
}

static result write_entry(struct officer_call *c, const struct exchange_entry *e)
{
	jwrite_i64(c->answer, "id", e->id);
	jwrite_i64(c->answer, "key", e->key);
	jwrite_i64(c->answer, "parts", e->parts);
	jwrite_i64(c->answer, "given", e->given);
	jwrite_i64(c->answer, "until_us", e->since.us + EXCHANGE_ENTRY_S * (int64_t)SECOND_US);
	jwrite_array(c->answer, "components");
	for (unsigned i = 0; i < e->given; i++)
		TRY(write_custodian(c, e, i));
	jwrite_end_array(c->answer);
	return OK;
}

static result run_list(struct officer_call *c, const void *args)
{
	struct exchange_entry open[EXCHANGE_ENTRIES_MAX];
	size_t count = exchange_entry_list(keeper_entries(c->keeper), c->act->now, open);

	(void)args;
	jwrite_array(c->answer, "entries");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		TRY(write_entry(c, &open[i]));
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

/* --- beginning --- */

struct begin_args {
	int64_t key, parts, version, card_ki, card_kv, activate_at_us;
	bool at_once;
	struct str kcv;
};

static const struct officer_field begin_fields[] = {
	OFFICER_NUMBER(begin_args, key, true, 1, INT64_MAX),
	OFFICER_NUMBER(begin_args, parts, true, EXCHANGE_PARTS_MIN, EXCHANGE_PARTS_MAX),
	OFFICER_TEXT(begin_args, kcv, false, KCV_TEXT_MAX),
	OFFICER_NUMBER(begin_args, version, false, 1, KEY_VERSION_MAX),
	OFFICER_NUMBER(begin_args, card_ki, false, 0, 255),
	OFFICER_NUMBER(begin_args, card_kv, false, 0, 255),
	OFFICER_NUMBER(begin_args, activate_at_us, false, 0, INT64_MAX),
	OFFICER_FLAG(begin_args, at_once),
};

static result run_begin(struct officer_call *c, const void *args)
{
	const struct begin_args *in = args;
	struct exchange_entry_order o = { .key = in->key,
		                          .parts = (unsigned)in->parts,
		                          .order = { .version = (unsigned)in->version,
		                                     .card_ki = (unsigned)in->card_ki,
		                                     .card_kv = (unsigned)in->card_kv,
		                                     .activate_at = { in->activate_at_us },
		                                     .at_once = in->at_once },
		                          .kcv = in->kcv };
	struct exchange_entry e;

	officer_note(c, "key=%" PRId64 " parts=%" PRId64, in->key, in->parts);
	TRY(exchange_entry_begin(c->act, keeper_entries(c->keeper), c->by, &o, &e));
	officer_note(c, " entry=%" PRId64, e.id);
	return write_entry(c, &e);
}

/* --- components --- */

struct give_args {
	int64_t id;
	struct str part, paper;
};

/* part: hex digits, typed twice; paper: lines with their own check digits, typed once. */
static const struct officer_field give_fields[] = {
	OFFICER_NUMBER(give_args, id, true, 1, INT64_MAX),
	OFFICER_NEW_SECRET_TEXT(give_args, part, false),
	OFFICER_SECRET_TEXT(give_args, paper, false),
};

static result read_paper(struct officer_call *c, const struct give_args *in,
                         const struct key_definition *k, struct secret *out)
{
	unsigned line = 0;
	result r = exchange_part_read(k, in->paper, out, &line);

	if (r.code == COMPONENT_FORM)
		jwrite_i64(c->answer, "line", line);
	return r;
}

static result read_part(struct officer_call *c, const struct give_args *in, struct secret *out)
{
	struct exchange_entry e;
	struct key_definition k;

	if (!in->part.len == !in->paper.len)
		return FAIL(CATALOG_FIELD, "a component is typed as part or as paper");
	TRY(exchange_entry_load(keeper_entries(c->keeper), c->act->now, in->id, &e));
	TRY(key_definition_load(c->act->tx, e.key, &k));
	if (in->paper.len)
		return read_paper(c, in, &k, out);
	out->len = in->part.len / 2;
	if (out->len > sizeof out->at)
		return FAIL(KEY_LENGTH, "%zu digits", in->part.len);
	return hex_decode(in->part, out->at, out->len);
}

static result run_give(struct officer_call *c, const void *args)
{
	SCOPED(secret_wipe) struct secret part = { 0 };
	const struct give_args *in = args;
	struct exchange_entry e;

	officer_note(c, "entry=%" PRId64, in->id);
	TRY(read_part(c, in, &part));
	TRY(exchange_entry_give(c->act, keeper_entries(c->keeper), c->by, in->id, &part, &e));
	return write_entry(c, &e);
}

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

static result run_make(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	char *paper = arena_alloc(c->arena, EXCHANGE_PAPER_SIZE);
	struct exchange_entry e;

	officer_note(c, "entry=%" PRId64, in->id);
	TRY(exchange_entry_make(c->act, keeper_entries(c->keeper), c->by, in->id, paper, &e));
	TRY(officer_tell_secret(c, "paper", str_of(paper)));
	return write_entry(c, &e);
}

/* --- the end --- */

static result run_finish(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	char text[KEY_LABEL_SIZE];
	struct key_definition k;
	struct key_label label;

	officer_note(c, "entry=%" PRId64, in->id);
	TRY(exchange_entry_finish(c->act, keeper_entries(c->keeper), c->by, in->id, v));
	TRY(key_definition_load(c->act->tx, v->key, &k));
	key_version_label(&k, v->version, &label);
	jwrite_i64(c->answer, "id", v->id);
	jwrite_i64(c->answer, "version", v->version);
	jwrite_text(c->answer, "label", key_label_text(&label, text));
	jwrite_text(c->answer, "kcv", v->kcv);
	return OK;
}

static result run_cancel(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "entry=%" PRId64, in->id);
	return exchange_entry_cancel(c->act, keeper_entries(c->keeper), in->id);
}

static const struct officer_command commands[] = {
	{ .name = "entry.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "entry.begin",
	  .roles = KEY,
	  .audit = "KEY.ENTRY",
	  OFFICER_FIELDS(begin_fields, begin_args),
	  .run = run_begin },
	{ .name = "entry.give",
	  .roles = KEY,
	  OFFICER_FIELDS(give_fields, give_args),
	  .run = run_give },
	{ .name = "entry.make",
	  .roles = KEY,
	  .flags = OFFICER_TELLS_SECRET,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_make },
	{ .name = "entry.finish",
	  .roles = KEY,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_finish },
	{ .name = "entry.cancel",
	  .roles = KEY,
	  .audit = "KEY.ENTRY.WIPE",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_cancel },
};

const struct officer_table officer_acts_entry = { commands, ARRAY_LEN(commands) };
