/* SPDX-License-Identifier: Apache-2.0 */
/* Key officers: who they are, and settings that loosen the rules for them. */
#include <inttypes.h>

#include "service/kms/officer_desk.h"

enum { MK = 1 << OFFICER_MK };

/* A security officer agrees, once there is one: the first people have nobody to ask. */
static result needs_officer(struct officer_call *c, const void *args,
                            char needs[APPROVAL_NEEDED_MAX + 1])
{
	size_t count;

	(void)args;
	TRY(officer_count(c->act->tx, OFFICER_ANY_SO, 0, &count));
	str_copy(count ? STR("SO1|SO2|SO3") : STR(""), needs, APPROVAL_NEEDED_MAX + 1);
	return OK;
}

/* --- list --- */

static void write_officer(struct jwrite *j, const struct officer *o)
{
	char roles[OFFICER_ROLES_TEXT];

	jwrite_object(j, NULL);
	jwrite_i64(j, "id", o->id);
	jwrite_text(j, "name", o->name);
	jwrite_text(j, "display", o->display);
	jwrite_text(j, "person", o->person);
	jwrite_text(j, "roles", officer_roles_text(o->roles, roles));
	jwrite_text(j, "state", officer_state_names[o->state]);
	jwrite_i64(j, "locked_until_us", o->locked_until.us);
	jwrite_i64(j, "last_login_us", o->last_login.us);
	jwrite_end(j);
}

static result run_list(struct officer_call *c, const void *args)
{
	struct officer *rows;
	size_t count;

	(void)args;
	TRY(officer_list(c->act->tx, c->arena, &rows, &count));
	jwrite_array(c->answer, "officers");
	for (size_t i = 0; i < count; i++)
		write_officer(c->answer, &rows[i]);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- add, reset, stop --- */

struct add_args {
	struct str name, display, person, roles;
};

static const struct officer_field add_fields[] = {
	OFFICER_TEXT(add_args, name, true, OFFICER_NAME_MAX),
	OFFICER_TEXT(add_args, display, false, OFFICER_DISPLAY_MAX),
	OFFICER_TEXT(add_args, person, true, OFFICER_PERSON_MAX),
	OFFICER_TEXT(add_args, roles, true, OFFICER_ROLES_TEXT - 1),
};

static result invite(struct officer_call *c, char invitation[OFFICER_INVITE_SIZE])
{
	result r = officer_tell_secret(c, "invitation", str_of(invitation));

	secret_wipe_bytes(invitation, OFFICER_INVITE_SIZE);
	return r;
}

static result run_add(struct officer_call *c, const void *args)
{
	const struct add_args *in = args;
	char invitation[OFFICER_INVITE_SIZE];
	struct officer o = { 0 };

	str_copy(in->name, o.name, sizeof o.name);
	str_copy(in->display.len ? in->display : in->name, o.display, sizeof o.display);
	str_copy(in->person, o.person, sizeof o.person);
	officer_note(c, "name=%s person=%s roles=" STR_FMT, o.name, o.person, STR_ARG(in->roles));
	TRY(officer_roles_parse(in->roles, &o.roles));
	officer_invitation(c->act->random, invitation);
	TRY(officer_add(c->act, &o, str_of(invitation)));
	jwrite_i64(c->answer, "id", o.id);
	return invite(c, invitation);
}

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

static result run_reset(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	char invitation[OFFICER_INVITE_SIZE];

	officer_note(c, "id=%" PRId64, in->id);
	officer_invitation(c->act->random, invitation);
	TRY(officer_reset(c->act, in->id, str_of(invitation)));
	officer_session_close_all(&c->desk->sessions, in->id);
	return invite(c, invitation);
}

/* The last one who can bring others in stays. */
static result run_stop(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct officer o;
	size_t others;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(officer_load(c->act->tx, in->id, &o));
	TRY(officer_count(c->act->tx, MK, o.id, &others));
	if (officer_has(&o, OFFICER_MK) && others == 0)
		return FAIL(OFFICER_STATE, "%s is the last one of the role mk", o.name);
	TRY(officer_stop(c->act, in->id));
	officer_session_close_all(&c->desk->sessions, in->id);
	return OK;
}

/* --- settings --- */

/* Each with its safe value, which it has until officers say otherwise. */
static const struct {
	const char *name, *safe, *other;
} settings[] = {
	{ "allow_soft_live", "off", "on" },
	{ "strict_roles", "on", "off" },
	{ "strict_strength", "on", "off" },
	{ "strict_strength", "on", "off" },
};

static result run_settings(struct officer_call *c, const void *args)
{
	(void)args;
	jwrite_object(c->answer, "settings");
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		char value[KEY_SETTING_MAX + 1];

		TRY(key_setting_get(c->act->tx, settings[i].name, settings[i].safe, value));
		jwrite_text(c->answer, settings[i].name, value);
	}
	jwrite_end(c->answer);
	return OK;
}

struct set_args {
	struct str name, value;
};

static const struct officer_field set_fields[] = {
	OFFICER_TEXT(set_args, name, true, KEY_SETTING_MAX),
	OFFICER_TEXT(set_args, value, true, KEY_SETTING_MAX),
};

/* Any two security officers (keys 12) agree to the value that is not the safe one. */
static result needs_two(struct officer_call *c, const void *args,
                        char needs[APPROVAL_NEEDED_MAX + 1])
{
	const struct set_args *in = args;

	(void)c;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (str_equal(in->name, str_of(settings[i].name)) &&
		    str_equal(in->value, str_of(settings[i].other)))
			str_copy(STR("SO1|SO2|SO3 SO1|SO2|SO3"), needs, APPROVAL_NEEDED_MAX + 1);
	return OK;
}

static result run_set(struct officer_call *c, const void *args)
{
	const struct set_args *in = args;

	officer_note(c, STR_FMT "=" STR_FMT, STR_ARG(in->name), STR_ARG(in->value));
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		bool safe = str_equal(in->value, str_of(settings[i].safe));

		if (str_equal(in->name, str_of(settings[i].name)) &&
		    (safe || str_equal(in->value, str_of(settings[i].other))))
			return key_setting_set(c->act->tx, settings[i].name,
			                       safe ? settings[i].safe : settings[i].other);
	}
	return FAIL(CATALOG_FIELD, "no such setting, or it has no such value");
}

/* --- the table --- */

static const struct officer_command commands[] = {
	{ .name = "officer.list", .flags = OFFICER_READS, .run = run_list },
	{ .name = "officer.add",
	  .roles = MK,
	  .flags = OFFICER_TELLS_SECRET,
	  .audit = "OFFICER.ADD",
	  OFFICER_FIELDS(add_fields, add_args),
	  .run = run_add,
	  .needs_of = needs_officer },
	{ .name = "officer.reset",
	  .roles = MK,
	  .flags = OFFICER_TELLS_SECRET,
	  .audit = "OFFICER.RESET",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_reset,
	  .needs_of = needs_officer },
	{ .name = "officer.stop",
	  .roles = MK,
	  .audit = "OFFICER.STOP",
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_stop,
	  .needs_of = needs_officer },
	{ .name = "setting.list", .flags = OFFICER_READS, .run = run_settings },
	{ .name = "setting.set",
	  .roles = MK,
	  .audit = "SETTING",
	  OFFICER_FIELDS(set_fields, set_args),
	  .run = run_set,
	  .needs_of = needs_two },
};

const struct officer_table officer_acts_people = { commands, ARRAY_LEN(commands) };
