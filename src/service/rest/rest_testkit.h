/* SPDX-License-Identifier: Apache-2.0 */
/* rest_testkit.h — for tests: a small site with its writer and its interface, asked over TCP. */
#pragma once

#include "base/log.h"
#include "domain/access/access.h"
#include "domain/cards/card.h"
#include "harness/postgres.h"
#include "service/rest/rest.h"

enum { REST_KIT_ANSWER = 256 << 10 };

/* Of every operator, one-time; and what rest_kit_settle makes of it. */
#define REST_KIT_FIRST_PASSWORD "first-password-9"
#define REST_KIT_PASSWORD       "a-better-password-7"

/* The site that is open, and the session of its client. */
extern struct rest_kit {
	struct clock_manual clock;
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct card_cache *cards;
	struct rest *rest;
	char dsn[POSTGRES_DSN_MAX];
	char cookie[256], csrf[128];
	char answer[REST_KIT_ANSWER];
	int status;
} rest_kit;

struct rest_kit_order {
	enum db_engine engine;
	const char *kms_socket;
	int64_t kms_deadline_us;
};

/* Operators "chief" (administrator), "clerk" (card officer), "keys" (key officer); a person with a
 * card, a till, five transactions. */
result rest_kit_open(const struct rest_kit_order *order);
void rest_kit_close(int *unused); /* for SCOPED */

/* Each test has a site of its own. */
#define REST_KIT(...)                                                                              \
	SCOPED(rest_kit_close) ATTR_UNUSED int kit = 0;                                            \
	log_set_level(LOG_LEVEL_ERROR);                                                            \
	REQUIRE_OK(rest_kit_open(&(struct rest_kit_order){ __VA_ARGS__ }))

/* --- its client --- */

int rest_kit_dial(void); /* a connected socket, or -1 */
/* Read until the text is there, the line ends, or five seconds are over. */
void rest_kit_receive(int fd, const char *until);
/* The answer's status; the answer itself in rest_kit.answer. */
int rest_kit_ask(const char *method, const char *path, const char *headers, const char *body);
int rest_kit_get(const char *path);
int rest_kit_write(const char *method, const char *path, const char *body); /* with the token */
int rest_kit_sign_in(const char *login, const char *password);
bool rest_kit_settle(const char *login); /* signed in, with a password of one's own */
bool rest_kit_says(const char *text);
/* The value after `before` up to `end`. */
void rest_kit_cut(const char *before, char end, char *out, size_t size);
/* The views follow the journal within moments. */
bool rest_kit_wait_for_views(uint64_t lsn);
