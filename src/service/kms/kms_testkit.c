/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/kms_testkit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "crypto/sam_transport.h"
#include "crypto/totp.h"
#include "harness/test.h"
#include "hsm/hsm_testkit.h"
#include "service/kms_link/kms_link.h"

enum { REQUEST_MAX = 1 << 16 };

#define PASSWORD KMS_KIT_PASSWORD

static const struct instant beginning = { 1772683200000000 }; /* 2026-03-05 12:00 +08:00 */

struct instant kms_kit_now(const struct kms_kit *k)
{
	return clock_now(k->time);
}

void kms_kit_pass(struct kms_kit *k, int64_t seconds)
{
	struct instant then = { kms_kit_now(k).us + seconds * SECOND_US };

	if (k->shared)
		atomic_store(k->shared, then.us);
	else
		clock_manual_set(&k->clock, then);
}

bool kms_kit_start(struct kms_kit *k)
{
	k->config = (struct kms_core_config){
		.dsn = k->dsn,
		.node = "one",
		.devices = { k->device },
		.device_count = 1,
		.officer_socket = k->officer_socket,
		.service_socket = k->service_socket,
		.front_uid = geteuid(),
		.platform_uid = geteuid(),
		.checkpoint_dir = k->checkpoints,
		.workers = 2,
		.clock = k->time,
	};
	result r = kms_core_start(&k->config, &k->core);
	CHECK_OK(r);
	if (is_ok(r))
		CHECK_OK(lines_connect(k->officer_socket, &k->line));
	return is_ok(r);
}

static bool create(struct kms_kit *k, bool with_keys)
{
	struct kms_order order = { .dsn = k->dsn,
		                   .device = &k->device,
		                   .now = kms_kit_now(k),
		                   .test_keys = with_keys,
		                   .day = { 20260305 } };
	char invitation[OFFICER_INVITE_SIZE];

	result r = kms_create(&order, invitation);
	CHECK_OK(r);
	str_copy(str_of(invitation), k->officers[0].secret, KMS_KIT_TEXT);
	return is_ok(r);
}

/* Take an invitation up: the app's secret, a password, the first code. */
static bool enter(struct kms_kit *k, const char *name, const char *invitation)
{
	struct kms_kit_officer *o = &k->officers[k->officer_count++];
	struct secret secret;
	struct totp totp = { &secret, TOTP_DIGITS };
	char code[TOTP_CODE_SIZE], invite[KMS_KIT_TEXT];

	str_copy(str_of(invitation), invite, sizeof invite);
	CHECK_STR(name, kms_ask(k, "{'command':'invited','name':'%s','invite':'%s'}", name, invite),
	          "SUCCESS");
	*o = (struct kms_kit_officer){ .step = (int64_t)totp_step(kms_kit_now(k)) };
	str_copy(str_of(name), o->name, sizeof o->name);
	str_copy(str_of(kms_told(k, "secret")), o->secret, sizeof o->secret);
	CHECK_OK(totp_secret_parse(str_of(o->secret), &secret));
	CHECK_OK(totp_code(&totp, totp_step(kms_kit_now(k)), code));
	CHECK_STR(name,
	          kms_ask(k,
	                  "{'command':'enter','name':'%s','invite':'%s','password':'" PASSWORD
	                  "','secret':'%s','code':'%s'}",
	                  name, invite, o->secret, code),
	          "SUCCESS");
	return true;
}

static void lay_out(struct kms_kit *k)
{
	static int count;

	*k = (struct kms_kit){ .line = { -1 } };
	clock_manual_init(&k->clock, beginning);
	k->time = &k->clock.clock;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(k->dir, sizeof k->dir, "%s/kms%d", test_dir(), ++count);
	mkdir(k->dir, 0700);
	snprintf(k->dsn, sizeof k->dsn, "sqlite:%.400s/kms.db", k->dir);
	snprintf(k->officer_socket, sizeof k->officer_socket, "%.400s/officers.sock", k->dir);
	snprintf(k->service_socket, sizeof k->service_socket, "%.400s/service.sock", k->dir);
	snprintf(k->checkpoints, sizeof k->checkpoints, "%.400s/checkpoints", k->dir);
	k->device = hsm_rig_address();
}

bool kms_kit_open(struct kms_kit *k, bool with_keys)
{
	lay_out(k);
	return create(k, with_keys) && kms_kit_start(k) &&
	       enter(k, KMS_FIRST_OFFICER, k->officers[0].secret);
}

bool kms_kit_open_site(struct kms_kit *k, const struct clock *time)
{
	lay_out(k);
	k->time = time;
	return create(k, true) && kms_kit_start(k);
}

