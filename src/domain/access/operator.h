/* SPDX-License-Identifier: Apache-2.0 */
/* operator.h — an operator's row with its password hash; private to access/. */
#pragma once

#include "domain/access/access.h"

struct operator_row {
	struct operator public;
	char hash[ACCESS_HASH_MAX];
	struct instant created;
};

result operator_find(struct db_tx *tx, const struct db_statement *by, struct db_args args,
                     struct operator_row *out, bool *found);
result operator_set_password(struct db_tx *tx, struct instant now, int64_t id, const char *hash,
                             bool must_change);
uint64_t access_parse_permissions(struct str text);
