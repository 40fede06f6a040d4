-- SPDX-License-Identifier: Apache-2.0
-- Keys and what is known of them live with the key manager, in a store of its own. A site from before
-- cannot take its keys along, which never left their token: its terminals sign in anew with new SAMs.
DROP TABLE key_root;
DROP TABLE key_day;
