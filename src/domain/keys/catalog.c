/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/catalog.h"

#include <inttypes.h>

#include "crypto/keyblock.h"
#include "domain/keys/kms_sql.h"

const char *const product_kind_names[] = { "DKEY", "KEK", "RSA", "SM2", "PSAM", NULL };
const char *const product_place_names[] = { "device", "host", NULL };

/* --- what all three have --- */

static result check_texts(const char *code, const char *name, const char *note)
{
	if (!key_code_is_valid(str_of(code)))
		return FAIL(KEY_LABEL, "a code has 1 to 8 of A-Z and 0-9");
	if (!name[0] || !str_is_utf8(str_of(name)))
		return FAIL(CATALOG_FIELD, "name");
	return str_is_utf8(str_of(note)) ? OK : FAIL(CATALOG_FIELD, "note");
}

static result added(result r, const char *code)
{
	return r.code == DB_DUPLICATE ? FAIL(CATALOG_EXISTS, "%s", code) : r;
}

static result require_changed(int64_t changed, int64_t id)
{
	return changed ? OK : FAIL(CATALOG_NOT_FOUND, "id %" PRId64, id);
}

/* Gone, or still named by somebody. */
static result removed(result r, int64_t changed, int64_t id)
{
	if (r.code == DB_CONSTRAINT)
		return FAIL(CATALOG_IN_USE, "id %" PRId64, id);
	TRY(r);
	return require_changed(changed, id);
}

/* --- issuers --- */

result issuer_add(struct key_act *act, struct issuer *i)
{
	TRY(check_texts(i->code, i->name, i->note));
	return added(db_select_i64(act->tx, &sql_issuer_add,
	                           DB_ARGS(db_arg_text(i->code), db_arg_text(i->name),
	                                   db_arg_text(i->note), db_arg_i64(act->now.us)),
	                           &i->id),
	             i->code);
}

result issuer_save(struct key_act *act, const struct issuer *i)
{
	int64_t changed;

	TRY(check_texts("X", i->name, i->note));
	TRY(db_execute(act->tx, &sql_issuer_save,
	               DB_ARGS(db_arg_i64(i->id), db_arg_text(i->name), db_arg_text(i->note)),
	               &changed));
	return require_changed(changed, i->id);
}

static result require_none(struct db_tx *tx, const struct db_statement *children, int64_t id)
{
	int64_t count;

	TRY(db_select_i64(tx, children, DB_ARGS(db_arg_i64(id)), &count));
	return count == 0 ? OK : FAIL(CATALOG_IN_USE, "%" PRId64 " below it", count);
}

result issuer_remove(struct key_act *act, int64_t id)
{
	int64_t changed = 0;

	TRY(require_none(act->tx, &sql_issuer_children, id));
	result r = db_execute(act->tx, &sql_issuer_remove, DB_ARGS(db_arg_i64(id)), &changed);
	return removed(r, changed, id);
}

result issuer_list(struct db_tx *tx, struct arena *a, struct issuer **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CATALOG_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_issuer_list, DB_ARGS(db_arg_i64(CATALOG_ROWS_MAX)), &rows));
	while (*count < CATALOG_ROWS_MAX && db_next(&rows)) {
		struct issuer *i = &(*out)[(*count)++];

		i->id = db_i64(&rows, 0);
		db_text(&rows, 1, i->code, sizeof i->code);
		db_text(&rows, 2, i->name, sizeof i->name);
		db_text(&rows, 3, i->note, sizeof i->note);
	}
	return db_done(&rows);
}

/* --- products --- */

result product_add(struct key_act *act, struct product *p)
{
	int64_t there;

	TRY(check_texts(p->code, p->name, p->note));
	TRY(db_select_i64(act->tx, &sql_issuer_exists, DB_ARGS(db_arg_i64(p->issuer)), &there));
	if (!there)
		return FAIL(CATALOG_NOT_FOUND, "issuer %" PRId64, p->issuer);
	return added(db_select_i64(act->tx, &sql_product_add,
	                           DB_ARGS(db_arg_i64(p->issuer), db_arg_text(p->code),
	                                   db_arg_text(p->name),
	                                   db_arg_text(product_kind_names[p->kind]),
	                                   db_arg_text(product_place_names[p->place]),
	                                   db_arg_text(p->note), db_arg_i64(act->now.us)),
	                           &p->id),
	             p->code);
}

result product_save(struct key_act *act, const struct product *p)
{
	int64_t changed;

	TRY(check_texts("X", p->name, p->note));
	TRY(db_execute(act->tx, &sql_product_save,
	               DB_ARGS(db_arg_i64(p->id), db_arg_text(p->name), db_arg_text(p->note)),
	               &changed));
	return require_changed(changed, p->id);
}

result product_remove(struct key_act *act, int64_t id)
{
	int64_t changed = 0;

	TRY(require_none(act->tx, &sql_product_children, id));
	result r = db_execute(act->tx, &sql_product_remove, DB_ARGS(db_arg_i64(id)), &changed);
	return removed(r, changed, id);
}

result product_list(struct db_tx *tx, int64_t issuer, struct arena *a, struct product **out,
                    size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CATALOG_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_product_list,
	              DB_ARGS(db_arg_i64(issuer), db_arg_i64(CATALOG_ROWS_MAX)), &rows));
	while (*count < CATALOG_ROWS_MAX && db_next(&rows)) {
		struct product *p = &(*out)[(*count)++];

		p->id = db_i64(&rows, 0);
		p->issuer = db_i64(&rows, 1);
		db_text(&rows, 2, p->issuer_code, sizeof p->issuer_code);
		db_text(&rows, 3, p->code, sizeof p->code);
		db_text(&rows, 4, p->name, sizeof p->name);
		p->kind = (enum product_kind)db_enum(&rows, 5, product_kind_names);
		p->place = (enum product_place)db_enum(&rows, 6, product_place_names);
		db_text(&rows, 7, p->note, sizeof p->note);
	}
	return db_done(&rows);
}

