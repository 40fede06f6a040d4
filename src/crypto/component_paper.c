/* SPDX-License-Identifier: Apache-2.0 */
/* A component on paper: keys 5.1, "Paper". */
#include "crypto/component.h"

#include <stdio.h>

enum {
	LINE_BYTES = 8,
	LINE_ALL = LINE_BYTES + 1, /* with its CRC */
	DIGITS_MAX = 2 * LINE_ALL * COMPONENT_PAPER_LINES,
};

/* CRC-8, polynomial 07, initial 00. */
static uint8_t crc8(const uint8_t *at, size_t len)
{
	unsigned crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ (0x107u & (0u - (crc >> 7)));
	}
	return (uint8_t)crc;
}

result component_print_paper(const struct secret *value, struct writer *out)
{
	char line[32];

	if (value->len != 16 && value->len != 32)
		return FAIL(COMPONENT_FORM, "a value of %zu bytes", value->len);
	for (size_t at = 0; at < value->len; at += LINE_BYTES) {
		const uint8_t *b = value->at + at;

		snprintf(line, sizeof line, "%02X%02X %02X%02X %02X%02X %02X%02X %02X\n", b[0],
		         b[1], b[2], b[3], b[4], b[5], b[6], b[7], crc8(b, LINE_BYTES));
		writer_str(out, str_of(line));
	}
	secret_wipe_bytes(line, sizeof line);
	return writer_done(out);
}

/* Digits without what stands between them, up to the first character that is neither. */
static size_t gather(struct str text, char digits[DIGITS_MAX], bool *clean)
{
	size_t count = 0;

	*clean = true;
	for (size_t i = 0; *clean && i < text.len; i++) {
		char c = text.at[i];

		if (c && strchr(" \t\r\n", c))
			continue;
		*clean = count < DIGITS_MAX && c && strchr("0123456789ABCDEFabcdef", c);
		if (*clean)
			digits[count++] = c;
	}
	return count;
}

/* How many of the lines are right, from the first on. */
static size_t decode(const char *digits, size_t lines, struct secret *value)
{
	uint8_t bytes[LINE_ALL];
	size_t right;

	for (right = 0; right < lines; right++, digits += 2 * LINE_ALL) {
		if (!is_ok(hex_decode((struct str){ digits, 2 * LINE_ALL }, bytes, LINE_ALL)) ||
		    crc8(bytes, LINE_BYTES) != bytes[LINE_BYTES])
			break;
		memcpy(value->at + right * LINE_BYTES, bytes, LINE_BYTES);
	}
	secret_wipe_bytes(bytes, sizeof bytes);
	return right;
}

result component_read_paper(char algorithm, struct str text, struct secret *value, unsigned *line)
{
	SCOPED(secret_wipe) struct secret read = { .len = component_size(algorithm) };
	size_t lines = read.len / LINE_BYTES, count, right;
	char digits[DIGITS_MAX];
	bool clean;

	*line = 1;
	if (read.len == 0 || text.len > COMPONENT_PAPER_MAX)
		return FAIL(COMPONENT_FORM, "%zu characters", text.len);
	count = gather(text, digits, &clean);
	right = count / (2 * LINE_ALL);
	right = decode(digits, right < lines ? right : lines, &read);
	secret_wipe_bytes(digits, sizeof digits);
	if (!clean || right < lines || count != lines * 2 * LINE_ALL) {
		*line = (unsigned)right + 1;
		return FAIL(COMPONENT_FORM, "line %u", *line);
	}
	*line = 0;
	*value = read;
	return OK;
}
