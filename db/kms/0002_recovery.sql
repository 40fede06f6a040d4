-- SPDX-License-Identifier: Apache-2.0
-- A compromised key processes what was made under it while a recovery is agreed, and no longer (keys 11).
ALTER TABLE kms_keyver ADD COLUMN recover_until_us BIGINT NOT NULL DEFAULT 0;
