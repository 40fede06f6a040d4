-- SPDX-License-Identifier: Apache-2.0
-- People: the holders of cards and rights.
CREATE TABLE person (
	id            BIGINT PRIMARY KEY,
	no            TEXT NOT NULL UNIQUE,
	name          TEXT NOT NULL,
	department    TEXT NOT NULL,
	sex           TEXT NOT NULL,
	state         TEXT NOT NULL,
	class         BIGINT NOT NULL,
	park          BIGINT NOT NULL,
	grade         BIGINT NOT NULL,
	version       BIGINT NOT NULL,
	created_at_us BIGINT NOT NULL,
	changed_at_us BIGINT NOT NULL
);
CREATE INDEX person_name ON person (name);
