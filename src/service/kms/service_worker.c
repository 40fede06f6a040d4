/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service_worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/queue.h"
#include "service/kms/compute_terminal.h"

enum {
	TAKEN_MAX = 64,    /* jobs at once */
	ROUND_US = 200,    /* answers of a round wait no longer for one another */
	IDLE_US = 5000000, /* then keys that were open for too long are let go */
	PLATFORM_METER = -1,
};

struct service_worker {
	struct service_worker_config config;
	struct hsm_session *sessions[KMS_DEVICES_MAX];
	struct compute *compute;
	struct terminal_keys terminals;
	struct service_sink sink;
	struct client_rows clients;
	struct key_client_meter *platform_meter;
	struct db *reader; /* of the clients' rows; NULL while the store is away */
	struct queue queue;
	bool has_queue, runs;
	pthread_t thread;
	_Atomic size_t load;
	uint8_t frame[KMS_FRAME_MAX];
};

/* --- clients --- */

static result read_clients(struct service_worker *w, struct instant now)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	if (!w->reader)
		TRY(db_open(str_of(w->config.dsn), DB_KMS | DB_READ_ONLY, &w->reader));
	TRY(db_begin(w->reader, &tx));
	return client_rows_read(&w->clients, tx, w->config.meters, now);
}

/* Rows as they are now; those of before hold while the store cannot be asked. */
static void follow_clients(struct service_worker *w, struct instant now)
{
	uint64_t generation = atomic_load(w->config.generation);

	if (w->clients.at && w->clients.generation == generation)
		return;
	result r = read_clients(w, now);
	if (is_ok(r)) {
		w->clients.generation = generation;
		return;
	}
	LOG_ERROR("kms.clients", "code=%s", result_name(r));
	db_close(w->reader);
	w->reader = NULL;
}

/* --- a job --- */

/* Is it an active client's certificate? Who is turned away stands in the audit. */
static void identify(struct service_worker *w, struct service_job *job,
                     const struct key_client *client, struct kms_answer *out)
{
	enum key_client_refusal refusal = key_client_may_call(client, KMS_PING);
	char hex[2 * KEY_CLIENT_CERTIFICATE + 1], detail[sizeof hex + 40];
	struct compute_sink sink = service_sink_of(&w->sink);

	job->known = refusal == KEY_CLIENT_MAY;
	out->status = job->known ? KMS_OK : KMS_NOT_PERMITTED;
	if (job->known)
		return;
	hex_encode(bytes_of(job->certificate, sizeof job->certificate), hex);
	snprintf(detail, sizeof detail, "%s sha256=%s", key_client_refusal_name(refusal), hex);
	sink.event(sink.owner, &(struct compute_event){ .kind = COMPUTE_DENIED,
	                                                .at = clock_now(w->config.clock),
	                                                .client = client,
	                                                .op = KMS_IDENTIFY,
	                                                .name = "identify",
	                                                .status = KMS_NOT_PERMITTED,
	                                                .label = "",
	                                                .count = 1,
	                                                .detail = detail });
}

static void compute_job(struct service_worker *w, struct service_job *job, struct kms_answer *out)
{
	struct instant now = clock_now(w->config.clock);
	const struct key_client *client = compute_platform();
	struct key_client_meter *meter = w->platform_meter;

	if (job->peer == SERVICE_CLIENT) {
		follow_clients(w, now);
		client = client_rows_find(&w->clients, job->certificate, &meter);
	}
	if (job->identifies) {
		identify(w, job, client, out);
		return;
	}
	w->sink.refused = false;
	compute_answer(w->compute, client, meter, now, &job->message, out);
	service_route_note(w->config.routes, &job->message, compute_was_narrow(w->compute));
	if (w->sink.refused) { /* what is not in the audit did not happen */
		secret_wipe_bytes(out->body.at, out->body.len);
		out->body.len = 0;
		out->status = KMS_INTERNAL;
	}
}

static void answer_job(struct service_worker *w, struct service_job *job)
{
	struct kms_answer out = kms_answer_of(w->frame);
	size_t size;

	if (monotonic_us() - job->came_us > SERVICE_WAIT_US)
		out.status = KMS_BUSY;
	else
		compute_job(w, job, &out);
	size = kms_answer_frame(&out, &job->message, w->frame);
	if (!service_job_answer(job, bytes_of(w->frame, size))) {
		out.body.len = 0;
		out.status = KMS_INTERNAL;
		size = kms_answer_frame(&out, &job->message, w->frame);
		service_job_answer(job, bytes_of(w->frame, size)); /* fits into the job itself */
	}
	secret_wipe_bytes(w->frame, size);
}

