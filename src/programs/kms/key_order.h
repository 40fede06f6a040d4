/* SPDX-License-Identifier: Apache-2.0 */
/* key_order.h — `yika key`: from words on the command line to an officer's request, by the table of
 * fields that the key manager itself tells. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum { KEY_ORDER_FIELDS = 24, KEY_ORDER_NAME = 48, KEY_FILE_MAX = 12 << 20 };

/* A field as the key manager tells it. */
struct key_field {
	char name[KEY_ORDER_NAME];
	char type; /* 't' text, 'n' number, 'f' flag */
	char kind; /* 'p' plain, 'f' file, 'b' binary file, 's' secret, 'c' a secret that is chosen:
	              typed twice */
	bool required;
};

struct key_order {
	char command[KEY_ORDER_NAME];
	struct key_field fields[KEY_ORDER_FIELDS];
	size_t count;
};

/* The command's line out of the table of all. CONTROL_COMMAND. */
result key_order_find(struct str table, struct str command, struct key_order *out);

/*
 * Write the request: "name=value" words, "name=@FILE" for files (binary ones become hex) and
 * secrets out of a file,
 * "name=-" for a secret that is to be asked for; secrets that are required are asked for anyway.
 * A secret on the command line is refused: everybody on the machine can read it there. USAGE,
 * FILE_READ, PROMPT_*.
 */
struct key_words {
	const char *const *at;
	int count;
	const char *session;  /* NULL: none */
	const char *approval; /* NULL: none */
};
result key_order_write(const struct key_order *o, const struct key_words *words,
                       struct buf *request);
