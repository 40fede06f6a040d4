/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipk_pipe.c — fresh keys, what they sign, and the files of every profile, for a checker that is
 * not ours.
 *
 *   ipk_pipe CA_BITS ISSUER_BITS EXPONENT
 *
 * Standard output: a name and hexadecimal digits a line. The keys end with the process.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "domain/keys/ipk_testkit.h"

static void say(const char *profile, const char *name, struct bytes value)
{
	static char hex[2 * 4096 + 1];

	ASSERT(value.len <= 4096);
	hex_encode(value, hex);
	printf("%s%s%s %s\n", profile, *profile ? "." : "", name, hex);
}

static void say_key(const struct rsa_key *k)
{
	uint8_t der[RSA_KEY_DER_MAX];
	struct writer w = writer_of(der, sizeof der);

	ASSERT(is_ok(rsa_key_save(k, &w)));
	say("", "pkcs8", writer_bytes(&w));
	w = writer_of(der, sizeof der);
	ASSERT(is_ok(rsa_key_save_info(k, &w)));
	say("", "info", writer_bytes(&w));
	say("", "issuer-n", rsa_key_modulus(k));
	store_be32(der, k->exponent);
	say("", "issuer-e", bytes_of(der, 4));
}

/* One block raw, one text signed and sealed in each way. */
static void say_operations(const struct rsa_key *k)
{
	struct bytes text = str_bytes(STR("message digest"));
	uint8_t block[RSA_KEY_SIZE_MAX] = { 0x6A, 0x01 }, out[RSA_KEY_SIZE_MAX];
	struct bytes result_bytes = bytes_of(out, k->size);

	random_fill(random_system(), block + 2, k->size - 2);
	say("", "block", bytes_of(block, k->size));
	ASSERT(is_ok(rsa_raw_private(k, bytes_of(block, k->size), out)));
	say("", "raw-private", result_bytes);
	ASSERT(is_ok(rsa_raw_public(k, bytes_of(block, k->size), out)));
	say("", "raw-public", result_bytes);
	ASSERT(is_ok(rsa_sign(k, RSA_SCHEME_PKCS1, text, out)));
	say("", "signed-pkcs1", result_bytes);
	ASSERT(is_ok(rsa_sign(k, RSA_SCHEME_PSS, text, out)));
	say("", "signed-pss", result_bytes);
	ASSERT(is_ok(rsa_seal(k, RSA_OAEP_SHA1, text, out)));
	say("", "oaep-sha1", result_bytes);
	ASSERT(is_ok(rsa_seal(k, RSA_OAEP_SHA256, text, out)));
	say("", "oaep-sha256", result_bytes);
}

static void say_xml(const char *name, const struct ipk_issued *issued)
{
	SCOPED(buf_free) struct buf xml = { 0 };

	ASSERT(is_ok(ipk_response_xml(issued, STR("A&B <\"C\">"), str_of(name), &xml)));
	say(name, "xml", buf_bytes(&xml));
}

static void say_profile(const char *name, const struct ipk_authority *ca, struct ipk_issuer *issuer)
{
	static struct ipk_profile profile;
	static struct ipk_request request;
	static struct ipk_file answer;
	struct ipk_values wish;
	struct ipk_issued issued;

	ASSERT(is_ok(ipk_profile_load(str_of(name), &profile)));
	ipk_test_wish(&wish);
	ASSERT(is_ok(
	        ipk_request_make(&profile, &wish, &issuer->key, &issuer->signer.signer, &request)));
	say(name, "request", bytes_of(request.file.at, request.file.len));
	say(name, "hash-file", bytes_of(request.hash_file.at, request.hash_file.len));
	ipk_authority_answer(ca, &profile, &request.values, "0A0B0C", &answer);
	const struct ipk_expected expected = {
		&profile, &request.values, &ca->ca, 1, { 20261122 }
	};
	ASSERT(is_ok(ipk_response_read(&expected, bytes_of(answer.at, answer.len), &issued)));
	say(name, "answer", bytes_of(answer.at, answer.len));
	say_xml(name, &issued);
}

int main(int argc, char **argv)
{
	struct ipk_authority ca = { 0 };
	struct ipk_issuer issuer = { 0 };

	if (argc != 4) {
		fprintf(stderr, "usage: ipk_pipe CA_BITS ISSUER_BITS EXPONENT\n");
		return 2;
	}
	ipk_authority_fresh(&ca, (unsigned)strtoul(argv[1], NULL, 10));
	ipk_issuer_fresh(&issuer, (unsigned)strtoul(argv[2], NULL, 10),
	                 (uint32_t)strtoul(argv[3], NULL, 10));
	say("", "ca-n", rsa_key_modulus(&ca.pair));
	say_key(&issuer.pair);
	say_operations(&issuer.pair);
	for (size_t i = 0; i < ipk_builtin_count; i++)
		say_profile(ipk_builtins[i].name, &ca, &issuer);
	ipk_issuer_deinit(&issuer);
	ipk_authority_deinit(&ca);
	return 0;
}
