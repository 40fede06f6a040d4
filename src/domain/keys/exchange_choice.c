/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_choice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/keys/kms_sql.h"

enum { LINE_SIZE = KEY_LABEL_SIZE + KCV_TEXT_SIZE + 2 };

static void read_row(struct db_rows *rows, struct exchange_chosen *out)
{
	struct key_label l = { .version = db_u32(rows, 4) };
	char algorithm[2];

	out->version = db_i64(rows, 0);
	db_text(rows, 1, l.issuer, sizeof l.issuer);
	db_text(rows, 2, l.product, sizeof l.product);
	db_text(rows, 3, l.key, sizeof l.key);
	db_text(rows, 5, out->kcv, sizeof out->kcv);
	db_text(rows, 6, algorithm, sizeof algorithm);
	out->algorithm = algorithm[0];
	key_label_text(&l, out->label);
}

/* version: its id; 0: whatever may leave. */
static result select_rows(struct db_tx *tx, const struct exchange_wanted *w, int64_t version,
                          struct exchange_choice *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_exchange_choice,
	              DB_ARGS(db_arg_i64(w->issuer), db_arg_i64(w->product), db_arg_i64(w->key),
	                      db_arg_i64(version), db_arg_i64(w->zmk),
	                      db_arg_i64(OCKX_ROWS_MAX + 1)),
	              &rows));
	while (out->count <= OCKX_ROWS_MAX && db_next(&rows))
		read_row(&rows, &out->rows[out->count++]);
	return db_done(&rows);
}

static result choose_versions(struct db_tx *tx, const struct exchange_wanted *w,
                              struct exchange_choice *out)
{
	struct exchange_wanted any = { .zmk = w->zmk };

	for (size_t i = 0; i < w->version_count && out->count <= OCKX_ROWS_MAX; i++) {
		size_t before = out->count;

		if (w->versions[i] > 0)
			TRY(select_rows(tx, &any, w->versions[i], out));
		if (out->count == before)
			return FAIL(KEY_NOT_FOUND, "version %" PRId64, w->versions[i]);
	}
	return OK;
}

static result choose_all(struct db_tx *tx, const struct exchange_wanted *w,
                         struct exchange_choice *out)
{
	int64_t all;

	TRY(select_rows(tx, w, 0, out));
	TRY(db_select_i64(
	        tx, &sql_exchange_left_out,
	        DB_ARGS(db_arg_i64(w->issuer), db_arg_i64(w->product), db_arg_i64(w->key)), &all));
	out->left_out = (size_t)all > out->count ? (size_t)all - out->count : 0;
	return OK;
}

static int by_version(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* A file is of one issuer, and has no key twice. */
static result check_rows(const struct exchange_choice *c, struct arena *a)
{
	int64_t *sorted = arena_array(a, c->count, sizeof *sorted);
	size_t issuer = strcspn(c->rows[0].label, ".") + 1;

	for (size_t i = 0; i < c->count; i++) {
		sorted[i] = c->rows[i].version;
		if (strncmp(c->rows[i].label, c->rows[0].label, issuer) != 0)
			return FAIL(EXCHANGE_SELECTION, "%s is of another issuer than %s",
			            c->rows[i].label, c->rows[0].label);
	}
	qsort(sorted, c->count, sizeof *sorted, by_version);
	for (size_t i = 1; i < c->count; i++)
		if (sorted[i] == sorted[i - 1])
			return FAIL(EXCHANGE_DUPLICATE, "version %" PRId64, sorted[i]);
	return OK;
}

static void hash(struct exchange_choice *c, struct arena *a)
{
	char *text = arena_alloc(a, c->count * LINE_SIZE + 1);
	size_t len = 0;

	for (size_t i = 0; i < c->count; i++)
		len += (size_t)snprintf(text + len, LINE_SIZE + 1, "%s %s\n", c->rows[i].label,
		                        c->rows[i].kcv);
	digest_sha256(bytes_of(text, len), c->sha256);
}

result exchange_choose(struct db_tx *tx, const struct exchange_wanted *w, struct arena *a,
                       struct exchange_choice *out)
{
	int ways = (w->version_count > 0) + (w->issuer != 0) + (w->product != 0) + (w->key != 0);

	*out = (struct exchange_choice){ 0 };
	if (ways != 1)
		return FAIL(EXCHANGE_SELECTION,
		            "keys are chosen by versions, or by one of issuer, product and key");
	out->rows = arena_array(a, OCKX_ROWS_MAX + 1, sizeof *out->rows);
	TRY(w->version_count ? choose_versions(tx, w, out) : choose_all(tx, w, out));
	if (out->count == 0 || out->count > OCKX_ROWS_MAX)
		return FAIL(EXCHANGE_SELECTION, "%s keys", out->count ? "too many" : "no");
	TRY(check_rows(out, a));
	hash(out, a);
	return OK;
}
