/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase_cost.c — what guessing costs, alone in its file: a test program about something else
 * links passphrase_cost_testkit.c in its place. */
#include "crypto/passphrase.h"
#include "crypto/password.h"

const struct passphrase_cost passphrase_cost_default = { 3, 65536 };
const struct passphrase_cost password_cost = { 2, 65536 };
