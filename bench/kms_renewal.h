/* SPDX-License-Identifier: Apache-2.0 */
/* kms_renewal.h — a key manager whose master key is about to be renewed, with many rows. */
#pragma once

#include <stdint.h>

#include "base/result.h"

/* The home in `dir`, which does not run: so many versions of one key, a second master key, and the
 * renewal begun. yika-kms goes on with it as soon as it starts. */
result kms_renewal_prepare(const char *dir, uint64_t rows);
