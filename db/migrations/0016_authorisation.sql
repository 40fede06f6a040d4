-- SPDX-License-Identifier: Apache-2.0
-- Subsystems (应用系统, requirements A1.2): the first four characters of a node id are its subsystem's code and processor
-- number (处理机号). A new address waits in proposed_range until a second person agrees; proposed_by 0: none waits.
CREATE TABLE subsystem (
	id             IDENTITY PRIMARY KEY,
	code           TEXT NOT NULL UNIQUE,
	processor      TEXT NOT NULL UNIQUE,
	name           TEXT NOT NULL,
	owner          TEXT NOT NULL,
	state          TEXT NOT NULL,
	address_range  TEXT NOT NULL,
	allow          BIGINT NOT NULL,
	proposed_range TEXT NOT NULL,
	proposed_by    BIGINT NOT NULL,
	version        BIGINT NOT NULL,
	created_at_us  BIGINT NOT NULL,
	changed_at_us  BIGINT NOT NULL
);

-- The authorisation card (授权卡) of a node: until when it may register with it; 0: it is burnt. And the machine that did.
ALTER TABLE terminal ADD COLUMN card_serial TEXT NOT NULL DEFAULT '';
ALTER TABLE terminal ADD COLUMN card_until_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE terminal ADD COLUMN hardware TEXT NOT NULL DEFAULT '';
ALTER TABLE terminal ADD COLUMN software_hash TEXT NOT NULL DEFAULT '';
