/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/renewal_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/keys/key_audit.h"
#include "domain/keys/rekey.h"
#include "harness/test.h"

enum { VERSIONS = 99, PAIRS = 4 };

const uint8_t renewal_mac_key[32] = "a key of 32 bytes that is known";
const uint8_t renewal_card_key[16] = { 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0,
	                               0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10 };
const uint8_t renewal_sm4_key[16] = "a known SM4 key";

/* What there is of each sort: where it works, use, algorithm, length. In the device: blocks of
 * version 3; else version D. */
struct sort {
	enum product_place place;
	const char *usage;
	char algorithm;
	unsigned bits;
	char mode;
};
static const struct sort sorts[] = {
	{ PRODUCT_IN_DEVICE, "20", 'T', 112, 'X' }, { PRODUCT_IN_HOST, "M6", 'A', 256, 'C' },
	{ PRODUCT_IN_DEVICE, "B3", 'A', 128, 'X' }, { PRODUCT_IN_HOST, "21", '4', 128, 'X' },
	{ PRODUCT_IN_DEVICE, "D0", 'T', 168, 'B' }, { PRODUCT_IN_HOST, "M7", 'H', 256, 'C' },
	{ PRODUCT_IN_DEVICE, "D0", 'A', 192, 'B' }, { PRODUCT_IN_HOST, "M3", 'T', 112, 'C' },
};
/* Slow to make: a few. */
static const struct sort pairs[] = {
	{ PRODUCT_IN_DEVICE, "S0", 'R', 1024, 'S' },
	{ PRODUCT_IN_HOST, "S0", 'R', 1152, 'S' },
	{ PRODUCT_IN_HOST, "S0", '2', 256, 'S' },
};

/* --- filling --- */

void renewal_store_note(struct renewal_store *s, int64_t id, const char *kcv)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->values = reallocarray(s->values, s->room, sizeof *s->values);
		ASSERT(s->values);
	}
	struct renewal_value *v = &s->values[s->count++];
	v->id = id;
	str_copy(str_of(kcv), v->kcv, sizeof v->kcv);
}

void renewal_store_free(struct renewal_store *s)
{
	free(s->values);
	*s = (struct renewal_store){ 0 };
}

static result define(struct key_act *act, int64_t product, const struct sort *sort,
                     const char *code, struct key_definition *out)
{
	struct key_definition k = { .product = product,
		                    .name = "密钥",
		                    .algorithm = sort->algorithm,
		                    .bits = sort->bits,
		                    .mode = sort->mode,
		                    .exportability = 'E',
		                    .levels = sort->mode == 'X' };

	str_copy(str_of(code), k.code, sizeof k.code);
	str_copy(str_of(sort->usage), k.usage, sizeof k.usage);
	TRY(key_definition_add(act, &k));
	return key_definition_load(act->tx, k.id, out);
}

static result add_product(struct key_act *act, int64_t issuer, const char *code,
                          enum product_place place, int64_t *id)
{
	struct product p = { .issuer = issuer, .name = "产品", .place = place };

	str_copy(str_of(code), p.code, sizeof p.code);
	TRY(product_add(act, &p));
	*id = p.id;
	return OK;
}

static result generate(struct renewal_store *s, struct key_act *act, const struct key_definition *k,
                       size_t count)
{
	static struct key_version v;
	struct key_order order = { .at_once = true };

	for (size_t i = 0; i < count; i++) {
		TRY(key_version_generate(act, k, &order, &v));
		renewal_store_note(s, v.id, v.kcv);
	}
	return OK;
}

static result fill_sort(struct renewal_store *s, struct key_act *act, const int64_t products[2],
                        const struct sort *sort, const char *code, size_t count)
{
	struct key_definition k;

	TRY(define(act, products[sort->place], sort, code, &k));
	return generate(s, act, &k, count);
}

