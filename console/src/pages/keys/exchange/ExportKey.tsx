// SPDX-License-Identifier: Apache-2.0
// ExportKey.tsx — one key out under a transport key: as a key block, or as bare ciphertext where the key allows it.
import { Checkbox, Segmented } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { mayLeave } from '../../../keys/exchange';
import { handOf } from '../../../keys/states';
import { ActButton, ActProblem, useAct } from '../acts';
import { CarrierField, KeyField, useVersionsOf, VersionField } from './pickers';
import type { Keys } from './useKeys';

type Form = 'block' | 'raw';

export function ExportKey({ keys }: { keys: Keys }) {
	const { t } = useI18n();
	const [chosenCarrier, setCarrier] = useState<number | undefined>();
	const [chosenKey, setKey] = useState<number | undefined>();
	const [chosenVersion, setVersion] = useState<number | undefined>();
	const [chosenForm, setForm] = useState<Form>('block');
	const [foreign, setForeign] = useState(false);
	const [bare, setBare] = useState(false);
	const carriers = keys.carriers.filter((one) => one.ways.includes('out'));
	const carrier = carriers.find((one) => one.version === chosenCarrier) ?? carriers[0];
	const definitions = keys.definitions.filter((one) => one.exportability !== 'N');
	const definition = definitions.find((one) => one.id === chosenKey);
	const versions = useVersionsOf(definition).filter((one) => mayLeave(one.state) && one.id !== carrier?.version);
	const version = versions.find((one) => one.id === chosenVersion) ?? versions[0];
	const forms: Form[] = definition?.exportability === 'S' ? ['block', 'raw'] : ['block'];
	const form = forms.includes(chosenForm) ? chosenForm : 'block';
	const act = useAct([handOf(definition?.algorithm ?? '')]);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const options = form === 'raw' ? { form } : { ...(foreign && { foreign }), ...(bare && { bare }) };

		void act.run({ command: 'key.export', fields: { zmk: carrier?.version, version: version?.id, ...options } });
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.key.export')}</h2></div>
			<form className="panel-body stack" data-form="key.export" onSubmit={submit}>
				<KeyField label={t('keys.field.key')} definitions={definitions} value={definition?.id} onChange={(next) => { setKey(next); setVersion(undefined); }} />
				<VersionField versions={versions} value={version?.id} onChange={setVersion} />
				<CarrierField label={t('keys.field.zmk')} carriers={carriers} value={carrier?.version} onChange={setCarrier} />
				{forms.length > 1 && <span><Segmented<Form> aria-label={t('keys.field.form')} value={form} onChange={setForm} options={forms.map((value) => ({ value, label: t(`keys.value.form.${value}`) }))} /></span>}
				{form === 'block' && <Checkbox checked={foreign} onChange={(event) => setForeign(event.target.checked)}>{t('keys.field.foreign')}</Checkbox>}
				{form === 'block' && <Checkbox checked={bare} onChange={(event) => setBare(event.target.checked)}>{t('keys.field.bare')}</Checkbox>}
				<p className="small soft">{t(form === 'raw' ? 'keys.exchange.rawText' : 'keys.exchange.exportText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="key.export" disabled={!carrier || !version}>{t('keys.order.key.export')}</ActButton>
			</form>
		</section>
	);
}
