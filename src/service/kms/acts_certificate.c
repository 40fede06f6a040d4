/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of issuers' keys (发卡行公钥证书): requests, answers, use; the part of role cert
 * (keys 16.3, 16.4, B6.09, B6.21, B6.23). */
#include <inttypes.h>

#include "domain/keys/certificate.h"
#include "service/kms/officer_desk.h"

enum { CERT = 1 << OFFICER_CERT, INDEX_TEXT = 6, SERVICE_TEXT = 8 };

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

/* --- requests --- */

static void write_request(struct officer_call *c, const struct certificate_request *q)
{
	jwrite_object(c->answer, NULL);
	jwrite_i64(c->answer, "id", q->id);
	jwrite_i64(c->answer, "ca", q->ca);
	jwrite_i64(c->answer, "ca_key", q->ca_key);
	jwrite_i64(c->answer, "key_version", q->key_version);
	jwrite_text(c->answer, "label", q->label);
	jwrite_text(c->answer, "profile", q->profile);
	jwrite_text(c->answer, "iin", q->iin);
	jwrite_text(c->answer, "expiry", q->expiry);
	jwrite_text(c->answer, "tracking", q->tracking);
	jwrite_text(c->answer, "file_name", q->file.name);
	officer_tell_hex(c, "hash_shown", bytes_of(q->hash, EMV_HASH));
	jwrite_text(c->answer, "state", certificate_state_names[q->state]);
	jwrite_i64(c->answer, "created_us", q->created.us);
	jwrite_end(c->answer);
}

struct request_args {
	int64_t ca, ca_key, key_version;
	struct str profile, iin, expiry, tracking, index, service;
};

static const struct officer_field requests_fields[] = {
	OFFICER_NUMBER(request_args, ca, false, 1, INT64_MAX),
};

