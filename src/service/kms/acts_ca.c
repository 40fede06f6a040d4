/* SPDX-License-Identifier: Apache-2.0 */
/* Certification authorities and their public keys (认证机构及其公钥): authorities are the part of
 * role conf, keys of role cert with a second person who compares the checksum (keys 12, 16.2,
 * B6.07, B6.22). */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/ca_key.h"
#include "service/kms/officer_desk.h"

enum {
	CONF = 1 << OFFICER_CONF,
	CERT = 1 << OFFICER_CERT,
	CODE_MAX = KEY_CODE_MAX,
	SCHEME_MAX = 16,
	CHECKSUM_TEXT = 2 * EMV_HASH,
	CHECKSUMS_MAX = CA_OFFERS_MAX * (CHECKSUM_TEXT + 1),
	EXPIRY_TEXT = 10,
};

/* Whoever is no officer for certificates: the second person looks at the published checksum with
 * eyes of his own (keys 12). */
#define SECOND_PERSON "mk|SO1|SO2|SO3|conf|key|oper|store|audit"

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

/* --- authorities --- */

static void write_authority(struct officer_call *c, const struct ca *ca)
{
	jwrite_object(c->answer, NULL);
	jwrite_i64(c->answer, "id", ca->id);
	jwrite_text(c->answer, "code", ca->code);
	jwrite_text(c->answer, "name", ca->name);
	jwrite_text(c->answer, "scheme", ca_scheme_names[ca->scheme]);
	officer_tell_hex(c, "rid", bytes_of(ca->rid, EMV_RID));
	jwrite_text(c->answer, "note", ca->note);
	jwrite_end(c->answer);
}

