/* SPDX-License-Identifier: Apache-2.0 */
/* A till: the product's journal and machines, wired to the simulated medium and network. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulation/sim.h"

enum {
	MS = 1000,
	LINK_DOWN_MAX_MS = 60000,
	BOOT_MAX_MS = 5000,
	ACT_MAX_MS = 8000,
	GIVE_UP_SENDS = 3
};

static uint64_t digest_of(const struct pos_draft *d, unsigned card)
{
	uint64_t words[] = { (uint64_t)d->kind, (uint64_t)d->amount_fen, card, d->original_tsn,
		             d->day.yyyymmdd };
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		h = (h ^ words[i]) * 1099511628211u;
	return h;
}

static unsigned card_of(const char *card_no)
{
	return (unsigned)(card_no[0] - '0');
}

struct sim_truth *sim_truth_find(struct sim *s, unsigned till, uint64_t tsn)
{
	for (size_t i = s->truth_count; i-- > 0;)
		if (s->truths[i].till == till && s->truths[i].tsn == tsn)
			return &s->truths[i];
	return NULL;
}

/* A number that was taken but never left the till may be given again by a store that is new. */
static struct sim_truth *place_of(struct sim *s, unsigned till, uint64_t tsn)
{
	struct sim_truth *had = sim_truth_find(s, till, tsn);

	if (had && !had->left && !had->delivered)
		return had;
	ASSERT(s->truth_count < SIM_TRUTHS_MAX);
	return &s->truths[s->truth_count++];
}

static void note_truth(struct sim *s, unsigned till, const struct pos_draft *d, bool offline)
{
	unsigned card = card_of(d->card_no);

	*place_of(s, till, d->tsn) = (struct sim_truth){
		.till = till,
		.tsn = d->tsn,
		.original_tsn = d->original_tsn,
		.digest = digest_of(d, card),
		.what = d->kind,
		.offline = offline,
		.card = card,
		.amount_fen = d->amount_fen,
	};
}

static void note_left(struct sim *s, unsigned till, uint64_t tsn)
{
	struct sim_truth *t = sim_truth_find(s, till, tsn);

	if (t)
		t->left = true;
}

static void deliver(struct sim *s, unsigned till, uint64_t tsn)
{
	struct sim_truth *t = sim_truth_find(s, till, tsn);

	if (t)
		t->delivered = true;
}

void sim_till_crash(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];

	if (!t->up)
		return;
	s->crashes++;
	t->up = false;
	t->timer_generation++;
	t->wake_generation++;
	t->wake_at_us = INT64_MAX;
	pos_journal_close(&t->journal);
	sim_disk_power_off(&t->disk);
	sim_post(s, (struct sim_event){ .at_us = s->now_us + sim_between(s, 500, BOOT_MAX_MS) * MS,
	                                .kind = SIM_BOOT,
	                                .till = till });
}

/* A write that does not return OK is the power going. */
static bool wrote(struct sim *s, unsigned till, result r)
{
	if (is_ok(r))
		return true;
	if (r.code != FILE_WRITE)
		sim_violation(s, "till %u: journal says %s: %s", till, result_name(r),
		              result_last()->text);
	sim_till_crash(s, till);
	return false;
}

static void send(struct sim *s, unsigned till, const struct sim_message *m)
{
	struct sim_till *t = &s->tills[till];

	if (sim_chance(s, s->rates.crash_x100)) {
		sim_till_crash(s, till);
		return;
	}
	if (t->link && sim_chance(s, s->rates.flap_x100))
		sim_till_link(s, till, false);
	if (t->link)
		sim_send(s, m);
}

static void send_request(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];
	const struct pos_draft *d = &t->txn.draft;

	note_left(s, till, d->tsn);
	send(s, till,
	     &(struct sim_message){
	             .kind = SIM_REQUEST,
	             .till = till,
	             .tsn = d->tsn,
	             .original_tsn = d->original_tsn,
	             .original_lsn = strtoull(d->original_ref, NULL, 10),
	             .what = d->kind,
	             .card = card_of(d->card_no),
	             .amount_fen = d->amount_fen,
	             .digest = digest_of(d, card_of(d->card_no)),
	     });
}

