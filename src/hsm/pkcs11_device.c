/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 module as a crypto device: token, sessions, capabilities, PIN (PKCS#11 2.40). */
#include "hsm/pkcs11_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "hsm/token_keep.h"

enum { MECHANISMS_MAX = 512 };

/* --- templates --- */

void pkcs11_template_put(struct pkcs11_template *t, CK_ATTRIBUTE_TYPE type, void *value,
                         CK_ULONG len)
{
	ASSERT(t->count < PKCS11_ATTRIBUTES_MAX);
	t->at[t->count++] = (CK_ATTRIBUTE){ type, value, len };
}

void pkcs11_template_bool(struct pkcs11_template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
	pkcs11_template_put(t, type, value ? &t->yes : &t->no, sizeof t->yes);
}

void pkcs11_template_begin(struct pkcs11_template *t, CK_OBJECT_CLASS class, CK_KEY_TYPE type,
                           bool on_token)
{
	*t = (struct pkcs11_template){
		.class = class, .type = type, .yes = CK_TRUE, .no = CK_FALSE
	};
	pkcs11_template_put(t, CKA_CLASS, &t->class, sizeof t->class);
	pkcs11_template_put(t, CKA_KEY_TYPE, &t->type, sizeof t->type);
	pkcs11_template_bool(t, CKA_TOKEN, on_token);
	pkcs11_template_bool(t, CKA_PRIVATE, true);
	pkcs11_template_bool(t, CKA_SENSITIVE, true);
}

/* --- the token --- */

static result log_in(struct pkcs11_device *d, const struct secret *pin)
{
	struct secret copy = *pin; /* the interface is not const */
	CK_RV rv = d->call->C_Login(d->keeper, CKU_USER, copy.at, copy.len);

	secret_wipe(&copy);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_LEN_RANGE)
		return FAIL(HSM_PIN, "the token refuses the PIN (%#lx)", rv);
	return rv == CKR_USER_ALREADY_LOGGED_IN ? OK : pkcs11_result(rv, "C_Login");
}

/* Without a copy the device works, but the next broken login may take it away. */
static void keep_token(const struct pkcs11_device *d)
{
	result r = hsm_token_keep(d->place->conf, d->place->token);

	if (!is_ok(r))
		LOG_WARNING("hsm.token_not_kept", "code=%s detail=\"%s\"", result_name(r),
		            result_last()->text);
}

static result open_token(struct pkcs11_device *d, const struct secret *pin)
{
	TRY(pkcs11_find_token(d->call, d->place->token, &d->token));
	TRY(pkcs11_result(d->call->C_OpenSession(d->token, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	                                         NULL, NULL, &d->keeper),
	                  "C_OpenSession"));
	TRY(log_in(d, pin));
	keep_token(d);
	return pkcs11_lmk_load(d);
}

/* --- what it can --- */

static const struct {
	CK_MECHANISM_TYPE mechanism;
	unsigned capability; /* needs all of its rows */
} needed[] = {
	{ CKM_AES_CBC, HSM_CAN_LMK_AES },
	{ CKM_AES_CMAC, HSM_CAN_LMK_AES },
	{ CKM_SHA256_HMAC, HSM_CAN_LMK_AES },
	{ CKM_AES_ECB, HSM_CAN_AES },
	{ CKM_AES_CBC, HSM_CAN_AES },
	{ CKM_AES_CMAC, HSM_CAN_AES },
	{ CKM_DES3_ECB, HSM_CAN_TDES },
	{ CKM_DES3_CBC, HSM_CAN_TDES },
	{ CKM_RSA_X_509, HSM_CAN_RSA },
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, HSM_CAN_RSA },
	{ CKM_DES3_ECB_ENCRYPT_DATA, HSM_CAN_DERIVE },
};

static bool has(const CK_MECHANISM_TYPE *list, CK_ULONG count, CK_MECHANISM_TYPE one)
{
	for (CK_ULONG i = 0; i < count; i++)
		if (list[i] == one)
			return true;
	return false;
}

static result probe(struct pkcs11_device *d)
{
	CK_MECHANISM_TYPE list[MECHANISMS_MAX];
	CK_ULONG count = MECHANISMS_MAX;

	TRY(pkcs11_result(d->call->C_GetMechanismList(d->token, list, &count),
	                  "C_GetMechanismList"));
	d->capabilities =
	        HSM_CAN_LMK_AES | HSM_CAN_AES | HSM_CAN_TDES | HSM_CAN_RSA | HSM_CAN_DERIVE;
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!has(list, count, needed[i].mechanism))
			d->capabilities &= ~needed[i].capability;
	d->wrap_pad = 0;
	if (has(list, count, CKM_AES_KEY_WRAP_PAD))
		d->wrap_pad = CKM_AES_KEY_WRAP_PAD;
	else if (has(list, count, PKCS11_KWP_3_0))
		d->wrap_pad = PKCS11_KWP_3_0;
	if (d->wrap_pad)
		d->capabilities |= HSM_CAN_UNWRAP;
	if (d->place->sm4_ecb && d->place->sm4_cbc && has(list, count, d->place->sm4_ecb))
		d->capabilities |= HSM_CAN_SM4;
	return OK;
}

/* --- the driver --- */

static void close_device(void *device)
{
	struct pkcs11_device *d = device;

	if (d->keeper)
		d->call->C_CloseSession(d->keeper);
	pkcs11_end();
	pthread_mutex_destroy(&d->making);
	free(d);
}

