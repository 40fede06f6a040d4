/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_journal.h"

#include <stdlib.h>

#include "base/buf.h"

enum { OPENED_MAX = 32 }; /* bytes of the first entry, with room */
enum { STAN_LIMIT = 1000000 };
enum {
	RECORD_TSN_AT = 2,
	RECORD_SAM_SEQUENCE_AT = 24,
	RECORD_CARD_AT = 28,
	RECORD_CARD_LEN = 10,
	RECORD_AMOUNT_AT = 46
};

uint8_t pos_kind_class(enum pos_kind kind)
{
	static const uint8_t classes[POS_KINDS] = {
		[POS_PURCHASE] = 0x22, [POS_VOID] = 0x23,  [POS_REFUND] = 0x25,
		[POS_BALANCE] = 0x01,  [POS_TOPUP] = 0x46, [POS_TOPUP_VOID] = 0x51,
	};

	ASSERT(kind >= POS_PURCHASE && kind < POS_KINDS);
	return classes[kind];
}

static result wrong_state(const struct pos_entry *e)
{
	return FAIL(POS_JOURNAL_STATE, "entry kind %d has no place here", (int)e->kind);
}

static result add_total(struct pos_journal *j, uint8_t class, int64_t fen)
{
	size_t i = 0;

	while (i < j->total_count && j->totals[i].class != class)
		i++;
	if (i == POS_TOTALS_MAX)
		return FAIL(POS_JOURNAL_STATE, "more than %d classes in a batch", POS_TOTALS_MAX);
	if (i == j->total_count)
		j->totals[j->total_count++] = (struct pos_total){ .class = class };
	j->totals[i].count++;
	j->totals[i].sum_fen += (uint64_t)fen;
	return OK;
}

static struct pos_sale *find_sale(const struct pos_journal *j, uint64_t tsn)
{
	size_t kept = j->sale_count < POS_SALES_MAX ? j->sale_count : POS_SALES_MAX;

	for (size_t i = 0; i < kept; i++) {
		const struct pos_sale *s = &j->sales[(j->sale_count - 1 - i) % POS_SALES_MAX];
		bool latest = s->draft.kind == POS_PURCHASE && !s->undone;

		if (tsn ? s->draft.tsn == tsn : latest)
			return (struct pos_sale *)(uintptr_t)s;
	}
	return NULL;
}

static result apply_sent(struct pos_journal *j, const struct pos_entry *e)
{
	if (j->pending != POS_PENDING_NONE)
		return wrong_state(e);
	j->pending = POS_PENDING_SENT;
	j->draft = e->draft;
	if (j->next_tsn <= e->draft.tsn)
		j->next_tsn = e->draft.tsn + 1;
	return OK;
}

static result apply_outcome(struct pos_journal *j, const struct pos_entry *e)
{
	struct pos_sale *undone;

	if (j->pending != POS_PENDING_SENT || e->outcome.tsn != j->draft.tsn)
		return wrong_state(e);
	j->pending = POS_PENDING_NONE;
	j->last = e->outcome;
	if (!e->outcome.approved)
		return OK;
	undone = j->draft.kind == POS_VOID || j->draft.kind == POS_TOPUP_VOID
	                 ? find_sale(j, j->draft.original_tsn)
	                 : NULL;
	if (undone)
		undone->undone = true;
	j->sales[j->sale_count++ % POS_SALES_MAX] =
	        (struct pos_sale){ j->draft, e->outcome, false };
	return add_total(j, pos_kind_class(j->draft.kind), j->draft.amount_fen);
}

static result apply_reversing(struct pos_journal *j, const struct pos_entry *e)
{
	if (j->pending != POS_PENDING_SENT || e->original != j->draft.tsn)
		return wrong_state(e);
	j->pending = POS_PENDING_REVERSING;
	j->reversal_tsn = e->number;
	memcpy(j->reversal_reason, e->reason, sizeof j->reversal_reason);
	if (j->next_tsn <= e->number)
		j->next_tsn = e->number + 1;
	return OK;
}

static result apply_reversed(struct pos_journal *j, const struct pos_entry *e)
{
	if (j->pending != POS_PENDING_REVERSING || e->original != j->draft.tsn)
		return wrong_state(e);
	j->pending = POS_PENDING_NONE;
	j->last = (struct pos_outcome){ .tsn = e->original };
	return OK;
}

