/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, sessions, and who may use what (GM/T 0018-2012, 6.2). */
#include "sdf/sdf_state.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	pthread_mutex_t lock;
	struct device *devices;
	struct sdf_count count;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool is_absent(void)
{
	return getenv("YIKA_SDF_ABSENT") != NULL;
}

bool state_is_plain(void)
{
	return getenv("YIKA_SDF_PLAIN") != NULL;
}

/* --- looking handles up --- */

static struct device *find_device(const void *handle)
{
	struct device *d = state.devices;

	while (d && d != handle)
		d = d->next;
	return d;
}

static struct session *find_session(const void *handle)
{
	for (struct device *d = state.devices; d; d = d->next)
		for (struct session *s = d->sessions; s; s = s->next)
			if (s == handle)
				return s;
	return NULL;
}

struct key *state_find_key(struct session *s, void *handle)
{
	struct key *k = s->keys;

	while (k && k != handle)
		k = k->next;
	return k;
}

int state_enter(void *handle, struct session **out)
{
	pthread_mutex_lock(&state.lock);
	*out = NULL;
	if (is_absent())
		return SDR_COMMFAIL;
	*out = find_session(handle);
	return *out ? SDR_OK : SDR_INARGERR;
}

int state_leave(int rv)
{
	pthread_mutex_unlock(&state.lock);
	return rv;
}

void sdf_library_count(struct sdf_count *out)
{
	pthread_mutex_lock(&state.lock);
	*out = state.count;
	pthread_mutex_unlock(&state.lock);
}

/* --- keys of a session --- */

int state_add_key(struct session *s, const unsigned char *at, unsigned len, void **handle)
{
	struct key *k = calloc(1, sizeof *k);

	if (!k)
		return SDR_NOBUFFER;
	memcpy(k->at, at, len);
	k->len = len;
	k->next = s->keys;
	s->keys = k;
	state.count.keys++;
	*handle = k;
	return SDR_OK;
}

static void remove_key(struct session *s, struct key *k)
{
	struct key **at = &s->keys;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	OPENSSL_cleanse(k, sizeof *k);
	free(k);
	state.count.keys--;
}

SGD_RV SDF_DestroyKey(void *session, void *key)
{
	struct session *s;
	int rv = state_enter(session, &s);
	struct key *k = rv == SDR_OK ? state_find_key(s, key) : NULL;

	if (rv == SDR_OK && !k)
		rv = SDR_KEYNOTEXIST;
	if (rv == SDR_OK)
		remove_key(s, k);
	return state_leave(rv);
}

/* --- devices --- */

static int load_device(struct device *d, const char *dir)
{
	const char *pin = getenv("YIKA_SDF_PIN");
	char path[512];

	if (!dir || (pin && (strlen(pin) < PIN_MIN || strlen(pin) >= PIN_SIZE)))
		return SDR_OPENDEVICE;
	mkdir(dir, 0700);
	snprintf(d->pin, sizeof d->pin, "%s", pin ? pin : "");
	snprintf(path, sizeof path, "%s/enc-1.pem", dir);
	d->enc = ecc_pair(path);
	snprintf(path, sizeof path, "%s/sign-1.pem", dir);
	d->sign = ecc_pair(path);
	return d->enc && d->sign ? SDR_OK : SDR_OPENDEVICE;
}

static void free_device(struct device *d)
{
	EVP_PKEY_free(d->enc);
	EVP_PKEY_free(d->sign);
	OPENSSL_cleanse(d, sizeof *d);
	free(d);
}

static int open_device(void **out)
{
	struct device *d;

	if (!out)
		return SDR_OUTARGERR;
	d = calloc(1, sizeof *d);
	if (!d)
		return SDR_NOBUFFER;
	int rv = load_device(d, getenv("YIKA_SDF_DIR"));
	if (rv != SDR_OK) {
		free_device(d);
		return rv;
	}
	d->next = state.devices;
	state.devices = d;
	state.count.devices++;
	*out = d;
	return SDR_OK;
}

SGD_RV SDF_OpenDevice(void **device)
{
	pthread_mutex_lock(&state.lock);
	return state_leave(is_absent() ? SDR_COMMFAIL : open_device(device));
}

static void end_session(struct session *s)
{
	struct session **at = &s->device->sessions;

	while (s->keys) {
		remove_key(s, s->keys);
		state.count.left++;
	}
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	EVP_MD_CTX_free(s->hash);
	free(s);
	state.count.sessions--;
}

