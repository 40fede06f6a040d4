/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_testkit.h"

#include <stdio.h>
#include <stdlib.h>

/* --- keys --- */

struct key_definition exchange_kit_define(struct key_fixture *f, const char *label,
                                          const char *usage, const char *what,
                                          enum product_place place)
{
	struct key_definition k = { 0 }, neighbour;
	char *end, full[KEY_LABEL_SIZE], beside[KEY_LABEL_SIZE];
	struct key_label l;

	snprintf(full, sizeof full, "%s.01", label);
	CHECK_OK(key_label_parse(str_of(full), &l));
	snprintf(beside, sizeof beside, "%s.%s.X%.7s", l.issuer, l.product, l.key);
	neighbour = key_fixture_define(f, beside, "D0", 'A', 128, place); /* makes the product */
	k.product = neighbour.product;
	k.algorithm = what[0];
	k.bits = (unsigned)strtoul(what + 1, &end, 10);
	k.mode = end[0];
	k.exportability = end[1];
	str_copy(str_of(l.key), k.code, sizeof k.code);
	str_copy(STR("密钥"), k.name, sizeof k.name);
	str_copy(str_of(usage), k.usage, sizeof k.usage);
	CHECK_OK(KEY_CHANGE(f, key_definition_add(act, &k)));
	CHECK_OK(KEY_CHANGE(f, key_definition_load(act->tx, k.id, &k)));
	return k;
}

int64_t exchange_kit_store(struct key_fixture *f, const struct key_definition *k,
                           struct bytes value)
{
	struct key_order o = { .at_once = true, .origin = KEY_FROM_IMPORT };
	struct key_version v = { 0 };

	CHECK_OK(KEY_CHANGE(f, key_version_store(act, k, &o, value, NULL, &v)));
	return v.id;
}

int64_t exchange_kit_store_hex(struct key_fixture *f, const struct key_definition *k,
                               const char *hex)
{
	uint8_t value[64];
	size_t len = strlen(hex) / 2;

	ASSERT(len <= sizeof value && is_ok(hex_decode(str_of(hex), value, len)));
	return exchange_kit_store(f, k, bytes_of(value, len));
}

int64_t exchange_kit_zmk(struct key_fixture *f, const char *label, const char *what,
                         struct bytes value, enum product_place place)
{
	struct key_definition k = exchange_kit_define(f, label, "K1", what, place);

	return exchange_kit_store(f, &k, value);
}

/* --- what is in the store --- */

static int64_t count(struct key_fixture *f, const struct db_statement *s)
{
	int64_t n = -1;

	CHECK_OK(KEY_CHANGE(f, db_select_i64(act->tx, s, DB_NO_ARGS, &n)));
	return n;
}

#define COUNT(table_)                                                                              \
	{                                                                                          \
		table_, "SELECT count(*) FROM " table_, "SELECT count(*) FROM " table_, 0          \
	}

struct exchange_counts exchange_kit_counts(struct key_fixture *f)
{
	static const struct db_statement tables[] = { COUNT("kms_keyver"), COUNT("kms_key"),
		                                      COUNT("kms_batch"), COUNT("kms_audit") };

	return (struct exchange_counts){ .values = count(f, &tables[0]),
		                         .definitions = count(f, &tables[1]),
		                         .batches = count(f, &tables[2]),
		                         .lines = count(f, &tables[3]) };
}

void exchange_kit_same(const char *label, struct key_fixture *f, struct exchange_counts before)
{
	struct exchange_counts now = exchange_kit_counts(f);

	CHECK_I64(label, now.values, before.values);
	CHECK_I64(label, now.definitions, before.definitions);
	CHECK_I64(label, now.batches, before.batches);
	CHECK_I64(label, now.lines, before.lines);
}

/* --- chance --- */

static void take_pad(struct random_source *r, void *out, size_t len)
{
	struct exchange_pads *p = (struct exchange_pads *)r;

	ASSERT(len <= p->len - p->used);
	memcpy(out, p->at + p->used, len);
	p->used += len;
}

struct exchange_pads exchange_kit_pads(const char *hex)
{
	struct exchange_pads p = { .source = { take_pad }, .len = strlen(hex) / 2 };

	CHECK_OK(hex_decode(str_of(hex), p.at, p.len));
	return p;
}

/* --- files by hand --- */

