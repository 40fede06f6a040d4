// SPDX-License-Identifier: Apache-2.0
// CeremonyPage.tsx — the ceremony of a master key (主控密钥仪式, keys 5) for three people at one screen: what is done
// stands in the key manager, so the page goes on wherever it was left.
import { Button, Skeleton, Steps } from 'antd';
import { useEffect, useMemo } from 'react';

import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { TabLink } from '../../../frame/TabLink';
import { useTabPath, useTabState } from '../../../frame/tabs';
import { useI18n } from '../../../i18n/i18n';
import type { Ceremony, MasterKey } from '../../../keys/answers';
import { isOver, nextOf, stepOf, stepsOf, type Next } from '../../../keys/ceremony';
import { useOfficers } from '../../../keys/officers';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { LoginPanel } from '../LoginPanel';
import { ceremonyName, masterName } from '../names';
import { Kcv } from '../parts';
import { Activate, Advice } from './Advice';
import { ComponentStep } from './ComponentStep';
import { PresentStep } from './PresentStep';
import { SharesStep } from './SharesStep';

const lookEveryMs = 5_000; // others may go on at another screen

export default function CeremonyPage() {
	const { t } = useI18n();
	const id = Number(useTabPath().split('/').pop());
	const officers = useOfficers();
	// Between two officers nobody is logged in who could ask where the ceremony stands; what was next is still said.
	const [last, setLast] = useTabState<Next | null>('next', null);

	return (
		<KeysPage title={t('keys.ceremony.title', { id: String(id) })} open>
			{officers.length > 0 ? <Loaded id={id} onNext={setLast} /> : <>{last && <Advice text={adviceOf(t, last)} done={isOver(last)} />}<LoginPanel /></>}
		</KeysPage>
	);
}

function Loaded({ id, onNext }: { id: number; onNext: (next: Next) => void }) {
	const { t } = useI18n();
	const ceremonies = useTold<{ ceremonies: Ceremony[] }>('ceremony.list', {}, { refetchMs: lookEveryMs });
	const masters = useTold<{ masters: MasterKey[] }>('lmk.list');
	const ceremony = ceremonies.data?.ceremonies.find((one) => one.id === id);

	if (ceremonies.error) return <ProblemNotice error={ceremonies.error} onRetry={() => void ceremonies.refetch()} />;
	if (!ceremonies.data || !masters.data) return <Skeleton active paragraph={{ rows: 8 }} />;
	if (!ceremony) return <p className="soft">{t('keys.ceremony.gone')}</p>;
	return <Whole ceremony={ceremony} masters={masters.data.masters} onNext={onNext} />;
}

function Whole({ ceremony, masters, onNext }: { ceremony: Ceremony; masters: MasterKey[]; onNext: (next: Next) => void }) {
	const { t } = useI18n();
	const next = useMemo(() => nextOf(ceremony, masters), [ceremony, masters]);
	const steps = stepsOf(ceremony);

	useEffect(() => onNext(next), [next, onNext]);
	const current = next.kind === 'done' ? steps.length : steps.indexOf(stepOf(next));

	return (
		<div className="page" data-ceremony={next.kind} data-step={next.kind === 'component' ? `${next.component.role} ${next.stage}` : undefined}>
			<section className="panel ceremony-head">
				<div className="between wrap">
					<span className="row wrap">
						<h2>{ceremonyName(t, ceremony)}</h2>
						<StateBadge state={`keys.master.status.${ceremony.status}`} />
						<StateBadge state={`keys.ceremony.state.${ceremony.state}`} />
					</span>
					{ceremony.state === 'OPEN' && <Cancel ceremony={ceremony} />}
				</div>
				<Steps current={current} size="small" responsive items={steps.map((step) => ({ title: t(`keys.ceremony.step.${step}`) }))} />
			</section>
			<Advice text={adviceOf(t, next)} done={isOver(next)} />
			<Officers ceremony={ceremony} />
			<Current ceremony={ceremony} next={next} masters={masters} />
		</div>
	);
}

function adviceOf(t: ReturnType<typeof useI18n>['t'], next: Next): string {
	switch (next.kind) {
	case 'component': return t(`keys.ceremony.next.${next.stage}`, { who: t(`keys.role.${next.component.role}`) });
	case 'present': return t('keys.ceremony.next.present', { who: next.missing.map((role) => t(`keys.role.${role}`)).join('、') });
	default: return t(`keys.ceremony.next.${next.kind}`);
	}
}

function Cancel({ ceremony }: { ceremony: Ceremony }) {
	const { t } = useI18n();
	const act = useAct(['mk']);

	return (
		<span className="stack">
			<ActButton act={act} danger size="small" onClick={() => void act.run({ command: 'ceremony.cancel', fields: { id: ceremony.id } })}>{t('keys.order.ceremony.cancel')}</ActButton>
			<ActProblem act={act} />
		</span>
	);
}

/** The three officers side by side, each with how far the component is. */
function Officers({ ceremony }: { ceremony: Ceremony }) {
	const { t } = useI18n();
	const stages = ['NOTHING', 'WRITTEN', 'VERIFIED'] as const;

	return (
		<ul className="officers-three">
			{ceremony.components.map((one) => (
				<li key={one.role} className="panel" data-component={one.role} data-step={one.step} data-presented={one.presented}>
					<div className="row"><span className="avatar large" aria-hidden>{one.role}</span><div><b>{t(`keys.role.${one.role}`)}</b><Kcv value={one.kcv} /></div></div>
					{ceremony.purpose === 'form' && (
						<ol className="bars" aria-label={t(`keys.component.step.${one.step}`)}>
							{stages.slice(1).map((stage) => <li key={stage} className={stages.indexOf(one.step) >= stages.indexOf(stage) ? 'full' : undefined}>{t(`keys.component.step.${stage}`)}</li>)}
							<li className={one.presented || ceremony.state === 'FORMED' ? 'full' : undefined}>{t('keys.component.presented')}</li>
						</ol>
					)}
				</li>
			))}
		</ul>
	);
}

function Current({ ceremony, next, masters }: { ceremony: Ceremony; next: Next; masters: MasterKey[] }) {
	const { t } = useI18n();
	const formed = masters.find((one) => one.id === ceremony.lmk);

	if (next.kind === 'cancelled') return <p className="soft">{t('keys.ceremony.cancelledText')}</p>;
	if (next.kind === 'component') return <ComponentStep key={next.component.role} ceremony={ceremony} component={next.component} stage={next.stage} />;
	if (next.kind === 'present') return <PresentStep ceremony={ceremony} />;
	return (
		<>
			{formed && (
				<section className="panel formed">
					<span className="soft">{t('keys.ceremony.formedKcv', { name: masterName(t, formed) })}</span>
					<Kcv value={formed.kcv} large />
					<span className="small faint">{t('keys.ceremony.formedText')}</span>
				</section>
			)}
			{ceremony.purpose === 'form' && ceremony.shares_count > 0 && <SharesStep ceremony={ceremony} />}
			{next.kind === 'activate' && formed && <section className="panel padded"><Activate master={formed} /></section>}
			{next.kind === 'renew' && <section className="panel padded"><TabLink to="/keys/renewal">{t('keys.next.toRenewal')}</TabLink></section>}
			{next.kind === 'done' && <section className="panel padded"><TabLink to="/keys/master"><Button type="link">{t('menu.keys.master')}</Button></TabLink></section>}
		</>
	);
}