static void send_reversal(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];
	const struct pos_draft *d = &t->txn.draft;

	send(s, till,
	     &(struct sim_message){
	             .kind = SIM_REVERSAL,
	             .till = till,
	             .tsn = t->txn.reversal_tsn,
	             .original_tsn = d->tsn,
	             .what = d->kind,
	             .card = card_of(d->card_no),
	             .amount_fen = d->amount_fen,
	             .digest = t->txn.reversal_tsn,
	     });
}

static void arm(struct sim *s, unsigned till, uint32_t ms)
{
	sim_post(s, (struct sim_event){ .at_us = s->now_us + (int64_t)ms * MS,
	                                .kind = SIM_TIMER,
	                                .till = till,
	                                .generation = ++s->tills[till].timer_generation });
}

static void show(struct sim *s, unsigned till)
{
	struct pos_txn *x = &s->tills[till].txn;

	if (x->state == POS_TXN_APPROVED && x->draft.kind != POS_BALANCE)
		deliver(s, till, x->draft.tsn);
}

static void obey_one(struct sim *s, unsigned till, const struct pos_command *c)
{
	struct sim_till *t = &s->tills[till];

	switch (c->kind) {
	case POS_WRITE_SENT:
		wrote(s, till, pos_journal_sent(&t->journal, &t->txn.draft));
		break;
	case POS_WRITE_OUTCOME:
		wrote(s, till, pos_journal_outcome(&t->journal, &t->txn.outcome));
		break;
	case POS_WRITE_REVERSING:
		wrote(s, till,
		      pos_journal_reversing(&t->journal, t->txn.reversal_tsn, t->txn.reason));
		break;
	case POS_WRITE_REVERSED:
		wrote(s, till, pos_journal_reversed(&t->journal));
		break;
	case POS_SEND_REQUEST:
		send_request(s, till);
		break;
	case POS_SEND_REVERSAL:
		send_reversal(s, till);
		break;
	case POS_SHOW:
		show(s, till);
		break;
	case POS_ARM:
		arm(s, till, c->ms);
		break;
	case POS_DISARM:
		t->timer_generation++;
		break;
	case POS_LOCK:
		/* The fingerprint stops a number that is used twice; that it is caught by money too
		 * is worth knowing. */
		if (s->mutant != SIM_TILL_COUNTS_IN_MEMORY)
			sim_violation(s, "till %u: told to stop by %s", till, t->txn.outcome.code);
		break;
	case POS_SIGN_IN:
	case POS_REFRESH_LIST:
		break;
	}
}

/* Some mutants do things in another order than the machine says. */
static void reorder(const struct sim *s, struct pos_commands *c)
{
	size_t early = s->mutant == SIM_TILL_SENDS_FIRST && c->at[0].kind == POS_WRITE_SENT ? 1
	               : s->mutant == SIM_TILL_DELIVERS_FIRST && c->at[0].kind == POS_WRITE_OUTCOME
	                       ? 2
	                       : 0;
	struct pos_command first;

	if (c->count <= early || early == 0)
		return;
	first = c->at[early];
	for (size_t i = early; i > 0; i--)
		c->at[i] = c->at[i - 1];
	c->at[0] = first;
}

static void obey(struct sim *s, unsigned till, struct pos_commands *c)
{
	reorder(s, c);
	for (size_t i = 0; i < c->count && s->tills[till].up; i++)
		obey_one(s, till, &c->at[i]);
}

/* Every event that may begin a reversal brings a durable number along. */
static void step(struct sim *s, unsigned till, struct pos_event e)
{
	struct sim_till *t = &s->tills[till];
	struct pos_commands c;

	if (!wrote(s, till, pos_journal_tsn(&t->journal, &e.spare_tsn)))
		return;
	pos_txn_step(&t->txn, &e, &c);
	obey(s, till, &c);
}

