/* SPDX-License-Identifier: Apache-2.0 */
/* file.h — small files that are there whole, or as they were before. */
#pragma once

#include "base/bytes.h"

enum { FILE_NAME_MAX = 1024 }; /* of a path, with its end */

/*
 * Put `content` under `path`, mode 0600, instead of what is there: written as PATH.new, made
 * durable, renamed, and the folder made durable. Whoever reads finds the old content or the new
 * one, whatever is killed. One writer of a path at a time. FILE_WRITE.
 */
result file_put(const char *path, struct bytes content);
/* The same with a file that some other code has filled under the name `made`, in the same folder:
 * it is made durable and gets its name. */
result file_settle(const char *made, const char *path);
/* Is nothing in this folder, hidden files included? FILE_READ. */
result file_folder_is_empty(const char *dir, bool *empty);
/* What is in a file of at most `size` bytes, into `room`. FILE_READ: not there, or longer. */
result file_get(const char *path, uint8_t *room, size_t size, struct bytes *out);
