/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "harness/test.h"
#include "net/address.h"
#include "net/frame_test.h"

enum { BIG_FRAMES = 4, BIG_FRAME = 15000 };

static void echo_opened(void *owner, struct frame_conn *c)
{
	struct echo_server *e = owner;

	if (!e->needs_auth)
		frame_conn_authenticated(c);
	str_copy(str_of(frame_conn_tls_name(c)), e->last_name, sizeof e->last_name);
	e->opened++;
}

static void send_big(struct frame_conn *c)
{
	for (int i = 0; i < BIG_FRAMES; i++) {
		uint8_t *to = frame_conn_reserve(c, FRAME_PAYLOAD_MAX);

		if (!to)
			return;
		memset(to, 'a' + i, BIG_FRAME);
		frame_conn_commit(c, BIG_FRAME);
	}
}

static void echo_frame(void *owner, struct frame_conn *c, struct bytes payload)
{
	(void)owner;
	if (payload.len < 2 || payload.at[0] != '!') {
		frame_conn_send(c, payload);
		return;
	}
	switch (payload.at[1]) {
	case 'a':
		frame_conn_authenticated(c);
		frame_conn_send(c, payload);
		break;
	case 'f':
		frame_conn_send(c, payload);
		frame_conn_finish(c);
		break;
	case 'c':
		frame_conn_close(c);
		break;
	default:
		send_big(c);
	}
}

static void echo_round_end(void *owner)
{
	((struct echo_server *)owner)->rounds++;
}

static void echo_woken(void *owner)
{
	((struct echo_server *)owner)->woken++;
}

static void echo_closed(void *owner, struct frame_conn *c, enum frame_close why)
{
	struct echo_server *e = owner;

	(void)c;
	e->last_why = (int)why;
	e->closed++;
}

static void echo_stop(void *owner)
{
	loop_stop(((struct echo_server *)owner)->loop);
}

static void *echo_thread(void *arg)
{
	struct echo_server *e = arg;

	ASSERT(is_ok(loop_run(e->loop)));
	frame_server_stats(e->server, &e->stats);
	frame_server_close(e->server);
	loop_wake_close(e->loop, &e->stop);
	loop_close(e->loop);
	return NULL;
}

result echo_server_start(struct echo_server *e)
{
	const struct frame_handlers handlers = { echo_opened, echo_frame, echo_round_end, echo_woken, echo_closed, e };
	const struct frame_listener at = { "127.0.0.1:0", e->tls, 7, 1, FRAME_PAYLOAD_MAX };

	TRY(loop_open(&e->loop));
	TRY(frame_server_open(e->loop, &e->config, &handlers, &e->server));
	TRY(frame_server_listen(e->server, &at, &e->port));
	TRY(loop_wake_open(e->loop, &e->stop, echo_stop, e));
	snprintf(e->address, sizeof e->address, "127.0.0.1:%u", (unsigned)e->port);
	return pthread_create(&e->thread, NULL, echo_thread, e) == 0 ? OK : FAIL(SYSTEM_CALL, "pthread_create");
}

void echo_server_stop(struct echo_server *e)
{
	loop_wake_post(&e->stop);
	pthread_join(e->thread, NULL);
}

bool echo_server_wait(const _Atomic int *counter, int least)
{
	for (int i = 0; i < 2000 && *counter < least; i++)
		usleep(1000);
	return *counter >= least;
}

int echo_server_dial(const struct echo_server *e)
{
	struct address a;
	int            fd;

	if (!is_ok(address_parse(e->address, &a)))
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &a.any, a.len) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- certificates --- */

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX      ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ASSERT(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

struct signer {
	X509     *cert;
	EVP_PKEY *key;
};

/* A certificate for cn, signed by `by` (itself when NULL). */
static struct signer make_cert(const char *cn, const struct signer *by, const char *alt)
{
	struct signer s = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME    *name = X509_get_subject_name(s.cert);

	X509_set_version(s.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(s.cert), by ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(s.cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(s.cert), 3600);
	X509_set_pubkey(s.cert, s.key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(s.cert, by ? X509_get_subject_name(by->cert) : name);
	add_extension(s.cert, by ? by->cert : s.cert, NID_basic_constraints, by ? "CA:FALSE" : "critical,CA:TRUE");
	if (alt)
		add_extension(s.cert, by ? by->cert : s.cert, NID_subject_alt_name, alt);
	ASSERT(X509_sign(s.cert, by ? by->key : s.key, EVP_sha256()) > 0);
	return s;
}

static bool write_pem(const struct signer *s, const char *cert_path, const char *key_path)
{
	FILE *cert = fopen(cert_path, "w"), *key = key_path ? fopen(key_path, "w") : NULL;
	bool  ok = cert && PEM_write_X509(cert, s->cert) == 1;

	if (key_path)
		ok = ok && key && PEM_write_PrivateKey(key, s->key, NULL, NULL, 0, NULL, NULL) == 1;
	if (cert)
		fclose(cert);
	if (key)
		fclose(key);
	return ok;
}

static void free_signer(struct signer *s)
{
	X509_free(s->cert);
	EVP_PKEY_free(s->key);
}

bool test_pki_make(struct test_pki *p, const char *cn)
{
	struct signer ca = make_cert("Test CA", NULL, NULL);
	struct signer server = make_cert("localhost", &ca, "DNS:localhost,IP:127.0.0.1");
	struct signer node = make_cert(cn, &ca, NULL);
	bool          ok;

	snprintf(p->ca, sizeof p->ca, "%s/ca.pem", test_dir());
	snprintf(p->server_cert, sizeof p->server_cert, "%s/server.pem", test_dir());
	snprintf(p->server_key, sizeof p->server_key, "%s/server.key", test_dir());
	snprintf(p->node_cert, sizeof p->node_cert, "%s/node.pem", test_dir());
	snprintf(p->node_key, sizeof p->node_key, "%s/node.key", test_dir());
	ok = write_pem(&ca, p->ca, NULL) && write_pem(&server, p->server_cert, p->server_key) &&
	     write_pem(&node, p->node_cert, p->node_key);
	free_signer(&ca);
	free_signer(&server);
	free_signer(&node);
	return ok;
}
