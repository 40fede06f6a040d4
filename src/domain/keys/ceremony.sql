-- SPDX-License-Identifier: Apache-2.0
-- name: ceremony_add
INSERT INTO kms_ceremony (purpose, alg, gen, status, slot, state, steps, shares_needed, shares_count, lmk, created_us)
VALUES ($1, $2, $3, $4, $5, 'OPEN', $6, $7, $8, $9, $10)
RETURNING id

-- name: ceremony_by_id
SELECT id, purpose, alg, gen, status, slot, state, steps, shares_needed, shares_count, lmk, created_us
FROM kms_ceremony WHERE id = $1

-- name: ceremony_list
SELECT id, purpose, alg, gen, status, slot, state, steps, shares_needed, shares_count, lmk, created_us
FROM kms_ceremony ORDER BY id DESC LIMIT $1

-- name: ceremony_save
UPDATE kms_ceremony SET state = $2, steps = $3, lmk = $4 WHERE id = $1

-- name: ceremony_open
SELECT count(*) FROM kms_ceremony WHERE alg = $1 AND state = 'OPEN'

-- name: ceremony_generation
SELECT coalesce(max(gen), 0) FROM kms_lmk WHERE alg = $1

-- name: master_set_slot
UPDATE kms_lmk SET slot = $2 WHERE id = $1

-- name: medium_add
INSERT INTO kms_medium (kind, role, officer, copy, fingerprint, kcv, gen, errors, created_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)

-- name: medium_find
SELECT id, officer, errors FROM kms_medium WHERE fingerprint = $1 ORDER BY id LIMIT 1

-- name: medium_errors
UPDATE kms_medium SET errors = $2 WHERE id = $1
