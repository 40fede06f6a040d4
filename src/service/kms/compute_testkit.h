/* SPDX-License-Identifier: Apache-2.0 */
/* compute_testkit.h — for tests: a store, a token and the computing service over them; requests as
 * one line of text. */
#pragma once

#include "domain/keys/key_fixture.h"
#include "service/kms/compute_op.h"

enum { COMPUTE_TESTKIT_EVENTS = 64, COMPUTE_TESTKIT_SORTS = 43 };

/* What the sink got, copied. */
struct compute_told {
	enum compute_event_kind kind;
	uint16_t op;
	enum kms_status status;
	size_t count;
	bool by_client;
	char name[24], label[KEY_LABEL_SIZE], detail[240];
};

struct compute_testkit {
	struct key_fixture f;
	bool attached;
	_Atomic uint64_t generation;
	struct compute_watch *watch;
	struct compute *compute;
	struct key_client client; /* may do everything with every key */
	struct key_client_meter meter;
	const struct key_client *asking; /* &client; NULL: a stranger */
	/* of the last request */
	uint8_t request[KMS_FRAME_MAX], answer[KMS_FRAME_MAX];
	size_t request_len, answer_len;
	struct kms_fields got;
	/* of all since compute_testkit_forget */
	struct compute_told told[COMPUTE_TESTKIT_EVENTS];
	size_t told_count;
};

bool compute_testkit_open(struct compute_testkit *k, enum db_engine engine);
/* Over a fixture that is open already, and stays so. */
bool compute_testkit_attach(struct compute_testkit *k, const struct key_fixture *f);
void compute_testkit_close(struct compute_testkit *k);
/* The same with other operations beside the built-in ones. */
bool compute_testkit_open_with(struct compute_testkit *k, enum db_engine engine,
                               const struct compute_table *table, void *owner);
/* Prepare the client anew after its texts were changed. */
void compute_testkit_client(struct compute_testkit *k, const char *ops, const char *usages,
                            const char *labels);

/*
 * Define a key and store a value, ACTIVE. what: "LABEL USAGE ALGORITHM BITS MODE EXPORTABILITY
 * LEVELS", "C.EP.DPK 20 T 112 X E 1"; hex empty: a random one.
 */
struct key_definition compute_testkit_key(struct compute_testkit *k, const char *what,
                                          const char *hex, enum product_place place);
/* One key of each sort that operations want: C.H.U20.01 …, in the device C.D.U20.01 …. */
extern const struct compute_testkit_sort {
	const char *usage, *what;
} compute_testkit_sorts[COMPUTE_TESTKIT_SORTS];
void compute_testkit_all(struct compute_testkit *k, enum product_place place);
/* The same with an RSA pair from its primes. */
void compute_testkit_rsa(struct compute_testkit *k, const char *what, struct bytes p,
                         struct bytes q, enum product_place place);
/* Move version 1 of a key to another state, and say so. */
void compute_testkit_move(struct compute_testkit *k, const struct key_definition *d,
                          enum key_state to);
/* Agree to a recovery with version 1, or end it (key_version_recover). */
void compute_testkit_recover(struct compute_testkit *k, const struct key_definition *d,
                             int64_t seconds);

/*
 * Ask. body: values parted by blanks, "01=C.EP.DPK.01 07:1234567890123456": tag, then '=' and text
 * (no blanks in it) or ':' and hex. Returns the status; the answer's values are in k->got.
 */
enum kms_status compute_testkit_ask(struct compute_testkit *k, uint16_t op, const char *body);
/* The same with the body as bytes, at most KMS_BODY_MAX. */
enum kms_status compute_testkit_send(struct compute_testkit *k, uint16_t op, struct bytes body);
/* Append a body in that form. */
void compute_testkit_put(struct writer *w, const char *body);
struct bytes compute_testkit_value(const struct compute_testkit *k, enum kms_tag tag);
void compute_testkit_forget(struct compute_testkit *k);
/* The newest event. */
const struct compute_told *compute_testkit_last(const struct compute_testkit *k);

#define CHECK_STATUS(label_, got_, want_)                                                          \
	CHECK_STR(label_, kms_status_name((uint16_t)(got_)), kms_status_name((uint16_t)(want_)))
