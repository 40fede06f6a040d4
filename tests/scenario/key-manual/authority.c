/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority.c — the certification authority of the manual: answers a request file.
 *
 *   authority P Q PROFILE REQUEST ANSWER
 *
 * P and Q: its primes, in hexadecimal digits. ANSWER is written anew.
 */
#include <stdio.h>
#include <string.h>

#include "domain/keys/ipk_testkit.h"

enum { PRIME_MAX = 128 };

static struct bytes prime_of(const char *hex, uint8_t out[PRIME_MAX])
{
	size_t len = strlen(hex) / 2;

	ASSERT(len <= PRIME_MAX && is_ok(hex_decode(str_of(hex), out, len)));
	return bytes_of(out, len);
}

static struct bytes read_file(const char *path, uint8_t *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t len;

	ASSERT(f);
	len = fread(out, 1, size, f);
	ASSERT(fclose(f) == 0);
	return bytes_of(out, len);
}

static void write_file(const char *path, const struct ipk_file *file)
{
	FILE *f = fopen(path, "wxe");

	ASSERT(f && fwrite(file->at, 1, file->len, f) == file->len);
	ASSERT(fclose(f) == 0);
}

int main(int argc, char **argv)
{
	static uint8_t p[PRIME_MAX], q[PRIME_MAX], request[IPK_FILE_MAX];
	static struct ipk_profile profile;
	static struct ipk_values asked;
	static struct ipk_file answer;
	struct ipk_authority ca = { 0 };

	if (argc != 6) {
		fprintf(stderr, "usage: authority P Q PROFILE REQUEST ANSWER\n");
		return 2;
	}
	ipk_authority_init(&ca, prime_of(argv[1], p), prime_of(argv[2], q));
	ASSERT(is_ok(ipk_profile_load(str_of(argv[3]), &profile)));
	ASSERT(is_ok(
	        ipk_request_read(&profile, read_file(argv[4], request, sizeof request), &asked)));
	ipk_authority_answer(&ca, &profile, &asked, "0A0B0C", &answer);
	write_file(argv[5], &answer);
	ipk_authority_deinit(&ca);
	return 0;
}
