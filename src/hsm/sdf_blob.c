/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/sdf_blob.h"

#include <stdio.h>

enum { TAG = 2, LINE_MAX_BYTES = SDF_ENVELOPE }; /* "E|" */

static const char letters[SDF_ENVELOPES] = { 'E', 'M', 'W' }; /* as in a token, keys 3.3 */

/* --- writing --- */

static void put_line(struct writer *w, char letter, struct bytes b)
{
	char hex[2 * LINE_MAX_BYTES + 1];

	hex_encode(b, hex);
	writer_u8(w, (uint8_t)letter);
	writer_u8(w, '|');
	writer_str(w, str_of(hex));
	writer_u8(w, '\n');
}

static void put_head(struct writer *w, const struct sdf_blob *b)
{
	char check[2 * HSM_PROOF + 1], device[2 * SM2_KEY_KCV + 1], head[SDF_BLOB_HEAD + 1];

	hex_encode(bytes_of(b->check, sizeof b->check), check);
	hex_encode(bytes_of(b->device, sizeof b->device), device);
	snprintf(head, sizeof head, "YIKA-SDF/1|slot=%02u|alg=4|check=%s|key=%s\n", b->slot % 100,
	         check, device);
	writer_str(w, str_of(head));
}

void sdf_blob_write(const struct sdf_blob *b, char text[SDF_BLOB_TEXT + 1])
{
	struct writer w = writer_of(text, SDF_BLOB_TEXT);

	put_head(&w, b);
	for (size_t i = 0; i < SDF_ENVELOPES; i++)
		put_line(&w, letters[i], bytes_of(b->envelopes[i], SDF_ENVELOPE));
	put_line(&w, 'A', bytes_of(b->audit, sizeof b->audit));
	put_line(&w, 'T', bytes_of(b->mac, sizeof b->mac));
	ASSERT(!w.bad && w.len == SDF_BLOB_TEXT);
	text[SDF_BLOB_TEXT] = '\0';
}

/* --- reading --- */

static void take_hex(struct reader *r, uint8_t *out, size_t len)
{
	struct bytes hex = reader_bytes(r, 2 * len);

	if (r->bad || !is_ok(hex_decode((struct str){ (const char *)hex.at, hex.len }, out, len)))
		r->bad = true;
}

static void take_line(struct reader *r, uint8_t *out, size_t len)
{
	reader_bytes(r, TAG);
	take_hex(r, out, len);
	reader_u8(r);
}

static void take_head(struct reader *r, struct sdf_blob *out)
{
	uint64_t slot = SDF_SLOTS;

	reader_bytes(r, sizeof "YIKA-SDF/1|slot=" - 1);
	struct bytes digits = reader_bytes(r, 2);
	if (r->bad || !is_ok(str_u64((struct str){ (const char *)digits.at, digits.len }, &slot)) ||
	    slot >= SDF_SLOTS)
		r->bad = true;
	out->slot = (unsigned)slot;
	reader_bytes(r, sizeof "|alg=4|check=" - 1);
	take_hex(r, out->check, sizeof out->check);
	reader_bytes(r, sizeof "|key=" - 1);
	take_hex(r, out->device, sizeof out->device);
	reader_u8(r);
}

result sdf_blob_parse(struct str text, struct sdf_blob *out)
{
	struct reader r = reader_of(str_bytes(text));
	char again[SDF_BLOB_TEXT + 1];

	*out = (struct sdf_blob){ 0 };
	take_head(&r, out);
	for (size_t i = 0; i < SDF_ENVELOPES; i++)
		take_line(&r, out->envelopes[i], SDF_ENVELOPE);
	take_line(&r, out->audit, sizeof out->audit);
	take_line(&r, out->mac, sizeof out->mac);
	if (is_ok(reader_done(&r))) {
		sdf_blob_write(out, again); /* what was skipped has to be what it should be */
		if (str_equal(text, (struct str){ again, SDF_BLOB_TEXT }))
			return OK;
	}
	*out = (struct sdf_blob){ 0 };
	return FAIL(INVALID_TEXT, "not the keys of an SDF slot");
}
