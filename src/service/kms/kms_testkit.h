/* SPDX-License-Identifier: Apache-2.0 */
/* kms_testkit.h — for tests: a whole key manager in this process, with officers who log in and ask
 * over its socket as people do. */
#pragma once

#include <stdatomic.h>

#include "crypto/digest.h"
#include "db/db.h"
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
	struct clock_manual clock;
	const struct clock *time; /* what the core goes by: the one above, or the test's own */
	_Atomic int64_t
	        *shared; /* the time of a core in another process; NULL: it is in this one */
	struct kms_core_config config;
	struct kms_core *core;
	struct lines_client line;
	struct kms_kit_officer officers[KMS_KIT_OFFICERS];
	size_t officer_count;
	struct buf answer; /* of the last kms_ask, NUL-ended */
	struct db *look;   /* a second, reading connection to the store; opened when it is needed */
};

/* A new store and token, and a core that runs on them; the first officer has entered. with_keys: as
 * a demonstration site. */
bool kms_kit_open(struct kms_kit *k, bool with_keys);
/* A demonstration site's for tests of what works with it: no officer, the test's own clock. */
bool kms_kit_open_site(struct kms_kit *k, const struct clock *time);
/*
 * A core in another process, whose sockets are in `dir` and whose clock reads `shared`: nothing is
 * made or started. kms_kit_meet connects when it runs; kms_kit_stop forgets line and sessions.
 */
void kms_kit_of(struct kms_kit *k, const char *dir, const struct clock *time,
                _Atomic int64_t *shared);
bool kms_kit_meet(struct kms_kit *k);
bool kms_kit_first(struct kms_kit *k, const char *invitation); /* the first officer enters */
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
struct instant kms_kit_now(const struct kms_kit *k);
void kms_kit_pass(struct kms_kit *k, int64_t seconds); /* time goes on */

/* The token is gone as if it had been pulled out; and back. */
void kms_kit_take_away(struct kms_kit *k);
void kms_kit_put_back(struct kms_kit *k);

/* Ask with a request in printf style; single quotes stand for double ones. The answer's code. */
const char *kms_ask(struct kms_kit *k, const char *format, ...) ATTR_PRINTF(2, 3);
/* The same over another line than the kit's own. */
const char *kms_ask_on(struct kms_kit *k, struct lines_client *line, const char *format, ...)
        ATTR_PRINTF(3, 4);
/* The same as an officer, who is logged in first when he is not. */
const char *kms_ask_as(struct kms_kit *k, const char *officer, const char *format, ...)
        ATTR_PRINTF(3, 4);
/* A text or number of the last answer, as text; "" when it is not there. Valid until the next. */
const char *kms_told(struct kms_kit *k, const char *member);
/* The session of an officer, who is logged in first when he is not. */
const char *kms_kit_session(struct kms_kit *k, const char *name);
/* The one-time code of the next step: time goes on to it. */
void kms_kit_code(struct kms_kit *k, const char *name, char code[KMS_KIT_TEXT]);
/* Bring an officer in: added by mk (agreed to by a security officer once there is one), entered. */
bool kms_kit_officer(struct kms_kit *k, const char *name, const char *roles);
void kms_kit_log_out(struct kms_kit *k, const char *name); /* nothing when he is not logged in */
/* One after the other agrees to the approval that was just asked for, then the asker carries it
 * out. The code. */
const char *kms_agreed(struct kms_kit *k, const char *officer, const char *command,
                       const char *agreeing);

/* SO1, SO2 and SO3 as so1, so2, so3, and conf, key, auditor. */
void kms_kit_officers(struct kms_kit *k);
/* A ceremony (FORM, AES) of the three security officers, from its beginning to a PENDING master
 * key; its number. Each makes a component at random, on a file. files: kept for the caller, with
 * line feeds as JSON has them; the PIN of so1's is "pin of so1". */
enum { KMS_KIT_FILE = 1024 };
struct kms_kit_ceremony {
	const char *typed[3];
	int id;
	char files[3][KMS_KIT_FILE];
};
int kms_kit_ceremony(struct kms_kit *k, const char *status, struct kms_kit_ceremony *c);
/* The three present their files to an open ceremony; the master key's number. */
int kms_kit_present(struct kms_kit *k, const struct kms_kit_ceremony *c);

/* What every officer of the kit chose. */
#define KMS_KIT_PASSWORD "correct horse battery"

/* --- what the store holds --- */

/* Of all tables but the audit, the turns, and the processes that live. */
void kms_kit_digest(struct kms_kit *k, uint8_t out[DIGEST_SIZE]);
/* Lines of the audit: op, result, what the detail begins with ("" for any). */
int64_t kms_kit_audited(struct kms_kit *k, const char *op, const char *code, const char *detail);

/* A request that gives this code, leaves the tables as they were, and stands in the audit as
 * refused. */
#define KMS_REFUSED(label_, k_, call_, code_)                                                      \
	do {                                                                                       \
		uint8_t before_[DIGEST_SIZE], after_[DIGEST_SIZE];                                 \
		int64_t lines_ = kms_kit_audited(k_, "REFUSED", code_, "");                        \
		kms_kit_digest(k_, before_);                                                       \
		CHECK_STR(label_, call_, code_);                                                   \
		kms_kit_digest(k_, after_);                                                        \
		CHECK_BYTES(label_, bytes_of(after_, DIGEST_SIZE),                                 \
		            bytes_of(before_, DIGEST_SIZE));                                       \
		CHECK_I64(label_, kms_kit_audited(k_, "REFUSED", code_, ""), lines_ + 1);          \
	} while (0)
