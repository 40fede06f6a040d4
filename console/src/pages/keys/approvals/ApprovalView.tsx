// SPDX-License-Identifier: Apache-2.0
// ApprovalView.tsx — one act that needs more than one person: what exactly is asked, who agreed, whose turn it is.
import { CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useState, type ReactNode } from 'react';

import { Facts } from '../../../components/Facts';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n, type Key } from '../../../i18n/i18n';
import { zh } from '../../../i18n/zh-CN';
import type { Approval, Role } from '../../../keys/answers';
import { dropFiles, filesIn, isBinary, keptFiles } from '../../../keys/files';
import { rolesOf, useOfficers, type LoggedIn } from '../../../keys/officers';
import { ActProblem, useAct, useTold } from '../acts';
import { LoginForm } from '../LoginPanel';
import { FieldValue, fieldName } from './fields';
import { FileField, When, type ChosenFile } from '../parts';

const fileMax = 12 << 20;
const lookEveryMs = 4_000; // the others may sit at another screen

export function useApproval(id: number) {
	const list = useTold<{ approvals: Approval[] }>('approval.list', { all: true }, { refetchMs: lookEveryMs });

	return { list, approval: list.data?.approvals.find((one) => one.id === id) };
}

export function ApprovalView({ id, onCarried }: { id: number; onCarried: (answer: unknown) => void }) {
	const { t } = useI18n();
	const { list, approval } = useApproval(id);

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	if (!approval) return list.data ? <p className="soft">{t('keys.approval.gone')}</p> : <Skeleton active paragraph={{ rows: 6 }} />;
	return (
		<div className="stack approval" data-approval={approval.state}>
			<div className="between"><h2>{orderName(t, approval.op)}</h2><StateBadge state={`keys.approval.state.${approval.state}`} /></div>
			<PayloadFacts approval={approval} />
			<People approval={approval} />
			<Decisions approval={approval} onCarried={onCarried} />
		</div>
	);
}

/** The name of a command in words, or itself when it has none here. */
export function orderName(t: (key: Key) => string, command: string): string {
	const key = `keys.order.${command}`;

	return key in zh ? t(key as Key) : command;
}

/* --- what is asked --- */

export function PayloadFacts({ approval }: { approval: Approval }) {
	const { t } = useI18n();
	const fields = Object.entries(JSON.parse(approval.payload) as Record<string, string | number | boolean>).filter(([, value]) => value !== '');

	return (
		<Facts rows={[
			...fields.map(([name, value]) => [fieldName(t, approval.op, name), <FieldValue key={name} command={approval.op} name={name} value={value} />] as [string, ReactNode]),
			[t('keys.approval.initiator'), approval.initiator],
			[t('keys.approval.created'), <When us={approval.created_us} />],
			[t('keys.approval.expires'), <When us={approval.expires_us} />],
		]} />
	);
}

/* --- who --- */

interface Place {
	roles: Role[];
	who: string | undefined;
	turn: boolean;
}

export function placesOf(approval: Approval): Place[] {
	return approval.needed.split(' ').map((alternatives, index) => ({
		roles: alternatives.split('|') as Role[], who: approval.approvers[index],
		turn: approval.state === 'PENDING' && index === approval.approvers.length,
	}));
}

function People({ approval }: { approval: Approval }) {
	const { t } = useI18n();
	const names = (roles: Role[]) => roles.map((role) => t(`keys.role.${role}`)).join(` ${t('keys.approval.or')} `);

	return (
		<ol className="approval-people" aria-label={t('keys.approval.people')}>
			{placesOf(approval).map((place, index) => (
				<li key={index} className={place.turn ? 'turn' : place.who ? 'agreed' : undefined}>
					{place.who ? <CheckCircleFilled className="good" /> : <ClockCircleOutlined />}
					<span className="grow"><b>{names(place.roles)}</b></span>
					<span className="small">{place.who ? t('keys.approval.agreed', { name: place.who }) : t(place.turn ? 'keys.approval.turn' : 'keys.approval.later')}</span>
				</li>
			))}
		</ol>
	);
}

