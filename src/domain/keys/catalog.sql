-- SPDX-License-Identifier: Apache-2.0
-- name: issuer_add
INSERT INTO kms_issuer (code, name, note, created_us) VALUES ($1, $2, $3, $4) RETURNING id

-- name: issuer_save
UPDATE kms_issuer SET name = $2, note = $3 WHERE id = $1

-- name: issuer_remove
DELETE FROM kms_issuer WHERE id = $1

-- name: issuer_exists
SELECT count(*) FROM kms_issuer WHERE id = $1

-- name: issuer_children
SELECT count(*) FROM kms_product WHERE issuer = $1

-- name: issuer_list
SELECT id, code, name, note FROM kms_issuer ORDER BY code LIMIT $1

-- name: product_add
INSERT INTO kms_product (issuer, code, name, kind, place, note, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id

-- name: product_save
UPDATE kms_product SET name = $2, note = $3 WHERE id = $1

-- name: product_remove
DELETE FROM kms_product WHERE id = $1

-- name: product_exists
SELECT count(*) FROM kms_product WHERE id = $1

-- name: product_children
SELECT count(*) FROM kms_key WHERE product = $1

-- name: product_list
SELECT p.id, p.issuer, i.code, p.code, p.name, p.kind, p.place, p.note
FROM kms_product p JOIN kms_issuer i ON i.id = p.issuer
WHERE CAST($1 AS BIGINT) = 0 OR p.issuer = $1
ORDER BY i.code, p.code LIMIT $2

-- name: key_add
INSERT INTO kms_key (product, code, name, usage, alg, bits, mode, exp, div_levels, period_days, created_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING id

-- name: key_values
SELECT count(*) FROM kms_keyver WHERE key = $1 AND state <> 'DESTROYED'

-- name: key_requests
SELECT count(*) FROM kms_ipkreq q JOIN kms_keyver v ON v.id = q.keyver WHERE v.key = $1

-- name: key_remove_versions
DELETE FROM kms_keyver WHERE key = $1 AND state = 'DESTROYED'

-- name: key_remove
DELETE FROM kms_key WHERE id = $1

-- name: key_by_id
SELECT k.id, k.product, i.code, p.code, k.code, k.name, k.usage, k.alg, k.bits, k.mode, k.exp, k.div_levels, k.period_days, p.place
FROM kms_key k JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE k.id = $1

-- name: key_by_label
SELECT k.id, k.product, i.code, p.code, k.code, k.name, k.usage, k.alg, k.bits, k.mode, k.exp, k.div_levels, k.period_days, p.place
FROM kms_key k JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE i.code = $1 AND p.code = $2 AND k.code = $3

-- name: key_list
SELECT k.id, k.product, i.code, p.code, k.code, k.name, k.usage, k.alg, k.bits, k.mode, k.exp, k.div_levels, k.period_days, p.place
FROM kms_key k JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE CAST($1 AS BIGINT) = 0 OR k.product = $1
ORDER BY i.code, p.code, k.code LIMIT $2
