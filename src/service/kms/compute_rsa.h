/* SPDX-License-Identifier: Apache-2.0 */
/* compute_rsa.h — blocks that RSA signs, made here because the key may be in a device that knows
 * the bare operation only; private to this folder. */
#pragma once

#include "hsm/hsm_device.h"

/* EMSA-PKCS1-v1_5 (RFC 8017 9.2) over SHA-256, `size` bytes. INVALID_KEY: too short for it. */
result compute_rsa_pkcs1(struct bytes message, uint8_t *block, size_t size);
/* EMSA-PSS (RFC 8017 9.1.1) over SHA-256, MGF1 with it, salt of 32 bytes from the device. */
result compute_rsa_pss(struct hsm_session *s, struct bytes message, uint8_t *block, size_t size);
