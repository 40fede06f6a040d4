/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/site.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "domain/access/access.h"
#include "domain/audit/audit.h"
#include "ledger/store.h"
#include "programs/kms/kms_home.h"

static result write_file(const struct site *s, const char *name, struct str text)
{
	char path[SITE_PATH_MAX];
	int fd = open(site_path(s, name, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	ok = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

static result write_conf(struct site *s, const struct site_order *order)
{
	SCOPED(buf_free) struct buf text = { 0 };

	conf_defaults(site_schema(), &s->conf);
	if (order->store)
		str_copy(str_of(order->store), s->conf.store, sizeof s->conf.store);
	if (order->kms) {
		str_copy(str_of(order->kms), s->conf.kms_service, sizeof s->conf.kms_service);
		s->conf.kms_run = false;
	}
	conf_print(site_schema(), &s->conf, true, &text);
	TRY(buf_done(&text));
	return write_file(s, "yika.conf", buf_text(&text));
}

static result make_administrator(const struct site *s, struct db_tx *tx, struct instant now)
{
	struct operator o = { .name = "admin",
		              .display = "系统管理员",
		              .role = "administrator",
		              .must_change = true };
	struct actor by = actor_system("init");
	struct audit_act act = { .action = "operator.add",
		                 .object_type = "operator",
		                 .after = STR("name=admin role=administrator") };
	char password[ACCESS_GENERATED_SIZE + 1];

	access_generate_password(random_system(), password);
	TRY(operator_add(tx, now, &o, str_of(password), &act.object_id));
	TRY(audit_record(tx, now, &by, &act));
	str_copy(STR("\n"), password + strlen(password), 2);
	return write_file(s, "first-admin-password", str_of(password));
}

static result fill_store(const struct site *s, struct db *db, struct instant now)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(db, &tx));
	TRY(make_administrator(s, tx, now));
	return db_commit(tx);
}

static result make_parts(struct site *s, const struct site_order *order, struct instant now)
{
	struct ledger_store *store = NULL;
	char dsn[SITE_PATH_MAX];
	result r;

	TRY(write_conf(s, order));
	TRY(ledger_store_open(str_of(site_dsn(s, dsn)), STORE_OWNER, "init",
	                      clock_now(clock_system()), &store));
	r = fill_store(s, ledger_store_db(store), now);
	ledger_store_close(store);
	return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static result claim_directory(const char *dir, struct site *s, bool *made)
{
	char whole[4096], path[SITE_PATH_MAX];

	*made = mkdir(dir, 0700) == 0;
	if (!*made && errno != EEXIST)
		return FAIL(FILE_WRITE, "%s: %m", dir);
	if (!realpath(dir, whole) || strlen(whole) + 64 > SITE_PATH_MAX)
		return FAIL(FILE_WRITE, "%s: %m, or its path is too long", dir);
	str_copy(str_of(whole), s->dir, sizeof s->dir);
	if (access(site_path(s, "yika.conf", path), F_OK) == 0)
		return FAIL(SITE_EXISTS, "%s holds a site already", dir);
	return OK;
}

static result make_kms(const struct site *s, const struct site_order *order, struct instant now)
{
	char dir[SITE_PATH_MAX];
	struct kms_home_order kms = {
		.dir = site_path(s, "kms", dir),
		.test_keys = order->test_keys,
		.day = bizdate_of(now, TIME_ZONE_CHINA_S, (int)s->conf.cutover_minutes * 60),
	};

	return kms_home_create(&kms, now);
}

result site_create(const struct site_order *order, const struct clock *clock)
{
	struct site s = { 0 };
	bool made;
	result r;

	TRY(claim_directory(order->dir, &s, &made));
	r = make_parts(&s, order, clock_now(clock));
	if (is_ok(r) && !order->kms)
		r = make_kms(&s, order, clock_now(clock));
	if (!is_ok(r) && made)
		nftw(s.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return r;
}