static void card_text(const uint8_t bcd[RECORD_CARD_LEN], char out[POS_CARD_NO_SIZE])
{
	size_t len = 0;

	for (size_t i = 0; i < 2 * RECORD_CARD_LEN && len < POS_CARD_NO_SIZE - 1; i++) {
		uint8_t digit = i % 2 ? bcd[i / 2] & 15 : bcd[i / 2] >> 4;

		if (digit > 9)
			break;
		out[len++] = (char)('0' + digit);
	}
	memset(out + len, 0, POS_CARD_NO_SIZE - len);
}

static result grow_records(struct pos_journal *j)
{
	size_t size = j->record_size ? 2 * j->record_size : 64;
	struct pos_record *records;

	/* What was freed at the front makes room first. */
	if (j->record_first > j->record_size / 2) {
		memmove(j->records, j->records + j->record_first,
		        (j->record_end - j->record_first) * sizeof *j->records);
		j->record_end -= j->record_first;
		j->record_first = 0;
		return OK;
	}
	records = reallocarray(j->records, size, sizeof *records);
	if (!records)
		return FAIL(OUT_OF_MEMORY, "%zu records", size);
	j->records = records;
	j->record_size = size;
	return OK;
}

static result apply_record(struct pos_journal *j, const struct pos_entry *e)
{
	uint64_t tsn = load_be64(e->record + RECORD_TSN_AT);
	struct pos_record *r;

	if (j->record_end > j->record_first && tsn <= j->records[j->record_end - 1].tsn)
		return wrong_state(e);
	if (j->held >= POS_RECORDS_MAX)
		return FAIL(POS_STORE_FULL, "%d records are held", POS_RECORDS_MAX);
	if (j->record_end == j->record_size)
		TRY(grow_records(j));
	r = &j->records[j->record_end++];
	*r = (struct pos_record){ .tsn = tsn,
		                  .amount_fen = load_be32(e->record + RECORD_AMOUNT_AT) };
	memcpy(r->bytes, e->record, sizeof r->bytes);
	card_text(e->record + RECORD_CARD_AT, r->card_no);
	j->held++;
	j->sam_sequence = load_be32(e->record + RECORD_SAM_SEQUENCE_AT);
	if (j->next_tsn <= tsn)
		j->next_tsn = tsn + 1;
	return add_total(j, e->record[1], r->amount_fen);
}

