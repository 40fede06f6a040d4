/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_part.h"

#include "domain/keys/exchange_value.h"

enum {
	LINE_BYTES = 8,
	LINE_TEXT = 23, /* "0F1E 2D3C 4B5A 6978 59" and LF */
	WHOLE = 4 * LINE_BYTES,
};

/* Eight zero bytes on paper: their CRC is zero too. */
static const struct str zero_line = STR("0000 0000 0000 0000 00\n");

result exchange_part_size(const struct key_definition *k, size_t *size)
{
	TRY(key_definition_size(k->algorithm, k->bits, size));
	return *size ? OK : FAIL(KEY_LENGTH, "%s is a key pair", k->code);
}

result exchange_part_kcv(const struct key_definition *k, const struct secret *part,
                         char out[KCV_TEXT_SIZE])
{
	struct kcv kcv;

	TRY(kcv_of_secret(k->algorithm, kcv_default(k->algorithm), bytes_of(part->at, part->len),
	                  &kcv));
	kcv_text(&kcv, out);
	return OK;
}

bool exchange_part_is_one_byte(const struct secret *part)
{
	uint8_t differs = 0;

	for (size_t i = 1; i < part->len; i++)
		differs |= part->at[i] ^ part->at[0];
	return differs == 0;
}

bool exchange_part_equal(const struct secret *a, const struct secret *b)
{
	return bytes_equal_secret(bytes_of(a->at, a->len), bytes_of(b->at, b->len));
}

/* A component of a master key has two lines or four; three are the first of four. */
result exchange_part_print(const struct secret *part, char out[EXCHANGE_LETTER_TEXT])
{
	SCOPED(secret_wipe) struct secret whole = { .len = WHOLE };
	struct writer w = writer_of(out, EXCHANGE_LETTER_TEXT);
	size_t text = part->len / LINE_BYTES * LINE_TEXT;

	if (part->len == 0 || part->len > WHOLE || part->len % LINE_BYTES)
		return FAIL(KEY_LENGTH, "a component of %zu bytes", part->len);
	memcpy(whole.at, part->at, part->len);
	TRY(component_print_paper(&whole, &w));
	secret_wipe_bytes(out + text, EXCHANGE_LETTER_TEXT - text);
	return OK;
}

static result read_padded(struct str text, size_t missing, struct secret *out, unsigned *line)
{
	char padded[COMPONENT_PAPER_MAX + 1];
	struct writer w = writer_of(padded, COMPONENT_PAPER_MAX);

	writer_str(&w, text);
	writer_str(&w, STR("\n"));
	for (size_t i = 0; i < missing; i++)
		writer_str(&w, zero_line);
	result r = w.bad ? FAIL(COMPONENT_FORM, "%zu characters", text.len)
	                 : component_read_paper('A', (struct str){ padded, w.len }, out, line);
	secret_wipe_bytes(padded, sizeof padded);
	return r;
}

result exchange_part_read(const struct key_definition *k, struct str text, struct secret *part,
                          unsigned *line)
{
	SCOPED(secret_wipe) struct secret whole = { 0 };
	size_t size;

	*line = 1;
	TRY(exchange_part_size(k, &size));
	result r = read_padded(text, (WHOLE - size) / LINE_BYTES, &whole, line);
	if (*line > size / LINE_BYTES)
		*line = (unsigned)(size / LINE_BYTES);
	TRY(r);
	*part = (struct secret){ .len = size };
	memcpy(part->at, whole.at, size);
	return OK;
}

result exchange_part_store(struct key_act *act, const struct key_definition *k,
                           const struct key_order *o, const struct secret *value, struct str kcv,
                           struct key_version *out)
{
	struct bytes bytes = { value->at, value->len };
	struct kcv is;

	TRY(exchange_check_value(act, k, bytes, NULL, kcv, &is));
	return key_version_store(act, k, o, bytes, &is, out);
}
