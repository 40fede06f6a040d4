/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First byte even: a table; odd: a scheme's file, behind RID and checksum. What passes has the
 * checksum it says.
 */
#include "domain/keys/ca_offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ca_offer *o)
{
	ASSERT(is_ok(emv_ca_check(o->key.rid, o->key.index, &o->key.key, o->published)));
	ASSERT(bizdate_is_valid(o->key.expiry) && o->has_source);
}

static void table(struct bytes in)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct ca_offer *rows;
	size_t count;

	if (!is_ok(ca_offer_read_table(in, &a, &rows, &count)))
		return;
	ASSERT(count >= 1 && count <= CA_OFFERS_MAX);
	for (size_t i = 0; i < count; i++)
		check(&rows[i]);
}

static void file(struct bytes in)
{
	struct ca_offer_file f = { .expiry = { 20301231 } };
	struct reader r = reader_of(in);
	struct ca_offer o;

	reader_copy(&r, f.rid, EMV_RID);
	reader_copy(&r, f.published, EMV_HASH);
	f.content = reader_bytes(&r, r.left);
	if (!r.bad && is_ok(ca_offer_read_file(&f, &o)))
		check(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] % 2)
		file(bytes_of(data + 1, size - 1));
	else
		table(bytes_of(data + 1, size - 1));
	return 0;
}
