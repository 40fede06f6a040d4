/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

TEST(crc32c_of_the_check_string)
{
	CHECK_I64("123456789", crc32c(str_bytes(STR("123456789"))), 0xE3069283);
}
