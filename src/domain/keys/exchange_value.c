/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/locked.h"

const char exchange_strict_setting[] = "strict_strength";

enum { RSA_E = 3 };

/* --- strength --- */

unsigned exchange_strength(char algorithm, unsigned bits)
{
	switch (algorithm) {
	case 'T':
		return bits <= 128 ? 80 : 112;
	case 'R':
		return bits < 2048 ? 80 : bits < 3072 ? 112 : 128;
	case '2':
		return 128;
	default:
		return bits < 256 ? bits : 256;
	}
}

/* A definition leaves parity bits out. */
static unsigned strength_of(const struct key_definition *k)
{
	unsigned bits = k->algorithm != 'T' ? k->bits : k->bits == 112 ? 128 : 192;

	return exchange_strength(k->algorithm, bits);
}

result exchange_require_strength(struct key_act *act, unsigned carrier,
                                 const struct key_definition *k)
{
	char strict[KEY_SETTING_MAX + 1];

	TRY(key_setting_get(act->tx, exchange_strict_setting, "on", strict));
	if (strcmp(strict, "off") != 0 && carrier < strength_of(k))
		return FAIL(EXCHANGE_STRENGTH, "%u bits cannot carry %s of %u", carrier, k->code,
		            strength_of(k));
	return OK;
}

/* --- uses that others know --- */

static const struct {
	const char *usage;
	char mode;
} foreign_modes[] = {
	{ "B3", 'X' }, { "D0", 'B' }, { "E2", 'X' }, { "E5", 'X' },
	{ "K0", 'B' }, { "M6", 'C' }, { "M7", 'C' },
};

static bool is_ours(const char *usage)
{
	return usage[0] >= '0' && usage[0] <= '9';
}

result exchange_foreign_use(struct keyblock_header *h)
{
	const char *usage = keyblock_fallback_usage(h->usage);

	if (!is_ours(h->usage))
		return OK;
	if (usage && h->algorithm == 'H' && strcmp(usage, "M6") == 0)
		usage = "M7"; /* M6 is of block ciphers */
	for (size_t i = 0; usage && i < ARRAY_LEN(foreign_modes); i++)
		if (strcmp(foreign_modes[i].usage, usage) == 0) {
			memcpy(h->usage, usage, sizeof h->usage);
			h->mode = foreign_modes[i].mode;
			return OK;
		}
	return FAIL(EXCHANGE_FOREIGN, "usage %s", h->usage);
}

/* --- out --- */

/* One that was compromised does not spread, one that is suspended waits. */
static bool may_leave(enum key_state s)
{
	return s == KEY_PRE || s == KEY_ACTIVE || s == KEY_DEACTIVATED;
}

/* Into locked memory for the moment of the export, where the device lets it (keys 3.2, 13). */
static result bring_out(struct key_act *act, struct exchange_source *s)
{
	working_key_close(&s->key);
	result r = key_version_open_here(act->ring, &s->version, &s->key);
	return r.code == HSM_UNSUPPORTED
	               ? FAIL(EXCHANGE_IN_DEVICE, "%s stays in its device", s->label)
	               : r;
}

static result open_source(struct key_act *act, int64_t id, struct exchange_source *s)
{
	struct key_label label;
	enum key_state state;

	TRY(key_version_load(act->tx, id, &s->version));
	TRY(key_definition_load(act->tx, s->version.key, &s->definition));
	key_version_label(&s->definition, s->version.version, &label);
	key_label_text(&label, s->label);
	state = key_version_state_at(&s->version, act->now);
	if (!may_leave(state))
		return FAIL(KEY_STATE, "%s is %s", s->label, key_state_names[state]);
	TRY(key_version_open(act->ring, &s->version, &s->key));
	if (working_key_header(s->key)->exportability == 'N')
		return FAIL(EXCHANGE_EXPORTABILITY, "%s never leaves", s->label);
	return working_key_in_device(s->key) ? bring_out(act, s) : OK;
}

result exchange_source_open(struct key_act *act, int64_t id, struct exchange_source *s)
{
	result r = open_source(act, id, s);

	if (!is_ok(r))
		exchange_source_close(s);
	return r;
}

void exchange_source_close(struct exchange_source *s)
{
	working_key_close(&s->key);
}

result exchange_source_require(struct key_act *act, const struct exchange_source *s,
                               const struct exchange_zmk *z)
{
	if (s->version.id == z->version.id)
		return FAIL(KEY_USE, "%s under itself", s->label);
	return exchange_require_strength(act, exchange_zmk_strength(z), &s->definition);
}

