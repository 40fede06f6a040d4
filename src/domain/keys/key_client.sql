-- SPDX-License-Identifier: Apache-2.0
-- name: key_client_add
INSERT INTO kms_client (name, cert_sha256, ops, usages, labels, rate, burst, quota_day, state, created_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id

-- name: key_client_save
UPDATE kms_client
SET name = $2, cert_sha256 = $3, ops = $4, usages = $5, labels = $6, rate = $7, burst = $8, quota_day = $9, state = $10
WHERE id = $1

-- name: key_client_stop
UPDATE kms_client SET state = 'STOPPED' WHERE id = $1

-- name: key_client_count
SELECT count(*) FROM kms_client WHERE state <> 'STOPPED'

-- name: key_client_by_id
SELECT id, name, cert_sha256, ops, usages, labels, rate, burst, quota_day, state, created_us FROM kms_client WHERE id = $1

-- name: key_client_by_certificate
SELECT id, name, cert_sha256, ops, usages, labels, rate, burst, quota_day, state, created_us FROM kms_client WHERE cert_sha256 = $1

-- name: key_client_list
SELECT id, name, cert_sha256, ops, usages, labels, rate, burst, quota_day, state, created_us FROM kms_client ORDER BY name LIMIT $1
