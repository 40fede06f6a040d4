/* SPDX-License-Identifier: Apache-2.0 */
/* Every role against every order (keys 12, 20.3 no. 6; B6.16). Who may do what stands here once
 * more, as the specification has it, so that a table that says otherwise is found. */
#include <stdio.h>

#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "service/kms/officer_desk.h"

enum { NAME = 32 };

static const char *const roles[] = { "mk",  "SO1",  "SO2",  "SO3",   "conf",
	                             "key", "cert", "oper", "store", "audit" };
static const char *const people[] = { "mk",  "so1",  "so2",  "so3",   "conf",
	                              "key", "cert", "oper", "store", "audit" };

#define ANYBODY  "-" /* nobody needs to be logged in */
#define OFFICERS "*" /* whoever is */
#define DEPENDS  "?" /* who agrees, on what is asked */

static const struct right {
	const char *command, *roles, *needs;
} rights[] = {
	{ "hello", ANYBODY, "" },
	{ "help", ANYBODY, "" },
	{ "login", ANYBODY, "" },
	{ "invited", ANYBODY, "" },
	{ "enter", ANYBODY, "" },
	{ "status", ANYBODY, "" },
	{ "logout", OFFICERS, "" },
	{ "whoami", OFFICERS, "" },
	/* people */
	{ "officer.list", OFFICERS, "" },
	{ "officer.add", "mk", DEPENDS },
	{ "officer.reset", "mk", DEPENDS },
	{ "officer.stop", "mk", DEPENDS },
	{ "setting.list", OFFICERS, "" },
	{ "setting.set", "mk", DEPENDS },
	{ "approval.list", OFFICERS, "" },
	{ "approval.show", OFFICERS, "" },
	{ "approval.agree", OFFICERS, "" },
	{ "approval.refuse", OFFICERS, "" },
	{ "audit.list", "audit", "" },
	{ "audit.verify", "audit", "" },
	/* devices and master keys */
	{ "device.list", OFFICERS, "" },
	{ "device.pin", "mk", "" },
	{ "device.sweep", "mk", "" },
	{ "lmk.list", OFFICERS, "" },
	{ "lmk.activate", "mk", "SO1 SO2 SO3" },
	{ "lmk.cancel", "mk", "" },
	{ "backup.note", "mk", "" },
	{ "backup.list", OFFICERS, "" },
	{ "renewal.check", "mk", "" },
	{ "renewal.start", "mk", "SO1 SO2 SO3" },
	{ "renewal.list", OFFICERS, "" },
	{ "renewal.complete", "mk", "SO3" },
	{ "renewal.abort", "mk", "SO1 SO2 SO3" },
	{ "ceremony.list", OFFICERS, "" },
	{ "ceremony.begin", "mk", "" },
	{ "ceremony.cancel", "mk", "" },
	{ "ceremony.component", "SO1 SO2 SO3", "" },
	{ "ceremony.write", "SO1 SO2 SO3", "" },
	{ "ceremony.paper", "SO1 SO2 SO3", "" },
	{ "ceremony.verify", "SO1 SO2 SO3", "" },
	{ "ceremony.present", "SO1 SO2 SO3", "" },
	{ "ceremony.share", "SO1 SO2 SO3", "" },
	{ "ceremony.present_share", "SO1 SO2 SO3", "" },
	/* definitions and values */
	{ "issuer.list", OFFICERS, "" },
	{ "issuer.add", "conf", "" },
	{ "issuer.save", "conf", "" },
	{ "issuer.remove", "conf", "mk" },
	{ "product.list", OFFICERS, "" },
	{ "product.add", "conf", "" },
	{ "product.save", "conf", "" },
	{ "product.remove", "conf", "mk" },
	{ "key.list", OFFICERS, "" },
	{ "key.define", "conf", "" },
	{ "key.remove", "conf", "mk" },
	{ "version.list", OFFICERS, "" },
	{ "version.generate", "key cert", "" },
	{ "version.move", "key cert", DEPENDS },
	{ "version.recover", "key cert", "mk" },
	/* values out and in */
	{ "key.export", "key cert", DEPENDS },
	{ "key.public", OFFICERS, "" },
	{ "key.import", "key cert", DEPENDS },
	{ "batch.list", OFFICERS, "" },
	{ "batch.choice", OFFICERS, "" },
	{ "batch.export", "key", "key|mk" },
	{ "batch.check", "key", "" },
	{ "batch.import", "key", DEPENDS },
	{ "entry.list", OFFICERS, "" },
	{ "entry.begin", "key", "" },
	{ "entry.give", "key", "" },
	{ "entry.make", "key", "" },
	{ "entry.finish", "key", "" },
	{ "entry.cancel", "key", "" },
	{ "letter.list", OFFICERS, "" },
	{ "letter.make", "key", "key|mk" },
	{ "letter.take", "key", "" },
	{ "letter.cancel", "key", "" },
	/* certificates */
	{ "ca.list", OFFICERS, "" },
	{ "ca.add", "conf", "" },
	{ "ca.save", "conf", "" },
	{ "ca.remove", "conf", "mk" },
	{ "cakey.list", OFFICERS, "" },
	{ "cakey.import", "cert", "mk|SO1|SO2|SO3|conf|key|oper|store|audit" },
	{ "cakey.revoke", "cert", "mk" },
	{ "cakey.remove", "cert", "mk" },
	{ "request.list", OFFICERS, "" },
	{ "request.make", "cert", "" },
	{ "request.show", OFFICERS, "" },
	{ "request.sent", "cert", "" },
	{ "request.remove", "cert", "mk" },
	{ "certificate.list", OFFICERS, "" },
	{ "certificate.import", "cert", "" },
	{ "certificate.use", "cert", "" },
	{ "certificate.revoke", "cert", "mk" },
	{ "certificate.remove", "cert", "mk" },
	{ "certificate.xml", OFFICERS, "" },
	/* card stock */
	{ "stock.receive", "store", "" },
	{ "stock.move", "oper store", "" },
	{ "stock.shred", "store", "store|mk" },
	{ "stock.close", "store", "" },
	{ "stock.where", OFFICERS, "" },
	{ "stock.list", OFFICERS, "" },
	{ "stock.card", OFFICERS, "" },
	{ "stock.vouchers", OFFICERS, "" },
	{ "stock.voucher", OFFICERS, "" },
	{ "stock.day", OFFICERS, "" },
	{ "stock.days", OFFICERS, "" },
	/* machine clients */
	{ "client.list", OFFICERS, "" },
	{ "client.add", "conf", "mk" },
	{ "client.save", "conf", DEPENDS },
	{ "client.stop", "conf", "" },
	/* the platform's own keys, and cards for its terminals */
	{ "site.keys", "key", "conf" },
	{ "day.status", OFFICERS, "" },
	{ "day.change", "key", "key|mk" },
	{ "authcard.list", OFFICERS, "" },
	{ "authcard.issue", "key", "key|mk" },
	{ "authcard.write", "key oper", "" },
	{ "authcard.withdraw", "key", "" },
};

