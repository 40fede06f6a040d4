/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a PKCS#11 token: find, make, destroy, and CMAC, from which every derivation is built. */
#include "hsm/hsm.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/pkcs11.h"

enum {
	FOUND_MAX = 2,
	CMAC_SIZE = 16,
	KNOWN_MAX = 16, /* labels whose handles are remembered: a search costs twice a derivation */
};

struct known {
	char label[HSM_LABEL_MAX];
	struct hsm_key key; /* handle 0: free */
};

struct hsm {
	const CK_FUNCTION_LIST *call;
	CK_SESSION_HANDLE session;
	pthread_mutex_t lock; /* a session does one thing at a time */
	struct known known[KNOWN_MAX];
	unsigned next_known;
};

/* --- open and close --- */

/* One line of a file nobody else can read. */
static result read_pin(const char *path, struct secret *pin)
{
	struct stat st;
	char text[SECRET_MAX + 2];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return FAIL(HSM_PIN, "%s: %s", path, strerror(errno));
	ssize_t n = fstat(fd, &st) == 0 ? read(fd, text, sizeof text - 1) : -1;
	int bad = n <= 0 ? errno : 0;
	close(fd);
	if (n <= 0)
		return FAIL(HSM_PIN, "%s: %s", path, bad ? strerror(bad) : "empty");
	text[n] = 0;
	pin->len = strcspn(text, "\r\n");
	bool fits = pin->len > 0 && pin->len <= SECRET_MAX;
	if (fits)
		memcpy(pin->at, text, pin->len);
	secret_wipe_bytes(text, sizeof text);
	if (st.st_mode & 077)
		return FAIL(HSM_PIN, "%s can be read by others", path);
	return fits ? OK : FAIL(HSM_PIN, "%s does not hold a PIN", path);
}

static result log_in(struct hsm *h, const char *pin_file)
{
	SCOPED(secret_wipe) struct secret pin = { 0 };

	TRY(read_pin(pin_file, &pin));
	CK_RV rv = h->call->C_Login(h->session, CKU_USER, pin.at, pin.len);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_LEN_RANGE)
		return FAIL(HSM_PIN, "the token refuses the PIN (%#lx)", rv);
	if (rv == CKR_USER_ALREADY_LOGGED_IN)
		return OK;
	return pkcs11_result(rv, "C_Login");
}

static result open_session(struct hsm *h, const struct hsm_place *place)
{
	CK_SLOT_ID slot;

	TRY(pkcs11_find_token(h->call, place->label, &slot));
	TRY(pkcs11_result(h->call->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
	                                         NULL, &h->session),
	                  "C_OpenSession"));
	return log_in(h, place->pin_file);
}

result hsm_open(const struct hsm_place *place, struct hsm **out)
{
	struct hsm *h = calloc(1, sizeof *h);

	*out = NULL;
	if (!h)
		return FAIL(OUT_OF_MEMORY, "key device");
	result r = pkcs11_start(place->module, place->conf, &h->call);
	if (!is_ok(r)) {
		free(h);
		return r;
	}
	pthread_mutex_init(&h->lock, NULL);
	r = open_session(h, place);
	if (!is_ok(r)) {
		hsm_close(h);
		return r;
	}
	*out = h;
	return OK;
}

