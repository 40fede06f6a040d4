/* SPDX-License-Identifier: Apache-2.0 */
/* An SDF library as a crypto device: the device, its sessions, what it can (GM/T 0018-2012). */
#include "hsm/sdf_device.h"

#include <stdio.h>

#include "base/log.h"
#include "crypto/locked.h"

/* Makers of libraries that are no devices: that of our own tests, and SoftSDF. */
static const char *const software[] = { "YIKA-TEST", "GmSSL Project" };

void sdf_unlock(pthread_rwlock_t **lock)
{
	pthread_rwlock_unlock(*lock);
}

/* --- sessions of the library --- */

/* 6.2.8: for each session. Some libraries want no PIN for keys inside, and some have no such
 * function. */
static result gain_right(struct sdf_session *s)
{
	const struct sdf_device *d = s->device;
	struct secret copy = *d->pin; /* the interface is not const */

	if (!d->call.get_access_right || copy.len == 0)
		return OK;
	int rv = d->call.get_access_right(s->at, d->place->sdf_key, copy.at, (unsigned)copy.len);
	secret_wipe(&copy);
	s->has_right = rv == SDR_OK;
	if (rv == SDR_NOTSUPPORT)
		return OK;
	if (rv == SDR_KEYNOTEXIST)
		return FAIL(HSM_TOKEN, "no key pair %u", d->place->sdf_key);
	result r = sdf_result(rv, "SDF_GetPrivateKeyAccessRight");
	if (is_ok(r) || r.code == HSM_LOST)
		return r;
	return FAIL(HSM_PIN, "the device refuses the PIN (%#x)", (unsigned)rv);
}

/* Whatever the device still says to it. */
static void end_session(struct sdf_session *s)
{
	const struct sdf_calls *call = &s->device->call;

	if (!s->at)
		return;
	for (unsigned slot = 0; slot < SDF_SLOTS; slot++)
		sdf_lmk_forget(s, slot);
	sdf_object_drop_all(s);
	if (s->has_right && call->release_access_right)
		call->release_access_right(s->at, s->device->place->sdf_key);
	call->close_session(s->at);
	s->at = NULL;
}

static result begin_session(struct sdf_device *d, struct sdf_session *s)
{
	*s = (struct sdf_session){ .device = d };
	TRY(sdf_result(d->call.open_session(d->at, &s->at), "SDF_OpenSession"));
	result r = gain_right(s);
	if (!is_ok(r))
		end_session(s);
	return r;
}

/* Handles of a device that was closed: nobody is to be asked about them. */
static void lose_session(struct sdf_session *s)
{
	s->at = NULL;
	s->has_right = false;
	secret_wipe_bytes(s->keys, sizeof s->keys);
	secret_wipe_bytes(s->objects, sizeof s->objects);
}

/* --- what it is and can --- */

static bool is_empty(const unsigned char *at, size_t len)
{
	unsigned char any = 0;

	for (size_t i = 0; i < len; i++)
		any |= at[i];
	return any == 0;
}

/* 6.3.10: the key pair that opens envelopes. HSM_TOKEN: there is none of that number. */
static result read_public(struct sdf_session *s, struct sm2_key *out)
{
	enum { PAD = ECCref_MAX_LEN - SM2_FIELD };
	const struct sdf_device *d = s->device;
	struct ECCrefPublicKey k = { 0 };
	int rv = d->call.export_enc_public_key(s->at, d->place->sdf_key, &k);

	if (rv == SDR_KEYNOTEXIST)
		return FAIL(HSM_TOKEN, "no encryption key pair %u", d->place->sdf_key);
	TRY(sdf_result(rv, "SDF_ExportEncPublicKey_ECC"));
	if (k.bits != 8 * SM2_FIELD || !is_empty(k.x, PAD) || !is_empty(k.y, PAD))
		return FAIL(HSM_CALL, "the public key is not laid out as GM/T 0018 5.6 has it");
	return sm2_key_from_public(out, k.x + PAD, k.y + PAD);
}

/* A known key in an envelope, and what SM4 makes of zeros under it (keys TV-04): vendors differ in
 * layouts and identifiers, and this is where it has to show. */