static const struct right *right_of(const char *command)
{
	const struct right *r;

	EACH (r, rights)
		if (strcmp(r->command, command) == 0)
			return r;
	return NULL;
}

static bool may(const struct right *r, const char *role)
{
	struct str one, rest = str_of(r->roles);
	bool more, found = false;

	do {
		more = str_cut(rest, ' ', &one, &rest);
		found = found || str_equal(one, str_of(role));
	} while (more);
	return found;
}

/* --- the tables say what stands above --- */

static const char *roles_of(const struct officer_command *c, char out[OFFICER_ROLES_TEXT])
{
	if (c->flags & OFFICER_NO_LOGIN)
		return ANYBODY;
	return c->roles ? officer_roles_text(c->roles, out) : OFFICERS;
}

static void check_command(const struct officer_command *c)
{
	const struct right *r = right_of(c->name);
	char text[OFFICER_ROLES_TEXT];

	if (!r) {
		CHECK_STR("an order without a right", c->name, "");
		return;
	}
	CHECK_STR(c->name, roles_of(c, text), r->roles);
	CHECK_STR(c->name, c->needs_of ? DEPENDS : c->needs ? c->needs : "", r->needs);
	/* what reads changes nothing, and what changes something is somebody's */
	if (!(c->flags & OFFICER_READS) && strcmp(r->roles, OFFICERS) == 0)
		CHECK(strcmp(c->name, "logout") == 0 || strncmp(c->name, "approval.", 9) == 0);
}

TEST(every_order_has_the_rights_of_the_specification)
{
	const struct officer_table *const *tables = officer_tables();
	size_t count = 0;

	for (size_t t = 0; tables[t]; t++)
		for (size_t i = 0; i < tables[t]->count; i++, count++)
			check_command(&tables[t]->at[i]);
	CHECK_I64("no right without its order", count, ARRAY_LEN(rights));
}

