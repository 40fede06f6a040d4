/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of keys out and in under a transport key (单个密钥导出导入, keys 12, 13): what is
 * asked is checked first, then a second officer agrees to label and check value, then it is done.
 */
#include <inttypes.h>

#include "domain/keys/exchange.h"
#include "service/kms/officer_desk.h"

enum {
	KEY = 1 << OFFICER_KEY,
	CERT = 1 << OFFICER_CERT,
	FORM_MAX = 12,
	LABEL_MAX = KEY_LABEL_SIZE - 1,
	KCV_TEXT_MAX = KCV_TEXT_SIZE - 1,
	BLOCK_FILE_MAX = KEYBLOCK_TEXT_MAX + 2, /* CR and LF behind it */
};

/* The two hands of a secret key are key and key or mk; those of a pair cert and cert or mk. */
static void put_needs(const struct key_definition *k, char needs[APPROVAL_NEEDED_MAX + 1])
{
	str_copy(str_of(officer_is_pair(k->algorithm) ? "cert|mk" : "key|mk"), needs,
	         APPROVAL_NEEDED_MAX + 1);
}

/* A version, its definition, and its label. */
struct named {
	struct key_version *version;
	struct key_definition definition;
	char label[KEY_LABEL_SIZE];
};

static result load_named(struct officer_call *c, int64_t id, struct named *out)
{
	struct key_label label;

	out->version = arena_alloc(c->arena, sizeof *out->version);
	TRY(key_version_load(c->act->tx, id, out->version));
	TRY(key_definition_load(c->act->tx, out->version->key, &out->definition));
	key_version_label(&out->definition, out->version->version, &label);
	key_label_text(&label, out->label);
	return OK;
}

/* --- out --- */

struct export_args {
	int64_t zmk, version;
	struct str form;
	bool foreign, bare;
	struct str label, kcv, carrier; /* for whoever agrees */
};

static const struct officer_field export_fields[] = {
	OFFICER_NUMBER(export_args, zmk, true, 1, INT64_MAX),
	OFFICER_NUMBER(export_args, version, true, 1, INT64_MAX),
	OFFICER_TEXT(export_args, form, false, FORM_MAX),
	OFFICER_FLAG(export_args, foreign),
	OFFICER_FLAG(export_args, bare),
	OFFICER_TEXT(export_args, label, false, LABEL_MAX),
	OFFICER_TEXT(export_args, kcv, false, KCV_TEXT_MAX),
	OFFICER_TEXT(export_args, carrier, false, LABEL_MAX),
};

static result is_raw(const struct export_args *in, bool *raw)
{
	static const char *const forms[] = { "block", "raw", NULL };
	int form = 0;

	if (in->form.len)
		TRY(officer_choose(in->form, forms, "form", &form));
	*raw = form == 1;
	return OK;
}

static struct exchange_export export_of(const struct export_args *in)
{
	return (struct exchange_export){ in->zmk, in->version, in->foreign, in->bare };
}

static result prepare_export(struct officer_call *c, void *args)
{
	struct export_args *in = args;
	struct exchange_export o = export_of(in);
	struct named key, zmk;
	bool raw;

	officer_note(c, "version=%" PRId64 " zmk=%" PRId64 " ", in->version, in->zmk);
	TRY(is_raw(in, &raw));
	TRY(load_named(c, in->version, &key));
	TRY(officer_require_hand(c, &key.definition));
	TRY(load_named(c, in->zmk, &zmk));
	TRY(officer_show(c, "label", key.label, &in->label));
	TRY(officer_show(c, "kcv", key.version->kcv, &in->kcv));
	TRY(officer_show(c, "carrier", zmk.label, &in->carrier));
	return c->agreed ? OK : exchange_export_check(c->act, &o, raw);
}

static result needs_of_export(struct officer_call *c, const void *args,
                              char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct export_args *in = args;
	struct named key;

	TRY(load_named(c, in->version, &key));
	TRY(officer_require_hand(c, &key.definition));
	put_needs(&key.definition, needs);
	return OK;
}

