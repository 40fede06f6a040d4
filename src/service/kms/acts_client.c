/* SPDX-License-Identifier: Apache-2.0 */
/* Machine clients of the computing service (密码服务客户端): the part of role conf; a new one, and
 * rights that grow, need the administrator of master keys (keys 12, 16.1). */
#include <inttypes.h>

#include "crypto/certificate_print.h"
#include "domain/keys/key_client.h"
#include "service/kms/core_private.h"

enum {
	CONF = 1 << OFFICER_CONF,
	FINGERPRINT_TEXT = 2 * KEY_CLIENT_CERTIFICATE,
	STATE_MAX = 8,
	RATE = 100, /* where none is given */
};
_Static_assert((int)KEY_CLIENT_CERTIFICATE == (int)DIGEST_SIZE, "one fingerprint");

struct client_args {
	int64_t id;
	struct str name, fingerprint, certificate, ops, usages, labels, state;
	int64_t rate, burst, quota_day;
};

/* The certificate in PEM, or its fingerprint. */
#define CLIENT_FIELDS                                                                              \
	OFFICER_TEXT(client_args, name, true, KEY_CLIENT_NAME_MAX),                                \
	        OFFICER_TEXT(client_args, fingerprint, false, FINGERPRINT_TEXT),                   \
	        OFFICER_FILE_TEXT(client_args, certificate, false),                                \
	        OFFICER_TEXT(client_args, ops, true, KEY_CLIENT_TEXT_MAX),                         \
	        OFFICER_TEXT(client_args, usages, false, KEY_CLIENT_USAGES_MAX),                   \
	        OFFICER_TEXT(client_args, labels, false, KEY_CLIENT_TEXT_MAX),                     \
	        OFFICER_NUMBER(client_args, rate, false, 1, KEY_CLIENT_RATE_MAX),                  \
	        OFFICER_NUMBER(client_args, burst, false, 1, KEY_CLIENT_RATE_MAX),                 \
	        OFFICER_NUMBER(client_args, quota_day, false, 0, INT64_MAX)

static const struct officer_field add_fields[] = { CLIENT_FIELDS };

static const struct officer_field save_fields[] = {
	OFFICER_NUMBER(client_args, id, true, 1, INT64_MAX),
	CLIENT_FIELDS,
	OFFICER_TEXT(client_args, state, false, STATE_MAX),
};

/* --- list --- */

/* No service: nothing was asked of it. */
static int64_t used_today(struct officer_call *c, const struct key_client *k)
{
	struct kms_core *core = c->desk->owner;
	struct service *service = atomic_load(&core->service);

	return service ? service_used(service, k->id, c->act->now) : 0;
}

static void write_client(struct officer_call *c, const struct key_client *k)
{
	jwrite_object(c->answer, NULL);
	jwrite_i64(c->answer, "id", k->id);
	jwrite_text(c->answer, "name", k->name);
	officer_tell_hex(c, "fingerprint", bytes_of(k->certificate, sizeof k->certificate));
	jwrite_text(c->answer, "ops", k->ops);
	jwrite_text(c->answer, "usages", k->usages);
	jwrite_text(c->answer, "labels", k->labels);
	jwrite_i64(c->answer, "rate", k->rate);
	jwrite_i64(c->answer, "burst", k->burst);
	jwrite_i64(c->answer, "quota_day", k->quota_day);
	jwrite_i64(c->answer, "used_today", used_today(c, k));
	jwrite_text(c->answer, "state", key_client_state_names[k->state]);
	jwrite_i64(c->answer, "created_us", k->created.us);
	jwrite_end(c->answer);
}

