/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from browsers to the key manager (密钥管理): one line of JSON each way, passed on as it
 * is. Officers prove themselves to the key manager, not here; what is secret in a line was sealed
 * by the browser or by the key manager, which takes nothing else over a line that says "relay".
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "service/rest/rest_call.h"

enum {
	DEADLINE_S = 30,
	WAIT_S = 2,           /* for a free line */
	SHUN_S = 10,          /* a key manager that did not answer */
	FRESH_S = 3,          /* an answer to "status" */
	RELAY_MAX = 16 << 10, /* of the answer to it, and of the reader's room */
	CODE_MAX = 64,
};

void rest_kms_init(struct rest_kms *k, const char *path, int64_t deadline_us)
{
	pthread_condattr_t attr;

	*k = (struct rest_kms){ .path = path,
		                .deadline_us = deadline_us ? deadline_us
		                                           : DEADLINE_S * (int64_t)SECOND_US };
	for (size_t i = 0; i < REST_KMS_LINES; i++)
		k->lines[i].fd = -1;
	pthread_mutex_init(&k->lock, NULL);
	pthread_mutex_init(&k->asking, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->freed, &attr);
	pthread_condattr_destroy(&attr);
}

void rest_kms_deinit(struct rest_kms *k)
{
	for (size_t i = 0; i < REST_KMS_LINES; i++)
		lines_disconnect(&k->lines[i]);
	buf_free(&k->status);
	pthread_cond_destroy(&k->freed);
	pthread_mutex_destroy(&k->asking);
	pthread_mutex_destroy(&k->lock);
}

/* --- lines --- */

static struct lines_client *free_line(struct rest_kms *k)
{
	for (size_t i = 0; i < REST_KMS_LINES; i++)
		if (!k->used[i]) {
			k->used[i] = true;
			return &k->lines[i];
		}
	return NULL;
}

