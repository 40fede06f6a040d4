/* SPDX-License-Identifier: Apache-2.0 */
/* Many keys at once: batch key files (批量密钥文件) out and in (keys 12, 13, B6.19, B6.20). */
#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/exchange_batch.h"
#include "domain/keys/exchange_choice.h"
#include "service/kms/officer_desk.h"

enum {
	KEY = 1 << OFFICER_KEY,
	LABEL_MAX = KEY_LABEL_SIZE - 1,
	HASH_TEXT = 2 * DIGEST_SIZE,
	NUMBERS_MAX = OFFICER_TEXT_MAX / 2, /* a digit and a blank each, at least */
};

static result zmk_label(struct officer_call *c, int64_t id, char out[KEY_LABEL_SIZE])
{
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	struct key_definition k;
	struct key_label label;

	TRY(key_version_load(c->act->tx, id, v));
	TRY(key_definition_load(c->act->tx, v->key, &k));
	key_version_label(&k, v->version, &label);
	key_label_text(&label, out);
	return OK;
}

static bool step(void *owner, size_t done, size_t total)
{
	officer_progress(owner, done, total);
	return true;
}

/* --- choosing --- */

struct choice_args {
	int64_t zmk, issuer, product, key;
	struct str versions, batch;
	bool bare;
	/* for whoever agrees: how many keys, the hash of their labels and check values */
	int64_t count;
	struct str keys_sha256, carrier;
};

#define CHOICE_FIELDS                                                                              \
	OFFICER_NUMBER(choice_args, issuer, false, 1, INT64_MAX),                                  \
	        OFFICER_NUMBER(choice_args, product, false, 1, INT64_MAX),                         \
	        OFFICER_NUMBER(choice_args, key, false, 1, INT64_MAX),                             \
	        OFFICER_TEXT(choice_args, versions, false, OFFICER_TEXT_MAX)

static const struct officer_field choice_fields[] = {
	OFFICER_NUMBER(choice_args, zmk, false, 1, INT64_MAX),
	CHOICE_FIELDS,
};

static const struct officer_field export_fields[] = {
	OFFICER_NUMBER(choice_args, zmk, true, 1, INT64_MAX),
	CHOICE_FIELDS,
	OFFICER_TEXT(choice_args, batch, false, OCKX_CODE_MAX),
	OFFICER_FLAG(choice_args, bare),
	OFFICER_NUMBER(choice_args, count, false, 1, OCKX_ROWS_MAX),
	OFFICER_TEXT(choice_args, keys_sha256, false, HASH_TEXT),
	OFFICER_TEXT(choice_args, carrier, false, LABEL_MAX),
};

static result choose(struct officer_call *c, const struct choice_args *in,
                     struct exchange_choice *out)
{
	int64_t *versions = arena_array(c->arena, NUMBERS_MAX, sizeof *versions);
	struct exchange_wanted w = { in->issuer, in->product, in->key, versions, 0, in->zmk };

	TRY(officer_numbers(in->versions, versions, NUMBERS_MAX, &w.version_count));
	return exchange_choose(c->act->tx, &w, c->arena, out);
}

