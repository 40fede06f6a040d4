-- SPDX-License-Identifier: Apache-2.0
-- name: day_root_list
SELECT id, lmk, day, seq, state, kcv, block, not_before_us, not_after_us
FROM kms_dayroot WHERE domain = $1 AND state <> 'DESTROYED' ORDER BY day DESC, seq DESC LIMIT $2

-- name: day_root_find
SELECT id, lmk, day, seq, state, kcv, block, not_before_us, not_after_us
FROM kms_dayroot WHERE domain = $1 AND day = $2 AND seq = $3 AND state <> 'DESTROYED'

-- name: day_root_active
SELECT id, lmk, day, seq, state, kcv, block, not_before_us, not_after_us
FROM kms_dayroot WHERE domain = $1 AND state = 'ACTIVE' ORDER BY day DESC, seq DESC LIMIT 1

-- name: day_root_add
INSERT INTO kms_dayroot (domain, day, seq, lmk, block, kcv, state, not_before_us, not_after_us, rowver)
VALUES ($1, $2, $3, $4, $5, $6, 'ACTIVE', $7, 0, 1)
RETURNING id

-- name: day_root_retire
UPDATE kms_dayroot SET state = 'PREVIOUS', not_after_us = $2, rowver = rowver + 1 WHERE domain = $1 AND state = 'ACTIVE'

-- name: day_root_destroy
UPDATE kms_dayroot SET state = 'DESTROYED', block = '', rowver = rowver + 1
WHERE domain = $1 AND state = 'PREVIOUS' AND not_after_us <= $2
