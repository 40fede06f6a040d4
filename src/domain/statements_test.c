/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/domain_sql.h"
#include "domain/fixture.h"

TEST_BOTH(every_statement_of_the_domain_prepares)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin_reader(engine);

	REQUIRE(tx);
	for (const struct db_statement *const *s = domain_statements; *s; s++)
		REQUIRE_OK(db_prepare(db_of(tx), *s));
}
