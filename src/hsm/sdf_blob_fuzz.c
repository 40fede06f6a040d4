/* SPDX-License-Identifier: Apache-2.0 */
/* A file of an SDF slot: one that is read is written back byte for byte, and nothing else is read.
 */
#include "hsm/sdf_blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the input says, put into the one form: so that the fuzzer gets behind the first characters.
 */
static void written_is_read(const uint8_t *data, size_t size)
{
	struct sdf_blob b = { .slot = size ? data[0] % SDF_SLOTS : 0 }, again;
	char text[SDF_BLOB_TEXT + 1];

	memcpy(b.envelopes, data, size < sizeof b.envelopes ? size : sizeof b.envelopes);
	memcpy(b.mac, data, size < sizeof b.mac ? size : sizeof b.mac);
	sdf_blob_write(&b, text);
	ASSERT(is_ok(sdf_blob_parse(str_of(text), &again)));
	ASSERT(again.slot == b.slot &&
	       memcmp(again.envelopes, b.envelopes, sizeof b.envelopes) == 0);
	if (size < 2)
		return;
	text[data[0] % SDF_BLOB_HEAD] ^= (char)(data[1] & 0x7F);
	ASSERT(is_ok(sdf_blob_parse((struct str){ text, SDF_BLOB_TEXT }, &again)) == false ||
	       strncmp(text, "YIKA-SDF/1|slot=", 16) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	char again[SDF_BLOB_TEXT + 1];
	struct sdf_blob b;

	if (is_ok(sdf_blob_parse(text, &b))) {
		sdf_blob_write(&b, again);
		ASSERT(str_equal(text, str_of(again)) && b.slot < SDF_SLOTS);
	} else {
		ASSERT(b.slot == 0 && b.check[0] == 0);
	}
	written_is_read(data, size);
	return 0;
}
