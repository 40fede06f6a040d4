/* SPDX-License-Identifier: Apache-2.0 */
/* A new software token: SoftHSM's own folder, configuration and PINs, all below one directory. */
#include "hsm/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "hsm/pkcs11.h"
#include "hsm/token_keep.h"

enum { PIN_BYTES = 16, PIN_TEXT = 2 * PIN_BYTES + 1, SLOTS_MAX = 64, TOKEN_LABEL = 32 };

static result write_file(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? FAIL(HSM_EXISTS, "%s", path)
		                       : FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
	bool good = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	close(fd);
	return good ? OK : FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
}

static result make_folder(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return OK;
	return FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
}

static result make_pin(struct random_source *random, const char *path, struct secret *pin)
{
	SCOPED(secret_wipe) struct secret raw = { .len = PIN_BYTES };

	random_fill(random, raw.at, raw.len);
	hex_encode(bytes_of(raw.at, raw.len), (char *)pin->at);
	pin->len = PIN_TEXT - 1;
	return write_file(path, (struct str){ (const char *)pin->at, pin->len });
}

static result free_slot(const CK_FUNCTION_LIST *call, CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;

	TRY(pkcs11_result(call->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList"));
	for (CK_ULONG i = 0; i < count; i++) {
		TRY(pkcs11_result(call->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo"));
		if (!(info.flags & CKF_TOKEN_INITIALIZED)) {
			*slot = slots[i];
			return OK;
		}
	}
	return FAIL(HSM_TOKEN, "no free slot");
}

/* PKCS#11 2.40, 5.5: C_InitToken with the officer's PIN, then the officer sets the user's. */
static result set_up(const CK_FUNCTION_LIST *call, const char *label, struct secret *so_pin,
                     struct secret *user_pin)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	char padded[TOKEN_LABEL + 1];

	TRY(free_slot(call, &slot));
	snprintf(padded, sizeof padded, "%-*s", TOKEN_LABEL, label);
	TRY(pkcs11_result(call->C_InitToken(slot, so_pin->at, so_pin->len, (CK_UTF8CHAR_PTR)padded),
	                  "C_InitToken"));
	TRY(pkcs11_find_token(call, label, &slot));
	TRY(pkcs11_result(call->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                                      &session),
	                  "C_OpenSession"));
	result r =
	        pkcs11_result(call->C_Login(session, CKU_SO, so_pin->at, so_pin->len), "C_Login");
	if (is_ok(r))
		r = pkcs11_result(call->C_InitPIN(session, user_pin->at, user_pin->len),
		                  "C_InitPIN");
	call->C_CloseSession(session);
	return r;
}

static result write_conf(const char *dir, struct hsm_paths *paths)
{
	char tokens[HSM_PATH_MAX + 8], text[2 * HSM_PATH_MAX];

	snprintf(tokens, sizeof tokens, "%s/tokens", dir);
	TRY(make_folder(tokens));
	snprintf(text, sizeof text,
	         "directories.tokendir = %s\nobjectstore.backend = file\nobjectstore.umask = "
	         "0077\nlog.level = ERROR\n",
	         tokens);
	return write_file(paths->conf, str_of(text));
}

result hsm_token_init(const char *module, const char *dir, const char *label,
                      struct random_source *random, struct hsm_paths *paths)
{
	SCOPED(secret_wipe) struct secret so_pin = { 0 }, user_pin = { 0 };
	char so_file[HSM_PATH_MAX + 8];
	const CK_FUNCTION_LIST *call;

	if (strlen(dir) + 20 >= HSM_PATH_MAX || strlen(module) >= HSM_PATH_MAX ||
	    strlen(label) > TOKEN_LABEL)
		return FAIL(HSM_INPUT, "a path or label is too long");
	snprintf(paths->module, sizeof paths->module, "%s", module);
	snprintf(paths->label, sizeof paths->label, "%s", label);
	snprintf(paths->conf, sizeof paths->conf, "%s/softhsm2.conf", dir);
	snprintf(paths->pin_file, sizeof paths->pin_file, "%s/user-pin", dir);
	snprintf(so_file, sizeof so_file, "%s/so-pin", dir);
	TRY(make_folder(dir));
	TRY(write_conf(dir, paths));
	TRY(make_pin(random, so_file, &so_pin));
	TRY(make_pin(random, paths->pin_file, &user_pin));
	TRY(pkcs11_start(module, paths->conf, &call));
	result r = set_up(call, label, &so_pin, &user_pin);
	pkcs11_end();
	return is_ok(r) ? hsm_token_keep(paths->conf, label) : r;
}
