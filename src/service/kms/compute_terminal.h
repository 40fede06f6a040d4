/* SPDX-License-Identifier: Apache-2.0 */
/* compute_terminal.h — operations of the platform's terminals, beside the built-in ones; their
 * owner is a struct terminal_keys. */
#pragma once

#include "service/kms/compute_op.h"
#include "service/kms/terminal_keys.h"

#define KMS_PLATFORM_LABELS "SITE.TERM.*.* SITE.PIN.*.* SITE.SAM.TEST.*"

extern const struct compute_table compute_terminal_table; /* 0080 0081 0083 to 0085 */

/* The platform of this machine, as a client that no row knows. Prepare it once, before threads. */
result compute_platform_prepare(void);
const struct key_client *compute_platform(void);