static result run_authorities(struct officer_call *c, const void *args)
{
	struct ca *rows;
	size_t count;

	(void)args;
	TRY(ca_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "authorities");
	for (size_t i = 0; i < count; i++)
		write_authority(c, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

struct ca_args {
	int64_t id;
	struct str code, name, scheme, rid, note;
};

static const struct officer_field add_fields[] = {
	OFFICER_TEXT(ca_args, code, true, CODE_MAX),
	OFFICER_TEXT(ca_args, name, true, CA_NAME_MAX),
	OFFICER_TEXT(ca_args, scheme, true, SCHEME_MAX),
	OFFICER_TEXT(ca_args, rid, true, 2 * EMV_RID),
	OFFICER_TEXT(ca_args, note, false, CA_NOTE_MAX),
};

static const struct officer_field save_fields[] = {
	OFFICER_NUMBER(ca_args, id, true, 1, INT64_MAX),
	OFFICER_TEXT(ca_args, name, true, CA_NAME_MAX),
	OFFICER_TEXT(ca_args, scheme, true, SCHEME_MAX),
	OFFICER_TEXT(ca_args, rid, true, 2 * EMV_RID),
	OFFICER_TEXT(ca_args, note, false, CA_NOTE_MAX),
};

static result authority_of(const struct ca_args *in, struct ca *out)
{
	int scheme;

	*out = (struct ca){ .id = in->id };
	TRY(officer_choose(in->scheme, ca_scheme_names, "scheme", &scheme));
	out->scheme = (enum ca_scheme)scheme;
	TRY(hex_decode(in->rid, out->rid, EMV_RID));
	str_copy(in->code, out->code, sizeof out->code);
	str_copy(in->name, out->name, sizeof out->name);
	str_copy(in->note, out->note, sizeof out->note);
	return OK;
}

static result run_add(struct officer_call *c, const void *args)
{
	const struct ca_args *in = args;
	struct ca ca;

	officer_note(c, "code=" STR_FMT, STR_ARG(in->code));
	TRY(authority_of(in, &ca));
	TRY(ca_add(c->act, &ca));
	jwrite_i64(c->answer, "id", ca.id);
	return OK;
}

static result run_save(struct officer_call *c, const void *args)
{
	const struct ca_args *in = args;
	struct ca ca;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(authority_of(in, &ca));
	return ca_save(c->act, &ca);
}

static result run_remove(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return ca_remove(c->act, in->id);
}

/* --- their keys --- */

static void write_key(struct officer_call *c, const struct ca_key *k)
{
	const struct ipk_ca *p = &k->public;
	enum ca_key_state state = ca_key_state_at(k, ca_day(c->act->now));
	uint8_t exponent[EMV_EXPONENT_MAX];
	size_t len = emv_key_exponent(&p->key, exponent);

	jwrite_object(c->answer, NULL);
	jwrite_i64(c->answer, "id", k->id);
	jwrite_i64(c->answer, "ca", k->ca);
	officer_tell_hex(c, "rid", bytes_of(p->rid, EMV_RID));
	officer_tell_hex(c, "index", bytes_of(&p->index, 1));
	jwrite_i64(c->answer, "bits", (int64_t)p->key.size * 8);
	officer_tell_hex(c, "modulus", emv_key_modulus(&p->key));
	officer_tell_hex(c, "exponent", bytes_of(exponent, len));
	officer_tell_day(c->answer, "expiry", p->expiry);
	officer_tell_hex(c, "checksum", bytes_of(k->checksum, EMV_HASH));
	jwrite_text(c->answer, "state", ca_key_state_names[state]);
	if (k->has_source)
		officer_tell_hex(c, "source_sha256", bytes_of(k->source, DIGEST_SIZE));
	jwrite_i64(c->answer, "created_us", k->created.us);
	jwrite_end(c->answer);
}

struct key_args {
	int64_t ca;
	struct str index, modulus, exponent, expiry, checksum;
	struct str table, file;
};

static const struct officer_field keys_fields[] = {
	OFFICER_NUMBER(key_args, ca, false, 1, INT64_MAX),
};

static result run_keys(struct officer_call *c, const void *args)
{
	const struct key_args *in = args;
	struct ca_key *rows;
	size_t count;

	TRY(ca_key_list(c->act->tx, in->ca, c->arena, &rows, &count));
	jwrite_array(c->answer, "keys");
	for (size_t i = 0; i < count; i++)
		write_key(c, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- importing them --- */

static const struct officer_field import_fields[] = {
	OFFICER_NUMBER(key_args, ca, true, 1, INT64_MAX),
	OFFICER_TEXT(key_args, index, false, 2),
	OFFICER_TEXT(key_args, modulus, false, 2 * EMV_KEY_MAX),
	OFFICER_TEXT(key_args, exponent, false, 2 * EMV_EXPONENT_MAX),
	OFFICER_TEXT(key_args, expiry, false, EXPIRY_TEXT),
	OFFICER_TEXT(key_args, checksum, false, CHECKSUMS_MAX),
	OFFICER_FILE_TEXT(key_args, table, false),
	OFFICER_FILE_BINARY(key_args, file, false, CA_OFFER_FILE_MAX),
};

struct offers {
	struct ca_offer *rows;
	size_t count;
};

/* Typed, in a table, or in a scheme's file; nothing that would be passed over. */
static result check_way(const struct key_args *in)
{
	bool typed = in->modulus.len > 0, table = in->table.len > 0, file = in->file.len > 0;

	if (typed + table + file != 1)
		return FAIL(CA_FIELD, "one of modulus, table, file");
	if (!typed && (in->index.len || in->exponent.len))
		return FAIL(CA_FIELD, "index and exponent go with a modulus");
	return table && in->expiry.len ? FAIL(CA_FIELD, "the table has its own days") : OK;
}

static result read_typed(const struct key_args *in, const struct ca *ca, struct ca_offer *out)
{
	struct ipk_ca_text text = { .index = in->index,
		                    .modulus = in->modulus,
		                    .exponent = in->exponent,
		                    .checksum = in->checksum };
	char rid[2 * EMV_RID + 1], expiry[16];
	struct bizdate day;

	TRY(officer_day(in->expiry, &day));
	snprintf(expiry, sizeof expiry, "%08u", day.yyyymmdd);
	hex_encode(bytes_of(ca->rid, EMV_RID), rid);
	text.rid = str_of(rid);
	text.expiry = str_of(expiry);
	return ca_offer_read(&text, out);
}

static result read_file(const struct key_args *in, const struct ca *ca, struct ca_offer *out)
{
	struct ca_offer_file f = { .content = str_bytes(in->file) };

	memcpy(f.rid, ca->rid, EMV_RID);
	TRY(officer_day(in->expiry, &f.expiry));
	TRY(hex_decode(in->checksum, f.published, EMV_HASH));
	return ca_offer_read_file(&f, out);
}

static result read_table(struct officer_call *c, const struct key_args *in, const struct ca *ca,
                         struct offers *out)
{
	TRY(ca_offer_read_table(str_bytes(in->table), c->arena, &out->rows, &out->count));
	for (size_t i = 0; i < out->count; i++)
		if (memcmp(out->rows[i].key.rid, ca->rid, EMV_RID) != 0)
			return FAIL(CA_FIELD, "row %zu: the RID is not that of %s", i + 1,
			            ca->code);
	return OK;
}

static result read_offers(struct officer_call *c, const struct key_args *in, struct offers *out)
{
	struct ca ca;

	TRY(check_way(in));
	TRY(ca_load(c->act->tx, in->ca, &ca));
	if (in->table.len)
		return read_table(c, in, &ca, out);
	*out = (struct offers){ arena_alloc(c->arena, sizeof *out->rows), 1 };
	return in->modulus.len ? read_typed(in, &ca, out->rows) : read_file(in, &ca, out->rows);
}

/* All checksums, in the order of the keys: what the second person compares. */
static struct str checksums_of(struct officer_call *c, const struct offers *o)
{
	char *text = arena_array(c->arena, o->count, CHECKSUM_TEXT + 1), *at = text;

	for (size_t i = 0; i < o->count; i++) {
		if (i)
			*at++ = ' ';
		hex_encode(bytes_of(o->rows[i].published, EMV_HASH), at);
		at += CHECKSUM_TEXT;
	}
	return (struct str){ text, (size_t)(at - text) };
}

static bool equal_hex(struct str a, struct str b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (toupper((unsigned char)a.at[i]) != toupper((unsigned char)b.at[i]))
			return false;
	return a.len == b.len;
}

/* A wrong file is refused before anybody is asked. */
static result prepare_import(struct officer_call *c, void *args)
{
	struct key_args *in = args;
	struct str checksums;
	struct offers o;

	TRY(read_offers(c, in, &o));
	checksums = checksums_of(c, &o);
	if (in->checksum.len && !equal_hex(in->checksum, checksums))
		return FAIL(CA_FIELD, "the checksums are not those of the table");
	in->checksum = checksums;
	jwrite_str(c->answer, "checksum", checksums);
	return OK;
}

static result run_import(struct officer_call *c, const void *args)
{
	const struct key_args *in = args;
	struct offers o;

	officer_note(c, "ca=%" PRId64, in->ca);
	TRY(read_offers(c, in, &o));
	if (!str_equal(in->checksum, checksums_of(c, &o)))
		return FAIL(APPROVAL_OTHER, "the checksums are not those agreed to");
	TRY(ca_key_import_all(c->act, in->ca, o.rows, o.count));
	jwrite_i64(c->answer, "count", (int64_t)o.count);
	return OK;
}

static result run_revoke_key(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return ca_key_revoke(c->act, in->id);
}

static result run_remove_key(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return ca_key_remove(c->act, in->id);
}

static const struct officer_command commands[] = {
	{ .name = "ca.list", .flags = OFFICER_READS, .run = run_authorities },
	{ .name = "ca.add", .roles = CONF, OFFICER_FIELDS(add_fields, ca_args), .run = run_add },
	{ .name = "ca.save", .roles = CONF, OFFICER_FIELDS(save_fields, ca_args), .run = run_save },
	{ .name = "ca.remove",
	  .roles = CONF,
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_remove },
	{ .name = "cakey.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(keys_fields, key_args),
	  .run = run_keys },
	{ .name = "cakey.import",
	  .roles = CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(import_fields, key_args),
	  .prepare = prepare_import,
	  .needs = SECOND_PERSON,
	  .run = run_import },
	{ .name = "cakey.revoke",
	  .roles = CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_revoke_key },
	{ .name = "cakey.remove",
	  .roles = CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_remove_key },
};

const struct officer_table officer_acts_ca = { commands, ARRAY_LEN(commands) };
