-- SPDX-License-Identifier: Apache-2.0
-- name: exchange_batch_add
INSERT INTO kms_batch (dir, code, zmk, file_sha256, count, state, created_us) VALUES ($1, $2, $3, $4, $5, 'DONE', $6) RETURNING id

-- name: exchange_batch_by_code
SELECT id, dir, code, zmk, file_sha256, count, created_us FROM kms_batch WHERE dir = $1 AND code = $2

-- name: exchange_batch_list
SELECT id, dir, code, zmk, file_sha256, count, created_us FROM kms_batch ORDER BY id DESC LIMIT $1

-- name: exchange_choice
SELECT v.id, i.code, p.code, k.code, v.ver, v.kcv, k.alg
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE (CAST($1 AS BIGINT) = 0 OR p.issuer = $1) AND (CAST($2 AS BIGINT) = 0 OR k.product = $2) AND (CAST($3 AS BIGINT) = 0 OR k.id = $3)
	AND (CAST($4 AS BIGINT) = 0 OR v.id = $4)
	AND (v.id = $4 OR (v.state IN ('PRE', 'ACTIVE', 'DEACTIVATED') AND k.exp <> 'N' AND v.id <> $5 AND k.alg <> 'R' AND k.alg <> '2'))
ORDER BY p.code, k.code, v.ver LIMIT $6

-- name: exchange_left_out
SELECT count(*)
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product
WHERE (CAST($1 AS BIGINT) = 0 OR p.issuer = $1) AND (CAST($2 AS BIGINT) = 0 OR k.product = $2) AND (CAST($3 AS BIGINT) = 0 OR k.id = $3)

-- name: exchange_issuer
SELECT count(*) FROM kms_issuer WHERE code = $1

-- name: exchange_product
SELECT p.id FROM kms_product p JOIN kms_issuer i ON i.id = p.issuer WHERE i.code = $1 AND p.code = $2

-- name: exchange_value
SELECT kcv FROM kms_keyver WHERE key = $1 AND ver = $2

-- name: exchange_protect_until
UPDATE kms_keyver SET protect_until_us = $2 WHERE id = $1
