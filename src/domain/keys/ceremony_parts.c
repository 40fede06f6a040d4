/* SPDX-License-Identifier: Apache-2.0 */
/* An officer's part: a component is made, written, read back, presented. */
#include <stdio.h>

#include "crypto/digest.h"
#include "domain/keys/ceremony_room.h"
#include "domain/keys/kms_sql.h"

result ceremony_index_of(const struct officer *by, size_t *index)
{
	static const enum officer_role roles[CEREMONY_OFFICERS] = { OFFICER_SO1, OFFICER_SO2,
		                                                    OFFICER_SO3 };

	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		if (officer_has(by, roles[i])) {
			*index = i;
			return OK;
		}
	return FAIL(OFFICER_ROLE_OTHER, "%s is no security officer", by->name);
}

/* --- what a component must not be --- */

static void salted(const struct ceremony_room *room, const struct secret *value,
                   uint8_t out[DIGEST_SIZE])
{
	uint8_t in[sizeof room->salt + SECRET_MAX];

	memcpy(in, room->salt, sizeof room->salt);
	memcpy(in + sizeof room->salt, value->at, value->len);
	digest_sha256(bytes_of(in, sizeof room->salt + value->len), out);
	secret_wipe_bytes(in, sizeof in);
}

/* Not the same as another's: two equal components cancel each other. */
static result note_different(struct ceremony_room *room, size_t index, const struct secret *value)
{
	uint8_t hash[DIGEST_SIZE];

	salted(room, value, hash);
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		if (i != index && room->has_seen[i] &&
		    memcmp(room->seen[i], hash, sizeof hash) == 0)
			return FAIL(CEREMONY_EQUAL, "components %zu and %zu", i + 1, index + 1);
	memcpy(room->seen[index], hash, sizeof hash);
	room->has_seen[index] = true;
	return OK;
}

static result kcv_of(enum lmk_algorithm a, const struct secret *value, char out[COMPONENT_KCV_SIZE])
{
	struct kcv kcv;
	char text[KCV_TEXT_SIZE];

	TRY(kcv_of_secret((char)a, KCV_CMAC, bytes_of(value->at, value->len), &kcv));
	str_copy(str_of(kcv_text(&kcv, text)), out, COMPONENT_KCV_SIZE);
	return OK;
}

/* --- making --- */

result ceremony_component(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                          const struct officer *by, const struct secret *value)
{
	SCOPED(secret_wipe) struct secret new = *value;
	size_t index;

	TRY(ceremony_require_open(c));
	TRY(ceremony_index_of(by, &index));
	if (c->purpose != CEREMONY_FORM || c->steps[index] == CEREMONY_VERIFIED)
		return FAIL(CEREMONY_STATE, "component %zu is there", index + 1);
	ceremony_room_enter(room, c, act->random);
	if (new.len == 0) {
		new.len = lmk_size(c->algorithm);
		random_fill(act->random, new.at, new.len);
	}
	TRY(lmk_require_strong(c->algorithm, &new));
	TRY(note_different(room, index, &new));
	TRY(kcv_of(c->algorithm, &new, c->kcvs[index]));
	room->made[index] = (struct ceremony_held){ .value = new, .since = act->now };
	c->officers[index] = by->id;
	c->steps[index] = CEREMONY_NOTHING;
	return ceremony_save(act, c);
}

static result require_held(const struct ceremony_room *room, const struct ceremony *c,
                           const struct officer *by, size_t *index)
{
	TRY(ceremony_require_open(c));
	TRY(ceremony_index_of(by, index));
	if (room->ceremony != c->id || !room->made[*index].value.len ||
	    c->officers[*index] != by->id)
		return FAIL(CEREMONY_STATE, "component %zu is not held: make or enter it again",
		            *index + 1);
	return OK;
}

result ceremony_paper(struct ceremony_room *room, const struct ceremony *c,
                      const struct officer *by, struct writer *text)
{
	size_t index;

	TRY(require_held(room, c, by, &index));
	return component_print_paper(&room->made[index].value, text);
}

/* --- media --- */

static struct component component_of(const struct ceremony *c, size_t index)
{
	struct component p = { .set = "01",
		               .generation = (uint8_t)c->gen,
		               .algorithm = (char)c->algorithm,
		               .count = CEREMONY_OFFICERS,
		               .index = (uint8_t)(index + 1),
		               .status =
		                       c->status == MASTER_TEST ? COMPONENT_TEST : COMPONENT_LIVE };

