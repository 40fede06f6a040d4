/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT(section, key, member, fallback, help)                                                 \
	{                                                                                          \
		section, key, CONF_TEXT, offsetof(struct site_conf, member), fallback, 0, 0, help  \
	}
#define WHOLE(section, key, member, fallback, min, max, help)                                      \
	{                                                                                          \
		section, key, CONF_INTEGER, offsetof(struct site_conf, member), fallback, min,     \
		        max, help                                                                  \
	}
#define YES_NO(section, key, member, fallback, help)                                               \
	{                                                                                          \
		section, key, CONF_BOOL, offsetof(struct site_conf, member), fallback, 0, 1, help  \
	}

static const struct conf_key keys[] = {
	TEXT("book", "store", store, "sqlite:yika.db",
	     "where the book is kept: sqlite:FILE or postgres:CONNECTION"),
	WHOLE("book", "cutover_minutes", cutover_minutes, "0", 0, 1439,
	      "the business day changes so many minutes after midnight (+08:00)"),
	TEXT("book", "clock", clock, "system",
	     "system, or the file through which a replay drives the clock"),
	WHOLE("book", "queue", queue_max, "16384", 64, 1048576,
	      "requests that may wait for the writer; more are told busy (91)"),
	WHOLE("book", "batch", batch_max, "4096", 1, 8192, "requests of one commit"),
	WHOLE("book", "purse_ceiling_fen", purse_ceiling_fen, "500000", 0, 1000000000000,
	      "highest balance a top-up may lead to, fen; 0: none"),
	TEXT("kms", "service", kms_service, "kms/service.sock",
	     "where the key manager listens for this platform"),
	YES_NO("kms", "run", kms_run, "yes",
	       "run the key manager beside this program when nobody listens there; no: it has a "
	       "user "
	       "and a service of its own"),
	TEXT("kms", "dir", kms_dir, "kms", "directory of the key manager that is run so"),
	WHOLE("kms", "root_version", root_version, "1", 1, 99,
	      "version of the terminal root that new terminals get"),
	TEXT("terminal", "listen", terminal_listen, "127.0.0.1:8583",
	     "dialect B, plain or sealed; empty: off"),
	TEXT("terminal", "listen_tls", terminal_tls_listen, "",
	     "the same inside TLS 1.3; empty: off"),
	TEXT("terminal", "listen_ascii", terminal_ascii_listen, "",
	     "dialect A; loopback only unless TLS; empty: off"),
	TEXT("terminal", "listen_bare", terminal_bare_listen, "",
	     "dialect B without TPDU and header; loopback only; empty: off"),
	TEXT("terminal", "tls_certificate", tls_certificate, "",
	     "certificate chain of listen_tls, PEM"),
	TEXT("terminal", "tls_key", tls_key, "",
	     "its private key, PEM, readable by its owner only"),
	WHOLE("terminal", "connections", terminal_connections, "16384", 1, 200000, "open lines"),
	WHOLE("terminal", "per_address", terminal_per_address, "256", 1, 200000,
	      "open lines of one source address"),
	WHOLE("terminal", "sign_ins_per_second", sign_ins_per_s, "500", 1, 100000,
	      "more are told to come later (91)"),
	YES_NO("terminal", "legacy_suites", legacy_suites, "no",
	       "allow suites 3 and 4 for nodes registered with them"),
	TEXT("terminal", "subsystem_ranges", subsystem_ranges, "",
	     "address ranges, apart by blanks, that those of subsystems must lie in; empty: any"),
	TEXT("web", "listen", web_listen, "127.0.0.1:8080", "console and REST; empty: off"),
	TEXT("web", "tls_certificate", web_tls_certificate, "",
	     "certificate chain, PEM; empty: plain HTTP"),
	TEXT("web", "tls_key", web_tls_key, "", "its private key, PEM"),
	TEXT("web", "console", web_console, "",
	     "directory of the console's files; empty: beside the program"),
	TEXT("kms", "officers", kms_officers, "kms/officers.sock",
	     "the key manager's socket for orders of its officers; empty: none"),
};

const struct conf_schema *site_schema(void)
{
	static const struct conf_schema schema = { keys, ARRAY_LEN(keys) };

	return &schema;
}

result site_open(const char *dir, struct site *out)
{
	char path[SITE_PATH_MAX], whole[4096];

	if (!realpath(dir, whole) || strlen(whole) + 64 > SITE_PATH_MAX)
		return FAIL(SITE_MISSING,
		            "%s is no directory; make a site with: yika init --site %s", dir, dir);
	str_copy(str_of(whole), out->dir, sizeof out->dir);
	site_path(out, "yika.conf", path);
	if (access(path, R_OK) != 0)
		return FAIL(SITE_MISSING, "%s is not there; make a site with: yika init --site %s",
		            path, dir);
	conf_defaults(site_schema(), &out->conf);
	return conf_load(site_schema(), path, &out->conf);
}

const char *site_path(const struct site *s, const char *name, char out[SITE_PATH_MAX])
{
	if (name[0] == '/')
		str_copy(str_of(name), out, SITE_PATH_MAX);
	else if ((size_t)snprintf(out, SITE_PATH_MAX, "%s/%s", s->dir, name) >= SITE_PATH_MAX)
		out[0] = '\0'; /* nothing opens "" */
	return out;
}

const char *site_dsn(const struct site *s, char out[SITE_PATH_MAX])
{
	static const char prefix[] = "sqlite:";
	const char *file = s->conf.store + sizeof prefix - 1;
	int n;

	if (strncmp(s->conf.store, prefix, sizeof prefix - 1) != 0 || file[0] == '/' ||
	    file[0] == ':') {
		str_copy(str_of(s->conf.store), out, SITE_PATH_MAX);
		return out;
	}
	n = snprintf(out, SITE_PATH_MAX, "%s%s/%s", prefix, s->dir, file);
	if (n < 0 || n >= SITE_PATH_MAX)
		out[0] = '\0';
	return out;
}

result site_clock_open(const struct site *s, struct clock_file *out)
{
	char path[SITE_PATH_MAX];
	bool system = strcmp(s->conf.clock, "system") == 0;

	return clock_file_open(system ? NULL : site_path(s, s->conf.clock, path), out);
}
