/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms that the host itself raises about a node: a second place, a card that is not good, an
 * address or SAM that is not its own (A1.3, A1.4, A2.1). */
#include "service/terminal/front.h"

#include <stdio.h>

#include "base/log.h"

static const char *text_of(enum terminal_host_alarm code)
{
	switch (code) {
	case TERMINAL_ALARM_PLACE:
		return "签到来自第二处 a second sign-in from";
	case TERMINAL_ALARM_CARD:
		return "授权卡无效或已使用 a card that is not good, from";
	case TERMINAL_ALARM_ADDRESS:
		return "地址不符 a wrong address,";
	case TERMINAL_ALARM_SAM:
		return "安全模块不符 another SAM, from";
	case TERMINAL_ALARM_HOST:
		break;
	}
	return "";
}

static void stored(struct terminal_front *f, struct terminal_job *job)
{
	(void)f;
	if (!is_ok(job->request.result))
		LOG_ERROR("terminal.alarm_not_stored", "node=%u code=%s",
		          job->ask.alarm.terminal_id, result_name(job->request.result));
}

static result work_alarm(struct ledger_tx *tx, void *arg)
{
	struct terminal_job *job = arg;
	bool is_new;

	return terminal_alarm_add(tx->db, tx->now, &job->ask.alarm, &is_new);
}

void front_raise(struct terminal_front *f, struct live_node *node, enum terminal_host_alarm code,
                 const char *address)
{
	struct terminal_job *job;
	int64_t now = loop_now_us(f->loop);

	if (node->alarmed_us && now - node->alarmed_us < FRONT_ALARM_US)
		return;
	LOG_WARNING("terminal.alarm", "node=%s code=%04X address=%s text=\"%s\"", node->row.node_id,
	            code, address, text_of(code));
	job = front_job_take(f);
	if (!job) /* the log has it; the next one comes into the store too */
		return;
	node->alarmed_us = now;
	front_bump(&f->count.alarms);
	job->ask.alarm = (struct terminal_alarm){ .terminal_id = node->row.id,
		                                  .stan = (uint32_t)atomic_load(&f->count.alarms),
		                                  .code = (uint16_t)code,
		                                  .severity = TERMINAL_ALARM_SEVERE,
		                                  .event = f->now };
	snprintf(job->ask.alarm.text, sizeof job->ask.alarm.text, "%s %s", text_of(code), address);
	job->complete = stored;
	job->request.work = work_alarm;
	job->request.sql = true;
	front_job_submit(f, job);
}
