// SPDX-License-Identifier: Apache-2.0
// DefineKey.tsx — a new key of a product: its use decides which algorithms, modes and exportability can be chosen.
import { InputNumber, Select } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import type { ProductPlace } from '../../../keys/picture';
import { algorithmNames, keyUses, lengthsOf, useOf, type KeyUse } from '../../../keys/uses';
import { ActButton, ActProblem, useAct } from '../acts';
import { Labelled } from '../parts';
import { CodeField, NameField } from './CatalogForms';

const levelsMax = 3;
const firstUse = '20';

interface Draft {
	code: string;
	name: string;
	usage: string;
	algorithm: string;
	bits: number;
	mode: string;
	exportability: string;
	levels: number;
	periodDays: number;
}

/** What goes with a use: the first that it allows, and trusted blocks only where they may leave at all. */
function withUse(draft: Draft, use: KeyUse): Draft {
	const algorithm = use.algorithms.includes(draft.algorithm) ? draft.algorithm : use.algorithms.charAt(0);

	return {
		...draft, usage: use.usage, mode: use.modes.includes(draft.mode) ? draft.mode : use.modes.charAt(0),
		exportability: use.exportability.includes(draft.exportability) ? draft.exportability : use.exportability.charAt(0),
		...withAlgorithm(draft, algorithm),
	};
}

function withAlgorithm(draft: Draft, algorithm: string): Pick<Draft, 'algorithm' | 'bits'> {
	const lengths = lengthsOf[algorithm] ?? [];

	return { algorithm, bits: lengths.includes(draft.bits) ? draft.bits : lengths[0] ?? 0 };
}

const blank: Draft = { code: '', name: '', usage: firstUse, algorithm: 'T', bits: 112, mode: 'X', exportability: 'E', levels: 0, periodDays: 0 };

export function DefineKey({ product, onDone }: { product: ProductPlace; onDone: (id: number) => void }) {
	const { t, language } = useI18n();
	const act = useAct(['conf']);
	const [draft, setDraft] = useState(blank);
	const use = useOf(draft.usage);
	const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const { code, usage, algorithm, bits, mode, exportability, levels } = draft;
		const fields = { product: product.id, code, name: draft.name.trim(), usage, algorithm, bits, mode, exportability, levels, period_days: draft.periodDays };

		void act.run<{ id: number }>({ command: 'key.define', fields }, (answer) => {
			setDraft(blank);
			onDone(answer.id);
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.key.define')}</h2></div>
			<form className="panel-body stack" data-form="key.define" onSubmit={submit}>
				<CodeField value={draft.code} onChange={(code) => change({ code })} label={t('keys.field.code')} />
				<NameField value={draft.name} onChange={(name) => change({ name })} label={t('keys.field.name')} />
				<Labelled label={t('keys.field.usage')}>
					{(id) => (
						<Select id={id} value={draft.usage} showSearch={{ optionFilterProp: 'label' }} popupMatchSelectWidth={340}
							onChange={(usage: string) => { const found = useOf(usage); if (found) setDraft((now) => withUse(now, found)); }}
							options={keyUses.map((one) => ({ value: one.usage, label: `${one.usage} ${one.name[language]}` }))} />
					)}
				</Labelled>
				<div className="row wrap">
					<Labelled label={t('keys.field.algorithm')} width={130}>
						{(id) => <Select id={id} value={draft.algorithm} onChange={(algorithm: string) => change(withAlgorithm(draft, algorithm))} options={[...use?.algorithms ?? ''].map((value) => ({ value, label: algorithmNames[value] ?? value }))} />}
					</Labelled>
					<Labelled label={t('keys.field.bits')} width={130}>
						{(id) => <Select id={id} value={draft.bits} onChange={(bits: number) => change({ bits })} options={(lengthsOf[draft.algorithm] ?? []).map((value) => ({ value, label: String(value) }))} />}
					</Labelled>
				</div>
				<Labelled label={t('keys.field.mode')}>
					{(id) => <Select id={id} value={draft.mode} onChange={(mode: string) => change({ mode })} options={[...use?.modes ?? ''].map((value) => ({ value, label: `${value} ${t(`keys.mode.${value as 'B'}`)}` }))} />}
				</Labelled>
				<Labelled label={t('keys.field.exportability')}>
					{(id) => <Select id={id} value={draft.exportability} onChange={(exportability: string) => change({ exportability })} options={[...use?.exportability ?? ''].map((value) => ({ value, label: `${value} ${t(`keys.export.${value as 'E'}`)}` }))} />}
				</Labelled>
				<div className="row wrap">
					<Labelled label={t('keys.field.levels')} width={130}>
						{(id) => <InputNumber id={id} min={0} max={levelsMax} value={draft.levels} onChange={(levels) => change({ levels: levels ?? 0 })} style={{ width: '100%' }} />}
					</Labelled>
					<Labelled label={t('keys.field.period_days')} hint={t('keys.key.noEnd')} width={130}>
						{(id) => <InputNumber id={id} min={0} max={36_500} value={draft.periodDays} onChange={(periodDays) => change({ periodDays: periodDays ?? 0 })} style={{ width: '100%' }} />}
					</Labelled>
				</div>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="key.define">{t('keys.order.key.define')}</ActButton>
			</form>
		</section>
	);
}
