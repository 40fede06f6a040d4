/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/selftest.h"
#include "service/kms/core_private.h"

/* --- devices --- */

/* A PIN change that broke off between the device and the file left the new PIN beside the old one
 * (device.pin). */
static result open_with_new_pin(const struct hsm_address *at, result first, struct hsm_device **out)
{
	char beside[HSM_TEXT_MAX + 8];
	struct hsm_address with_new = *at;

	snprintf(beside, sizeof beside, "%s.new", at->pin_file);
	if (first.code != HSM_PIN || !at->pin_file[0] || strlen(beside) >= HSM_TEXT_MAX ||
	    access(beside, R_OK) != 0)
		return first;
	str_copy(str_of(beside), with_new.pin_file, sizeof with_new.pin_file);
	TRY(hsm_device_open(&with_new, NULL, out));
	LOG_WARNING("kms.pin_file",
	            "text=\"a change of the PIN broke off; its file is put right\"");
	return rename(beside, at->pin_file) == 0 ? OK : FAIL(FILE_WRITE, "%s: %m", at->pin_file);
}

static result self_test(struct hsm_device *d)
{
	SCOPED(hsm_session_close_scoped) struct hsm_session *s = NULL;

	TRY(hsm_session_open(d, &s));
	return hsm_selftest(s);
}

static result open_device(struct kms_core *core, const struct kms_core_config *config, size_t i)
{
	const struct hsm_address *at = &config->devices[i];
	struct hsm_device **out = &core->devices[i];
	const struct secret *pin = i == 0 ? config->pin : NULL;
	struct hsm_info info;

	result r = hsm_device_open(at, pin, out);
	if (!is_ok(r))
		r = open_with_new_pin(at, r, out);
	TRY(r);
	str_copy(str_of(pin ? "" : at->pin_file), core->pin_files[i], HSM_TEXT_MAX);
	hsm_device_info(*out, &info);
	LOG_INFO("kms.device", "number=%zu vendor=\"%s\" model=\"%s\" serial=%s software=%d", i,
	         info.vendor, info.model, info.serial, info.software);
	return self_test(*out);
}

/* --- start and stop --- */

static void tick(void *owner, struct keeper *k)
{
	struct kms_core *core = owner;

	struct service *service = atomic_load(&core->service);

	officer_desk_tick(&core->desk, keeper_now(k));
	if (service)
		service_tick(service, k);
}

static result start_keeper(struct kms_core *core, const struct kms_core_config *config)
{
	struct keeper_config keeper = {
		.dsn = core->dsn,
		.node = core->node,
		.checkpoint_dir = config->checkpoint_dir ? core->checkpoint_dir : NULL,
		.clock = config->clock,
		.generation = &core->generation,
		.tick = tick,
		.owner = core,
	};

	for (size_t i = 0; i < KMS_DEVICES_MAX; i++) {
		keeper.devices[i] = core->devices[i];
		keeper.pin_files[i] = core->pin_files[i];
	}
	return keeper_start(&keeper, &core->keeper);
}

static result start_desk(struct kms_core *core, const struct kms_core_config *config)
{
	core->desk.keeper = core->keeper;
	core->desk.platform_uid = config->platform_uid;
	core->desk.owner = core;
	return officer_desk_open(&core->desk, config->officer_socket, config->for_group);
}

static result start_service(struct kms_core *core, const struct kms_core_config *config)
{
	struct service_config service = { .dsn = core->dsn,
		                          .path = core->service_path,
		                          .for_group = config->for_group,
		                          .front_uid = config->front_uid,
		                          .platform_uid = config->platform_uid,
		                          .workers = config->workers,
		                          .clock = config->clock,
		                          .generation = &core->generation,
		                          .keeper = core->keeper };
	struct service *s;

	if (!config->service_socket)
		return OK;
	memcpy(service.devices, core->devices, sizeof service.devices);
	TRY(service_start(&service, &s));
	atomic_store(&core->service, s);
	return OK;
}

static result start(struct kms_core *core, const struct kms_core_config *config)
{
	TRY(crypto_selftest());
	if (config->device_count == 0)
		return FAIL(HSM_TOKEN, "no crypto device is configured");
	for (size_t i = 0; i < config->device_count; i++)
		TRY(open_device(core, config, i));
	TRY(start_keeper(core, config));
	TRY(start_desk(core, config));
	return start_service(core, config);
}

result kms_core_start(const struct kms_core_config *config, struct kms_core **out)
{
	struct kms_core *core = calloc(1, sizeof *core);
	result r;

	if (!core)
		return FAIL(OUT_OF_MEMORY, "key manager");
	ASSERT(config->device_count <= KMS_DEVICES_MAX);
	str_copy(str_of(config->dsn), core->dsn, sizeof core->dsn);
	str_copy(str_of(config->node), core->node, sizeof core->node);
	str_copy(str_of(config->service_socket ? config->service_socket : ""), core->service_path,
	         sizeof core->service_path);
	str_copy(str_of(config->checkpoint_dir ? config->checkpoint_dir : ""), core->checkpoint_dir,
	         sizeof core->checkpoint_dir);
	r = start(core, config);
	if (is_ok(r))
		*out = core;
	else
		kms_core_stop(core);
	return r;
}

/* The keeper's tick must not meet it half gone: it is taken away on the keeper's own thread. */
struct farewell {
	struct keeper_task task;
	struct kms_core *core;
	struct service *service;
};

static void take_service(struct keeper *k, struct keeper_task *t)
{
	struct farewell *f = (struct farewell *)t;

	(void)k;
	f->service = atomic_exchange(&f->core->service, NULL);
}

static void stop_service(struct kms_core *core)
{
	struct farewell f = { { take_service }, core, NULL };

	if (core->keeper && keeper_call(core->keeper, &f.task))
		service_stop(f.service);
}

void kms_core_stop(struct kms_core *core)
{
	if (!core)
		return;
	officer_desk_close(&core->desk);
	stop_service(core);
	keeper_stop(core->keeper);
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++)
		hsm_device_close(core->devices[i]);
	free(core);
}
