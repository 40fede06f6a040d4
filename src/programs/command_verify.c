/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "ledger/verify.h"
#include "programs/command.h"
#include "programs/site.h"

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " rows", done, total);
}

static result verify(const char *dir, struct verify_report *report)
{
	struct verify_progress progress = { show_progress, NULL };
	struct ledger_store *store = NULL;
	struct site site;
	char dsn[SITE_PATH_MAX];
	result r;

	TRY(site_open(dir, &site));
	TRY(ledger_store_open(str_of(site_dsn(&site, dsn)), STORE_READER, "verify",
	                      clock_now(clock_system()), &store));
	r = ledger_verify(store, &progress, report);
	ledger_store_close(store);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\n");
	return r;
}

int command_verify(int argc, char **argv)
{
	const char *dir = NULL;
	struct command_option options[] = { { "site", &dir, NULL, true } };
	struct verify_report report = { 0 };
	char hash[2 * JOURNAL_HASH_SIZE + 1];
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = verify(dir, &report);
	if (!is_ok(r))
		return command_failed(r);
	hex_encode(bytes_of(report.last_hash, JOURNAL_HASH_SIZE), hash);
	printf("%" PRIu64 " rows in %" PRIu64 " batches, %" PRIu64 " accounts, %" PRIu64
	       " view entries (views up to row %" PRIu64 "), %.1f s\nlast row %" PRIu64
	       ", last hash %s\n",
	       report.rows, report.batches, report.accounts, report.entries, report.views_lsn,
	       (double)report.took_us / SECOND_US, report.last_lsn, hash);
	if (report.clean) {
		printf("clean: every row, batch record, balance and view agrees\n");
		return EXIT_DONE;
	}
	printf("DIFFERENCE in %s, batch %" PRIu64 ", row %" PRIu64 ", %s: %s\n", report.first.table,
	       report.first.batch, report.first.row, report.first.field, report.first.text);
	return EXIT_REFUSED;
}