void sim_till_boot(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];
	result r = pos_journal_open(&t->journal, &t->disk.disk, "40010007");

	t->up = true;
	t->wake_at_us = INT64_MAX;
	if (!wrote(s, till, r))
		return;
	if (s->mutant == SIM_TILL_COUNTS_IN_MEMORY && t->volatile_tsn > 0)
		t->journal.next_tsn = t->volatile_tsn;
	t->volatile_tsn = t->journal.next_tsn;
	pos_txn_init(&t->txn);
	pos_upload_init(&t->upload, (uint64_t)s->now_us + 1);
	t->upload.batch_max = SIM_RECORDS_MAX;
	/* The till shows what was finished and not yet seen: the last sale, or the last stored
	 * record. */
	if (t->journal.last.approved)
		deliver(s, till, t->journal.last.tsn);
	for (const struct pos_record *q = pos_journal_next_record(&t->journal, 0); q;
	     q = pos_journal_next_record(&t->journal, q->tsn))
		deliver(s, till, q->tsn);
	if (s->mutant == SIM_TILL_FORGETS_AT_BOOT && t->journal.pending == POS_PENDING_SENT &&
	    !wrote(s, till,
	           pos_journal_outcome(&t->journal,
	                               &(struct pos_outcome){ .tsn = t->journal.draft.tsn })))
		return;
	step(s, till, (struct pos_event){ .kind = POS_EVENT_BOOT, .journal = &t->journal });
	sim_till_upload(s, till);
}

/* --- what the clerk does --- */

static void start(struct sim *s, unsigned till, struct pos_draft d)
{
	struct sim_till *t = &s->tills[till];

	if (!wrote(s, till, pos_journal_tsn(&t->journal, &d.tsn)))
		return;
	if (d.kind == POS_BALANCE)
		pos_journal_tsn_used(&t->journal, d.tsn);
	else
		note_truth(s, till, &d, false);
	step(s, till, (struct pos_event){ .kind = POS_EVENT_START, .draft = &d });
}

/* Bytes 2…9 number, 28 card, 46 amount (terminal-protocol 12.8); what the simulation does not look
 * at stays zero. */
static void store(struct sim *s, unsigned till, struct pos_draft d)
{
	struct sim_till *t = &s->tills[till];
	uint8_t record[POS_RECORD_SIZE] = { 1, 0x22 };

	if (!wrote(s, till, pos_journal_tsn(&t->journal, &d.tsn)))
		return;
	store_be64(record + 2, d.tsn);
	store_be32(record + 24, t->journal.sam_sequence + 1);
	memset(record + 28, 0xFF, 10);
	record[28] = (uint8_t)(card_of(d.card_no) << 4 | 15);
	store_be32(record + 46, (uint32_t)d.amount_fen);
	note_truth(s, till, &d, true);
	if (s->mutant == SIM_TILL_TONE_FIRST)
		deliver(s, till, d.tsn);
	if (!wrote(s, till, pos_journal_record(&t->journal, record)))
		return;
	deliver(s, till, d.tsn);
	sim_till_upload(s, till);
}

/* Void the last sale, or refund part of it. */
static bool undo(struct sim *s, unsigned till, struct pos_draft *d)
{
	const struct pos_sale *last = pos_journal_sale(&s->tills[till].journal, 0);

	if (!last)
		return false;
	memcpy(d->card_no, last->draft.card_no, sizeof d->card_no);
	d->original_tsn = last->draft.tsn;
	memcpy(d->original_ref, last->outcome.reference, sizeof d->original_ref);
	d->amount_fen = d->kind == POS_VOID ? last->draft.amount_fen
	                                    : sim_between(s, 1, last->draft.amount_fen);
	return true;
}

static void choose(struct sim *s, struct pos_draft *d)
{
	static const enum pos_kind kinds[] = { POS_PURCHASE, POS_PURCHASE, POS_PURCHASE,
		                               POS_PURCHASE, POS_PURCHASE, POS_PURCHASE,
		                               POS_VOID,     POS_REFUND,   POS_TOPUP,
		                               POS_BALANCE };

	*d = (struct pos_draft){ .kind = kinds[sim_between(s, 0, ARRAY_LEN(kinds) - 1)],
		                 .at = { s->now_us },
		                 .day = { 20260901 } };
	d->card_no[0] = (char)('0' + sim_between(s, 0, SIM_CARDS - 1));
	d->amount_fen = d->kind == POS_TOPUP ? sim_between(s, 100, 2000) : sim_between(s, 1, 3000);
	if (d->kind == POS_BALANCE)
		d->amount_fen = 0;
}

