/* SPDX-License-Identifier: Apache-2.0 */
/* What a client may do, as its row says: words of operations, usages and labels, and questions
 * about them. */
#include "domain/keys/key_client.h"

enum { GROUP_MAX = 8, USAGE_LETTERS = 36, CODE_DIGITS = 4 };

/* What gives keys or clear data away is no group's: it has to be named (keys 16.1). */
static const uint16_t named_only[] = {
	KMS_DECRYPT,
	KMS_TRANSLATE,
	KMS_DIVERSIFY_WRAP,
	KMS_CARD_KEYS,
	KMS_PSAM_LOAD,
	KMS_SM2_DECRYPT,
	KMS_RANDOM_KEY,
	KMS_PIN_TRANSLATE,
	/* of the platform, whatever anybody's row says (codec/kms_terminal.h) */
	KMS_SIGN_IN,
	KMS_DAY_STATUS,
	KMS_PIN_TOKEN,
	KMS_SAM_KEYS,
	KMS_TERMINAL_PSK,
};

static const struct {
	const char *name;
	uint16_t ops[GROUP_MAX]; /* ends with 0 */
} groups[] = {
	{ "mac", { KMS_MAC_MAKE, KMS_MAC_VERIFY, KMS_DIVERSIFY_MAC } },
	{ "purse", { KMS_LOAD, KMS_PURCHASE, KMS_TAC_VERIFY, KMS_UNLOAD } },
	{ "card", { KMS_CARD_AUTH, KMS_CARD_COMMAND } },
	{ "sign", { KMS_RSA_SIGN, KMS_SDA_SIGN, KMS_ICC_CERTIFICATE, KMS_SM2_SIGN } },
};

static const uint16_t everybodys[] = { KMS_HELLO, KMS_PING };

/* --- words --- */

static void set_bit(uint64_t *bits, size_t at)
{
	bits[at / 64] |= UINT64_C(1) << at % 64;
}

static bool has_bit(const uint64_t *bits, size_t at)
{
	return bits[at / 64] >> at % 64 & 1;
}

/* The next word; false at the end. */
static bool next_word(struct str *rest, struct str *word)
{
	bool more = true;

	do {
		if (rest->len == 0)
			return false;
		more = str_cut(*rest, ' ', word, rest);
		if (!more)
			*rest = (struct str){ 0 };
	} while (word->len == 0);
	return true;
}

static bool is_named_only(uint16_t op)
{
	for (size_t i = 0; i < ARRAY_LEN(named_only); i++)
		if (named_only[i] == op)
			return true;
	return false;
}

static bool add_group(struct str word, uint64_t *bits)
{
	bool all = str_equal(word, STR("all"));

	for (uint16_t op = 1; all && op < KMS_OPS; op++)
		if (kms_op_name(op) && !is_named_only(op))
			set_bit(bits, op);
	for (size_t i = 0; !all && i < ARRAY_LEN(groups); i++) {
		if (!str_equal(word, str_of(groups[i].name)))
			continue;
		for (size_t j = 0; j < GROUP_MAX && groups[i].ops[j]; j++)
			set_bit(bits, groups[i].ops[j]);
		return true;
	}
	return all;
}

/* A name, or four hexadecimal digits of an operation that has one. */
static uint16_t op_of(struct str word)
{
	uint8_t code[CODE_DIGITS / 2];
	uint16_t op = kms_op_find(word);

	if (!op && word.len == CODE_DIGITS && is_ok(hex_decode(word, code, sizeof code)))
		op = load_be16(code);
	return op && op < KMS_OPS && kms_op_name(op) ? op : 0;
}

static result read_ops(struct key_client *c)
{
	struct str rest = str_of(c->ops), word;

	memset(c->op_bits, 0, sizeof c->op_bits);
	for (size_t i = 0; i < ARRAY_LEN(everybodys); i++)
		set_bit(c->op_bits, everybodys[i]);
	while (next_word(&rest, &word)) {
		uint16_t op = op_of(word);

		if (op)
			set_bit(c->op_bits, op);
		else if (!add_group(word, c->op_bits))
			return FAIL(KEY_CLIENT_FIELD, "operation " STR_FMT, STR_ARG(word));
	}
	return OK;
}

/* -1: no character of a usage. */
static int letter_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

