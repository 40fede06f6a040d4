-- SPDX-License-Identifier: Apache-2.0
-- name: db_migration_list
SELECT number, sha256 FROM db_migration ORDER BY number

-- name: db_migration_add
INSERT INTO db_migration (number, name, sha256, applied_at_us) VALUES ($1, $2, $3, $4)