/*
 * The clerk gets a till with an empty store under the same number (terminal-protocol 16.4). Nothing
 * was pending or held, so only the numbers are lost; the sign-in tells from where to count. The
 * host has seen a number of this store: a store lost before that, twice in a row, would get the
 * same floor twice.
 */
static void replace_store(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];

	pos_journal_close(&t->journal);
	t->disk.len = t->disk.synced = 0;
	t->volatile_tsn = 0;
	t->timer_generation++;
	t->wake_generation++;
	sim_till_boot(s, till);
}

/* No business with a new journal before the host has said from where to count. */
static bool is_signed_in(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];

	if (t->journal.signed_in)
		return true;
	if (!t->link || !s->host_up)
		return false;
	if (s->mutant != SIM_TILL_IGNORES_FLOOR &&
	    !wrote(s, till, pos_journal_raise(&t->journal, s->host->floor(s->host, till))))
		return false;
	return wrote(s, till, pos_journal_batch(&t->journal, 1));
}

void sim_till_act(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];
	struct pos_draft d;

	if (t->acts_left == 0)
		return;
	sim_post(s, (struct sim_event){ .at_us = s->now_us + sim_between(s, 100, ACT_MAX_MS) * MS,
	                                .kind = SIM_ACT,
	                                .till = till });
	if (!t->up)
		return;
	if (!pos_txn_is_free(&t->txn)) {
		if (t->txn.state == POS_TXN_SENT && sim_between(s, 0, 9) == 0)
			step(s, till, (struct pos_event){ .kind = POS_EVENT_CANCEL });
		return;
	}
	if (!is_signed_in(s, till))
		return;
	t->acts_left--;
	if (t->journal.held == 0 && t->journal.last.tsn > 0 && sim_between(s, 0, 29) == 0) {
		replace_store(s, till);
		return;
	}
	if (sim_between(s, 0, 9) == 0) {
		pos_upload_close(&t->upload);
		sim_till_upload(s, till);
		return;
	}
	choose(s, &d);
	if (!t->link || sim_between(s, 0, 19) == 0) {
		d.kind = POS_PURCHASE;
		d.amount_fen = sim_between(s, 1, 500);
		store(s, till, d);
	} else if ((d.kind != POS_VOID && d.kind != POS_REFUND) || undo(s, till, &d)) {
		start(s, till, d);
	}
}

/* --- what comes back --- */

void sim_till_timer(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];

	if (s->mutant == SIM_TILL_GIVES_UP && t->txn.state == POS_TXN_REVERSING &&
	    t->txn.sends >= GIVE_UP_SENDS) {
		wrote(s, till, pos_journal_reversed(&t->journal));
		pos_txn_init(&t->txn);
		return;
	}
	step(s, till, (struct pos_event){ .kind = POS_EVENT_TIMER });
}

static void upload_answered(struct sim *s, unsigned till, const struct sim_message *m)
{
	struct sim_till *t = &s->tills[till];
	struct pos_upload_reply reply = { .acknowledged = m->sequence, .count = m->record_count };
	struct pos_freed freed[POS_FREED_MAX];
	size_t count;

	for (size_t i = 0; i < m->record_count; i++)
		reply.rows[i] = (struct pos_freed){ m->records[i].tsn, m->records[i].status };
	pos_upload_answer(&t->upload, &reply, s->now_us, freed, &count);
	if (wrote(s, till, pos_journal_freed(&t->journal, freed, count)))
		sim_till_upload(s, till);
}

