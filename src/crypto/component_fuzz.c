/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: which algorithm's paper the rest is read as. What reads as paper prints and reads
 * again as the same; the header of a file that reads is in range. */
#include "crypto/component.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_paper(char algorithm, struct str text)
{
	struct secret value = { .len = 0 }, again = { .len = 0 };
	char printed[128];
	struct writer w = writer_of(printed, sizeof printed);
	unsigned line;

	if (!is_ok(component_read_paper(algorithm, text, &value, &line))) {
		ASSERT(value.len == 0 && line >= 1 && line <= COMPONENT_PAPER_LINES + 1);
		return;
	}
	ASSERT(value.len == component_size(algorithm) && line == 0);
	ASSERT(is_ok(component_print_paper(&value, &w)));
	ASSERT(is_ok(
	        component_read_paper(algorithm, (struct str){ printed, w.len }, &again, &line)));
	ASSERT(again.len == value.len && memcmp(again.at, value.at, value.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct component c = { .generation = 0 };
	struct str text;

	if (!size)
		return 0;
	text = (struct str){ (const char *)data, size };
	if (is_ok(component_peek(text, &c)))
		ASSERT(c.generation >= 1 && c.index >= 1 && c.index <= c.count &&
		       component_size(c.algorithm) && c.value.len == 0 && strlen(c.kcv) == 10);
	text = (struct str){ text.at + 1, text.len - 1 };
	read_paper(data[0] & 1 ? 'A' : '4', text);
	return 0;
}
