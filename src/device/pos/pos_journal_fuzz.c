/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever stands on the medium, the journal opens to a state it can go on from, or refuses. Inputs
 * come in two forms: first byte 0, the rest is the medium; else the rest is a run of (length, entry
 * body) put into sound frames.
 */
#include "device/pos/pos_journal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEDIUM_MAX = 1 << 16 };

struct medium {
	struct pos_disk disk;
	uint8_t at[MEDIUM_MAX];
	size_t len;
};

static struct medium *medium_of(struct pos_disk *d)
{
	return (struct medium *)(void *)d;
}

static result medium_append(struct pos_disk *d, struct bytes b)
{
	struct medium *m = medium_of(d);

	if (b.len > sizeof m->at - m->len)
		return FAIL(FILE_WRITE, "full");
	memcpy(m->at + m->len, b.at, b.len);
	m->len += b.len;
	return OK;
}

static result medium_sync(struct pos_disk *d)
{
	(void)d;
	return OK;
}

static result medium_read(struct pos_disk *d, uint64_t offset, void *out, size_t size, size_t *got)
{
	struct medium *m = medium_of(d);
	size_t left = offset < m->len ? m->len - (size_t)offset : 0;

	*got = size < left ? size : left;
	memcpy(out, m->at + offset, *got);
	return OK;
}

static result medium_truncate(struct pos_disk *d, uint64_t size)
{
	medium_of(d)->len = (size_t)size;
	return OK;
}

static result medium_replace(struct pos_disk *d, struct bytes b)
{
	medium_of(d)->len = 0;
	return medium_append(d, b);
}

/* Bodies of the input's choice in frames whose checks are right: the fuzzer need not guess a CRC.
 */
static void frame_all(struct medium *m, struct reader r)
{
	for (uint64_t running = 0; r.left > 2 && m->len + 1100 < sizeof m->at; running++) {
		size_t len = reader_u8(&r) % 120;
		uint8_t kind = reader_u8(&r);
		struct writer w = writer_of(m->at + m->len, sizeof m->at - m->len);

		if (len > r.left)
			len = r.left;
		writer_u16(&w, (uint16_t)len);
		writer_u8(&w, kind);
		writer_u8(&w, 1);
		writer_u64(&w, running);
		writer_put(&w, reader_bytes(&r, len));
		writer_u32(&w, crc32c(writer_bytes(&w)));
		m->len += w.len;
	}
}

static void use(struct pos_journal *j)
{
	struct pos_draft d = { .kind = POS_PURCHASE, .amount_fen = 5 };
	uint64_t tsn;

	if (!is_ok(pos_journal_tsn(j, &tsn)))
		return;
	d.tsn = tsn;
	if (j->pending == POS_PENDING_NONE)
		ASSERT(j->failed || is_ok(pos_journal_sent(j, &d)) || j->failed);
	(void)pos_journal_low_water(j);
	(void)pos_journal_held_fen(j, NULL);
	(void)pos_journal_sale(j, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct medium *m = calloc(1, sizeof *m);
	struct pos_journal j;

	ASSERT(m);
	m->disk = (struct pos_disk){ medium_append, medium_sync, medium_read, medium_truncate,
		                     medium_replace };
	if (size > 1 && data[0] == 0 && size - 1 <= sizeof m->at) {
		memcpy(m->at, data + 1, size - 1);
		m->len = size - 1;
	} else if (size > 1) {
		frame_all(m, reader_of(bytes_of(data + 1, size - 1)));
	}
	if (is_ok(pos_journal_open(&j, &m->disk, "40010007"))) {
		use(&j);
		pos_journal_close(&j);
	}
	free(m);
	return 0;
}
