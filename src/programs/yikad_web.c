/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/yikad.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define YIKA_VERSION "0.1.0"

static bool is_console(const char *dir)
{
	char file[SITE_PATH_MAX + 16];

	snprintf(file, sizeof file, "%s/index.html", dir);
	return access(file, R_OK) == 0;
}

/* Where this program lies, without its name. */
static bool program_dir(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	if (len <= 0)
		return false;
	out[len] = '\0';
	slash = strrchr(out, '/');
	if (slash)
		*slash = '\0';
	return slash != NULL;
}

/* The console's files: as configured, installed beside the program, or built in the source tree. */
static const char *console_dir(const struct site *site, char out[SITE_PATH_MAX])
{
	static const char *const places[] = { "../share/yika/console", "../../../console/dist" };
	char dir[SITE_PATH_MAX / 2];

	if (site->conf.web_console[0])
		return site_path(site, site->conf.web_console, out);
	for (size_t i = 0; i < ARRAY_LEN(places) && program_dir(dir, sizeof dir); i++) {
		snprintf(out, SITE_PATH_MAX, "%s/%s", dir, places[i]);
		if (is_console(out))
			return out;
	}
	LOG_WARNING("web.no_console", "program=%s", program_dir(dir, sizeof dir) ? dir : "-");
	return NULL;
}

static const char *file_of(const struct site *site, const char *name, char out[SITE_PATH_MAX])
{
	return name[0] ? site_path(site, name, out) : NULL;
}

result yikad_web_start(struct daemon *d)
{
	const struct site_conf *c = &d->site.conf;
	/* The service borrows its paths for as long as it runs. */
	static char certificate[SITE_PATH_MAX], key[SITE_PATH_MAX], console[SITE_PATH_MAX],
	        officers[SITE_PATH_MAX];
	char dsn[SITE_PATH_MAX];
	struct rest_config config = {
		.address = c->web_listen,
		.cert_file = file_of(&d->site, c->web_tls_certificate, certificate),
		.key_file = file_of(&d->site, c->web_tls_key, key),
		.kms_socket = file_of(&d->site, c->kms_officers, officers),
		.writer = d->platform.writer,
		.clock = &d->clock.clock,
		.random = random_system(),
		.version = YIKA_VERSION,
	};

	if (!c->web_listen[0])
		return OK;
	config.console_dir = console_dir(&d->site, console);
	config.dsn = str_of(site_dsn(&d->site, dsn));
	return rest_start(&config, &d->web);
}
