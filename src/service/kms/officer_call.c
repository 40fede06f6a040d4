/* SPDX-License-Identifier: Apache-2.0 */
/* What commands share: their audit note, reading and writing of what many of them have. */
#include "service/kms/officer_call.h"

#include <stdarg.h>
#include <stdio.h>

enum { DAY_TEXT = 10 }; /* YYYY-MM-DD */

/* --- whose part it is --- */

bool officer_is_pair(char algorithm)
{
	return algorithm == 'R' || algorithm == '2';
}

result officer_require_hand(const struct officer_call *c, const struct key_definition *k)
{
	enum officer_role hand = officer_is_pair(k->algorithm) ? OFFICER_CERT : OFFICER_KEY;

	return officer_has(c->by, hand) ? OK
	                                : FAIL(OFFICER_ROLE_OTHER, "%s.%s.%s", k->issuer_code,
	                                       k->product_code, k->code);
}

/* --- telling --- */

void officer_progress(struct officer_call *c, size_t done, size_t total)
{
	unsigned percent = (unsigned)(done * 100 / total);
	char line[LINES_TOLD_MAX];

	if (!c->peer || percent == c->told_percent)
		return;
	c->told_percent = percent;
	snprintf(line, sizeof line, "{\"progress\":%zu,\"of\":%zu}", done, total);
	lines_tell(c->peer, str_of(line));
}

result officer_show(struct officer_call *c, const char *what, const char *is, struct str *field)
{
	if (field->len && !str_equal(*field, str_of(is)))
		return FAIL(CATALOG_FIELD, "%s: it is %s, not " STR_FMT, what, is, STR_ARG(*field));
	*field = arena_str(c->arena, str_of(is));
	return OK;
}

void officer_note(struct officer_call *c, const char *format, ...)
{
	size_t len = strlen(c->note);
	va_list args;

	va_start(args, format);
	vsnprintf(c->note + len, sizeof c->note - len, format, args);
	va_end(args);
}

result officer_tell_secret(struct officer_call *c, const char *name, struct str text)
{
	size_t room = text.len + SEAL_EXTRA;
	char about[128], label[80], *hex = arena_alloc(c->arena, 2 * room + 1);
	uint8_t *sealed = arena_alloc(c->arena, room), point[SEAL_POINT];
	struct writer w = writer_of(sealed, room);

	if (!c->reply_key.len) {
		ASSERT(!c->relayed);
		jwrite_str(c->answer, name, text);
		return OK;
	}
	TRY(hex_decode(c->reply_key, point, sizeof point));
	snprintf(about, sizeof about, "%s/%s", c->command->name, name);
	TRY(seal_make(point, str_bytes(str_of(about)), str_bytes(text), c->act->random, &w));
	hex_encode(writer_bytes(&w), hex);
	snprintf(label, sizeof label, "%s_sealed", name);
	jwrite_text(c->answer, label, hex);
	return OK;
}

void officer_tell_hex(struct officer_call *c, const char *name, struct bytes b)
{
	char *hex = arena_alloc(c->arena, 2 * b.len + 1);

	hex_encode(b, hex);
	jwrite_text(c->answer, name, hex);
}

void officer_tell_day(struct jwrite *j, const char *name, struct bizdate day)
{
	char text[32] = "";

	if (day.yyyymmdd)
		snprintf(text, sizeof text, "%04u-%02u-%02u", day.yyyymmdd / 10000,
		         day.yyyymmdd / 100 % 100, day.yyyymmdd % 100);
	jwrite_text(j, name, text);
}

/* --- reading --- */

result officer_numbers(struct str text, int64_t *out, size_t max, size_t *count)
{
	struct str one, rest = text;
	bool more = rest.len > 0;

	*count = 0;
	while (more) {
		more = str_cut(rest, ' ', &one, &rest);
		if (*count == max)
			return FAIL(INVALID_NUMBER, "more than %zu numbers", max);
		TRY(str_i64(one, &out[(*count)++]));
	}
	return OK;
}

result officer_choose(struct str text, const char *const *names, const char *what, int *out)
{
	for (*out = 0; names[*out]; (*out)++)
		if (str_equal(text, str_of(names[*out])))
			return OK;
	return FAIL(CATALOG_FIELD, "%s " STR_FMT, what, STR_ARG(text));
}

result officer_day(struct str text, struct bizdate *out)
{
	uint64_t y, m, d;

	*out = (struct bizdate){ 0 };
	if (!text.len)
		return OK;
	if (text.len != DAY_TEXT || text.at[4] != '-' || text.at[7] != '-' ||
	    !is_ok(str_u64((struct str){ text.at, 4 }, &y)) ||
	    !is_ok(str_u64((struct str){ text.at + 5, 2 }, &m)) ||
	    !is_ok(str_u64((struct str){ text.at + 8, 2 }, &d)))
		return FAIL(CATALOG_FIELD, "a day is written YYYY-MM-DD");
	out->yyyymmdd = (uint32_t)(y * 10000 + m * 100 + d);
	return bizdate_is_valid(*out)
	               ? OK
	               : FAIL(CATALOG_FIELD, "there is no day " STR_FMT, STR_ARG(text));
}
