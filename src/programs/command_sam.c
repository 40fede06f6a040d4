/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "programs/command.h"
#include "programs/kms_beside.h"
#include "programs/sam_file.h"

struct order {
	const char *dir, *node, *out, *passphrase;
};

static result write_from(const struct site *site, struct platform *p, struct kms_link *kms,
                         const struct order *o)
{
	struct sam_source source = { p, kms };
	result r;

	TRY(platform_open(site, clock_system(), p));
	r = kms_beside_link(site, kms);
	if (is_ok(r))
		r = sam_file_write(&source, o->node, o->out, o->passphrase);
	kms_link_close(kms);
	platform_close(p);
	return r;
}

static result write_sam(const struct order *o)
{
	SCOPED(kms_beside_stop) struct kms_beside kms = { 0 };
	struct platform *p = calloc(1, sizeof *p);
	struct kms_link *link = calloc(1, sizeof *link);
	struct site site;
	result r = site_open(o->dir, &site);

	ASSERT(p && link);
	link->fd = -1;
	if (is_ok(r))
		r = kms_beside_start(&site, &kms);
	if (is_ok(r))
		r = write_from(&site, p, link, o);
	free(p);
	free(link);
	return r;
}

int command_sam(int argc, char **argv)
{
	struct order o = { 0 };
	struct command_option options[] = {
		{ "site", &o.dir, NULL, true },
		{ "node", &o.node, NULL, true },
		{ "out", &o.out, NULL, true },
		{ "passphrase", &o.passphrase, NULL, true },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = write_sam(&o);
	if (!is_ok(r))
		return command_failed(r);
	printf("SAM of node %s written to %s\n", o.node, o.out);
	return EXIT_DONE;
}
