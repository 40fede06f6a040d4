-- SPDX-License-Identifier: Apache-2.0
-- name: ca_add
INSERT INTO kms_ca (code, name, scheme, rid, note, created_us) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id

-- name: ca_taken
SELECT count(*) FROM kms_ca WHERE code = $1

-- name: ca_save
UPDATE kms_ca SET name = $2, scheme = $3, rid = $4, note = $5 WHERE id = $1

-- name: ca_children
SELECT (SELECT count(*) FROM kms_cakey WHERE ca = $1) + (SELECT count(*) FROM kms_ipkreq WHERE ca = $1)

-- name: ca_remove
DELETE FROM kms_ca WHERE id = $1

-- name: ca_by_id
SELECT id, code, name, scheme, rid, note FROM kms_ca WHERE id = $1

-- name: ca_list
SELECT id, code, name, scheme, rid, note FROM kms_ca ORDER BY code LIMIT $1

-- name: ca_key_add
INSERT INTO kms_cakey (ca, pk_index, modulus, exponent, expiry, checksum, file_sha256, state, created_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'ACTIVE', $8)
RETURNING id

-- name: ca_key_taken
SELECT count(*) FROM kms_cakey WHERE ca = $1 AND pk_index = $2

-- name: ca_key_by_id
SELECT k.id, k.ca, c.rid, k.pk_index, k.modulus, k.exponent, k.expiry, k.checksum, k.file_sha256, k.state, k.created_us
FROM kms_cakey k JOIN kms_ca c ON c.id = k.ca
WHERE k.id = $1

-- name: ca_key_list
SELECT k.id, k.ca, c.rid, k.pk_index, k.modulus, k.exponent, k.expiry, k.checksum, k.file_sha256, k.state, k.created_us
FROM kms_cakey k JOIN kms_ca c ON c.id = k.ca
WHERE CAST($1 AS BIGINT) = 0 OR k.ca = $1
ORDER BY c.code, k.pk_index LIMIT $2

-- name: ca_key_of_index
SELECT k.id, k.ca, c.rid, k.pk_index, k.modulus, k.exponent, k.expiry, k.checksum, k.file_sha256, k.state, k.created_us
FROM kms_cakey k JOIN kms_ca c ON c.id = k.ca
WHERE c.rid = $1 AND k.pk_index = $2
ORDER BY k.id LIMIT $3

-- name: ca_key_set_state
UPDATE kms_cakey SET state = $2 WHERE id = $1

-- name: ca_key_expire_due
UPDATE kms_cakey SET state = 'EXPIRED' WHERE state = 'ACTIVE' AND expiry < $1

-- name: ca_key_children
SELECT (SELECT count(*) FROM kms_ipkreq WHERE cakey = $1) + (SELECT count(*) FROM kms_ipkcert WHERE cakey = $1)

-- name: ca_key_remove
DELETE FROM kms_cakey WHERE id = $1
