/* SPDX-License-Identifier: Apache-2.0 */
/* The ceremony of a local master key (主控密钥仪式): its administrator's part and each officer's
 * (keys 5). */
#include <inttypes.h>
#include <strings.h>

#include "service/kms/officer_desk.h"

enum { MK = 1 << OFFICER_MK, PAPER_SIZE = COMPONENT_PAPER_MAX };

/* --- what stands where --- */

static void write_parts(struct officer_call *c, const struct ceremony *one, unsigned presented)
{
	static const char *const steps[] = { "NOTHING", "WRITTEN", "VERIFIED" };

	jwrite_array(c->answer, "components");
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++) {
		jwrite_object(c->answer, NULL);
		jwrite_text(c->answer, "role", officer_role_names[OFFICER_SO1 + i]);
		jwrite_text(c->answer, "step", steps[one->steps[i]]);
		jwrite_text(c->answer, "kcv", one->kcvs[i]);
		jwrite_bool(c->answer, "presented", presented >> i & 1);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
}

static void write_ceremony(struct officer_call *c, const struct ceremony *one)
{
	jwrite_object(c->answer, NULL);
	jwrite_i64(c->answer, "id", one->id);
	jwrite_i64(c->answer, "lmk", one->lmk);
	jwrite_text(c->answer, "purpose", ceremony_purpose_names[one->purpose]);
	jwrite_text(c->answer, "algorithm", one->algorithm == LMK_SM4 ? "SM4" : "AES");
	jwrite_i64(c->answer, "gen", one->gen);
	jwrite_text(c->answer, "status", master_status_names[one->status]);
	jwrite_text(c->answer, "state", ceremony_state_names[one->state]);
	jwrite_i64(c->answer, "shares_needed", one->shares.needed);
	jwrite_i64(c->answer, "shares_count", one->shares.count);
	write_parts(c, one, ceremony_room_presented(keeper_room(c->keeper), one->id));
	jwrite_i64(c->answer, "created_us", one->created.us);
	jwrite_end(c->answer);
}

