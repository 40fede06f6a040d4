/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal_pipe.c — sealed entry behind a pipe, for a browser's functions. The first line out is the
 * recipient's point. Then a line in, a line out, all in hex, the purpose first:
 *
 *   open AAD SEALED         the text
 *   make AAD POINT TEXT     the text sealed for that point
 *
 * A refusal is "!NAME".
 */
#include <stdio.h>

#include "crypto/seal.h"

enum {
	LINE_MAX_SIZE = 4 * (SEAL_TEXT_MAX + SEAL_EXTRA),
	WORDS = 4,
};

struct order {
	struct str word[WORDS];
	uint8_t held[WORDS][SEAL_TEXT_MAX + SEAL_EXTRA];
	struct bytes value[WORDS]; /* of the words behind the first */
};

static result read_order(struct str line, struct order *o)
{
	for (size_t i = 0; i < WORDS; i++) {
		str_cut(line, ' ', &o->word[i], &line);
		if (i == 0)
			continue;
		if (o->word[i].len / 2 > sizeof o->held[i])
			return FAIL(INVALID_BYTES, "word %zu", i);
		TRY(hex_decode(o->word[i], o->held[i], o->word[i].len / 2));
		o->value[i] = bytes_of(o->held[i], o->word[i].len / 2);
	}
	return OK;
}

static result answer(const struct seal_key *k, struct str line, struct writer *out)
{
	static struct order o;

	TRY(read_order(line, &o));
	if (str_equal(o.word[0], STR("open")))
		return seal_open(k, o.value[1], o.value[2], out);
	if (!str_equal(o.word[0], STR("make")) || o.value[2].len != SEAL_POINT)
		return FAIL(USAGE, "neither open nor make");
	return seal_make(o.value[2].at, o.value[1], o.value[3], random_system(), out);
}

static void print(struct bytes b)
{
	static char text[2 * (SEAL_TEXT_MAX + SEAL_EXTRA) + 1];

	hex_encode(b, text);
	printf("%s\n", text);
	fflush(stdout);
}

int main(void)
{
	static char line[LINE_MAX_SIZE];
	static uint8_t reply[SEAL_TEXT_MAX + SEAL_EXTRA];
	struct seal_key k = { 0 };

	if (!is_ok(seal_key_open(&k, random_system())))
		return 1;
	print(bytes_of(k.recipient, SEAL_POINT));
	while (fgets(line, sizeof line, stdin)) {
		struct writer w = writer_of(reply, sizeof reply);
		result r = answer(&k, str_trim(str_of(line)), &w);

		if (is_ok(r)) {
			print(writer_bytes(&w));
			continue;
		}
		printf("!%s\n", result_name(r));
		fflush(stdout);
	}
	seal_key_close(&k);
	return 0;
}
