/* SPDX-License-Identifier: Apache-2.0 */
/* A batch file is checked whole, before anything of it is stored. */
#include <stdlib.h>

#include "domain/keys/exchange_batch_in.h"
#include "domain/keys/kms_sql.h"

enum { DAY_S = 86400 };

result exchange_batch_blame(struct exchange_run *r, const struct ockx_row *row, result of)
{
	char detail[sizeof result_last()->text];

	if (is_ok(of) || of.code == EXCHANGE_STOPPED)
		return of;
	str_copy(str_of(result_last()->text), detail, sizeof detail);
	r->result->fault = (struct ockx_fault){ .line = row->line, .rule = result_text_en(of) };
	return FAIL(of.code, "line %zu (%s.%s.%02u): %s", row->line, row->product, row->key,
	            row->version, detail);
}

/* --- definitions --- */

static struct key_label label_of(const struct exchange_run *r, const struct ockx_row *row)
{
	struct key_label l = { .version = row->version };

	str_copy(str_of(r->result->header.issuer), l.issuer, sizeof l.issuer);
	str_copy(str_of(row->product), l.product, sizeof l.product);
	str_copy(str_of(row->key), l.key, sizeof l.key);
	return l;
}

/* A definition as the row and its block have it; its product must be there. */
static result plan_definition(struct exchange_run *r, const struct ockx_row *row,
                              struct key_definition *k)
{
	const struct keyblock_header *h = &r->value->block.header;
	size_t bytes;
	result found;

	TRY(key_definition_size(row->algorithm, row->bits, &bytes));
	*k = (struct key_definition){ .algorithm = row->algorithm,
		                      .bits = row->bits,
		                      .mode = h->mode,
		                      .exportability = h->exportability };
	found = db_select_i64(
	        r->act->tx, &sql_exchange_product,
	        DB_ARGS(db_arg_text(r->result->header.issuer), db_arg_text(row->product)),
	        &k->product);
	if (found.code == DB_NO_ROW)
		return FAIL(CATALOG_NOT_FOUND, "product %s", row->product);
	TRY(found);
	str_copy(str_of(row->key), k->code, sizeof k->code);
	str_copy(str_of(row->key), k->name, sizeof k->name);
	str_copy(str_of(row->usage), k->usage, sizeof k->usage);
	return OK;
}

static result find_definition(struct exchange_run *r, const struct ockx_row *row,
                              struct key_definition *k)
{
	struct key_label l = label_of(r, row);
	result found = key_definition_find(r->act->tx, &l, k);

	if (found.code == CATALOG_NOT_FOUND && r->wish->define_missing)
		return plan_definition(r, row, k);
	TRY(found);
	if (strcmp(k->usage, row->usage) != 0 || k->algorithm != row->algorithm ||
	    k->bits != row->bits)
		return FAIL(EXCHANGE_DEFINITION, "here it is %s, %c, %u bits", k->usage,
		            k->algorithm, k->bits);
	return OK;
}

/* --- one row --- */

/* What the row says stands in the block too: the block is what counts. */
static result check_block(const struct ockx_row *row, const struct keyblock_header *h,
                          char block_version)
{
	if (h->version != block_version)
		return FAIL(EXCHANGE_VERSION, "block of version %c, the first line says %c",
		            h->version, block_version);
	if (strcmp(h->usage, row->usage) != 0 || h->algorithm != row->algorithm)
		return FAIL(EXCHANGE_DEFINITION, "the block has usage %s, algorithm %c", h->usage,
		            h->algorithm);
	return OK;
}

/* A version that is there: the same value, or another one. */
static result find_value(struct exchange_run *r, struct exchange_step *s, const struct kcv *kcv)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char has[KCV_TEXT_SIZE], text[KCV_TEXT_SIZE];

	s->deed = EXCHANGE_ADD;
	if (s->k.id == 0)
		return OK;
	TRY(db_select(r->act->tx, &sql_exchange_value,
	              DB_ARGS(db_arg_i64(s->k.id), db_arg_i64(s->row.version)), &rows));
	if (db_next(&rows)) {
		s->deed = EXCHANGE_SKIP;
		db_text(&rows, 0, has, sizeof has);
	}
	TRY(db_done(&rows));
	if (s->deed == EXCHANGE_SKIP && strcmp(has, kcv_text(kcv, text)) != 0)
		return FAIL(EXCHANGE_OTHER_VALUE, "here it has check value %s", has);
	return OK;
}

