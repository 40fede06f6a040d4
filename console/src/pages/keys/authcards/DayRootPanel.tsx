// SPDX-License-Identifier: Apache-2.0
// DayRootPanel.tsx — the day root (日根密钥, keys 15.1) from which the sessions of all terminals derive: which is in force and
// until when; its change inside a day in an emergency; on a site without keys of its own, their making.
import { DatePicker, Input, Skeleton } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState, type FormEvent } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts } from '../../../components/Facts';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import type { DayRoot, DayStatus } from '../../../keys/days';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { Kcv, Labelled, When } from '../parts';

const reasonMax = 100;
const hourS = 3600;

export function DayRootPanel() {
	const { t } = useI18n();
	const told = useTold<DayStatus>('day.status');
	const root = told.data?.roots[0];

	return (
		<section className="panel" data-root={root ? `${root.day} ${root.sequence}` : told.data && 'none'}>
			<div className="panel-head">
				<h2>{t('keys.day.title')}</h2>
				{root && <StateBadge state={told.data?.alarm ? 'keys.day.stale' : 'keys.day.inForce'} />}
			</div>
			<div className="panel-body stack">
				{told.error ? <ProblemNotice error={told.error} onRetry={() => void told.refetch()} /> : !told.data && <Skeleton active />}
				{told.data && root && <Root status={told.data} root={root} />}
				{told.data && !root && <MakeKeys />}
			</div>
		</section>
	);
}

function Root({ status, root }: { status: DayStatus; root: DayRoot }) {
	const { t } = useI18n();
	const earlier = status.roots.filter((one) => one.state === 'PREVIOUS' && one.spoken);

	return (
		<>
			{status.alarm && <p className="bad small" role="alert">{t('keys.day.staleText')}</p>}
			<Facts rows={[
				[t('keys.field.day'), <span className="num">{root.day}</span>], [t('keys.field.sequence'), <span className="num">{root.sequence}</span>],
				[t('keys.kcv'), <Kcv value={root.kcv} />], [t('keys.day.since'), <When us={root.since_us} />], [t('keys.day.signInUntil'), <When us={status.sign_in_until_us ?? 0} />],
			]} />
			{earlier.map((one) => (
				<p key={`${one.day} ${one.sequence}`} className="small soft">{t('keys.day.earlier', { root: t('keys.day.name', { day: one.day, sequence: String(one.sequence) }) })} <When us={one.spoken_until_us} /></p>
			))}
			<Change root={root} hours={status.overlap_s / hourS} />
		</>
	);
}

/** What is agreed to names the root that goes, as it is seen here. */
function Change({ root, hours }: { root: DayRoot; hours: number }) {
	const { t } = useI18n();
	const act = useAct(['key']);
	const [reason, setReason] = useState('');
	const [asking, setAsking] = useState(false);
	const ask = (event: FormEvent) => {
		event.preventDefault();
		setAsking(true);
	};
	const change = () => {
		setAsking(false);
		void act.run({ command: 'day.change', fields: { reason: reason.trim(), day: root.day, sequence: root.sequence } }, () => setReason(''));
	};

	return (
		<form className="stack" data-form="day.change" onSubmit={ask}>
			<Labelled label={t('keys.day.reason')} hint={t('keys.day.reasonRule')}>
				{(id) => <Input id={id} data-field="reason" required maxLength={reasonMax} autoComplete="off" value={reason} onChange={(event) => setReason(event.target.value)} />}
			</Labelled>
			<ActProblem act={act} />
			<ActButton act={act} danger htmlType="submit" data-act="day.change" disabled={!reason.trim()}>{t('keys.order.day.change')}</ActButton>
			<DangerConfirm open={asking} title={t('keys.order.day.change')} action={t('keys.order.day.change')} onCancel={() => setAsking(false)} onConfirm={change}
				effect={t('keys.day.changeText', { root: t('keys.day.name', { day: root.day, sequence: String(root.sequence) }), hours: String(hours) })} />
		</form>
	);
}

/** Once, after the first ceremony: the terminal root, the first day root and the other keys of the platform itself. */
function MakeKeys() {
	const { t } = useI18n();
	const act = useAct(['key']);
	const [day, setDay] = useState<Dayjs | null>(null);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'site.keys', fields: { day: day?.format('YYYY-MM-DD') } });
	};

	return (
		<form className="stack" data-form="site.keys" onSubmit={submit}>
			<p className="small soft">{t('keys.day.noneText')}</p>
			<Labelled label={t('keys.field.day')} hint={t('keys.day.firstRule')}>
				{(id) => <DatePicker id={id} value={day} onChange={setDay} />}
			</Labelled>
			<ActProblem act={act} />
			<ActButton act={act} type="primary" htmlType="submit" data-act="site.keys">{t('keys.order.site.keys')}</ActButton>
		</form>
	);
}