static result export_raw(struct officer_call *c, const struct exchange_export *o)
{
	struct exchange_raw out;

	TRY(exchange_export_raw(c->act, o, &out));
	jwrite_text(c->answer, "form", "raw");
	officer_tell_hex(c, "file_hex", bytes_of(out.at, out.len));
	return OK;
}

static result export_block(struct officer_call *c, const struct exchange_export *o)
{
	struct exchange_block *out = arena_alloc(c->arena, sizeof *out);

	TRY(exchange_export_block(c->act, o, out));
	jwrite_str(c->answer, "form", (struct str){ out->text, 1 });
	jwrite_str(c->answer, "file", (struct str){ out->text, out->len });
	return OK;
}

static result run_export(struct officer_call *c, const void *args)
{
	const struct export_args *in = args;
	struct exchange_export o = export_of(in);
	bool raw;

	ASSERT(c->agreed);
	TRY(is_raw(in, &raw));
	jwrite_str(c->answer, "label", in->label);
	jwrite_str(c->answer, "kcv", in->kcv);
	jwrite_str(c->answer, "carrier", in->carrier);
	return raw ? export_raw(c, &o) : export_block(c, &o);
}

/* --- the public half of a pair, for whoever seals values for it --- */

struct public_args {
	int64_t version;
};

static const struct officer_field public_fields[] = {
	OFFICER_NUMBER(public_args, version, true, 1, INT64_MAX),
};

static result run_public(struct officer_call *c, const void *args)
{
	const struct public_args *in = args;
	struct named key;

	TRY(load_named(c, in->version, &key));
	if (!key.version->public_len)
		return FAIL(KEY_USE, "%s has no public half", key.label);
	jwrite_text(c->answer, "label", key.label);
	jwrite_text(c->answer, "kcv", key.version->kcv);
	officer_tell_hex(c, "file_hex", bytes_of(key.version->public, key.version->public_len));
	return OK;
}

/* --- in --- */

struct import_args {
	int64_t carrier, key, version, card_ki, card_kv, activate_at_us;
	bool at_once;
	struct str form, kcv, label, under, file; /* label, under: for whoever agrees */
};

/* kcv: told by the sender on another way; whoever agrees compares it too. */
static const struct officer_field import_fields[] = {
	OFFICER_NUMBER(import_args, carrier, true, 1, INT64_MAX),
	OFFICER_NUMBER(import_args, key, true, 1, INT64_MAX),
	OFFICER_TEXT(import_args, kcv, true, KCV_TEXT_MAX),
	OFFICER_TEXT(import_args, form, false, FORM_MAX),
	OFFICER_NUMBER(import_args, version, false, 1, KEY_VERSION_MAX),
	OFFICER_NUMBER(import_args, card_ki, false, 0, 255),
	OFFICER_NUMBER(import_args, card_kv, false, 0, 255),
	OFFICER_NUMBER(import_args, activate_at_us, false, 0, INT64_MAX),
	OFFICER_FLAG(import_args, at_once),
	OFFICER_TEXT(import_args, label, false, LABEL_MAX),
	OFFICER_TEXT(import_args, under, false, LABEL_MAX),
	OFFICER_FILE_BINARY(import_args, file, true, BLOCK_FILE_MAX),
};

enum import_form { AS_BLOCK, AS_RAW, AS_OAEP_SHA1, AS_OAEP_SHA256, AS_SM2 };

static result form_of(const struct import_args *in, enum import_form *out)
{
	static const char *const forms[] = {
		"block", "raw", "oaep-sha1", "oaep-sha256", "sm2", NULL
	};
	int form = AS_BLOCK;

	if (in->form.len)
		TRY(officer_choose(in->form, forms, "form", &form));
	*out = (enum import_form)form;
	return OK;
}