void kms_kit_of(struct kms_kit *k, const char *dir, const struct clock *time,
                _Atomic int64_t *shared)
{
	*k = (struct kms_kit){ .line = { -1 }, .time = time, .shared = shared };
	log_set_level(LOG_LEVEL_ERROR);
	str_copy(str_of(dir), k->dir, sizeof k->dir);
	snprintf(k->dsn, sizeof k->dsn, "sqlite:%.400s/kms.db", dir);
	snprintf(k->officer_socket, sizeof k->officer_socket, "%.400s/officers.sock", dir);
	snprintf(k->service_socket, sizeof k->service_socket, "%.400s/service.sock", dir);
}

bool kms_kit_meet(struct kms_kit *k)
{
	return is_ok(lines_connect(k->officer_socket, &k->line));
}

bool kms_kit_first(struct kms_kit *k, const char *invitation)
{
	return enter(k, KMS_FIRST_OFFICER, invitation);
}

bool kms_kit_pin_token(struct kms_kit *k, const char *digits, uint8_t token[16])
{
	static struct kms_link link = { .fd = -1 };
	result r = kms_link_open(&link, k->service_socket, KMS_LINK_US);

	if (is_ok(r))
		r = kms_link_pin_token(&link, str_of(digits), token);
	kms_link_close(&link);
	CHECK_OK(r);
	return is_ok(r);
}

bool kms_kit_tik(struct kms_kit *k, const uint8_t node[8], const uint8_t sam[6], struct secret *tik)
{
	static struct kms_link link = { .fd = -1 };
	struct kms_terminal t = { .key_version = 1, .suite = 1 };
	char block[512];
	result r;

	memcpy(t.node, node, sizeof t.node);
	memcpy(t.sam, sam, sizeof t.sam);
	r = kms_link_open(&link, k->service_socket, KMS_LINK_US);
	if (is_ok(r))
		r = kms_link_sam_key(&link, &t, block, sizeof block);
	kms_link_close(&link);
	if (is_ok(r))
		r = sam_transport_open(str_of(block), tik);
	CHECK_OK(r);
	return is_ok(r);
}

void kms_kit_stop(struct kms_kit *k)
{
	lines_disconnect(&k->line);
	kms_core_stop(k->core);
	k->core = NULL;
	for (size_t i = 0; i < k->officer_count; i++)
		k->officers[i].session[0] = '\0';
}

void kms_kit_close(struct kms_kit *k)
{
	kms_kit_stop(k);
	db_close(k->look);
	k->look = NULL;
	buf_free(&k->answer);
}

bool kms_kit_restart(struct kms_kit *k)
{
	kms_kit_stop(k);
	return kms_kit_start(k);
}

/* --- its device --- */

static void tokens_of(const struct kms_kit *k, const char *end, char out[KMS_PATH_MAX])
{
	int dir = (int)(strlen(k->device.conf) - strlen("/softhsm2.conf"));

	snprintf(out, KMS_PATH_MAX, "%.*s/tokens%s", dir, k->device.conf, end);
}

void kms_kit_take_away(struct kms_kit *k)
{
	char tokens[KMS_PATH_MAX], away[KMS_PATH_MAX];

	tokens_of(k, "", tokens);
	tokens_of(k, ".away", away);
	CHECK(rename(tokens, away) == 0);
	CHECK(mkdir(tokens, 0700) == 0);
}

void kms_kit_put_back(struct kms_kit *k)
{
	char tokens[KMS_PATH_MAX], away[KMS_PATH_MAX];

	tokens_of(k, "", tokens);
	tokens_of(k, ".away", away);
	CHECK(rmdir(tokens) == 0);
	CHECK(rename(away, tokens) == 0);
}

/* --- asking --- */

/* Of the answer itself: rows in it may have codes too. */
static const char *code_of(struct kms_kit *k)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct str text = { (const char *)k->answer.at, k->answer.len - 1 }, found;
	static char code[KMS_KIT_TEXT];

	CHECK_OK(jread_member(text, "code", &a, &found));
	str_copy(found, code, sizeof code);
	return code;
}

static const char *ask(struct kms_kit *k, struct lines_client *line, char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	k->answer.len = 0;
	k->answer.limit = 32 << 20;
	CHECK_OK(lines_ask(line, str_of(text), &k->answer));
	buf_put(&k->answer, bytes_of("", 1));
	return code_of(k);
}

ATTR_PRINTF(2, 0) static void append(char *text, const char *format, va_list args)
{
	size_t len = strlen(text);

	vsnprintf(text + len, REQUEST_MAX - len, format, args);
}

const char *kms_ask(struct kms_kit *k, const char *format, ...)
{
	static char text[REQUEST_MAX];
	va_list args;

	text[0] = '\0';
	va_start(args, format);
	append(text, format, args);
	va_end(args);
	return ask(k, &k->line, text);
}

const char *kms_ask_on(struct kms_kit *k, struct lines_client *line, const char *format, ...)
{
	static char text[REQUEST_MAX];
	va_list args;

	text[0] = '\0';
	va_start(args, format);
	append(text, format, args);
	va_end(args);
	return ask(k, line, text);
}