/* First index in [record_first, record_end) whose number is at least `tsn`. */
static size_t record_at_least(const struct pos_journal *j, uint64_t tsn)
{
	size_t low = j->record_first, high = j->record_end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->records[middle].tsn < tsn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void apply_freed(struct pos_journal *j, const struct pos_entry *e)
{
	for (size_t i = 0; i < e->freed_count; i++) {
		size_t at = record_at_least(j, e->freed[i].tsn);

		if (at == j->record_end || j->records[at].tsn != e->freed[i].tsn ||
		    j->records[at].freed)
			continue;
		j->records[at].freed = true;
		j->held--;
	}
	while (j->record_first < j->record_end && j->records[j->record_first].freed)
		j->record_first++;
}

static result apply(struct pos_journal *j, const struct pos_entry *e)
{
	switch (e->kind) {
	case POS_ENTRY_OPENED:
		if (strcmp(e->node_id, j->node_id) != 0)
			return FAIL(POS_JOURNAL_FOREIGN, "it belongs to %.8s", e->node_id);
		return OK;
	case POS_ENTRY_TSN:
		j->reserved_tsn = e->number;
		return OK;
	case POS_ENTRY_SENT:
		return apply_sent(j, e);
	case POS_ENTRY_OUTCOME:
		return apply_outcome(j, e);
	case POS_ENTRY_REVERSING:
		return apply_reversing(j, e);
	case POS_ENTRY_REVERSED:
		return apply_reversed(j, e);
	case POS_ENTRY_RECORD:
		return apply_record(j, e);
	case POS_ENTRY_FREED:
		apply_freed(j, e);
		return OK;
	case POS_ENTRY_BATCH:
		if (j->batch != (uint32_t)e->number)
			j->total_count = 0;
		j->batch = (uint32_t)e->number;
		j->signed_in = true;
		return OK;
	case POS_ENTRY_TOTALS:
		j->batch = (uint32_t)e->number;
		j->signed_in = true;
		j->sam_sequence = (uint32_t)e->original;
		memcpy(j->totals, e->totals, sizeof j->totals);
		j->total_count = e->total_count;
		return OK;
	case POS_ENTRY_KINDS:
		break;
	}
	return wrong_state(e);
}

/* Durable first, then true in memory. */
static result commit(struct pos_journal *j, const struct pos_entry *e)
{
	uint8_t room[POS_ENTRY_MAX];
	struct writer w = writer_of(room, sizeof room);
	result r;

	if (j->failed)
		return FAIL(FILE_WRITE, "the journal has failed before");
	pos_entry_write(&w, e, j->running);
	TRY(writer_done(&w));
	r = j->disk->append(j->disk, writer_bytes(&w));
	if (is_ok(r))
		r = j->disk->sync(j->disk);
	if (is_ok(r))
		r = apply(j, e);
	if (!is_ok(r)) {
		j->failed = true;
		return r;
	}
	j->running++;
	j->size += w.len;
	return OK;
}

/*
 * Each entry is synced before the next is written, so a tear leaves less than one entry behind the
 * sound part. More than that is damage, or not a journal at all: nothing may be cut off and nothing
 * sold.
 */
static result require_torn(const struct pos_journal *j, size_t left)
{
	if (left > (j->running == 0 ? (size_t)OPENED_MAX : (size_t)POS_ENTRY_MAX))
		return FAIL(POS_JOURNAL_DAMAGED, "unreadable after byte %llu",
		            (unsigned long long)j->size);
	return OK;
}

/* Apply every whole entry; j->size and j->running then say where the sound part ends. */
static result recover(struct pos_journal *j)
{
	uint8_t room[16 * POS_ENTRY_MAX];
	size_t got, at, used;

	do {
		TRY(j->disk->read(j->disk, j->size, room, sizeof room, &got));
		for (at = 0;; at += used, j->size += used, j->running++) {
			struct pos_entry e;
			bool whole = is_ok(pos_entry_read(bytes_of(room + at, got - at), j->running,
			                                  &e, &used));

			if (!whole)
				break;
			if (j->running == 0 && e.kind != POS_ENTRY_OPENED)
				return wrong_state(&e);
			TRY(apply(j, &e));
		}
	} while (at > 0);
	return require_torn(j, got);
}

static void snapshot_add(struct buf *b, uint64_t *running, const struct pos_entry *e)
{
	uint8_t room[POS_ENTRY_MAX];
	struct writer w = writer_of(room, sizeof room);

	pos_entry_write(&w, e, (*running)++);
	b->bad |= w.bad;
	buf_put(b, writer_bytes(&w));
}

static void snapshot_sales(const struct pos_journal *j, struct buf *b, uint64_t *running)
{
	size_t first = j->sale_count > POS_SALES_MAX ? j->sale_count - POS_SALES_MAX : 0;

	for (size_t i = first; i < j->sale_count; i++) {
		const struct pos_sale *s = &j->sales[i % POS_SALES_MAX];

		if (s->undone)
			continue;
		snapshot_add(b, running,
		             &(struct pos_entry){ .kind = POS_ENTRY_SENT, .draft = s->draft });
		snapshot_add(
		        b, running,
		        &(struct pos_entry){ .kind = POS_ENTRY_OUTCOME, .outcome = s->outcome });
	}
}

static void snapshot_records(const struct pos_journal *j, struct buf *b, uint64_t *running)
{
	for (const struct pos_record *r = pos_journal_next_record(j, 0); r;
	     r = pos_journal_next_record(j, r->tsn)) {
		struct pos_entry e = { .kind = POS_ENTRY_RECORD };

		memcpy(e.record, r->bytes, sizeof e.record);
		snapshot_add(b, running, &e);
	}
}

static void snapshot_pending(const struct pos_journal *j, struct buf *b, uint64_t *running)
{
	struct pos_entry e = { .kind = POS_ENTRY_REVERSING,
		               .number = j->reversal_tsn,
		               .original = j->draft.tsn };

	if (j->pending == POS_PENDING_NONE)
		return;
	snapshot_add(b, running, &(struct pos_entry){ .kind = POS_ENTRY_SENT, .draft = j->draft });
	if (j->pending != POS_PENDING_REVERSING)
		return;
	memcpy(e.reason, j->reversal_reason, sizeof e.reason);
	snapshot_add(b, running, &e);
}

/* The same memory in as few entries as will hold it. Totals come after what would add to them. */
static result rewrite(struct pos_journal *j)
{
	SCOPED(buf_free) struct buf b = { .limit = (size_t)POS_RECORDS_MAX * 160 };
	struct pos_entry opened = { .kind = POS_ENTRY_OPENED };
	struct pos_entry totals = { .kind = POS_ENTRY_TOTALS,
		                    .number = j->batch,
		                    .original = j->sam_sequence,
		                    .total_count = j->total_count };
	uint64_t running = 0;

	memcpy(opened.node_id, j->node_id, sizeof opened.node_id);
	memcpy(totals.totals, j->totals, sizeof totals.totals);
	snapshot_add(&b, &running, &opened);
	snapshot_add(&b, &running,
	             &(struct pos_entry){ .kind = POS_ENTRY_TSN, .number = j->reserved_tsn });
	snapshot_sales(j, &b, &running);
	snapshot_records(j, &b, &running);
	snapshot_add(&b, &running, &totals);
	snapshot_pending(j, &b, &running);
	TRY(buf_done(&b));
	TRY(j->disk->replace(j->disk, buf_bytes(&b)));
	j->running = running;
	j->size = b.len;
	return OK;
}

static result open_recovered(struct pos_journal *j)
{
	struct pos_entry first = { .kind = POS_ENTRY_OPENED };

	TRY(recover(j));
	TRY(j->disk->truncate(j->disk, j->size));
	/* Numbers of the last block that were not used are skipped: one of them may have left the
	 * till. */
	j->next_tsn = j->reserved_tsn;
	if (j->running == 0) {
		memcpy(first.node_id, j->node_id, sizeof first.node_id);
		TRY(commit(j, &first));
	}
	if (j->size > POS_JOURNAL_COMPACT + 4 * j->held * POS_RECORD_SIZE)
		TRY(rewrite(j));
	return OK;
}

result pos_journal_open(struct pos_journal *j, struct pos_disk *disk, const char *node_id)
{
	result r;

	*j = (struct pos_journal){ .disk = disk, .reserved_tsn = 1, .next_tsn = 1 };
	str_copy(str_of(node_id), j->node_id, sizeof j->node_id);
	r = open_recovered(j);
	if (!is_ok(r))
		pos_journal_close(j);
	return r;
}

void pos_journal_close(struct pos_journal *j)
{
	free(j->records);
	j->records = NULL;
	j->record_first = j->record_end = j->record_size = j->held = 0;
	j->failed = true;
}

result pos_journal_tsn(struct pos_journal *j, uint64_t *tsn)
{
	/* F11 is the number modulo 1 000 000, and 000000 is not used. */
	if (j->next_tsn % STAN_LIMIT == 0)
		j->next_tsn++;
	if (j->next_tsn >= j->reserved_tsn)
		TRY(commit(j, &(struct pos_entry){ .kind = POS_ENTRY_TSN,
		                                   .number = j->next_tsn + POS_TSN_BLOCK }));
	*tsn = j->next_tsn;
	return OK;
}

void pos_journal_tsn_used(struct pos_journal *j, uint64_t tsn)
{
	ASSERT(tsn < j->reserved_tsn);
	if (j->next_tsn <= tsn)
		j->next_tsn = tsn + 1;
}

result pos_journal_raise(struct pos_journal *j, uint64_t floor)
{
	if (floor <= j->next_tsn || floor > UINT64_MAX - POS_TSN_BLOCK)
		return OK;
	if (floor > j->reserved_tsn)
		TRY(commit(j, &(struct pos_entry){ .kind = POS_ENTRY_TSN,
		                                   .number = floor + POS_TSN_BLOCK }));
	j->next_tsn = floor;
	return OK;
}

result pos_journal_sent(struct pos_journal *j, const struct pos_draft *draft)
{
	if (j->pending != POS_PENDING_NONE || draft->tsn < j->next_tsn ||
	    draft->tsn >= j->reserved_tsn)
		return FAIL(POS_JOURNAL_STATE, "number %llu is not free",
		            (unsigned long long)draft->tsn);
	return commit(j, &(struct pos_entry){ .kind = POS_ENTRY_SENT, .draft = *draft });
}

result pos_journal_outcome(struct pos_journal *j, const struct pos_outcome *outcome)
{
	if (j->pending != POS_PENDING_SENT || outcome->tsn != j->draft.tsn)
		return FAIL(POS_JOURNAL_STATE, "number %llu is not asked",
		            (unsigned long long)outcome->tsn);
	return commit(j, &(struct pos_entry){ .kind = POS_ENTRY_OUTCOME, .outcome = *outcome });
}

result pos_journal_reversing(struct pos_journal *j, uint64_t reversal_tsn, const char *reason)
{
	struct pos_entry e = { .kind = POS_ENTRY_REVERSING,
		               .number = reversal_tsn,
		               .original = j->draft.tsn };

	if (j->pending != POS_PENDING_SENT || reversal_tsn < j->next_tsn ||
	    reversal_tsn >= j->reserved_tsn)
		return FAIL(POS_JOURNAL_STATE, "nothing to reverse");
	str_copy(str_of(reason), e.reason, sizeof e.reason);
	return commit(j, &e);
}

result pos_journal_reversed(struct pos_journal *j)
{
	if (j->pending != POS_PENDING_REVERSING)
		return FAIL(POS_JOURNAL_STATE, "nothing is being reversed");
	return commit(j,
	              &(struct pos_entry){ .kind = POS_ENTRY_REVERSED, .original = j->draft.tsn });
}

result pos_journal_record(struct pos_journal *j, const uint8_t record[POS_RECORD_SIZE])
{
	struct pos_entry e = { .kind = POS_ENTRY_RECORD };
	uint64_t tsn = load_be64(record + RECORD_TSN_AT);

	if (j->held >= POS_RECORDS_MAX)
		return FAIL(POS_STORE_FULL, "%d records are held", POS_RECORDS_MAX);
	if (tsn < j->next_tsn || tsn >= j->reserved_tsn)
		return FAIL(POS_JOURNAL_STATE, "number %llu is not free", (unsigned long long)tsn);
	memcpy(e.record, record, sizeof e.record);
	return commit(j, &e);
}

result pos_journal_freed(struct pos_journal *j, const struct pos_freed *freed, size_t count)
{
	struct pos_entry e = { .kind = POS_ENTRY_FREED, .freed_count = count };

	if (count == 0)
		return OK;
	ASSERT(count <= POS_FREED_MAX);
	memcpy(e.freed, freed, count * sizeof *freed);
	return commit(j, &e);
}

result pos_journal_batch(struct pos_journal *j, uint32_t batch)
{
	if (j->signed_in && batch == j->batch)
		return OK;
	return commit(j, &(struct pos_entry){ .kind = POS_ENTRY_BATCH, .number = batch });
}

const struct pos_record *pos_journal_next_record(const struct pos_journal *j, uint64_t after)
{
	size_t at = record_at_least(j, after + 1);

	while (at < j->record_end && j->records[at].freed)
		at++;
	return at < j->record_end ? &j->records[at] : NULL;
}

uint64_t pos_journal_low_water(const struct pos_journal *j)
{
	const struct pos_record *oldest = pos_journal_next_record(j, 0);
	uint64_t low = j->next_tsn;

	if (j->pending != POS_PENDING_NONE && j->draft.tsn < low)
		low = j->draft.tsn;
	if (oldest && oldest->tsn < low)
		low = oldest->tsn;
	return low;
}

const struct pos_sale *pos_journal_sale(const struct pos_journal *j, uint64_t tsn)
{
	return find_sale(j, tsn);
}

int64_t pos_journal_held_fen(const struct pos_journal *j, const char *card_no)
{
	int64_t sum = 0;

	for (size_t i = j->record_first; i < j->record_end; i++)
		if (!j->records[i].freed &&
		    (!card_no || strcmp(j->records[i].card_no, card_no) == 0))
			sum += j->records[i].amount_fen;
	return sum;
}
