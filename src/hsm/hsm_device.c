/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around every kind of device: who may call when, what its loss means, and what all kinds
 * share. */
#include "hsm/hsm_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/kcv.h"
#include "crypto/locked.h"

/* The PIN is kept for logging in again: in locked memory, as long as the device is open. */
struct kept {
	struct hsm_device device;
	struct secret pin;
	_Atomic uint32_t reopened;
};

static struct kept *kept_of(const struct hsm_device *d)
{
	return (struct kept *)(uintptr_t)d; /* its first member */
}

/* --- open and close --- */

result hsm_read_pin(const char *path, struct secret *pin)
{
	struct stat st;
	char text[SECRET_MAX + 2];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return FAIL(HSM_PIN, "%s: %m", path);
	ssize_t n = fstat(fd, &st) == 0 ? read(fd, text, sizeof text - 1) : -1;
	close(fd);
	text[n > 0 ? n : 0] = 0;
	pin->len = strcspn(text, "\r\n");
	bool fits = pin->len > 0 && pin->len <= SECRET_MAX;
	if (fits)
		memcpy(pin->at, text, pin->len);
	secret_wipe_bytes(text, sizeof text);
	if (n >= 0 && st.st_mode & 077)
		return FAIL(HSM_PIN, "%s can be read by others", path);
	return fits ? OK : FAIL(HSM_PIN, "%s does not hold a PIN", path);
}

result hsm_device_open(const struct hsm_address *place, const struct secret *pin,
                       struct hsm_device **out)
{
	static const struct hsm_driver *const drivers[] = {
		[HSM_PKCS11] = &hsm_driver_pkcs11,
		[HSM_SDF] = &hsm_driver_sdf,
	};
	struct kept *k = locked_alloc(sizeof *k);
	result r = OK;

	*out = NULL;
	if (!k)
		return FAIL(OUT_OF_MEMORY, "crypto device");
	k->device.driver = drivers[place->kind];
	k->device.place = *place;
	pthread_rwlock_init(&k->device.busy, NULL);
	if (pin)
		k->pin = *pin;
	else if (place->pin_file[0])
		r = hsm_read_pin(place->pin_file, &k->pin);
	if (is_ok(r))
		r = k->device.driver->open(place, &k->pin, &k->device.inner);
	if (!is_ok(r)) {
		hsm_device_close(&k->device);
		return r;
	}
	struct hsm_info info;
	hsm_device_info(&k->device, &info);
	k->device.capabilities = info.capabilities;
	k->device.software = info.software;
	*out = &k->device;
	return OK;
}

void hsm_device_close(struct hsm_device *d)
{
	if (!d)
		return;
	if (d->inner)
		d->driver->close(d->inner);
	pthread_rwlock_destroy(&d->busy);
	locked_free(kept_of(d), sizeof(struct kept));
}

void hsm_device_info(const struct hsm_device *d, struct hsm_info *out)
{
	*out = (struct hsm_info){ 0 };
	d->driver->info(d->inner, out);
}

bool hsm_device_is_lost(const struct hsm_device *d)
{
	return atomic_load(&d->lost);
}

/* --- calls --- */

result hsm_note(struct hsm_device *d, result r)
{
	if (r.code == HSM_LOST && !atomic_exchange(&d->lost, true))
		LOG_ERROR("hsm.lost", "library=%s text=\"%s\"", d->place.library,
		          result_last()->text);
	return r;
}

void hsm_leave(struct hsm_device **d)
{
	pthread_rwlock_unlock(&(*d)->busy);
}

/* The session is of the device as it is now. */
result hsm_enter(struct hsm_session *s)
{
	struct hsm_device *d = s->device;

	if (atomic_load(&d->lost))
		return FAIL(HSM_LOST, "%s", d->place.library);
	if (s->inner && s->opened != atomic_load(&kept_of(d)->reopened)) {
		d->driver->session_forget(s->inner);
		s->inner = NULL;
	}
	if (s->inner)
		return OK;
	s->opened = atomic_load(&kept_of(d)->reopened);
	return hsm_note(d, d->driver->session_open(d->inner, &s->inner));
}

result hsm_device_check(struct hsm_device *d)
{
	HSM_ENTERED(d);
	if (atomic_load(&d->lost))
		return FAIL(HSM_LOST, "%s", d->place.library);
	return hsm_note(d, d->driver->check(d->inner));
}