static void transaction_answered(struct sim *s, unsigned till, const struct sim_message *m)
{
	struct sim_till *t = &s->tills[till];
	struct pos_reply r = { .to_reversal = m->kind == SIM_REVERSAL,
		               .tsn = m->tsn,
		               .mac_ok = !m->forged,
		               .balance_fen = m->balance_fen,
		               .has_balance = true };

	memcpy(r.code, m->code, sizeof r.code);
	snprintf(r.reference, sizeof r.reference, "%" PRIu64, m->lsn);
	if (s->mutant == SIM_TILL_BELIEVES_ANYBODY)
		r.mac_ok = true;
	/* The mutant takes the answer to what it is reversing as if it had only waited. */
	if (s->mutant == SIM_TILL_TAKES_LATE && t->txn.state == POS_TXN_REVERSING &&
	    m->kind == SIM_REQUEST && m->tsn == t->txn.draft.tsn && strcmp(m->code, "00") == 0 &&
	    !m->forged) {
		if (wrote(s, till, pos_journal_reversed(&t->journal)))
			deliver(s, till, m->tsn);
		pos_txn_init(&t->txn);
		return;
	}
	step(s, till, (struct pos_event){ .kind = POS_EVENT_REPLY, .reply = &r });
}

void sim_till_reply(struct sim *s, const struct sim_message *m)
{
	struct sim_till *t = &s->tills[m->till];

	if (!t->up)
		return;
	if (m->kind == SIM_UPLOAD && !m->forged)
		upload_answered(s, m->till, m);
	else if (m->kind == SIM_UPLOAD_END && !m->forged)
		pos_upload_end_answered(&t->upload);
	else if (m->kind == SIM_REQUEST || m->kind == SIM_REVERSAL)
		transaction_answered(s, m->till, m);
}

static void send_upload(struct sim *s, unsigned till, const struct pos_upload_message *u)
{
	struct sim_till *t = &s->tills[till];
	struct sim_message m = { .kind = SIM_UPLOAD, .till = till, .sequence = u->sequence };
	struct pos_freed freed[POS_FREED_MAX];

	for (size_t i = 0; i < u->count; i++) {
		const uint8_t *bytes = pos_upload_bytes(&t->journal, u->tsn[i]);

		if (!bytes)
			continue;
		m.records[m.record_count++] =
		        (struct sim_record){ .tsn = u->tsn[i],
			                     .card = bytes[28] >> 4,
			                     .amount_fen = load_be32(bytes + 46) };
	}
	for (size_t i = 0; i < m.record_count; i++)
		note_left(s, till, m.records[i].tsn);
	send(s, till, &m);
	if (s->mutant != SIM_TILL_FREES_EARLY || !t->up)
		return;
	for (size_t i = 0; i < m.record_count; i++)
		freed[i] = (struct pos_freed){ m.records[i].tsn, 0 };
	wrote(s, till, pos_journal_freed(&t->journal, freed, m.record_count));
}

void sim_till_upload(struct sim *s, unsigned till)
{
	struct sim_till *t = &s->tills[till];
	struct pos_upload_commands c;

	if (!t->up || !t->link)
		return;
	pos_upload_step(&t->upload, &t->journal, s->now_us, &c);
	for (size_t i = 0; i < c.count && t->up; i++) {
		if (c.at[i].kind == POS_UPLOAD_SEND)
			send_upload(s, till, c.at[i].message);
		else
			send(s, till,
			     &(struct sim_message){ .kind = SIM_UPLOAD_END, .till = till });
	}
	if (c.wake_us == INT64_MAX || !t->up)
		return;
	sim_post(s, (struct sim_event){ .at_us = c.wake_us > s->now_us ? c.wake_us : s->now_us + MS,
	                                .kind = SIM_UPLOAD_WAKE,
	                                .till = till,
	                                .generation = ++t->wake_generation });
}

void sim_till_link(struct sim *s, unsigned till, bool up)
{
	struct sim_till *t = &s->tills[till];

	t->link = up;
	if (!up) {
		sim_post(s, (struct sim_event){ .at_us = s->now_us +
		                                         sim_between(s, 500, LINK_DOWN_MAX_MS) * MS,
		                                .kind = SIM_LINK,
		                                .till = till });
		return;
	}
	if (!t->up)
		return;
	pos_upload_reset(&t->upload);
	step(s, till, (struct pos_event){ .kind = POS_EVENT_SIGNED_IN });
	sim_till_upload(s, till);
}

bool sim_till_is_quiet(const struct sim *s, unsigned till)
{
	const struct sim_till *t = &s->tills[till];

	return t->up && t->link && t->acts_left == 0 && pos_txn_is_free(&t->txn) &&
	       t->journal.held == 0 && !t->upload.closing;
}
