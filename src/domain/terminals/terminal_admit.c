/* SPDX-License-Identifier: Apache-2.0 */
/* How a node comes in: authorised by a card, registered once by its machine, and from where
 * (terminal-protocol 6, A1.2 to A1.4). */
#include "domain/terminals/terminal_admit.h"

#include <stdio.h>

#include "domain/domain_sql.h"

result terminal_require_active(const struct terminal *t)
{
	if (t->state == TERMINAL_SUSPENDED)
		return FAIL(PAYMENT_TERMINAL_SUSPENDED, "node %s", t->node_id);
	if (t->blocked)
		return FAIL(TERMINAL_BLOCKED, "the subsystem of node %s", t->node_id);
	if (t->state != TERMINAL_ACTIVE)
		return FAIL(PAYMENT_TERMINAL_INACTIVE, "node %s", t->node_id);
	return OK;
}

result terminal_require_address(const struct terminal *t, struct str address)
{
	const char *range = t->address_range[0] ? t->address_range : t->subsystem_range;

	if (!range[0] || terminal_range_holds(str_of(range), address))
		return OK;
	return FAIL(FRONT_ADDRESS, "node %s at " STR_FMT, t->node_id, STR_ARG(address));
}

/* --- authorised --- */

static result require_card(const struct terminal *t, const struct terminal_card *card,
                           struct instant now)
{
	if (memcmp(t->sam_no, card->sam_no, sizeof t->sam_no) != 0)
		return FAIL(TERMINAL_CARD, "the card is for another SAM than node %s has",
		            t->node_id);
	if (card->until.us <= now.us)
		return FAIL(TERMINAL_CARD, "the time of card %s is over", card->serial);
	if (strcmp(t->card_serial, card->serial) == 0 && t->card_until.us == 0)
		return FAIL(TERMINAL_CARD, "card %s is burnt", card->serial);
	return OK;
}

static result note(struct db_tx *tx, struct instant now, const struct actor *by, const char *action,
                   const struct terminal *before, const char *after)
{
	struct audit_act line = {
		.action = action,
		.object_type = "terminal",
		.object_id = before->id,
		.before = str_of(terminal_state_names[before->state]),
		.after = str_of(after),
	};

	return audit_record(tx, now, by, &line);
}

result terminal_authorise(struct db_tx *tx, struct instant now, const struct actor *by,
                          const struct terminal_card *card, struct terminal *out)
{
	char after[64];
	struct terminal t;

	TRY(access_require(by, PERMISSION_TERMINALS));
	TRY(terminal_load_by_node(tx, card->node_id, &t));
	if (t.state != TERMINAL_AUTHORISED && !terminal_may_move(t.state, TERMINAL_AUTHORISED))
		return FAIL(TERMINAL_STATE, "%s to AUTHORISED", terminal_state_names[t.state]);
	if (!t.has_subsystem || t.blocked)
		return FAIL(TERMINAL_NO_SUBSYSTEM, "%.2s, processor %.2s", t.node_id,
		            t.node_id + 2);
	TRY(require_card(&t, card, now));
	TRY(db_execute(tx, &sql_terminal_authorise,
	               DB_ARGS(db_arg_i64(t.id), db_arg_i64(card->key_version),
	                       db_arg_text(card->serial), db_arg_i64(card->until.us),
	                       db_arg_i64(now.us)),
	               NULL));
	snprintf(after, sizeof after, "AUTHORISED card=%s version=%u", card->serial,
	         card->key_version);
	TRY(note(tx, now, by, "terminal.authorise", &t, after));
	return terminal_load(tx, t.id, out);
}

/* --- registered --- */

/* The answer was lost, and the same machine asks again. */
static bool is_repeat(const struct terminal *t, const struct terminal_registration *r)
{
	return t->state == TERMINAL_ACTIVE && t->card_until.us == 0 && t->card_serial[0] &&
	       strcmp(t->card_serial, r->serial) == 0 && strcmp(t->hardware, r->hardware) == 0;
}

static result require_unused(const struct terminal *t, const struct terminal_registration *r,
                             struct instant now)
{
	bool same = r->serial[0] && strcmp(t->card_serial, r->serial) == 0;

	if (same && t->card_until.us == 0)
		return FAIL(TERMINAL_CARD_USED, "card %s of node %s", r->serial, t->node_id);
	if (t->state != TERMINAL_AUTHORISED)
		return terminal_require_active(t).code != SUCCESS
		               ? terminal_require_active(t)
		               : FAIL(TERMINAL_CARD, "node %s is registered", t->node_id);
	if (t->blocked)
		return FAIL(TERMINAL_BLOCKED, "the subsystem of node %s", t->node_id);
	if (!same)
		return FAIL(TERMINAL_CARD, "node %s comes with another card", t->node_id);
	if (now.us > t->card_until.us)
		return FAIL(TERMINAL_CARD, "the time of card %s is over", r->serial);
	return OK;
}

result terminal_register(struct db_tx *tx, struct instant now,
                         const struct terminal_registration *r, struct terminal *out)
{
	char hash[2 * TERMINAL_HASH_LEN + 1], after[TERMINAL_HARDWARE_MAX + 64];
	struct actor by = actor_system("node");
	struct terminal t;

	TRY(terminal_load(tx, r->id, &t));
	*out = t;
	if (is_repeat(&t, r))
		return OK;
	TRY(require_unused(&t, r, now));
	hex_encode(bytes_of(r->software_hash, sizeof r->software_hash), hash);
	TRY(db_execute(tx, &sql_terminal_registered,
	               DB_ARGS(db_arg_i64(t.id), db_arg_text(r->hardware), db_arg_text(hash),
	                       db_arg_i64(now.us)),
	               NULL));
	snprintf(after, sizeof after, "ACTIVE card=%s hardware=%s", r->serial, r->hardware);
	TRY(note(tx, now, &by, "terminal.register", &t, after));
	return terminal_load(tx, t.id, out);
}
