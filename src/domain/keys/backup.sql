-- SPDX-License-Identifier: Apache-2.0
-- name: backup_add
INSERT INTO kms_backup (name, made_by, at_us) VALUES ($1, $2, $3) RETURNING id

-- name: backup_newest
SELECT id, name, made_by, at_us FROM kms_backup WHERE at_us <= $1 ORDER BY at_us DESC, id DESC LIMIT $2

