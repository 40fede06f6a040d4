/* SPDX-License-Identifier: Apache-2.0 */
/* key_answer.h — `yika key --out FILE`: what an answer holds for a file. */
#pragma once

#include "base/arena.h"

/*
 * Write a member of the answer, one JSON object, to a new file that only its owner may read: the
 * one of that name, or (NULL) the first of those that orders give for files. A member whose name
 * ends in "_hex" is written as the bytes it says. USAGE: there is none; INVALID_HEX, FILE_WRITE.
 */
result key_answer_save(struct str answer, const char *member, const char *path, struct arena *a);
