/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges: an address and how many of its leading bits count. */
#include <arpa/inet.h>

#include "domain/terminals/terminal.h"

struct range {
	uint8_t at[16];
	size_t size; /* 4 or 16 */
	uint64_t bits;
};

static bool read_address(struct str text, struct range *out)
{
	char host[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof host)
		return false;
	str_copy(text, host, sizeof host);
	out->size = memchr(text.at, ':', text.len) ? 16 : 4;
	out->bits = out->size * 8;
	return inet_pton(out->size == 16 ? AF_INET6 : AF_INET, host, out->at) == 1;
}

/* A range is written from its first address, so that a slip in the length is noticed. */
static bool read_range(struct str text, struct range *out)
{
	struct str host, bits;
	bool has_bits = str_cut(text, '/', &host, &bits);

	if (!read_address(host, out))
		return false;
	if (has_bits && (!is_ok(str_u64(bits, &out->bits)) || out->bits > out->size * 8))
		return false;
	for (size_t i = out->bits; i < out->size * 8; i++)
		if (out->at[i / 8] & 0x80u >> i % 8)
			return false;
	return true;
}

bool terminal_range_is_valid(struct str range)
{
	struct range r;

	return range.len == 0 || read_range(range, &r);
}

static bool same_start(const struct range *a, const struct range *b, uint64_t bits)
{
	for (size_t i = 0; i < bits; i++)
		if ((a->at[i / 8] ^ b->at[i / 8]) & 0x80u >> i % 8)
			return false;
	return true;
}

bool terminal_range_within(struct str inner, struct str outer)
{
	struct range in, out;
	struct str one, rest = str_trim(outer);

	if (rest.len == 0)
		return true;
	if (!read_range(inner, &in))
		return false;
	while (rest.len) {
		str_cut(rest, ' ', &one, &rest);
		if (read_range(one, &out) && out.size == in.size && out.bits <= in.bits &&
		    same_start(&in, &out, out.bits))
			return true;
	}
	return false;
}

/* "1.2.3.4:567", "[::1]:567" */
static struct str host_of(struct str address)
{
	size_t end = address.len;

	while (end > 0 && address.at[end - 1] != ':')
		end--;
	if (end == 0)
		return address;
	address.len = end - 1;
	if (address.len >= 2 && address.at[0] == '[' && address.at[address.len - 1] == ']')
		address = (struct str){ address.at + 1, address.len - 2 };
	return address;
}

bool terminal_range_holds(struct str range, struct str address)
{
	struct range r, a;

	if (!read_range(range, &r) || !read_address(host_of(address), &a) || a.size != r.size)
		return false;
	return same_start(&r, &a, r.bits);
}

bool terminal_same_host(struct str a, struct str b)
{
	return str_equal(host_of(a), host_of(b));
}
