/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_home.h — the TLS front's own directory: front.conf, its certificate and key, the clients'
 * authority and revocation list. It belongs to the front's user, not to the key manager's. Paths in
 * the configuration are relative to the directory.
 */
#pragma once

#include "base/conf.h"
#include "service/kms_front/gate.h"

enum { FRONT_HOME_PATH = 512 };

struct front_conf {
	char address[CONF_TEXT_MAX], user[CONF_TEXT_MAX], core[CONF_TEXT_MAX];
	char certificate[CONF_TEXT_MAX], key[CONF_TEXT_MAX], ca[CONF_TEXT_MAX], crl[CONF_TEXT_MAX];
	bool tls12;
	int64_t connections, per_certificate, per_address;
	int64_t handshake_s, frame_s, idle_s, send_s, answer_s, figures_s;
};

struct front_home {
	char dir[FRONT_HOME_PATH]; /* absolute */
	struct front_conf conf;
	/* of `conf`, absolute; by front_home_gate */
	char core[FRONT_HOME_PATH], certificate[FRONT_HOME_PATH], key[FRONT_HOME_PATH],
	        ca[FRONT_HOME_PATH], crl[FRONT_HOME_PATH];
};

const struct conf_schema *front_home_schema(void);
/* Read DIR/front.conf over the defaults. SITE_MISSING, CONF_*. */
result front_home_open(const char *dir, struct front_home *out);
/* What the gate is to do; borrows from h. CONF_RANGE: a path that is too long. */
result front_home_gate(struct front_home *h, struct gate_config *out);
