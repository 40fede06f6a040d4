/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/kms_setup.h"

#include <pwd.h>
#include <unistd.h>

#include "programs/kms/prompt.h"

/* "" is the process's own user. */
static result uid_of(const char *name, uid_t *out)
{
	const struct passwd *user = name[0] ? getpwnam(name) : NULL;

	*out = user ? user->pw_uid : geteuid();
	return !name[0] || user ? OK : FAIL(SYSTEM_CALL, "there is no user %s", name);
}

result kms_setup_make(const struct kms_home *home, const struct clock *clock, bool ask_pin,
                      struct kms_setup *s)
{
	const struct kms_conf *c = &home->conf;

	s->config = (struct kms_core_config){
		.dsn = kms_home_dsn(home, s->dsn),
		.node = c->node,
		.officer_socket = kms_home_path(home, c->officers, s->officers),
		.service_socket = kms_home_path(home, c->service, s->service),
		.for_group = c->platform_user[0] || c->front_user[0],
		.checkpoint_dir = c->checkpoints[0]
		                          ? kms_home_path(home, c->checkpoints, s->checkpoints)
		                          : NULL,
		.workers = (unsigned)c->workers,
		.clock = clock,
	};
	kms_home_devices(home, s->config.devices, &s->config.device_count);
	TRY(uid_of(c->platform_user, &s->config.platform_uid));
	TRY(uid_of(c->front_user, &s->config.front_uid));
	if (!ask_pin)
		return OK;
	s->config.pin = &s->pin;
	return prompt_secret("PIN of the crypto device 加密设备口令: ", &s->pin);
}