/* KP, KC, LB and 90 (keys 9.2); of a pair there is no KC. */
static result put_options(struct exchange_zmk *z, const struct exchange_face *f,
                          struct keyblock_header *h)
{
	char check[KCV_TEXT_SIZE], text[KCV_TEXT_SIZE + 3];
	struct kcv own;
	struct str card;

	TRY(exchange_zmk_kcv(z, KCV_CMAC, &own));
	snprintf(text, sizeof text, "01%s", kcv_text(&own, check));
	TRY(keyblock_option_add(h, "KP", str_of(text)));
	snprintf(text, sizeof text, "%02d%s", f->kcv.type == KCV_CMAC, kcv_text(&f->kcv, check));
	if (f->kcv.type != KCV_PUBLIC)
		TRY(keyblock_option_add(h, "KC", str_of(text)));
	TRY(keyblock_option_add(h, "LB", str_of(f->label)));
	if (keyblock_option_find(f->own, "90", &card))
		TRY(keyblock_option_add(h, "90", card));
	return OK;
}

result exchange_seal(struct exchange_zmk *z, const struct exchange_face *f, struct bytes value,
                     struct random_source *random, struct exchange_block *out)
{
	struct keyblock_header h = { .version = z->block_version,
		                     .algorithm = f->own->algorithm,
		                     .mode = f->own->mode,
		                     .exportability = f->own->exportability,
		                     .context = '2' };
	struct keyblock_order order = { .header = &h, .key = value, .random = random };
	struct keyblock_protector *p;

	memcpy(h.usage, f->own->usage, sizeof h.usage);
	memcpy(h.key_version, f->own->key_version, sizeof h.key_version);
	if (f->foreign)
		TRY(exchange_foreign_use(&h));
	if (!f->bare)
		TRY(put_options(z, f, &h));
	TRY(exchange_zmk_protector(z, z->block_version, &p));
	kcv_text(&f->kcv, out->kcv);
	return keyblock_seal(p, &order, out->text, sizeof out->text, &out->len);
}

result exchange_source_seal(struct key_act *act, struct exchange_zmk *z,
                            const struct exchange_source *s, const struct exchange_export *o,
                            struct exchange_block *out)
{
	struct exchange_face face = { .own = working_key_header(s->key),
		                      .label = s->label,
		                      .foreign = o->foreign,
		                      .bare = o->bare };

	TRY(working_key_kcv(s->key, &face.kcv));
	return exchange_seal(z, &face, working_key_value(s->key), act->random, out);
}

/* --- in --- */

result exchange_value_open(struct exchange_value *v)
{
	v->at = locked_alloc(KEYBLOCK_KEY_MAX);
	v->len = 0;
	return v->at ? OK : FAIL(LOCKED_FULL, "no locked memory is left for a value");
}

void exchange_value_close(struct exchange_value *v)
{
	locked_free(v->at, KEYBLOCK_KEY_MAX);
	v->at = NULL;
}

/* "01" or "00" and a check value, as KP and KC have it. */
static bool split_check(struct str data, enum kcv_type *type, struct str *value)
{
	if (data.len < 2 || data.at[0] != '0' || data.at[1] < '0' || data.at[1] > '1')
		return false;
	*type = data.at[1] == '1' ? KCV_CMAC : KCV_ECB;
	*value = (struct str){ data.at + 2, data.len - 2 };
	return true;
}

/* Says sooner and plainer than the MAC which key was meant. */
static result check_wrapping(struct exchange_zmk *z, const struct keyblock_header *h)
{
	struct str data, value;
	enum kcv_type type;

	if (!keyblock_option_find(h, "KP", &data))
		return OK;
	if (!split_check(data, &type, &value))
		return FAIL(KEYBLOCK_FORM, "option KP");
	return exchange_zmk_require(z, value);
}

result exchange_unseal(struct exchange_zmk *z, struct str text, struct exchange_value *v)
{
	struct keyblock_protector *p;

	TRY(keyblock_parse(text, &v->block));
	if (v->block.header.context == '1') /* X9.143 6.2: 1 is storage only */
		return FAIL(EXCHANGE_CONTEXT, "its context is storage");
	TRY(exchange_zmk_protector(z, v->block.header.version, &p));
	TRY(check_wrapping(z, &v->block.header));
	return keyblock_open(p, text, &v->block, v->at, &v->len);
}

static bool is_use(const struct keyblock_header *a, const struct keyblock_header *b)
{
	return strcmp(a->usage, b->usage) == 0 && a->mode == b->mode;
}

/* How far a key may go: N, E, S. */
static int freedom(char exportability)
{
	return exportability == 'S' ? 2 : exportability == 'E' ? 1 : 0;
}

