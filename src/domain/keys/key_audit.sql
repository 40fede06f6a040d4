-- SPDX-License-Identifier: Apache-2.0
-- name: key_audit_last
SELECT seq, link, lmk FROM kms_audit ORDER BY seq DESC LIMIT 1

-- name: key_audit_add
INSERT INTO kms_audit (seq, ts, actor, op, detail, result, lmk, link) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: key_audit_upto
SELECT seq, ts, actor, op, detail, result, lmk, link FROM kms_audit WHERE seq > $1 AND seq <= $2 ORDER BY seq

-- name: key_audit_after
SELECT seq, ts, actor, op, detail, result, lmk, link FROM kms_audit
WHERE seq > $1 AND ($2 = '' OR substr(op, 1, length($2)) = $2) AND ($3 = '' OR actor = $3)
ORDER BY seq LIMIT $4

-- name: key_audit_before
SELECT seq, ts, actor, op, detail, result, lmk, link FROM kms_audit
WHERE seq < $1 AND ($2 = '' OR substr(op, 1, length($2)) = $2) AND ($3 = '' OR actor = $3)
ORDER BY seq DESC LIMIT $4
