/* SPDX-License-Identifier: Apache-2.0 */
/* The key that comes of a ceremony: checked, installed, noted; and its recovery shares. */
#include <inttypes.h>

#include "domain/keys/ceremony_room.h"
#include "domain/keys/kms_sql.h"

/* --- installing --- */

static result check_new(const struct ceremony *c, const struct secret *lmk)
{
	TRY(lmk_require_strong(c->algorithm, lmk));
	if (lmk_is_published(c->algorithm, lmk) && c->status == MASTER_LIVE)
		return FAIL(CEREMONY_PUBLISHED, "the published test key never becomes live");
	return OK;
}

/* The row that a LOAD is to make good; its check value is known. */
static result find_wanted(struct key_act *act, int64_t id, struct master *out)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct master *rows;
	size_t count;

	TRY(master_list(act->tx, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == id) {
			*out = rows[i];
			return OK;
		}
	return FAIL(MASTER_NONE, "there is no master key %" PRId64, id);
}

static result note_new(struct key_act *act, struct ceremony *c, const struct hsm_lmk *installed)
{
	struct master m = {
		.slot = c->slot, .algorithm = c->algorithm, .gen = c->gen, .status = c->status
	};

	hex_encode(bytes_of(installed->check, HSM_PROOF), m.kcv);
	memcpy(m.proof, installed->proof, sizeof m.proof);
	TRY(master_add(act->tx, act->now, &m));
	c->lmk = m.id;
	return OK;
}

/* A retired key comes back to open old blocks, in a slot of its own. */
static result note_loaded(struct key_act *act, const struct ceremony *c, const struct master *m)
{
	if (m->state != MASTER_RETIRED)
		return OK;
	TRY(db_execute(act->tx, &sql_master_set_slot,
	               DB_ARGS(db_arg_i64(m->id), db_arg_i64(c->slot)), NULL));
	return master_set_state(act->tx, act->now, m->id, MASTER_RETIRED, MASTER_OLD);
}

static result require_same(const struct master *m, const struct hsm_lmk *installed)
{
	char kcv[2 * HSM_PROOF + 1];

	hex_encode(bytes_of(installed->check, HSM_PROOF), kcv);
	if (strcmp(kcv, m->kcv) != 0 || memcmp(installed->proof, m->proof, sizeof m->proof) != 0)
		return FAIL(KEY_CHECK_VALUE, "the key has check value %s, not %s", kcv, m->kcv);
	return OK;
}

static result install_new(struct key_act *act, struct ceremony *c, struct hsm_session *session,
                          const struct secret *lmk)
{
	struct hsm_lmk installed;

	TRY(check_new(c, lmk));
	TRY(hsm_lmk_install(session, c->slot, c->algorithm, lmk, &installed));
	return note_new(act, c, &installed);
}

/* What the check value says is wrong never reaches the device. */
static result install_known(struct key_act *act, struct ceremony *c, struct hsm_session *session,
                            const struct secret *lmk)
{
	struct hsm_lmk installed;
	struct master wanted;
	char kcv[KCV_TEXT_SIZE];
	struct kcv found;

	TRY(find_wanted(act, c->lmk, &wanted));
	TRY(kcv_of_secret((char)c->algorithm, KCV_CMAC, bytes_of(lmk->at, lmk->len), &found));
	if (strcmp(kcv_text(&found, kcv), wanted.kcv) != 0)
		return FAIL(KEY_CHECK_VALUE, "the key has check value %s, not %s", kcv, wanted.kcv);
	TRY(hsm_lmk_install(session, c->slot, c->algorithm, lmk, &installed));
	result r = require_same(&wanted, &installed);
	if (is_ok(r))
		r = note_loaded(act, c, &wanted);
	if (!is_ok(r))
		TRY(hsm_lmk_erase(session, c->slot));
	return r;
}

/* The key itself is let go at once; what is held are its shares, until each is on its medium. */
static result deal(struct key_act *act, struct ceremony_room *room, const struct ceremony *c,
                   const struct secret *lmk)
{
	struct secret shares[CEREMONY_SHARES_MAX] = { 0 };
	result r = shamir_split(lmk, c->shares, act->random, shares);

	room->shares_written = 0;
	for (size_t i = 0; is_ok(r) && i < c->shares.count; i++)
		room->shares_out[i] =
		        (struct ceremony_held){ .value = shares[i], .since = act->now };
	secret_wipe_bytes(shares, sizeof shares);
	return r;
}

