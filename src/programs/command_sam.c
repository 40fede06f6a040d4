/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "programs/command.h"
#include "programs/sam_file.h"

static result write_sam(const char *dir, const char *node, const char *out, const char *passphrase)
{
	struct platform *p = calloc(1, sizeof *p);
	struct site site;
	result r;

	ASSERT(p);
	r = site_open(dir, &site);
	if (is_ok(r))
		r = platform_open(&site, clock_system(), p);
	if (is_ok(r)) {
		r = sam_file_write(p, node, out, passphrase);
		platform_close(p);
	}
	free(p);
	return r;
}

int command_sam(int argc, char **argv)
{
	const char *dir = NULL, *node = NULL, *out = NULL, *passphrase = NULL;
	struct command_option options[] = {
		{ "site", &dir, NULL, true },
		{ "node", &node, NULL, true },
		{ "out", &out, NULL, true },
		{ "passphrase", &passphrase, NULL, true },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = write_sam(dir, node, out, passphrase);
	if (!is_ok(r))
		return command_failed(r);
	printf("SAM of node %s written to %s\n", node, out);
	return EXIT_DONE;
}
