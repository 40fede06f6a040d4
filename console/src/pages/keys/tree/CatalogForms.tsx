// SPDX-License-Identifier: Apache-2.0
// CatalogForms.tsx — new issuers (发卡行) and key products (密钥产品): the part of role conf.
import { Input, Segmented, Select } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { productKinds, type Issuer, type ProductKind } from '../../../keys/answers';
import { ActButton, ActProblem, useAct } from '../acts';
import { Labelled } from '../parts';

const codeMax = 8;

/** A code: up to eight of A–Z and 0–9. */
export function CodeField({ value, onChange, label }: { value: string; onChange: (text: string) => void; label: string }) {
	const { t } = useI18n();

	return (
		<Labelled label={label} hint={t('keys.code.rule')}>
			{(id) => <Input id={id} data-field="code" className="mono" required maxLength={codeMax} pattern="[A-Z0-9]{1,8}" autoComplete="off" value={value}
				onChange={(event) => onChange(event.target.value.toUpperCase().replace(/[^A-Z0-9]/g, ''))} />}
		</Labelled>
	);
}

export function NameField({ value, onChange, label }: { value: string; onChange: (text: string) => void; label: string }) {
	return (
		<Labelled label={label}>
			{(id) => <Input id={id} data-field="name" required maxLength={64} autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />}
		</Labelled>
	);
}

export function NoteField({ value, onChange, label }: { value: string; onChange: (text: string) => void; label: string }) {
	return (
		<Labelled label={label}>
			{(id) => <Input id={id} data-field="note" maxLength={200} autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />}
		</Labelled>
	);
}

export function AddIssuer() {
	const { t } = useI18n();
	const act = useAct(['conf']);
	const [code, setCode] = useState('');
	const [name, setName] = useState('');
	const [note, setNote] = useState('');
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		const done = await act.run({ command: 'issuer.add', fields: { code, name: name.trim(), note: note.trim() } });
		if (!done) return;
		setCode('');
		setName('');
		setNote('');
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.issuer.add')}</h2></div>
			<form className="panel-body stack" data-form="issuer.add" onSubmit={(event) => void submit(event)}>
				<CodeField value={code} onChange={setCode} label={t('keys.field.code')} />
				<NameField value={name} onChange={setName} label={t('keys.field.name')} />
				<NoteField value={note} onChange={setNote} label={t('keys.field.note')} />
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="issuer.add">{t('keys.order.issuer.add')}</ActButton>
			</form>
		</section>
	);
}

export function AddProduct({ issuers, onDone }: { issuers: Issuer[]; onDone: (id: number) => void }) {
	const { t } = useI18n();
	const act = useAct(['conf']);
	const [chosen, setIssuer] = useState<number | undefined>();
	const [code, setCode] = useState('');
	const [name, setName] = useState('');
	const [kind, setKind] = useState<ProductKind>('DKEY');
	const [place, setPlace] = useState<'device' | 'host'>('device');
	const issuer = chosen ?? issuers[0]?.id;
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run<{ id: number }>({ command: 'product.add', fields: { issuer, code, name: name.trim(), kind, place } }, (answer) => onDone(answer.id));
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.product.add')}</h2></div>
			<form className="panel-body stack" data-form="product.add" onSubmit={submit}>
				<Labelled label={t('keys.field.issuer')} hint={issuers.length === 0 ? t('keys.issuer.first') : undefined}>
					{(id) => <Select id={id} value={issuer} onChange={setIssuer} options={issuers.map((one) => ({ value: one.id, label: `${one.code} ${one.name}` }))} />}
				</Labelled>
				<CodeField value={code} onChange={setCode} label={t('keys.field.code')} />
				<NameField value={name} onChange={setName} label={t('keys.field.name')} />
				<Labelled label={t('keys.field.kind')}>
					{(id) => <Select id={id} value={kind} onChange={setKind} options={productKinds.map((value) => ({ value, label: t(`keys.kind.${value}`) }))} />}
				</Labelled>
				<div className="field">
					<span className="label">{t('keys.field.place')}</span>
					<Segmented value={place} onChange={setPlace} options={(['device', 'host'] as const).map((value) => ({ value, label: t(`keys.place.${value}`) }))} />
					<span className="small faint">{t(`keys.place.${place}.text`)}</span>
				</div>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="product.add" disabled={!issuer}>{t('keys.order.product.add')}</ActButton>
			</form>
		</section>
	);
}
