-- SPDX-License-Identifier: Apache-2.0
-- name: keyver_add
INSERT INTO kms_keyver (key, ver, lmk, block, kcv, public, state, was_compromised, card_ki, card_kv, origin, created_us,
	activate_at_us, protect_until_us, process_until_us, rowver)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12, $13, $14, 1)
RETURNING id

-- name: keyver_by_id
SELECT v.id, v.key, v.ver, v.lmk, v.block, v.kcv, v.public, v.state, v.was_compromised, v.card_ki, v.card_kv, v.origin, v.created_us,
	v.activate_at_us, v.protect_until_us, v.process_until_us, v.recover_until_us, v.rowver, k.usage, k.alg, k.mode, k.exp, i.code, p.code, k.code, v.ver
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE v.id = $1

-- name: keyver_by_number
SELECT v.id, v.key, v.ver, v.lmk, v.block, v.kcv, v.public, v.state, v.was_compromised, v.card_ki, v.card_kv, v.origin, v.created_us,
	v.activate_at_us, v.protect_until_us, v.process_until_us, v.recover_until_us, v.rowver, k.usage, k.alg, k.mode, k.exp, i.code, p.code, k.code, v.ver
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE v.key = $1 AND v.ver = $2

-- name: keyver_of_key
SELECT v.id, v.key, v.ver, v.lmk, v.block, v.kcv, v.public, v.state, v.was_compromised, v.card_ki, v.card_kv, v.origin, v.created_us,
	v.activate_at_us, v.protect_until_us, v.process_until_us, v.recover_until_us, v.rowver, k.usage, k.alg, k.mode, k.exp, i.code, p.code, k.code, v.ver
FROM kms_keyver v JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product JOIN kms_issuer i ON i.id = p.issuer
WHERE v.key = $1 ORDER BY v.ver DESC LIMIT $2

-- name: keyver_highest
SELECT coalesce(max(ver), 0) FROM kms_keyver WHERE key = $1

-- name: keyver_taken
SELECT count(*) FROM kms_keyver WHERE key = $1 AND ver = $2

-- name: keyver_set_state
UPDATE kms_keyver SET state = $3, was_compromised = $4, activate_at_us = $5, protect_until_us = $6, rowver = rowver + 1
WHERE id = $1 AND rowver = $2

-- name: keyver_destroy
UPDATE kms_keyver
SET state = $3, was_compromised = $4, activate_at_us = $5, protect_until_us = $6, block = '', rowver = rowver + 1
WHERE id = $1 AND rowver = $2

-- name: keyver_recover
UPDATE kms_keyver SET recover_until_us = $3, rowver = rowver + 1 WHERE id = $1 AND rowver = $2 AND state = 'COMPROMISED'

-- name: keyver_activate_due
UPDATE kms_keyver SET state = 'ACTIVE', rowver = rowver + 1
WHERE state = 'PRE' AND activate_at_us > 0 AND activate_at_us <= $1

-- name: keyver_deactivate_due
UPDATE kms_keyver SET state = 'DEACTIVATED', rowver = rowver + 1
WHERE state IN ('ACTIVE', 'SUSPENDED') AND protect_until_us > 0 AND protect_until_us <= $1
