/* SPDX-License-Identifier: Apache-2.0 */
/* gate_trust.c — certificate, key, authority and revocation list of the front: checked, read, and
 * read again when one of them changes. */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "service/kms_front/gate_private.h"

static const struct {
	const char *key; /* in front.conf, section tls */
	bool secret;
} files[GATE_FILES] = {
	{ "certificate", false },
	{ "key", true },
	{ "ca", false },
	{ "crl", false },
};

static const char *path_of(const struct gate_trust *t, size_t i)
{
	const struct tls_config *c = &t->config;

	return (const char *[GATE_FILES]){ c->cert_file, c->key_file, c->ca_file, c->crl_file }[i];
}

static result check_file(const struct gate_trust *t, size_t i)
{
	const char *path = path_of(t, i);
	struct stat st;

	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		return FAIL(TLS_SETUP,
		            "front.conf [tls] %s = %s: %m; docs/service-protocol.md 15 says how to "
		            "make it",
		            files[i].key, path);
	if (files[i].secret && st.st_mode & 077)
		return FAIL(TLS_SETUP,
		            "front.conf [tls] %s = %s: can be read by others; chmod 600 %s",
		            files[i].key, path, path);
	return OK;
}

static void note_stamps(struct gate_trust *t)
{
	struct stat st;

	for (size_t i = 0; i < GATE_FILES; i++)
		if (stat(path_of(t, i), &st) == 0) {
			t->changed[i] = st.st_mtim;
			t->inodes[i] = st.st_ino;
		}
}

static bool has_changed(const struct gate_trust *t)
{
	struct stat st;

	for (size_t i = 0; i < GATE_FILES; i++)
		if (stat(path_of(t, i), &st) == 0 &&
		    (t->changed[i].tv_sec != st.st_mtim.tv_sec ||
		     t->changed[i].tv_nsec != st.st_mtim.tv_nsec || t->inodes[i] != st.st_ino))
			return true;
	return false;
}

static result read_files(struct gate_trust *t, struct tls_context **out)
{
	note_stamps(t); /* first: what changes while it is read is read again */
	for (size_t i = 0; i < GATE_FILES; i++)
		TRY(check_file(t, i));
	return tls_server_open(&t->config, out);
}

result gate_trust_open(struct gate_trust *t, const struct gate_config *config)
{
	*t = (struct gate_trust){ .config = { .cert_file = config->certificate,
		                              .key_file = config->key,
		                              .ca_file = config->ca,
		                              .crl_file = config->crl,
		                              .peer = TLS_PEER_REQUIRED,
		                              .tls12 = config->tls12,
		                              .keeps_buffers = true },
		                  .generation = 1 };
	return read_files(t, &t->tls);
}

bool gate_trust_follow(struct gate_trust *t, bool forced)
{
	struct tls_context *fresh = NULL;
	char text[LOG_VALUE_SIZE];

	if (!forced && !has_changed(t))
		return false;
	result r = read_files(t, &fresh);
	if (!is_ok(r)) {
		LOG_ERROR("front.files", "code=%s detail=%s text=\"what was read before holds\"",
		          result_name(r), log_value(str_of(result_last()->text), text));
		return false;
	}
	tls_close(t->tls);
	t->tls = fresh;
	t->generation++;
	LOG_INFO("front.files", "code=%s generation=%llu", result_name(r),
	         (unsigned long long)t->generation);
	return true;
}

void gate_trust_close(struct gate_trust *t)
{
	tls_close(t->tls);
	t->tls = NULL;
}
