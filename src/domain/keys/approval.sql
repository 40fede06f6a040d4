-- SPDX-License-Identifier: Apache-2.0
-- name: approval_add
INSERT INTO kms_approval (op, payload, digest, initiator, approvers, needed, state, created_us, expires_us)
VALUES ($1, $2, $3, $4, '', $5, 'PENDING', $6, $7)
RETURNING id

-- name: approval_by_id
SELECT id, op, payload, digest, initiator, approvers, needed, state, created_us, expires_us FROM kms_approval WHERE id = $1

-- name: approval_list
SELECT id, op, payload, digest, initiator, approvers, needed, state, created_us, expires_us
FROM kms_approval ORDER BY id DESC LIMIT $1

-- name: approval_save
UPDATE kms_approval SET approvers = $2, state = $3 WHERE id = $1
