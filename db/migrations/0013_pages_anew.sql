-- SPDX-License-Identifier: Apache-2.0
-- Pages of accounts are packed now. They hold no original: the next start makes them from the journal, once, from its first row.
DELETE FROM ledger_page;