static result try_out(struct sdf_session *s)
{
	static const uint8_t key[SDF_KEY] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
		                              0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10 };
	static const uint8_t want[16] = { 0x26, 0x77, 0xF4, 0x6B, 0x09, 0xC1, 0x22, 0xCC,
		                          0x97, 0x55, 0x33, 0x10, 0x5B, 0xD4, 0xA2, 0x2A };
	static const uint8_t zeros[16];
	uint8_t envelope[SDF_ENVELOPE], got[16];
	struct hsm_cipher_call call = { HSM_CBC, true, zeros, bytes_of(zeros, 16), got };
	void *handle;

	TRY(sdf_key_seal(s, key, envelope));
	TRY(sdf_key_import(s, envelope, &handle));
	result r = sdf_key_cipher(s, handle, &call);
	sdf_key_destroy(s, &handle);
	TRY(r);
	return memcmp(got, want, sizeof want) == 0 ? OK : FAIL(HSM_CALL, "SM4 gives another value");
}

static result probe(struct sdf_device *d)
{
	char why[LOG_VALUE_SIZE];

	d->capabilities = 0;
	if (!sdf_library_has_keys(&d->call))
		return OK;
	sm2_key_deinit(&d->public);
	TRY(read_public(&d->keeper, &d->public));
	sm2_key_kcv(&d->public, d->key_check);
	result r = try_out(&d->keeper);
	if (is_ok(r))
		d->capabilities = HSM_CAN_LMK_SM4 | HSM_CAN_SM4;
	else if (r.code == HSM_LOST || r.code == HSM_PIN)
		return r;
	else
		LOG_ERROR("hsm.probe", "library=%s code=%s text=%s", d->place->library,
		          result_name(r), log_value(str_of(result_last()->text), why));
	return OK;
}

/* --- the device --- */

static result start(struct sdf_device *d)
{
	void *at = NULL;

	for (unsigned slot = 0; slot < SDF_SLOTS; slot++)
		secret_wipe_bytes(&d->slots[slot], sizeof d->slots[slot]);
	TRY(sdf_result(d->call.open_device(&at), "SDF_OpenDevice"));
	d->at = at;
	TRY(begin_session(d, &d->keeper));
	TRY(sdf_result(d->call.get_device_info(d->keeper.at, &d->facts), "SDF_GetDeviceInfo"));
	TRY(probe(d));
	return d->capabilities ? sdf_lmk_load(d) : OK;
}

/* 6.2.3: ends what hangs on it, too. A device that does not answer is closed when it is back. */
static void stop(struct sdf_device *d)
{
	if (!d->at)
		return;
	result r = sdf_result(d->call.close_device(d->at), "SDF_CloseDevice");
	if (r.code != HSM_LOST)
		d->at = NULL;
}

static void close_device(void *device)
{
	struct sdf_device *d = device;

	if (d->keeper.device)
		end_session(&d->keeper);
	stop(d);
	sm2_key_deinit(&d->public);
	pthread_rwlock_destroy(&d->changing);
	pthread_mutex_destroy(&d->asking);
	locked_free(d, sizeof *d);
}

/* Writers first: sessions that work all the time must not keep one that begins waiting. */
static void init_locks(struct sdf_device *d)
{
	pthread_rwlockattr_t first;

	pthread_rwlockattr_init(&first);
	pthread_rwlockattr_setkind_np(&first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&d->changing, &first);
	pthread_rwlockattr_destroy(&first);
	pthread_mutex_init(&d->asking, NULL);
}

static result open_device(const struct hsm_address *place, const struct secret *pin, void **out)
{
	struct sdf_device *d;

	if (!place->store[0])
		return FAIL(HSM_INPUT, "no directory for the keys of an SDF device");
	d = locked_alloc(sizeof *d);
	if (!d)
		return FAIL(LOCKED_FULL, "SDF device");
	d->place = place;
	d->pin = pin;
	init_locks(d);
	result r = sdf_library_load(place->library, &d->call);
	if (is_ok(r))
		r = sdf_store_prepare(place);
	if (is_ok(r))
		r = start(d);
	if (is_ok(r)) {
		*out = d;
		return OK;
	}
	close_device(d);
	return r.code == HSM_LOST ? FAIL(HSM_TOKEN, "%s", place->library) : r;
}

/* A fixed field that ends with zeros or blanks, as text. */
static void unpad(const unsigned char *from, size_t len, char *out, size_t size)
{
	while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\0'))
		len--;
	str_copy((struct str){ (const char *)from, len }, out, size);
}

