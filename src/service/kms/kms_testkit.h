/* SPDX-License-Identifier: Apache-2.0 */
/* kms_testkit.h — for tests: a whole key manager in this process, with officers who log in and ask
 * over its socket as people do. */
#pragma once

#include "net/lines.h"
#include "service/kms/core.h"
#include "service/kms/create.h"

enum { KMS_KIT_OFFICERS = 12, KMS_KIT_TEXT = 64 };

struct kms_kit_officer {
	char name[KMS_KIT_TEXT], secret[KMS_KIT_TEXT], session[KMS_KIT_TEXT];
	int64_t step; /* of the last code that was used */
};

struct kms_kit {
	char dir[KMS_PATH_MAX], dsn[KMS_PATH_MAX], officer_socket[KMS_PATH_MAX],
	        service_socket[KMS_PATH_MAX], checkpoints[KMS_PATH_MAX];
	struct hsm_address device;
	struct clock clock; /* clock_now reads `now` */
	struct instant now;
	const struct clock *time; /* what the core goes by: the one above, or the test's own */
	struct kms_core_config config;
	struct kms_core *core;
	struct lines_client line;
	struct kms_kit_officer officers[KMS_KIT_OFFICERS];
	size_t officer_count;
	struct buf answer; /* of the last kms_ask, NUL-ended */
};

/* A new store and token, and a core that runs on them; the first officer has entered. with_keys: as
 * a demonstration site. */
bool kms_kit_open(struct kms_kit *k, bool with_keys);
/* A demonstration site's for tests of what works with it: no officer, the test's own clock. */
bool kms_kit_open_site(struct kms_kit *k, const struct clock *time);
/* The initial key of a SAM, as whoever plays its terminal gets it. */
bool kms_kit_tik(struct kms_kit *k, const uint8_t node[8], const uint8_t sam[6],
                 struct secret *tik);
/* The token of a PIN. */
bool kms_kit_pin_token(struct kms_kit *k, const char *digits, uint8_t token[16]);
/* The core goes away, as if its process had; and comes back. */
void kms_kit_stop(struct kms_kit *k);
bool kms_kit_start(struct kms_kit *k);
void kms_kit_close(struct kms_kit *k); /* for SCOPED */
bool kms_kit_restart(struct kms_kit *k);

/* Ask with a request in printf style; single quotes stand for double ones. The answer's code. */
const char *kms_ask(struct kms_kit *k, const char *format, ...) ATTR_PRINTF(2, 3);
/* The same as an officer, who is logged in first when he is not. */
const char *kms_ask_as(struct kms_kit *k, const char *officer, const char *format, ...)
        ATTR_PRINTF(3, 4);
/* A text or number of the last answer, as text; "" when it is not there. Valid until the next. */
const char *kms_told(struct kms_kit *k, const char *member);
/* Bring an officer in: added by mk (agreed to by a security officer once there is one), entered. */
bool kms_kit_officer(struct kms_kit *k, const char *name, const char *roles);
void kms_kit_log_out(struct kms_kit *k, const char *name); /* nothing when he is not logged in */
/* One after the other agrees to the approval that was just asked for, then the asker carries it
 * out. The code. */
const char *kms_agreed(struct kms_kit *k, const char *officer, const char *command,
                       const char *agreeing);
