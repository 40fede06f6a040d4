/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/yikad.h"

/* A path of the configuration, or NULL when it is empty. */
static const char *path_of(const struct site *site, const char *name, char out[SITE_PATH_MAX])
{
	return name[0] ? site_path(site, name, out) : NULL;
}

result yikad_front_start(struct daemon *d)
{
	const struct site_conf *c = &d->site.conf;
	char certificate[SITE_PATH_MAX], key[SITE_PATH_MAX], kms[SITE_PATH_MAX];
	struct terminal_front_config config = {
		.writer = d->platform.writer,
		.payments = &d->platform.payments,
		.kms = site_path(&d->site, c->kms_service, kms),
		.clock = &d->clock.clock,
		.random = random_system(),
		.cutover_s = (int)c->cutover_minutes * 60,
		.listen = { c->terminal_listen, c->terminal_tls_listen, c->terminal_ascii_listen,
		            c->terminal_bare_listen },
		.tls_certificate = path_of(&d->site, c->tls_certificate, certificate),
		.tls_key = path_of(&d->site, c->tls_key, key),
		.connections_max = (uint32_t)c->terminal_connections,
		.per_address_max = (uint32_t)c->terminal_per_address,
		.sign_ins_per_s = (uint32_t)c->sign_ins_per_s,
		.jobs_max = (uint32_t)c->queue_max,
		.legacy_suites = c->legacy_suites,
	};

	return terminal_front_start(&config, &d->front);
}