/* --- keys --- */

static const struct {
	char algorithm;
	unsigned bits;
	size_t bytes;
} lengths[] = {
	{ 'A', 128, 16 }, { 'A', 192, 24 }, { 'A', 256, 32 }, { 'T', 112, 16 }, { 'T', 168, 24 },
	{ '4', 128, 16 }, { 'H', 128, 16 }, { 'H', 256, 32 }, { '2', 256, 0 },
};

/* RSA of issuers: EMV has odd sizes, multiples of eight up to 1984; others up to 4096 (keys 18). */
static bool is_rsa_length(unsigned bits)
{
	return bits >= 1024 && bits <= 4096 && bits % 8 == 0;
}

result key_definition_size(char algorithm, unsigned bits, size_t *bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		if (lengths[i].algorithm == algorithm && lengths[i].bits == bits) {
			*bytes = lengths[i].bytes;
			return OK;
		}
	*bytes = 0;
	return algorithm == 'R' && is_rsa_length(bits)
	               ? OK
	               : FAIL(KEY_LENGTH, "%c of %u bits", algorithm, bits);
}

static result check_definition(const struct key_definition *k)
{
	struct keyblock_header h = { .algorithm = k->algorithm,
		                     .mode = k->mode,
		                     .exportability = k->exportability };
	size_t bytes;

	TRY(check_texts(k->code, k->name, ""));
	memcpy(h.usage, k->usage, sizeof h.usage);
	TRY(keyblock_check_use(&h));
	TRY(key_definition_size(k->algorithm, k->bits, &bytes));
	return k->levels <= CATALOG_LEVELS_MAX ? OK : FAIL(CATALOG_FIELD, "levels");
}

result key_definition_add(struct key_act *act, struct key_definition *k)
{
	char alg[2] = { k->algorithm }, mode[2] = { k->mode }, exp[2] = { k->exportability };
	int64_t there;

	TRY(check_definition(k));
	TRY(db_select_i64(act->tx, &sql_product_exists, DB_ARGS(db_arg_i64(k->product)), &there));
	if (!there)
		return FAIL(CATALOG_NOT_FOUND, "product %" PRId64, k->product);
	return added(db_select_i64(act->tx, &sql_key_add,
	                           DB_ARGS(db_arg_i64(k->product), db_arg_text(k->code),
	                                   db_arg_text(k->name), db_arg_text(k->usage),
	                                   db_arg_text(alg), db_arg_i64(k->bits), db_arg_text(mode),
	                                   db_arg_text(exp), db_arg_i64(k->levels),
	                                   db_arg_i64(k->period_days), db_arg_i64(act->now.us)),
	                           &k->id),
	             k->code);
}

result key_definition_remove(struct key_act *act, int64_t id)
{
	int64_t changed = 0;

	TRY(require_none(act->tx, &sql_key_values, id));
	TRY(require_none(act->tx, &sql_key_requests, id));
	TRY(db_execute(act->tx, &sql_key_remove_versions, DB_ARGS(db_arg_i64(id)), NULL));
	result r = db_execute(act->tx, &sql_key_remove, DB_ARGS(db_arg_i64(id)), &changed);
	return removed(r, changed, id);
}

static char letter(struct db_rows *rows, int column)
{
	char text[4];

	db_text(rows, column, text, sizeof text);
	return text[0];
}

static void read_key(struct db_rows *rows, struct key_definition *k)
{
	*k = (struct key_definition){
		.id = db_i64(rows, 0),
		.product = db_i64(rows, 1),
		.algorithm = letter(rows, 7),
		.bits = db_u32(rows, 8),
		.mode = letter(rows, 9),
		.exportability = letter(rows, 10),
		.levels = db_u32(rows, 11),
		.period_days = db_u32(rows, 12),
		.place = (enum product_place)db_enum(rows, 13, product_place_names),
	};
	db_text(rows, 2, k->issuer_code, sizeof k->issuer_code);
	db_text(rows, 3, k->product_code, sizeof k->product_code);
	db_text(rows, 4, k->code, sizeof k->code);
	db_text(rows, 5, k->name, sizeof k->name);
	db_text(rows, 6, k->usage, sizeof k->usage);
}

result key_definition_load(struct db_tx *tx, int64_t id, struct key_definition *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_key_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(CATALOG_NOT_FOUND, "key %" PRId64, id);
	read_key(&rows, out);
	return db_done(&rows);
}

result key_definition_find(struct db_tx *tx, const struct key_label *l, struct key_definition *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_key_by_label,
	              DB_ARGS(db_arg_text(l->issuer), db_arg_text(l->product), db_arg_text(l->key)),
	              &rows));
	if (!db_next(&rows))
		return FAIL(CATALOG_NOT_FOUND, "key %s.%s.%s", l->issuer, l->product, l->key);
	read_key(&rows, out);
	return db_done(&rows);
}

result key_definition_list(struct db_tx *tx, int64_t product, struct arena *a,
                           struct key_definition **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CATALOG_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_key_list, DB_ARGS(db_arg_i64(product), db_arg_i64(CATALOG_ROWS_MAX)),
	              &rows));
	while (*count < CATALOG_ROWS_MAX && db_next(&rows))
		read_key(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}
