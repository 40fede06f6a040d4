/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/sam_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/sam_transport.h"
#include "crypto/suite.h"

enum { PASSPHRASE_BYTES = 20 };

result sam_file_passphrase(const char *path)
{
	uint8_t random[PASSPHRASE_BYTES];
	char text[2 * PASSPHRASE_BYTES + 2];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	random_fill(random_system(), random, sizeof random);
	hex_encode(bytes_of(random, sizeof random), text);
	str_copy(STR("\n"), text + 2 * PASSPHRASE_BYTES, 2);
	ok = write(fd, text, 2 * PASSPHRASE_BYTES + 1) == 2 * PASSPHRASE_BYTES + 1;
	ok = close(fd) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

/* The first line of a file. */
static result read_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return FAIL(FILE_READ, "%s: %m", path);
	ok = fgets(out, (int)size, f) != NULL;
	fclose(f);
	if (!ok)
		return FAIL(FILE_READ, "%s is empty", path);
	out[strcspn(out, "\r\n")] = '\0';
	return OK;
}

enum { BLOCK_SIZE = 512 };

static result initial_key(struct kms_link *kms, const struct terminal *t, struct secret *tik)
{
	struct kms_terminal who = { .key_version = t->key_version, .suite = SUITE_AES };
	char block[BLOCK_SIZE];
	result r;

	memcpy(who.node, t->node_id, sizeof who.node);
	memcpy(who.sam, t->sam_no, sizeof who.sam);
	r = kms_link_sam_key(kms, &who, block, sizeof block);
	if (r.code == KMS_DENIED)
		return FAIL(SAM_OFFICERS, "this site has no published transport key");
	TRY(r);
	return sam_transport_open(str_of(block), tik);
}

/* What the registry says of a terminal, and its initial key. */
static result identity_of(const struct sam_source *s, const char *node_id, struct sam_identity *id,
                          struct secret *tik)
{
	const struct platform *p = s->platform;
	const struct terminal *t = terminal_cache_find_node(&p->terminals, str_of(node_id));
	const struct merchant *m = t ? merchant_cache_find(&p->merchants, t->merchant_id) : NULL;

	if (!m)
		return FAIL(TERMINAL_NOT_FOUND, "no terminal has the node id %s", node_id);
	*id = (struct sam_identity){ .suites = { SUITE_AES, SUITE_SM4 },
		                     .suite_count = 2,
		                     .key_version = t->key_version };
	memcpy(id->sam_no, t->sam_no, sizeof id->sam_no);
	str_copy(str_of(t->node_id), id->node_id, sizeof id->node_id);
	str_copy(str_of(m->no), id->merchant, sizeof id->merchant);
	return initial_key(s->kms, t, tik);
}

result sam_file_write(const struct sam_source *s, const char *node_id, const char *path,
                      const char *passphrase_path)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };
	struct sam_identity id;
	char passphrase[PASSPHRASE_MAX + 2];
	result r;

	TRY(identity_of(s, node_id, &id, &tik));
	TRY(read_line(passphrase_path, passphrase, sizeof passphrase));
	r = sam_create(path, &id, &tik, str_of(passphrase), passphrase_cost_default);
	secret_wipe_bytes(passphrase, sizeof passphrase);
	return r;
}

result sam_in_memory(const struct sam_source *s, const char *node_id, struct sam **out)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };
	static const struct passphrase_cost cheap = { 1, 8 };
	struct sam_identity id;
	uint8_t image[SAM_FILE_MAX], random[PASSPHRASE_BYTES];
	char passphrase[2 * PASSPHRASE_BYTES + 1];
	struct writer w = writer_of(image, sizeof image);

	TRY(identity_of(s, node_id, &id, &tik));
	random_fill(random_system(), random, sizeof random);
	hex_encode(bytes_of(random, sizeof random), passphrase);
	TRY(sam_seal(&id, &tik, str_of(passphrase), cheap, random_system(), &w));
	return sam_unseal(writer_bytes(&w), str_of(passphrase), out);
}
