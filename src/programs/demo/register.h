/* SPDX-License-Identifier: Apache-2.0 */
/* register.h — merchants, terminals, people and cards of the invented campus, put into the
 * registry. */
#pragma once

#include "programs/demo/make.h"

struct demo_registration {
	struct platform *platform;
	const struct demo_campus *campus;
	size_t next_person;
};

result demo_register(struct platform *p, const struct demo_campus *campus);