static result run_choice(struct officer_call *c, const void *args)
{
	struct exchange_choice choice;

	TRY(choose(c, args, &choice));
	jwrite_i64(c->answer, "count", (int64_t)choice.count);
	jwrite_i64(c->answer, "left_out", (int64_t)choice.left_out);
	officer_tell_hex(c, "keys_sha256", bytes_of(choice.sha256, DIGEST_SIZE));
	jwrite_array(c->answer, "keys");
	for (size_t i = 0; i < choice.count; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_i64(c->answer, "version", choice.rows[i].version);
		jwrite_text(c->answer, "label", choice.rows[i].label);
		jwrite_text(c->answer, "kcv", choice.rows[i].kcv);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

/* --- out --- */

/* Pairs are the part of role cert, and go one by one. */
static result require_secret_keys(const struct exchange_choice *choice)
{
	for (size_t i = 0; i < choice->count; i++)
		if (officer_is_pair(choice->rows[i].algorithm))
			return FAIL(OFFICER_ROLE_OTHER, "%s is a key pair", choice->rows[i].label);
	return OK;
}

static result check_batch(struct str code)
{
	return !code.len || key_code_is_valid(code)
	               ? OK
	               : FAIL(CATALOG_FIELD, "batch: one to eight capital letters and digits");
}

/* Whatever would refuse one of the keys does so before anybody is asked to agree. */
static result check_each(struct officer_call *c, const struct choice_args *in,
                         const struct exchange_choice *choice)
{
	for (size_t i = 0; i < choice->count; i++) {
		struct exchange_export o = { .zmk = in->zmk, .version = choice->rows[i].version };

		TRY(exchange_export_check(c->act, &o, false));
		officer_progress(c, i + 1, choice->count);
	}
	return OK;
}

static result prepare_export(struct officer_call *c, void *args)
{
	struct choice_args *in = args;
	char hash[HASH_TEXT + 1], label[KEY_LABEL_SIZE];
	struct exchange_choice choice;

	officer_note(c, "zmk=%" PRId64 " ", in->zmk);
	TRY(check_batch(in->batch));
	TRY(zmk_label(c, in->zmk, label));
	TRY(officer_show(c, "carrier", label, &in->carrier));
	TRY(choose(c, in, &choice));
	TRY(require_secret_keys(&choice));
	hex_encode(bytes_of(choice.sha256, DIGEST_SIZE), hash);
	TRY(officer_show(c, "keys_sha256", hash, &in->keys_sha256));
	if (in->count && in->count != (int64_t)choice.count)
		return FAIL(CATALOG_FIELD, "count: %zu keys are chosen", choice.count);
	in->count = (int64_t)choice.count;
	if (c->agreed)
		return OK;
	jwrite_i64(c->answer, "count", in->count);
	jwrite_i64(c->answer, "left_out", (int64_t)choice.left_out);
	return check_each(c, in, &choice);
}

/* The keys that were agreed to: none was added, none has another value since. */
static result choose_again(struct officer_call *c, const struct choice_args *in,
                           struct exchange_choice *out)
{
	char hash[HASH_TEXT + 1];

	TRY(choose(c, in, out));
	hex_encode(bytes_of(out->sha256, DIGEST_SIZE), hash);
	if (!str_equal(in->keys_sha256, str_of(hash)))
		return FAIL(APPROVAL_OTHER, "other keys are chosen now than were agreed to");
	return require_secret_keys(out);
}

static void tell_made(struct officer_call *c, const struct choice_args *in,
                      const struct exchange_batch_made *made, const struct buf *file)
{
	char name[OCKX_CODE_MAX + 8];

	snprintf(name, sizeof name, "%s.ockx", made->code);
	jwrite_text(c->answer, "batch", made->code);
	jwrite_i64(c->answer, "count", (int64_t)made->count);
	jwrite_str(c->answer, "carrier", in->carrier);
	officer_tell_hex(c, "sha256", bytes_of(made->sha256, sizeof made->sha256));
	jwrite_text(c->answer, "file_name", name);
	jwrite_str(c->answer, "file", buf_text(file));
}

static result export(struct officer_call *c, const struct choice_args *in,
                     const struct exchange_choice *choice, struct buf *file)
{
	int64_t *versions = arena_array(c->arena, choice->count, sizeof *versions);
	struct exchange_batch_order order = { .zmk = in->zmk,
		                              .versions = versions,
		                              .count = choice->count,
		                              .bare = in->bare,
		                              .progress = { step, c } };
	struct exchange_batch_made made;

	for (size_t i = 0; i < choice->count; i++)
		versions[i] = choice->rows[i].version;
	str_copy(in->batch, order.code, sizeof order.code);
	result r = exchange_batch_export(c->act, &order, file, &made);
	if (made.failed_at)
		jwrite_text(c->answer, "label", choice->rows[made.failed_at - 1].label);
	TRY(r);
	tell_made(c, in, &made, file);
	return OK;
}

static result run_export(struct officer_call *c, const void *args)
{
	SCOPED(buf_free) struct buf file = { .limit = OCKX_FILE_MAX };
	const struct choice_args *in = args;
	struct exchange_choice choice;

	ASSERT(c->agreed);
	TRY(choose_again(c, in, &choice));
	return export(c, in, &choice, &file);
}

/* --- in --- */

struct import_args {
	int64_t zmk;
	bool define_missing;
	/* for whoever agrees: what the file says of itself */
	struct str carrier, issuer, batch;
	int64_t count;
	struct str file;
};

static const struct officer_field check_fields[] = {
	OFFICER_NUMBER(import_args, zmk, true, 1, INT64_MAX),
	OFFICER_FLAG(import_args, define_missing),
	OFFICER_FILE_TEXT(import_args, file, true),
};

static const struct officer_field import_fields[] = {
	OFFICER_NUMBER(import_args, zmk, true, 1, INT64_MAX),
	OFFICER_FLAG(import_args, define_missing),
	OFFICER_TEXT(import_args, carrier, false, LABEL_MAX),
	OFFICER_TEXT(import_args, issuer, false, OCKX_CODE_MAX),
	OFFICER_TEXT(import_args, batch, false, OCKX_CODE_MAX),
	OFFICER_NUMBER(import_args, count, false, 1, OCKX_ROWS_MAX),
	OFFICER_FILE_TEXT(import_args, file, true),
};

static void tell_fault(struct officer_call *c, const struct ockx_fault *fault)
{
	if (!fault->line)
		return;
	jwrite_i64(c->answer, "line", (int64_t)fault->line);
	if (fault->field)
		jwrite_i64(c->answer, "field", fault->field);
	if (fault->name)
		jwrite_text(c->answer, "name", fault->name);
	if (fault->rule)
		jwrite_text(c->answer, "rule", fault->rule);
}

static void tell_result(struct officer_call *c, const struct exchange_batch_result *r)
{
	jwrite_text(c->answer, "issuer", r->header.issuer);
	jwrite_text(c->answer, "batch", r->header.batch);
	jwrite_i64(c->answer, "count", r->header.count);
	jwrite_bool(c->answer, "done_before", r->done_before);
	jwrite_i64(c->answer, "imported", (int64_t)r->imported);
	jwrite_i64(c->answer, "skipped", (int64_t)r->skipped);
	jwrite_i64(c->answer, "defined", (int64_t)r->defined);
}

/* Pairs are the part of role cert, and come one by one. */
static result require_secret_rows(struct officer_call *c, struct str file)
{
	struct ockx_fault fault = { 0 };
	struct ockx_row row;
	struct ockx o;
	result opened = ockx_open(file, &o, &fault);

	if (!is_ok(opened))
		tell_fault(c, &fault);
	TRY(opened);
	while (ockx_next(&o, &row))
		if (officer_is_pair(row.algorithm)) {
			fault = (struct ockx_fault){ .line = row.line };
			tell_fault(c, &fault);
			return FAIL(OFFICER_ROLE_OTHER, "line %zu: a key pair", row.line);
		}
	return OK;
}

/* check_only: what there is to tell of it goes nowhere else than to who asks now. */
static result import(struct officer_call *c, const struct import_args *in, bool check_only)
{
	struct exchange_batch_wish wish = { .zmk = in->zmk,
		                            .define_missing = in->define_missing,
		                            .check_only = check_only,
		                            .progress = { step, c } };
	struct exchange_batch_result r;

	TRY(require_secret_rows(c, in->file));
	result done = exchange_batch_import(c->act, &wish, in->file, &r);
	if (!is_ok(done))
		tell_fault(c, &r.fault);
	TRY(done);
	tell_result(c, &r);
	return OK;
}

static result run_check(struct officer_call *c, const void *args)
{
	const struct import_args *in = args;

	officer_note(c, "zmk=%" PRId64 " ", in->zmk);
	return import(c, in, true);
}

static result show_header(struct officer_call *c, struct import_args *in)
{
	char label[KEY_LABEL_SIZE];
	struct ockx_fault fault = { 0 };
	struct ockx o;

	TRY(zmk_label(c, in->zmk, label));
	TRY(officer_show(c, "carrier", label, &in->carrier));
	result opened = ockx_open(in->file, &o, &fault);
	if (!is_ok(opened))
		tell_fault(c, &fault);
	TRY(opened);
	TRY(officer_show(c, "issuer", o.header.issuer, &in->issuer));
	TRY(officer_show(c, "batch", o.header.batch, &in->batch));
	if (in->count && in->count != o.header.count)
		return FAIL(CATALOG_FIELD, "count: the file has %u", o.header.count);
	in->count = o.header.count;
	return OK;
}

static result prepare_import(struct officer_call *c, void *args)
{
	struct import_args *in = args;

	officer_note(c, "zmk=%" PRId64 " ", in->zmk);
	TRY(show_header(c, in));
	return c->agreed ? OK : import(c, in, true);
}

/* Definitions are the part of role conf. */
static result needs_of_import(struct officer_call *c, const void *args,
                              char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct import_args *in = args;

	(void)c;
	str_copy(str_of(in->define_missing ? "key|mk conf" : "key|mk"), needs,
	         APPROVAL_NEEDED_MAX + 1);
	return OK;
}

static result run_import(struct officer_call *c, const void *args)
{
	ASSERT(c->agreed);
	return import(c, args, false);
}

/* --- what was exchanged --- */

static result run_list(struct officer_call *c, const void *args)
{
	struct exchange_batch *rows;
	size_t count;

	(void)args;
	TRY(exchange_batch_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "batches");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_i64(c->answer, "id", rows[i].id);
		jwrite_text(c->answer, "direction", exchange_direction_names[rows[i].direction]);
		jwrite_text(c->answer, "batch", rows[i].code);
		jwrite_text(c->answer, "carrier", rows[i].zmk);
		jwrite_i64(c->answer, "count", (int64_t)rows[i].count);
		officer_tell_hex(c, "sha256", bytes_of(rows[i].sha256, sizeof rows[i].sha256));
		jwrite_i64(c->answer, "created_us", rows[i].created.us);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "batch.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "batch.choice",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(choice_fields, choice_args),
	  .run = run_choice },
	{ .name = "batch.export",
	  .roles = KEY,
	  OFFICER_FIELDS(export_fields, choice_args),
	  .prepare = prepare_export,
	  .needs = "key|mk",
	  .run = run_export },
	{ .name = "batch.check",
	  .roles = KEY,
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(check_fields, import_args),
	  .run = run_check },
	{ .name = "batch.import",
	  .roles = KEY,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(import_fields, import_args),
	  .prepare = prepare_import,
	  .needs_of = needs_of_import,
	  .run = run_import },
};

const struct officer_table officer_acts_batch = { commands, ARRAY_LEN(commands) };