static result fill_many(struct renewal_store *s, struct key_act *act, size_t count)
{
	struct issuer issuer = { .code = "MANY", .name = "发卡行" };
	int64_t products[2];
	char code[16];

	TRY(issuer_add(act, &issuer));
	TRY(add_product(act, issuer.id, "DEVICE", PRODUCT_IN_DEVICE, &products[PRODUCT_IN_DEVICE]));
	TRY(add_product(act, issuer.id, "HOST", PRODUCT_IN_HOST, &products[PRODUCT_IN_HOST]));
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		snprintf(code, sizeof code, "PAIR%zu", i);
		TRY(fill_sort(s, act, products, &pairs[i], code, PAIRS));
	}
	for (size_t i = 0; s->count < count; i++) {
		size_t left = count - s->count;

		snprintf(code, sizeof code, "K%zu", i);
		TRY(fill_sort(s, act, products, &sorts[i % ARRAY_LEN(sorts)], code,
		              left < VERSIONS ? left : VERSIONS));
	}
	return OK;
}

/* The traffic's own: their answers can be computed here. */
static result fill_live(struct renewal_store *s, struct key_act *act)
{
	static const struct sort mac = { PRODUCT_IN_HOST, "M6", 'A', 256, 'C' },
	                         card = { PRODUCT_IN_DEVICE, "27", 'T', 112, 'X' },
	                         sm4 = { PRODUCT_IN_HOST, "27", '4', 128, 'X' };
	const struct {
		const char *product;
		const struct sort *sort;
		struct bytes value;
	} rows[] = {
		{ "MAC", &mac, bytes_of(renewal_mac_key, sizeof renewal_mac_key) },
		{ "CARD", &card, bytes_of(renewal_card_key, sizeof renewal_card_key) },
		{ "SM", &sm4, bytes_of(renewal_sm4_key, sizeof renewal_sm4_key) },
	};
	struct issuer issuer = { .code = "LIVE", .name = "发卡行" };
	struct key_order order = { .at_once = true };
	static struct key_version v;

	TRY(issuer_add(act, &issuer));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct key_definition k;
		int64_t product;

		TRY(add_product(act, issuer.id, rows[i].product, rows[i].sort->place, &product));
		TRY(define(act, product, rows[i].sort, "KEY", &k));
		TRY(key_version_store(act, &k, &order, rows[i].value, NULL, &v));
		renewal_store_note(s, v.id, v.kcv);
	}
	return OK;
}

/* What officers make values of meanwhile. */
static result define_spare(struct renewal_store *s, struct key_act *act)
{
	static const struct sort sort = { PRODUCT_IN_DEVICE, "20", 'T', 112, 'X' };
	struct issuer issuer = { .code = "SPARE", .name = "发卡行" };
	struct key_definition k;
	int64_t product;
	char code[16];

	TRY(issuer_add(act, &issuer));
	TRY(add_product(act, issuer.id, "DEVICE", sort.place, &product));
	for (size_t i = 0; i < RENEWAL_DEFINITIONS; i++) {
		snprintf(code, sizeof code, "K%zu", i);
		TRY(define(act, product, &sort, code, &k));
		s->spare[i] = k.id;
	}
	return OK;
}

static const struct db_statement count_blocks = {
	"count_blocks",
	"SELECT (SELECT count(*) FROM kms_keyver WHERE state <> 'DESTROYED') + "
	"(SELECT count(*) FROM kms_dayroot WHERE state <> 'DESTROYED')",
	"", 0
};

static const struct db_statement all_values = { "all_values",
	                                        "SELECT id, kcv FROM kms_keyver ORDER BY id", "",
	                                        0 };

