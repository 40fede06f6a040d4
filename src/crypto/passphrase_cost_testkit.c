/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase_cost_testkit.c — linked by tests in which people log in often and guessing is not the
 * subject. */
#include "crypto/passphrase.h"
#include "crypto/password.h"

const struct passphrase_cost passphrase_cost_default = { 1, 8 };
const struct passphrase_cost password_cost = { 1, 8 };