result hsm_device_reconnect(struct hsm_device *d)
{
	if (!atomic_load(&d->lost))
		return OK;
	pthread_rwlock_wrlock(&d->busy);
	result r = d->driver->reopen(d->inner, &kept_of(d)->pin);
	atomic_fetch_add(&kept_of(d)->reopened, 1);
	atomic_fetch_add(&d->generation, 1);
	if (is_ok(r))
		atomic_store(&d->lost, false);
	pthread_rwlock_unlock(&d->busy);
	if (is_ok(r))
		LOG_INFO("hsm.back", "library=%s", d->place.library);
	return r;
}

result hsm_device_set_pin(struct hsm_device *d, const struct secret *old_pin,
                          const struct secret *new_pin)
{
	HSM_ENTERED(d);
	if (!d->driver->set_pin)
		return FAIL(HSM_UNSUPPORTED, "PIN");
	TRY(hsm_note(d, d->driver->set_pin(d->inner, old_pin, new_pin)));
	kept_of(d)->pin = *new_pin;
	return OK;
}

result hsm_session_open(struct hsm_device *d, struct hsm_session **out)
{
	struct hsm_session *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return FAIL(OUT_OF_MEMORY, "session of a crypto device");
	s->device = d;
	*out = s;
	return OK; /* the driver's session follows with the first call */
}

void hsm_session_close(struct hsm_session *s)
{
	if (!s)
		return;
	if (s->inner && s->opened == atomic_load(&kept_of(s->device)->reopened))
		s->device->driver->session_close(s->inner);
	else if (s->inner)
		s->device->driver->session_forget(s->inner);
	free(s);
}

void hsm_session_close_scoped(struct hsm_session **s)
{
	hsm_session_close(*s);
}

uint32_t hsm_session_generation(const struct hsm_session *s)
{
	return atomic_load(&s->device->generation);
}

const struct hsm_device *hsm_session_device(const struct hsm_session *s)
{
	return s->device;
}

bool hsm_session_is_software(const struct hsm_session *s)
{
	return s->device->software;
}

bool hsm_session_can(const struct hsm_session *s, unsigned capabilities)
{
	return (s->device->capabilities & capabilities) == capabilities;
}

result hsm_random(struct hsm_session *s, uint8_t *out, size_t len)
{
	HSM_CALL_DRIVER(s, random, out, len);
}

static void fill_random(struct random_source *r, void *out, size_t len)
{
	struct hsm_random *h = (struct hsm_random *)r;

	ASSERT(is_ok(hsm_random(h->session, out, len)));
}

struct hsm_random hsm_random_source(struct hsm_session *s)
{
	return (struct hsm_random){ { fill_random }, s };
}

result hsm_selftest(struct hsm_session *s)
{
	uint8_t one[16] = { 0 }, two[16] = { 0 };

	TRY(hsm_random(s, one, sizeof one));
	TRY(hsm_random(s, two, sizeof two));
	if (memcmp(one, two, sizeof one) == 0)
		return FAIL(HSM_SELFTEST, "the device's random numbers repeat");
	return OK;
}

/* --- local master keys --- */

static result install(struct hsm_session *s, unsigned slot, enum lmk_algorithm a,
                      const struct secret parts[HSM_PARTS], const uint8_t check[HSM_PROOF])
{
	HSM_CALL_DRIVER(s, lmk_install, slot, a, parts, check);
}

static result find(struct hsm_session *s, unsigned slot, enum lmk_algorithm *a,
                   uint8_t check[HSM_PROOF])
{
	HSM_CALL_DRIVER(s, lmk_find, slot, a, check);
}

static result check_of(enum lmk_algorithm a, const struct secret *lmk, uint8_t check[HSM_PROOF])
{
	struct kcv kcv;

	TRY(kcv_of_secret((char)a, KCV_CMAC, bytes_of(lmk->at, lmk->len), &kcv));
	memcpy(check, kcv.at, HSM_PROOF);
	return OK;
}

