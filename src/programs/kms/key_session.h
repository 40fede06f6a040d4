/* SPDX-License-Identifier: Apache-2.0 */
/* key_session.h — which officer a person at this terminal is logged in as: the session's token in a
 * file of mode 0600 of that person's own, gone after ten idle minutes at the key manager. */
#pragma once

#include "base/bytes.h"

enum { KEY_SESSION_SIZE = 64, KEY_SESSION_PATH = 512 };

/* name NULL: the one who logged in last. OFFICER_SESSION when nobody is. */
result key_session_load(const char *name, char token[KEY_SESSION_SIZE]);
result key_session_save(const char *name, const char *token); /* FILE_WRITE */
void key_session_forget(const char *name);                    /* NULL: as above */
