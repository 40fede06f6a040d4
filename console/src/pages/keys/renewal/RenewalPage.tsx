// SPDX-License-Identifier: Apache-2.0
// RenewalPage.tsx — renewal of the master key (更新本地主控密钥, keys 7.1): each step with who is needed, and how far it is.
import { CheckCircleFilled } from '@ant-design/icons';
import { DatePicker, Input, InputNumber, Progress, Steps } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useMemo, useState, type FormEvent } from 'react';

import type { KmsStatus } from '../../../api/schema';
import { DangerConfirm } from '../../../components/DangerConfirm';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { TabLink } from '../../../frame/TabLink';
import { formatCount, useI18n } from '../../../i18n/i18n';
import type { Backup, MasterKey, Renewal, Role } from '../../../keys/answers';
import { isFresh, percentOf, renewalSteps, standingOf, type RenewalStanding, type RenewalStep } from '../../../keys/renewal';
import { useKmsStatus } from '../../../keys/status';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { masterName, MasterName } from '../names';
import { Kcv, Labelled, When } from '../parts';

const people: Record<RenewalStep, Role[]> = {
	backup: ['mk'], form: ['mk', 'SO1', 'SO2', 'SO3'], start: ['mk', 'SO1', 'SO2', 'SO3'], run: [], complete: ['mk', 'SO3'],
};
const retentionDays = 90;

export default function RenewalPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.renewal')}><Loaded /></KeysPage>;
}

function Loaded() {
	const status = useKmsStatus();
	const backups = useTold<{ backups: Backup[] }>('backup.list');

	if (status.error && !status.data) return <ProblemNotice error={status.error} onRetry={() => void status.refetch()} />;
	if (backups.error) return <ProblemNotice error={backups.error} onRetry={() => void backups.refetch()} />;
	if (!status.data || !backups.data) return null;
	return <Whole status={status.data} backups={backups.data.backups} />;
}

function Whole({ status, backups }: { status: KmsStatus; backups: Backup[] }) {
	const { t } = useI18n();
	const standing = standingOf(status.masters, backups, status.renewal, Date.now() * 1000);
	const current = renewalSteps.indexOf(standing.step);

	return (
		<div className="page" data-renewal={standing.job?.state ?? 'none'} data-step={standing.step}>
			<section className="panel padded">
				<Steps orientation="vertical" current={current} items={renewalSteps.map((step, index) => ({
					title: <span className="row wrap"><b>{t(`keys.renewal.step.${step}`)}</b><People roles={people[step]} /></span>,
					content: index === current ? <Current standing={standing} backups={backups} masters={status.masters} /> : <span className="small faint">{t(`keys.renewal.step.${step}.text`)}</span>,
				}))} />
			</section>
			{standing.job && <Abort />}
			<div className="columns even">
				<Backups rows={backups} />
				<History />
			</div>
		</div>
	);
}

function People({ roles }: { roles: Role[] }) {
	const { t } = useI18n();

	if (roles.length === 0) return <span className="badge">{t('keys.renewal.itself')}</span>;
	return <span className="dots" role="img" aria-label={roles.map((role) => t(`keys.role.${role}`)).join('、')}>{roles.map((role) => <span key={role} className="dot-place">{role}</span>)}</span>;
}

function Current({ standing, backups, masters }: { standing: RenewalStanding; backups: Backup[]; masters: MasterKey[] }) {
	const { t } = useI18n();

	return (
		<div className="stack renewal-now">
			<p className="soft">{t(`keys.renewal.step.${standing.step}.text`)}</p>
			{standing.step === 'backup' && <NoteBackup />}
			{standing.step === 'form' && <><Fresh backups={backups} /><Check /><span><TabLink to="/keys/master">{t('keys.renewal.toCeremony')}</TabLink></span></>}
			{standing.step === 'start' && standing.pending && <><Fresh backups={backups} /><Check /><Start pending={standing.pending} masters={masters} /></>}
			{standing.job && <Running job={standing.job} />}
			{standing.step === 'complete' && <Complete />}
		</div>
	);
}

/* --- before it starts --- */

function NoteBackup() {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [name, setName] = useState('');
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (await act.run({ command: 'backup.note', fields: { name: name.trim() } })) setName('');
	};

	return (
		<form className="stack keys-form" onSubmit={(event) => void submit(event)}>
			<Labelled label={t('keys.backup.name')} hint={t('keys.backup.hint')}>
				{(id) => <Input id={id} data-field="backup" required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />}
			</Labelled>
			<ActProblem act={act} />
			<ActButton act={act} type="primary" htmlType="submit" data-act="backup.note">{t('keys.order.backup.note')}</ActButton>
		</form>
	);
}

function Fresh({ backups }: { backups: Backup[] }) {
	const { t } = useI18n();
	const fresh = backups.find((one) => isFresh(one, Date.now() * 1000));

	return fresh ? <span className="good"><CheckCircleFilled /> {t('keys.backup.fresh', { name: fresh.name })}</span> : null;
}

function Check() {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [rows, setRows] = useState<number | null>(null);

	return (
		<div className="stack">
			<span className="row wrap">
				<ActButton act={act} data-act="renewal.check" onClick={() => void act.run<{ rows: number }>({ command: 'renewal.check' }, (answer) => setRows(answer.rows))}>{t('keys.order.renewal.check')}</ActButton>
				{rows !== null && <span className="good" role="status"><CheckCircleFilled /> {t('keys.renewal.checked', { count: rows })}</span>}
			</span>
			<ActProblem act={act} />
		</div>
	);
}

