-- SPDX-License-Identifier: Apache-2.0
-- name: master_ring
SELECT id, slot, alg, gen, kcv, proof, status, state, created_us, activated_us, retired_us
FROM kms_lmk WHERE state <> 'RETIRED' ORDER BY id

-- name: master_list
SELECT id, slot, alg, gen, kcv, proof, status, state, created_us, activated_us, retired_us
FROM kms_lmk ORDER BY id DESC LIMIT $1

-- name: master_add
INSERT INTO kms_lmk (slot, alg, gen, kcv, proof, status, state, created_us, activated_us, retired_us)
VALUES ($1, $2, $3, $4, $5, $6, 'PENDING', $7, 0, 0)
RETURNING id

-- name: master_set_state
UPDATE kms_lmk
SET state = $3,
    activated_us = CASE WHEN CAST($4 AS BIGINT) > 0 THEN $4 ELSE activated_us END,
    retired_us = $5
WHERE id = $1 AND state = $2

-- name: master_node_report
INSERT INTO kms_node (name, slots, seen_us) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, seen_us = excluded.seen_us

-- name: master_node_list
SELECT name, slots FROM kms_node WHERE seen_us >= $1 ORDER BY name LIMIT 16
