/* SPDX-License-Identifier: Apache-2.0 */
/* Values of keys: made in the device, moved through their states, destroyed (keys 11, 13). */
#include <inttypes.h>

#include "domain/keys/key_version.h"
#include "service/kms/officer_desk.h"

enum { KEY = 1 << OFFICER_KEY, CERT = 1 << OFFICER_CERT };

/* --- what there is --- */

static void write_version(struct jwrite *j, const struct key_version *v, struct instant now)
{
	jwrite_object(j, NULL);
	jwrite_i64(j, "id", v->id);
	jwrite_i64(j, "version", v->version);
	jwrite_text(j, "state", key_state_names[key_version_state_at(v, now)]);
	jwrite_bool(j, "was_compromised", v->was_compromised);
	jwrite_text(j, "kcv", v->kcv);
	jwrite_i64(j, "lmk", v->lmk);
	jwrite_text(j, "origin", key_origin_names[v->origin]);
	jwrite_i64(j, "card_ki", v->card_ki);
	jwrite_i64(j, "card_kv", v->card_kv);
	jwrite_i64(j, "created_us", v->created.us);
	jwrite_i64(j, "activate_at_us", v->activate_at.us);
	jwrite_i64(j, "protect_until_us", v->protect_until.us);
	jwrite_i64(j, "process_until_us", v->process_until.us);
	jwrite_i64(j, "recover_until_us", v->recover_until.us);
	jwrite_end(j);
}

struct list_args {
	int64_t key;
};

static const struct officer_field list_fields[] = {
	OFFICER_NUMBER(list_args, key, true, 1, INT64_MAX),
};

static result run_list(struct officer_call *c, const void *args)
{
	const struct list_args *in = args;
	struct key_version *rows;
	size_t count;

	TRY(key_version_list(c->act->tx, in->key, c->arena, &rows, &count));
	jwrite_array(c->answer, "versions");
	for (size_t i = 0; i < count; i++)
		write_version(c->answer, &rows[i], c->act->now);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- generating --- */

struct generate_args {
	int64_t key, version, card_ki, card_kv, activate_at_us, exponent;
	bool at_once;
};

static const struct officer_field generate_fields[] = {
	OFFICER_NUMBER(generate_args, key, true, 1, INT64_MAX),
	OFFICER_NUMBER(generate_args, version, false, 1, KEY_VERSION_MAX),
	OFFICER_NUMBER(generate_args, card_ki, false, 0, 255),
	OFFICER_NUMBER(generate_args, card_kv, false, 0, 255),
	OFFICER_NUMBER(generate_args, activate_at_us, false, 0, INT64_MAX),
	OFFICER_FLAG(generate_args, at_once),
	OFFICER_NUMBER(generate_args, exponent, false, 3, 65537),
};

static void note_version(struct officer_call *c, const struct key_definition *k,
                         const struct key_version *v)
{
	struct key_label label;
	char text[KEY_LABEL_SIZE];

	key_version_label(k, v->version, &label);
	officer_note(c, "label=%s kcv=%s", key_label_text(&label, text), v->kcv);
	jwrite_text(c->answer, "label", text);
}

static result run_generate(struct officer_call *c, const void *args)
{
	const struct generate_args *in = args;
	struct key_order order = { .version = (unsigned)in->version,
		                   .card_ki = (unsigned)in->card_ki,
		                   .card_kv = (unsigned)in->card_kv,
		                   .activate_at = { in->activate_at_us },
		                   .at_once = in->at_once,
		                   .exponent = (uint32_t)in->exponent };
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	struct key_definition k;

	TRY(key_definition_load(c->act->tx, in->key, &k));
	TRY(officer_require_hand(c, &k));
	TRY(key_version_generate(c->act, &k, &order, v));
	note_version(c, &k, v);
	jwrite_i64(c->answer, "id", v->id);
	jwrite_i64(c->answer, "version", v->version);
	jwrite_text(c->answer, "kcv", v->kcv);
	return OK;
}

/* --- states --- */

struct move_args {
	int64_t id;
	struct str to;
};

static const struct officer_field move_fields[] = {
	OFFICER_NUMBER(move_args, id, true, 1, INT64_MAX),
	OFFICER_TEXT(move_args, to, true, 16),
};

static result state_of(struct str text, enum key_state *out)
{
	for (int i = 0; key_state_names[i]; i++)
		if (str_equal(text, str_of(key_state_names[i]))) {
			*out = (enum key_state)i;
			return OK;
		}
	return FAIL(KEY_STATE, "there is no state " STR_FMT, STR_ARG(text));
}

/* What cannot be taken back needs the administrator of master keys. */
static result needs_of_move(struct officer_call *c, const void *args,
                            char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct move_args *in = args;
	enum key_state to = KEY_PRE;

	(void)c;
	TRY(state_of(in->to, &to));
	if (to == KEY_DESTROYED || to == KEY_COMPROMISED)
		str_copy(STR("mk"), needs, APPROVAL_NEEDED_MAX + 1);
	return OK;
}

static result run_move(struct officer_call *c, const void *args)
{
	const struct move_args *in = args;
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	struct key_definition k;
	enum key_state to = KEY_PRE;

	TRY(state_of(in->to, &to));
	TRY(key_version_load(c->act->tx, in->id, v));
	TRY(key_definition_load(c->act->tx, v->key, &k));
	TRY(officer_require_hand(c, &k));
	note_version(c, &k, v);
	officer_note(c, " to=%s", key_state_names[to]);
	return key_version_move(c->act, &k, v, to);
}

/* --- after a compromise --- */

enum { HOUR_S = 3600 };

struct recover_args {
	int64_t id, hours;
};

static const struct officer_field recover_fields[] = {
	OFFICER_NUMBER(recover_args, id, true, 1, INT64_MAX),
	OFFICER_NUMBER(recover_args, hours, true, 0, KEY_RECOVER_MAX_S / HOUR_S),
};

/* hours 0 takes the leave back. */
static result run_recover(struct officer_call *c, const void *args)
{
	const struct recover_args *in = args;
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	struct key_definition k;

	TRY(key_version_load(c->act->tx, in->id, v));
	TRY(key_definition_load(c->act->tx, v->key, &k));
	TRY(officer_require_hand(c, &k));
	note_version(c, &k, v);
	officer_note(c, " hours=%d", (int)in->hours);
	return key_version_recover(c->act, v, in->hours * HOUR_S);
}

static const struct officer_command commands[] = {
	{ .name = "version.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(list_fields, list_args),
	  .run = run_list },
	{ .name = "version.generate",
	  .roles = KEY | CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "KEY.GENERATE",
	  OFFICER_FIELDS(generate_fields, generate_args),
	  .run = run_generate },
	{ .name = "version.move",
	  .roles = KEY | CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "KEY.STATE",
	  OFFICER_FIELDS(move_fields, move_args),
	  .run = run_move,
	  .needs_of = needs_of_move },
	{ .name = "version.recover",
	  .roles = KEY | CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  .needs = "mk",
	  .audit = "KEY.RECOVER",
	  OFFICER_FIELDS(recover_fields, recover_args),
	  .run = run_recover },
};

const struct officer_table officer_acts_version = { commands, ARRAY_LEN(commands) };