void hsm_close(struct hsm *h)
{
	if (!h)
		return;
	if (h->session)
		h->call->C_CloseSession(h->session);
	pkcs11_end();
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void hsm_close_scoped(struct hsm **h)
{
	hsm_close(*h);
}

static void unlock(struct hsm **h)
{
	pthread_mutex_unlock(&(*h)->lock);
}

/* Held until the scope ends. */
#define LOCKED(h)                                                                                  \
	SCOPED(unlock) struct hsm *locked_ = (h);                                                  \
	pthread_mutex_lock(&locked_->lock)

/* --- keys --- */

static CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static result find(struct hsm *h, const char *label, struct hsm_key *out)
{
	char text[HSM_LABEL_MAX];
	CK_OBJECT_HANDLE found[FOUND_MAX];
	CK_ULONG count = 0;

	snprintf(text, sizeof text, "%s", label);
	CK_ATTRIBUTE like[] = {
		{ CKA_CLASS, &secret_key, sizeof secret_key },
		{ CKA_LABEL, text, strlen(text) },
	};
	*out = (struct hsm_key){ 0 };
	TRY(pkcs11_result(h->call->C_FindObjectsInit(h->session, like, ARRAY_LEN(like)),
	                  "C_FindObjectsInit"));
	CK_RV rv = h->call->C_FindObjects(h->session, found, FOUND_MAX, &count);
	CK_RV end = h->call->C_FindObjectsFinal(h->session);
	TRY(pkcs11_result(rv, "C_FindObjects"));
	TRY(pkcs11_result(end, "C_FindObjectsFinal"));
	if (count == 0)
		return FAIL(HSM_KEY_NOT_FOUND, "%s", label);
	if (count > 1)
		return FAIL(HSM_KEY_AMBIGUOUS, "%s", label);
	out->handle = found[0];
	return OK;
}

static result require_free(struct hsm *h, const char *label)
{
	struct hsm_key there;

	if (strlen(label) == 0 || strlen(label) >= HSM_LABEL_MAX)
		return FAIL(HSM_INPUT, "label of %zu characters", strlen(label));
	result r = find(h, label, &there);
	if (r.code == HSM_KEY_NOT_FOUND)
		return OK;
	return is_ok(r) ? FAIL(HSM_EXISTS, "%s", label) : r;
}

static const struct known *known_of(const struct hsm *h, const char *label)
{
	for (size_t i = 0; i < KNOWN_MAX; i++)
		if (h->known[i].key.handle && strcmp(h->known[i].label, label) == 0)
			return &h->known[i];
	return NULL;
}

static void forget(struct hsm *h, struct hsm_key key)
{
	for (size_t i = 0; i < KNOWN_MAX; i++)
		if (h->known[i].key.handle == key.handle)
			h->known[i] = (struct known){ 0 };
}

result hsm_key_find(struct hsm *h, const char *label, struct hsm_key *out)
{
	LOCKED(h);
	const struct known *known = known_of(h, label);
	if (known) {
		*out = known->key;
		return OK;
	}
	TRY(find(h, label, out));
	struct known *slot = &h->known[h->next_known++ % KNOWN_MAX];
	*slot = (struct known){ .key = *out };
	str_copy(str_of(label), slot->label, sizeof slot->label);
	return OK;
}

/* What every key of ours is: kept, private, for CMAC only, and never to leave. */
#define KEY_ATTRIBUTES(label)                                                                      \
	{ CKA_CLASS, &secret_key, sizeof secret_key }, { CKA_KEY_TYPE, &aes, sizeof aes },         \
	        { CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &yes, sizeof yes },                \
	        { CKA_SENSITIVE, &yes, sizeof yes }, { CKA_EXTRACTABLE, &no, sizeof no },          \
	        { CKA_MODIFIABLE, &no, sizeof no }, { CKA_SIGN, &yes, sizeof yes },                \
	        { CKA_VERIFY, &no, sizeof no }, { CKA_ENCRYPT, &no, sizeof no },                   \
	        { CKA_DECRYPT, &no, sizeof no }, { CKA_WRAP, &no, sizeof no },                     \
	        { CKA_UNWRAP, &no, sizeof no }, { CKA_DERIVE, &no, sizeof no },                    \
	{                                                                                          \
		CKA_LABEL, (label), strlen(label)                                                  \
	}

result hsm_key_generate(struct hsm *h, const char *label, unsigned bits, struct hsm_key *out)
{
	char text[HSM_LABEL_MAX];
	CK_ULONG len = bits / 8;
	CK_OBJECT_HANDLE handle = 0;
	CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };

	if (bits != 128 && bits != 256)
		return FAIL(HSM_INPUT, "%u bits", bits);
	LOCKED(h);
	TRY(require_free(h, label));
	snprintf(text, sizeof text, "%s", label);
	CK_ATTRIBUTE key[] = { KEY_ATTRIBUTES(text), { CKA_VALUE_LEN, &len, sizeof len } };
	TRY(pkcs11_result(h->call->C_GenerateKey(h->session, &how, key, ARRAY_LEN(key), &handle),
	                  "C_GenerateKey"));
	out->handle = handle;
	return OK;
}