static struct kms_kit_officer *officer_of(struct kms_kit *k, const char *name)
{
	for (size_t i = 0; i < k->officer_count; i++)
		if (strcmp(k->officers[i].name, name) == 0)
			return &k->officers[i];
	CHECK_STR("an officer", name, "known");
	return &k->officers[0];
}

static void next_code(struct kms_kit *k, struct kms_kit_officer *o, char code[KMS_KIT_TEXT])
{
	struct secret secret;
	struct totp totp = { &secret, TOTP_DIGITS };

	while ((int64_t)totp_step(kms_kit_now(k)) <= o->step)
		kms_kit_pass(k, TOTP_STEP_S);
	o->step = (int64_t)totp_step(kms_kit_now(k));
	CHECK_OK(totp_secret_parse(str_of(o->secret), &secret));
	CHECK_OK(totp_code(&totp, totp_step(kms_kit_now(k)), code));
}

void kms_kit_code(struct kms_kit *k, const char *name, char code[KMS_KIT_TEXT])
{
	next_code(k, officer_of(k, name), code);
}

static void log_in(struct kms_kit *k, struct kms_kit_officer *o)
{
	char code[KMS_KIT_TEXT];

	next_code(k, o, code);
	CHECK_STR(o->name,
	          kms_ask(k,
	                  "{'command':'login','name':'%s','password':'" PASSWORD "','code':'%s'}",
	                  o->name, code),
	          "SUCCESS");
	str_copy(str_of(kms_told(k, "session")), o->session, sizeof o->session);
}

const char *kms_kit_session(struct kms_kit *k, const char *name)
{
	struct kms_kit_officer *o = officer_of(k, name);

	if (!o->session[0])
		log_in(k, o);
	return o->session;
}

const char *kms_ask_as(struct kms_kit *k, const char *officer, const char *format, ...)
{
	const char *session = kms_kit_session(k, officer);
	static char text[REQUEST_MAX];
	va_list args;

	snprintf(text, sizeof text, "{'session':'%s',", session);
	va_start(args, format);
	append(text, format[0] == '{' ? format + 1 : format, args);
	va_end(args);
	return ask(k, &k->line, text);
}

const char *kms_told(struct kms_kit *k, const char *member)
{
	static char values[4][REQUEST_MAX];
	static unsigned turn;
	char name[KMS_KIT_TEXT + 4], *value = values[turn++ % 4];
	const char *at;
	size_t len = 0;

	snprintf(name, sizeof name, "\"%s\":", member);
	at = strstr((const char *)k->answer.at, name);
	value[0] = '\0';
	if (!at)
		return value;
	at += strlen(name);
	bool quoted = *at == '"';
	for (at += quoted; *at && len < REQUEST_MAX - 1; at++) {
		if (quoted ? *at == '"' : strchr(",}]", *at) != NULL)
			break;
		if (*at == '\\' && at[1] == 'n') {
			value[len++] = '\n';
			at++;
		} else {
			value[len++] = *at;
		}
	}
	value[len] = '\0';
	return value;
}

/* --- people --- */

void kms_kit_log_out(struct kms_kit *k, const char *name)
{
	struct kms_kit_officer *o = officer_of(k, name);

	if (o->session[0])
		CHECK_STR(name, kms_ask_as(k, name, "{'command':'logout'}"), "SUCCESS");
	o->session[0] = '\0';
}

const char *kms_agreed(struct kms_kit *k, const char *officer, const char *command,
                       const char *agreeing)
{
	struct str one, rest = str_of(agreeing);
	char id[KMS_KIT_TEXT], name[KMS_KIT_TEXT];
	bool more = rest.len > 0;

	str_copy(str_of(kms_told(k, "approval")), id, sizeof id);
	while (more) {
		more = str_cut(rest, ' ', &one, &rest);
		str_copy(one, name, sizeof name);
		CHECK_STR(name, kms_ask_as(k, name, "{'command':'approval.agree','id':%s}", id),
		          "SUCCESS");
	}
	return kms_ask_as(k, officer, "{'command':'%s','approval':'%s'}", command, id);
}

bool kms_kit_officer(struct kms_kit *k, const char *name, const char *roles)
{
	const char *code = kms_ask_as(k, KMS_FIRST_OFFICER,
	                              "{'command':'officer.add','name':'%s','person':'p-%s',"
	                              "'roles':'%s'}",
	                              name, name, roles);

	if (strcmp(code, "APPROVAL_NEEDED") == 0)
		code = kms_agreed(k, KMS_FIRST_OFFICER, "officer.add", "so1");
	CHECK_STR(name, code, "SUCCESS");
	return enter(k, name, kms_told(k, "invitation"));
}
