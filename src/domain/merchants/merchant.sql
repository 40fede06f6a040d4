-- SPDX-License-Identifier: Apache-2.0
-- name: merchant_add
INSERT INTO merchant (id, no, name, state, park, version, created_at_us, changed_at_us)
VALUES ((SELECT coalesce(max(id), 0) + 1 FROM merchant), $1, $2, $3, $4, 1, $5, $5)
RETURNING id

-- name: merchant_save
UPDATE merchant SET no = $3, name = $4, state = $5, park = $6, version = version + 1, changed_at_us = $7
WHERE id = $1 AND version = $2

-- name: merchant_by_id
SELECT id, no, name, state, park, version FROM merchant WHERE id = $1

-- name: merchant_by_no
SELECT id, no, name, state, park, version FROM merchant WHERE no = $1

-- name: merchant_all
SELECT id, no, name, state, park, version FROM merchant WHERE id > $1 ORDER BY id LIMIT $2

-- name: merchant_search
SELECT id, no, name, state, park, version FROM merchant
WHERE id > $1 AND ((no >= $3 AND no < $4) OR (name >= $3 AND name < $4))
ORDER BY id LIMIT $2
