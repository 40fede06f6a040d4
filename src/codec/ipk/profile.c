/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ipk/profile.h"

enum { BUILTINS_MAX = 16 };

result ipk_profile_load(struct str name, struct ipk_profile *out)
{
	const char *known[BUILTINS_MAX], *near;

	ASSERT(ipk_builtin_count <= BUILTINS_MAX);
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		known[i] = ipk_builtins[i].name;
		if (str_equal(name, str_of(known[i])))
			return ipk_profile_parse(str_of(ipk_builtins[i].text), out);
	}
	near = ipk_nearest(name, known, ipk_builtin_count);
	return FAIL(IPK_PROFILE, "no profile \"%.*s\"%s%s", (int)(name.len > 40 ? 40 : name.len),
	            name.at, near ? ", did you mean " : "", near ? near : "");
}

/* --- nearest word --- */

enum { NEAR_ENOUGH = 3 };

const char *ipk_nearest(struct str word, const char *const *known, size_t count)
{
	size_t least = NEAR_ENOUGH + 1;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t far = str_distance(word, str_of(known[i]));

		if (far < least && far < word.len) {
			least = far;
			best = known[i];
		}
	}
	return best;
}

/* --- file names --- */

static result put_value(enum ipk_name name, const struct ipk_values *v, struct writer *w)
{
	struct bytes value = ipk_get(v, name);
	char hex[2 * IPK_VALUE_MAX + 1];
	struct str text;

	if (!ipk_is_set(v, name))
		return FAIL(IPK_VALUE, "%s is not known", ipk_name_text(name));
	hex_encode(value, hex);
	text = str_of(hex);
	while (name == IPK_IIN && text.len && text.at[text.len - 1] == 'F')
		text.len--;
	writer_str(w, text);
	return OK;
}

result ipk_profile_file_name(const char *pattern, const struct ipk_values *v,
                             char out[IPK_FILE_NAME_MAX])
{
	struct writer w = writer_of(out, IPK_FILE_NAME_MAX);
	struct str rest = str_of(pattern), before, name;

	while (str_cut(rest, '{', &before, &rest)) {
		writer_str(&w, before);
		str_cut(rest, '}', &name, &rest);
		ASSERT(ipk_name_of(name) != IPK_NAMES); /* the parser saw to it */
		TRY(put_value(ipk_name_of(name), v, &w));
	}
	writer_str(&w, before);
	writer_u8(&w, 0);
	return writer_done(&w);
}