result hsm_key_store(struct hsm *h, const char *label, const struct secret *value,
                     struct hsm_key *out)
{
	char text[HSM_LABEL_MAX];
	CK_OBJECT_HANDLE handle = 0;
	SCOPED(secret_wipe) struct secret copy = *value;

	if (value->len != 16 && value->len != 32)
		return FAIL(HSM_INPUT, "%zu bytes", value->len);
	LOCKED(h);
	TRY(require_free(h, label));
	snprintf(text, sizeof text, "%s", label);
	CK_ATTRIBUTE key[] = { KEY_ATTRIBUTES(text), { CKA_VALUE, copy.at, copy.len } };
	TRY(pkcs11_result(h->call->C_CreateObject(h->session, key, ARRAY_LEN(key), &handle),
	                  "C_CreateObject"));
	out->handle = handle;
	return OK;
}

result hsm_key_destroy(struct hsm *h, struct hsm_key key)
{
	LOCKED(h);
	forget(h, key);
	return pkcs11_result(h->call->C_DestroyObject(h->session, key.handle), "C_DestroyObject");
}

/* --- operations --- */

result hsm_cmac(struct hsm *h, struct hsm_key key, struct bytes in, uint8_t out[16])
{
	CK_MECHANISM how = { CKM_AES_CMAC, NULL, 0 };
	CK_ULONG len = CMAC_SIZE;
	uint8_t copy[HSM_INPUT_MAX];

	if (in.len == 0 || in.len > HSM_INPUT_MAX)
		return FAIL(HSM_INPUT, "%zu bytes", in.len);
	memcpy(copy, in.at, in.len);
	LOCKED(h);
	TRY(pkcs11_result(h->call->C_SignInit(h->session, &how, key.handle), "C_SignInit"));
	TRY(pkcs11_result(h->call->C_Sign(h->session, copy, in.len, out, &len), "C_Sign"));
	return len == CMAC_SIZE ? OK : FAIL(HSM_CALL, "C_Sign gave %lu bytes", len);
}

result hsm_derive(struct hsm *h, struct hsm_key key, const char *label, struct bytes context,
                  unsigned bits, struct secret *out)
{
	uint8_t input[4 + HSM_LABEL_MAX + 1 + HSM_CONTEXT_MAX + 4], block[CMAC_SIZE];
	unsigned len = bits / 8;

	if (bits == 0 || bits % 8 != 0 || len > HSM_DERIVED_MAX || context.len > HSM_CONTEXT_MAX ||
	    strlen(label) >= HSM_LABEL_MAX)
		return FAIL(HSM_INPUT, "derivation of %u bits", bits);
	for (uint32_t i = 0; i * CMAC_SIZE < len; i++) {
		struct writer w = writer_of(input, sizeof input);
		writer_u32(&w, i + 1);
		writer_str(&w, str_of(label));
		writer_u8(&w, 0);
		writer_put(&w, context);
		writer_u32(&w, bits);
		TRY(writer_done(&w));
		TRY(hsm_cmac(h, key, writer_bytes(&w), block));
		unsigned left = len - i * CMAC_SIZE;
		memcpy(out->at + i * CMAC_SIZE, block, left < CMAC_SIZE ? left : CMAC_SIZE);
	}
	out->len = len;
	secret_wipe_bytes(block, sizeof block);
	return OK;
}

result hsm_check_value(struct hsm *h, struct hsm_key key, uint8_t out[5])
{
	static const uint8_t zeros[CMAC_SIZE];
	uint8_t mac[CMAC_SIZE];

	TRY(hsm_cmac(h, key, bytes_of(zeros, sizeof zeros), mac));
	memcpy(out, mac, 5);
	return OK;
}

struct hsm_place hsm_place_of(const struct hsm_paths *paths)
{
	return (struct hsm_place){ paths->module, paths->label, paths->pin_file, paths->conf };
}
