/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_keep.h — a second copy of the one file of a software token that is written at every login.
 *
 * SoftHSM 2.6.1 empties and rewrites `token.object` in its place when somebody logs in. A process
 * that is killed between the two leaves an empty file, and the token with all its keys is not found
 * any more. `token.kept` beside it is written whole, with another name first, so one of the two is
 * always there. Private to hsm/.
 */
#pragma once

#include "base/result.h"

/* `conf`: path of a softhsm2.conf; "" or a file without directories.tokendir: nothing is done. Any
 * thread, one at a time. */

/* Before the library reads its tokens: an empty or missing token.object is filled from its copy.
 * FILE_WRITE, FILE_READ. */
result hsm_token_mend(const char *conf);
/* After a login or a new PIN: the copy of the tokens with this label is made anew where the token
 * says something else than it. FILE_WRITE, FILE_READ. */
result hsm_token_keep(const char *conf, const char *label);
