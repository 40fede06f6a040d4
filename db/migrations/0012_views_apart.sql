-- SPDX-License-Identifier: Apache-2.0
-- The views have a database of their own (db/views): filling them must not hold up the book. They are made again there.
DROP TABLE entry;
DROP TABLE account_view;
DROP TABLE day_total;
DROP TABLE view_state;
