-- SPDX-License-Identifier: Apache-2.0
-- name: exchange_batch_add
INSERT INTO kms_batch (dir, code, zmk, file_sha256, count, state, created_us) VALUES ($1, $2, $3, $4, $5, 'DONE', $6) RETURNING id

-- name: exchange_batch_by_code
SELECT id, dir, code, zmk, file_sha256, count, created_us FROM kms_batch WHERE dir = $1 AND code = $2

-- name: exchange_batch_list
SELECT id, dir, code, zmk, file_sha256, count, created_us FROM kms_batch ORDER BY id DESC LIMIT $1

-- name: exchange_issuer
SELECT count(*) FROM kms_issuer WHERE code = $1

-- name: exchange_product
SELECT p.id FROM kms_product p JOIN kms_issuer i ON i.id = p.issuer WHERE i.code = $1 AND p.code = $2

-- name: exchange_value
SELECT kcv FROM kms_keyver WHERE key = $1 AND ver = $2

-- name: exchange_protect_until
UPDATE kms_keyver SET protect_until_us = $2 WHERE id = $1
