/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/token_keep.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "hsm/token.h"

enum {
	CONF_MAX = 4096,
	TOKEN_MAX = 8192,
	GENERATION = 8, /* its first bytes: counts the writes */
	FILE_PATH = HSM_PATH_MAX + 288,
};

static const char setting[] = "directories.tokendir";

/* --- where the tokens are --- */

/* "" when the file does not say. */
static result tokens_folder(const char *conf, char out[HSM_PATH_MAX])
{
	uint8_t room[CONF_MAX];
	struct bytes text;
	struct str line, rest, name, value;

	out[0] = '\0';
	TRY(file_get(conf, room, sizeof room, &text));
	rest = (struct str){ (const char *)text.at, text.len };
	while (rest.len) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, '=', &name, &value) && str_equal(str_trim(name), str_of(setting)))
			str_copy(str_trim(value), out, HSM_PATH_MAX);
	}
	return OK;
}

struct token_files {
	char object[FILE_PATH], kept[FILE_PATH];
};

/* --- one token --- */

static bool is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || st.st_size == 0;
}

static result mend(const struct token_files *f, const char *label)
{
	uint8_t room[TOKEN_MAX];
	struct bytes kept;

	(void)label;
	if (!is_empty(f->object) || is_empty(f->kept))
		return OK;
	TRY(file_get(f->kept, room, sizeof room, &kept));
	TRY(file_put(f->object, kept));
	LOG_WARNING("hsm.token_mended",
	            "file=\"%s\" text=\"a login was broken off; the token's file is put right from "
	            "its copy\"",
	            f->object);
	return OK;
}

/* But for the count of writes. */
static bool says_the_same(struct bytes a, struct bytes b)
{
	return a.len == b.len && a.len >= GENERATION &&
	       memcmp(a.at + GENERATION, b.at + GENERATION, a.len - GENERATION) == 0;
}

/* Other tokens of the same folder are not our business. */
static bool has_label(struct bytes object, const char *label)
{
	return object.len && memmem(object.at, object.len, label, strlen(label)) != NULL;
}

static result keep(const struct token_files *f, const char *label)
{
	uint8_t object_room[TOKEN_MAX], kept_room[TOKEN_MAX];
	struct bytes object, kept = { 0 };

	if (is_empty(f->object)) /* another program is just writing it */
		return OK;
	TRY(file_get(f->object, object_room, sizeof object_room, &object));
	if (!has_label(object, label))
		return OK;
	if (!is_empty(f->kept))
		TRY(file_get(f->kept, kept_room, sizeof kept_room, &kept));
	return says_the_same(object, kept) ? OK : file_put(f->kept, object);
}

/* --- all of them --- */

static result each_token(const char *conf, const char *label,
                         result (*act)(const struct token_files *, const char *))
{
	char folder[HSM_PATH_MAX];
	struct token_files f;
	struct dirent *entry;
	result r = OK;

	if (!conf[0])
		return OK;
	TRY(tokens_folder(conf, folder));
	DIR *d = folder[0] ? opendir(folder) : NULL;
	while (d && is_ok(r) && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(f.object, sizeof f.object, "%s/%s/token.object", folder, entry->d_name);
		snprintf(f.kept, sizeof f.kept, "%s/%s/token.kept", folder, entry->d_name);
		r = act(&f, label);
	}
	if (d)
		closedir(d);
	return r;
}

result hsm_token_mend(const char *conf)
{
	return each_token(conf, "", mend);
}

result hsm_token_keep(const char *conf, const char *label)
{
	return each_token(conf, label, keep);
}
