/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/iso8583_message.h"

#define BIT(n) (UINT64_C(1) << (64 - (n)))

#define YTAP_MESSAGE(word, mti, f3, f25, class, code, set, sender, text)
#define YTAP_ALIAS(word, mti, code)

enum set {
#define YTAP_PRESENCE(set, request, reply) SET_##set,
#include "ytap/messages.def"
#undef YTAP_PRESENCE
	SET_COUNT
};

/* The same lists read three times: what must be there, what may be there, what is an echo. */
#define YTAP_PRESENCE(set, request_, reply_)                                                       \
	[SET_##set] = { .request = 0 request_, .reply = 0 reply_ },

#define M(n) | BIT(n)
#define C(n)
#define O(n)
#define E(n)
static const struct iso8583_presence must[SET_COUNT] = {
#include "ytap/messages.def"
};
#undef C
#undef O
#undef E

#define C(n) | BIT(n)
#define O(n) | BIT(n)
#define E(n) | BIT(n)
static const struct iso8583_presence may[SET_COUNT] = {
#include "ytap/messages.def"
};
#undef M
#undef C
#undef O

#define M(n)
#define C(n)
#define O(n)
static const struct iso8583_presence echo[SET_COUNT] = {
#include "ytap/messages.def"
};
#undef M
#undef C
#undef O
#undef E
#undef YTAP_PRESENCE
#undef YTAP_MESSAGE
#undef YTAP_ALIAS

#define NONE ISO8583_NONE
#define ANY  ISO8583_ANY
#define NODE ISO8583_FROM_NODE
#define HOST ISO8583_FROM_HOST
#define YTAP_PRESENCE(set, request, reply)
#define YTAP_ALIAS(word, mti, code)
#define YTAP_MESSAGE(word_, mti_, f3_, f25_, class_, code_, set_, sender_, text_)                  \
	[YTAP_##word_] = { .word = YTAP_##word_,                                                   \
		           .mti = mti_,                                                            \
		           .f3 = f3_,                                                              \
		           .f25 = f25_,                                                            \
		           .class = class_,                                                        \
		           .code = code_,                                                          \
		           .sender = sender_,                                                      \
		           .must = &must[SET_##set_],                                              \
		           .may = &may[SET_##set_],                                                \
		           .echo = &echo[SET_##set_],                                              \
		           .name = #word_,                                                         \
		           .text = text_ },
static const struct iso8583_message rows[YTAP_MESSAGE_COUNT] = {
#include "ytap/messages.def"
};
#undef YTAP_MESSAGE
#undef YTAP_ALIAS

#define YTAP_MESSAGE(word, mti, f3, f25, class, code, set, sender, text)
#define YTAP_ALIAS(word_, mti_, code_) { YTAP_##word_, mti_, code_ },
static const struct {
	enum ytap_message word;
	uint16_t mti, code;
} aliases[] = {
#include "ytap/messages.def"
};
#undef YTAP_MESSAGE
#undef YTAP_ALIAS
#undef YTAP_PRESENCE
#undef NONE
#undef ANY
#undef NODE
#undef HOST

const struct iso8583_message *iso8583_message_of(enum ytap_message word)
{
	ASSERT((unsigned)word < YTAP_MESSAGE_COUNT);
	return &rows[word];
}

/* What a message says of itself. */
struct look {
	uint16_t mti; /* of the request */
	uint32_t f3, f25, class, code;
};

static bool is_alike(const struct iso8583_message *row, const struct look *look)
{
	return row->mti == look->mti && row->code == look->code &&
	       (row->class == ISO8583_ANY || row->class == look->class) &&
	       (row->f3 == ISO8583_ANY || row->f3 == look->f3) &&
	       (row->f25 == ISO8583_ANY || row->f25 == look->f25);
}

const struct iso8583_message *iso8583_message_find(struct iso8583 *in)
{
	struct iso8583_control control;
	struct look look = { .mti = in->mti & (uint16_t)~0x11,
		             .f3 = ISO8583_NONE,
		             .f25 = ISO8583_NONE };

	if (!iso8583_has(in, F_CONTROL))
		return NULL;
	control = iso8583_control(in);
	look.class = control.class;
	look.code = control.code;
	if (iso8583_has(in, F_PROCESSING))
		look.f3 = (uint32_t)iso8583_bcd(in, F_PROCESSING);
	if (iso8583_has(in, F_CONDITION))
		look.f25 = (uint32_t)iso8583_bcd(in, F_CONDITION);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (is_alike(&rows[i], &look))
			return &rows[i];
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (aliases[i].mti == look.mti && aliases[i].code == look.code &&
		    look.f3 == ISO8583_NONE && look.f25 == ISO8583_NONE && look.class == 0)
			return &rows[aliases[i].word];
	return NULL;
}

static bool answers(struct str f39, const char *code)
{
	return f39.len == 2 && memcmp(f39.at, code, 2) == 0;
}

/* Fields a reply must hold. A refusal may come from someone who knows no more than the request
 * (section 13). */
static uint64_t reply_must(const struct iso8583_message *row, const struct iso8583 *in)
{
	const uint64_t named = BIT(F_STAN) | BIT(F_NODE) | BIT(F_MERCHANT) | BIT(F_CONTROL);
	const uint64_t refusal = named | BIT(F_TIME) | BIT(F_DATE) | BIT(F_RESPONSE);
	uint64_t all = row->must->reply | (row->echo->reply & row->must->request);
	struct iso8583_slot slot = in->slots[F_RESPONSE];
	struct str f39 = { "", 0 };

	if (iso8583_has(in, F_RESPONSE))
		f39 = (struct str){ (const char *)in->bytes.at + slot.at, slot.len };
	if (answers(f39, "00") || !f39.len)
		return all;
	if (answers(f39, "77") || answers(f39, "97") || answers(f39, "A0"))
		return all & refusal;
	return all & (refusal | BIT(F_MAC));
}

result iso8583_check_but(const struct iso8583_message *row, const struct iso8583 *in,
                         uint64_t pardoned)
{
	bool is_reply = iso8583_is_reply(in);
	uint64_t needed = is_reply ? reply_must(row, in) : row->must->request;
	uint64_t missing = needed & ~in->bitmap & ~pardoned;
	uint64_t forbidden = in->bitmap & ~(is_reply ? row->may->reply : row->may->request);
	unsigned field = (unsigned)__builtin_clzll(missing | forbidden | 1) + 1;

	if (LIKELY(!(missing | forbidden)))
		return OK;
	return FAIL(missing & BIT(field) ? ISO8583_MISSING : ISO8583_FORBIDDEN,
	            "%s %s: field %u %s", row->text, is_reply ? "reply" : "request", field,
	            iso8583_field_text(field));
}

result iso8583_check(const struct iso8583_message *row, const struct iso8583 *in)
{
	return iso8583_check_but(row, in, 0);
}

void iso8583_begin_request(struct iso8583_out *out, enum iso8583_dialect dialect,
                           enum ytap_message word, uint32_t batch)
{
	const struct iso8583_message *row = iso8583_message_of(word);

	ASSERT(row->class != ISO8583_ANY);
	iso8583_begin(out, dialect, row->mti);
	if (row->f3 != ISO8583_NONE)
		iso8583_set_bcd(out, F_PROCESSING, row->f3);
	if (row->f25 != ISO8583_NONE)
		iso8583_set_bcd(out, F_CONDITION, row->f25);
	iso8583_set_control(
	        out, (struct iso8583_control){ (uint8_t)row->class, batch, (uint16_t)row->code });
}
