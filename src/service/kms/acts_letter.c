/* SPDX-License-Identifier: Apache-2.0 */
/* Key letters (密钥信封, keys 5.1, 13): a value as two or three components on paper. They are made
 * with a second officer's leave and taken by another custodian each. */
#include <inttypes.h>

#include "domain/keys/exchange_outbox.h"
#include "service/kms/officer_desk.h"

enum { KEY = 1 << OFFICER_KEY, LABEL_MAX = KEY_LABEL_SIZE - 1, KCV_TEXT_MAX = KCV_TEXT_SIZE - 1 };

/* --- what waits --- */

static result write_letter(struct officer_call *c, const struct exchange_waiting *w, unsigned i)
{
	struct officer o = { .name = "" };

	if (i < w->taken)
		TRY(officer_load(c->act->tx, w->custodians[i], &o));
	jwrite_object(c->answer, NULL);
	jwrite_text(c->answer, "custodian", o.name);
	jwrite_text(c->answer, "kcv", w->kcvs[i]);
	jwrite_end(c->answer);
	return OK;
}

static result write_waiting(struct officer_call *c, const struct exchange_waiting *w)
{
	jwrite_i64(c->answer, "id", w->id);
	jwrite_text(c->answer, "label", w->label);
	jwrite_text(c->answer, "kcv", w->kcv);
	jwrite_i64(c->answer, "parts", w->parts);
	jwrite_i64(c->answer, "taken", w->taken);
	jwrite_i64(c->answer, "until_us", w->since.us + EXCHANGE_OUTBOX_S * (int64_t)SECOND_US);
	jwrite_array(c->answer, "letters");
	for (unsigned i = 0; i < w->parts; i++)
		TRY(write_letter(c, w, i));
	jwrite_end_array(c->answer);
	return OK;
}

static result run_list(struct officer_call *c, const void *args)
{
	struct exchange_waiting waiting[EXCHANGE_OUTBOX_MAX];
	size_t count = exchange_outbox_list(keeper_letters(c->keeper), c->act->now, waiting);

	(void)args;
	jwrite_array(c->answer, "keys");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		TRY(write_waiting(c, &waiting[i]));
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

/* --- making --- */

struct make_args {
	int64_t version, parts;
	struct str label, kcv; /* for whoever agrees */
};

static const struct officer_field make_fields[] = {
	OFFICER_NUMBER(make_args, version, true, 1, INT64_MAX),
	OFFICER_NUMBER(make_args, parts, true, EXCHANGE_PARTS_MIN, EXCHANGE_PARTS_MAX),
	OFFICER_TEXT(make_args, label, false, LABEL_MAX),
	OFFICER_TEXT(make_args, kcv, false, KCV_TEXT_MAX),
};

static result prepare_make(struct officer_call *c, void *args)
{
	struct make_args *in = args;
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	char text[KEY_LABEL_SIZE];
	struct key_definition k;
	struct key_label label;

	officer_note(c, "version=%" PRId64 " ", in->version);
	TRY(key_version_load(c->act->tx, in->version, v));
	TRY(key_definition_load(c->act->tx, v->key, &k));
	TRY(officer_require_hand(c, &k));
	key_version_label(&k, v->version, &label);
	TRY(officer_show(c, "label", key_label_text(&label, text), &in->label));
	TRY(officer_show(c, "kcv", v->kcv, &in->kcv));
	return c->agreed ? OK : exchange_letters_check(c->act, in->version, (unsigned)in->parts);
}

static result run_make(struct officer_call *c, const void *args)
{
	const struct make_args *in = args;
	struct exchange_waiting w;

	ASSERT(c->agreed);
	TRY(exchange_outbox_put(c->act, keeper_letters(c->keeper), in->version, (unsigned)in->parts,
	                        &w));
	return write_waiting(c, &w);
}

/* --- taking --- */

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

static result run_take(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct exchange_taken *taken = arena_alloc(c->arena, sizeof *taken);
	const struct exchange_waiting *w = &taken->of;

	officer_note(c, "letters=%" PRId64, in->id);
	TRY(exchange_outbox_take(c->act, keeper_letters(c->keeper), c->by, in->id, taken));
	jwrite_text(c->answer, "label", w->label);
	jwrite_i64(c->answer, "letter", taken->place + 1);
	jwrite_i64(c->answer, "parts", w->parts);
	jwrite_text(c->answer, "kcv", w->kcvs[taken->place]);
	jwrite_text(c->answer, "key_kcv", w->kcv);
	return officer_tell_secret(c, "paper", str_of(taken->paper));
}

static result run_cancel(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct exchange_waiting w;

	officer_note(c, "letters=%" PRId64, in->id);
	TRY(exchange_outbox_cancel(c->act, keeper_letters(c->keeper), in->id, &w));
	return write_waiting(c, &w);
}

static const struct officer_command commands[] = {
	{ .name = "letter.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "letter.make",
	  .roles = KEY,
	  OFFICER_FIELDS(make_fields, make_args),
	  .prepare = prepare_make,
	  .needs = "key|mk",
	  .run = run_make },
	{ .name = "letter.take",
	  .roles = KEY,
	  .flags = OFFICER_TELLS_SECRET,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_take },
	{ .name = "letter.cancel",
	  .roles = KEY,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_cancel },
};

const struct officer_table officer_acts_letter = { commands, ARRAY_LEN(commands) };