/* A file of a block may end with its line. */
static struct str without_line_end(struct str text)
{
	if (text.len && text.at[text.len - 1] == '\n')
		text.len--;
	if (text.len && text.at[text.len - 1] == '\r')
		text.len--;
	return text;
}

static result import(struct officer_call *c, const struct import_args *in, bool check_only,
                     struct key_version *out)
{
	static const enum exchange_sealing sealings[] = { [AS_OAEP_SHA1] = EXCHANGE_OAEP_SHA1,
		                                          [AS_OAEP_SHA256] = EXCHANGE_OAEP_SHA256,
		                                          [AS_SM2] = EXCHANGE_SM2 };
	struct exchange_import o = { .carrier = in->carrier,
		                     .key = in->key,
		                     .order = { .version = (unsigned)in->version,
		                                .card_ki = (unsigned)in->card_ki,
		                                .card_kv = (unsigned)in->card_kv,
		                                .activate_at = { in->activate_at_us },
		                                .at_once = in->at_once },
		                     .kcv = in->kcv,
		                     .check_only = check_only };
	enum import_form form = AS_BLOCK;

	TRY(form_of(in, &form));
	if (form == AS_BLOCK)
		return exchange_import_block(c->act, &o, without_line_end(in->file), out);
	if (form == AS_RAW)
		return exchange_import_raw(c->act, &o, str_bytes(in->file), out);
	return exchange_import_sealed(c->act, &o, sealings[form], str_bytes(in->file), out);
}

/* The definition's label; which version it becomes is known when it is stored. */
static const char *name_definition(const struct key_definition *k, unsigned version,
                                   char out[KEY_LABEL_SIZE])
{
	struct key_label label;

	key_version_label(k, version, &label);
	return key_label_text(&label, out);
}

static result prepare_import(struct officer_call *c, void *args)
{
	struct import_args *in = args;
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	char label[KEY_LABEL_SIZE];
	struct key_definition k;
	struct named carrier;

	officer_note(c, "key=%" PRId64 " carrier=%" PRId64 " kcv=" STR_FMT " ", in->key,
	             in->carrier, STR_ARG(in->kcv));
	TRY(key_definition_load(c->act->tx, in->key, &k));
	TRY(officer_require_hand(c, &k));
	TRY(load_named(c, in->carrier, &carrier));
	TRY(officer_show(c, "label", name_definition(&k, (unsigned)in->version, label),
	                 &in->label));
	TRY(officer_show(c, "under", carrier.label, &in->under));
	return c->agreed ? OK : import(c, in, true, v);
}

static result needs_of_import(struct officer_call *c, const void *args,
                              char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct import_args *in = args;
	struct key_definition k;

	TRY(key_definition_load(c->act->tx, in->key, &k));
	TRY(officer_require_hand(c, &k));
	put_needs(&k, needs);
	return OK;
}

static result run_import(struct officer_call *c, const void *args)
{
	const struct import_args *in = args;
	struct key_version *v = arena_alloc(c->arena, sizeof *v);
	char label[KEY_LABEL_SIZE];
	struct key_definition k;

	ASSERT(c->agreed);
	TRY(import(c, in, false, v));
	TRY(key_definition_load(c->act->tx, in->key, &k));
	jwrite_i64(c->answer, "id", v->id);
	jwrite_i64(c->answer, "version", v->version);
	jwrite_text(c->answer, "label", name_definition(&k, v->version, label));
	jwrite_text(c->answer, "kcv", v->kcv);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "key.export",
	  .roles = KEY | CERT,
	  OFFICER_FIELDS(export_fields, export_args),
	  .prepare = prepare_export,
	  .needs_of = needs_of_export,
	  .run = run_export },
	{ .name = "key.public",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(public_fields, public_args),
	  .run = run_public },
	{ .name = "key.import",
	  .roles = KEY | CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(import_fields, import_args),
	  .prepare = prepare_import,
	  .needs_of = needs_of_import,
	  .run = run_import },
};

const struct officer_table officer_acts_exchange = { commands, ARRAY_LEN(commands) };
