-- SPDX-License-Identifier: Apache-2.0
-- name: rekey_keyver_next
SELECT v.id, v.block, v.kcv, v.rowver, v.lmk, k.usage, k.alg, k.mode, k.exp, i.code, p.code, k.code, v.ver
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE v.lmk = $1 AND v.state <> 'DESTROYED' ORDER BY v.id LIMIT $2

-- name: rekey_keyver_all
SELECT v.id, v.block, v.kcv, v.rowver, v.lmk, k.usage, k.alg, k.mode, k.exp, i.code, p.code, k.code, v.ver
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE v.id > $1 AND v.state <> 'DESTROYED' ORDER BY v.id LIMIT $2

-- name: rekey_keyver_put
UPDATE kms_keyver SET block = $5, lmk = $4, rowver = rowver + 1 WHERE id = $1 AND rowver = $2 AND lmk = $3

-- name: rekey_keyver_count
SELECT count(*) FROM kms_keyver WHERE lmk = $1 AND state <> 'DESTROYED'

-- name: rekey_dayroot_next
SELECT id, block, kcv, rowver, lmk FROM kms_dayroot WHERE lmk = $1 AND state <> 'DESTROYED' ORDER BY id LIMIT $2

-- name: rekey_dayroot_all
SELECT id, block, kcv, rowver, lmk FROM kms_dayroot WHERE id > $1 AND state <> 'DESTROYED' ORDER BY id LIMIT $2

-- name: rekey_dayroot_put
UPDATE kms_dayroot SET block = $5, lmk = $4, rowver = rowver + 1 WHERE id = $1 AND rowver = $2 AND lmk = $3

-- name: rekey_dayroot_count
SELECT count(*) FROM kms_dayroot WHERE lmk = $1 AND state <> 'DESTROYED'

-- name: rekey_add
INSERT INTO kms_job (from_lmk, to_lmk, state, total, done, detail, started_us, finished_us)
VALUES ($1, $2, 'RUNNING', $3, 0, '', $4, 0)
RETURNING id

-- name: rekey_save
UPDATE kms_job SET state = $2, done = $3, detail = $4, finished_us = $5 WHERE id = $1

-- name: rekey_open
SELECT id, from_lmk, to_lmk, state, total, done, detail, started_us, finished_us
FROM kms_job WHERE state IN ('RUNNING', 'VERIFIED') ORDER BY id DESC LIMIT 1

-- name: rekey_list
SELECT id, from_lmk, to_lmk, state, total, done, detail, started_us, finished_us
FROM kms_job ORDER BY id DESC LIMIT $1

-- name: rekey_block_tables
-- engine: sqlite
SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'block' ORDER BY m.name
-- engine: postgres
SELECT CAST(table_name AS TEXT) FROM information_schema.columns
WHERE table_schema = current_schema() AND column_name = 'block' ORDER BY table_name
-- engine: both
