/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First byte: the profile, request or answer, and whether the rest is the file itself or edits of
 * the known one (place 2, XOR 1, …). Only the known files are ever taken: what else passed would be
 * a forgery.
 */
#include "domain/keys/ipk_testkit.h"

enum { PROFILES = 8, PRIME_SIZE = 72 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The test keys of tests/vectors/emv, which the corpus is made with. */
static const char ca_p[] =
        "F65419217517956BB9495997ECE0CA733F6399A23F13BAF49BEDA32FFBA3A25FB4FEA2C28F83BFFB"
        "B5D0D2F6A042B6DAE16D99EB6B976EFA0D400E04C0464BAD1085491F4BDB9463";
static const char ca_q[] =
        "E034ACB321E89F534D99B4FD935D554ACCC33AAD86E7ACB78326F927B7040C2CBF30AA325F822C33"
        "0A00367557C7F8D569326EE32DE265005A4DAAAF4F4AE50E70147811296ED139";
static const char issuer_p[] =
        "F2418F738D91F02B09CAFC01881FB6306EF28D3BAD93F1F446292778F5C34726C6D865DA3AF33102"
        "544E92C5AD2A14C94E11C6F6621E2B3AE059933F724E6FFB";
static const char issuer_q[] =
        "DF800C35EFD7E5363AC5C8A9ED5EEAAFA231E7210490E0F44C019371DDD25D1415D6946BDAF5501C"
        "7459ED89906A5B100A64CFAC81C5B8F56573FD447F48A853";

static struct ipk_profile profiles[PROFILES];
static struct ipk_request requests[PROFILES];
static struct ipk_file answers[PROFILES];
static struct ipk_authority authority;

static struct bytes prime(const char *hex, uint8_t out[PRIME_SIZE])
{
	ASSERT(is_ok(hex_decode(str_of(hex), out, strlen(hex) / 2)));
	return bytes_of(out, strlen(hex) / 2);
}

static void prepare(void)
{
	static struct ipk_issuer issuer;
	uint8_t p[PRIME_SIZE], q[PRIME_SIZE];
	struct ipk_values wish;

	ASSERT(ipk_builtin_count <= PROFILES);
	ipk_authority_init(&authority, prime(ca_p, p), prime(ca_q, q));
	ipk_issuer_init(&issuer, prime(issuer_p, p), prime(issuer_q, q));
	ipk_test_wish(&wish);
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		ASSERT(is_ok(ipk_profile_load(str_of(ipk_builtins[i].name), &profiles[i])));
		ASSERT(is_ok(ipk_request_make(&profiles[i], &wish, &issuer.key,
		                              &issuer.signer.signer, &requests[i])));
		ipk_authority_answer(&authority, &profiles[i], &requests[i].values, "0A0B0C",
		                     &answers[i]);
	}
}

static struct bytes edited(const struct ipk_file *known, struct bytes edits, uint8_t *out)
{
	memcpy(out, known->at, known->len);
	for (size_t i = 0; i + 3 <= edits.len; i += 3)
		out[load_be16(edits.at + i) % known->len] ^= edits.at[i + 2];
	return bytes_of(out, known->len);
}

static bool takes_answer(size_t i, struct bytes file)
{
	const struct ipk_expected expected = {
		&profiles[i], &requests[i].values, &authority.ca, 1, { 20261122 }
	};
	struct ipk_issued issued;

	return is_ok(ipk_response_read(&expected, file, &issued));
}

/* Mastercard's index of the key is in the open part alone: another one passes and is seen. */
static bool takes_request(size_t i, struct bytes file)
{
	struct ipk_values v;

	return is_ok(ipk_request_read(&profiles[i], file, &v)) &&
	       (!ipk_is_set(&v, IPK_IDX) || ipk_is_same(&v, &requests[i].values, IPK_IDX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[IPK_FILE_MAX];
	const struct ipk_file *known;
	struct bytes file;
	bool is_answer;
	size_t i;

	if (!size)
		return 0;
	if (!authority.pair.pkey)
		prepare();
	i = (data[0] & 0x0F) % ipk_builtin_count;
	is_answer = data[0] & 0x10;
	known = is_answer ? &answers[i] : &requests[i].file;
	file = bytes_of(data + 1, size - 1);
	if (data[0] & 0x20)
		file = edited(known, file, copy);
	ASSERT((is_answer ? takes_answer(i, file) : takes_request(i, file)) ==
	       bytes_equal(file, bytes_of(known->at, known->len)));
	return 0;
}
