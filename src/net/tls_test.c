/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "harness/test.h"
#include "net/frame_test.h"

enum { TIMEOUT_US = 5 * SECOND_US };

/* One exchange through a TLS line; what opening it gave when that failed. */
static result talk(const struct echo_server *e, struct tls_context *tls, size_t size)
{
	static uint8_t       out[FRAME_PAYLOAD_MAX];
	struct frame_client *c = NULL;
	struct bytes         got;
	result               r = frame_client_open(e->address, tls, TIMEOUT_US, &c);

	memset(out, 'x', sizeof out);
	for (int i = 0; i < 5 && is_ok(r); i++) {
		r = frame_client_send(c, bytes_of(out, size), TIMEOUT_US);
		if (is_ok(r))
			r = frame_client_receive(c, TIMEOUT_US, &got);
		if (is_ok(r))
			CHECK_I64("", got.len, size);
	}
	frame_client_close(c);
	return r;
}

TEST(tls_by_certificates_names_the_node)
{
	struct test_pki     pki, other;
	struct echo_server  e = { 0 };
	struct tls_context *tls;
	struct tls_config   server, client;

	REQUIRE(test_pki_make(&pki, "N0000042"));
	server = (struct tls_config){ .cert_file = pki.server_cert, .key_file = pki.server_key,
				      .ca_file = pki.ca, .peer = TLS_PEER_REQUIRED };
	client = (struct tls_config){ .cert_file = pki.node_cert, .key_file = pki.node_key,
				      .ca_file = pki.ca, .peer = TLS_PEER_REQUIRED };
	REQUIRE_OK(tls_server_open(&server, &e.tls));
	REQUIRE_OK(echo_server_start(&e));
	REQUIRE_OK(tls_client_open(&client, &tls));
	CHECK_OK(talk(&e, tls, 100));
	CHECK_OK(talk(&e, tls, FRAME_PAYLOAD_MAX));
	CHECK_STR("", e.last_name, "N0000042");
	tls_close(tls);

	client.cert_file = client.key_file = NULL;
	REQUIRE_OK(tls_client_open(&client, &tls));
	CHECK_RESULT("no certificate", talk(&e, tls, 100), NET_CLOSED);
	tls_close(tls);

	REQUIRE(test_pki_make(&other, "N0000042")); /* another CA with the same names, in the same files */
	client.ca_file = other.ca;
	REQUIRE_OK(tls_client_open(&client, &tls));
	CHECK_RESULT("server not trusted", talk(&e, tls, 100), NET_CLOSED);
	tls_close(tls);

	CHECK_RESULT("plain on a TLS port", talk(&e, NULL, 100), NET_CLOSED);
	echo_server_stop(&e);
	tls_close(e.tls);
	CHECK(e.stats.closed[FRAME_CLOSE_TLS] >= 2);
}

static bool find_psk(void *owner, struct str identity, struct secret *out)
{
	if (!str_equal(identity, STR("T0000007")))
		return false;
	memset(out->at, *(const char *)owner, TLS_PSK_SIZE);
	out->len = TLS_PSK_SIZE;
	return true;
}

TEST(tls_by_psk_names_the_node_and_refuses_a_wrong_key)
{
	static const struct {
		const char        *name, *identity;
		char               key;
		enum result_code   want;
	} rows[] = { { "right", "T0000007", 'k', SUCCESS },
		     { "wrong key", "T0000007", 'j', NET_CLOSED },
		     { "wrong name", "T0000008", 'k', NET_CLOSED } },
	  *row;
	struct echo_server  e = { 0 };
	char                key = 'k';
	struct tls_config   server = { .psk_find = find_psk, .psk_owner = &key };
	struct tls_context *tls;

	REQUIRE_OK(tls_server_open(&server, &e.tls));
	REQUIRE_OK(echo_server_start(&e));
	EACH(row, rows) {
		struct secret     psk = { .len = TLS_PSK_SIZE };
		struct tls_config client = { .psk_identity = row->identity, .psk = &psk };

		memset(psk.at, row->key, TLS_PSK_SIZE);
		e.last_name[0] = '\0';
		REQUIRE_OK(tls_client_open(&client, &tls));
		CHECK_RESULT(row->name, talk(&e, tls, 100), row->want);
		CHECK_STR(row->name, e.last_name, row->want == SUCCESS ? row->identity : "");
		tls_close(tls);
	}
	echo_server_stop(&e);
	tls_close(e.tls);
}

TEST(tls_set_up_names_what_is_wrong)
{
	struct test_pki     pki;
	struct tls_context *tls;
	struct tls_config   config = { 0 };

	REQUIRE(test_pki_make(&pki, "N1"));
	CHECK_RESULT("nothing", tls_server_open(&config, &tls), TLS_SETUP);
	config = (struct tls_config){ .cert_file = "/nonexistent", .key_file = pki.server_key };
	CHECK_RESULT("no file", tls_server_open(&config, &tls), TLS_SETUP);
	config = (struct tls_config){ .cert_file = pki.server_cert, .key_file = pki.node_key };
	CHECK_RESULT("foreign key", tls_server_open(&config, &tls), TLS_SETUP);
	config = (struct tls_config){ .peer = TLS_PEER_REQUIRED };
	CHECK_RESULT("nobody to trust", tls_client_open(&config, &tls), TLS_SETUP);
}
