// SPDX-License-Identifier: Apache-2.0
// AuditPage.tsx — the key manager's audit (密钥审计): who did what, newest first, and whether the chain of lines is whole.
import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons';
import { Drawer, Input } from 'antd';
import { useMemo, useState } from 'react';

import { Refusal } from '../../../api/client';
import { Facts, Hash } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { Field, Filters, PageButtons } from '../../../components/ListPage';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { useDraft, useQueryState } from '../../../components/queryState';
import { formatCount, formatMicros, timeZone, useI18n, type Key } from '../../../i18n/i18n';
import { zh } from '../../../i18n/zh-CN';
import type { AuditLine, AuditVerdict, Role } from '../../../keys/answers';
import { officerFor, useOfficers } from '../../../keys/officers';
import { ActButton, useAct, useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { LoginForm } from '../LoginPanel';

const auditor: Role[] = ['audit'];
const names = ['op', 'actor', 'before'] as const;
const blank = { op: '', actor: '', before: '' };
const pageSize = 50;

export default function AuditPage() {
	const { t } = useI18n();
	const allowed = officerFor(useOfficers(), auditor);

	return (
		<KeysPage title={t('menu.keys.audit')}>
			{allowed ? <><Verify /><Lines /></> : (
				<section className="panel padded stack" data-needs="audit">
					<p role="status">{t('keys.act.needs', { roles: t('keys.role.audit') })}</p>
					<LoginForm />
				</section>
			)}
		</KeysPage>
	);
}

/** "2026-11-22T02:15:00.000Z" as the wall clock of the site. */
function timeOf(ts: string): string {
	const ms = Date.parse(ts);

	return Number.isNaN(ms) ? ts : formatMicros(ms * 1000);
}

function actorName(t: (key: Key) => string, actor: string): string {
	return actor === 'nobody' ? t('keys.audit.nobody') : actor;
}

/** In words where it has some, and as it stands in the book. */
function OpName({ op }: { op: string }) {
	const { t } = useI18n();
	const key = `keys.audit.op.${op}`;

	return key in zh ? <>{t(key as Key)} <span className="mono small faint">{op}</span></> : <span className="mono">{op}</span>;
}

/* --- is it whole? --- */

function Verify() {
	const { t } = useI18n();
	const act = useAct(auditor);
	const [verdict, setVerdict] = useState<AuditVerdict | null>(null);
	const broken = act.error instanceof Refusal && act.error.code === 'AUDIT_BROKEN' ? act.error.answer as unknown as AuditVerdict : null;
	const shown = broken ?? verdict;

	return (
		<section className="panel padded stack" data-audit={broken ? 'broken' : verdict ? 'whole' : 'unknown'}>
			<div className="between wrap">
				<span><b>{t('keys.audit.verify')}</b><span className="block small soft">{t('keys.audit.verifyText')}</span></span>
				<ActButton act={act} type="primary" data-act="audit.verify" onClick={() => { setVerdict(null); void act.run<AuditVerdict>({ command: 'audit.verify' }, setVerdict); }}>{t('keys.order.audit.verify')}</ActButton>
			</div>
			{shown && (
				<div className={broken ? 'verdict bad' : 'verdict good'} role="status">
					{broken ? <CloseCircleFilled className="bad" /> : <CheckCircleFilled className="good" />}
					<div className="grow">
						<strong>{t(broken ? 'keys.audit.broken' : 'keys.audit.whole')}</strong>
						{broken && <span className="small">{t('keys.audit.firstBad', { line: String(broken.first_bad ?? 0), what: broken.what ?? '' })}</span>}
					</div>
					<dl className="verdict-facts">
						<div><dt>{t('keys.audit.lines')}</dt><dd>{formatCount(shown.lines ?? 0)}</dd></div>
						<div><dt>{t('keys.audit.unkeyed')}</dt><dd>{formatCount(shown.unkeyed ?? 0)}</dd></div>
						<div><dt>{t('keys.audit.checkpoint')}</dt><dd>{shown.checkpoint ? formatCount(shown.checkpoint) : '—'}</dd></div>
					</dl>
				</div>
			)}
		</section>
	);
}

/* --- its lines --- */

function Lines() {
	const { t } = useI18n();
	const [values, setValues] = useQueryState(names);
	const [draft, changeDraft] = useDraft(values);
	const [trail, setTrail] = useState<string[]>([]);
	const [open, setOpen] = useState<AuditLine | null>(null);
	const list = useTold<{ lines: AuditLine[] }>('audit.list', {
		limit: pageSize, ...(values.op && { op: values.op }), ...(values.actor && { actor: values.actor }), ...(values.before && { before: Number(values.before) }),
	}, { roles: auditor });
	const rows = list.data?.lines;
	const last = rows?.at(-1)?.seq;
	const columns = useMemo((): Column<AuditLine>[] => [
		{ key: 'seq', title: t('keys.audit.seq'), right: true, render: (row) => <span className="num">{row.seq}</span> },
		{ key: 'ts', title: `${t('keys.audit.time')} (${timeZone})`, render: (row) => <span className="num">{timeOf(row.ts)}</span> },
		{ key: 'actor', title: t('keys.audit.actor'), render: (row) => actorName(t, row.actor) },
		{ key: 'op', title: t('keys.audit.op'), render: (row) => <span className="row"><OpName op={row.op} /></span> },
		{ key: 'detail', title: t('keys.audit.detail'), render: (row) => <span className="mono" title={row.detail}>{row.detail}</span> },
		{ key: 'result', title: t('keys.audit.result'), render: (row) => <span className={row.result === 'OK' ? 'badge good' : 'badge bad'}>{row.result}</span> },
	], [t]);
	const search = (change: typeof draft) => {
		setTrail([]);
		changeDraft(change);
		setValues({ ...change, before: '' });
		if (!values.before && change.op === values.op && change.actor === values.actor) void list.refetch();
	};

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<>
			<section className="panel" aria-label={t('list.query')}>
				<Filters onSearch={() => search(draft)} onReset={() => search(blank)}>
					<Field label={t('keys.audit.opFilter')} id="audit-op" width={220}>
						<Input id="audit-op" className="mono" maxLength={32} allowClear autoComplete="off" placeholder="KEY." value={draft.op} onChange={(event) => changeDraft({ op: event.target.value.trim().toUpperCase() })} />
					</Field>
					<Field label={t('keys.audit.actorFilter')} id="audit-actor" width={220}>
						<Input id="audit-actor" maxLength={64} allowClear autoComplete="off" placeholder="mk:mk" value={draft.actor} onChange={(event) => changeDraft({ actor: event.target.value.trim() })} />
					</Field>
				</Filters>
			</section>
			<section className="panel">
				<KeyTable<AuditLine> label={t('menu.keys.audit')} columns={columns} rows={rows} keyOf={(row) => String(row.seq)} onOpen={setOpen} busy={list.isFetching} />
				<div className="grid-foot">
					<span className="grow" />
					<PageButtons isFirst={!values.before} isLast={!rows || rows.length < pageSize} label={t('list.rows', { count: rows?.length ?? 0 })}
						onPrevious={() => { setValues({ before: trail.at(-1) ?? '' }); setTrail(trail.slice(0, -1)); }}
						onNext={() => { setTrail([...trail, values.before]); setValues({ before: String(last ?? '') }); }} />
				</div>
			</section>
			<Drawer open={open !== null} onClose={() => setOpen(null)} size="min(600px, 100vw)" destroyOnHidden title={t('keys.audit.lineTitle', { line: String(open?.seq ?? '') })}>
				{open && (
					<Facts rows={[
						[t('keys.audit.time'), <span className="num">{timeOf(open.ts)} {timeZone}</span>], [t('keys.audit.actor'), actorName(t, open.actor)],
						[t('keys.audit.op'), <OpName op={open.op} />], [t('keys.audit.detail'), <span className="mono">{open.detail || '—'}</span>],
						[t('keys.audit.result'), <span className="mono">{open.result}</span>], [t('keys.audit.lmk'), open.lmk ? `#${open.lmk}` : '—'],
						[t('keys.audit.link'), <Hash value={open.link} />],
					]} />
				)}
			</Drawer>
		</>
	);
}
