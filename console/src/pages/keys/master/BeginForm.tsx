// SPDX-License-Identifier: Apache-2.0
// BeginForm.tsx — the administrator of master keys begins a ceremony: a new key, or one that a device lacks.
import { InputNumber, Segmented, Select, Switch } from 'antd';
import { useState, type FormEvent } from 'react';

import { useTabs } from '../../../frame/tabs';
import { useI18n } from '../../../i18n/i18n';
import type { MasterKey } from '../../../keys/answers';
import { ActButton, ActProblem, useAct } from '../acts';
import { masterName } from '../names';
import { Labelled } from '../parts';

type Purpose = 'form' | 'load';

const sharesDefault = { needed: 3, count: 5 };
const sharesMax = 16;

export function BeginForm({ masters }: { masters: MasterKey[] }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const act = useAct(['mk']);
	const [purpose, setPurpose] = useState<Purpose>('form');
	const [algorithm, setAlgorithm] = useState<'AES' | 'SM4'>('AES');
	const [status, setStatus] = useState<'live' | 'test'>('live');
	const [withShares, setWithShares] = useState(false);
	const [shares, setShares] = useState(sharesDefault);
	const [lmk, setLmk] = useState<number | undefined>();
	const loadable = masters.filter((one) => !one.present || one.state === 'RETIRED');
	const fields = purpose === 'load'
		? { purpose: 'LOAD', lmk }
		: { purpose: 'FORM', algorithm, status, ...(withShares && { shares_needed: shares.needed, shares_count: shares.count }) };
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run<{ id: number }>({ command: 'ceremony.begin', fields }, (answer) => show(`/keys/master/${answer.id}`));
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.ceremony.begin')}</h2></div>
			<form className="panel-body stack" onSubmit={submit}>
				<Segmented<Purpose> value={purpose} onChange={setPurpose} options={(['form', 'load'] as const).map((value) => ({ value, label: t(`keys.ceremony.purpose.${value}`) }))} />
				<p className="small soft">{t(`keys.ceremony.purpose.${purpose}.text`)}</p>
				{purpose === 'form' ? (
					<>
						<Labelled label={t('keys.ceremony.algorithm')}>
							{(id) => <Select id={id} value={algorithm} onChange={setAlgorithm} options={[{ value: 'AES', label: 'AES-256' }, { value: 'SM4', label: 'SM4-128' }]} />}
						</Labelled>
						<div className="field">
							<span className="label">{t('keys.ceremony.status')}</span>
							<Segmented value={status} onChange={setStatus} options={(['live', 'test'] as const).map((value) => ({ value, label: t(`keys.master.status.${value}`) }))} />
						</div>
						<label className="between"><span>{t('keys.ceremony.shares')}</span><Switch checked={withShares} onChange={setWithShares} /></label>
						{withShares && <SharesFields shares={shares} onChange={setShares} />}
					</>
				) : (
					<Labelled label={t('keys.ceremony.which')} hint={loadable.length === 0 ? t('keys.ceremony.loadNone') : undefined}>
						{(id) => <Select id={id} value={lmk} onChange={setLmk} options={loadable.map((one) => ({ value: one.id, label: `${masterName(t, one)}  ${one.kcv}` }))} />}
					</Labelled>
				)}
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="ceremony.begin" disabled={purpose === 'load' && !lmk}>{t('keys.order.ceremony.begin')}</ActButton>
			</form>
		</section>
	);
}

function SharesFields({ shares, onChange }: { shares: typeof sharesDefault; onChange: (shares: typeof sharesDefault) => void }) {
	const { t } = useI18n();

	return (
		<div className="row wrap">
			<Labelled label={t('keys.ceremony.sharesCount')} width={120}>
				{(id) => <InputNumber id={id} min={2} max={sharesMax} value={shares.count} onChange={(count) => onChange({ ...shares, count: count ?? 2 })} />}
			</Labelled>
			<Labelled label={t('keys.ceremony.sharesNeeded')} width={120}>
				{(id) => <InputNumber id={id} min={2} max={shares.count} value={shares.needed} onChange={(needed) => onChange({ ...shares, needed: needed ?? 2 })} />}
			</Labelled>
			<p className="small faint">{t('keys.ceremony.sharesText', { needed: String(shares.needed), total: String(shares.count) })}</p>
		</div>
	);
}
