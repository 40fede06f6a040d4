/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ipk/values.h"

static const struct {
	const char *text;
	uint8_t min, max;     /* bytes */
	enum ipk_name length; /* the name that says its length, or IPK_NAMES */
} names[IPK_NAMES] = {
	[IPK_NI] = { "NI", 1, 1, IPK_NAMES },       [IPK_N] = { "N", 64, IPK_VALUE_MAX, IPK_NI },
	[IPK_EL] = { "EL", 1, 1, IPK_NAMES },       [IPK_E] = { "E", 1, 3, IPK_EL },
	[IPK_IIN] = { "IIN", 4, 4, IPK_NAMES },     [IPK_EXP] = { "EXP", 2, 2, IPK_NAMES },
	[IPK_TRK] = { "TRK", 3, 3, IPK_NAMES },     [IPK_SVC] = { "SVC", 4, 4, IPK_NAMES },
	[IPK_HASH] = { "HASH", 20, 20, IPK_NAMES }, [IPK_NCA] = { "NCA", 1, 1, IPK_NAMES },
	[IPK_R] = { "R", 0, 36, IPK_RL },           [IPK_RL] = { "RL", 1, 1, IPK_NAMES },
	[IPK_SN] = { "SN", 3, 3, IPK_NAMES },       [IPK_CAI] = { "CAI", 1, 1, IPK_NAMES },
	[IPK_IDX] = { "IDX", 3, 3, IPK_NAMES },
};

const char *ipk_name_text(enum ipk_name name)
{
	return names[name].text;
}

enum ipk_name ipk_name_of(struct str text)
{
	unsigned name = 0;

	while (name < IPK_NAMES && !str_equal(text, str_of(names[name].text)))
		name++;
	return (enum ipk_name)name;
}

bool ipk_name_is_number(enum ipk_name name)
{
	return name == IPK_NI || name == IPK_EL || name == IPK_RL || name == IPK_NCA;
}

/* --- forms --- */

/* Digits, then F to the end. */
static bool is_issuer(struct bytes b)
{
	size_t digits = 0;

	for (size_t i = 0; i < 2 * b.len; i++) {
		uint8_t nibble = i % 2 ? b.at[i / 2] & 15 : b.at[i / 2] >> 4;

		if (nibble <= 9 && digits == i)
			digits++;
		else if (nibble != 15)
			return false;
	}
	return digits >= 3;
}

static bool is_month(struct bytes b)
{
	uint8_t month = b.at[0];

	return ((month >= 0x01 && month <= 0x09) || (month >= 0x10 && month <= 0x12)) &&
	       b.at[1] >> 4 <= 9 && (b.at[1] & 15) <= 9;
}

static bool is_of_form(enum ipk_name name, struct bytes value)
{
	switch (name) {
	case IPK_IIN:
		return is_issuer(value);
	case IPK_EXP:
		return is_month(value);
	default:
		return true;
	}
}

/* --- setting --- */

result ipk_set(struct ipk_values *v, enum ipk_name name, struct bytes value)
{
	struct ipk_value *of = &v->of[name];

	if (value.len < names[name].min || value.len > names[name].max)
		return FAIL(IPK_VALUE, "%s of %zu bytes", names[name].text, value.len);
	if (!is_of_form(name, value))
		return FAIL(IPK_VALUE, "%s is malformed", names[name].text);
	if (of->is_set && !bytes_equal(value, ipk_get(v, name)))
		return FAIL(IPK_VALUE, "%s is not what it was before", names[name].text);
	if (names[name].length != IPK_NAMES)
		TRY(ipk_set_number(v, names[name].length, value.len));
	of->is_set = true;
	of->len = (uint8_t)value.len;
	if (value.len)
		memcpy(of->at, value.at, value.len);
	return OK;
}

result ipk_set_number(struct ipk_values *v, enum ipk_name name, size_t number)
{
	uint8_t byte = (uint8_t)number;

	if (number > IPK_VALUE_MAX)
		return FAIL(IPK_VALUE, "%s = %zu", names[name].text, number);
	return ipk_set(v, name, bytes_of(&byte, 1));
}

static result set_issuer(struct ipk_values *v, struct str digits)
{
	char padded[] = "FFFFFFFF";
	uint8_t issuer[4];

	if (digits.len > 8)
		return FAIL(IPK_VALUE, "IIN has 3 to 8 digits");
	memcpy(padded, digits.at, digits.len);
	TRY(hex_decode(str_of(padded), issuer, sizeof issuer));
	return ipk_set(v, IPK_IIN, bytes_of(issuer, sizeof issuer));
}

result ipk_set_text(struct ipk_values *v, enum ipk_name name, struct str text)
{
	bool is_decimal = name == IPK_IIN || name == IPK_EXP || name == IPK_TRK || name == IPK_IDX;
	uint8_t value[IPK_VALUE_MAX];

	if (is_decimal && !str_is_digits(text))
		return FAIL(IPK_VALUE, "%s is written in digits", names[name].text);
	if (name == IPK_IIN)
		return set_issuer(v, text);
	if (text.len / 2 > sizeof value || !is_ok(hex_decode(text, value, text.len / 2)))
		return FAIL(IPK_VALUE, "%s has pairs of hexadecimal digits", names[name].text);
	return ipk_set(v, name, bytes_of(value, text.len / 2));
}

result ipk_set_missing(struct ipk_values *v, const struct ipk_values *from)
{
	for (unsigned i = 0; i < IPK_NAMES; i++)
		if (from->of[i].is_set && !v->of[i].is_set)
			TRY(ipk_set(v, (enum ipk_name)i, ipk_get(from, (enum ipk_name)i)));
	return OK;
}

/* --- getting --- */

struct bytes ipk_get(const struct ipk_values *v, enum ipk_name name)
{
	const struct ipk_value *of = &v->of[name];

	return of->is_set ? bytes_of(of->at, of->len) : (struct bytes){ 0 };
}

size_t ipk_number(const struct ipk_values *v, enum ipk_name name)
{
	struct bytes b = ipk_get(v, name);

	return b.len ? b.at[0] : 0;
}

bool ipk_is_same(const struct ipk_values *a, const struct ipk_values *b, enum ipk_name name)
{
	return ipk_is_set(a, name) == ipk_is_set(b, name) &&
	       bytes_equal(ipk_get(a, name), ipk_get(b, name));
}

result ipk_size(const struct ipk_values *v, enum ipk_name name, size_t *size)
{
	enum ipk_name length = names[name].length;

	if (length == IPK_NAMES)
		*size = names[name].min;
	else if (ipk_is_set(v, length))
		*size = ipk_number(v, length);
	else
		return FAIL(IPK_VALUE, "%s has no length before it", names[name].text);
	return OK;
}
