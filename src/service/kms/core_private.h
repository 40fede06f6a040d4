/* SPDX-License-Identifier: Apache-2.0 */
/* core_private.h — what the core is made of, for its files. */
#pragma once

#include "service/kms/core.h"
#include "service/kms/officer_desk.h"
#include "service/kms/service.h"

struct kms_core {
	char dsn[KMS_PATH_MAX], service_path[KMS_PATH_MAX], node[KMS_NODE_MAX + 1],
	        checkpoint_dir[KMS_PATH_MAX];
	char pin_files[KMS_DEVICES_MAX][HSM_TEXT_MAX];
	struct hsm_device *devices[KMS_DEVICES_MAX];
	_Atomic uint64_t generation;
	struct keeper *keeper;
	struct officer_desk desk;
	struct service *_Atomic service; /* the keeper's thread looks at it */
};
