/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a profile, line by line, word by word. */
#include "codec/ipk/profile.h"
#include "codec/ipk/scan.h"

#define BIT(name) (1u << (name))

/* Names that may stand where. */
enum {
	IN_REQUEST = BIT(IPK_NI) | BIT(IPK_N) | BIT(IPK_EL) | BIT(IPK_E) | BIT(IPK_IIN) |
	             BIT(IPK_EXP) | BIT(IPK_TRK) | BIT(IPK_SVC) | BIT(IPK_IDX),
	IN_BLOCK = IN_REQUEST | BIT(IPK_HASH),
	IN_FILE_NAME = BIT(IPK_IIN) | BIT(IPK_EXP) | BIT(IPK_TRK) | BIT(IPK_SVC) | BIT(IPK_IDX),
	IN_RESPONSE = BIT(IPK_EL) | BIT(IPK_E) | BIT(IPK_IIN) | BIT(IPK_EXP) | BIT(IPK_TRK) |
	              BIT(IPK_SVC) | BIT(IPK_IDX) | BIT(IPK_R) | BIT(IPK_RL) | BIT(IPK_SN) |
	              BIT(IPK_CAI),
	IN_DEFAULTS = BIT(IPK_SVC) | BIT(IPK_EL) | BIT(IPK_E),
};

/* --- the lines --- */

static result read_file_name(struct scan *s, char out[IPK_PATTERN_MAX])
{
	struct str word, rest, name;

	TRY(scan_need(s, "a file name", &word));
	if (word.len >= IPK_PATTERN_MAX || word.at[0] == '.')
		return SCAN_FAIL(s, "a file name of 1 to %d characters, the first no point",
		                 IPK_PATTERN_MAX - 1);
	for (size_t i = 0; i < word.len; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-{}",
		            word.at[i]))
			return SCAN_FAIL(s, "no file name has a '%c'", word.at[i]);
	rest = word;
	while (str_cut(rest, '{', &name, &rest)) {
		if (memchr(name.at, '}', name.len) || !str_cut(rest, '}', &name, &rest))
			return SCAN_FAIL(s, "%s", "a brace that is not closed");
		TRY(scan_name(s, name, IN_FILE_NAME, &(enum ipk_name){ 0 }));
	}
	if (memchr(name.at, '}', name.len))
		return SCAN_FAIL(s, "%s", "a brace that was not opened");
	str_copy(word, out, IPK_PATTERN_MAX);
	return OK;
}

static result read_profile(struct scan *s, struct ipk_profile *out)
{
	struct str word;

	TRY(scan_need(s, "the profile's name", &word));
	if (word.len >= IPK_PROFILE_NAME_MAX)
		return SCAN_FAIL(s, "a name of at most %d characters", IPK_PROFILE_NAME_MAX - 1);
	str_copy(word, out->name, sizeof out->name);
	return OK;
}

static result read_request_name(struct scan *s, struct ipk_profile *out)
{
	return read_file_name(s, out->request_name);
}

static result read_plain(struct scan *s, struct ipk_profile *out)
{
	return scan_fields(s, IN_REQUEST, SCAN_SLICES, &out->plain);
}

static result read_block(struct scan *s, struct ipk_profile *out)
{
	return scan_fields(s, IN_BLOCK, SCAN_SLICES, &out->block);
}

static result read_hash(struct scan *s, struct ipk_profile *out)
{
	TRY(scan_word_is(s, "sha1"));
	return scan_fields(s, IN_REQUEST, SCAN_SLICES | SCAN_PARTS, &out->hash);
}

static result read_hash_file(struct scan *s, struct ipk_profile *out)
{
	static const char *const forms[] = { "hex", "raw" };
	size_t form;

	TRY(read_file_name(s, out->hash_name));
	TRY(scan_choice(s, forms, ARRAY_LEN(forms), &form));
	out->hash_is_hex = form == 0;
	return scan_fields(s, IN_BLOCK, SCAN_SLICES, &out->hash_file);
}

static result read_response(struct scan *s, struct ipk_profile *out)
{
	return scan_fields(s, IN_RESPONSE, 0, &out->response);
}

static result read_certificate(struct scan *s, struct ipk_profile *out)
{
	(void)out;
	return scan_word_is(s, "NCA");
}

static result read_detach(struct scan *s, struct ipk_profile *out)
{
	static const char *const forms[] = { "none", "pkcs1-digestinfo", "pkcs1-raw01" };
	size_t form;

	TRY(scan_choice(s, forms, ARRAY_LEN(forms), &form));
	out->detach = (enum ipk_detach)form;
	if (form == IPK_DETACH_NONE)
		return OK;
	TRY(scan_word_is(s, "sha1"));
	TRY(scan_word_is(s, "plain"));
	TRY(scan_word_is(s, "+"));
	return scan_word_is(s, "recovered-cert");
}

