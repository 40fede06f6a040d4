-- SPDX-License-Identifier: Apache-2.0
-- The registry of nodes (terminal-protocol 6) and what survives a restart of their sessions (7.7).
CREATE TABLE terminal (
	id            BIGINT PRIMARY KEY,
	node_id       TEXT NOT NULL UNIQUE,
	sam_no        BLOB NOT NULL UNIQUE,
	key_version   BIGINT NOT NULL,
	type          TEXT NOT NULL,
	state         TEXT NOT NULL,
	dialect       TEXT NOT NULL,
	sealed        BIGINT NOT NULL,
	suites        BIGINT NOT NULL,
	allow         BIGINT NOT NULL,
	merchant_id   BIGINT NOT NULL REFERENCES merchant (id),
	location      TEXT NOT NULL,
	batch         BIGINT NOT NULL,
	version       BIGINT NOT NULL,
	created_at_us BIGINT NOT NULL,
	changed_at_us BIGINT NOT NULL
);
CREATE INDEX terminal_merchant ON terminal (merchant_id, id);

CREATE TABLE terminal_session (
	id             BIGINT PRIMARY KEY,
	terminal_id    BIGINT NOT NULL REFERENCES terminal (id),
	state          TEXT NOT NULL,
	suite          BIGINT NOT NULL,
	key_version    BIGINT NOT NULL,
	key_date       BIGINT NOT NULL,
	key_seq        BIGINT NOT NULL,
	send_reserved  BIGINT NOT NULL,
	receive_high   BIGINT NOT NULL,
	opened_us      BIGINT NOT NULL,
	valid_until_us BIGINT NOT NULL
);
CREATE INDEX terminal_session_open ON terminal_session (terminal_id) WHERE state <> 'CLOSED';