/* Values the store had before, too. */
static result note_first(struct renewal_store *s, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char kcv[KCV_TEXT_SIZE];

	TRY(db_select(tx, &all_values, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		db_text(&rows, 1, kcv, sizeof kcv);
		renewal_store_note(s, db_i64(&rows, 0), kcv);
	}
	return db_done(&rows);
}

bool renewal_store_fill(struct renewal_store *s, struct process_kit *p, size_t count)
{
	SCOPED(process_look_close) struct process_look l;

	*s = (struct renewal_store){ 0 };
	if (!process_look_open(&l, p, true))
		return false;
	result r = note_first(s, l.act.tx);
	if (is_ok(r))
		r = fill_live(s, &l.act);
	if (is_ok(r))
		r = fill_many(s, &l.act, count);
	if (is_ok(r))
		r = define_spare(s, &l.act);
	if (is_ok(r))
		r = db_select_i64(l.act.tx, &count_blocks, DB_NO_ARGS, &s->blocks);
	s->filled = s->count;
	CHECK_OK(r);
	process_look_commit(&l);
	return is_ok(r);
}

/* --- checking --- */

/* Whose block does not name the master key that its row names (option KP: 01 and the check value,
 * keys 9.2), or names one that is gone. */
#define STRAY(table_)                                                                              \
	"SELECT count(*) FROM " table_ " v LEFT JOIN kms_lmk m ON m.id = v.lmk "                   \
	"WHERE v.state <> 'DESTROYED' AND (m.id IS NULL OR m.state NOT IN ('ACTIVE', 'OLD') "      \
	"OR instr(v.block, 'KP1001' || m.kcv) = 0)"

static void check_names(struct db_tx *tx)
{
	static const struct db_statement values = { "stray_values", STRAY("kms_keyver"), "", 0 },
	                                 roots = { "stray_roots", STRAY("kms_dayroot"), "", 0 };
	int64_t stray = -1;

	CHECK_OK(db_select_i64(tx, &values, DB_NO_ARGS, &stray));
	CHECK_I64("values under another master key than they say", stray, 0);
	CHECK_OK(db_select_i64(tx, &roots, DB_NO_ARGS, &stray));
	CHECK_I64("day roots under another master key than they say", stray, 0);
}

static bool opens(struct process_look *l, const struct renewal_value *want)
{
	static struct key_version v;
	SCOPED(working_key_close) struct working_key *k = NULL;
	result r = key_version_load(l->act.tx, want->id, &v);

	if (is_ok(r))
		r = key_version_open(&l->ring, &v, &k); /* with the check value of the row */
	return CHECK_RESULT("value", r, SUCCESS) && CHECK_STR("check value", v.kcv, want->kcv);
}

static void check_sample(const struct renewal_store *s, struct process_look *l,
                         const struct renewal_check *how)
{
	for (size_t i = 0; i < how->sample; i++)
		if (!opens(l, &s->values[random_below(how->random, s->count)]))
			return;
}

/* Values are noted in the order of their numbers. */
static void check_values(const struct renewal_store *s, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char kcv[KCV_TEXT_SIZE];
	size_t at = 0;

	CHECK_OK(db_select(tx, &all_values, DB_NO_ARGS, &rows));
	while (db_next(&rows) && at < s->count) {
		if (db_i64(&rows, 0) != s->values[at].id)
			continue; /* one that an officer was not told of */
		db_text(&rows, 1, kcv, sizeof kcv);
		if (!CHECK_STR("check value", kcv, s->values[at++].kcv))
			return;
	}
	CHECK_I64("values that are there", at, s->count);
}

/* The scan opens every block and compares it with its row's check value. */
static void check_all(const struct renewal_store *s, struct process_look *l)
{
	struct key_audit_verdict verdict = { 0 };
	int64_t rows = 0;

	check_values(s, l->act.tx);
	CHECK_OK(rekey_scan(&l->act, &rows));
	CHECK_OK(key_audit_verify(l->act.tx, &l->ring, NULL, &verdict));
}

/* An order that was not answered may have been carried out: there may be more than were told. */
void renewal_store_check(const struct renewal_store *s, const struct process_kit *p,
                         const struct renewal_check *how)
{
	SCOPED(process_look_close) struct process_look l;
	int64_t blocks = 0, least = s->blocks + (int64_t)(s->count - s->filled);

	if (!process_look_open(&l, p, false))
		return;
	CHECK_OK(db_select_i64(l.act.tx, &count_blocks, DB_NO_ARGS, &blocks));
	CHECK(blocks >= least && blocks <= least + how->more);
	check_names(l.act.tx);
	check_sample(s, &l, how);
	if (how->all)
		check_all(s, &l);
}

int64_t renewal_store_under(const struct process_kit *p, int64_t lmk)
{
	static const struct db_statement under = {
		"under", "SELECT count(*) FROM kms_keyver WHERE lmk = $1 AND state <> 'DESTROYED'",
		"", 1
	};
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	char dsn[KMS_HOME_PATH];
	int64_t n = -1;

	CHECK_OK(db_open(str_of(kms_home_dsn(&p->home, dsn)), DB_KMS | DB_READ_ONLY, &db));
	CHECK_OK(db_begin(db, &tx));
	CHECK_OK(db_select_i64(tx, &under, DB_ARGS(db_arg_i64(lmk)), &n));
	return n;
}