/* --- deciding --- */

function Decisions({ approval, onCarried }: { approval: Approval; onCarried: (answer: unknown) => void }) {
	const { t } = useI18n();
	const officers = useOfficers();
	const next = rolesOf(approval.next);
	const turn = officers.filter((one) => one.roles.some((role) => next.includes(role)) && one.name !== approval.initiator && !approval.approvers.includes(one.name));
	const asker = officers.find((one) => one.name === approval.initiator);

	if (approval.state === 'USED' || approval.state === 'REFUSED' || approval.state === 'EXPIRED')
		return <p className="soft" role="status">{t(`keys.approval.over.${approval.state}`)}</p>;
	if (approval.state === 'APPROVED') {
		return asker
			? <Carry approval={approval} asker={asker} onCarried={onCarried} />
			: <LoginFor text={t('keys.approval.asker', { name: approval.initiator })} name={approval.initiator} />;
	}
	return (
		<div className="stack">
			{turn.map((one) => <Decide key={one.id} approval={approval} officer={one} />)}
			{turn.length === 0 && <LoginFor text={t('keys.approval.call', { roles: next.map((role) => t(`keys.role.${role}`)).join(' / ') })} />}
			{turn.length === 0 && asker && <Decide approval={approval} officer={asker} onlyRefuse />}
		</div>
	);
}

function LoginFor({ text, name }: { text: string; name?: string }) {
	return (
		<div className="stack call">
			<p role="status"><ClockCircleOutlined /> {text}</p>
			<LoginForm name={name} key={text} />
		</div>
	);
}

function Decide({ approval, officer, onlyRefuse }: { approval: Approval; officer: LoggedIn; onlyRefuse?: boolean }) {
	const { t } = useI18n();
	const act = useAct([], officer);
	const decide = (command: string) => void act.run({ command, fields: { id: approval.id } });

	return (
		<div className="stack">
			<div className="row wrap">
				{!onlyRefuse && (
					<Button type="primary" icon={<CheckCircleFilled />} loading={act.busy} data-agree={officer.name} onClick={() => decide('approval.agree')}>
						{t('keys.approval.agreeAs', { name: officer.display })}
					</Button>
				)}
				<Button danger icon={<CloseCircleFilled />} loading={act.busy} data-refuse={officer.name} onClick={() => decide('approval.refuse')}>
					{t(onlyRefuse ? 'keys.approval.withdraw' : 'keys.approval.refuse')}
				</Button>
			</div>
			<ActProblem act={act} />
		</div>
	);
}

function Carry({ approval, asker, onCarried }: { approval: Approval; asker: LoggedIn; onCarried: (answer: unknown) => void }) {
	const { t } = useI18n();
	const act = useAct([], asker);
	const wanted = filesIn(approval);
	const kept = keptFiles(approval.id);
	const [chosen, setChosen] = useState<Record<string, ChosenFile | null>>({});
	const files = kept ?? Object.fromEntries(wanted.map((name) => [name, chosen[name]?.text]));
	const carry = () => void act.run({ command: approval.op, approval: approval.id, files }, (answer) => {
		dropFiles(approval.id);
		onCarried(answer);
	});

	return (
		<div className="stack">
			<p className="good" role="status"><CheckCircleFilled /> {t('keys.approval.ready')}</p>
			{!kept && wanted.map((name) => (
				<FileField key={name} label={t('keys.approval.fileAgain')} binary={isBinary(approval.op, name)} max={fileMax} wrong="keys.file.large"
					file={chosen[name] ?? null} onFile={(file) => setChosen({ ...chosen, [name]: file })} />
			))}
			<span>
				<Button type="primary" loading={act.busy} data-carry={approval.op} disabled={wanted.some((name) => !files[name])} onClick={carry}>
					{t('keys.approval.carry', { act: orderName(t, approval.op) })}
				</Button>
			</span>
			<ActProblem act={act} />
		</div>
	);
}
