/* SPDX-License-Identifier: Apache-2.0 */
/* prompt.h — what a person types and nobody may read over the shoulder. */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

/* Ask on the terminal without showing what is typed; without a terminal a line of standard input.
 * PROMPT_EMPTY, PROMPT_LONG. */
result prompt_secret(const char *question, struct secret *out);
/* The same for longer texts, NUL-ended into out[size]. The caller wipes it. */
result prompt_text(const char *question, bool shown, char *out, size_t size);