result hsm_lmk_install(struct hsm_session *s, unsigned slot, enum lmk_algorithm a,
                       const struct secret *lmk, struct hsm_lmk *out)
{
	static const enum lmk_use uses[HSM_PARTS] = { LMK_KBEK, LMK_KBAK, LMK_KWK, LMK_AUK };
	struct secret parts[HSM_PARTS] = { 0 };
	uint8_t check[HSM_PROOF];
	struct hsm_lmk there;
	result r = hsm_lmk_status(s, slot, &there);

	if (is_ok(r))
		return FAIL(HSM_EXISTS, "slot %02u", slot);
	if (r.code != HSM_LMK_MISSING)
		return r;
	if (!hsm_session_can(s, a == LMK_SM4 ? HSM_CAN_LMK_SM4 : HSM_CAN_LMK_AES))
		return FAIL(HSM_UNSUPPORTED, "an LMK of algorithm %c", (char)a);
	r = check_of(a, lmk, check);
	for (size_t i = 0; is_ok(r) && i < HSM_PARTS; i++)
		r = lmk_derive(a, bytes_of(lmk->at, lmk->len), uses[i], &parts[i]);
	if (is_ok(r))
		r = install(s, slot, a, parts, check);
	secret_wipe_bytes(parts, sizeof parts);
	atomic_fetch_add(&s->device->generation, 1);
	return is_ok(r) ? hsm_lmk_status(s, slot, out) : r;
}

result hsm_lmk_status(struct hsm_session *s, unsigned slot, struct hsm_lmk *out)
{
	static const uint8_t zeros[16];
	uint8_t mac[16];

	*out = (struct hsm_lmk){ 0 };
	if (slot >= HSM_SLOTS)
		return FAIL(HSM_INPUT, "slot %u", slot);
	TRY(find(s, slot, &out->algorithm, out->check));
	TRY(hsm_lmk_mac(s, slot, bytes_of(zeros, sizeof zeros), bytes_of(NULL, 0), mac));
	memcpy(out->proof, mac, HSM_PROOF);
	return OK;
}

static result erase(struct hsm_session *s, unsigned slot)
{
	HSM_CALL_DRIVER(s, lmk_erase, slot);
}

result hsm_lmk_erase(struct hsm_session *s, unsigned slot)
{
	if (slot >= HSM_SLOTS)
		return FAIL(HSM_INPUT, "slot %u", slot);
	result r = erase(s, slot);
	atomic_fetch_add(&s->device->generation, 1);
	return r;
}

static result mac_whole(struct hsm_session *s, unsigned slot, struct bytes in, uint8_t out[16])
{
	HSM_CALL_DRIVER(s, lmk_mac, slot, in, out);
}

/* Both parts in one piece: devices take one buffer, some only a single call. */
static result joined(struct bytes head, struct bytes tail, uint8_t *room, size_t size,
                     struct bytes *out)
{
	if (head.len + tail.len > size || head.len > size)
		return FAIL(HSM_INPUT, "%zu bytes", head.len + tail.len);
	memcpy(room, head.at, head.len);
	if (tail.len)
		memcpy(room + head.len, tail.at, tail.len);
	*out = bytes_of(room, head.len + tail.len);
	return OK;
}

result hsm_lmk_mac(struct hsm_session *s, unsigned slot, struct bytes head, struct bytes tail,
                   uint8_t out[16])
{
	uint8_t room[HSM_DATA_MAX];
	struct bytes whole;
	result r;

	if (tail.len == 0)
		return mac_whole(s, slot, head, out);
	TRY(joined(head, tail, room, sizeof room, &whole));
	r = mac_whole(s, slot, whole, out);
	secret_wipe_bytes(room, whole.len);
	return r;
}

result hsm_lmk_cbc(struct hsm_session *s, unsigned slot, bool encrypt, const uint8_t iv[16],
                   struct bytes in, uint8_t *out)
{
	HSM_CALL_DRIVER(s, lmk_cbc, slot, encrypt, iv, in, out);
}

static result link_whole(struct hsm_session *s, unsigned slot, struct bytes in, uint8_t out[32])
{
	HSM_CALL_DRIVER(s, lmk_hmac, slot, in, out);
}

result hsm_lmk_link(struct hsm_session *s, unsigned slot, const uint8_t previous[32],
                    struct bytes text, uint8_t out[32])
{
	uint8_t room[HSM_DATA_MAX];
	struct bytes whole;

	TRY(joined(bytes_of(previous, 32), text, room, sizeof room, &whole));
	return link_whole(s, slot, whole, out);
}

static result link_local(struct hsm_session *s, struct bytes in, uint8_t out[32])
{
	HSM_CALL_DRIVER(s, local_hmac, in, out);
}

result hsm_local_link(struct hsm_session *s, const uint8_t previous[32], struct bytes text,
                      uint8_t out[32])
{
	uint8_t room[HSM_DATA_MAX];
	struct bytes whole;

	TRY(joined(bytes_of(previous, 32), text, room, sizeof room, &whole));
	return link_local(s, whole, out);
}
