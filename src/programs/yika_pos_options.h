/* SPDX-License-Identifier: Apache-2.0 */
/* yika_pos_options.h — the command line of yika-pos. */
#pragma once

#include "device/pos/pos_till.h"

/* Borrowed from the command line. */
struct yika_pos_options {
	const char *sam, *passphrase, *host, *journal, *script;
	struct pos_till_config till;
};

extern const char yika_pos_usage[];

/* False when the command line cannot be understood. */
bool yika_pos_options(int argc, char **argv, struct yika_pos_options *out);
