/* SPDX-License-Identifier: Apache-2.0 */
/* Issuers, key products, key definitions (发卡行、密钥产品、应用密钥): the part of role conf (keys
 * 10, B6.05 to B6.08). */
#include <inttypes.h>

#include "domain/keys/catalog.h"
#include "service/kms/officer_desk.h"

enum { CONF = 1 << OFFICER_CONF, CODE_MAX = KEY_CODE_MAX, LEVELS_MAX = CATALOG_LEVELS_MAX };

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

/* --- issuers --- */

static result run_issuers(struct officer_call *c, const void *args)
{
	struct issuer *rows;
	size_t count;

	(void)args;
	TRY(issuer_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "issuers");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_i64(c->answer, "id", rows[i].id);
		jwrite_text(c->answer, "code", rows[i].code);
		jwrite_text(c->answer, "name", rows[i].name);
		jwrite_text(c->answer, "note", rows[i].note);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

struct issuer_args {
	int64_t id;
	struct str code, name, note;
};

static const struct officer_field issuer_add_fields[] = {
	OFFICER_TEXT(issuer_args, code, true, CODE_MAX),
	OFFICER_TEXT(issuer_args, name, true, CATALOG_NAME_MAX),
	OFFICER_TEXT(issuer_args, note, false, CATALOG_NOTE_MAX),
};

static const struct officer_field issuer_save_fields[] = {
	OFFICER_NUMBER(issuer_args, id, true, 1, INT64_MAX),
	OFFICER_TEXT(issuer_args, name, true, CATALOG_NAME_MAX),
	OFFICER_TEXT(issuer_args, note, false, CATALOG_NOTE_MAX),
};

static struct issuer issuer_of(const struct issuer_args *in)
{
	struct issuer i = { .id = in->id };

	str_copy(in->code, i.code, sizeof i.code);
	str_copy(in->name, i.name, sizeof i.name);
	str_copy(in->note, i.note, sizeof i.note);
	return i;
}

static result run_issuer_add(struct officer_call *c, const void *args)
{
	struct issuer i = issuer_of(args);

	officer_note(c, "code=%s", i.code);
	TRY(issuer_add(c->act, &i));
	jwrite_i64(c->answer, "id", i.id);
	return OK;
}

static result run_issuer_save(struct officer_call *c, const void *args)
{
	struct issuer i = issuer_of(args);

	officer_note(c, "id=%" PRId64, i.id);
	return issuer_save(c->act, &i);
}

static result run_issuer_remove(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return issuer_remove(c->act, in->id);
}

/* --- products --- */

struct product_args {
	int64_t id, issuer;
	struct str code, name, kind, place, note;
};

static const struct officer_field products_fields[] = {
	OFFICER_NUMBER(product_args, issuer, true, 1, INT64_MAX),
};

static result run_products(struct officer_call *c, const void *args)
{
	const struct product_args *in = args;
	struct product *rows;
	size_t count;

	TRY(product_list(c->act->tx, in->issuer, c->arena, &rows, &count));
	jwrite_array(c->answer, "products");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_i64(c->answer, "id", rows[i].id);
		jwrite_text(c->answer, "code", rows[i].code);
		jwrite_text(c->answer, "name", rows[i].name);
		jwrite_text(c->answer, "kind", product_kind_names[rows[i].kind]);
		jwrite_text(c->answer, "place", product_place_names[rows[i].place]);
		jwrite_text(c->answer, "note", rows[i].note);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

static const struct officer_field product_add_fields[] = {
	OFFICER_NUMBER(product_args, issuer, true, 1, INT64_MAX),
	OFFICER_TEXT(product_args, code, true, CODE_MAX),
	OFFICER_TEXT(product_args, name, true, CATALOG_NAME_MAX),
	OFFICER_TEXT(product_args, kind, true, 8),
	OFFICER_TEXT(product_args, place, true, 8),
	OFFICER_TEXT(product_args, note, false, CATALOG_NOTE_MAX),
};

static result product_of(const struct product_args *in, struct product *p)
{
	int kind, place;

	*p = (struct product){ .id = in->id, .issuer = in->issuer };
	str_copy(in->code, p->code, sizeof p->code);
	str_copy(in->name, p->name, sizeof p->name);
	str_copy(in->note, p->note, sizeof p->note);
	if (!in->kind.len)
		return OK;
	TRY(officer_choose(in->kind, product_kind_names, "kind", &kind));
	TRY(officer_choose(in->place, product_place_names, "place", &place));
	p->kind = (enum product_kind)kind;
	p->place = (enum product_place)place;
	return OK;
}

static result run_product_add(struct officer_call *c, const void *args)
{
	struct product p;

	TRY(product_of(args, &p));
	officer_note(c, "issuer=%" PRId64 " code=%s place=%s", p.issuer, p.code,
	             product_place_names[p.place]);
	TRY(product_add(c->act, &p));
	jwrite_i64(c->answer, "id", p.id);
	return OK;
}

static const struct officer_field product_save_fields[] = {
	OFFICER_NUMBER(product_args, id, true, 1, INT64_MAX),
	OFFICER_TEXT(product_args, name, true, CATALOG_NAME_MAX),
	OFFICER_TEXT(product_args, note, false, CATALOG_NOTE_MAX),
};

static result run_product_save(struct officer_call *c, const void *args)
{
	struct product p;

	TRY(product_of(args, &p));
	officer_note(c, "id=%" PRId64, p.id);
	return product_save(c->act, &p);
}

static result run_product_remove(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return product_remove(c->act, in->id);
}

/* --- key definitions --- */

struct definition_args {
	int64_t product, bits, levels, period_days;
	struct str code, name, usage, algorithm, mode, exportability;
};

static const struct officer_field definitions_fields[] = {
	OFFICER_NUMBER(definition_args, product, true, 1, INT64_MAX),
};

static void write_char(struct jwrite *j, const char *name, char value)
{
	jwrite_str(j, name, (struct str){ &value, 1 });
}

static void write_definition(struct jwrite *j, const struct key_definition *k)
{
	struct key_label label = { 0 };
	char text[KEY_LABEL_SIZE];

	str_copy(str_of(k->issuer_code), label.issuer, sizeof label.issuer);
	str_copy(str_of(k->product_code), label.product, sizeof label.product);
	str_copy(str_of(k->code), label.key, sizeof label.key);
	jwrite_object(j, NULL);
	jwrite_i64(j, "id", k->id);
	jwrite_text(j, "label", key_label_text(&label, text));
	jwrite_text(j, "code", k->code);
	jwrite_text(j, "name", k->name);
	jwrite_text(j, "usage", k->usage);
	write_char(j, "algorithm", k->algorithm);
	jwrite_i64(j, "bits", k->bits);
	write_char(j, "mode", k->mode);
	write_char(j, "exportability", k->exportability);
	jwrite_i64(j, "levels", k->levels);
	jwrite_i64(j, "period_days", k->period_days);
	jwrite_text(j, "place", product_place_names[k->place]);
	jwrite_end(j);
}

static result run_definitions(struct officer_call *c, const void *args)
{
	const struct definition_args *in = args;
	struct key_definition *rows;
	size_t count;

	TRY(key_definition_list(c->act->tx, in->product, c->arena, &rows, &count));
	jwrite_array(c->answer, "keys");
	for (size_t i = 0; i < count; i++)
		write_definition(c->answer, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

static const struct officer_field define_fields[] = {
	OFFICER_NUMBER(definition_args, product, true, 1, INT64_MAX),
	OFFICER_TEXT(definition_args, code, true, CODE_MAX),
	OFFICER_TEXT(definition_args, name, true, CATALOG_NAME_MAX),
	OFFICER_TEXT(definition_args, usage, true, 2),
	OFFICER_TEXT(definition_args, algorithm, true, 1),
	OFFICER_NUMBER(definition_args, bits, true, 1, 4096),
	OFFICER_TEXT(definition_args, mode, true, 1),
	OFFICER_TEXT(definition_args, exportability, true, 1),
	OFFICER_NUMBER(definition_args, levels, false, 0, LEVELS_MAX),
	OFFICER_NUMBER(definition_args, period_days, false, 0, 36500),
};

static result run_define(struct officer_call *c, const void *args)
{
	const struct definition_args *in = args;
	struct key_definition k = {
		.product = in->product,
		.algorithm = in->algorithm.at[0],
		.bits = (unsigned)in->bits,
		.mode = in->mode.at[0],
		.exportability = in->exportability.at[0],
		.levels = (unsigned)in->levels,
		.period_days = (unsigned)in->period_days,
	};

	str_copy(in->code, k.code, sizeof k.code);
	str_copy(in->name, k.name, sizeof k.name);
	str_copy(in->usage, k.usage, sizeof k.usage);
	officer_note(c, "product=%" PRId64 " code=%s usage=%s algorithm=%c bits=%u", k.product,
	             k.code, k.usage, k.algorithm, k.bits);
	TRY(key_definition_add(c->act, &k));
	jwrite_i64(c->answer, "id", k.id);
	return OK;
}

static result run_undefine(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return key_definition_remove(c->act, in->id);
}

/* Deleting what had values needs a second person (keys 12): "destroy, mark compromised, delete". */
static const struct officer_command commands[] = {
	{ .name = "issuer.list", .flags = OFFICER_READS, .run = run_issuers },
	{ .name = "issuer.add",
	  .roles = CONF,
	  .audit = "ISSUER.ADD",
	  OFFICER_FIELDS(issuer_add_fields, issuer_args),
	  .run = run_issuer_add },
	{ .name = "issuer.save",
	  .roles = CONF,
	  .audit = "ISSUER.SAVE",
	  OFFICER_FIELDS(issuer_save_fields, issuer_args),
	  .run = run_issuer_save },
	{ .name = "issuer.remove",
	  .roles = CONF,
	  .audit = "ISSUER.REMOVE",
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_issuer_remove },
	{ .name = "product.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(products_fields, product_args),
	  .run = run_products },
	{ .name = "product.add",
	  .roles = CONF,
	  .audit = "PRODUCT.ADD",
	  OFFICER_FIELDS(product_add_fields, product_args),
	  .run = run_product_add },
	{ .name = "product.save",
	  .roles = CONF,
	  .audit = "PRODUCT.SAVE",
	  OFFICER_FIELDS(product_save_fields, product_args),
	  .run = run_product_save },
	{ .name = "product.remove",
	  .roles = CONF,
	  .audit = "PRODUCT.REMOVE",
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_product_remove },
	{ .name = "key.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(definitions_fields, definition_args),
	  .run = run_definitions },
	{ .name = "key.define",
	  .roles = CONF,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "KEY.DEFINE",
	  OFFICER_FIELDS(define_fields, definition_args),
	  .run = run_define },
	{ .name = "key.remove",
	  .roles = CONF,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "KEY.REMOVE",
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_undefine },
};

const struct officer_table officer_acts_catalog = { commands, ARRAY_LEN(commands) };