static result run_list(struct officer_call *c, const void *args)
{
	struct ceremony *rows;
	size_t count;

	(void)args;
	TRY(ceremony_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "ceremonies");
	for (size_t i = 0; i < count; i++)
		write_ceremony(c, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- the administrator's part --- */

struct begin_args {
	struct str purpose, algorithm, status;
	int64_t lmk, shares_needed, shares_count;
};

static const struct officer_field begin_fields[] = {
	OFFICER_TEXT(begin_args, purpose, true, 8),
	OFFICER_TEXT(begin_args, algorithm, false, 3),
	OFFICER_TEXT(begin_args, status, false, 4),
	OFFICER_NUMBER(begin_args, lmk, false, 1, INT64_MAX),
	OFFICER_NUMBER(begin_args, shares_needed, false, 2, CEREMONY_SHARES_MAX),
	OFFICER_NUMBER(begin_args, shares_count, false, 2, CEREMONY_SHARES_MAX),
};

/* However it is typed: lists show purposes in small letters. */
static result choose(struct str text, const char *const *names, size_t count, size_t *out)
{
	for (*out = 0; *out < count; (*out)++)
		if (text.len == strlen(names[*out]) &&
		    strncasecmp(text.at, names[*out], text.len) == 0)
			return OK;
	return FAIL(CATALOG_FIELD, "one of %s, %s", names[0], names[1]);
}

static result run_begin(struct officer_call *c, const void *args)
{
	static const char *const purposes[] = { "FORM", "LOAD" },
	                         *const algorithms[] = { "AES", "SM4" },
	                         *const statuses[] = { "live", "test" };
	const struct begin_args *in = args;
	size_t purpose, algorithm = 0, status = 0;
	struct ceremony one;

	TRY(choose(in->purpose, purposes, 2, &purpose));
	if (in->algorithm.len)
		TRY(choose(in->algorithm, algorithms, 2, &algorithm));
	if (in->status.len)
		TRY(choose(in->status, statuses, 2, &status));
	struct ceremony_order order = { (enum ceremony_purpose)purpose,
		                        algorithm ? LMK_SM4 : LMK_AES,
		                        (enum master_status)status,
		                        in->lmk,
		                        { (uint8_t)in->shares_needed, (uint8_t)in->shares_count } };
	TRY(ceremony_begin(c->act, &order, &one));
	officer_note(c, "id=%" PRId64 " purpose=%s algorithm=%s status=%s gen=%u", one.id,
	             purposes[purpose], algorithms[algorithm], statuses[status], one.gen);
	jwrite_i64(c->answer, "id", one.id);
	return OK;
}

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

static result run_cancel(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct ceremony one;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(ceremony_load(c->act->tx, in->id, &one));
	return ceremony_cancel(c->act, keeper_room(c->keeper), &one);
}

/* --- an officer's part --- */

/* A component is made with the two others away from the screen (keys 5.3). */
static result require_alone(struct officer_call *c)
{
	for (size_t i = 0; i < OFFICER_SESSIONS_MAX; i++) {
		const struct officer_session *s = &c->desk->sessions.at[i];
		struct officer other;

		if (!s->token[0] || s->officer == c->by->id)
			continue;
		TRY(officer_load(c->act->tx, s->officer, &other));
		if (other.roles & OFFICER_ANY_SO)
			return FAIL(CEREMONY_NOT_ALONE, "%s is logged in", other.name);
	}
	return OK;
}

struct component_args {
	int64_t id;
	struct str value, paper;
};

static const struct officer_field component_fields[] = {
	OFFICER_NUMBER(component_args, id, true, 1, INT64_MAX),
	OFFICER_NEW_SECRET_TEXT(component_args, value, false),
	OFFICER_NEW_SECRET_TEXT(component_args, paper, false),
};

/* Typed as hex digits, or as it stands on paper, or not at all: then the device makes it. */
static result read_value(const struct component_args *in, const struct ceremony *one,
                         struct secret *out)
{
	unsigned line;
	result r;

	if (in->paper.len) {
		r = component_read_paper((char)one->algorithm, in->paper, out, &line);
		return is_ok(r) ? r : FAIL(COMPONENT_FORM, "line %u", line);
	}
	if (!in->value.len)
		return OK;
	out->len = in->value.len / 2;
	if (out->len > sizeof out->at)
		return FAIL(COMPONENT_FORM, "%zu digits", in->value.len);
	return hex_decode(in->value, out->at, out->len);
}

static const char *index_kcv(const struct officer_call *c, const struct ceremony *one)
{
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		if (c->by->roles >> (OFFICER_SO1 + i) & 1)
			return one->kcvs[i];
	return "";
}

static result run_component(struct officer_call *c, const void *args)
{
	const struct component_args *in = args;
	SCOPED(secret_wipe) struct secret value = { 0 };
	struct ceremony one;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(require_alone(c));
	TRY(ceremony_load(c->act->tx, in->id, &one));
	TRY(read_value(in, &one, &value));
	TRY(ceremony_component(c->act, keeper_room(c->keeper), &one, c->by, &value));
	officer_note(c, " kcv=%s", index_kcv(c, &one));
	jwrite_text(c->answer, "kcv", index_kcv(c, &one));
	return OK;
}

struct medium_args {
	int64_t id;
	struct str pin, copy, file;
};

static const struct officer_field write_fields[] = {
	OFFICER_NUMBER(medium_args, id, true, 1, INT64_MAX),
	OFFICER_NEW_SECRET_TEXT(medium_args, pin, true),
	OFFICER_TEXT(medium_args, copy, false, 1),
};

static result run_write(struct officer_call *c, const void *args)
{
	const struct medium_args *in = args;
	struct ceremony_writing how = { in->pin, in->copy.len ? in->copy.at[0] : 'A' };
	char *file = arena_alloc(c->arena, COMPONENT_FILE_MAX);
	struct writer w = writer_of(file, COMPONENT_FILE_MAX);
	struct ceremony one;

	officer_note(c, "id=%" PRId64 " copy=%c", in->id, how.copy);
	TRY(ceremony_load(c->act->tx, in->id, &one));
	TRY(ceremony_write(c->act, keeper_room(c->keeper), &one, c->by, &how, &w));
	return officer_tell_secret(c, "file", (struct str){ file, w.len });
}

static result run_paper(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	char *paper = arena_alloc(c->arena, PAPER_SIZE);
	struct writer w = writer_of(paper, PAPER_SIZE);
	struct ceremony one;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(ceremony_load(c->act->tx, in->id, &one));
	TRY(ceremony_paper(keeper_room(c->keeper), &one, c->by, &w));
	return officer_tell_secret(c, "paper", (struct str){ paper, w.len });
}

static const struct officer_field medium_fields[] = {
	OFFICER_NUMBER(medium_args, id, true, 1, INT64_MAX),
	OFFICER_SECRET_TEXT(medium_args, file, true),
	OFFICER_SECRET_TEXT(medium_args, pin, true),
};

static result run_verify(struct officer_call *c, const void *args)
{
	const struct medium_args *in = args;
	struct ceremony_medium medium = { in->file, in->pin };
	struct ceremony one;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(ceremony_load(c->act->tx, in->id, &one));
	return ceremony_verify(c->act, keeper_room(c->keeper), &one, c->by, &medium);
}

/* The check value of the key that is there now is what the officers write down (keys 5.4). */
static result tell_done(struct officer_call *c, const struct ceremony *one, bool done)
{
	struct master *rows;
	size_t count;

	jwrite_bool(c->answer, "done", done);
	jwrite_i64(c->answer, "lmk", done ? one->lmk : 0);
	if (!done) {
		officer_note(c, " presented");
		return OK;
	}
	officer_note(c, " lmk=%" PRId64, one->lmk);
	TRY(master_list(c->act->tx, c->arena, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == one->lmk)
			jwrite_text(c->answer, "kcv", rows[i].kcv);
	return OK;
}

typedef result(present_fn)(struct key_act *act, struct ceremony_room *room, struct ceremony *one,
                           const struct officer *by, const struct ceremony_medium *medium,
                           bool *done);

static result present(struct officer_call *c, const struct medium_args *in, present_fn *give)
{
	struct ceremony_medium medium = { in->file, in->pin };
	struct ceremony one;
	bool done;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(ceremony_load(c->act->tx, in->id, &one));
	TRY(give(c->act, keeper_room(c->keeper), &one, c->by, &medium, &done));
	return tell_done(c, &one, done);
}

static result run_present(struct officer_call *c, const void *args)
{
	return present(c, args, ceremony_present);
}

/* --- recovery shares --- */

static const struct officer_field share_fields[] = {
	OFFICER_NUMBER(medium_args, id, true, 1, INT64_MAX),
	OFFICER_NEW_SECRET_TEXT(medium_args, pin, true),
};

static result run_share(struct officer_call *c, const void *args)
{
	const struct medium_args *in = args;
	char *file = arena_alloc(c->arena, COMPONENT_FILE_MAX);
	struct writer w = writer_of(file, COMPONENT_FILE_MAX);
	struct ceremony one;
	unsigned left;

	TRY(ceremony_load(c->act->tx, in->id, &one));
	TRY(ceremony_share(c->act, keeper_room(c->keeper), &one, in->pin, &w, &left));
	officer_note(c, "id=%" PRId64 " left=%u", in->id, left);
	jwrite_i64(c->answer, "left", left);
	return officer_tell_secret(c, "file", (struct str){ file, w.len });
}

static result run_present_share(struct officer_call *c, const void *args)
{
	return present(c, args, ceremony_present_share);
}

static const struct officer_command commands[] = {
	{ .name = "ceremony.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "ceremony.begin",
	  .roles = MK,
	  .audit = "LMK.BEGIN",
	  OFFICER_FIELDS(begin_fields, begin_args),
	  .run = run_begin },
	{ .name = "ceremony.cancel",
	  .roles = MK,
	  .audit = "LMK.BREAK",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_cancel },
	{ .name = "ceremony.component",
	  .roles = OFFICER_ANY_SO,
	  .audit = "LMK.COMP",
	  OFFICER_FIELDS(component_fields, component_args),
	  .run = run_component },
	{ .name = "ceremony.write",
	  .roles = OFFICER_ANY_SO,
	  .flags = OFFICER_TELLS_SECRET,
	  .audit = "LMK.WRITE",
	  OFFICER_FIELDS(write_fields, medium_args),
	  .run = run_write },
	{ .name = "ceremony.paper",
	  .roles = OFFICER_ANY_SO,
	  .flags = OFFICER_TELLS_SECRET,
	  .audit = "LMK.PAPER",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_paper },
	{ .name = "ceremony.verify",
	  .roles = OFFICER_ANY_SO,
	  .flags = OFFICER_KEPT,
	  .audit = "LMK.VERIFY",
	  OFFICER_FIELDS(medium_fields, medium_args),
	  .run = run_verify },
	{ .name = "ceremony.present",
	  .roles = OFFICER_ANY_SO,
	  .flags = OFFICER_KEPT | OFFICER_MOVES_KEYS,
	  .audit = "LMK.LOAD",
	  OFFICER_FIELDS(medium_fields, medium_args),
	  .run = run_present },
	{ .name = "ceremony.share",
	  .roles = OFFICER_ANY_SO,
	  .flags = OFFICER_TELLS_SECRET,
	  .audit = "LMK.SHARE",
	  OFFICER_FIELDS(share_fields, medium_args),
	  .run = run_share },
	{ .name = "ceremony.present_share",
	  .roles = OFFICER_ANY_SO,
	  .flags = OFFICER_KEPT | OFFICER_MOVES_KEYS,
	  .audit = "LMK.LOAD",
	  OFFICER_FIELDS(medium_fields, medium_args),
	  .run = run_present_share },
};

const struct officer_table officer_acts_ceremony = { commands, ARRAY_LEN(commands) };
