/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_letter.h"

#include "crypto/locked.h"
#include "domain/keys/exchange_part.h"
#include "domain/keys/exchange_value.h"
#include "domain/keys/key_audit.h"

/* Components until they are printed; in locked memory too. */
struct parting {
	struct secret parts[EXCHANGE_PARTS_MAX];
};

/* Such as no entry would refuse. */
static bool is_fit(const struct parting *p, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (exchange_part_is_one_byte(&p->parts[i]))
			return false;
		for (unsigned j = 0; j < i; j++)
			if (exchange_part_equal(&p->parts[i], &p->parts[j]))
				return false;
	}
	return true;
}

/* All but the last are chance, the last makes the sum. */
static void part_value(struct bytes value, struct random_source *random, unsigned count,
                       struct parting *p)
{
	struct secret *last = &p->parts[count - 1];

	do {
		last->len = value.len;
		memcpy(last->at, value.at, value.len);
		for (unsigned i = 0; i + 1 < count; i++) {
			p->parts[i].len = value.len;
			random_fill(random, p->parts[i].at, value.len);
			for (size_t at = 0; at < value.len; at++)
				last->at[at] ^= p->parts[i].at[at];
		}
	} while (!is_fit(p, count));
}

static result write_letters(const struct exchange_source *s, const struct parting *p,
                            struct exchange_letters *out)
{
	for (unsigned i = 0; i < out->count; i++) {
		TRY(exchange_part_print(&p->parts[i], out->at[i].text));
		TRY(exchange_part_kcv(&s->definition, &p->parts[i], out->at[i].kcv));
	}
	return OK;
}

static result make(struct key_act *act, const struct exchange_source *s,
                   struct exchange_letters *out)
{
	struct parting *p = locked_alloc(sizeof *p);

	if (!p)
		return FAIL(LOCKED_FULL, "no locked memory for components");
	part_value(working_key_value(s->key), act->random, out->count, p);
	result r = write_letters(s, p, out);
	locked_free(p, sizeof *p);
	return r;
}

static result open_source(struct key_act *act, int64_t version, unsigned parts,
                          struct exchange_source *s)
{
	size_t size;

	if (parts < EXCHANGE_PARTS_MIN || parts > EXCHANGE_PARTS_MAX)
		return FAIL(KEY_LENGTH, "%u components", parts);
	TRY(exchange_source_open(act, version, s));
	return exchange_part_size(&s->definition, &size);
}

result exchange_letters_check(struct key_act *act, int64_t version, unsigned parts)
{
	SCOPED(exchange_source_close) struct exchange_source s = { 0 };

	return open_source(act, version, parts, &s);
}

static result make_all(struct key_act *act, int64_t version, struct exchange_letters *out)
{
	SCOPED(exchange_source_close) struct exchange_source s = { 0 };

	TRY(open_source(act, version, out->count, &s));
	out->algorithm = s.definition.algorithm;
	out->bits = s.definition.bits;
	str_copy(str_of(s.label), out->label, sizeof out->label);
	str_copy(str_of(s.version.kcv), out->kcv, sizeof out->kcv);
	TRY(make(act, &s, out));
	return key_audit_write(act, "KEY.LETTER", OK, "label=%s kcv=%s count=%u path=host",
	                       out->label, out->kcv, out->count);
}

result exchange_letters_make(struct key_act *act, int64_t version, unsigned parts,
                             struct exchange_letters **out)
{
	*out = locked_alloc(sizeof **out);
	if (!*out)
		return FAIL(LOCKED_FULL, "no locked memory for key letters");
	(*out)->count = parts;
	result r = make_all(act, version, *out);
	if (!is_ok(r))
		exchange_letters_free(out);
	return r;
}

void exchange_letters_free(struct exchange_letters **l)
{
	locked_free(*l, sizeof **l);
	*l = NULL;
}
