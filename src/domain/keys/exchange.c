/* SPDX-License-Identifier: Apache-2.0 */
/* Single keys out and in. */
#include "domain/keys/exchange_value.h"

#include "domain/keys/key_audit.h"

/* --- out --- */

/* Both keys of an export, held against each other. */
static result open_pair(struct key_act *act, const struct exchange_export *o,
                        struct exchange_zmk *z, struct exchange_source *s)
{
	TRY(exchange_zmk_open(act, o->zmk, KEY_TO_PROTECT, z));
	TRY(exchange_source_open(act, o->version, s));
	return exchange_source_require(act, s, z);
}

static bool is_pair(char algorithm)
{
	return algorithm == 'R' || algorithm == '2';
}

/* A value that may go as bare ciphertext. */
static result require_raw(const struct exchange_source *s)
{
	if (working_key_header(s->key)->exportability != 'S')
		return FAIL(EXCHANGE_EXPORTABILITY, "%s leaves in key blocks only", s->label);
	return is_pair(s->definition.algorithm) ? FAIL(KEY_USE, "%s is a key pair", s->label) : OK;
}

result exchange_export_check(struct key_act *act, const struct exchange_export *o, bool raw)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	SCOPED(exchange_source_close) struct exchange_source s = { 0 };
	struct keyblock_header h;

	TRY(open_pair(act, o, &z, &s));
	if (raw)
		return require_raw(&s);
	h = *working_key_header(s.key);
	return o->foreign ? exchange_foreign_use(&h) : OK;
}

result exchange_export_block(struct key_act *act, const struct exchange_export *o,
                             struct exchange_block *out)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	SCOPED(exchange_source_close) struct exchange_source s = { 0 };

	TRY(open_pair(act, o, &z, &s));
	TRY(exchange_source_seal(act, &z, &s, o, out));
	return key_audit_write(act, "KEY.EXPORT", OK, "label=%s kcv=%s zmk=%s form=%c %spath=host",
	                       s.label, out->kcv, z.label, z.block_version,
	                       o->foreign ? "foreign " : "");
}

static result encrypt_raw(struct exchange_zmk *z, struct bytes value, struct exchange_raw *out)
{
	struct hsm_cipher_call call = {
		.mode = HSM_ECB, .encrypt = true, .in = value, .out = out->at
	};

	if (value.len > sizeof out->at || value.len % z->block != 0)
		return FAIL(KEY_LENGTH, "%zu bytes are not whole blocks of %s", value.len,
		            z->label);
	out->len = value.len;
	return working_key_cipher(z->key, &call);
}

result exchange_export_raw(struct key_act *act, const struct exchange_export *o,
                           struct exchange_raw *out)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	SCOPED(exchange_source_close) struct exchange_source s = { 0 };
	struct kcv kcv;

	TRY(open_pair(act, o, &z, &s));
	TRY(require_raw(&s));
	TRY(working_key_kcv(s.key, &kcv));
	TRY(encrypt_raw(&z, working_key_value(s.key), out));
	kcv_text(&kcv, out->kcv);
	return key_audit_write(act, "KEY.EXPORT", OK, "label=%s kcv=%s zmk=%s form=raw path=host",
	                       s.label, out->kcv, z.label);
}

/* --- in --- */

/* What every way in ends with. */
struct arrival {
	const char *carrier, *form;
	unsigned strength;
	const struct keyblock_header *header; /* NULL: there was none */
};

/* The version that is asked for has no value yet. */
static result require_free(struct key_act *act, const struct key_definition *k, unsigned version)
{
	struct key_definition there_of;
	struct key_version there;
	struct key_label label;
	result found;

	if (version == 0)
		return OK;
	key_version_label(k, version, &label);
	found = key_version_find(act->tx, &label, act->now, &there_of, &there);
	if (is_ok(found))
		return FAIL(KEY_EXISTS, "%s version %02u", k->code, version);
	return found.code == KEY_NOT_FOUND ? OK : found;
}

static result keep(struct key_act *act, const struct exchange_import *o, const struct arrival *a,
                   struct bytes value, struct key_version *out)
{
	struct key_order order = o->order;
	struct key_definition k;
	char text[KEY_LABEL_SIZE];
	struct key_label label;
	unsigned levels;
	struct kcv kcv;

	TRY(key_definition_load(act->tx, o->key, &k));
	TRY(exchange_require_strength(act, a->strength, &k));
	if (a->header) {
		TRY(exchange_check_header(&k, a->header));
		exchange_take_card(a->header, &order, &levels);
	}
	TRY(exchange_check_value(act, &k, value, a->header, o->kcv, &kcv));
	order.origin = KEY_FROM_IMPORT;
	kcv_text(&kcv, out->kcv);
	if (o->check_only)
		return require_free(act, &k, order.version);
	TRY(key_version_store(act, &k, &order, value, &kcv, out));
	key_version_label(&k, out->version, &label);
	return key_audit_write(act, "KEY.IMPORT", OK, "label=%s kcv=%s from=%s form=%s",
	                       key_label_text(&label, text), out->kcv, a->carrier, a->form);
}

