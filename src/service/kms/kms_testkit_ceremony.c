/* SPDX-License-Identifier: Apache-2.0 */
/* Officers of a key manager under test, and their ceremony (keys 5). */
#include <stdio.h>

#include "harness/test.h"
#include "service/kms/kms_testkit.h"

static const char *const officers[] = { "so1", "so2", "so3" };
static const char *const roles[] = { "SO1", "SO2", "SO3" };

static int number(const char *text)
{
	int64_t n = 0;

	CHECK_OK(str_i64(str_of(text), &n));
	return (int)n;
}

void kms_kit_officers(struct kms_kit *k)
{
	for (size_t i = 0; i < ARRAY_LEN(officers); i++)
		CHECK(kms_kit_officer(k, officers[i], roles[i]));
	CHECK(kms_kit_officer(k, "conf", "conf"));
	CHECK(kms_kit_officer(k, "key", "key"));
	CHECK(kms_kit_officer(k, "auditor", "audit"));
}

/* JSON wants the line feeds of a file escaped. */
static void escape(const char *text, char out[KMS_KIT_FILE])
{
	struct writer w = writer_of(out, KMS_KIT_FILE - 1);

	for (; *text; text++)
		writer_str(&w, *text == '\n' ? STR("\\n") : (struct str){ text, 1 });
	CHECK_OK(writer_done(&w));
	out[w.len] = '\0';
}

static const char *enter_component(struct kms_kit *k, size_t i, const struct kms_kit_ceremony *c)
{
	if (!c->typed[i])
		return kms_ask_as(k, officers[i], "{'command':'ceremony.component','id':%d}",
		                  c->id);
	return kms_ask_as(k, officers[i], "{'command':'ceremony.component','id':%d,'value':'%s'}",
	                  c->id, c->typed[i]);
}

/* One officer alone: a component, on a file, read back. */
static void make_component(struct kms_kit *k, size_t i, struct kms_kit_ceremony *c)
{
	CHECK_STR("made", enter_component(k, i, c), "SUCCESS");
	CHECK_STR("written",
	          kms_ask_as(k, officers[i],
	                     "{'command':'ceremony.write','id':%d,'pin':'pin of %s'}", c->id,
	                     officers[i]),
	          "SUCCESS");
	escape(kms_told(k, "file"), c->files[i]);
	CHECK_STR("read back",
	          kms_ask_as(k, officers[i],
	                     "{'command':'ceremony.verify','id':%d,'file':'%s','pin':'pin of %s'}",
	                     c->id, c->files[i], officers[i]),
	          "SUCCESS");
	kms_kit_log_out(k, officers[i]);
}

int kms_kit_present(struct kms_kit *k, const struct kms_kit_ceremony *c)
{
	for (size_t i = 0; i < ARRAY_LEN(officers); i++)
		CHECK_STR("presented",
		          kms_ask_as(k, officers[i],
		                     "{'command':'ceremony.present','id':%d,'file':'%s',"
		                     "'pin':'pin of %s'}",
		                     c->id, c->files[i], officers[i]),
		          "SUCCESS");
	CHECK_STR("formed", kms_told(k, "done"), "true");
	return number(kms_told(k, "lmk"));
}

int kms_kit_ceremony(struct kms_kit *k, const char *status, struct kms_kit_ceremony *c)
{
	CHECK_STR("begin",
	          kms_ask_as(k, "mk",
	                     "{'command':'ceremony.begin','purpose':'FORM','algorithm':'AES',"
	                     "'status':'%s'}",
	                     status),
	          "SUCCESS");
	c->id = number(kms_told(k, "id"));
	for (size_t i = 0; i < ARRAY_LEN(officers); i++)
		kms_kit_log_out(k, officers[i]);
	for (size_t i = 0; i < ARRAY_LEN(officers); i++)
		make_component(k, i, c);
	return kms_kit_present(k, c);
}