static result open_device(const struct hsm_address *place, const struct secret *pin, void **out)
{
	struct pkcs11_device *d = calloc(1, sizeof *d);

	if (!d)
		return FAIL(OUT_OF_MEMORY, "PKCS#11 device");
	d->place = place;
	result r = pkcs11_start(place->library, place->conf, &d->call);
	if (!is_ok(r)) {
		free(d);
		return r;
	}
	pthread_mutex_init(&d->making, NULL);
	r = open_token(d, pin);
	if (is_ok(r))
		r = probe(d);
	if (!is_ok(r)) {
		close_device(d);
		return r;
	}
	*out = d;
	return OK;
}

/* A fixed field padded with blanks, as text. */
static void unpad(const CK_UTF8CHAR *from, size_t len, char *out, size_t size)
{
	while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\0'))
		len--;
	str_copy((struct str){ (const char *)from, len }, out, size);
}

static void info(void *device, struct hsm_info *out)
{
	struct pkcs11_device *d = device;
	CK_TOKEN_INFO token;

	out->capabilities = d->capabilities;
	if (d->call->C_GetTokenInfo(d->token, &token) != CKR_OK)
		return;
	unpad(token.manufacturerID, sizeof token.manufacturerID, out->vendor, sizeof out->vendor);
	unpad(token.model, sizeof token.model, out->model, sizeof out->model);
	unpad(token.serialNumber, sizeof token.serialNumber, out->serial, sizeof out->serial);
	snprintf(out->firmware, sizeof out->firmware, "%u.%u", token.firmwareVersion.major,
	         token.firmwareVersion.minor);
	out->software = strncmp(out->vendor, "SoftHSM", 7) == 0;
}

/* Whatever it says but "well": it is not there. */
static result check(void *device)
{
	struct pkcs11_device *d = device;
	CK_TOKEN_INFO token;
	CK_SESSION_INFO session;
	CK_RV rv = d->call->C_GetTokenInfo(d->token, &token);

	if (rv == CKR_OK)
		rv = d->call->C_GetSessionInfo(d->keeper, &session);
	if (rv != CKR_OK || session.state != CKS_RW_USER_FUNCTIONS)
		return FAIL(HSM_LOST, "token %s: %#lx", d->place->token, rv);
	return pkcs11_lmk_check(d);
}

static result reopen(void *device, const struct secret *pin)
{
	struct pkcs11_device *d = device;

	d->keeper = 0;
	d->transport.private = 0;
	TRY(pkcs11_restart());
	result r = open_token(d, pin);
	if (!is_ok(r))
		return FAIL(HSM_LOST, "%s: %s", result_name(r), d->place->token);
	return probe(d);
}

static result set_pin(void *device, const struct secret *old_pin, const struct secret *new_pin)
{
	struct pkcs11_device *d = device;
	struct secret before = *old_pin, after = *new_pin;
	CK_RV rv = d->call->C_SetPIN(d->keeper, before.at, before.len, after.at, after.len);

	secret_wipe(&before);
	secret_wipe(&after);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
	    rv == CKR_PIN_LOCKED)
		return FAIL(HSM_PIN, "the token refuses (%#lx)", rv);
	TRY(pkcs11_result(rv, "C_SetPIN"));
	keep_token(d); /* before the caller lets go of the file with the PIN of before */
	return OK;
}

static result session_open(void *device, void **out)
{
	struct pkcs11_device *d = device;
	struct pkcs11_session *s = calloc(1, sizeof *s);

	if (!s)
		return FAIL(OUT_OF_MEMORY, "PKCS#11 session");
	s->device = d;
	result r =
	        pkcs11_result(d->call->C_OpenSession(d->token, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	                                             NULL, NULL, &s->at),
	                      "C_OpenSession");
	if (!is_ok(r)) {
		free(s);
		return r;
	}
	*out = s;
	return OK;
}

static void session_close(void *session)
{
	struct pkcs11_session *s = session;

	s->device->call->C_CloseSession(s->at);
	free(s);
}

static void session_forget(void *session)
{
	free(session);
}

static result random_bytes(void *session, uint8_t *out, size_t len)
{
	struct pkcs11_session *s = session;

	return pkcs11_result(s->device->call->C_GenerateRandom(s->at, out, len),
	                     "C_GenerateRandom");
}

const struct hsm_driver hsm_driver_pkcs11 = {
	.open = open_device,
	.close = close_device,
	.info = info,
	.check = check,
	.reopen = reopen,
	.set_pin = set_pin,
	.session_open = session_open,
	.session_close = session_close,
	.session_forget = session_forget,
	.random = random_bytes,
	.lmk_install = pkcs11_lmk_install,
	.lmk_find = pkcs11_lmk_find,
	.lmk_erase = pkcs11_lmk_erase,
	.lmk_mac = pkcs11_lmk_mac,
	.lmk_cbc = pkcs11_lmk_cbc,
	.lmk_hmac = pkcs11_lmk_hmac,
	.local_hmac = pkcs11_local_hmac,
	.import = pkcs11_import,
	.unwrap = pkcs11_unwrap,
	.wrap = pkcs11_wrap,
	.wrap_under = pkcs11_wrap_under,
	.generate = pkcs11_generate,
	.generate_rsa = pkcs11_generate_rsa,
	.free_object = pkcs11_free_object,
	.cipher = pkcs11_cipher,
	.cmac = pkcs11_cmac,
	.derive = pkcs11_derive,
	.rsa = pkcs11_rsa,
};
