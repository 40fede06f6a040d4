/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/officer_session.h"

#include "base/secret.h"

enum { TOKEN_BYTES = (OFFICER_TOKEN_SIZE - 1) / 2 };

static bool is_idle(const struct officer_session *one, struct instant now)
{
	return now.us - one->used.us > OFFICER_IDLE_S * (int64_t)SECOND_US;
}

struct officer_session *officer_session_open(struct officer_sessions *s,
                                             struct random_source *random, int64_t officer,
                                             struct instant now)
{
	struct officer_session *place = &s->at[0];
	uint8_t bytes[TOKEN_BYTES];

	for (size_t i = 0; i < OFFICER_SESSIONS_MAX && place->token[0]; i++)
		if (!s->at[i].token[0] || s->at[i].used.us < place->used.us)
			place = &s->at[i];
	random_fill(random, bytes, sizeof bytes);
	hex_encode(bytes_of(bytes, sizeof bytes), place->token);
	secret_wipe_bytes(bytes, sizeof bytes);
	place->officer = officer;
	place->used = now;
	return place;
}

struct officer_session *officer_session_find(struct officer_sessions *s, struct str token,
                                             struct instant now)
{
	struct officer_session *found = NULL;

	if (token.len != OFFICER_TOKEN_SIZE - 1)
		return NULL;
	for (size_t i = 0; i < OFFICER_SESSIONS_MAX; i++)
		if (s->at[i].token[0] &&
		    bytes_equal_secret(str_bytes(str_of(s->at[i].token)), str_bytes(token)))
			found = &s->at[i];
	if (found && is_idle(found, now)) {
		officer_session_close(found);
		return NULL;
	}
	if (found)
		found->used = now;
	return found;
}

void officer_session_close(struct officer_session *one)
{
	secret_wipe_bytes(one, sizeof *one);
}

void officer_session_close_all(struct officer_sessions *s, int64_t officer)
{
	for (size_t i = 0; i < OFFICER_SESSIONS_MAX; i++)
		if (s->at[i].token[0] && s->at[i].officer == officer)
			officer_session_close(&s->at[i]);
}

void officer_session_expire(struct officer_sessions *s, struct instant now)
{
	for (size_t i = 0; i < OFFICER_SESSIONS_MAX; i++)
		if (s->at[i].token[0] && is_idle(&s->at[i], now))
			officer_session_close(&s->at[i]);
}
