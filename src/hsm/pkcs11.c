/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/pkcs11.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "hsm/token.h"
#include "hsm/token_keep.h"

enum { SLOTS_MAX = 64 };

/* PKCS#11 is one state per process, whatever we would like. */
static struct {
	pthread_mutex_t lock;
	char module[HSM_PATH_MAX], conf[HSM_PATH_MAX];
	const CK_FUNCTION_LIST *call;
	unsigned users;
} library = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* After these nothing works until the device is opened anew. */
static bool is_loss(CK_RV rv)
{
	return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT ||
	       rv == CKR_TOKEN_NOT_RECOGNIZED || rv == CKR_SESSION_HANDLE_INVALID ||
	       rv == CKR_SESSION_CLOSED || rv == CKR_CRYPTOKI_NOT_INITIALIZED ||
	       rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_SLOT_ID_INVALID;
}

result pkcs11_result(CK_RV rv, const char *what)
{
	if (rv == CKR_OK)
		return OK;
	return is_loss(rv) ? FAIL(HSM_LOST, "%s: %#lx", what, rv)
	                   : FAIL(HSM_CALL, "%s: %#lx", what, rv);
}

/* The module stays loaded for the life of the process: some of them do not survive being unloaded.
 */
static result load(const char *module)
{
	CK_FUNCTION_LIST *list = NULL;

	if (library.call && strcmp(library.module, module) == 0)
		return OK;
	void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return FAIL(HSM_MODULE, "%s", dlerror());
	CK_C_GetFunctionList get;
	void *symbol = dlsym(handle, "C_GetFunctionList");
	if (!symbol)
		return FAIL(HSM_MODULE, "%s is not a PKCS#11 module", module);
	memcpy(&get, &symbol, sizeof get); /* POSIX's way from an object to a function pointer */
	if (get(&list) != CKR_OK || !list)
		return FAIL(HSM_MODULE, "%s gives no functions", module);
	library.call = list;
	snprintf(library.module, sizeof library.module, "%s", module);
	return OK;
}

static result start(const char *module, const char *conf)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };

	if (strlen(module) >= HSM_PATH_MAX || strlen(conf) >= HSM_PATH_MAX)
		return FAIL(HSM_MODULE, "a path is too long");
	TRY(load(module));
	if (conf[0] && setenv("SOFTHSM2_CONF", conf, 1) != 0)
		return FAIL(HSM_MODULE, "environment");
	TRY(hsm_token_mend(conf));
	CK_RV rv = library.call->C_Initialize(&args);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return FAIL(HSM_MODULE, "C_Initialize: %#lx", rv);
	snprintf(library.conf, sizeof library.conf, "%s", conf);
	return OK;
}

static result join(const char *module, const char *conf)
{
	if (library.users == 0)
		return start(module, conf);
	if (strcmp(module, library.module) != 0 || strcmp(conf, library.conf) != 0)
		return FAIL(HSM_MODULE, "another module or configuration is in use");
	return OK;
}

result pkcs11_start(const char *module, const char *conf, const CK_FUNCTION_LIST **call)
{
	pthread_mutex_lock(&library.lock);
	result r = join(module, conf);
	if (is_ok(r)) {
		library.users++;
		*call = library.call;
	}
	pthread_mutex_unlock(&library.lock);
	return r;
}

void pkcs11_end(void)
{
	pthread_mutex_lock(&library.lock);
	if (--library.users == 0)
		library.call->C_Finalize(NULL);
	pthread_mutex_unlock(&library.lock);
}

result pkcs11_restart(void)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };

	pthread_mutex_lock(&library.lock);
	library.call->C_Finalize(
	        NULL); /* says "not initialised" when an earlier try got this far */
	result mended = hsm_token_mend(library.conf);
	CK_RV rv = library.call->C_Initialize(&args);
	pthread_mutex_unlock(&library.lock);
	TRY(mended);
	return rv == CKR_OK ? OK : FAIL(HSM_LOST, "C_Initialize: %#lx", rv);
}

result pkcs11_find_token(const CK_FUNCTION_LIST *call, const char *label, CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;
	char padded[sizeof info.label + 1];

	if (strlen(label) > sizeof info.label)
		return FAIL(HSM_TOKEN, "label of %zu characters", strlen(label));
	TRY(pkcs11_result(call->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList"));
	snprintf(padded, sizeof padded, "%-*s", (int)sizeof info.label, label);
	for (CK_ULONG i = 0; i < count; i++) {
		TRY(pkcs11_result(call->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo"));
		if (info.flags & CKF_TOKEN_INITIALIZED &&
		    memcmp(info.label, padded, sizeof info.label) == 0) {
			*slot = slots[i];
			return OK;
		}
	}
	return FAIL(HSM_TOKEN, "no token %s", label);
}
