/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

result address_split(const char *text, char host[ADDRESS_HOST_SIZE], uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	struct str  name = { text, colon ? (size_t)(colon - text) : 0 };
	uint64_t    number;

	if (!colon || !is_ok(str_u64(str_of(colon + 1), &number)) || number > UINT16_MAX)
		return FAIL(CONNECT_FAILED, "\"%s\" is not host:port", text);
	if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
		name = (struct str){ name.at + 1, name.len - 2 };
	else if (name.len && memchr(name.at, ':', name.len))
		return FAIL(CONNECT_FAILED, "\"%s\": an IPv6 address needs brackets", text);
	if (name.len == 0 || name.len >= ADDRESS_HOST_SIZE)
		return FAIL(CONNECT_FAILED, "\"%s\" has no host", text);
	str_copy(name, host, ADDRESS_HOST_SIZE);
	*port = (uint16_t)number;
	return OK;
}

static void set_port(struct address *a, uint16_t port)
{
	if (a->any.sa_family == AF_INET6)
		a->v6.sin6_port = htons(port);
	else
		a->v4.sin_port = htons(port);
}

static result look_up(const char *text, int flags, struct address *out)
{
	struct addrinfo  hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *found = NULL;
	char             host[ADDRESS_HOST_SIZE];
	uint16_t         port;
	int              error;

	TRY(address_split(text, host, &port));
	error = getaddrinfo(host, NULL, &hints, &found);
	if (error != 0)
		return FAIL(CONNECT_FAILED, "%s: %s", text, gai_strerror(error));
	memset(out, 0, sizeof *out);
	memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	set_port(out, port);
	return OK;
}

result address_parse(const char *text, struct address *out)
{
	return look_up(text, AI_NUMERICHOST, out);
}

result address_resolve(const char *text, struct address *out)
{
	return look_up(text, AI_ADDRCONFIG, out);
}

static bool is_v4_mapped(const struct address *a)
{
	return a->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr);
}

uint16_t address_port(const struct address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

const char *address_host(const struct address *a, char out[ADDRESS_TEXT_SIZE])
{
	const void *at = &a->v4.sin_addr;
	int         family = AF_INET;

	if (is_v4_mapped(a)) {
		at = &a->v6.sin6_addr.s6_addr[12];
	} else if (a->any.sa_family == AF_INET6) {
		at = &a->v6.sin6_addr;
		family = AF_INET6;
	}
	if (!inet_ntop(family, at, out, ADDRESS_TEXT_SIZE))
		str_copy(STR("?"), out, ADDRESS_TEXT_SIZE);
	return out;
}

const char *address_text(const struct address *a, char out[ADDRESS_TEXT_SIZE])
{
	char host[ADDRESS_TEXT_SIZE];
	bool is_v6 = strchr(address_host(a, host), ':') != NULL;

	snprintf(out, ADDRESS_TEXT_SIZE, is_v6 ? "[%.45s]:%u" : "%.45s:%u", host, (unsigned)address_port(a));
	return out;
}

struct in6_addr address_source(const struct address *a)
{
	struct in6_addr source = { 0 };

	if (a->any.sa_family == AF_INET6) {
		source = a->v6.sin6_addr;
		if (!is_v4_mapped(a))
			memset(&source.s6_addr[8], 0, 8);
		return source;
	}
	source.s6_addr[10] = source.s6_addr[11] = 0xFF;
	memcpy(&source.s6_addr[12], &a->v4.sin_addr, 4);
	return source;
}

result address_listen(const struct address *a, const char *text, int *fd, uint16_t *port)
{
	const int      one = 1;
	struct address bound = { .len = sizeof bound.storage };
	int            s = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (s < 0)
		return FAIL(LISTEN_FAILED, "%s: socket: %m", text);
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(s, &a->any, a->len) != 0 ||
	    listen(s, BACKLOG) != 0 || getsockname(s, &bound.any, &bound.len) != 0) {
		int error = errno;

		close(s);
		errno = error;
		return FAIL(LISTEN_FAILED, "%s: %m", text);
	}
	if (port)
		*port = address_port(&bound);
	*fd = s;
	return OK;
}
