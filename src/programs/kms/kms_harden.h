/* SPDX-License-Identifier: Apache-2.0 */
/* kms_harden.h — what keeps the key manager's reach its own (keys 2): a filter of system calls. */
#pragma once

#include "base/result.h"

/*
 * Last thing, when everything is open: from here on threads of this process cannot run programs,
 * open IP sockets (unless the device's library needs them), listen anywhere, make memory that is
 * both writable and executable, or look into other processes. SYSTEM_CALL.
 */
result kms_harden_calls(bool network_device);
