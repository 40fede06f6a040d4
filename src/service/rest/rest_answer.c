/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_call.h"

#include <ctype.h>
#include <stdio.h>

#include "base/log.h"

enum { REFERENCE_SIZE = 10, WORD_MAX = 32 };

struct jwrite rest_json(struct rest_call *c)
{
	return (struct jwrite){ .out = http_response_body(c->response, "application/json") };
}

/* "K7QX-90FM": short enough to read out, in the log and in the answer alike. */
static void make_reference(struct random_source *random, char out[REFERENCE_SIZE])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t bytes[REFERENCE_SIZE - 1];

	random_fill(random, bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		out[i] = i == 4 ? '-' : letters[bytes[i] % 32];
	out[REFERENCE_SIZE - 1] = '\0';
}

static void log_problem(const struct http_request *request, result r, const char *reference)
{
	const struct result_detail *detail = result_last();
	const char *text = detail->code == r.code ? detail->text : "";

	if (result_kind(r) == RESULT_FAULT)
		LOG_ERROR("rest.fault",
		          "reference=%s code=%s path=\"" STR_FMT "\" detail=\"%s\" at=%s:%d",
		          reference, result_name(r), STR_ARG(request->path), text,
		          detail->file ? detail->file : "-", detail->line);
	else
		LOG_INFO("rest.refused",
		         "reference=%s code=%s path=\"" STR_FMT "\" client=" STR_FMT, reference,
		         result_name(r), STR_ARG(request->path), STR_ARG(request->client));
}

static void write_violations(struct jwrite *j, const struct jread_report *report)
{
	jwrite_array(j, "violations");
	for (size_t i = 0; report && i < report->count; i++) {
		jwrite_object(j, NULL);
		jwrite_str(j, "field", report->rows[i].field);
		jwrite_text(j, "what", report->rows[i].what);
		jwrite_end(j);
	}
	jwrite_end_array(j);
}

void rest_problem(struct http_request *request, struct http_response *response, result r,
                  const struct jread_report *report)
{
	struct rest *rest = request->owner;
	struct jwrite j;
	char reference[REFERENCE_SIZE], type[64];

	make_reference(rest->config.random, reference);
	log_problem(request, r, reference);
	snprintf(type, sizeof type, "urn:yika:error:%s", result_name(r));
	http_response_status(response, result_http(r));
	j = (struct jwrite){ .out = http_response_body(response, "application/problem+json") };
	jwrite_object(&j, NULL);
	jwrite_text(&j, "type", type);
	jwrite_i64(&j, "status", result_http(r));
	jwrite_text(&j, "title", result_text_en(r));
	jwrite_text(&j, "code", result_name(r));
	jwrite_text(&j, "title_zh", result_text_zh(r));
	jwrite_text(&j, "title_en", result_text_en(r));
	jwrite_text(&j, "reference", reference);
	write_violations(&j, report);
	jwrite_end(&j);
}

/* Answers that the HTTP server gives by itself, with a body like all others. */
void rest_refuse(struct http_request *request, struct http_response *response, int status)
{
	switch (status) {
	case 404:
		rest_problem(request, response, FAIL(REST_NOT_FOUND, "path"), NULL);
		break;
	case 405:
		rest_problem(request, response, FAIL(REST_METHOD, "method"), NULL);
		break;
	case 413:
		rest_problem(request, response, FAIL(REST_TOO_LARGE, "body"), NULL);
		break;
	case 503:
		rest_problem(request, response, FAIL(REST_BUSY, "server"), NULL);
		break;
	default:
		rest_problem(request, response, FAIL(HTTP_HEADERS, "status %d", status), NULL);
	}
}

/* --- members that many answers have --- */

void rest_write_instant(struct jwrite *j, const char *name, struct instant t)
{
	char text[INSTANT_TEXT_SIZE];

	if (t.us == 0) {
		jwrite_null(j, name);
		return;
	}
	instant_text(t, TIME_ZONE_CHINA_S, text);
	text[10] = 'T'; /* RFC 3339 */
	jwrite_text(j, name, text);
}

void rest_write_day(struct jwrite *j, const char *name, struct bizdate d)
{
	char text[16];

	snprintf(text, sizeof text, "%04u-%02u-%02u", d.yyyymmdd / 10000 % 10000,
	         d.yyyymmdd / 100 % 100, d.yyyymmdd % 100);
	jwrite_text(j, name, text);
}

void rest_write_hash(struct jwrite *j, const char *name, const uint8_t hash[JOURNAL_HASH_SIZE])
{
	char text[2 * JOURNAL_HASH_SIZE + 1];

	hex_encode(bytes_of(hash, JOURNAL_HASH_SIZE), text);
	jwrite_text(j, name, text);
}

void rest_write_figure(struct jwrite *j, const char *name, int64_t count, struct money sum)
{
	jwrite_object(j, name);
	jwrite_i64(j, "count", count);
	jwrite_i64(j, "amount_fen", sum.fen);
	jwrite_end(j);
}

void rest_write_word(struct jwrite *j, const char *name, const char *word)
{
	char text[WORD_MAX] = "";
	size_t len = strlen(word);

	ASSERT(len < sizeof text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)tolower((unsigned char)word[i]);
	jwrite_text(j, name, text);
}
