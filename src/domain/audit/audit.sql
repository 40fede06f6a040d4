-- SPDX-License-Identifier: Apache-2.0
-- name: audit_last
SELECT no, hash FROM audit_line ORDER BY no DESC LIMIT 1

-- name: audit_add
INSERT INTO audit_line (no, at_us, operator_id, operator_name, workstation, action, object_type, object_id, before_text,
	after_text, reason, result, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: audit_list
SELECT no, at_us, operator_id, operator_name, workstation, action, object_type, object_id, before_text, after_text, reason,
	result, previous, hash
FROM audit_line
WHERE no < $1 AND (CAST($2 AS BIGINT) = 0 OR operator_id = $2) AND (CAST($3 AS BIGINT) = 0 OR object_id = $3)
	AND (CAST($4 AS TEXT) = '' OR action = $4) AND (CAST($5 AS TEXT) = '' OR object_type = $5)
ORDER BY no DESC LIMIT $6

-- name: audit_forward
SELECT no, at_us, operator_id, operator_name, workstation, action, object_type, object_id, before_text, after_text, reason,
	result, previous, hash
FROM audit_line WHERE no > $1 ORDER BY no LIMIT $2
