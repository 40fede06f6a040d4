/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/approval_about.h"

#include <stdio.h>

#include "base/json.h"
#include "domain/keys/key_version.h"

enum { ABOUT_MAX = 256 };

struct about {
	struct db_tx *tx;
	struct arena *arena;
	int64_t number;
	char text[ABOUT_MAX];
};

static result about_officer(struct about *b)
{
	struct officer o;

	TRY(officer_load(b->tx, b->number, &o));
	snprintf(b->text, sizeof b->text, "%s %s, %s", o.name, o.display, o.person);
	return OK;
}

static result about_version(struct about *b)
{
	struct key_version *v = arena_alloc(b->arena, sizeof *v);
	struct key_definition k;
	struct key_label label;
	char text[KEY_LABEL_SIZE];

	TRY(key_version_load(b->tx, b->number, v));
	TRY(key_definition_load(b->tx, v->key, &k));
	key_version_label(&k, v->version, &label);
	snprintf(b->text, sizeof b->text, "%s kcv=%s", key_label_text(&label, text), v->kcv);
	return OK;
}

static result about_master(struct about *b)
{
	struct master *rows;
	size_t count;

	TRY(master_list(b->tx, b->arena, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == b->number)
			snprintf(b->text, sizeof b->text, "gen %u kcv=%s", rows[i].gen,
			         rows[i].kcv);
	return OK;
}

static result about_issuer(struct about *b)
{
	struct issuer *rows;
	size_t count;

	TRY(issuer_list(b->tx, b->arena, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == b->number)
			snprintf(b->text, sizeof b->text, "%s %s", rows[i].code, rows[i].name);
	return OK;
}

static result about_key(struct about *b)
{
	struct key_definition k;

	TRY(key_definition_load(b->tx, b->number, &k));
	snprintf(b->text, sizeof b->text, "%s.%s.%s %s", k.issuer_code, k.product_code, k.code,
	         k.name);
	return OK;
}

static const struct {
	const char *op, *member;
	result (*tell)(struct about *b);
} rows[] = {
	{ "officer.reset", "id", about_officer }, { "officer.stop", "id", about_officer },
	{ "version.move", "id", about_version },  { "version.recover", "id", about_version },
	{ "lmk.activate", "lmk", about_master },  { "renewal.start", "lmk", about_master },
	{ "issuer.remove", "id", about_issuer },  { "key.remove", "id", about_key },
};

result approval_about(struct db_tx *tx, const struct approval *a, struct arena *arena,
                      struct str *out)
{
	struct about *b = arena_alloc(arena, sizeof *b);
	struct str number;
	result r = OK;

	*b = (struct about){ .tx = tx, .arena = arena };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(a->op, rows[i].op) != 0)
			continue;
		TRY(jread_member(str_of(a->payload), rows[i].member, arena, &number));
		r = str_i64(number, &b->number);
		if (is_ok(r))
			r = rows[i].tell(b);
	}
	*out = str_of(b->text);
	return result_kind(r) == RESULT_FAULT ? r : OK; /* what is gone is nobody's fault */
}
