-- SPDX-License-Identifier: Apache-2.0
-- Who may open the pages of the key manager. It asks its officers for a password and a code of its own.
UPDATE access_role SET permissions = permissions || ' keys.pages' WHERE name = 'administrator';
INSERT INTO access_role (name, permissions) VALUES ('key officer', 'keys.pages');
