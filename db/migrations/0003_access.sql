-- SPDX-License-Identifier: Apache-2.0
-- Operators of the platform, their roles and sessions. Of passwords and tokens only hashes are stored.
CREATE TABLE access_role (
	name        TEXT PRIMARY KEY,
	permissions TEXT NOT NULL
);

CREATE TABLE access_operator (
	id                  IDENTITY PRIMARY KEY,
	name                TEXT NOT NULL UNIQUE,
	display             TEXT NOT NULL,
	role                TEXT NOT NULL REFERENCES access_role (name),
	state               TEXT NOT NULL,
	password_hash       TEXT NOT NULL,
	must_change         BIGINT NOT NULL,
	errors              BIGINT NOT NULL,
	locked_until_us     BIGINT NOT NULL,
	last_login_us       BIGINT NOT NULL,
	created_at_us       BIGINT NOT NULL,
	password_changed_us BIGINT NOT NULL
);

CREATE TABLE access_session (
	id            IDENTITY PRIMARY KEY,
	operator_id   BIGINT NOT NULL REFERENCES access_operator (id),
	token_hash    BLOB NOT NULL UNIQUE,
	csrf          TEXT NOT NULL,
	workstation   TEXT NOT NULL,
	opened_us     BIGINT NOT NULL,
	seen_us       BIGINT NOT NULL,
	ends_us       BIGINT NOT NULL,
	last_login_us BIGINT NOT NULL,
	revoked       BIGINT NOT NULL
);
CREATE INDEX access_session_operator ON access_session (operator_id);

INSERT INTO access_role (name, permissions) VALUES
	('administrator', 'operators people.read people.write card.issue card.report_lost card.replace merchants terminals transactions.read proof import audit.read keys'),
	('card officer', 'people.read people.write card.issue card.report_lost card.replace import'),
	('cashier', 'people.read transactions.read card.report_lost cash'),
	('finance', 'people.read transactions.read proof merchants'),
	('auditor', 'people.read transactions.read proof audit.read');