static void info(void *device, struct hsm_info *out)
{
	struct sdf_device *d = device;
	const struct DEVICEINFO *f = &d->facts;

	SDF_WORKING(d);
	out->capabilities = d->capabilities;
	unpad(f->IssuerName, sizeof f->IssuerName, out->vendor, sizeof out->vendor);
	unpad(f->DeviceName, sizeof f->DeviceName, out->model, sizeof out->model);
	unpad(f->DeviceSerial, sizeof f->DeviceSerial, out->serial, sizeof out->serial);
	snprintf(out->firmware, sizeof out->firmware, "%u", f->DeviceVersion);
	for (size_t i = 0; i < ARRAY_LEN(software); i++)
		if (strncmp(out->vendor, software[i], strlen(software[i])) == 0)
			out->software = true;
}

/* The same device with the same key pair? */
static result look(struct sdf_device *d)
{
	SCOPED(sm2_key_deinit) struct sm2_key public = { 0 };
	struct DEVICEINFO now = { 0 };

	if (!d->keeper.at)
		return FAIL(HSM_LOST, "not open");
	TRY(sdf_result(d->call.get_device_info(d->keeper.at, &now), "SDF_GetDeviceInfo"));
	if (memcmp(now.DeviceSerial, d->facts.DeviceSerial, sizeof now.DeviceSerial) != 0)
		return FAIL(HSM_LOST, "another device");
	if (!d->capabilities)
		return OK;
	TRY(read_public(&d->keeper, &public));
	if (memcmp(public.x, d->public.x, SM2_FIELD) || memcmp(public.y, d->public.y, SM2_FIELD))
		return FAIL(HSM_LOST, "another key pair");
	return OK;
}

/* Whatever it says but "well": it is not there. */
static result check(void *device)
{
	struct sdf_device *d = device;

	pthread_mutex_lock(&d->asking);
	result r = look(d);
	pthread_mutex_unlock(&d->asking);
	if (is_ok(r) || r.code == HSM_LOST)
		return r;
	return FAIL(HSM_LOST, "%s: %s", result_name(r), d->place->library);
}

static result reopen(void *device, const struct secret *pin)
{
	struct sdf_device *d = device;

	SDF_CHANGING(d);
	for (struct sdf_session *s = d->sessions; s; s = s->next)
		lose_session(s);
	lose_session(&d->keeper);
	d->pin = pin;
	stop(d);
	result r = start(d);
	return is_ok(r) ? OK : FAIL(HSM_LOST, "%s: %s", result_name(r), d->place->library);
}

/* --- sessions of ours --- */

static result session_open(void *device, void **out)
{
	struct sdf_device *d = device;
	struct sdf_session *s = locked_alloc(sizeof *s);

	if (!s)
		return FAIL(LOCKED_FULL, "SDF session");
	SDF_CHANGING(d);
	result r = begin_session(d, s);
	if (!is_ok(r)) {
		locked_free(s, sizeof *s);
		return r;
	}
	s->next = d->sessions;
	d->sessions = s;
	*out = s;
	return OK;
}

static void leave_list(struct sdf_session *s)
{
	struct sdf_session **at = &s->device->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
}

static void session_close(void *session)
{
	struct sdf_session *s = session;

	SDF_CHANGING(s->device);
	end_session(s);
	leave_list(s);
	locked_free(s, sizeof *s);
}

static void session_forget(void *session)
{
	struct sdf_session *s = session;

	SDF_CHANGING(s->device);
	leave_list(s);
	locked_free(s, sizeof *s);
}

static result random_bytes(void *session, uint8_t *out, size_t len)
{
	struct sdf_session *s = session;

	SDF_WORKING(s->device);
	return sdf_random(s, out, len);
}

/* No function of the standard changes a PIN, wraps a key, makes one, or derives one: NULL. */
const struct hsm_driver hsm_driver_sdf = {
	.open = open_device,
	.close = close_device,
	.info = info,
	.check = check,
	.reopen = reopen,
	.session_open = session_open,
	.session_close = session_close,
	.session_forget = session_forget,
	.random = random_bytes,
	.lmk_install = sdf_lmk_install,
	.lmk_find = sdf_lmk_find,
	.lmk_erase = sdf_lmk_erase,
	.lmk_mac = sdf_lmk_mac,
	.lmk_cbc = sdf_lmk_cbc,
	.lmk_hmac = sdf_lmk_hmac,
	.local_hmac = sdf_local_hmac,
	.import = sdf_object_import,
	.free_object = sdf_object_free,
	.cipher = sdf_object_cipher,
	.cmac = sdf_object_cmac,
};