static result read_default(struct scan *s, struct str word, struct ipk_values *out)
{
	struct str name_text, value;
	enum ipk_name name;
	uint64_t number;

	if (!str_cut(word, '=', &name_text, &value))
		return SCAN_FAIL(s, "%s", "a default is written NAME=value");
	TRY(scan_name(s, name_text, IN_DEFAULTS, &name));
	if (ipk_name_is_number(name) ? is_ok(str_u64(value, &number)) && number <= IPK_VALUE_MAX &&
	                                       is_ok(ipk_set_number(out, name, number))
	                             : is_ok(ipk_set_text(out, name, value)))
		return OK;
	return SCAN_FAIL(s, "not a value of %s", ipk_name_text(name));
}

static result read_defaults(struct scan *s, struct ipk_profile *out)
{
	struct str word;

	while (scan_word(s, &word))
		TRY(read_default(s, word, &out->defaults));
	return OK;
}

/* --- the whole --- */

static const struct line {
	const char *key;
	result (*read)(struct scan *s, struct ipk_profile *out);
} lines[] = {
	{ "profile", read_profile },         { "request.name", read_request_name },
	{ "request.plain", read_plain },     { "request.block", read_block },
	{ "request.hash", read_hash },       { "hashfile", read_hash_file },
	{ "response.plain", read_response }, { "response.cert", read_certificate },
	{ "response.detach", read_detach },  { "defaults", read_defaults },
};

static result read_line(struct scan *s, bool seen[ARRAY_LEN(lines)], struct ipk_profile *out)
{
	const char *keys[ARRAY_LEN(lines)];
	struct str word;
	size_t i;

	if (!scan_word(s, &word))
		return OK; /* empty, or a comment */
	for (i = 0; i < ARRAY_LEN(lines); i++)
		keys[i] = lines[i].key;
	TRY(scan_known(s, word, keys, ARRAY_LEN(lines), &i));
	if (seen[i])
		return SCAN_FAIL(s, "%s stands twice", lines[i].key);
	seen[i] = true;
	TRY(lines[i].read(s, out));
	return scan_word(s, &word) ? SCAN_FAIL(s, "%s", "a word too many") : OK;
}

/* What reads back: a length in front of what it is the length of. */
static bool is_led(const struct ipk_fields *f, enum ipk_name name, enum ipk_name length)
{
	return ipk_fields_find(f, length) < ipk_fields_find(f, name) &&
	       ipk_fields_find(f, name) < f->count;
}

static size_t count_of(const struct ipk_fields *f, enum ipk_name name)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->at[i].kind == IPK_WHOLE && f->at[i].name == name;
	return count;
}

static result check(const struct ipk_profile *p)
{
	const struct ipk_fields *r = &p->response;

	if (!is_led(&p->plain, IPK_N, IPK_NI) || !is_led(&p->plain, IPK_E, IPK_EL))
		return FAIL(IPK_PROFILE, "request.plain has N behind NI and E behind EL");
	if (count_of(&p->block, IPK_HASH) != 1)
		return FAIL(IPK_PROFILE, "request.block has HASH once");
	if (count_of(r, IPK_CAI) != 1 || count_of(r, IPK_R) != 1 || count_of(r, IPK_E) != 1)
		return FAIL(IPK_PROFILE, "response.plain has CAI, R and E once");
	if (!is_led(r, IPK_R, IPK_RL) && !is_led(r, IPK_R, IPK_CAI))
		return FAIL(IPK_PROFILE, "response.plain has R behind RL or CAI");
	return OK;
}

result ipk_profile_parse(struct str text, struct ipk_profile *out)
{
	bool seen[ARRAY_LEN(lines)] = { false };
	struct scan s = { 0 };
	struct str line, rest = text;

	*out = (struct ipk_profile){ 0 };
	if (text.len > IPK_PROFILE_TEXT_MAX || !str_is_utf8(text))
		return FAIL(IPK_PROFILE, "not UTF-8 of at most %d bytes", IPK_PROFILE_TEXT_MAX);
	while (rest.len) {
		str_cut(rest, '\n', &line, &rest);
		scan_begin(&s, line);
		TRY(read_line(&s, seen, out));
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!seen[i])
			return FAIL(IPK_PROFILE, "line %d, column 1: no %s up to the end",
			            s.line + 1, lines[i].key);
	return check(out);
}