result exchange_check_header(const struct key_definition *k, const struct keyblock_header *h)
{
	struct keyblock_header own = { .algorithm = k->algorithm, .mode = k->mode };
	bool good;

	memcpy(own.usage, k->usage, sizeof own.usage);
	good = is_use(h, &own) || (is_ok(exchange_foreign_use(&own)) && is_use(h, &own));
	if (!good || h->algorithm != k->algorithm)
		return FAIL(EXCHANGE_DEFINITION,
		            "usage %s, algorithm %c, mode %c; %s has %s, %c, %c", h->usage,
		            h->algorithm, h->mode, k->code, k->usage, k->algorithm, k->mode);
	if (h->key_version[0] == 'c')
		return FAIL(EXCHANGE_DEFINITION, "a component, not a whole key");
	if (freedom(k->exportability) > freedom(h->exportability))
		return FAIL(EXCHANGE_EXPORTABILITY, "%s is %c, what came in only %c", k->code,
		            k->exportability, h->exportability);
	return OK;
}

/* Sealed as it would be kept, and thrown away: length, weakness and check value are found where
 * they will be decided. */
static result try_value(struct key_act *act, const struct key_definition *k, struct bytes value,
                        struct kcv *out)
{
	struct keyblock_header h = { .algorithm = k->algorithm,
		                     .mode = k->mode,
		                     .key_version = "00",
		                     .exportability = k->exportability,
		                     .context = '1' };
	char check[KCV_TEXT_SIZE + 2], text[KEY_VERSION_BLOCK_MAX + 1];
	const struct master *m;
	size_t len;

	TRY(master_for(act->ring, k->algorithm, &m));
	h.version = master_block_version(m, false);
	memcpy(h.usage, k->usage, sizeof h.usage);
	master_option(m, check);
	struct working_place at = { m->session, m->slot };
	struct working_order order = { &h, check, k->bits, RSA_E, NULL };
	return working_key_seal(&at, &order, value, text, &len, out);
}

/* Is it the check value that was told? A secret key's may be of the other type (keys 8). */
static result compare(char algorithm, struct bytes value, struct str told, const struct kcv *is)
{
	enum kcv_type other = is->type == KCV_ECB ? KCV_CMAC : KCV_ECB;
	char text[KCV_TEXT_SIZE];
	struct kcv said, also;

	TRY(kcv_parse(told, is->type, &said));
	if (kcv_is(&said, is))
		return OK;
	said.type = other;
	if (strchr("AT4", algorithm) && is_ok(kcv_of_secret(algorithm, other, value, &also)) &&
	    kcv_is(&said, &also))
		return OK;
	return FAIL(KEY_CHECK_VALUE, "the value has check value %s, told was " STR_FMT,
	            kcv_text(is, text), STR_ARG(told));
}

result exchange_check_value(struct key_act *act, const struct key_definition *k, struct bytes value,
                            const struct keyblock_header *h, struct str told, struct kcv *out)
{
	struct str data, inside;
	enum kcv_type type;

	TRY(try_value(act, k, value, out));
	if (told.len)
		TRY(compare(k->algorithm, value, told, out));
	if (!h || !keyblock_option_find(h, "KC", &data))
		return OK;
	if (!split_check(data, &type, &inside))
		return FAIL(KEYBLOCK_FORM, "option KC");
	return compare(k->algorithm, value, inside, out);
}

/* What stands behind a name in "KI=01;KV=02;LV=1;UID=…" (keys 9.2), when it has that length. */
static bool part_of(struct str text, const char *name, size_t len, struct str *out)
{
	struct str part, rest = text;
	size_t begin = strlen(name);
	bool more = true;

	while (more) {
		more = str_cut(rest, ';', &part, &rest);
		if (part.len != begin + len || memcmp(part.at, name, begin) != 0)
			continue;
		*out = (struct str){ part.at + begin, len };
		return true;
	}
	return false;
}

static unsigned card_number(struct str card, const char *name)
{
	struct str digits;
	uint8_t n;

	return part_of(card, name, 2, &digits) && is_ok(hex_decode(digits, &n, 1)) ? n : 0;
}

void exchange_take_card(const struct keyblock_header *h, struct key_order *o, unsigned *levels)
{
	struct str card, digit;

	if (!keyblock_option_find(h, "90", &card))
		return;
	if (!o->card_ki)
		o->card_ki = card_number(card, "KI=");
	if (!o->card_kv)
		o->card_kv = card_number(card, "KV=");
	if (part_of(card, "LV=", 1, &digit) && digit.at[0] >= '0' &&
	    digit.at[0] <= '0' + CATALOG_LEVELS_MAX)
		*levels = (unsigned)(digit.at[0] - '0');
}
