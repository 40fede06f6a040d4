-- SPDX-License-Identifier: Apache-2.0
-- Who did what. Lines are only ever added; each holds the hash of the one before.
CREATE TABLE audit_line (
	no            BIGINT PRIMARY KEY,
	at_us         BIGINT NOT NULL,
	operator_id   BIGINT NOT NULL,
	operator_name TEXT NOT NULL,
	workstation   TEXT NOT NULL,
	action        TEXT NOT NULL,
	object_type   TEXT NOT NULL,
	object_id     BIGINT NOT NULL,
	before_text   TEXT NOT NULL,
	after_text    TEXT NOT NULL,
	reason        TEXT NOT NULL,
	result        TEXT NOT NULL,
	previous      BLOB NOT NULL,
	hash          BLOB NOT NULL
);
CREATE INDEX audit_line_object ON audit_line (object_type, object_id, no);
CREATE INDEX audit_line_operator ON audit_line (operator_id, no);
