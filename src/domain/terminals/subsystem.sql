-- SPDX-License-Identifier: Apache-2.0
-- name: subsystem_add
INSERT INTO subsystem (code, processor, name, owner, state, address_range, allow, proposed_range, proposed_by, version,
	created_at_us, changed_at_us)
VALUES ($1, $2, $3, $4, 'ACTIVE', $5, $6, '', 0, 1, $7, $7)
RETURNING id

-- name: subsystem_by_code
SELECT id, code, processor, name, owner, state, address_range, allow, proposed_range, proposed_by, version
FROM subsystem WHERE code = $1

-- name: subsystem_all
SELECT id, code, processor, name, owner, state, address_range, allow, proposed_range, proposed_by, version
FROM subsystem ORDER BY code LIMIT $1

-- name: subsystem_set_state
UPDATE subsystem SET state = $2, version = version + 1, changed_at_us = $3 WHERE id = $1

-- name: subsystem_propose
UPDATE subsystem SET proposed_range = $2, proposed_by = $3, version = version + 1, changed_at_us = $4 WHERE id = $1

-- name: subsystem_agree
UPDATE subsystem SET address_range = proposed_range, proposed_range = '', proposed_by = 0, version = version + 1, changed_at_us = $2
WHERE id = $1
