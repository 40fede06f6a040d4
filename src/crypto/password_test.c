/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <pthread.h>

#include "crypto/digest.h"
#include "crypto/password.h"

TEST(a_password_matches_its_hash_and_no_other)
{
	char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];

	REQUIRE_OK(password_hash(str_bytes(STR("correct horse")), hash));
	REQUIRE_OK(password_hash(str_bytes(STR("correct horse")), again));
	CHECK(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31) == 0);
	CHECK(strcmp(hash, again) != 0);
	CHECK(password_matches(str_bytes(STR("correct horse")), hash));
	CHECK(!password_matches(str_bytes(STR("correct horsf")), hash));
	CHECK(!password_matches(str_bytes(STR("")), hash));
	CHECK(!password_needs_rehash(hash));
}

TEST(what_is_no_hash_matches_nothing)
{
	static char long_password[PASSWORD_MAX + 1];
	static const char *const texts[] = { "", "!", "$argon2id$",
		                             "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$x" },
	                         *const * text;
	char hash[PASSWORD_HASH_SIZE];

	EACH (text, texts) {
		CHECK(!password_matches(str_bytes(STR("")), *text));
		CHECK(password_needs_rehash(*text));
	}
	CHECK_RESULT("", password_hash(bytes_of(long_password, sizeof long_password), hash),
	             PASSWORD_TOO_LONG);
	CHECK(!password_matches(bytes_of(long_password, sizeof long_password), hash));
}

TEST(a_weaker_hash_asks_to_be_made_again)
{
	const char *weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
	                   "X4HxzBnbW8KQW0W2k4dLw5TnWl1C3bq5o0gXlq5rY3I";

	CHECK(password_needs_rehash(weak));
}

static void *match_in_thread(void *hash)
{
	uint8_t digest[DIGEST_SIZE];

	digest_sha256(str_bytes(STR("a thread has a context of its own")), digest);
	return password_matches(str_bytes(STR("correct horse")), hash) ? hash : NULL;
}

/* More than may work at once: the others wait their turn. */
TEST(passwords_are_checked_from_many_threads)
{
	pthread_t threads[2 * PASSWORD_AT_ONCE];
	char hash[PASSWORD_HASH_SIZE];

	REQUIRE_OK(password_hash(str_bytes(STR("correct horse")), hash));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		REQUIRE(pthread_create(&threads[i], NULL, match_in_thread, hash) == 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *matched = NULL;

		pthread_join(threads[i], &matched);
		CHECK(matched == hash);
	}
}
