/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/checkpoint.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

enum {
	CHECKPOINT_PATH = 600,
	CHECKPOINT_TEXT = 200,
	DAY_US_SHIFT = TIME_ZONE_CHINA_S,
};

static int64_t day_of(struct instant now)
{
	return (now.us / SECOND_US + DAY_US_SHIFT) / 86400;
}

bool checkpoint_due(struct instant now, int64_t last)
{
	return day_of(now) != last;
}

result checkpoint_write(struct key_act *act, const char *dir, int64_t *last)
{
	char path[CHECKPOINT_PATH], text[CHECKPOINT_TEXT], hex[2 * KEY_AUDIT_LINK + 1];
	struct civil c = civil_of(act->now, TIME_ZONE_CHINA_S);
	struct key_audit_point point;
	int len;

	TRY(key_audit_last(act->tx, &point));
	hex_encode(bytes_of(point.link, sizeof point.link), hex);
	len = snprintf(text, sizeof text, "YIKA-KMS-AUDIT/1|%" PRId64 "|%s\n", point.seq, hex);
	if (snprintf(path, sizeof path, "%s/audit-%04d%02d%02d.txt", dir, c.year % 10000,
	             c.month % 100, c.day % 100) >= (int)sizeof path)
		return FAIL(FILE_WRITE, "%s: the path is too long", dir);
	mkdir(dir, 0700);
	TRY(file_put(path, bytes_of(text, (size_t)len)));
	*last = day_of(act->now);
	return OK;
}

/* --- reading --- */

static result read_text(const char *path, struct key_audit_point *out)
{
	char text[CHECKPOINT_TEXT], hex[2 * KEY_AUDIT_LINK + 1];
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f)
		return FAIL(FILE_READ, "%s: %m", path);
	len = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[len] = '\0';
	if (sscanf(text, "YIKA-KMS-AUDIT/1|%" SCNd64 "|%64[0-9A-F]", &out->seq, hex) != 2)
		return FAIL(FILE_READ, "%s: it is no checkpoint of the audit", path);
	return hex_decode(str_of(hex), out->link, sizeof out->link);
}

static bool is_checkpoint(const char *name)
{
	return strncmp(name, "audit-", 6) == 0 && strlen(name) == strlen("audit-20260101.txt") &&
	       strcmp(name + 14, ".txt") == 0;
}

result checkpoint_newest(const char *dir, struct key_audit_point *out)
{
	char newest[32] = "", path[CHECKPOINT_PATH];
	struct dirent *entry;
	DIR *d = opendir(dir);

	*out = (struct key_audit_point){ 0 };
	if (!d)
		return OK; /* none was written yet */
	while ((entry = readdir(d)) != NULL)
		if (is_checkpoint(entry->d_name) && strcmp(entry->d_name, newest) > 0)
			str_copy(str_of(entry->d_name), newest, sizeof newest);
	closedir(d);
	if (!newest[0])
		return OK;
	snprintf(path, sizeof path, "%s/%s", dir, newest);
	return read_text(path, out);
}
