-- SPDX-License-Identifier: Apache-2.0
-- From where a node may sign in the compatibility way (terminal-protocol 7.2): "10.1.2.0/24"; empty is from nowhere.
ALTER TABLE terminal ADD COLUMN address_range TEXT NOT NULL DEFAULT '';
