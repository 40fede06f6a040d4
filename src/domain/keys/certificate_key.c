/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/certificate_key.h"

#include "domain/keys/kms_sql.h"

result certificate_key_check(struct certificate_key *k)
{
	SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
	const struct key_definition *d = &k->definition;
	struct bytes info = bytes_of(k->version.public, k->version.public_len);
	char label[KEY_LABEL_SIZE];

	certificate_key_label(k, label);
	if (d->algorithm != 'R' || d->mode != 'S' ||
	    (strcmp(d->usage, "S0") != 0 && strcmp(d->usage, "S1") != 0))
		return FAIL(CERTIFICATE_KEY, "%s is no RSA key for signatures", label);
	if (!is_ok(rsa_key_load_info(&public, info)))
		return FAIL(CERTIFICATE_KEY, "the public half of %s", label);
	if (!is_ok(emv_key_init(&k->public, rsa_key_modulus(&public), public.exponent)))
		return FAIL(CERTIFICATE_KEY, "%s has %zu bits", label, public.size * 8);
	return OK;
}

result certificate_key_load(struct db_tx *tx, int64_t version, struct certificate_key *k)
{
	TRY(key_version_load(tx, version, &k->version));
	TRY(key_definition_load(tx, k->version.key, &k->definition));
	return certificate_key_check(k);
}

static result raw(struct emv_signer *signer, struct bytes in, uint8_t *out)
{
	return working_key_rsa(((struct certificate_key *)signer)->working, in, out);
}

result certificate_key_open(const struct master_ring *ring, struct certificate_key *k)
{
	k->signer = (struct emv_signer){ raw, k->public.size };
	return key_version_open(ring, &k->version, &k->working);
}

void certificate_key_close(struct certificate_key *k)
{
	working_key_close(&k->working);
}

const char *certificate_key_label(const struct certificate_key *k, char out[KEY_LABEL_SIZE])
{
	struct key_label l;

	key_version_label(&k->definition, k->version.version, &l);
	return key_label_text(&l, out);
}
