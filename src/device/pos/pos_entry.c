/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_entry.h"

/*
 * Frame: u16 length of the body, u8 kind, u8 version, u64 running number, body, u32 CRC-32C of all
 * before it. The running number tells a torn tail from an older, longer journal's bytes that stand
 * behind it.
 */
enum { HEAD = 12, TAIL = 4, VERSION = 1 };

static void put_text(struct writer *w, const char *text, size_t size)
{
	struct str s = { text, strnlen(text, size - 1) };

	writer_u8(w, (uint8_t)s.len);
	writer_str(w, s);
}

static void get_text(struct reader *r, char *out, size_t size)
{
	size_t len = reader_u8(r);

	memset(out, 0, size);
	if (len >= size)
		r->bad = true;
	else
		reader_copy(r, out, len);
}

static void put_draft(struct writer *w, const struct pos_draft *d)
{
	writer_u64(w, d->tsn);
	writer_u8(w, (uint8_t)d->kind);
	writer_u64(w, (uint64_t)d->amount_fen);
	put_text(w, d->card_no, sizeof d->card_no);
	writer_u64(w, d->original_tsn);
	put_text(w, d->original_ref, sizeof d->original_ref);
	writer_u64(w, (uint64_t)d->at.us);
	writer_u32(w, d->day.yyyymmdd);
	writer_u32(w, d->batch);
	writer_u32(w, d->list_sequence);
	writer_u16(w, d->entry_mode);
	writer_u8(w, d->meal);
	put_text(w, d->cashier, sizeof d->cashier);
}

static void get_draft(struct reader *r, struct pos_draft *d)
{
	uint8_t kind;

	d->tsn = reader_u64(r);
	kind = reader_u8(r);
	if (kind < POS_PURCHASE || kind >= POS_KINDS)
		r->bad = true;
	d->kind = (enum pos_kind)kind;
	d->amount_fen = (int64_t)reader_u64(r);
	get_text(r, d->card_no, sizeof d->card_no);
	d->original_tsn = reader_u64(r);
	get_text(r, d->original_ref, sizeof d->original_ref);
	d->at.us = (int64_t)reader_u64(r);
	d->day.yyyymmdd = reader_u32(r);
	d->batch = reader_u32(r);
	d->list_sequence = reader_u32(r);
	d->entry_mode = reader_u16(r);
	d->meal = reader_u8(r);
	get_text(r, d->cashier, sizeof d->cashier);
}

static void put_outcome(struct writer *w, const struct pos_outcome *o)
{
	writer_u64(w, o->tsn);
	writer_u8(w, o->approved);
	put_text(w, o->code, sizeof o->code);
	put_text(w, o->reference, sizeof o->reference);
	put_text(w, o->approval, sizeof o->approval);
	writer_u64(w, (uint64_t)o->balance_fen);
	writer_u8(w, o->has_balance);
	writer_u32(w, o->day.yyyymmdd);
}

