/* SPDX-License-Identifier: Apache-2.0 */
/* Against openssl x509 -fingerprint -sha256 -subject -enddate. */
#include "harness/test.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "base/buf.h"
#include "crypto/certificate_known_test.h"
#include "crypto/certificate_print.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"
#define PRIVATE_KEY                                                                                \
	"-----BEGIN PRIVATE KEY-----\n"                                                            \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJR+NrI+00d1QXxlB\n"                       \
	"tE9rdQsmpVgJErGtwklQ0cLvebKhRANCAAS1U5K1y1cb41Q74jZEEd2OgLCAsQLO\n"                       \
	"JcrW8K2tV9y33JsmSKKwIjjP/BBU2LiOQHi5zb3aIfCPQVZ3vryeGdeN\n"                               \
	"-----END PRIVATE KEY-----\n"

static void check_known(const char *label, const char *pem)
{
	struct certificate_print p = { 0 };
	char expires[INSTANT_TEXT_SIZE];

	CHECK_RESULT(label, certificate_print_read(str_of(pem), &p), SUCCESS);
	CHECK_HEX(label, bytes_of(p.sha256, sizeof p.sha256), CERTIFICATE_KNOWN_SHA256);
	CHECK_STR(label, p.subject, CERTIFICATE_KNOWN_SUBJECT);
	CHECK_STR(label, instant_text(p.expires, 0, expires), "2036-11-27 12:57:16+00:00");
}

TEST(a_certificate_is_known_by_its_der_whatever_stands_around_its_text)
{
	check_known("alone", CERTIFICATE_KNOWN);
	check_known("behind its description",
	            "Certificate:\n    Data:\n        Version: 3 (0x2)\n" CERTIFICATE_KNOWN);
	check_known("in front of other text", CERTIFICATE_KNOWN "ask the computer centre\n");
}

TEST(what_is_not_one_whole_certificate_is_refused)
{
	static const struct {
		const char *label, *pem;
	} rows[] = {
		{ "nothing", "" },
		{ "words", "the certificate follows" },
		{ "two", CERTIFICATE_KNOWN CERTIFICATE_OTHER },
		{ "a private key behind it", CERTIFICATE_KNOWN PRIVATE_KEY },
		{ "a private key before it", PRIVATE_KEY CERTIFICATE_KNOWN },
		{ "a private key alone", PRIVATE_KEY },
		{ "a second one that is broken", CERTIFICATE_KNOWN BEGIN "MIIBvjCC\n" },
		{ "no end", BEGIN "MIIBvjCCAWWgAwIBAgIUTlgIaSy2GnKtV5al\n" },
		{ "empty", BEGIN END },
		{ "cut", BEGIN "MIIBvjCCAWWgAwIBAgIUTlgIaSy2GnKtV5al\n" END },
		{ "no DER", BEGIN "AAAA\n" END },
		{ "no base 64", BEGIN "!!!!\n" END },
		{ "headers", "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\n"
		             "MIIBvjCC\n-----END CERTIFICATE-----\n" },
		{ "another label", "-----BEGIN TRUSTED CERTIFICATE-----\nMIIBvjCC\n"
		                   "-----END TRUSTED CERTIFICATE-----\n" },
	}, *row;

	EACH (row, rows) {
		struct certificate_print p;

		CHECK_RESULT(row->label, certificate_print_read(str_of(row->pem), &p),
		             CERTIFICATE_PEM);
		CHECK_I64(row->label, (int64_t)ERR_peek_error(), 0);
	}
}

TEST(a_text_longer_than_a_certificate_may_be_is_refused)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct certificate_print p;

	buf_str(&text, STR(CERTIFICATE_KNOWN));
	while (text.len <= CERTIFICATE_PEM_MAX)
		buf_str(&text, STR("and so on\n"));
	CHECK_RESULT("long", certificate_print_read(buf_text(&text), &p), CERTIFICATE_PEM);
}

/* More DER than the certificate has: another hash, and not what TLS would see. */
TEST(bytes_behind_the_certificate_are_refused)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct str pem = STR(CERTIFICATE_KNOWN);
	struct certificate_print p;

	buf_put(&text, bytes_of(pem.at, pem.len - strlen("\n" END)));
	buf_str(&text, STR("AAAA\n" END));
	CHECK_RESULT("three zeros", certificate_print_read(buf_text(&text), &p), CERTIFICATE_PEM);
	CHECK_STR("three zeros", result_last()->text, "its DER is not whole");
}
