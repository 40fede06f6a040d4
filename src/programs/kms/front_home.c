/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/front_home.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT(section, key, member, fallback, help)                                                 \
	{                                                                                          \
		section, key, CONF_TEXT, offsetof(struct front_conf, member), fallback, 0, 0, help \
	}
#define WHOLE(section, key, member, fallback, min, max, help)                                      \
	{                                                                                          \
		section, key, CONF_INTEGER, offsetof(struct front_conf, member), fallback, min,    \
		        max, help                                                                  \
	}

enum { SECONDS_MAX = 86400 };

static const struct conf_key keys[] = {
	TEXT("front", "address", address, "127.0.0.1:8589",
	     "where clients come in: HOST:PORT, numbers only; 0.0.0.0:8589 or [::]:8589 for all"),
	TEXT("front", "user", user, "", "user to become when started as root; empty: stay"),
	TEXT("core", "socket", core, "../kms/service.sock",
	     "the key manager's socket: kms.conf [socket] service; front_user there names this "
	     "process's user"),
	WHOLE("core", "answer_s", answer_s, "30", 1, SECONDS_MAX,
	      "seconds without an answer after which its line is taken for broken"),
	TEXT("tls", "certificate", certificate, "front.pem", "of this front, PEM, with its chain"),
	TEXT("tls", "key", key, "front.key", "its private key, PEM, readable by its owner only"),
	TEXT("tls", "ca", ca, "clients-ca.pem", "the clients' private authority, PEM"),
	TEXT("tls", "crl", crl, "clients-crl.pem",
	     "revocation lists of every authority in `ca`, PEM; read again when it changes"),
	{ "tls", "tls12", CONF_BOOL, offsetof(struct front_conf, tls12), "no", 0, 1,
	  "take TLS 1.2 with ECDHE too" },
	WHOLE("limits", "connections", connections, "1024", 1, GATE_CONNECTIONS_MAX,
	      "of all clients"),
	WHOLE("limits", "per_certificate", per_certificate, "128", 1, GATE_CONNECTIONS_MAX,
	      "connections of one certificate"),
	WHOLE("limits", "per_address", per_address, "256", 1, GATE_CONNECTIONS_MAX,
	      "connections of one address (IPv6: of one /64), handshakes included"),
	WHOLE("limits", "handshake_s", handshake_s, "10", 1, 600, "seconds for a handshake"),
	WHOLE("limits", "frame_s", frame_s, "10", 1, 600,
	      "seconds for a frame from its first byte to its last"),
	WHOLE("limits", "idle_s", idle_s, "600", 1, SECONDS_MAX,
	      "seconds without a request after which a connection is closed"),
	WHOLE("limits", "send_s", send_s, "20", 1, 600,
	      "seconds that answers wait for a client that does not take them"),
	WHOLE("log", "figures_s", figures_s, "3600", 0, SECONDS_MAX,
	      "seconds between two lines of figures; 0: only at SIGUSR1"),
};

const struct conf_schema *front_home_schema(void)
{
	static const struct conf_schema schema = { keys, ARRAY_LEN(keys) };

	return &schema;
}

result front_home_open(const char *dir, struct front_home *out)
{
	char path[FRONT_HOME_PATH], whole[4096];

	if (!realpath(dir, whole) || strlen(whole) + 64 > FRONT_HOME_PATH)
		return FAIL(SITE_MISSING, "%s is no directory of a TLS front", dir);
	str_copy(str_of(whole), out->dir, sizeof out->dir);
	snprintf(path, sizeof path, "%.440s/front.conf", out->dir);
	if (access(path, R_OK) != 0)
		return FAIL(SITE_MISSING,
		            "%s: %m; docs/service-protocol.md 15 says what stands in it", path);
	conf_defaults(front_home_schema(), &out->conf);
	return conf_load(front_home_schema(), path, &out->conf);
}

static result path_of(const struct front_home *h, const char *name, char out[FRONT_HOME_PATH])
{
	int n = name[0] == '/' ? snprintf(out, FRONT_HOME_PATH, "%s", name)
	                       : snprintf(out, FRONT_HOME_PATH, "%s/%s", h->dir, name);

	return n > 0 && n < FRONT_HOME_PATH
	               ? OK
	               : FAIL(CONF_RANGE, "front.conf: %s/%s is too long", h->dir, name);
}

result front_home_gate(struct front_home *h, struct gate_config *out)
{
	const struct front_conf *c = &h->conf;

	TRY(path_of(h, c->core, h->core));
	TRY(path_of(h, c->certificate, h->certificate));
	TRY(path_of(h, c->key, h->key));
	TRY(path_of(h, c->ca, h->ca));
	TRY(path_of(h, c->crl, h->crl));
	*out = (struct gate_config){ .address = c->address,
		                     .core = h->core,
		                     .certificate = h->certificate,
		                     .key = h->key,
		                     .ca = h->ca,
		                     .crl = h->crl,
		                     .tls12 = c->tls12,
		                     .connections = (size_t)c->connections,
		                     .per_certificate = (size_t)c->per_certificate,
		                     .per_address = (size_t)c->per_address,
		                     .handshake_us = c->handshake_s * GATE_US,
		                     .frame_us = c->frame_s * GATE_US,
		                     .idle_us = c->idle_s * GATE_US,
		                     .send_us = c->send_s * GATE_US,
		                     .answer_us = c->answer_s * GATE_US,
		                     .figures_us = c->figures_s * GATE_US };
	return OK;
}
