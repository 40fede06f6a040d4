/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "hsm/token.h"
#include "programs/kms/kms_home.h"

static result write_file(const struct kms_home *h, const char *name, struct str text)
{
	char path[KMS_HOME_PATH];
	int fd = open(kms_home_path(h, name, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	ok = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

/* What stands in a directory that is there already is not ours to remove. */
static result require_empty(const char *dir)
{
	bool empty = false;

	TRY(file_folder_is_empty(dir, &empty));
	return empty ? OK : FAIL(SITE_EXISTS, "%s is not empty: a key manager wants a directory of its own", dir);
}

static result claim(const char *dir, struct kms_home *h, bool *made)
{
	char whole[4096];

	*made = mkdir(dir, 0700) == 0;
	if (!*made && errno != EEXIST)
		return FAIL(FILE_WRITE, "%s: %m", dir);
	if (!*made)
		TRY(require_empty(dir));
	if (!realpath(dir, whole) || strlen(whole) + 64 > KMS_HOME_PATH)
		return FAIL(FILE_WRITE, "%s: %m, or its path is too long", dir);
	str_copy(str_of(whole), h->dir, sizeof h->dir);
	return OK;
}

static int remove_inner(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level > 0 ? remove(path) : 0;
}

static result write_conf(struct kms_home *h, const struct kms_home_order *order)
{
	SCOPED(buf_free) struct buf text = { 0 };

	conf_defaults(kms_home_schema(), &h->conf);
	if (order->store)
		str_copy(str_of(order->store), h->conf.store, sizeof h->conf.store);
	if (order->clock)
		str_copy(str_of(order->clock), h->conf.clock, sizeof h->conf.clock);
	for (size_t i = 0; i < order->setting_count; i++)
		TRY(conf_set(kms_home_schema(), str_of(order->settings[i]), &h->conf));
	conf_print(kms_home_schema(), &h->conf, true, &text);
	TRY(buf_done(&text));
	return write_file(h, "kms.conf", buf_text(&text));
}

static result make_token(const struct kms_home *h)
{
	char dir[KMS_HOME_PATH];
	struct hsm_paths paths;

	return hsm_token_init(h->conf.module, kms_home_path(h, "token", dir), h->conf.label,
	                      random_system(), &paths);
}

static result make_store(const struct kms_home *h, const struct kms_home_order *order,
                         struct instant now)
{
	struct hsm_address devices[KMS_DEVICES_MAX];
	char dsn[KMS_HOME_PATH], text[OFFICER_INVITE_SIZE + 1];
	struct kms_order store = { .dsn = kms_home_dsn(h, dsn),
		                   .device = devices,
		                   .now = now,
		                   .test_keys = order->test_keys,
		                   .day = order->day };
	size_t count;

	kms_home_devices(h, devices, &count);
	TRY(kms_create(&store, text));
	str_copy(STR("\n"), text + strlen(text), 2);
	result r = write_file(h, "first-officer-invitation", str_of(text));
	secret_wipe_bytes(text, sizeof text);
	return r;
}

result kms_home_create(const struct kms_home_order *order, struct instant now)
{
	struct kms_home h = { 0 };
	bool made;
	result r;

	TRY(claim(order->dir, &h, &made));
	r = write_conf(&h, order);
	if (is_ok(r))
		r = make_token(&h);
	if (is_ok(r) && !order->join)
		r = make_store(&h, order, now);
	if (!is_ok(r))
		nftw(h.dir, remove_inner, 16, FTW_DEPTH | FTW_PHYS);
	if (!is_ok(r) && made)
		rmdir(h.dir);
	return r;
}