	str_copy(str_of(c->kcvs[index]), p.kcv, sizeof p.kcv);
	return p;
}

static result note_medium(struct key_act *act, const struct ceremony *c, size_t index, char copy,
                          struct bytes text)
{
	uint8_t print[CEREMONY_PRINT];
	char name[2] = { copy };

	digest_sha256(text, print);
	return db_execute(act->tx, &sql_medium_add,
	                  DB_ARGS(db_arg_text(component_medium_pin_file()->name),
	                          db_arg_text(officer_role_names[OFFICER_SO1 + (int)index]),
	                          db_arg_i64(c->officers[index]), db_arg_text(name),
	                          db_arg_bytes(bytes_of(print, sizeof print)),
	                          db_arg_text(c->kcvs[index]), db_arg_i64(c->gen),
	                          db_arg_i64(act->now.us)),
	                  NULL);
}

result ceremony_write(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                      const struct officer *by, const struct ceremony_writing *how,
                      struct writer *file)
{
	const struct component_medium *medium = component_medium_pin_file();
	struct component_lock lock = { .pin = how->pin, .random = act->random };
	SCOPED(component_wipe) struct component p;
	size_t index, start = file->len;

	TRY(require_held(room, c, by, &index));
	if (how->copy != 'A' && how->copy != 'B')
		return FAIL(CEREMONY_STATE, "copy %c", how->copy);
	p = component_of(c, index);
	p.value = room->made[index].value;
	TRY(medium->seal(medium, &p, &lock, file));
	TRY(note_medium(act, c, index, how->copy, bytes_of(file->at + start, file->len - start)));
	if (c->steps[index] == CEREMONY_NOTHING)
		c->steps[index] = CEREMONY_WRITTEN;
	return ceremony_save(act, c);
}

struct known_medium {
	int64_t id, officer;
	uint32_t errors;
	bool found;
};

static result find_medium(struct db_tx *tx, struct str text, struct known_medium *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	uint8_t print[CEREMONY_PRINT];

	*out = (struct known_medium){ 0 };
	digest_sha256(str_bytes(text), print);
	TRY(db_select(tx, &sql_medium_find, DB_ARGS(db_arg_bytes(bytes_of(print, sizeof print))),
	              &rows));
	out->found = db_next(&rows);
	if (out->found) {
		out->id = db_i64(&rows, 0);
		out->officer = db_i64(&rows, 1);
		out->errors = db_u32(&rows, 2);
	}
	return db_done(&rows);
}

/* A medium the store does not know, such as on a new machine, is noted by its text, so that its
 * wrong PINs count. */
static result count_error(struct key_act *act, struct str text, const struct officer *by,
                          struct known_medium *k)
{
	uint8_t print[CEREMONY_PRINT];

	if (k->found)
		return db_execute(act->tx, &sql_medium_errors,
		                  DB_ARGS(db_arg_i64(k->id), db_arg_i64(k->errors + 1)), NULL);
	digest_sha256(str_bytes(text), print);
	TRY(db_execute(act->tx, &sql_medium_add,
	               DB_ARGS(db_arg_text("foreign"), db_arg_text(""), db_arg_i64(by->id),
	                       db_arg_text(""), db_arg_bytes(bytes_of(print, sizeof print)),
	                       db_arg_text(""), db_arg_i64(0), db_arg_i64(act->now.us)),
	               NULL));
	TRY(find_medium(act->tx, text, k));
	return db_execute(act->tx, &sql_medium_errors, DB_ARGS(db_arg_i64(k->id), db_arg_i64(1)),
	                  NULL);
}

result ceremony_open_medium(struct key_act *act, const struct ceremony_medium *m,
                            const struct officer *by, struct component *out)
{
	const struct component_medium *medium = component_medium_pin_file();
	struct known_medium known;

	TRY(find_medium(act->tx, m->file, &known));
	if (known.errors >= CEREMONY_PIN_ERRORS)
		return FAIL(CEREMONY_MEDIUM_LOCKED, "after %d wrong PINs", CEREMONY_PIN_ERRORS);
	if (known.found && known.officer != by->id)
		return FAIL(CEREMONY_OTHER, "the medium belongs to another officer");
	result r = medium->open(medium, m->file, m->pin, out);
	if (r.code == COMPONENT_PIN)
		TRY(count_error(act, m->file, by, &known));
	else if (is_ok(r) && known.errors)
		TRY(db_execute(act->tx, &sql_medium_errors,
		               DB_ARGS(db_arg_i64(known.id), db_arg_i64(0)), NULL));
	return r;
}

