-- SPDX-License-Identifier: Apache-2.0
-- name: reports_people
SELECT p.id, p.no, p.name, p.department, p.state, p.class,
       COALESCE((SELECT c.no FROM card c WHERE c.person_id = p.id ORDER BY c.id DESC LIMIT 1), '')
FROM person p
WHERE p.no LIKE $1 ESCAPE '!' OR p.name LIKE $2 ESCAPE '!' OR p.id IN (SELECT person_id FROM card WHERE no = $3)
ORDER BY p.no LIMIT $4 OFFSET $5

-- name: reports_people_count
SELECT count(*) FROM person p
WHERE p.no LIKE $1 ESCAPE '!' OR p.name LIKE $2 ESCAPE '!' OR p.id IN (SELECT person_id FROM card WHERE no = $3)

-- name: reports_person
SELECT p.id, p.no, p.name, p.department, p.state, p.class,
       COALESCE((SELECT c.no FROM card c WHERE c.person_id = p.id ORDER BY c.id DESC LIMIT 1), '')
FROM person p WHERE p.id = $1

-- name: reports_names
SELECT id, name FROM person WHERE name <> '' ORDER BY no

-- name: reports_merchants
SELECT m.id, m.no, m.name, m.state,
       CAST(COALESCE((SELECT SUM(CASE WHEN d.kind = 4 THEN d.events ELSE -d.events END) FROM day_total d
                 WHERE d.merchant = m.id AND d.business_date = $3 AND (d.kind IN (4, 5) OR (d.kind = 10 AND d.undone = 4))), 0) AS BIGINT),
       CAST(COALESCE((SELECT SUM(CASE WHEN d.kind = 4 THEN d.sum_fen ELSE -d.sum_fen END) FROM day_total d
                 WHERE d.merchant = m.id AND d.business_date = $3 AND (d.kind IN (4, 5) OR (d.kind = 10 AND d.undone = 4))), 0) AS BIGINT)
FROM merchant m WHERE m.no LIKE $1 ESCAPE '!' OR m.name LIKE $2 ESCAPE '!'
ORDER BY m.no LIMIT $4 OFFSET $5

-- name: reports_merchants_count
SELECT count(*) FROM merchant m WHERE m.no LIKE $1 ESCAPE '!' OR m.name LIKE $2 ESCAPE '!'

-- name: reports_terminals
SELECT t.id, t.node_id, t.location, t.type, t.state, t.merchant_id, m.no, m.name,
       (SELECT count(*) FROM terminal_session s WHERE s.terminal_id = t.id AND s.state = 'ACTIVE' AND s.valid_until_us > $3),
       COALESCE((SELECT s.opened_us FROM terminal_session s WHERE s.terminal_id = t.id ORDER BY s.opened_us DESC LIMIT 1), 0),
       COALESCE((SELECT v.posted_at_us FROM terminal_view v WHERE v.terminal = t.id), 0)
FROM terminal t JOIN merchant m ON m.id = t.merchant_id
WHERE t.node_id LIKE $1 ESCAPE '!' OR t.location LIKE $2 ESCAPE '!' OR m.name LIKE $2 ESCAPE '!'
ORDER BY t.node_id LIMIT $4 OFFSET $5

-- name: reports_terminals_count
SELECT count(*) FROM terminal t JOIN merchant m ON m.id = t.merchant_id
WHERE t.node_id LIKE $1 ESCAPE '!' OR t.location LIKE $2 ESCAPE '!' OR m.name LIKE $2 ESCAPE '!'

-- name: reports_terminals_in_use
SELECT count(*) FROM terminal WHERE state <> 'RETIRED'

-- name: reports_terminals_signed_in
SELECT count(DISTINCT terminal_id) FROM terminal_session WHERE state = 'ACTIVE' AND valid_until_us > $1

-- name: reports_purses
SELECT no FROM account_view WHERE chart IN (2001, 2002) AND key1 = $1 ORDER BY no