function Start({ pending, masters }: { pending: MasterKey; masters: MasterKey[] }) {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const active = masters.find((one) => one.state === 'ACTIVE' && one.algorithm === pending.algorithm);

	return (
		<div className="stack">
			<div className="from-to">
				{active && <div className="tile"><b>{masterName(t, active)}</b><Kcv value={active.kcv} /></div>}
				<span aria-hidden>→</span>
				<div className="tile"><b>{masterName(t, pending)}</b><Kcv value={pending.kcv} /></div>
			</div>
			<ActProblem act={act} />
			<ActButton act={act} type="primary" data-act="renewal.start" onClick={() => void act.run({ command: 'renewal.start', fields: { lmk: pending.id } })}>{t('keys.order.renewal.start')}</ActButton>
		</div>
	);
}

/* --- while it runs --- */

function Running({ job }: { job: Renewal }) {
	const { t } = useI18n();
	const percent = percentOf(job);
	const isVerified = job.state === 'VERIFIED';

	return (
		<div className="stack" role="status" data-job={job.state}>
			<div className="row wrap"><StateBadge state={`keys.renewal.state.${job.state}`} /><span className="soft"><MasterName id={job.from} /> → <MasterName id={job.to} /></span></div>
			<Progress percent={percent} status={job.stopped_by ? 'exception' : isVerified ? 'success' : 'active'} aria-label={t('keys.renewal.progress')} />
			<span className="small num soft">{t('keys.renewal.rows', { done: formatCount(job.done), total: formatCount(job.total) })}</span>
			{job.stopped_by && <div className="problem" role="alert"><div><strong>{t('keys.renewal.stopped')}</strong><span className="mono small">{job.stopped_by}</span></div></div>}
		</div>
	);
}

function Complete() {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [keptUntil, setKeptUntil] = useState<Dayjs | null>(null);
	const [days, setDays] = useState(retentionDays);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'renewal.complete', fields: { kept_until: keptUntil?.format('YYYY-MM-DD'), retention_days: days } });
	};

	return (
		<form className="stack keys-form" onSubmit={submit}>
			<div className="row wrap">
				<Labelled label={t('keys.field.retention_days')} width={160}>
					{(id) => <InputNumber id={id} min={1} max={36_500} value={days} onChange={(value) => setDays(value ?? retentionDays)} style={{ width: '100%' }} />}
				</Labelled>
				<Labelled label={t('keys.field.kept_until')} width={190}>
					{(id) => <DatePicker id={id} value={keptUntil} onChange={setKeptUntil} minDate={dayjs()} style={{ width: '100%' }} />}
				</Labelled>
			</div>
			<p className="small faint">{t('keys.renewal.keptText')}</p>
			<ActProblem act={act} />
			<ActButton act={act} type="primary" htmlType="submit" data-act="renewal.complete">{t('keys.order.renewal.complete')}</ActButton>
		</form>
	);
}

function Abort() {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [asking, setAsking] = useState(false);

	return (
		<section className="panel padded stack">
			<div className="between wrap">
				<span><b>{t('keys.renewal.abort')}</b><span className="block small soft">{t('keys.renewal.abortText')}</span></span>
				<ActButton act={act} danger onClick={() => setAsking(true)}>{t('keys.order.renewal.abort')}</ActButton>
			</div>
			<ActProblem act={act} />
			<DangerConfirm open={asking} title={t('keys.renewal.abort')} effect={t('keys.renewal.abortText')} action={t('keys.order.renewal.abort')}
				onCancel={() => setAsking(false)} onConfirm={() => { setAsking(false); void act.run({ command: 'renewal.abort' }); }} />
		</section>
	);
}

/* --- what was --- */

function Backups({ rows }: { rows: Backup[] }) {
	const { t } = useI18n();
	const columns = useMemo((): Column<Backup>[] => [
		{ key: 'name', title: t('keys.backup.name'), render: (row) => row.name },
		{ key: 'by', title: t('keys.backup.by'), render: (row) => row.made_by },
		{ key: 'at', title: t('keys.backup.at'), render: (row) => <When us={row.at_us} /> },
	], [t]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.backup.list')}</h2></div>
			<KeyTable<Backup> label={t('keys.backup.list')} columns={columns} rows={rows} keyOf={(row) => `${row.at_us}${row.name}`} empty={{ title: t('keys.backup.none') }} />
		</section>
	);
}

function History() {
	const { t } = useI18n();
	const list = useTold<{ renewals: Renewal[] }>('renewal.list');
	const columns = useMemo((): Column<Renewal>[] => [
		{ key: 'id', title: t('keys.renewal.number'), right: true, render: (row) => <span className="num">{row.id}</span> },
		{ key: 'way', title: t('keys.renewal.way'), render: (row) => <><MasterName id={row.from} /> → <MasterName id={row.to} /></> },
		{ key: 'rows', title: t('keys.renewal.blocks'), right: true, render: (row) => <span className="num">{formatCount(row.total)}</span> },
		{ key: 'state', title: t('keys.ceremony.stateTitle'), render: (row) => <StateBadge state={`keys.renewal.state.${row.state}`} /> },
		{ key: 'started', title: t('keys.renewal.started'), render: (row) => <When us={row.started_us} /> },
	], [t]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.renewal.list')}</h2></div>
			<KeyTable<Renewal> label={t('keys.renewal.list')} columns={columns} rows={list.data?.renewals} keyOf={(row) => String(row.id)} empty={{ title: t('keys.renewal.none') }} />
		</section>
	);
}
