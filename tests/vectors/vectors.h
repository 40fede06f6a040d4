/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h — known answers from tests/vectors: text files with one value a line, name and
 * upper-case hex. */
#pragma once

#include "base/bytes.h"

enum { VECTORS_VALUE_MAX = 1024 };

/* The value of a name in tests/vectors/FILE; the run ends with a clear message when it is not
 * there. Kept for the run. */
struct bytes vector(const char *file, const char *name);