result exchange_import_block(struct key_act *act, const struct exchange_import *o, struct str block,
                             struct key_version *out)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	SCOPED(exchange_value_close) struct exchange_value v = { 0 };
	char form[2] = { 0 };

	TRY(exchange_zmk_open(act, o->carrier, KEY_TO_PROCESS, &z));
	TRY(exchange_value_open(&v));
	TRY(exchange_unseal(&z, block, &v));
	form[0] = v.block.header.version;
	struct arrival a = { z.label, form, exchange_zmk_strength(&z), &v.block.header };
	return keep(act, o, &a, bytes_of(v.at, v.len), out);
}

static result require_told(const struct exchange_import *o)
{
	return o->kcv.len ? OK : FAIL(EXCHANGE_CHECK_MISSING, "nothing else holds the value");
}

static result decrypt_raw(struct exchange_zmk *z, struct bytes sealed, struct exchange_value *v)
{
	struct hsm_cipher_call call = { .mode = HSM_ECB, .in = sealed, .out = v->at };

	if (sealed.len == 0 || sealed.len > EXCHANGE_RAW_MAX || sealed.len % z->block != 0)
		return FAIL(KEY_LENGTH, "%zu bytes are not whole blocks of %s", sealed.len,
		            z->label);
	v->len = sealed.len;
	return working_key_cipher(z->key, &call);
}

result exchange_import_raw(struct key_act *act, const struct exchange_import *o,
                           struct bytes sealed, struct key_version *out)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	SCOPED(exchange_value_close) struct exchange_value v = { 0 };

	TRY(require_told(o));
	TRY(exchange_zmk_open(act, o->carrier, KEY_TO_PROCESS, &z));
	if (working_key_header(z.key)->exportability != 'S')
		return FAIL(EXCHANGE_EXPORTABILITY, "%s carries key blocks only", z.label);
	TRY(exchange_value_open(&v));
	TRY(decrypt_raw(&z, sealed, &v));
	struct arrival a = { z.label, "raw", exchange_zmk_strength(&z), NULL };
	return keep(act, o, &a, bytes_of(v.at, v.len), out);
}

/* --- values for an import key pair --- */

struct pair {
	struct key_version version;
	struct key_definition definition;
	struct working_key *key;
	char label[KEY_LABEL_SIZE];
};

static void close_pair(struct pair *p)
{
	working_key_close(&p->key);
}

static result open_import_pair(struct key_act *act, int64_t id, struct pair *p)
{
	const struct keyblock_header *h;
	struct key_label label;

	TRY(key_version_load(act->tx, id, &p->version));
	TRY(key_definition_load(act->tx, p->version.key, &p->definition));
	key_version_label(&p->definition, p->version.version, &label);
	key_label_text(&label, p->label);
	enum key_state state = key_version_state_at(&p->version, act->now);
	if (!key_state_allows(state, KEY_TO_PROCESS, false))
		return FAIL(KEY_STATE, "import pair %s is %s", p->label, key_state_names[state]);
	TRY(key_version_open(act->ring, &p->version, &p->key));
	h = working_key_header(p->key);
	if (strcmp(h->usage, "K2") != 0 || !strchr("BD", h->mode))
		return FAIL(EXCHANGE_ZMK, "%s has usage %s and mode %c", p->label, h->usage,
		            h->mode);
	if (working_key_in_device(p->key))
		return FAIL(EXCHANGE_IN_DEVICE, "%s opens nothing inside its device", p->label);
	return OK;
}

static result open_sealed(const struct pair *p, enum exchange_sealing how, struct bytes sealed,
                          struct writer *out)
{
	const struct rsa_key *rsa = working_key_rsa_pair(p->key);
	const struct sm2_key *sm2 = working_key_sm2_pair(p->key);
	struct sm2_sealed parts;

	if ((how == EXCHANGE_SM2 ? sm2 != NULL : rsa != NULL) == false)
		return FAIL(EXCHANGE_ZMK, "%s is a pair of another kind", p->label);
	if (how != EXCHANGE_SM2)
		return rsa_open(rsa, how == EXCHANGE_OAEP_SHA1 ? RSA_OAEP_SHA1 : RSA_OAEP_SHA256,
		                sealed, out);
	TRY(sm2_sealed_from_der(sealed, &parts));
	return sm2_open(sm2, &parts, out);
}

result exchange_import_sealed(struct key_act *act, const struct exchange_import *o,
                              enum exchange_sealing how, struct bytes sealed,
                              struct key_version *out)
{
	static const char *const forms[] = { "oaep-sha1", "oaep-sha256", "sm2" };
	SCOPED(close_pair) struct pair p = { 0 };
	SCOPED(exchange_value_close) struct exchange_value v = { 0 };

	TRY(require_told(o));
	TRY(open_import_pair(act, o->carrier, &p));
	TRY(exchange_value_open(&v));
	struct writer w = writer_of(v.at, KEYBLOCK_KEY_MAX);
	TRY(open_sealed(&p, how, sealed, &w));
	struct arrival a = { p.label, forms[how],
		             exchange_strength(p.definition.algorithm, working_key_bits(p.key)),
		             NULL };
	return keep(act, o, &a, writer_bytes(&w), out);
}
