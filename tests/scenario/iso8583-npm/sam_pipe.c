/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sam_pipe.c — a software SAM behind a pipe, for clients that are not ours: the initial key stays
 * inside.
 *
 *   sam_pipe FILE PASSPHRASE_FILE
 *
 * One request a line, one answer a line; bytes are upper-case hex, suites are numbers.
 *   identity                    node id, SAM number, merchant, key version
 *   check SUITE RT RH CH        "yes" when the host proved itself, else "no"
 *   prove SUITE RT RH           CT
 *   sign SUITE BYTES            F64 under the authentication key
 *   unwrap SUITE BYTES          a session key
 * Anything else, and every failure, is answered "!NAME detail".
 */
#include <stdio.h>
#include <string.h>

#include "device/pos/sam.h"

enum { LINE_MAX_BYTES = 8192, WORDS_MAX = 5, VALUE_MAX = 2048 };

/* One request taken apart: a word and up to four values. */
struct request {
	struct str words[WORDS_MAX];
	size_t count;
	uint8_t suite;
	uint8_t values[WORDS_MAX - 2][VALUE_MAX];
	size_t lens[WORDS_MAX - 2];
};

static result split(struct str line, struct request *q)
{
	*q = (struct request){ 0 };
	while (line.len && q->count < WORDS_MAX)
		str_cut(line, ' ', &q->words[q->count++], &line);
	for (size_t i = 2; i < q->count; i++) {
		q->lens[i - 2] = q->words[i].len / 2;
		if (q->lens[i - 2] > VALUE_MAX)
			return FAIL(BUFFER_FULL, "value of %zu bytes", q->lens[i - 2]);
		TRY(hex_decode(q->words[i], q->values[i - 2], q->lens[i - 2]));
	}
	if (q->count > 1) {
		uint64_t suite;

		TRY(str_u64(q->words[1], &suite));
		q->suite = (uint8_t)suite;
	}
	return OK;
}

static bool is_request(const struct request *q, const char *word, size_t count)
{
	return q->count == count && str_equal(q->words[0], str_of(word));
}

static bool are_challenges(const struct request *q)
{
	return q->lens[0] == SAM_CHALLENGE_LEN && q->lens[1] == SAM_CHALLENGE_LEN;
}

static result print_hex(result r, const uint8_t *at, size_t len)
{
	char text[2 * 64 + 1];

	if (is_ok(r)) {
		hex_encode(bytes_of(at, len), text);
		printf("%s\n", text);
	}
	return r;
}

static void print_identity(const struct sam_identity *id)
{
	char sam_no[2 * SAM_NO_LEN + 1];

	hex_encode(bytes_of(id->sam_no, SAM_NO_LEN), sam_no);
	printf("%s %s %s %02X\n", id->node_id, sam_no, id->merchant, id->key_version);
}

static result answer(const struct sam *sam, struct request *q)
{
	SCOPED(secret_wipe) struct secret key = { 0 };
	uint8_t out[SAM_CHALLENGE_LEN];

	if (is_request(q, "identity", 1)) {
		print_identity(sam_identity(sam));
		return OK;
	}
	if (is_request(q, "check", 5) && are_challenges(q)) {
		result r = sam_check_host(sam, q->suite, q->values[0], q->values[1],
		                          bytes_of(q->values[2], q->lens[2]));

		printf("%s\n", is_ok(r) ? "yes" : "no");
		return r.code == SAM_HOST_UNKNOWN ? OK : r;
	}
	if (is_request(q, "prove", 4) && are_challenges(q))
		return print_hex(sam_prove(sam, q->suite, q->values[0], q->values[1], out), out,
		                 SAM_CHALLENGE_LEN);
	if (is_request(q, "sign", 3))
		return print_hex(sam_sign(sam, q->suite, bytes_of(q->values[0], q->lens[0]), out),
		                 out, SAM_MAC_LEN);
	if (is_request(q, "unwrap", 3)) {
		TRY(sam_unwrap(sam, q->suite, bytes_of(q->values[0], q->lens[0]), &key));
		return print_hex(OK, key.at, key.len);
	}
	return FAIL(USAGE, "no such request");
}

int main(int argc, char **argv)
{
	static struct request q;
	char line[LINE_MAX_BYTES];
	struct sam *sam = NULL;
	result r = argc == 3 ? sam_open(argv[1], argv[2], &sam)
	                     : FAIL(USAGE, "sam_pipe FILE PASSPHRASE_FILE");

	if (!is_ok(r)) {
		fprintf(stderr, "sam_pipe: %s %s\n", result_name(r), result_last()->text);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin)) {
		r = split(str_trim(str_of(line)), &q);
		if (is_ok(r))
			r = answer(sam, &q);
		if (!is_ok(r))
			printf("!%s %s\n", result_name(r), result_last()->text);
	}
	sam_close(sam);
	return 0;
}