static result take_line(struct rest_kms *k, struct lines_client **out)
{
	int64_t now_us = monotonic_us(), until_us = now_us + WAIT_S * (int64_t)SECOND_US;
	struct timespec until = { until_us / SECOND_US, until_us % SECOND_US * 1000 };
	bool shunned;

	pthread_mutex_lock(&k->lock);
	shunned = now_us < k->silent_until_us;
	*out = NULL;
	while (!shunned && !(*out = free_line(k)))
		if (pthread_cond_timedwait(&k->freed, &k->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&k->lock);
	if (shunned)
		return FAIL(REST_KMS_ABSENT, "it did not answer a moment ago");
	return *out ? OK : FAIL(REST_BUSY, "every line to the key manager is in use");
}

static void give_line(struct rest_kms *k, struct lines_client *line, result how)
{
	if (!is_ok(how))
		lines_disconnect(line); /* an answer that is late must not meet the next order */
	pthread_mutex_lock(&k->lock);
	k->used[line - k->lines] = false;
	if (how.code == REST_KMS_SILENT)
		k->silent_until_us = monotonic_us() + SHUN_S * (int64_t)SECOND_US;
	pthread_cond_signal(&k->freed);
	pthread_mutex_unlock(&k->lock);
}

/* Between orders nothing comes over a line but its end. */
static bool is_open(const struct lines_client *line)
{
	struct pollfd p = { line->fd, POLLIN, 0 };

	return line->fd >= 0 && poll(&p, 1, 0) == 0;
}

static void set_deadline(int fd, int64_t us)
{
	struct timeval t = { us / SECOND_US, us % SECOND_US };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

/* The first words over a new line: nothing secret comes in clear over it. */
static result connect_line(const struct rest_kms *k, struct lines_client *line)
{
	SCOPED(buf_free) struct buf said = { .limit = RELAY_MAX };

	if (is_open(line))
		return OK;
	lines_disconnect(line);
	TRY(lines_connect(k->path, line));
	set_deadline(line->fd, k->deadline_us);
	TRY(lines_ask(line, STR("{\"command\":\"relay\"}"), &said));
	return str_equal(buf_text(&said), STR("{\"code\":\"SUCCESS\"}"))
	               ? OK
	               : FAIL(REST_KMS_ABSENT, "another program answers at %s", k->path);
}

/* The line's own failure, as what it means to whoever gave the order. */
static result failed(enum result_code code)
{
	char why[sizeof result_last()->text];

	str_copy(str_of(result_last()->text), why, sizeof why);
	return FAIL(code, "%s", why);
}

static result exchange(const struct rest_kms *k, struct lines_client *line, struct str order,
                       struct buf *answer)
{
	if (!is_ok(connect_line(k, line)))
		return failed(REST_KMS_ABSENT);
	return is_ok(lines_ask(line, order, answer)) ? OK : failed(REST_KMS_SILENT);
}

static result ask(struct rest_kms *k, struct str order, struct buf *answer)
{
	struct lines_client *line;

	if (!k->path)
		return FAIL(REST_KMS_ABSENT, "none is configured");
	TRY(take_line(k, &line));
	result r = exchange(k, line, order, answer);
	give_line(k, line, r);
	return r;
}

/* --- orders --- */

/* The status of an answer is that of its code. */
static result find_status(struct str answer, struct arena *a, int *status)
{
	struct str code;
	char name[CODE_MAX];

	if (!is_ok(jread_member(answer, "code", a, &code)) || code.len >= sizeof name)
		return FAIL(REST_KMS_SILENT, "an answer that is none");
	str_copy(code, name, sizeof name);
	enum result_code known = result_by_name(name);
	if (known == RESULT_CODE_COUNT)
		return FAIL(REST_KMS_SILENT, "an answer of a code that is not known here");
	*status = result_http((result){ known });
	return OK;
}

/* A second line in a body would be a second order, whose answer nobody waits for. */
static result check_order(const struct rest_call *c)
{
	struct str body = c->request->body;

	TRY(rest_require_json(c));
	if (!body.len || memchr(body.at, '\n', body.len))
		return FAIL(JSON_SYNTAX, "an order is one line");
	return OK;
}

static result answer_with(struct rest_call *c, struct str text)
{
	int status = 0;

	TRY(find_status(text, c->request->arena, &status));
	http_response_status(c->response, status);
	buf_str(http_response_body(c->response, "application/json"), text);
	return OK;
}

/* --- status: every window of the console asks for it, again and again --- */

static bool is_fresh(struct rest_kms *k)
{
	bool fresh;

	pthread_mutex_lock(&k->lock);
	fresh = k->status.len && monotonic_us() - k->status_us < FRESH_S * (int64_t)SECOND_US;
	pthread_mutex_unlock(&k->lock);
	return fresh;
}

/* Nothing when it did not answer: an old status must not look like one of now. */
static void keep_status(struct rest_kms *k, struct buf *answer)
{
	pthread_mutex_lock(&k->lock);
	buf_free(&k->status);
	k->status = *answer;
	k->status_us = monotonic_us();
	pthread_mutex_unlock(&k->lock);
	*answer = (struct buf){ 0 };
}

static result refresh(struct rest_kms *k)
{
	SCOPED(buf_free) struct buf answer = { .limit = REST_KMS_ANSWER_MAX };

	if (is_fresh(k))
		return OK;
	if (pthread_mutex_trylock(&k->asking) != 0)
		return OK; /* somebody asks: what there is will do */
	result r = ask(k, STR("{\"command\":\"status\"}"), &answer);
	if (!is_ok(r))
		buf_free(&answer);
	keep_status(k, &answer);
	pthread_mutex_unlock(&k->asking);
	return r;
}

/* What an order changed shows at once to whoever looks next. */
static void forget_status(struct rest_kms *k)
{
	pthread_mutex_lock(&k->lock);
	buf_free(&k->status);
	pthread_mutex_unlock(&k->lock);
}

result rest_kms_order(struct rest_call *c)
{
	SCOPED(buf_free) struct buf answer = { .limit = REST_KMS_ANSWER_MAX };

	TRY(check_order(c));
	result r = ask(&c->rest->kms, c->request->body, &answer);
	forget_status(&c->rest->kms);
	TRY(r);
	return answer_with(c, buf_text(&answer));
}

result rest_kms_status(struct rest_call *c)
{
	struct rest_kms *k = &c->rest->kms;
	struct str text;

	TRY(refresh(k));
	pthread_mutex_lock(&k->lock);
	text = arena_str(c->request->arena, buf_text(&k->status));
	pthread_mutex_unlock(&k->lock);
	return text.len ? answer_with(c, text)
	                : FAIL(REST_BUSY, "the key manager's status is asked for");
}
