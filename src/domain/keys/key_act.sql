-- SPDX-License-Identifier: Apache-2.0
-- name: key_turn
UPDATE kms_turn SET n = n + 1 WHERE id = 1

-- name: key_changed
UPDATE kms_turn SET n = n + 1 WHERE id = 2

-- name: key_changes
SELECT n FROM kms_turn WHERE id = 2

-- name: key_setting_get
SELECT value FROM kms_setting WHERE name = $1

-- name: key_setting_set
INSERT INTO kms_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value
