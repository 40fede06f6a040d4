/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_key.h — an issuer's key version (发卡行密钥) as certificates see it: its public half,
 * and its private operation as a signer. */
#pragma once

#include "crypto/emv_cert.h"
#include "domain/keys/key_version.h"

/* Zero-initialise; certificate_key_close when done. */
struct certificate_key {
	struct emv_signer signer; /* after certificate_key_open */
	struct working_key *working;
	struct emv_key public;
	struct key_definition definition;
	struct key_version version;
};

/* The rows. KEY_NOT_FOUND; CERTIFICATE_KEY: not RSA for signatures (S0, S1), or not of a size that
 * EMV knows. */
result certificate_key_load(struct db_tx *tx, int64_t version, struct certificate_key *k);
/* The same for a version that was read already. */
result certificate_key_check(struct certificate_key *k);
/* Open the private half; k stays where it is as long as the signer is used. As key_version_open. */
result certificate_key_open(const struct master_ring *ring, struct certificate_key *k);
void certificate_key_close(struct certificate_key *k);
/* "CAMPUS01.EMV.IPK.01" */
const char *certificate_key_label(const struct certificate_key *k, char out[KEY_LABEL_SIZE]);
