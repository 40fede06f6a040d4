/* SPDX-License-Identifier: Apache-2.0 */
/* A host of the simplest kind: a table of numbers and a row of balances. The oracle beside the real
 * book. */
#include <stdlib.h>

#include "simulation/sim.h"

enum { KEYS_MAX = 2048 };

enum key_state { KEY_POSTED, KEY_DECLINED, KEY_REVERSED, KEY_TOMBSTONE, KEY_NOTED };

struct model_key {
	unsigned till;
	uint64_t tsn, digest;
	enum key_state state;
	enum pos_kind what;
	unsigned card;
	int64_t amount_fen, undone_fen; /* voided or refunded of it */
	char code[POS_CODE_SIZE];
	int64_t balance_fen;
	uint64_t original_tsn;
};

struct model_state {
	int64_t cards[SIM_CARDS], counter_fen; /* takings less cash taken in: the other side */
	struct model_key keys[KEYS_MAX];
	size_t key_count;
};

struct model {
	struct sim_host host;
	struct model_state now, durable;
};

static struct model *model_of(struct sim_host *h)
{
	return (struct model *)(void *)h;
}

static void copy_state(struct model_state *to, const struct model_state *from)
{
	memcpy(to->cards, from->cards, sizeof to->cards);
	to->counter_fen = from->counter_fen;
	to->key_count = from->key_count;
	memcpy(to->keys, from->keys, from->key_count * sizeof *to->keys);
}

static struct model_key *find(struct model_state *m, unsigned till, uint64_t tsn)
{
	for (size_t i = 0; i < m->key_count; i++)
		if (m->keys[i].till == till && m->keys[i].tsn == tsn)
			return &m->keys[i];
	return NULL;
}

static struct model_key *add(struct model_state *m, struct model_key k)
{
	ASSERT(m->key_count < KEYS_MAX);
	m->keys[m->key_count] = k;
	return &m->keys[m->key_count++];
}

static void move(struct model_state *m, unsigned card, int64_t fen)
{
	m->cards[card] += fen;
	m->counter_fen -= fen;
}

static int64_t effect(const struct model_key *k)
{
	if (k->what == POS_BALANCE)
		return 0;
	return k->what == POS_PURCHASE ? -k->amount_fen : k->amount_fen;
}

static const char *decide_undo(struct model_state *m, struct model_key *k)
{
	struct model_key *o = find(m, k->till, k->original_tsn);

	if (!o)
		return "25";
	if (o->state != KEY_POSTED || o->what != POS_PURCHASE)
		return "22";
	if (k->what == POS_VOID ? o->undone_fen > 0 : o->undone_fen + k->amount_fen > o->amount_fen)
		return "22";
	o->undone_fen += k->amount_fen;
	return "00";
}

static const char *decide(struct model_state *m, struct model_key *k)
{
	if (k->what == POS_VOID || k->what == POS_REFUND)
		return decide_undo(m, k);
	if (k->what == POS_PURCHASE && m->cards[k->card] < k->amount_fen)
		return "51";
	return "00";
}

static void request(struct model_state *m, const struct sim_message *in, struct sim_message *reply)
{
	struct model_key *k = find(m, in->till, in->tsn);

	if (!k) {
		struct model_key fresh = { .till = in->till,
			                   .tsn = in->tsn,
			                   .digest = in->digest,
			                   .what = in->what,
			                   .card = in->card,
			                   .amount_fen = in->amount_fen,
			                   .original_tsn = in->original_tsn };

		memcpy(fresh.code, decide(m, &fresh), sizeof fresh.code);
		fresh.state = strcmp(fresh.code, "00") != 0 ? KEY_DECLINED : KEY_POSTED;
		if (fresh.state == KEY_POSTED)
			move(m, fresh.card, effect(&fresh));
		fresh.balance_fen = m->cards[fresh.card];
		k = add(m, fresh);
	}
	if (k->state != KEY_TOMBSTONE && k->digest != in->digest) {
		memcpy(reply->code, "94", sizeof reply->code);
		return;
	}
	memcpy(reply->code, k->code, sizeof reply->code);
	reply->balance_fen = k->balance_fen;
}

