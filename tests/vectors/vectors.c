/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors/vectors.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/test.h"

static struct bytes decoded(struct str hex)
{
	uint8_t *at = malloc(hex.len / 2 + 1);
	static uint8_t *all[4096]; /* reachable to the end, so nothing counts as lost */
	static size_t count;

	ASSERT(at && count < ARRAY_LEN(all));
	all[count++] = at;
	ASSERT(is_ok(hex_decode(hex, at, hex.len / 2)));
	return bytes_of(at, hex.len / 2);
}

struct bytes vector(const char *file, const char *name)
{
	char path[512], line[2 * VECTORS_VALUE_MAX + 64];
	struct bytes found = { 0 };
	FILE *in;

	snprintf(path, sizeof path, "%s/tests/vectors/%s", test_root(), file);
	in = fopen(path, "r");
	while (in && !found.at && fgets(line, sizeof line, in)) {
		struct str head, rest;

		str_cut(str_trim(str_of(line)), ' ', &head, &rest);
		if (str_equal(head, str_of(name)))
			found = decoded(str_trim(rest));
	}
	if (in)
		fclose(in);
	if (!found.at) {
		printf("Bail out! no %s in %s\n", name, path);
		exit(99);
	}
	return found;
}
