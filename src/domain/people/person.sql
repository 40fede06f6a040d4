-- SPDX-License-Identifier: Apache-2.0
-- name: person_add
INSERT INTO person (id, no, name, department, sex, state, class, park, grade, version, created_at_us, changed_at_us)
VALUES ((SELECT coalesce(max(id), 0) + 1 FROM person), $1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)
RETURNING id

-- name: person_save
UPDATE person
SET no = $3, name = $4, department = $5, sex = $6, state = $7, class = $8, park = $9, grade = $10,
    version = version + 1, changed_at_us = $11
WHERE id = $1 AND version = $2

-- name: person_by_id
SELECT id, no, name, department, sex, state, class, park, grade, version FROM person WHERE id = $1

-- name: person_by_no
SELECT id, no, name, department, sex, state, class, park, grade, version FROM person WHERE no = $1

-- name: person_all
SELECT id, no, name, department, sex, state, class, park, grade, version
FROM person WHERE id > $1 ORDER BY id LIMIT $2

-- name: person_search
SELECT id, no, name, department, sex, state, class, park, grade, version
FROM person
WHERE id > $1 AND id IN (
	SELECT id FROM person WHERE no >= $3 AND no < $4
	UNION SELECT id FROM person WHERE name >= $3 AND name < $4
	UNION SELECT person_id FROM card WHERE no = $3)
ORDER BY id LIMIT $2

-- name: person_count
SELECT count(*) FROM person

-- name: person_next_id
SELECT coalesce(max(id), 0) + 1 FROM person
