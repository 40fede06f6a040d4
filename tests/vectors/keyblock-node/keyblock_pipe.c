/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyblock_pipe.c — key blocks behind a pipe, for programs that are not ours. A line in, a line
 * out:
 *
 *   seal VERSION PROTECTION USAGE ALGORITHM MODE KEY_VERSION EXPORTABILITY CONTEXT KEY [ID=DATA]...
 *   open PROTECTION BLOCK
 *
 * PROTECTION and KEY in hex. The answer is the block, or the key in hex, or "!NAME". Version 3 is
 * wrapped and unwrapped here with the KWK of the protection key, as a device would do it.
 */
#include <stdio.h>

#include "crypto/keyblock.h"
#include "crypto/keywrap.h"
#include "crypto/lmk.h"

enum { LINE_MAX_SIZE = 20000, PROTECTION_MAX = 32 };

static struct keyblock block;
static uint8_t key[KEYBLOCK_KEY_MAX], wrapped[KEYWRAP_PAD_MAX];
static char text[KEYBLOCK_TEXT_MAX + 1];

static struct str next_word(struct str *rest)
{
	struct str word;

	str_cut(*rest, ' ', &word, rest);
	return word;
}

static result read_hex(struct str hex, uint8_t *out, size_t size, struct bytes *b)
{
	if (hex.len / 2 > size)
		return FAIL(INVALID_HEX, "too long");
	*b = bytes_of(out, hex.len / 2);
	return hex_decode(hex, out, hex.len / 2);
}

static char first_of(struct str word)
{
	return word.len ? word.at[0] : 0;
}

static void read_header(struct str *rest, struct keyblock_header *h)
{
	str_copy(next_word(rest), h->usage, sizeof h->usage);
	h->algorithm = first_of(next_word(rest));
	h->mode = first_of(next_word(rest));
	str_copy(next_word(rest), h->key_version, sizeof h->key_version);
	h->exportability = first_of(next_word(rest));
	h->context = first_of(next_word(rest));
}

static result read_options(struct str rest, struct keyblock_header *h)
{
	while (rest.len) {
		struct str id, data;
		char name[3];

		str_cut(next_word(&rest), '=', &id, &data);
		str_copy(id, name, sizeof name);
		TRY(keyblock_option_add(h, name, data));
	}
	return OK;
}

static result wrap_as_device(struct bytes protection, struct keyblock_order *o)
{
	SCOPED(secret_wipe) struct secret kwk = { 0 };
	size_t len;

	TRY(lmk_derive(LMK_AES, protection, LMK_KWK, &kwk));
	TRY(keywrap_pad_wrap(bytes_of(kwk.at, kwk.len), o->key, wrapped, &len));
	o->key = bytes_of(wrapped, len);
	return OK;
}

static result seal_block(struct str rest)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	struct keyblock_header h = { .version = first_of(next_word(&rest)) };
	struct keyblock_order o = { .header = &h, .random = random_system() };
	uint8_t protection[PROTECTION_MAX];
	struct bytes held;
	size_t len;

	TRY(read_hex(next_word(&rest), protection, sizeof protection, &held));
	read_header(&rest, &h);
	TRY(read_hex(next_word(&rest), key, sizeof key, &o.key));
	TRY(read_options(rest, &h));
	TRY(keyblock_protector_open(h.version, held, &l));
	if (h.version != '3')
		return keyblock_seal(keyblock_protector_of(l), &o, text, sizeof text, &len);
	TRY(wrap_as_device(held, &o));
	return keyblock_seal_wrapped(keyblock_protector_of(l), &o, text, sizeof text, &len);
}

static result unwrap_as_device(struct bytes protection, size_t *len)
{
	SCOPED(secret_wipe) struct secret kwk = { 0 };

	TRY(lmk_derive(LMK_AES, protection, LMK_KWK, &kwk));
	return keywrap_pad_unwrap(bytes_of(kwk.at, kwk.len), bytes_of(block.body, block.body_len),
	                          key, len);
}

static result open_block(struct str rest)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	uint8_t protection[PROTECTION_MAX];
	struct bytes held;
	size_t len;

	TRY(read_hex(next_word(&rest), protection, sizeof protection, &held));
	TRY(keyblock_parse(rest, &block));
	TRY(keyblock_protector_open(block.header.version, held, &l));
	if (block.header.version != '3') {
		TRY(keyblock_open(keyblock_protector_of(l), rest, &block, key, &len));
	} else {
		TRY(keyblock_check(keyblock_protector_of(l), rest, &block));
		TRY(unwrap_as_device(held, &len));
	}
	hex_encode(bytes_of(key, len), text);
	return OK;
}

static result answer(struct str line)
{
	struct str verb = next_word(&line);

	if (str_equal(verb, STR("seal")))
		return seal_block(line);
	if (str_equal(verb, STR("open")))
		return open_block(line);
	return FAIL(USAGE, "no such verb");
}

int main(void)
{
	static char line[LINE_MAX_SIZE];

	while (fgets(line, sizeof line, stdin)) {
		result r = answer(str_trim(str_of(line)));

		if (is_ok(r))
			printf("%s\n", text);
		else
			printf("!%s\n", result_name(r));
		fflush(stdout);
	}
	return 0;
}