static bool usage_bit(const char *usage, size_t len, size_t *bit)
{
	int first = len == 2 ? letter_of(usage[0]) : -1;
	int second = first >= 0 ? letter_of(usage[1]) : -1;

	if (second < 0)
		return false;
	*bit = (size_t)(first * USAGE_LETTERS + second);
	return true;
}

static result read_usages(struct key_client *c)
{
	struct str rest = str_of(c->usages), word;
	size_t bit;

	memset(c->usage_bits, 0, sizeof c->usage_bits);
	while (next_word(&rest, &word)) {
		if (str_equal(word, STR("all")))
			memset(c->usage_bits, 0xFF, sizeof c->usage_bits);
		else if (usage_bit(word.at, word.len, &bit))
			set_bit(c->usage_bits, bit);
		else
			return FAIL(KEY_CLIENT_FIELD, "usage " STR_FMT, STR_ARG(word));
	}
	return OK;
}

static result check_labels(const struct key_client *c)
{
	struct str rest = str_of(c->labels), word;

	while (next_word(&rest, &word))
		if (!key_pattern_is_valid(word))
			return FAIL(KEY_CLIENT_FIELD, "label " STR_FMT, STR_ARG(word));
	return OK;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '.')
			return false;
	}
	return s.len > 0;
}

result key_client_prepare(struct key_client *c)
{
	if (!is_name(str_of(c->name)))
		return FAIL(KEY_CLIENT_FIELD, "name");
	TRY(read_ops(c));
	TRY(read_usages(c));
	TRY(check_labels(c));
	if (c->rate < 1 || c->rate > KEY_CLIENT_RATE_MAX || c->burst < c->rate ||
	    c->burst > KEY_CLIENT_RATE_MAX)
		return FAIL(KEY_CLIENT_FIELD, "rate %u, burst %u", c->rate, c->burst);
	return c->quota_day >= 0 ? OK : FAIL(KEY_CLIENT_FIELD, "quota");
}

/* --- questions --- */

const char *key_client_refusal_name(enum key_client_refusal r)
{
	static const char *const names[] = { "none",  "certificate", "stopped", "operation",
		                             "usage", "label",       "rate",    "quota" };

	return names[r];
}

enum key_client_refusal key_client_may_call(const struct key_client *c, uint16_t op)
{
	if (!c)
		return KEY_CLIENT_NO_CERTIFICATE;
	if (c->state != KEY_CLIENT_ACTIVE)
		return KEY_CLIENT_NOT_ACTIVE;
	return op < KMS_OPS && has_bit(c->op_bits, op) ? KEY_CLIENT_MAY : KEY_CLIENT_NO_OP;
}

bool key_client_may_name(const struct key_client *c, struct str label)
{
	return key_pattern_matches(str_of(c->labels), label);
}

enum key_client_refusal key_client_may_use(const struct key_client *c, const char *usage,
                                           struct str label)
{
	size_t bit;

	if (!usage_bit(usage, strlen(usage), &bit) || !has_bit(c->usage_bits, bit))
		return KEY_CLIENT_NO_USAGE;
	return key_client_may_name(c, label) ? KEY_CLIENT_MAY : KEY_CLIENT_NO_LABEL;
}

/* --- more than before? --- */

static bool has_more(const uint64_t *from, const uint64_t *to, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (to[i] & ~from[i])
			return true;
	return false;
}

/* A pattern that matches another one's text, its stars taken as characters, matches whatever that
 * one matches. */
static bool has_more_labels(const struct key_client *from, const struct key_client *to)
{
	struct str rest = str_of(to->labels), word;

	while (next_word(&rest, &word))
		if (!key_client_may_name(from, word))
			return true;
	return false;
}

static bool has_more_quota(int64_t from, int64_t to)
{
	return from && (to == 0 || to > from);
}

bool key_client_widens(const struct key_client *from, const struct key_client *to)
{
	return memcmp(from->certificate, to->certificate, sizeof from->certificate) != 0 ||
	       (from->state == KEY_CLIENT_STOPPED && to->state == KEY_CLIENT_ACTIVE) ||
	       has_more(from->op_bits, to->op_bits, KEY_CLIENT_OP_WORDS) ||
	       has_more(from->usage_bits, to->usage_bits, KEY_CLIENT_USAGE_WORDS) ||
	       has_more_labels(from, to) || to->rate > from->rate || to->burst > from->burst ||
	       has_more_quota(from->quota_day, to->quota_day);
}