/* Midnight at the beginning of a day. */
static struct instant begin_of(struct bizdate d)
{
	return (struct instant){ d.yyyymmdd
		                         ? (bizdate_days(d) * DAY_S - EXCHANGE_ZONE_S) * SECOND_US
		                         : 0 };
}

static result check_row(struct exchange_run *r, struct exchange_step *s)
{
	const struct keyblock_header *h = &r->value->block.header;
	unsigned levels = 0;
	struct kcv kcv;

	s->order = (struct key_order){ .version = s->row.version,
		                       .activate_at = begin_of(s->row.from),
		                       .origin = KEY_FROM_BATCH };
	TRY(exchange_unseal(r->zmk, s->row.block, r->value));
	TRY(check_block(&s->row, h, r->result->header.version));
	TRY(find_definition(r, &s->row, &s->k));
	exchange_take_card(h, &s->order, &levels);
	if (!s->k.id)
		s->k.levels = levels;
	TRY(exchange_check_header(&s->k, h));
	TRY(exchange_require_strength(r->act, exchange_zmk_strength(r->zmk), &s->k));
	TRY(exchange_check_value(r->act, &s->k, bytes_of(r->value->at, r->value->len), h,
	                         str_of(s->row.check), &kcv));
	return find_value(r, s, &kcv);
}

/* --- rows beside each other --- */

static int compare_keys(const struct exchange_step *a, const struct exchange_step *b)
{
	int by_product = strcmp(a->row.product, b->row.product);

	return by_product ? by_product : strcmp(a->row.key, b->row.key);
}

/* By key, then version, then line. */
static int in_order(const void *a, const void *b)
{
	const struct exchange_step *x = *(struct exchange_step *const *)a,
	                           *y = *(struct exchange_step *const *)b;
	int by_key = compare_keys(x, y);

	if (by_key)
		return by_key;
	if (x->row.version != y->row.version)
		return x->row.version > y->row.version ? 1 : -1;
	return x->row.line > y->row.line ? 1 : -1;
}

static bool same_definition(const struct key_definition *a, const struct key_definition *b)
{
	return strcmp(a->usage, b->usage) == 0 && a->algorithm == b->algorithm &&
	       a->bits == b->bits && a->mode == b->mode && a->exportability == b->exportability &&
	       a->levels == b->levels;
}

static result check_neighbours(const struct exchange_step *before, const struct exchange_step *s)
{
	if (compare_keys(before, s) != 0)
		return OK;
	if (before->row.version == s->row.version)
		return FAIL(EXCHANGE_DUPLICATE, "as in line %zu", before->row.line);
	if (!same_definition(&before->k, &s->k))
		return FAIL(EXCHANGE_DEFINITION, "another definition than in line %zu",
		            before->row.line);
	return OK;
}

static result check_together(struct exchange_run *r)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct exchange_step **sorted = arena_array(&a, r->count, sizeof(struct exchange_step *));

	for (size_t i = 0; i < r->count; i++)
		sorted[i] = &r->steps[i];
	qsort(sorted, r->count, sizeof(struct exchange_step *), in_order);
	for (size_t i = 1; i < r->count; i++)
		TRY(exchange_batch_blame(r, &sorted[i]->row,
		                         check_neighbours(sorted[i - 1], sorted[i])));
	return OK;
}

static result require_issuer(struct exchange_run *r)
{
	int64_t count;

	TRY(db_select_i64(r->act->tx, &sql_exchange_issuer,
	                  DB_ARGS(db_arg_text(r->result->header.issuer)), &count));
	return count ? OK : FAIL(CATALOG_NOT_FOUND, "issuer %s", r->result->header.issuer);
}

result exchange_batch_check(struct exchange_run *r, struct ockx *file)
{
	TRY(require_issuer(r));
	for (size_t i = 0; i < r->count; i++) {
		ASSERT(ockx_next(file, &r->steps[i].row));
		TRY(exchange_batch_blame(r, &r->steps[i].row, check_row(r, &r->steps[i])));
		TRY(exchange_go_on(&r->wish->progress, i + 1, 2 * r->count));
	}
	return check_together(r);
}
