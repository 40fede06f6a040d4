-- SPDX-License-Identifier: Apache-2.0
-- What nodes raised an alarm about (terminal-protocol 12.11). One message is one row, however often it comes.
CREATE TABLE terminal_alarm (
	id          IDENTITY PRIMARY KEY,
	terminal_id BIGINT NOT NULL REFERENCES terminal (id),
	stan        BIGINT NOT NULL,
	code        BIGINT NOT NULL,
	severity    BIGINT NOT NULL,
	content     TEXT NOT NULL,
	event_us    BIGINT NOT NULL,
	received_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX terminal_alarm_message ON terminal_alarm (terminal_id, event_us, stan);
