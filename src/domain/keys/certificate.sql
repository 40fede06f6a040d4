-- SPDX-License-Identifier: Apache-2.0
-- name: certificate_request_taken
SELECT count(*) FROM kms_ipkreq WHERE profile = $1 AND iin = $2 AND tracking = $3

-- name: certificate_request_add
INSERT INTO kms_ipkreq (ca, cakey, keyver, profile, iin, expiry, tracking, file_name, file, hash_name, hash_file, hash, state, created_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'DRAFT', $13)
RETURNING id

-- name: certificate_request_by_id
SELECT q.id, q.ca, coalesce(q.cakey, 0), q.keyver, i.code, p.code, k.code, v.ver, q.profile, q.iin, q.expiry, q.tracking,
	q.file_name, q.hash_name, q.hash, q.state, q.created_us, q.file, q.hash_file
FROM kms_ipkreq q JOIN kms_keyver v ON v.id = q.keyver JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product
	JOIN kms_issuer i ON i.id = p.issuer
WHERE q.id = $1

-- name: certificate_request_list
SELECT q.id, q.ca, coalesce(q.cakey, 0), q.keyver, i.code, p.code, k.code, v.ver, q.profile, q.iin, q.expiry, q.tracking,
	q.file_name, q.hash_name, q.hash, q.state, q.created_us
FROM kms_ipkreq q JOIN kms_keyver v ON v.id = q.keyver JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product
	JOIN kms_issuer i ON i.id = p.issuer
WHERE CAST($1 AS BIGINT) = 0 OR q.ca = $1
ORDER BY q.id DESC LIMIT $2

-- name: certificate_request_set_state
UPDATE kms_ipkreq SET state = $2 WHERE id = $1

-- name: certificate_request_children
SELECT count(*) FROM kms_ipkcert WHERE req = $1

-- name: certificate_request_remove
DELETE FROM kms_ipkreq WHERE id = $1

-- name: certificate_add
INSERT INTO kms_ipkcert (req, cakey, serial, expiry, cert90, rem92, exp9f32, xml, file_sha256, verified_us, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'ISSUED')
RETURNING id

-- name: certificate_by_id
SELECT t.id, t.req, t.cakey, q.keyver, i.code, p.code, k.code, v.ver, q.iin, t.serial, t.expiry, c.rid, a.pk_index, t.cert90,
	t.rem92, t.exp9f32, t.file_sha256, t.state, t.verified_us
FROM kms_ipkcert t JOIN kms_ipkreq q ON q.id = t.req JOIN kms_cakey a ON a.id = t.cakey JOIN kms_ca c ON c.id = a.ca
	JOIN kms_keyver v ON v.id = q.keyver JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product
	JOIN kms_issuer i ON i.id = p.issuer
WHERE t.id = $1

-- name: certificate_by_request
SELECT t.id, t.req, t.cakey, q.keyver, i.code, p.code, k.code, v.ver, q.iin, t.serial, t.expiry, c.rid, a.pk_index, t.cert90,
	t.rem92, t.exp9f32, t.file_sha256, t.state, t.verified_us
FROM kms_ipkcert t JOIN kms_ipkreq q ON q.id = t.req JOIN kms_cakey a ON a.id = t.cakey JOIN kms_ca c ON c.id = a.ca
	JOIN kms_keyver v ON v.id = q.keyver JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product
	JOIN kms_issuer i ON i.id = p.issuer
WHERE t.req = $1

-- name: certificate_list
SELECT t.id, t.req, t.cakey, q.keyver, i.code, p.code, k.code, v.ver, q.iin, t.serial, t.expiry, c.rid, a.pk_index, t.cert90,
	t.rem92, t.exp9f32, t.file_sha256, t.state, t.verified_us
FROM kms_ipkcert t JOIN kms_ipkreq q ON q.id = t.req JOIN kms_cakey a ON a.id = t.cakey JOIN kms_ca c ON c.id = a.ca
	JOIN kms_keyver v ON v.id = q.keyver JOIN kms_key k ON k.id = v.key JOIN kms_product p ON p.id = k.product
	JOIN kms_issuer i ON i.id = p.issuer
WHERE CAST($1 AS BIGINT) = 0 OR q.keyver = $1
ORDER BY t.id DESC LIMIT $2

-- name: certificate_serial_taken
SELECT count(*) FROM kms_ipkcert WHERE cakey = $1 AND serial = $2

-- name: certificate_is_revoked
SELECT count(*) FROM kms_ipkcert WHERE cakey = $1 AND serial = $2 AND state = 'REVOKED'

-- name: certificate_xml
SELECT xml FROM kms_ipkcert WHERE id = $1

-- name: certificate_set_state
UPDATE kms_ipkcert SET state = $2 WHERE id = $1

-- name: certificate_expire_due
UPDATE kms_ipkcert SET state = 'EXPIRED' WHERE state IN ('ISSUED', 'IN_USE') AND expiry < $1

-- name: certificate_request_expire_due
UPDATE kms_ipkreq SET state = 'EXPIRED'
WHERE state IN ('ISSUED', 'IN_USE') AND id IN (SELECT req FROM kms_ipkcert WHERE state = 'EXPIRED')

-- name: certificate_remove
DELETE FROM kms_ipkcert WHERE id = $1