/* Answers that are ready, linked. */
struct ready {
	struct service_job *first, *last;
	size_t count;
};

static void hand_back(struct service_worker *w, struct ready *r)
{
	if (!r->first)
		return;
	atomic_fetch_sub(&w->load, r->count);
	service_line_answered(*w->config.line, r->first, r->last);
	*r = (struct ready){ 0 };
}

static void answer_jobs(struct service_worker *w, void *const *items, size_t count)
{
	int64_t since = monotonic_us();
	struct ready ready = { 0 };

	compute_round_begin(w->compute);
	for (size_t i = 0; i < count; i++) {
		struct service_job *job = items[i];

		answer_job(w, job);
		job->next = NULL;
		if (ready.last)
			ready.last->next = job;
		else
			ready.first = job;
		ready.last = job;
		ready.count++;
		if (monotonic_us() - since > ROUND_US) {
			hand_back(w, &ready);
			since = monotonic_us();
		}
	}
	compute_round_end(w->compute);
	hand_back(w, &ready);
}

/* --- the thread --- */

static void *worker_main(void *arg)
{
	struct service_worker *w = arg;
	void *items[TAKEN_MAX];

	pthread_setname_np(pthread_self(), "kms-worker");
	for (;;) {
		size_t count = queue_take(&w->queue, items, TAKEN_MAX, IDLE_US);

		if (count)
			answer_jobs(w, items, count);
		else if (queue_is_closed(&w->queue))
			return NULL;
		else
			compute_idle(w->compute, clock_now(w->config.clock));
	}
}

size_t service_worker_push(struct service_worker *w, struct service_job *const *jobs, size_t count)
{
	size_t taken;

	atomic_fetch_add(&w->load, count);
	taken = queue_push(&w->queue, (void *const *)jobs, count);
	if (taken < count)
		atomic_fetch_sub(&w->load, count - taken);
	return taken;
}

size_t service_worker_load(const struct service_worker *w)
{
	return atomic_load(&w->load);
}

/* --- start and stop --- */

static result open_compute(struct service_worker *w)
{
	static const struct compute_table *const table = &compute_terminal_table;
	struct compute_setup setup = { .dsn = w->config.dsn,
		                       .generation = w->config.generation,
		                       .watch = w->config.watch,
		                       .tables = table,
		                       .table_count = 1,
		                       .owner = &w->terminals };

	w->sink.events = w->config.events;
	setup.sink = service_sink_of(&w->sink);
	memcpy(setup.sessions, w->sessions, sizeof setup.sessions);
	return compute_open(&setup, &w->compute);
}

static result start(struct service_worker *w)
{
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++)
		if (w->config.devices[i])
			TRY(hsm_session_open(w->config.devices[i], &w->sessions[i]));
	w->terminals = (struct terminal_keys){ .dsn = w->config.dsn,
		                               .clock = w->config.clock,
		                               .keeper = w->config.keeper,
		                               .generation = w->config.generation };
	memcpy(w->terminals.ring.sessions, w->sessions, sizeof w->sessions);
	w->platform_meter =
	        client_meters_of(w->config.meters, PLATFORM_METER, clock_now(w->config.clock));
	TRY(open_compute(w));
	TRY(queue_init(&w->queue, SERVICE_JOBS));
	w->has_queue = true;
	if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
		return FAIL(SYSTEM_CALL, "a worker's thread");
	w->runs = true;
	return OK;
}

static void release(struct service_worker *w)
{
	compute_close(&w->compute);
	terminal_keys_close(&w->terminals);
	client_rows_free(&w->clients);
	db_close(w->reader);
	for (size_t i = 0; i < KMS_DEVICES_MAX; i++)
		hsm_session_close(w->sessions[i]);
	if (w->has_queue)
		queue_deinit(&w->queue);
	free(w);
}

result service_worker_start(const struct service_worker_config *config, struct service_worker **out)
{
	struct service_worker *w = calloc(1, sizeof *w);
	result r;

	if (!w)
		return FAIL(OUT_OF_MEMORY, "worker");
	w->config = *config;
	r = start(w);
	if (is_ok(r))
		*out = w;
	else
		release(w);
	return r;
}

void service_worker_stop(struct service_worker *w)
{
	if (!w)
		return;
	queue_close(&w->queue);
	if (w->runs)
		pthread_join(w->thread, NULL);
	release(w);
}
