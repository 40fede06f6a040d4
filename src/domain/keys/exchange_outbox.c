/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_outbox.h"

#include <inttypes.h>

#include "crypto/locked.h"
#include "domain/keys/key_audit.h"

struct waiting {
	struct exchange_waiting shown; /* id 0: free */
	struct exchange_letters *letters;
};

struct exchange_outbox {
	int64_t last_id;
	struct waiting at[EXCHANGE_OUTBOX_MAX];
};

result exchange_outbox_open(struct exchange_outbox **out)
{
	*out = locked_alloc(sizeof **out);
	return *out ? OK : FAIL(LOCKED_FULL, "no locked memory for key letters");
}

static void let_go(struct waiting *w)
{
	if (w->letters)
		exchange_letters_free(&w->letters);
	*w = (struct waiting){ 0 };
}

void exchange_outbox_close(struct exchange_outbox *box)
{
	for (size_t i = 0; box && i < EXCHANGE_OUTBOX_MAX; i++)
		let_go(&box->at[i]);
	locked_free(box, sizeof *box);
}

void exchange_outbox_expire(struct exchange_outbox *box, struct instant now)
{
	for (size_t i = 0; i < EXCHANGE_OUTBOX_MAX; i++) {
		struct waiting *w = &box->at[i];

		if (w->shown.id &&
		    now.us - w->shown.since.us > EXCHANGE_OUTBOX_S * (int64_t)SECOND_US)
			let_go(w);
	}
}

static struct waiting *find(struct exchange_outbox *box, int64_t id)
{
	for (size_t i = 0; i < EXCHANGE_OUTBOX_MAX; i++)
		if (box->at[i].shown.id == id)
			return &box->at[i];
	return NULL;
}

static result require_waiting(struct key_act *act, struct exchange_outbox *box, int64_t id,
                              struct waiting **out)
{
	exchange_outbox_expire(box, act->now);
	*out = id > 0 ? find(box, id) : NULL;
	return *out ? OK : FAIL(EXCHANGE_LETTER, "letters %" PRId64, id);
}

result exchange_outbox_put(struct key_act *act, struct exchange_outbox *box, int64_t version,
                           unsigned parts, struct exchange_waiting *out)
{
	struct waiting *w;

	exchange_outbox_expire(box, act->now);
	w = find(box, 0);
	if (!w)
		return FAIL(EXCHANGE_LETTERS, "%d wait", EXCHANGE_OUTBOX_MAX);
	TRY(exchange_letters_make(act, version, parts, &w->letters));
	w->shown = (struct exchange_waiting){ .id = ++box->last_id,
		                              .parts = parts,
		                              .since = act->now };
	str_copy(str_of(w->letters->label), w->shown.label, sizeof w->shown.label);
	str_copy(str_of(w->letters->kcv), w->shown.kcv, sizeof w->shown.kcv);
	for (unsigned i = 0; i < parts; i++)
		str_copy(str_of(w->letters->at[i].kcv), w->shown.kcvs[i], KCV_TEXT_SIZE);
	*out = w->shown;
	return OK;
}

/* The officer's own place, or the next that nobody has: there is one while letters wait. */
static unsigned place_of(const struct waiting *w, const struct officer *by)
{
	unsigned place = 0;

	while (place < w->shown.taken && w->shown.custodians[place] != by->id)
		place++;
	ASSERT(place < w->shown.parts);
	return place;
}

result exchange_outbox_take(struct key_act *act, struct exchange_outbox *box,
                            const struct officer *by, int64_t id, struct exchange_taken *out)
{
	struct waiting *w;
	unsigned place;

	if (!officer_has(by, OFFICER_KEY))
		return FAIL(OFFICER_ROLE_OTHER, "%s has no role key", by->name);
	TRY(require_waiting(act, box, id, &w));
	place = place_of(w, by);
	TRY(key_audit_write(act, "KEY.LETTER.TAKE", OK, "label=%s letter=%u/%u kcv=%s",
	                    w->shown.label, place + 1, w->shown.parts, w->shown.kcvs[place]));
	w->shown.custodians[place] = by->id;
	if (place == w->shown.taken)
		w->shown.taken++;
	*out = (struct exchange_taken){ .place = place, .of = w->shown };
	memcpy(out->paper, w->letters->at[place].text, sizeof out->paper);
	if (w->shown.taken == w->shown.parts)
		let_go(w);
	return OK;
}

result exchange_outbox_cancel(struct key_act *act, struct exchange_outbox *box, int64_t id,
                              struct exchange_waiting *out)
{
	struct waiting *w;

	TRY(require_waiting(act, box, id, &w));
	TRY(key_audit_write(act, "KEY.LETTER.WIPE", OK, "label=%s taken=%u/%u", w->shown.label,
	                    w->shown.taken, w->shown.parts));
	*out = w->shown;
	let_go(w);
	return OK;
}

size_t exchange_outbox_list(struct exchange_outbox *box, struct instant now,
                            struct exchange_waiting out[EXCHANGE_OUTBOX_MAX])
{
	size_t count = 0;

	exchange_outbox_expire(box, now);
	for (size_t i = 0; i < EXCHANGE_OUTBOX_MAX; i++)
		if (box->at[i].shown.id)
			out[count++] = box->at[i].shown;
	return count;
}