static result run_requests(struct officer_call *c, const void *args)
{
	const struct request_args *in = args;
	struct certificate_request *rows;
	size_t count;

	TRY(certificate_request_list(c->act->tx, in->ca, c->arena, &rows, &count));
	jwrite_array(c->answer, "requests");
	for (size_t i = 0; i < count; i++)
		write_request(c, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

static void tell_file(struct officer_call *c, const char *name, const char *content,
                      const struct ipk_file *f)
{
	if (!f->name[0])
		return;
	jwrite_text(c->answer, name, f->name);
	officer_tell_hex(c, content, bytes_of(f->at, f->len));
}

/* The file for the authority, and the hash that it is told by another channel. */
static void tell_files(struct officer_call *c, const struct certificate_request *q)
{
	jwrite_i64(c->answer, "id", q->id);
	jwrite_text(c->answer, "label", q->label);
	jwrite_text(c->answer, "state", certificate_state_names[q->state]);
	tell_file(c, "file_name", "file_hex", &q->file);
	tell_file(c, "hash_name", "hash_hex", &q->hash_file);
	officer_tell_hex(c, "hash_shown", bytes_of(q->hash, EMV_HASH));
}

static const struct officer_field make_fields[] = {
	OFFICER_NUMBER(request_args, ca, true, 1, INT64_MAX),
	OFFICER_NUMBER(request_args, ca_key, false, 1, INT64_MAX),
	OFFICER_NUMBER(request_args, key_version, true, 1, INT64_MAX),
	OFFICER_TEXT(request_args, profile, true, IPK_PROFILE_NAME_MAX - 1),
	OFFICER_TEXT(request_args, iin, true, CERTIFICATE_IIN_MAX),
	OFFICER_TEXT(request_args, expiry, true, CERTIFICATE_EXPIRY_TEXT),
	OFFICER_TEXT(request_args, tracking, true, CERTIFICATE_TRACKING_TEXT),
	OFFICER_TEXT(request_args, index, false, INDEX_TEXT),
	OFFICER_TEXT(request_args, service, false, SERVICE_TEXT),
};

static result run_make(struct officer_call *c, const void *args)
{
	const struct request_args *in = args;
	struct certificate_request *q = arena_alloc(c->arena, sizeof *q);
	struct certificate_wish wish = { .ca = in->ca,
		                         .ca_key = in->ca_key,
		                         .key_version = in->key_version,
		                         .profile = in->profile,
		                         .iin = in->iin,
		                         .expiry = in->expiry,
		                         .tracking = in->tracking,
		                         .index = in->index,
		                         .service = in->service };

	officer_note(c, "key_version=%" PRId64 " iin=" STR_FMT " tracking=" STR_FMT,
	             in->key_version, STR_ARG(in->iin), STR_ARG(in->tracking));
	TRY(certificate_request_make(c->act, &wish, q));
	tell_files(c, q);
	return OK;
}

static result run_show(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct certificate_request *q = arena_alloc(c->arena, sizeof *q);

	TRY(certificate_request_load(c->act->tx, in->id, q));
	tell_files(c, q);
	return OK;
}

/* --- acts on a row of that number --- */

static result run_on(struct officer_call *c, const void *args,
                     result (*act)(struct key_act *act, int64_t id))
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return act(c->act, in->id);
}

static result run_sent(struct officer_call *c, const void *args)
{
	return run_on(c, args, certificate_request_sent);
}

static result run_remove_request(struct officer_call *c, const void *args)
{
	return run_on(c, args, certificate_request_remove);
}

static result run_use(struct officer_call *c, const void *args)
{
	return run_on(c, args, certificate_use);
}

static result run_revoke(struct officer_call *c, const void *args)
{
	return run_on(c, args, certificate_revoke);
}

static result run_remove(struct officer_call *c, const void *args)
{
	return run_on(c, args, certificate_remove);
}

/* --- certificates --- */

static void write_certificate(struct officer_call *c, const struct certificate *one)
{
	enum certificate_state state = certificate_state_at(one, c->act->now);

	jwrite_object(c->answer, NULL);
	jwrite_i64(c->answer, "id", one->id);
	jwrite_i64(c->answer, "request", one->request);
	jwrite_i64(c->answer, "ca_key", one->ca_key);
	jwrite_i64(c->answer, "key_version", one->key_version);
	jwrite_text(c->answer, "label", one->label);
	jwrite_text(c->answer, "iin", one->iin);
	jwrite_text(c->answer, "serial", one->serial);
	jwrite_text(c->answer, "expiry", one->expiry);
	officer_tell_hex(c, "rid", bytes_of(one->rid, EMV_RID));
	officer_tell_hex(c, "index", bytes_of(&one->index, 1));
	officer_tell_hex(c, "source_sha256", bytes_of(one->source, DIGEST_SIZE));
	jwrite_text(c->answer, "state", certificate_state_names[state]);
	jwrite_i64(c->answer, "verified_us", one->verified.us);
	jwrite_end(c->answer);
}

struct list_args {
	int64_t key_version;
};

static const struct officer_field list_fields[] = {
	OFFICER_NUMBER(list_args, key_version, false, 1, INT64_MAX),
};

static result run_list(struct officer_call *c, const void *args)
{
	const struct list_args *in = args;
	struct certificate *rows;
	size_t count;

	TRY(certificate_list(c->act->tx, in->key_version, c->arena, &rows, &count));
	jwrite_array(c->answer, "certificates");
	for (size_t i = 0; i < count; i++)
		write_certificate(c, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

struct import_args {
	int64_t request;
	struct str file;
};

static const struct officer_field import_fields[] = {
	OFFICER_NUMBER(import_args, request, true, 1, INT64_MAX),
	OFFICER_FILE_BINARY(import_args, file, true, IPK_FILE_MAX),
};

static result run_import(struct officer_call *c, const void *args)
{
	const struct import_args *in = args;
	struct certificate *one = arena_alloc(c->arena, sizeof *one);
	bool again;

	officer_note(c, "request=%" PRId64, in->request);
	TRY(certificate_import(c->act, in->request, str_bytes(in->file), one, &again));
	jwrite_i64(c->answer, "id", one->id);
	jwrite_text(c->answer, "label", one->label);
	jwrite_text(c->answer, "serial", one->serial);
	jwrite_text(c->answer, "state", certificate_state_names[one->state]);
	jwrite_bool(c->answer, "again", again);
	return OK;
}

/* The directory it goes to is that of whoever asks: yika key certificate.xml id=1 --out FILE. */
static result run_xml(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct str xml;

	TRY(certificate_xml(c->act->tx, in->id, c->arena, &xml));
	jwrite_str(c->answer, "xml", xml);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "request.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(requests_fields, request_args),
	  .run = run_requests },
	{ .name = "request.make",
	  .roles = CERT,
	  OFFICER_FIELDS(make_fields, request_args),
	  .run = run_make },
	{ .name = "request.show",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_show },
	{ .name = "request.sent",
	  .roles = CERT,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_sent },
	{ .name = "request.remove",
	  .roles = CERT,
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_remove_request },
	{ .name = "certificate.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(list_fields, list_args),
	  .run = run_list },
	{ .name = "certificate.import",
	  .roles = CERT,
	  OFFICER_FIELDS(import_fields, import_args),
	  .run = run_import },
	{ .name = "certificate.use",
	  .roles = CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_use },
	{ .name = "certificate.revoke",
	  .roles = CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_revoke },
	{ .name = "certificate.remove",
	  .roles = CERT,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .needs = "mk",
	  .run = run_remove },
	{ .name = "certificate.xml",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_xml },
};

const struct officer_table officer_acts_certificate = { commands, ARRAY_LEN(commands) };