/* The component is this ceremony's, of this index, and is what its check value says. */
static result check_component(const struct ceremony *c, size_t index, const struct component *p)
{
	char kcv[COMPONENT_KCV_SIZE];

	if (p->needed || p->algorithm != (char)c->algorithm || p->count != CEREMONY_OFFICERS)
		return FAIL(CEREMONY_OTHER, "it is no component of such a key");
	if (p->index != index + 1)
		return FAIL(CEREMONY_OTHER, "component %u where %zu is asked for", p->index,
		            index + 1);
	if (p->generation != c->gen)
		return FAIL(CEREMONY_OTHER, "generation %u where %u is asked for", p->generation,
		            c->gen);
	if ((p->status == COMPONENT_TEST) != (c->status == MASTER_TEST))
		return FAIL(CEREMONY_OTHER, "test and live do not mix");
	TRY(kcv_of(c->algorithm, &p->value, kcv));
	if (strcmp(kcv, p->kcv) != 0)
		return FAIL(KEY_CHECK_VALUE, "component %zu has check value %s", index + 1, kcv);
	if (c->purpose == CEREMONY_FORM && strcmp(kcv, c->kcvs[index]) != 0)
		return FAIL(CEREMONY_OTHER, "another component than the one that was made");
	return OK;
}

result ceremony_verify(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                       const struct officer *by, const struct ceremony_medium *m)
{
	SCOPED(component_wipe) struct component p = { 0 };
	size_t index;

	TRY(ceremony_require_open(c));
	TRY(ceremony_index_of(by, &index));
	if (c->steps[index] == CEREMONY_NOTHING || c->officers[index] != by->id)
		return FAIL(CEREMONY_STATE, "component %zu is not written", index + 1);
	TRY(ceremony_open_medium(act, m, by, &p));
	TRY(check_component(c, index, &p));
	c->steps[index] = CEREMONY_VERIFIED;
	if (room->ceremony == c->id)
		secret_wipe_bytes(&room->made[index], sizeof room->made[index]);
	return ceremony_save(act, c);
}

/* --- joining --- */

static result require_ready(const struct ceremony *c, size_t index, const struct officer *by)
{
	TRY(ceremony_require_open(c));
	for (size_t i = 0; c->purpose == CEREMONY_FORM && i < CEREMONY_OFFICERS; i++)
		if (c->steps[i] != CEREMONY_VERIFIED)
			return FAIL(CEREMONY_STATE, "component %zu is not written and read back",
			            i + 1);
	if (c->purpose == CEREMONY_FORM && c->officers[index] != by->id)
		return FAIL(CEREMONY_OTHER, "component %zu is another officer's", index + 1);
	return OK;
}

static result join(struct key_act *act, struct ceremony_room *room, struct ceremony *c)
{
	struct secret parts[CEREMONY_OFFICERS];
	SCOPED(secret_wipe) struct secret lmk = { 0 };

	for (size_t i = 0; i < CEREMONY_OFFICERS; i++)
		parts[i] = room->presented[i].value;
	lmk_combine(parts, CEREMONY_OFFICERS, &lmk);
	secret_wipe_bytes(parts, sizeof parts);
	secret_wipe_bytes(room->presented, sizeof room->presented);
	return ceremony_install(act, room, c, &lmk);
}

result ceremony_present(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                        const struct officer *by, const struct ceremony_medium *m, bool *done)
{
	SCOPED(component_wipe) struct component p = { 0 };
	size_t index;

	*done = false;
	TRY(ceremony_index_of(by, &index));
	TRY(require_ready(c, index, by));
	ceremony_room_enter(room, c, act->random);
	TRY(ceremony_open_medium(act, m, by, &p));
	TRY(check_component(c, index, &p));
	TRY(lmk_require_strong(c->algorithm, &p.value));
	TRY(note_different(room, index, &p.value));
	room->presented[index] = (struct ceremony_held){ .value = p.value, .since = act->now };
	if (ceremony_room_presented(room, c->id) != (1u << CEREMONY_OFFICERS) - 1)
		return OK;
	*done = true;
	return join(act, room, c);
}
