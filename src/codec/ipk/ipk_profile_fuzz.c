/* SPDX-License-Identifier: Apache-2.0 */
/* A text that parses lays out, or says what it lacks; what it lays out in front of the block reads
 * back to the same values. */
#include "codec/ipk/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ipk_values *known_values(void)
{
	static struct ipk_values v;
	static uint8_t modulus[96] = { 0xC0, 0x01 };

	if (!ipk_is_set(&v, IPK_N))
		ASSERT(is_ok(ipk_set(&v, IPK_N, bytes_of(modulus, sizeof modulus))) &&
		       is_ok(ipk_set_text(&v, IPK_E, STR("010001"))) &&
		       is_ok(ipk_set_text(&v, IPK_IIN, STR("622588"))) &&
		       is_ok(ipk_set_text(&v, IPK_EXP, STR("1230"))) &&
		       is_ok(ipk_set_text(&v, IPK_TRK, STR("000123"))) &&
		       is_ok(ipk_set_text(&v, IPK_IDX, STR("000001"))) &&
		       is_ok(ipk_set_text(&v, IPK_SVC, STR("10100000"))) &&
		       is_ok(ipk_set(&v, IPK_HASH, bytes_of(modulus, 20))));
	return &v;
}

static void lay_and_read(const struct ipk_fields *f)
{
	static uint8_t out[8192];
	struct writer w = writer_of(out, sizeof out);
	struct ipk_values back = { 0 };
	struct reader r;

	if (!is_ok(ipk_fields_lay(f, 0, f->count, known_values(), &w)))
		return;
	r = reader_of(writer_bytes(&w));
	if (!is_ok(ipk_fields_read(f, 0, f->count, &back, &r)))
		return; /* a part in front of what it is a part of */
	ASSERT(is_ok(reader_done(&r)));
	for (unsigned i = 0; i < IPK_NAMES; i++)
		ASSERT(!ipk_is_set(&back, (enum ipk_name)i) ||
		       ipk_is_same(&back, known_values(), (enum ipk_name)i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[8192];
	struct ipk_parts parts = { { data, size < 256 ? size : 256 },
		                   { data, size < 8 ? size : 8 } };
	struct writer w = writer_of(out, sizeof out);
	struct ipk_profile p;
	char name[IPK_FILE_NAME_MAX];

	if (!is_ok(ipk_profile_parse((struct str){ (const char *)data, size }, &p)))
		return 0;
	lay_and_read(&p.plain);
	lay_and_read(&p.block);
	if (is_ok(ipk_fields_lay_hash(&p.hash, known_values(), &parts, &w)))
		ASSERT(w.len > 0 || size == 0 || p.hash.at[0].kind == IPK_SLICE);
	if (is_ok(ipk_profile_file_name(p.request_name, known_values(), name)))
		ASSERT(!strchr(name, '/') && name[0] != '.');
	return 0;
}
