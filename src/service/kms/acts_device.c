/* SPDX-License-Identifier: Apache-2.0 */
/* Crypto devices: what they are, their PIN, keys in them that nobody knows (keys 3, B6.10). */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "service/kms/officer_desk.h"

enum { MK = 1 << OFFICER_MK, PIN_PATH = HSM_TEXT_MAX + 8 };

static const struct {
	unsigned bit;
	const char *name;
} capabilities[] = {
	{ HSM_CAN_LMK_AES, "LMK-AES" },
	{ HSM_CAN_LMK_SM4, "LMK-SM4" },
	{ HSM_CAN_UNWRAP, "device-mode" },
	{ HSM_CAN_AES, "AES" },
	{ HSM_CAN_TDES, "3DES" },
	{ HSM_CAN_SM4, "SM4" },
	{ HSM_CAN_RSA, "RSA" },
	{ HSM_CAN_SM2, "SM2" },
	{ HSM_CAN_DERIVE, "derive" },
};

static void write_device(struct jwrite *j, size_t number, const struct hsm_device *d)
{
	struct hsm_info info;

	hsm_device_info(d, &info);
	jwrite_object(j, NULL);
	jwrite_i64(j, "number", (int64_t)number);
	jwrite_text(j, "vendor", info.vendor);
	jwrite_text(j, "model", info.model);
	jwrite_text(j, "serial", info.serial);
	jwrite_text(j, "firmware", info.firmware);
	jwrite_bool(j, "software", info.software);
	jwrite_bool(j, "lost", hsm_device_is_lost(d));
	jwrite_array(j, "capabilities");
	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		if (info.capabilities & capabilities[i].bit)
			jwrite_text(j, NULL, capabilities[i].name);
	jwrite_end_array(j);
	jwrite_end(j);
}

static result run_list(struct officer_call *c, const void *args)
{
	const struct keeper_config *config = keeper_config_of(c->keeper);

	(void)args;
	jwrite_array(c->answer, "devices");
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++)
		if (config->devices[i])
			write_device(c->answer, i, config->devices[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- the PIN --- */

struct pin_args {
	int64_t number;
	struct str old_pin, new_pin;
};

static const struct officer_field pin_fields[] = {
	OFFICER_NUMBER(pin_args, number, false, 0, KMS_DEVICES_MAX - 1),
	OFFICER_SECRET_TEXT(pin_args, old_pin, true),
	OFFICER_NEW_SECRET_TEXT(pin_args, new_pin, true),
};

static result secret_of(struct str text, struct secret *out)
{
	if (text.len < 4 || text.len > sizeof out->at)
		return FAIL(INVALID_KEY, "a PIN of a device has 4 to %d bytes", SECRET_MAX);
	memcpy(out->at, text.at, text.len);
	out->len = text.len;
	return OK;
}

static result write_pin(const char *path, const struct secret *pin)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	ok = write(fd, pin->at, pin->len) == (ssize_t)pin->len && write(fd, "\n", 1) == 1 &&
	     fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

/* The new PIN lies beside the file before the device takes it: a break leaves one of the two right
 * (the core tries both). */
static result change_pin(struct hsm_device *d, const char *file, const struct secret *old_pin,
                         const struct secret *new_pin)
{
	char beside[PIN_PATH];
	result r;

	if (!file[0])
		return hsm_device_set_pin(d, old_pin, new_pin);
	snprintf(beside, sizeof beside, "%s.new", file);
	TRY(write_pin(beside, new_pin));
	r = hsm_device_set_pin(d, old_pin, new_pin);
	if (!is_ok(r)) {
		unlink(beside);
		return r;
	}
	return rename(beside, file) == 0 ? OK : FAIL(FILE_WRITE, "%s: %m", file);
}

static result run_pin(struct officer_call *c, const void *args)
{
	const struct keeper_config *config = keeper_config_of(c->keeper);
	const struct pin_args *in = args;
	SCOPED(secret_wipe) struct secret old_pin = { 0 }, new_pin = { 0 };
	struct hsm_device *d = config->devices[in->number];

	officer_note(c, "device=%d", (int)in->number);
	if (!d)
		return FAIL(HSM_UNSUPPORTED, "there is no device %d", (int)in->number);
	TRY(secret_of(in->old_pin, &old_pin));
	TRY(secret_of(in->new_pin, &new_pin));
	return change_pin(d, config->pin_files[in->number], &old_pin, &new_pin);
}

/* --- what a broken ceremony left behind --- */

static result run_sweep(struct officer_call *c, const void *args)
{
	size_t erased;

	(void)args;
	TRY(master_sweep(c->act->ring, c->act->tx, true, &erased));
	officer_note(c, "slots=%zu", erased);
	jwrite_i64(c->answer, "erased", (int64_t)erased);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "device.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "device.pin",
	  .roles = MK,
	  .audit = "DEVICE.PIN",
	  OFFICER_FIELDS(pin_fields, pin_args),
	  .run = run_pin },
	{ .name = "device.sweep", .roles = MK, .audit = "DEVICE.SWEEP", .run = run_sweep },
};

const struct officer_table officer_acts_device = { commands, ARRAY_LEN(commands) };
