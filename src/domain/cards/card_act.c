/* SPDX-License-Identifier: Apache-2.0 */
/* Every step an operator may take with a card: who may, what happens, what the audit says. */
#include <stdio.h>

#include "domain/cards/card.h"
#include "ledger/writer.h"

typedef result card_step(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                         struct card *out);

static const struct {
	const char *action;
	enum permission permission;
	card_step *step; /* NULL: replacement, which takes a number more */
} acts[] = {
	[CARD_DO_REPORT_LOST] = { "card.report_lost", PERMISSION_CARD_REPORT_LOST,
	                          card_report_lost },
	[CARD_DO_FOUND] = { "card.found", PERMISSION_CARD_REPORT_LOST, card_found },
	[CARD_DO_FREEZE] = { "card.freeze", PERMISSION_CARD_REPORT_LOST, card_freeze },
	[CARD_DO_UNFREEZE] = { "card.unfreeze", PERMISSION_CARD_REPORT_LOST, card_unfreeze },
	[CARD_DO_CLOSE] = { "card.close", PERMISSION_CARD_ISSUE, card_close },
	[CARD_DO_REPLACE] = { "card.replace", PERMISSION_CARD_REPLACE, NULL },
};

enum { WORDS_MAX = 80 };

static struct str words_of(const struct card *c, char out[WORDS_MAX])
{
	snprintf(out, WORDS_MAX, "state=%s sequence=%u index=%u", card_state_names[c->state],
	         c->sequence, c->index);
	return str_of(out);
}

result card_act(struct ledger_tx *tx, struct card_cache *cache, const struct card_act *act,
                struct card *out)
{
	char before[WORDS_MAX], after[WORDS_MAX];
	struct card old, new;

	TRY(access_require(act->by, acts[act->action].permission));
	TRY(card_load(tx->db, act->no, &old));
	if (acts[act->action].step)
		TRY(acts[act->action].step(tx, cache, act->no, &new));
	else
		TRY(card_replace(tx, cache, act->no, act->new_no, &new));
	struct audit_act line = {
		.action = acts[act->action].action,
		.object_type = "card",
		.object_id = new.id,
		.before = words_of(&old, before),
		.after = words_of(&new, after),
		.reason = act->reason,
	};
	TRY(audit_record(tx->db, tx->now, act->by, &line));
	*out = new;
	return OK;
}
