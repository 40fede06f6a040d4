/* SPDX-License-Identifier: Apache-2.0 */
/* address.h — socket addresses as text: "127.0.0.1:8583", "[::1]:8583". */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/bytes.h"

enum { ADDRESS_TEXT_SIZE = 56, ADDRESS_HOST_SIZE = 254 };

struct address {
	union {
		struct sockaddr         any;
		struct sockaddr_in      v4;
		struct sockaddr_in6     v6;
		struct sockaddr_storage storage;
	};
	socklen_t len;
};

/* Split "host:port" or "[v6]:port". CONNECT_FAILED when it is neither. */
result address_split(const char *text, char host[ADDRESS_HOST_SIZE], uint16_t *port);
/* Numbers only, no name service. CONNECT_FAILED. */
result address_parse(const char *text, struct address *out);
/* Names too; may take seconds. The first address that is found. */
result address_resolve(const char *text, struct address *out);
/* With port; IPv4 that came over an IPv6 socket is shown as IPv4. Returns out. */
const char *address_text(const struct address *a, char out[ADDRESS_TEXT_SIZE]);
/* Without port and brackets. */
const char *address_host(const struct address *a, char out[ADDRESS_TEXT_SIZE]);
/* What counts as one source: an IPv4 address (mapped), an IPv6 /64. */
struct in6_addr address_source(const struct address *a);
uint16_t        address_port(const struct address *a);
/* A socket that listens there, non-blocking; *port (may be NULL) is the one in use. LISTEN_FAILED. */
result address_listen(const struct address *a, const char *text, int *fd, uint16_t *port);