static result run_list(struct officer_call *c, const void *args)
{
	struct key_client *rows;
	size_t count;

	(void)args;
	TRY(key_client_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "clients");
	for (size_t i = 0; i < count; i++)
		write_client(c, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- what is asked for --- */

/* From here on a certificate is its fingerprint: that is what others see and agree to. */
static result take_certificate(struct officer_call *c, struct client_args *in)
{
	char *hex = arena_alloc(c->arena, FINGERPRINT_TEXT + 1);
	struct certificate_print p;

	if (in->fingerprint.len)
		return FAIL(KEY_CLIENT_FIELD, "a certificate or its fingerprint, not both");
	TRY(certificate_print_read(in->certificate, &p));
	if (p.expires.us <= c->act->now.us)
		return FAIL(KEY_CLIENT_FIELD, "the certificate of %s has expired", p.subject);
	hex_encode(bytes_of(p.sha256, sizeof p.sha256), hex);
	in->fingerprint = (struct str){ hex, FINGERPRINT_TEXT };
	in->certificate = (struct str){ 0 };
	jwrite_text(c->answer, "fingerprint", hex);
	jwrite_text(c->answer, "subject", p.subject);
	jwrite_i64(c->answer, "certificate_until_us", p.expires.us);
	return OK;
}

/* Numbers that were left out: a modest rate, bursts of a second. */
static void set_rates(struct client_args *in)
{
	in->rate = in->rate ? in->rate : RATE;
	in->burst = in->burst ? in->burst : in->rate;
}

static result client_of(const struct client_args *in, struct key_client *k)
{
	*k = (struct key_client){ .id = in->id,
		                  .rate = (uint32_t)in->rate,
		                  .burst = (uint32_t)in->burst,
		                  .quota_day = in->quota_day };
	if (in->certificate.len)
		return FAIL(APPROVAL_OTHER, "what was agreed to is the fingerprint");
	if (!is_ok(hex_decode(in->fingerprint, k->certificate, sizeof k->certificate)))
		return FAIL(KEY_CLIENT_FIELD, "fingerprint: SHA-256 of the certificate, in hex");
	str_copy(in->name, k->name, sizeof k->name);
	str_copy(in->ops, k->ops, sizeof k->ops);
	str_copy(in->usages, k->usages, sizeof k->usages);
	str_copy(in->labels, k->labels, sizeof k->labels);
	return key_client_prepare(k);
}

/* --- a new one --- */

static result prepare_add(struct officer_call *c, void *args)
{
	struct client_args *in = args;
	struct key_client k;

	officer_note(c, "client=" STR_FMT " ", STR_ARG(in->name));
	if (in->certificate.len)
		TRY(take_certificate(c, in));
	set_rates(in);
	return client_of(in, &k);
}

static result run_add(struct officer_call *c, const void *args)
{
	struct key_client k;

	TRY(client_of(args, &k));
	TRY(key_client_add(c->act, &k));
	jwrite_i64(c->answer, "id", k.id);
	return OK;
}

/* --- a changed one --- */

static result state_of(const struct client_args *in, struct key_client *k)
{
	int state;

	TRY(officer_choose(in->state, key_client_state_names, "state", &state));
	k->state = (enum key_client_state)state;
	return OK;
}

static result changed_of(const struct client_args *in, struct key_client *k)
{
	TRY(client_of(in, k));
	return state_of(in, k);
}

/* Certificate and state stay as they are unless they are given. */
static result prepare_save(struct officer_call *c, void *args)
{
	struct client_args *in = args;
	struct key_client before, k;
	char *hex = arena_alloc(c->arena, FINGERPRINT_TEXT + 1);

	officer_note(c, "id=%" PRId64 " client=" STR_FMT " ", in->id, STR_ARG(in->name));
	TRY(key_client_load(c->act->tx, in->id, &before));
	if (in->certificate.len)
		TRY(take_certificate(c, in));
	if (!in->fingerprint.len) {
		hex_encode(bytes_of(before.certificate, sizeof before.certificate), hex);
		in->fingerprint = str_of(hex);
	}
	if (!in->state.len)
		in->state = str_of(key_client_state_names[before.state]);
	set_rates(in);
	return changed_of(in, &k);
}

static result needs_of_save(struct officer_call *c, const void *args,
                            char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct client_args *in = args;
	struct key_client before, k;

	TRY(key_client_load(c->act->tx, in->id, &before));
	TRY(changed_of(in, &k));
	if (key_client_widens(&before, &k))
		str_copy(STR("mk"), needs, APPROVAL_NEEDED_MAX + 1);
	return OK;
}

static result run_save(struct officer_call *c, const void *args)
{
	struct key_client k;

	TRY(changed_of(args, &k));
	return key_client_save(c->act, &k, NULL);
}

/* --- an end of one --- */

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

static result run_stop(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;

	officer_note(c, "id=%" PRId64, in->id);
	return key_client_stop(c->act, in->id);
}

static const struct officer_command commands[] = {
	{ .name = "client.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "client.add",
	  .roles = CONF,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(add_fields, client_args),
	  .prepare = prepare_add,
	  .needs = "mk",
	  .run = run_add },
	{ .name = "client.save",
	  .roles = CONF,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(save_fields, client_args),
	  .prepare = prepare_save,
	  .needs_of = needs_of_save,
	  .run = run_save },
	{ .name = "client.stop",
	  .roles = CONF,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_stop },
};

const struct officer_table officer_acts_client = { commands, ARRAY_LEN(commands) };
