/* SPDX-License-Identifier: Apache-2.0 */
/* key_answer.h — `yika key --out FILE`: what an answer holds for a file. */
#pragma once

#include "base/arena.h"

/*
 * Write a member of the answer, one JSON object, to a new file that only its owner may read: the
 * one of that name, or (NULL) the first of those that orders give for files. A member whose name
 * ends in "_hex" is written as the bytes it says. *saved: which one it was, static or `member`.
 * USAGE: there is none; INVALID_HEX, FILE_WRITE.
 */
result key_answer_save(struct str answer, const char *member, const char *path, struct arena *a,
                       const char **saved);
/* Could one be written there? Asked before an order whose answer is told once. FILE_WRITE. */
result key_answer_try(const char *path);

/* What is told ahead of an answer, {"progress":DONE,"of":TOTAL}, as people read it: "512 / 4000
 * (12 %)". False when the line is no such thing; *done: it was the last one. */
enum { KEY_PROGRESS_SIZE = 64 };
bool key_answer_progress(struct str line, char out[KEY_PROGRESS_SIZE], bool *done);
