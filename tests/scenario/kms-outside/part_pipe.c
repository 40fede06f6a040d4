/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part_pipe.c — what the service does not offer by itself, behind a pipe. A line in, a line out,
 * all in hex:
 *
 *   kdf A|4 KEY LABEL CONTEXT LEN     SP 800-108; LABEL and LEN as they are
 *   hmac-sm3 KEY DATA
 *   split NEEDED COUNT SECRET         shares, one after another
 *   combine SHARE...
 *
 * A refusal is "!NAME".
 */
#include <stdio.h>

#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "crypto/shamir.h"

enum { LINE_MAX_SIZE = 4096, VALUE_MAX = 512 };

static char text[LINE_MAX_SIZE];

static struct str next_word(struct str *rest)
{
	struct str word;

	str_cut(*rest, ' ', &word, rest);
	return word;
}

static result read_hex(struct str hex, uint8_t out[VALUE_MAX], struct bytes *b)
{
	if (hex.len / 2 > VALUE_MAX)
		return FAIL(INVALID_HEX, "too long");
	*b = bytes_of(out, hex.len / 2);
	return hex_decode(hex, out, hex.len / 2);
}

static result read_number(struct str word, uint64_t max, uint64_t *out)
{
	TRY(str_u64(word, out));
	return *out <= max ? OK : FAIL(INVALID_NUMBER, "beyond %u", (unsigned)max);
}

static result derive(struct str rest)
{
	struct str algorithm = next_word(&rest);
	uint8_t key[VALUE_MAX], context[VALUE_MAX], out[KDF_OUT_MAX];
	struct bytes k;
	struct kdf_spec spec = { 0 };
	char label[KDF_LABEL_MAX + 1];
	uint64_t len;

	TRY(read_hex(next_word(&rest), key, &k));
	str_copy(next_word(&rest), label, sizeof label);
	spec.label = label;
	TRY(read_hex(next_word(&rest), context, &spec.context));
	TRY(read_number(rest, sizeof out, &len));
	TRY(kdf_counter(str_equal(algorithm, STR("4")) ? MAC_SM4_CMAC : MAC_AES_CMAC, k, &spec, out,
	                len));
	hex_encode(bytes_of(out, len), text);
	return OK;
}

static result hmac(struct str rest)
{
	uint8_t key[VALUE_MAX], data[VALUE_MAX], out[HMAC_SIZE];
	struct bytes held, in;

	TRY(read_hex(next_word(&rest), key, &held));
	TRY(read_hex(rest, data, &in));
	TRY(hmac_once(HMAC_SM3, held, in, out));
	hex_encode(bytes_of(out, sizeof out), text);
	return OK;
}

static result read_secret(struct str hex, struct secret *out)
{
	out->len = hex.len / 2;
	if (out->len > sizeof out->at)
		return FAIL(INVALID_HEX, "too long");
	return hex_decode(hex, out->at, out->len);
}

static result split(struct str rest)
{
	struct secret secret, shares[SHAMIR_COUNT_MAX];
	uint64_t needed, count;
	char *at = text;

	TRY(read_number(next_word(&rest), SHAMIR_COUNT_MAX, &needed));
	TRY(read_number(next_word(&rest), SHAMIR_COUNT_MAX, &count));
	TRY(read_secret(rest, &secret));
	TRY(shamir_split(&secret, (struct shamir_scheme){ (uint8_t)needed, (uint8_t)count },
	                 random_system(), shares));
	for (size_t i = 0; i < count; i++, at += strlen(at)) {
		hex_encode(bytes_of(shares[i].at, shares[i].len), at + (i > 0));
		if (i > 0)
			*at = ' ';
	}
	return OK;
}

static result combine(struct str rest)
{
	struct secret shares[SHAMIR_COUNT_MAX], secret = { 0 };
	size_t count = 0;

	while (rest.len && count < SHAMIR_COUNT_MAX)
		TRY(read_secret(next_word(&rest), &shares[count++]));
	TRY(shamir_combine(shares, count, &secret));
	hex_encode(bytes_of(secret.at, secret.len), text);
	return OK;
}

static result answer(struct str line)
{
	static const struct {
		const char *verb;
		result (*work)(struct str rest);
	} verbs[] = {
		{ "kdf", derive },
		{ "hmac-sm3", hmac },
		{ "split", split },
		{ "combine", combine },
	};
	struct str verb = next_word(&line);

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_equal(verb, str_of(verbs[i].verb)))
			return verbs[i].work(line);
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
