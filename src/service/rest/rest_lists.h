/* SPDX-License-Identifier: Apache-2.0 */
/* rest_lists.h — people, merchants, terminals, search; transactions and their chains. */
#pragma once

#include "service/rest/rest_call.h"

result rest_people_list(struct rest_call *c);
result rest_person_get(struct rest_call *c);
result rest_merchants_list(struct rest_call *c);
result rest_terminals_list(struct rest_call *c);
result rest_search(struct rest_call *c);

result rest_person_transactions(struct rest_call *c);
result rest_transactions_list(struct rest_call *c);
result rest_transaction_get(struct rest_call *c);