static bool get_bool(struct reader *r)
{
	uint8_t v = reader_u8(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

static void get_outcome(struct reader *r, struct pos_outcome *o)
{
	o->tsn = reader_u64(r);
	o->approved = get_bool(r);
	get_text(r, o->code, sizeof o->code);
	get_text(r, o->reference, sizeof o->reference);
	get_text(r, o->approval, sizeof o->approval);
	o->balance_fen = (int64_t)reader_u64(r);
	o->has_balance = get_bool(r);
	o->day.yyyymmdd = reader_u32(r);
}

static void put_freed(struct writer *w, const struct pos_entry *e)
{
	writer_u8(w, (uint8_t)e->freed_count);
	for (size_t i = 0; i < e->freed_count; i++) {
		writer_u64(w, e->freed[i].tsn);
		writer_u8(w, e->freed[i].status);
	}
}

static void get_freed(struct reader *r, struct pos_entry *e)
{
	e->freed_count = reader_u8(r);
	if (e->freed_count > POS_FREED_MAX) {
		r->bad = true;
		e->freed_count = 0;
	}
	for (size_t i = 0; i < e->freed_count; i++) {
		e->freed[i].tsn = reader_u64(r);
		e->freed[i].status = reader_u8(r);
	}
}

static void put_totals(struct writer *w, const struct pos_entry *e)
{
	writer_u32(w, (uint32_t)e->number);
	writer_u32(w, (uint32_t)e->original);
	writer_u8(w, (uint8_t)e->total_count);
	for (size_t i = 0; i < e->total_count; i++) {
		writer_u8(w, e->totals[i].class);
		writer_u32(w, e->totals[i].count);
		writer_u64(w, e->totals[i].sum_fen);
	}
}

static void get_totals(struct reader *r, struct pos_entry *e)
{
	e->number = reader_u32(r);
	e->original = reader_u32(r);
	e->total_count = reader_u8(r);
	if (e->total_count > POS_TOTALS_MAX) {
		r->bad = true;
		e->total_count = 0;
	}
	for (size_t i = 0; i < e->total_count; i++) {
		e->totals[i].class = reader_u8(r);
		e->totals[i].count = reader_u32(r);
		e->totals[i].sum_fen = reader_u64(r);
	}
}

static void put_body(struct writer *w, const struct pos_entry *e)
{
	switch (e->kind) {
	case POS_ENTRY_OPENED:
		put_text(w, e->node_id, sizeof e->node_id);
		break;
	case POS_ENTRY_TSN:
	case POS_ENTRY_BATCH:
		writer_u64(w, e->number);
		break;
	case POS_ENTRY_SENT:
		put_draft(w, &e->draft);
		break;
	case POS_ENTRY_OUTCOME:
		put_outcome(w, &e->outcome);
		break;
	case POS_ENTRY_REVERSING:
		writer_u64(w, e->number);
		writer_u64(w, e->original);
		put_text(w, e->reason, sizeof e->reason);
		break;
	case POS_ENTRY_REVERSED:
		writer_u64(w, e->original);
		break;
	case POS_ENTRY_RECORD:
		writer_put(w, bytes_of(e->record, sizeof e->record));
		break;
	case POS_ENTRY_FREED:
		put_freed(w, e);
		break;
	case POS_ENTRY_TOTALS:
		put_totals(w, e);
		break;
	case POS_ENTRY_KINDS:
		w->bad = true;
	}
}

static void get_body(struct reader *r, struct pos_entry *e)
{
	switch (e->kind) {
	case POS_ENTRY_OPENED:
		get_text(r, e->node_id, sizeof e->node_id);
		break;
	case POS_ENTRY_TSN:
	case POS_ENTRY_BATCH:
		e->number = reader_u64(r);
		break;
	case POS_ENTRY_SENT:
		get_draft(r, &e->draft);
		break;
	case POS_ENTRY_OUTCOME:
		get_outcome(r, &e->outcome);
		break;
	case POS_ENTRY_REVERSING:
		e->number = reader_u64(r);
		e->original = reader_u64(r);
		get_text(r, e->reason, sizeof e->reason);
		break;
	case POS_ENTRY_REVERSED:
		e->original = reader_u64(r);
		break;
	case POS_ENTRY_RECORD:
		reader_copy(r, e->record, sizeof e->record);
		break;
	case POS_ENTRY_FREED:
		get_freed(r, e);
		break;
	case POS_ENTRY_TOTALS:
		get_totals(r, e);
		break;
	default:
		r->bad = true;
	}
}

void pos_entry_write(struct writer *w, const struct pos_entry *e, uint64_t running)
{
	uint8_t room[POS_ENTRY_MAX];
	struct writer body = writer_of(room, sizeof room - HEAD - TAIL);
	size_t start = w->len;

	put_body(&body, e);
	w->bad |= body.bad;
	writer_u16(w, (uint16_t)body.len);
	writer_u8(w, (uint8_t)e->kind);
	writer_u8(w, VERSION);
	writer_u64(w, running);
	writer_put(w, writer_bytes(&body));
	if (!w->bad)
		writer_u32(w, crc32c(bytes_of(w->at + start, w->len - start)));
}

result pos_entry_read(struct bytes in, uint64_t running, struct pos_entry *out, size_t *used)
{
	struct reader r = reader_of(in);
	struct reader body;
	size_t len = reader_u16(&r);
	uint8_t kind = reader_u8(&r), version = reader_u8(&r);
	uint64_t number = reader_u64(&r);

	*used = 0;
	body = reader_of(reader_bytes(&r, len));
	if (r.bad || len > POS_ENTRY_MAX - HEAD - TAIL || version != VERSION || number != running)
		return FAIL(POS_JOURNAL_END, "no entry %llu", (unsigned long long)running);
	if (reader_u32(&r) != crc32c(bytes_of(in.at, HEAD + len)) || r.bad)
		return FAIL(POS_JOURNAL_END, "entry %llu is torn", (unsigned long long)running);
	memset(out, 0, sizeof *out);
	out->kind = (enum pos_entry_kind)kind;
	get_body(&body, out);
	if (!is_ok(reader_done(&body)))
		return FAIL(POS_JOURNAL_END, "entry %llu is not of this version",
		            (unsigned long long)running);
	*used = HEAD + len + TAIL;
	return OK;
}
