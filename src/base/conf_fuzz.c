/* SPDX-License-Identifier: Apache-2.0 */
/* What conf_read takes, conf_print gives back in a form that reads to the same values. */
#include "base/buf.h"
#include "base/conf.h"

struct settings {
	char    address[CONF_TEXT_MAX], dir[CONF_TEXT_MAX];
	int64_t port;
	bool    strict;
};

static const struct conf_key keys[] = {
	{ "web", "address", CONF_TEXT, offsetof(struct settings, address), "127.0.0.1", 0, 0, "address" },
	{ "web", "port", CONF_INTEGER, offsetof(struct settings, port), "8080", 0, 65535, "port" },
	{ "store", "dir", CONF_PATH, offsetof(struct settings, dir), "", 0, 0, "directory" },
	{ "store", "strict", CONF_BOOL, offsetof(struct settings, strict), "yes", 0, 0, "strict" },
};
static const struct conf_schema schema = { keys, ARRAY_LEN(keys) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(buf_free) struct buf once = { 0 }, twice = { 0 };
	struct settings             values;
	struct str                  text = { (const char *)data, size };

	conf_defaults(&schema, &values);
	if (is_ok(conf_set(&schema, text, &values)))
		conf_print(&schema, &values, true, &once);
	buf_free(&once);
	if (!is_ok(conf_read(&schema, text, &values)))
		return 0;
	conf_print(&schema, &values, false, &once);
	conf_defaults(&schema, &values);
	ASSERT(is_ok(conf_read(&schema, buf_text(&once), &values)));
	conf_print(&schema, &values, false, &twice);
	ASSERT(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
	return 0;
}