result ceremony_install(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                        const struct secret *lmk)
{
	struct hsm_session *session;

	TRY(ceremony_require_session(act->ring, c->algorithm, &session));
	TRY(c->purpose == CEREMONY_FORM ? install_new(act, c, session, lmk)
	                                : install_known(act, c, session, lmk));
	c->state = CEREMONY_FORMED;
	if (c->purpose == CEREMONY_FORM && c->shares.needed)
		TRY(deal(act, room, c, lmk));
	return ceremony_save(act, c);
}

/* --- recovery shares --- */

result ceremony_share(struct key_act *act, struct ceremony_room *room, const struct ceremony *c,
                      struct str pin, struct writer *file, unsigned *left)
{
	const struct component_medium *medium = component_medium_pin_file();
	struct component_lock lock = { .pin = pin, .random = act->random };
	SCOPED(component_wipe)
	struct component p = { .set = "01",
		               .generation = (uint8_t)c->gen,
		               .algorithm = (char)c->algorithm,
		               .count = c->shares.count,
		               .needed = c->shares.needed,
		               .index = (uint8_t)(room->shares_written + 1),
		               .status =
		                       c->status == MASTER_TEST ? COMPONENT_TEST : COMPONENT_LIVE };
	struct ceremony_held *next = &room->shares_out[room->shares_written % CEREMONY_SHARES_MAX];
	struct master m;

	*left = 0;
	if (room->ceremony != c->id || room->shares_written >= c->shares.count || !next->value.len)
		return FAIL(CEREMONY_STATE, "no share is to be written");
	TRY(find_wanted(act, c->lmk, &m));
	str_copy(str_of(m.kcv), p.kcv, sizeof p.kcv);
	p.value = next->value;
	TRY(medium->seal(medium, &p, &lock, file));
	secret_wipe_bytes(next, sizeof *next);
	room->shares_written++;
	*left = c->shares.count - room->shares_written;
	return OK;
}

static result check_share(const struct ceremony *c, const struct master *wanted,
                          const struct component *p)
{
	if (!p->needed || p->algorithm != (char)c->algorithm || p->generation != c->gen)
		return FAIL(CEREMONY_OTHER, "it is no share of this key");
	if ((p->status == COMPONENT_TEST) != (c->status == MASTER_TEST) ||
	    strcmp(p->kcv, wanted->kcv) != 0)
		return FAIL(CEREMONY_OTHER, "it is a share of the key %s", p->kcv);
	return OK;
}

static result keep_share(struct ceremony_room *room, struct key_act *act, const struct component *p)
{
	for (size_t i = 0; i < room->shares_in_count; i++)
		if (room->shares_in[i].x == p->index)
			return FAIL(CEREMONY_EQUAL, "share %u is there already", p->index);
	if (room->shares_in_count == CEREMONY_SHARES_MAX)
		return FAIL(SHARES_BAD, "too many shares");
	room->shares_in[room->shares_in_count++] =
	        (struct ceremony_held){ .value = p->value, .since = act->now, .x = p->index };
	return OK;
}

static result join_shares(struct key_act *act, struct ceremony_room *room, struct ceremony *c)
{
	struct secret shares[CEREMONY_SHARES_MAX];
	SCOPED(secret_wipe) struct secret lmk = { 0 };

	for (size_t i = 0; i < room->shares_in_count; i++)
		shares[i] = room->shares_in[i].value;
	result r = shamir_combine(shares, room->shares_in_count, &lmk);
	secret_wipe_bytes(shares, sizeof shares);
	secret_wipe_bytes(room->shares_in, sizeof room->shares_in);
	room->shares_in_count = 0;
	return is_ok(r) ? ceremony_install(act, room, c, &lmk) : r;
}

result ceremony_present_share(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                              const struct officer *by, const struct ceremony_medium *m, bool *done)
{
	SCOPED(component_wipe) struct component p = { 0 };
	struct master wanted;

	*done = false;
	TRY(ceremony_require_open(c));
	if (c->purpose != CEREMONY_LOAD)
		return FAIL(CEREMONY_STATE, "shares bring back a key that was there");
	TRY(find_wanted(act, c->lmk, &wanted));
	ceremony_room_enter(room, c, act->random);
	TRY(ceremony_open_medium(act, m, by, &p));
	TRY(check_share(c, &wanted, &p));
	TRY(keep_share(room, act, &p));
	if (room->shares_in_count < p.needed)
		return OK;
	*done = true;
	return join_shares(act, room, c);
}
