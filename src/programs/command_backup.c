/* SPDX-License-Identifier: Apache-2.0 */
/* yika backup — configuration and store of a site and of its key manager, while they run. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "db/db.h"
#include "programs/command.h"
#include "programs/kms/kms_home.h"
#include "programs/site.h"

enum { BACKUP_PATH = 2 * SITE_PATH_MAX, CONF_MAX = 64 * 1024, CHUNK = 64 * 1024 };

static const char sqlite_prefix[] = "sqlite:";

/* --- the folder --- */

static result require_empty(const char *dir)
{
	bool empty = false;

	TRY(file_folder_is_empty(dir, &empty));
	return empty ? OK
	             : FAIL(FILE_WRITE, "%s is not empty: each backup wants a folder of its own",
	                    dir);
}

static result claim(const char *dir)
{
	if (mkdir(dir, 0700) == 0)
		return OK;
	return errno == EEXIST ? require_empty(dir) : FAIL(FILE_WRITE, "%s: %m", dir);
}

/* --- files --- */

static result hash_of(const char *path, uint8_t hash[DIGEST_SIZE], int64_t *size)
{
	static uint8_t chunk[CHUNK];
	SCOPED(digest_deinit) struct digest d = { 0 };
	size_t n;

	TRY(digest_init(&d, DIGEST_SHA256));
	digest_begin(&d);
	FILE *f = fopen(path, "re");
	if (!f)
		return FAIL(FILE_READ, "%s: %m", path);
	*size = 0;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) {
		digest_add(&d, bytes_of(chunk, n));
		*size += (int64_t)n;
	}
	bool whole = !ferror(f);
	fclose(f);
	digest_end(&d, hash);
	return whole ? OK : FAIL(FILE_READ, "%s: %m", path);
}

/* A line for the log book: what now lies there. */
static result tell(const char *path)
{
	uint8_t hash[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];
	int64_t size = 0;

	TRY(hash_of(path, hash, &size));
	hex_encode(bytes_of(hash, sizeof hash), hex);
	printf("%s  %" PRId64 " bytes, SHA-256 %s\n", path, size, hex);
	return OK;
}

struct progress {
	const char *name;
	bool shown;
};

static void show_progress(void *arg, int64_t done, int64_t total)
{
	struct progress *p = arg;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s: %" PRId64 " of about %" PRId64 " MB", p->name, done >> 20,
	        total >> 20);
	p->shown = true;
}

static result copy_conf(const char *from, const char *dir, const char *name)
{
	static uint8_t room[CONF_MAX];
	char to[BACKUP_PATH];
	struct bytes text;

	snprintf(to, sizeof to, "%s/%s", dir, name);
	TRY(file_get(from, room, sizeof room, &text));
	TRY(file_put(to, text));
	return tell(to);
}

static result require_sqlite(const char *dsn)
{
	bool fits = strncmp(dsn, sqlite_prefix, strlen(sqlite_prefix)) == 0 && strchr(dsn, '/');

	return fits ? OK : FAIL(DB_NO_COPY, "%s", dsn);
}

/* Under the name that the configuration has for it, so that the copy is a site again. */
static result copy_store(const char *dsn, unsigned flags, const char *dir)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	char to[BACKUP_PATH], name[SITE_PATH_MAX];
	struct progress progress = { .name = name };

	str_copy(str_of(strrchr(dsn, '/') + 1), name, sizeof name);
	snprintf(to, sizeof to, "%s/%s", dir, name);
	TRY(db_open(str_of(dsn), DB_READ_ONLY | flags, &db));
	result r = db_copy(db, to, show_progress, &progress);
	if (progress.shown)
		fprintf(stderr, "\n");
	return is_ok(r) ? tell(to) : r;
}

/* --- what is backed up --- */

struct backup {
	struct site site;
	struct kms_home kms;
	char site_dsn[SITE_PATH_MAX], kms_dsn[KMS_HOME_PATH];
	bool has_site, has_kms;
};

static result find_kms(struct backup *b, const char *dir)
{
	TRY(kms_home_open(dir, &b->kms));
	TRY(require_sqlite(kms_home_dsn(&b->kms, b->kms_dsn)));
	b->has_kms = true;
	return OK;
}

/* With the key manager in the site's own folder; another one is another user's. */
static result find_site(struct backup *b, const char *dir)
{
	char kms[SITE_PATH_MAX], conf[BACKUP_PATH];

	TRY(site_open(dir, &b->site));
	TRY(require_sqlite(site_dsn(&b->site, b->site_dsn)));
	b->has_site = true;
	snprintf(conf, sizeof conf, "%s/kms.conf", site_path(&b->site, b->site.conf.kms_dir, kms));
	if (access(conf, R_OK) == 0)
		return find_kms(b, kms);
	fprintf(stderr, "its key manager lies elsewhere: yika backup --kms DIR --out DIR, by its "
	                "own user\n");
	return OK;
}

static result copy_all(const struct backup *b, const char *out)
{
	char path[SITE_PATH_MAX], kms_path[KMS_HOME_PATH];

	TRY(claim(out));
	if (b->has_site) {
		TRY(copy_conf(site_path(&b->site, "yika.conf", path), out, "yika.conf"));
		TRY(copy_store(b->site_dsn, 0, out));
	}
	if (b->has_kms) {
		TRY(copy_conf(kms_home_path(&b->kms, "kms.conf", kms_path), out, "kms.conf"));
		TRY(copy_store(b->kms_dsn, DB_KMS, out));
	}
	return OK;
}

static result back_up(const char *site, const char *kms, const char *out)
{
	static struct backup b;

	if (!site == !kms)
		return FAIL(USAGE, "either --site or --kms");
	TRY(site ? find_site(&b, site) : find_kms(&b, kms));
	return copy_all(&b, out);
}

int command_backup(int argc, char **argv)
{
	const char *site = NULL, *kms = NULL, *out = NULL;
	struct command_option options[] = {
		{ "site", &site, NULL, false },
		{ "kms", &kms, NULL, false },
		{ "out", &out, NULL, true },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = back_up(site, kms, out);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
