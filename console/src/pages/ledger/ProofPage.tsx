// SPDX-License-Identifier: Apache-2.0
// ProofPage.tsx — is the book right: seven identities with their figures, the chain's end, and a full verification.
import { CheckCircleFilled, CloseCircleFilled, CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Progress, Skeleton } from 'antd';
import { useState } from 'react';

import { call, get } from '../../api/client';
import type { Identity, Proof, Verify } from '../../api/schema';
import { Facts, Hash } from '../../components/Facts';
import { MoneyCell } from '../../components/MoneyCell';
import { ProblemNotice } from '../../components/ProblemNotice';
import { StateBadge } from '../../components/StateBadge';
import { formatCount, formatTime, useI18n } from '../../i18n/i18n';

const proofEveryMs = 3_000;
const verifyEveryMs = 400;

export default function ProofPage() {
	const { t } = useI18n();
	const proof = useQuery({
		queryKey: ['proof'], refetchInterval: proofEveryMs,
		queryFn: ({ signal }) => get<Proof>('/proof', {}, signal),
	});

	if (proof.error && !proof.data) return <ProblemNotice error={proof.error} onRetry={() => void proof.refetch()} />;
	if (!proof.data) return <Skeleton active paragraph={{ rows: 12 }} />;
	return (
		<div className="page">
			<div className="page-head"><h1>{t('proof.title')}</h1></div>
			<Verdict proof={proof.data} />
			<div className="columns">
				<section className="panel">
					<div className="panel-head"><h2>{t('proof.identities')}</h2></div>
					<ul>{proof.data.identities.map((one) => <IdentityRow key={one.id} identity={one} />)}</ul>
				</section>
				<div className="page">
					<VerifyPanel first={proof.data.verify} />
					<ChainEnd proof={proof.data} />
				</div>
			</div>
		</div>
	);
}

function Verdict({ proof }: { proof: Proof }) {
	const { t } = useI18n();
	const broken = proof.identities.filter((one) => !one.holds).length;

	return (
		<section className={broken ? 'verdict bad' : 'verdict good'} role="status" data-verdict={broken ? 'broken' : 'holds'}>
			{broken ? <CloseCircleFilled className="bad" /> : <CheckCircleFilled className="good" />}
			<div className="grow">
				<strong>{broken ? t('proof.broken', { count: broken }) : t('proof.holds')}</strong>
				<span className="small num">{t('proof.asOf', { time: formatTime(proof.as_of, true), lsn: proof.views.head })}</span>
			</div>
			<dl className="verdict-facts">
				<div><dt>{t('proof.rows')}</dt><dd>{formatCount(proof.rows)}</dd></div>
				<div><dt>{t('proof.batches')}</dt><dd>{formatCount(proof.batches)}</dd></div>
				<div><dt>{t('proof.accounts')}</dt><dd>{formatCount(proof.accounts)}</dd></div>
				<div><dt>{t('proof.recounts')}</dt><dd>{formatCount(proof.recounts)}</dd></div>
			</dl>
		</section>
	);
}

function IdentityRow({ identity }: { identity: Identity }) {
	const { t } = useI18n();
	const { id, holds } = identity;
	const difference = identity.left_fen - identity.right_fen;

	return (
		<li className={holds ? 'identity' : 'identity broken'} data-identity={id} data-holds={holds}>
			<span className="mark" aria-hidden>{holds ? <CheckOutlined /> : <CloseOutlined />}</span>
			<div>
				<span className="name"><span className="faint num">{id}</span> {t(`proof.${id}`)}</span>
				<div className="small soft">{t(`proof.${id}.text`)}</div>
			</div>
			<StateBadge state={holds ? 'proof.identity.holds' : 'proof.identity.broken'} />
			<dl className="identity-figures">
				<div><dt>{t(`proof.${id}.left`)}</dt><dd><MoneyCell fen={identity.left_fen} /></dd></div>
				<div><dt>{t(`proof.${id}.right`)}</dt><dd><MoneyCell fen={identity.right_fen} /></dd></div>
				<div><dt>{t(id === 'I6' && holds ? 'proof.surplus' : 'proof.difference')}</dt><dd className={holds ? undefined : 'bad'}><MoneyCell fen={difference} /></dd></div>
			</dl>
		</li>
	);
}

