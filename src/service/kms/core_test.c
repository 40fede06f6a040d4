/* SPDX-License-Identifier: Apache-2.0 */
/* The key manager as officers meet it: a first ceremony, keys, renewal, over the socket. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "service/kms_link/kms_link.h"

static void activate(struct kms_kit *k, int lmk)
{
	CHECK_STR("asked", kms_ask_as(k, "mk", "{'command':'lmk.activate','lmk':%d}", lmk),
	          "APPROVAL_NEEDED");
	CHECK_STR("activated", kms_agreed(k, "mk", "lmk.activate", "so1 so2 so3"), "SUCCESS");
}

static void define_and_generate(struct kms_kit *k)
{
	CHECK_STR("issuer",
	          kms_ask_as(k, "conf", "{'command':'issuer.add','code':'CAMPUS01','name':'校园'}"),
	          "SUCCESS");
	CHECK_STR("product",
	          kms_ask_as(k, "conf",
	                     "{'command':'product.add','issuer':%s,'code':'EP','name':'钱包',"
	                     "'kind':'DKEY','place':'device'}",
	                     kms_told(k, "id")),
	          "SUCCESS");
	CHECK_STR("key",
	          kms_ask_as(k, "conf",
	                     "{'command':'key.define','product':%s,'code':'DPK','name':'消费',"
	                     "'usage':'20','algorithm':'T','bits':112,'mode':'X',"
	                     "'exportability':'E'}",
	                     kms_told(k, "id")),
	          "SUCCESS");
	CHECK_STR("value",
	          kms_ask_as(k, "key", "{'command':'version.generate','key':%s,'at_once':true}",
	                     kms_told(k, "id")),
	          "SUCCESS");
}

TEST(from_an_empty_store_to_a_renewed_master_key)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	static struct kms_kit_ceremony ceremony;
	int first, second;

	REQUIRE(kms_kit_open(&k, false));
	kms_kit_officers(&k);
	first = kms_kit_ceremony(&k, "test", &ceremony);
	activate(&k, first);
	define_and_generate(&k);
	CHECK_STR("no backup yet", kms_ask_as(&k, "mk", "{'command':'renewal.check'}"), "SUCCESS");
	CHECK_STR("rows", kms_told(&k, "rows"), "1");
	second = kms_kit_ceremony(&k, "test", &ceremony);
	CHECK_STR("asked", kms_ask_as(&k, "mk", "{'command':'renewal.start','lmk':%d}", second),
	          "APPROVAL_NEEDED");
	CHECK_STR("R0", kms_agreed(&k, "mk", "renewal.start", "so1 so2 so3"), "BACKUP_MISSING");
	CHECK_STR("backup", kms_ask_as(&k, "mk", "{'command':'backup.note','name':'tape 7'}"),
	          "SUCCESS");
	CHECK_STR("asked again",
	          kms_ask_as(&k, "mk", "{'command':'renewal.start','lmk':%d}", second),
	          "APPROVAL_NEEDED");
	CHECK_STR("started", kms_agreed(&k, "mk", "renewal.start", "so1 so2 so3"), "SUCCESS");
	for (int i = 0; i < 100 && strcmp(kms_told(&k, "state"), "VERIFIED") != 0; i++)
		kms_ask_as(&k, "mk", "{'command':'renewal.list'}");
	CHECK_STR("verified", kms_told(&k, "state"), "VERIFIED");
	CHECK_STR("the backup is kept", kms_ask_as(&k, "mk", "{'command':'renewal.complete'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("the backup is kept", kms_agreed(&k, "mk", "renewal.complete", "so3"),
	          "BACKUP_KEPT");
	CHECK_STR("cards are kept",
	          kms_ask_as(&k, "mk", "{'command':'renewal.complete','kept_until':'2027-12-31'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("done", kms_agreed(&k, "mk", "renewal.complete", "so3"), "SUCCESS");
	CHECK_STR("audit", kms_ask_as(&k, "auditor", "{'command':'audit.verify'}"), "SUCCESS");
	CHECK(kms_kit_restart(&k));
	CHECK_STR("audit", kms_ask_as(&k, "auditor", "{'command':'audit.verify'}"), "SUCCESS");
}

/* --- a client that does not wait --- */

struct early {
	const char *socket;
	_Atomic bool stop;
	_Atomic unsigned answers;
};

/* Asks from the first moment somebody listens, as clients do whose line was cut. */
static void *early_main(void *arg)
{
	static struct kms_link link;
	struct early *e = arg;
	struct kms_fields answer;

	while (!atomic_load(&e->stop)) {
		link = (struct kms_link){ .fd = -1 };
		bool there = is_ok(kms_link_open(&link, e->socket, KMS_LINK_US));
		struct writer body = kms_link_body(&link);

		if (there && is_ok(kms_link_ask(&link, KMS_PING, &body, KMS_LINK_US, &answer)))
			atomic_fetch_add(&e->answers, 1);
		kms_link_close(&link);
	}
	return NULL;
}

TEST(who_asks_while_the_service_starts_is_answered)
{
	enum { STARTS = 40 };
	SCOPED(kms_kit_close) struct kms_kit k;
	struct early early = { 0 };
	pthread_t thread;

	REQUIRE(kms_kit_open(&k, true));
	early.socket = k.service_socket;
	REQUIRE(pthread_create(&thread, NULL, early_main, &early) == 0);
	for (int i = 0; i < STARTS; i++) {
		unsigned before = atomic_load(&early.answers);

		CHECK(kms_kit_restart(&k));
		for (int waited = 0; waited < 2000 && atomic_load(&early.answers) == before;
		     waited++)
			usleep(1000);
		CHECK(atomic_load(&early.answers) > before);
	}
	atomic_store(&early.stop, true);
	pthread_join(thread, NULL);
}
