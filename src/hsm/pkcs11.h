/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11.h — the library behind hsm.h: load it once, start and end it; private to hsm/. */
#pragma once

#include <p11-kit/pkcs11.h>

#include "base/result.h"

/*
 * Load and initialise the module, or take part in the one that runs. One module and one
 * configuration per process at a time. HSM_MODULE. Each success needs one pkcs11_end.
 */
result pkcs11_start(const char *module, const char *conf, const CK_FUNCTION_LIST **call);
void pkcs11_end(void);
/* Finalize and initialise the running module again, for everybody who takes part: its sessions and
 * objects are gone. */
result pkcs11_restart(void);

/* OK, HSM_LOST for what says that the device is not there any more, else HSM_CALL with the function
 * and its value. */
result pkcs11_result(CK_RV rv, const char *what);
result pkcs11_find_token(const CK_FUNCTION_LIST *call, const char *label,
                         CK_SLOT_ID *slot); /* HSM_TOKEN */