/* Reversing an undo makes the original whole again. */
static void take_back(struct model_state *m, struct model_key *k)
{
	struct model_key *o = k->original_tsn ? find(m, k->till, k->original_tsn) : NULL;

	move(m, k->card, -effect(k));
	if (o)
		o->undone_fen -= k->amount_fen;
	k->state = KEY_REVERSED;
}

static void reversal(struct model_state *m, const struct sim_message *in, struct sim_message *reply)
{
	struct model_key *o;

	memcpy(reply->code, "00", sizeof reply->code);
	if (find(m, in->till, in->tsn))
		return;
	add(m, (struct model_key){ .till = in->till,
	                           .tsn = in->tsn,
	                           .digest = in->digest,
	                           .state = KEY_NOTED,
	                           .code = "00" });
	o = find(m, in->till, in->original_tsn);
	if (!o)
		add(m, (struct model_key){ .till = in->till,
		                           .tsn = in->original_tsn,
		                           .state = KEY_TOMBSTONE,
		                           .code = "22" });
	else if (o->state == KEY_POSTED)
		take_back(m, o);
}

static void upload(struct model_state *m, const struct sim_message *in, struct sim_message *reply)
{
	for (size_t i = 0; i < in->record_count; i++) {
		const struct sim_record *r = &in->records[i];

		reply->records[i].status = find(m, in->till, r->tsn) ? 1 : 0;
		if (reply->records[i].status == 1)
			continue;
		move(m, r->card, -r->amount_fen);
		add(m, (struct model_key){ .till = in->till,
		                           .tsn = r->tsn,
		                           .state = KEY_POSTED,
		                           .what = POS_PURCHASE,
		                           .card = r->card,
		                           .amount_fen = r->amount_fen,
		                           .code = "00" });
	}
}

static void model_batch(struct sim_host *h, struct instant now, const struct sim_message *in,
                        size_t n, enum sim_crash crash, struct sim_message *replies)
{
	struct model *m = model_of(h);

	(void)now;
	for (size_t i = 0; i < n; i++) {
		replies[i] = in[i];
		if (in[i].kind == SIM_REQUEST)
			request(&m->now, &in[i], &replies[i]);
		else if (in[i].kind == SIM_REVERSAL)
			reversal(&m->now, &in[i], &replies[i]);
		else if (in[i].kind == SIM_UPLOAD)
			upload(&m->now, &in[i], &replies[i]);
	}
	if (crash == SIM_CRASH_NEVER || crash == SIM_CRASH_AFTER_COMMIT)
		copy_state(&m->durable, &m->now);
}

static void model_restart(struct sim_host *h, struct instant now)
{
	(void)now;
	copy_state(&model_of(h)->now, &model_of(h)->durable);
}

static int model_stands(struct sim_host *h, unsigned till, uint64_t tsn, uint64_t digest)
{
	struct model_key *k = find(&model_of(h)->now, till, tsn);

	(void)digest;
	return k && k->state == KEY_POSTED;
}

static int64_t model_balance(struct sim_host *h, unsigned card)
{
	return model_of(h)->now.cards[card];
}

static uint64_t model_floor(struct sim_host *h, unsigned till)
{
	const struct model_state *m = &model_of(h)->now;
	uint64_t highest = 0;

	for (size_t i = 0; i < m->key_count; i++)
		if (m->keys[i].till == till && m->keys[i].tsn > highest)
			highest = m->keys[i].tsn;
	return highest + 1001;
}

static const char *model_wrong(struct sim_host *h)
{
	struct model_state *m = &model_of(h)->now;
	int64_t sum = m->counter_fen;

	for (unsigned c = 0; c < SIM_CARDS; c++)
		sum += m->cards[c] - SIM_OPENING_FEN;
	return sum == 0 ? NULL : "the sides differ";
}

static void model_close(struct sim_host *h)
{
	free(model_of(h));
}

struct sim_host *sim_host_model(void)
{
	struct model *m = calloc(1, sizeof *m);

	ASSERT(m);
	m->host = (struct sim_host){ model_batch, model_restart, model_stands, model_balance,
		                     model_floor, model_wrong,   model_close };
	for (unsigned c = 0; c < SIM_CARDS; c++)
		m->now.cards[c] = m->durable.cards[c] = SIM_OPENING_FEN;
	return &m->host;
}
