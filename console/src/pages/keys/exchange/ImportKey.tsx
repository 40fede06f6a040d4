// SPDX-License-Identifier: Apache-2.0
// ImportKey.tsx — one key comes in: a block that is pasted or in a file, or ciphertext in a file; its check value as the
// sender told it on another way.
import { CheckCircleFilled, DownloadOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, Select } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { download } from '../../../keys/download';
import { formsUnder, hexOfText, type ImportForm } from '../../../keys/exchange';
import { bytesOf } from '../../../keys/seal';
import { handOf } from '../../../keys/states';
import { ActButton, ActProblem, useAct } from '../acts';
import { FileField, Kcv, Labelled, type ChosenFile } from '../parts';
import { CardFields, KcvField, noCard, placeFields, type CardPlace } from './fields';
import { CarrierField, KeyField } from './pickers';
import type { Carrier, Keys } from './useKeys';

const fileMax = 16 << 10;

export interface Stored {
	id: number;
	version: number;
	label: string;
	kcv: string;
}

export function ImportKey({ keys }: { keys: Keys }) {
	const { t } = useI18n();
	const [chosenCarrier, setCarrier] = useState<number | undefined>();
	const [chosenKey, setKey] = useState<number | undefined>();
	const [chosenForm, setForm] = useState<ImportForm>('block');
	const [kcv, setKcv] = useState('');
	const [text, setText] = useState('');
	const [file, setFile] = useState<ChosenFile | null>(null);
	const [card, setCard] = useState<CardPlace>(noCard);
	const [atOnce, setAtOnce] = useState(true);
	const [stored, setStored] = useState<Stored | null>(null);
	const carriers = keys.carriers.filter((one) => one.ways.includes('in'));
	const carrier = carriers.find((one) => one.version === chosenCarrier) ?? carriers[0];
	const definition = keys.definitions.find((one) => one.id === chosenKey);
	const forms = carrier ? formsUnder(carrier.definition) : [];
	const form = forms.find((one) => one === chosenForm) ?? forms[0] ?? 'block';
	const act = useAct([handOf(definition?.algorithm ?? '')]);
	const content = form === 'block' ? hexOfText(text) : file?.text;
	const submit = (event: FormEvent) => {
		event.preventDefault();
		setStored(null);
		const fields = { carrier: carrier?.version, key: definition?.id, kcv, form, ...placeFields(card), ...(atOnce && { at_once: true }) };

		void act.run<Stored>({ command: 'key.import', fields, files: { file: content } }, (answer) => {
			setStored(answer);
			setText('');
			setFile(null);
			setKcv('');
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.key.import')}</h2></div>
			<form className="panel-body stack" data-form="key.import" onSubmit={submit}>
				{stored && <StoredVerdict stored={stored} />}
				<KeyField label={t('keys.field.key')} definitions={keys.definitions} value={definition?.id} onChange={setKey} />
				<CarrierField label={t('keys.exchange.under')} carriers={carriers} value={carrier?.version} onChange={setCarrier} />
				{carrier?.definition.usage === 'K2' && <PublicHalf carrier={carrier} />}
				{forms.length > 1 && (
					<Labelled label={t('keys.field.form')}>
						{(id) => <Select<ImportForm> id={id} data-field="form" value={form} onChange={setForm} options={forms.map((value) => ({ value, label: t(`keys.value.form.${value}`) }))} />}
					</Labelled>
				)}
				{form === 'block'
					? <BlockField text={text} onText={setText} />
					: <FileField label={t('keys.exchange.cipherFile')} binary max={fileMax} wrong="keys.file.large" file={file} onFile={setFile} />}
				<KcvField value={kcv} onChange={setKcv} required hint={t('keys.exchange.kcvRule')} />
				<CardFields value={card} onChange={setCard} />
				<Checkbox checked={atOnce} onChange={(event) => setAtOnce(event.target.checked)}>{t('keys.version.atOnce')}</Checkbox>
				<p className="small soft">{t('keys.exchange.importText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="key.import" disabled={!carrier || !definition || !content}>{t('keys.order.key.import')}</ActButton>
			</form>
		</section>
	);
}

/** What the sender seals values with, for an import pair. */
function PublicHalf({ carrier }: { carrier: Carrier }) {
	const { t } = useI18n();
	const act = useAct([]);
	const load = () => void act.run<{ file_hex: string }>({ command: 'key.public', fields: { version: carrier.version } }, ({ file_hex }) => download(`${carrier.label}.der`, bytesOf(file_hex), 'application/octet-stream'));

	return (
		<>
			<Button size="small" icon={<DownloadOutlined />} loading={act.busy} data-act="key.public" onClick={load}>{t('keys.exchange.publicHalf')}</Button>
			<ActProblem act={act} />
		</>
	);
}

/** Pasted, or read from a file into the same field. */
function BlockField({ text, onText }: { text: string; onText: (text: string) => void }) {
	const { t } = useI18n();

	return (
		<>
			<Labelled label={t('keys.exchange.block')}>
				{(id) => <Input.TextArea id={id} data-field="block" className="mono" rows={4} spellCheck={false} autoComplete="off" value={text} onChange={(event) => onText(event.target.value)} />}
			</Labelled>
			<FileField label={t('keys.exchange.blockFile')} max={fileMax} wrong="keys.file.large" file={null} onFile={(file) => { if (file?.text) onText(file.text.trim()); }} />
		</>
	);
}

/** A key that came into the store. */
export function StoredVerdict({ stored }: { stored: Stored }) {
	const { t } = useI18n();

	return (
		<div className="verdict good" role="status" data-stored={stored.label}>
			<CheckCircleFilled className="good" />
			<div className="grow">
				<strong>{t('keys.exchange.stored', { label: stored.label })}</strong>
				<Kcv value={stored.kcv} large />
			</div>
		</div>
	);
}