/* --- and nobody passes them --- */

static void bring_in_everybody(struct kms_kit *k)
{
	for (size_t i = 1; i < ARRAY_LEN(roles); i++)
		CHECK(kms_kit_officer(k, people[i], roles[i]));
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		kms_kit_session(k, people[i]);
}

static int64_t refusals(struct kms_kit *k, const char *command, const char *code)
{
	char detail[NAME + 16];

	snprintf(detail, sizeof detail, "command=%s ", command);
	return kms_kit_audited(k, "REFUSED", code, detail);
}

/* Roles are asked before fields: an order with none of its fields is enough. */
static void check_roles(struct kms_kit *k, const struct right *r)
{
	const struct officer_command *c = officer_command_find(str_of(r->command));
	bool has_required = false;
	int64_t refused = 0;

	for (size_t i = 0; c && i < c->field_count; i++)
		has_required = has_required || c->fields[i].field.required;
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		bool allowed = may(r, roles[i]);

		if (allowed && !has_required)
			continue;
		CHECK_STR(r->command, kms_ask_as(k, people[i], "{'command':'%s'}", r->command),
		          allowed ? "JSON_FIELDS" : "OFFICER_ROLE_OTHER");
		refused += !allowed;
	}
	CHECK_I64(r->command, refusals(k, r->command, "OFFICER_ROLE_OTHER"), refused);
}

static void check_nobody(struct kms_kit *k, const struct right *r)
{
	CHECK_STR(r->command, kms_ask(k, "{'command':'%s'}", r->command), "OFFICER_SESSION");
	CHECK_STR(r->command,
	          kms_ask(k, "{'session':'00112233445566778899AABBCCDDEEFF','command':'%s'}",
	                  r->command),
	          "OFFICER_SESSION");
	CHECK_I64(r->command, refusals(k, r->command, "OFFICER_SESSION"), 2);
}

TEST(every_other_role_is_refused_and_nothing_changes)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	const struct right *r;

	REQUIRE(kms_kit_open(&k, true));
	bring_in_everybody(&k);
	kms_kit_digest(&k, before);
	EACH (r, rights) {
		if (strcmp(r->roles, ANYBODY) == 0)
			continue;
		check_nobody(&k, r);
		if (strcmp(r->roles, OFFICERS) != 0)
			check_roles(&k, r);
		kms_kit_digest(&k, after);
		CHECK_BYTES(r->command, bytes_of(after, DIGEST_SIZE),
		            bytes_of(before, DIGEST_SIZE));
	}
	CHECK_STR("the chain", kms_ask_as(&k, "audit", "{'command':'audit.verify'}"), "SUCCESS");
}

/* Secret keys are the part of role key, pairs that of role cert: one order for both. */
static void define(struct kms_kit *k, const char *code, const char *fields, char id[NAME])
{
	CHECK_STR(code,
	          kms_ask_as(k, "conf",
	                     "{'command':'key.define','product':1,'code':'%s','name':'%s',%s,"
	                     "'exportability':'N'}",
	                     code, code, fields),
	          "SUCCESS");
	str_copy(str_of(kms_told(k, "id")), id, NAME);
}

TEST(the_one_hand_makes_no_values_of_the_other)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	char secret[NAME], pair[NAME];

	REQUIRE(kms_kit_open(&k, true));
	CHECK(kms_kit_officer(&k, "conf", "conf"));
	CHECK(kms_kit_officer(&k, "key", "key"));
	CHECK(kms_kit_officer(&k, "cert", "cert"));
	define(&k, "DPK", "'usage':'B3','algorithm':'A','bits':128,'mode':'X'", secret);
	define(&k, "IPK", "'usage':'S0','algorithm':'R','bits':1024,'mode':'S'", pair);
	kms_kit_session(&k, "key");
	kms_kit_session(&k, "cert");
	KMS_REFUSED("cert makes a secret key", &k,
	            kms_ask_as(&k, "cert", "{'command':'version.generate','key':%s}", secret),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("key makes a pair", &k,
	            kms_ask_as(&k, "key", "{'command':'version.generate','key':%s}", pair),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("key makes a secret key",
	          kms_ask_as(&k, "key", "{'command':'version.generate','key':%s}", secret),
	          "SUCCESS");
	KMS_REFUSED("cert moves it", &k,
	            kms_ask_as(&k, "cert", "{'command':'version.move','id':%s,'to':'ACTIVE'}",
	                       kms_told(&k, "id")),
	            "OFFICER_ROLE_OTHER");
}
