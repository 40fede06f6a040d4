/* SPDX-License-Identifier: Apache-2.0 */
/* Who acts, what a role may do, which passwords are good enough. */
#include "domain/access/operator.h"
#include "domain/domain_sql.h"

const char *const permission_names[] = {
	"operators",         "people.read",  "people.write", "card.issue",
	"card.report_lost",  "card.replace", "merchants",    "terminals",
	"transactions.read", "proof",        "cash",         "import",
	"audit.read",        "keys",         "keys.pages",   NULL,
};

_Static_assert(ARRAY_LEN(permission_names) == PERMISSION_COUNT + 1, "a name for each permission");

struct actor actor_system(const char *what)
{
	struct actor a = { .permissions = (1ull << PERMISSION_COUNT) - 1 };

	str_copy(str_of(what), a.name, sizeof a.name);
	return a;
}

result access_require(const struct actor *by, enum permission p)
{
	if (by->permissions >> p & 1)
		return OK;
	return FAIL(ACCESS_DENIED, "%s lacks %s", by->name, permission_names[p]);
}

/* "people.read proof" as bits; words that this program does not know give nothing. */
uint64_t access_parse_permissions(struct str text)
{
	uint64_t bits = 0;
	struct str word, rest = text;
	bool more = text.len > 0;

	while (more) {
		more = str_cut(rest, ' ', &word, &rest);
		for (int p = 0; p < PERMISSION_COUNT; p++)
			if (str_equal(word, str_of(permission_names[p])))
				bits |= 1ull << p;
	}
	return bits;
}

result access_role_permissions(struct db_tx *tx, const char *role, uint64_t *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char text[512];

	TRY(db_select(tx, &sql_access_role_permissions, DB_ARGS(db_arg_text(role)), &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(ACCESS_ROLE, "%s", role);
	}
	db_text(&rows, 0, text, sizeof text);
	*out = access_parse_permissions(str_of(text));
	return db_done(&rows);
}

/* --- passwords --- */

void access_generate_password(struct random_source *random, char out[ACCESS_GENERATED_SIZE])
{
	/* 32 letters and digits without 0 O 1 l I: five bits each. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t bytes[ACCESS_GENERATED_SIZE - 1];

	_Static_assert(sizeof letters == 33, "five bits a letter");
	random_fill(random, bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		out[i] = letters[bytes[i] & 31];
	out[sizeof bytes] = 0;
}

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((uint8_t)s.at[i] & 0xC0) != 0x80;
	return n;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool contains(struct str text, struct str part)
{
	for (size_t at = 0; part.len > 0 && at + part.len <= text.len; at++) {
		size_t same = 0;
		while (same < part.len && lower(text.at[at + same]) == lower(part.at[same]))
			same++;
		if (same == part.len)
			return true;
	}
	return false;
}

static size_t distinct(struct str s)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		n += !seen[(uint8_t)s.at[i]];
		seen[(uint8_t)s.at[i]] = true;
	}
	return n;
}

result access_check_password(struct str name, struct str password)
{
	if (!str_is_utf8(password) || characters(password) < ACCESS_PASSWORD_MIN)
		return FAIL(ACCESS_PASSWORD_WEAK, "at least %d characters", ACCESS_PASSWORD_MIN);
	if (password.len > ACCESS_PASSWORD_MAX)
		return FAIL(ACCESS_PASSWORD_WEAK, "at most %d bytes", ACCESS_PASSWORD_MAX);
	if (contains(password, name))
		return FAIL(ACCESS_PASSWORD_WEAK, "the login name is in it");
	if (distinct(password) < 5)
		return FAIL(ACCESS_PASSWORD_WEAK, "at least 5 different characters");
	return OK;
}