static int close_device(struct device *d)
{
	struct device **at = &state.devices;

	if (!d)
		return SDR_INARGERR;
	while (d->sessions)
		end_session(d->sessions);
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free_device(d);
	state.count.devices--;
	return SDR_OK;
}

SGD_RV SDF_CloseDevice(void *device)
{
	pthread_mutex_lock(&state.lock);
	return state_leave(is_absent() ? SDR_COMMFAIL : close_device(find_device(device)));
}

/* --- sessions --- */

static int open_session(struct device *d, void **out)
{
	struct session *s;

	if (!d)
		return SDR_INARGERR;
	if (!out)
		return SDR_OUTARGERR;
	s = calloc(1, sizeof *s);
	if (!s)
		return SDR_OPENSESSION;
	s->device = d;
	s->next = d->sessions;
	d->sessions = s;
	state.count.sessions++;
	*out = s;
	return SDR_OK;
}

SGD_RV SDF_OpenSession(void *device, void **session)
{
	pthread_mutex_lock(&state.lock);
	return state_leave(is_absent() ? SDR_COMMFAIL : open_session(find_device(device), session));
}

SGD_RV SDF_CloseSession(void *session)
{
	struct session *s;
	int rv = state_enter(session, &s);

	if (rv == SDR_OK)
		end_session(s);
	return state_leave(rv);
}

/* Its serial number says which key pair it has. */
static int describe(const struct session *s, struct DEVICEINFO *info)
{
	struct ECCrefPublicKey k;
	char serial[sizeof info->DeviceSerial + 1];

	if (!info)
		return SDR_OUTARGERR;
	if (!ecc_point(s->device->enc, &k))
		return SDR_UNKNOWERR;
	memset(info, 0, sizeof *info);
	memcpy(info->IssuerName, "YIKA-TEST", 9);
	memcpy(info->DeviceName, "library", 7);
	snprintf(serial, sizeof serial, "20261201%02X%02X%02X%02X", k.x[ECCref_MAX_LEN - FIELD],
	         k.x[ECCref_MAX_LEN - FIELD + 1], k.x[ECCref_MAX_LEN - FIELD + 2],
	         k.x[ECCref_MAX_LEN - FIELD + 3]);
	memcpy(info->DeviceSerial, serial, sizeof info->DeviceSerial);
	info->DeviceVersion = 7;
	info->StandardVersion = 1;
	info->AsymAlgAbility[0] = SGD_SM2_1 | SGD_SM2_3;
	info->AsymAlgAbility[1] = 256;
	info->SymAlgAbility = SGD_SM4_ECB | SGD_SM4_CBC | SGD_SM4_MAC;
	info->HashAlgAbility = SGD_SM3;
	return SDR_OK;
}

SGD_RV SDF_GetDeviceInfo(void *session, struct DEVICEINFO *info)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? describe(s, info) : rv);
}

SGD_RV SDF_GenerateRandom(void *session, unsigned len, unsigned char *out)
{
	struct session *s;
	int rv = state_enter(session, &s);

	if (rv == SDR_OK && len == 0)
		rv = SDR_INARGERR;
	if (rv == SDR_OK && !out)
		rv = SDR_OUTARGERR;
	if (rv == SDR_OK && RAND_bytes(out, (int)len) != 1)
		rv = SDR_RANDERR;
	return state_leave(rv);
}

/* --- the right to use private keys --- */

static int give_right(struct session *s, unsigned index, const unsigned char *password,
                      unsigned len)
{
	const char *pin = s->device->pin;

	if (index != KEY_INDEX)
		return SDR_KEYNOTEXIST;
	if (!password || len < PIN_MIN)
		return SDR_INARGERR;
	if (pin[0] && (len != strlen(pin) || CRYPTO_memcmp(password, pin, len) != 0))
		return SDR_PRKRERR;
	s->has_right = true;
	return SDR_OK;
}

SGD_RV SDF_GetPrivateKeyAccessRight(void *session, unsigned index, unsigned char *password,
                                    unsigned len)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? give_right(s, index, password, len) : rv);
}

SGD_RV SDF_ReleasePrivateKeyAccessRight(void *session, unsigned index)
{
	struct session *s;
	int rv = state_enter(session, &s);

	if (rv == SDR_OK && (index != KEY_INDEX || !s->has_right))
		rv = SDR_INARGERR;
	if (rv == SDR_OK)
		s->has_right = false;
	return state_leave(rv);
}

int state_require_right(const struct session *s, unsigned index)
{
	if (index != KEY_INDEX)
		return SDR_KEYNOTEXIST;
	return s->device->pin[0] && !s->has_right ? SDR_PARDENY : SDR_OK;
}