static void seal_row(struct key_fixture *f, struct exchange_zmk *z, const struct exchange_forged *w,
                     struct bytes value, struct exchange_block *out)
{
	struct keyblock_header h = { .version =
		                             w->block_version ? w->block_version : z->block_version,
		                     .algorithm = w->algorithm,
		                     .mode = w->mode,
		                     .exportability = w->exported,
		                     .context = w->context ? w->context : '2' };
	struct keyblock_order o = { &h, value, &f->random.source, 0 };
	struct keyblock_protector *p;

	str_copy(str_of(w->block_usage ? w->block_usage : w->usage), h.usage, sizeof h.usage);
	snprintf(h.key_version, sizeof h.key_version, "%02u", w->version % 100);
	if (w->option)
		CHECK_OK(keyblock_option_add(&h, "KC", str_of(w->option)));
	if (w->block_version && w->block_version != z->block_version) { /* any key will do */
		SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;

		CHECK_OK(keyblock_protector_open(h.version, bytes_of("0123456789abcdef", 16), &l));
		CHECK_OK(keyblock_seal(keyblock_protector_of(l), &o, out->text, sizeof out->text,
		                       &out->len));
		return;
	}
	CHECK_OK(exchange_zmk_protector(z, h.version, &p));
	CHECK_OK(keyblock_seal(p, &o, out->text, sizeof out->text, &out->len));
}

static struct bizdate day_of(const char *text)
{
	uint64_t n = 0;

	if (text)
		CHECK_OK(str_u64(str_of(text), &n));
	return (struct bizdate){ (uint32_t)n };
}

static void put_row(struct key_fixture *f, struct exchange_zmk *z, const struct exchange_forged *w,
                    unsigned number, struct buf *out)
{
	struct ockx_row row = { .version = w->version,
		                .algorithm = w->algorithm,
		                .bits = w->bits,
		                .from = day_of(w->from),
		                .to = day_of(w->to) };
	size_t len = strlen(w->value) / 2;
	struct exchange_block block;
	uint8_t value[64];
	struct kcv kcv;

	ASSERT(len <= sizeof value && is_ok(hex_decode(str_of(w->value), value, len)));
	seal_row(f, z, w, bytes_of(value, len), &block);
	row.block = (struct str){ block.text, block.len };
	str_copy(str_of(w->product), row.product, sizeof row.product);
	str_copy(str_of(w->key), row.key, sizeof row.key);
	str_copy(str_of(w->usage), row.usage, sizeof row.usage);
	if (w->check)
		str_copy(str_of(w->check), row.check, sizeof row.check);
	else if (is_ok(kcv_of_secret(w->algorithm, kcv_default(w->algorithm), bytes_of(value, len),
	                             &kcv)))
		kcv_text(&kcv, row.check);
	CHECK_OK(ockx_put_row(out, number, &row));
}

static void forge(struct key_fixture *f, struct exchange_zmk *z, const char *batch,
                  const struct exchange_forged *rows, size_t rows_count, struct buf *out)
{
	struct ockx_header h = { .made = f->now,
		                 .issuer = "C",
		                 .zmk = "ZMK.01",
		                 .version = z->block_version,
		                 .count = (unsigned)rows_count };
	uint8_t mac[MAC_FULL_SIZE];
	size_t len = 0;

	str_copy(str_of(batch), h.batch, sizeof h.batch);
	str_copy(str_of(z->version.kcv), h.check, sizeof h.check);
	CHECK_OK(ockx_put_header(out, &h));
	for (unsigned i = 0; i < rows_count; i++)
		put_row(f, z, &rows[i], i + 1, out);
	CHECK_OK(ockx_put_end(out, (unsigned)rows_count));
	CHECK_OK(exchange_zmk_mac(z, buf_text(out), mac, &len));
	CHECK_OK(ockx_put_mac(out, bytes_of(mac, len)));
}

struct buf exchange_kit_forge(struct key_fixture *f, int64_t zmk, const char *batch,
                              const struct exchange_forged *rows, size_t rows_count)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	struct buf out = { .limit = OCKX_FILE_MAX };

	CHECK_OK(KEY_CHANGE(f, exchange_zmk_open(act, zmk, KEY_TO_PROCESS, &z)));
	if (z.key)
		forge(f, &z, batch, rows, rows_count, &out);
	return out;
}

result exchange_kit_import(struct key_fixture *f, int64_t zmk, struct str file,
                           struct exchange_batch_result *r)
{
	struct exchange_batch_wish wish = { .zmk = zmk };

	return KEY_CHANGE(f, exchange_batch_import(act, &wish, file, r));
}
