/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "service/kms/service_route.h"

static struct kms_message asks(uint16_t op, const uint8_t *body, size_t len)
{
	return (struct kms_message){ .op = op, .body = bytes_of(body, len) };
}

TEST(requests_are_taken_for_alike_by_the_label_of_their_key)
{
	static const uint8_t a[] = { 0, 1, 0, 3, 'A', '.', 'B', 0, 4, 0, 1, 9 },
	                     other_data[] = { 0, 1, 0, 3, 'A', '.', 'B', 0, 4, 0, 1, 7 },
	                     other_label[] = { 0, 1, 0, 3, 'A', '.', 'C' };
	struct kms_message m = asks(0x10, a, sizeof a),
	                   same = asks(0x11, other_data, sizeof other_data),
	                   other = asks(0x10, other_label, sizeof other_label);
	static struct service_routes r;

	CHECK_I64("label", service_route_of(&m), service_route_of(&same));
	CHECK(service_route_of(&m) != service_route_of(&other));
	CHECK(!service_route_is_narrow(&r, &m));
	service_route_note(&r, &m, true);
	CHECK(service_route_is_narrow(&r, &same) && !service_route_is_narrow(&r, &other));
	service_route_note(&r, &same, false);
	CHECK(!service_route_is_narrow(&r, &m));
}

TEST(requests_without_a_label_are_taken_for_alike_by_their_operation)
{
	static const uint8_t none[] = { 0, 4, 0, 1, 9 }, cut[] = { 0, 1, 0, 9, 'A' },
	                     head[] = { 0, 1, 0 };
	struct kms_message rows[] = { asks(0x70, NULL, 0), asks(0x70, none, sizeof none),
		                      asks(0x70, cut, sizeof cut), asks(0x70, head, sizeof head) },
	                   other = asks(0x71, NULL, 0);

	for (size_t i = 1; i < ARRAY_LEN(rows); i++)
		CHECK_I64("operation", service_route_of(&rows[i]), service_route_of(&rows[0]));
	CHECK(service_route_of(&other) != service_route_of(&rows[0]));
	CHECK(service_route_of(&other) < SERVICE_ROUTES);
}
