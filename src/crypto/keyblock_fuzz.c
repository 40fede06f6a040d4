/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text from outside is taken apart and, if it is a block, opened with a fixed key: what opens is
 * sealed anew and opens again to the same key. Once as it is, once with its true length. Then the
 * same bytes as a key: sealed, they come back, and not with a character changed.
 */
#include "crypto/keyblock.h"

enum { INPUT_MAX = KEYBLOCK_TEXT_MAX };

static const char versions[] = "ABCD34";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The keys of a version; the first bytes of one value. */
static struct keyblock_protector *protector_of(char version)
{
	static const uint8_t key[32] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
		                         12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
		                         23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };
	static struct keyblock_loaded *loaded[sizeof versions];
	size_t at = (size_t)(strchr(versions, version) - versions);
	size_t len = version == 'D' || version == '3' ? 32 : 16;

	if (!loaded[at])
		ASSERT(is_ok(keyblock_protector_open(version, bytes_of(key, len), &loaded[at])));
	return keyblock_protector_of(loaded[at]);
}

/* Seal, take apart, open: the same key, and the same header. Returns false when it is not sealed.
 */
static bool comes_back(const struct keyblock_order *o, char *text, size_t size, size_t *len)
{
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];
	struct keyblock_protector *p = protector_of(o->header->version);
	size_t key_len;

	if (!is_ok(keyblock_seal(p, o, text, size, len)))
		return false;
	ASSERT(is_ok(keyblock_parse((struct str){ text, *len }, &b)));
	ASSERT(memcmp(&b.header, o->header, sizeof b.header) == 0);
	ASSERT(is_ok(keyblock_open(p, (struct str){ text, *len }, &b, key, &key_len)));
	ASSERT(bytes_equal(bytes_of(key, key_len), o->key));
	return true;
}

static void open_from_outside(struct str text, struct random_source *random)
{
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];
	static char again[KEYBLOCK_TEXT_MAX + 1];
	struct keyblock_order o = { &b.header, { 0 }, random, 0 };
	struct keyblock_protector *p;
	size_t len;

	if (!is_ok(keyblock_parse(text, &b)))
		return;
	p = protector_of(b.header.version);
	if (b.header.version == '3')
		ASSERT(keyblock_check(p, text, &b).code != KEYBLOCK_FORM);
	if (!is_ok(keyblock_open(p, text, &b, key, &o.key.len)))
		return;
	o.key.at = key;
	if (strchr("BD4", b.header.version) && is_ok(keyblock_check_use(&b.header)))
		ASSERT(comes_back(&o, again, sizeof again, &len));
}

/* Few changes keep the length right; most of what is behind it is reached only so. */
static void open_with_its_length(const uint8_t *data, size_t size, struct random_source *random)
{
	static char text[INPUT_MAX];
	size_t left = size;

	if (size < KEYBLOCK_HEADER)
		return;
	memcpy(text, data, size);
	for (size_t at = 4; at > 0; at--, left /= 10)
		text[at] = (char)('0' + left % 10);
	open_from_outside((struct str){ text, size }, random);
}

/* With a character changed; never to the other case of a hex digit. */
static bool opens_changed(char *text, size_t len, size_t at)
{
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];
	struct keyblock_protector *p = protector_of(text[0]);
	struct str changed = { text, len };

	text[at] ^= 1;
	return is_ok(keyblock_parse(changed, &b)) &&
	       is_ok(keyblock_open(p, changed, &b, key, &len));
}

/* data: which algorithm, which version and more, then the key. */
static void seal_as_key(const uint8_t *data, size_t size, struct random_source *random)
{
	static const struct row {
		char version, algorithm, mode;
		const char *usage;
		size_t len; /* 0: what there is */
	} rows[] = {
		{ 'B', 'T', 'B', "K0", 16 }, { 'D', 'T', 'X', "20", 24 },
		{ 'D', 'A', 'B', "K1", 32 }, { 'D', 'D', 'B', "D0", 8 },
		{ '4', '4', 'X', "51", 16 }, { '4', 'R', 'S', "S0", 0 },
		{ 'B', 'H', 'C', "M7", 0 },  { 'D', '2', 'V', "S1", 0 },
	};
	const struct row *row = &rows[data[0] % ARRAY_LEN(rows)];
	static char text[KEYBLOCK_TEXT_MAX + 1];
	struct keyblock_header h = { .version = row->version,
		                     .algorithm = row->algorithm,
		                     .mode = row->mode,
		                     .key_version = "00",
		                     .exportability = 'N',
		                     .context = (char)('0' + data[0] % 3) };
	struct keyblock_order o = { &h, bytes_of(data + 2, size - 2), random, data[1] % 40 };
	size_t len;

	memcpy(h.usage, row->usage, 2);
	if (row->len && row->len < o.key.len)
		o.key.len = row->len;
	if (!is_ok(keyblock_option_add(&h, "LB", (struct str){ (const char *)data, size / 3 })))
		ASSERT(!h.options[0]);
	if (comes_back(&o, text, sizeof text, &len))
		ASSERT(!opens_changed(text, len, (size_t)data[0] * data[1] % len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct random_seeded random;

	if (size > INPUT_MAX)
		return 0;
	random_seeded_init(&random, size);
	open_from_outside((struct str){ (const char *)data, size }, &random.source);
	open_with_its_length(data, size, &random.source);
	if (size > 2)
		seal_as_key(data, size, &random.source);
	return 0;
}