function VerifyPanel({ first }: { first: Verify }) {
	const { t } = useI18n();
	const queries = useQueryClient();
	const [error, setError] = useState<unknown>(null);
	const verify = useQuery({
		queryKey: ['verify'], initialData: first, staleTime: 0,
		queryFn: ({ signal }) => get<Verify>('/proof/verify', {}, signal),
		refetchInterval: (query) => query.state.data?.state === 'running' ? verifyEveryMs : false,
	});
	const start = async () => {
		setError(null);
		try {
			queries.setQueryData(['verify'], await call<Verify>('POST', '/proof/verify'));
		} catch (failure) {
			setError(failure);
		}
	};
	const now = verify.data;
	const running = now.state === 'running';

	return (
		<section className="panel" data-verify={now.state}>
			<div className="panel-head">
				<h2>{t('proof.verify')}</h2>
				<Button type="primary" loading={running} onClick={() => void start()}>{t(running ? 'proof.verify.running' : 'proof.verify.start')}</Button>
			</div>
			<div className="panel-body stack">
				<p className="small soft">{t('proof.verify.text')}</p>
				{error !== null && <ProblemNotice error={error} />}
				<VerifyState now={now} />
			</div>
		</section>
	);
}

function VerifyState({ now }: { now: Verify }) {
	const { t } = useI18n();
	const percent = now.rows_total > 0 ? Math.floor(100 * now.rows_done / now.rows_total) : 0;

	if (now.state === 'running') {
		return (
			<div role="status" aria-live="polite">
				<Progress percent={percent} aria-label={t('proof.verify.running')} />
				<span className="small num soft">{t('proof.verify.progress', { done: now.rows_done, total: now.rows_total })}</span>
			</div>
		);
	}
	if (now.state === 'never') return <span className="badge">{t('proof.verify.never')}</span>;
	const clean = now.state === 'clean';
	return (
		<div className="stack" role="status">
			<strong className={clean ? 'good' : 'bad'}>
				{clean ? <CheckCircleFilled /> : <CloseCircleFilled />} {t(`proof.verify.${now.state}`)}
			</strong>
			{clean && <span className="small soft num">{t('proof.verify.cleanText', { count: now.rows_done, time: formatTime(now.finished_at ?? '', true) })}</span>}
			{now.difference && <span className="mono small">{now.difference}</span>}
			{now.state === 'failed' && <span className="mono small">{now.code}</span>}
		</div>
	);
}

function ChainEnd({ proof }: { proof: Proof }) {
	const { t } = useI18n();
	const { batch, day_head: head, views } = proof;

	return (
		<>
			<section className="panel">
				<div className="panel-head"><h2>{t('proof.batch')}</h2>{batch && <b className="num">{batch.number}</b>}</div>
				<div className="panel-body">
					{batch ? (
						<Facts rows={[
							[t('proof.rows'), <span className="num">{`${batch.first_lsn} – ${batch.last_lsn}`}</span>],
							[t('tx.posted'), <span className="num">{formatTime(batch.posted_at, true)}</span>],
							[t('chain.hash'), <Hash value={batch.hash} />],
							[t('proof.previousHash'), <Hash value={batch.previous_hash} />],
						]} />
					) : <span className="soft">{t('proof.batch.none')}</span>}
				</div>
			</section>
			<section className="panel">
				<div className="panel-head"><h2>{t('proof.head')}</h2>{head && <b className="num">{head.business_date}</b>}</div>
				<div className="panel-body">
					{head ? (
						<Facts rows={[
							[t('proof.rows'), <span className="num">{t('proof.head.upTo', { lsn: head.last_lsn, batch: head.batch })}</span>],
							[t('proof.turnover'), <MoneyCell fen={head.turnover_fen} />],
							[t('proof.sealed'), <span className="num">{formatTime(head.sealed_at, true)}</span>],
							[t('chain.hash'), <Hash value={head.hash} />],
						]} />
					) : <span className="soft">{t('proof.head.none')}</span>}
				</div>
			</section>
			<section className="panel">
				<div className="panel-head">
					<h2>{t('proof.views')}</h2>
					<span className={views.rows === 0 ? 'badge good' : 'badge warn'}>{views.rows === 0 ? t('proof.views.current') : t('proof.views.lag', { count: views.rows })}</span>
				</div>
				<div className="panel-body soft small num">{t('proof.views.text', { head: views.head, watermark: views.watermark })}</div>
			</section>
		</>
	);
}
