/* SPDX-License-Identifier: Apache-2.0 */
/* kms_renewal.h — a key manager whose master key is about to be renewed, with many rows. */
#pragma once

#include <stdint.h>

#include "base/result.h"

/* The home in `dir`, which does not run: so many versions of two keys, one that works in the device
 * and one that does not, a second master key, and the
 * renewal begun. yika-kms goes on with it as soon as it starts. */
result kms_renewal_prepare(const char *dir, uint64_t rows);
/* Look on until all is carried over and read back, and print the rate. REKEY_ROW when it stands
 * still. */
result kms_renewal_watch(const char *dir);
