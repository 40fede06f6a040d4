// SPDX-License-Identifier: Apache-2.0
// ImportCaKey.tsx — keys of an authority come in typed, in a table, or in a scheme's file; in each way a second person of
// another role compares the checksum with the published one (keys 12, 16.2).
import { DatePicker, Input, Segmented, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import type { Authority } from '../../../keys/certificates';
import type { Order } from '../../../keys/desk';
import { ActButton, ActProblem, useAct } from '../acts';
import { FileField, Labelled, type ChosenFile } from '../parts';

const ways = ['typed', 'table', 'file'] as const;
type Way = (typeof ways)[number];

const exponents = ['03', '010001'];
const checksumDigits = 40;
const tableMax = 1 << 20;
const schemeFileMax = 1024;

const plain = (text: string) => text.replace(/\s/g, '').toUpperCase();

interface Draft {
	index: string;
	modulus: string;
	exponent: string;
	checksum: string;
	expiry: Dayjs | null;
	file: ChosenFile | null;
}

const blank: Draft = { index: '', modulus: '', exponent: '03', checksum: '', expiry: null, file: null };

/** What the key manager takes with each way; nothing that it would pass over. */
function orderOf(way: Way, ca: number, draft: Draft): Order {
	const expiry = draft.expiry?.format('YYYY-MM-DD') ?? '';
	const checksum = plain(draft.checksum);

	if (way === 'table') return { command: 'cakey.import', fields: { ca }, files: { table: draft.file?.text } };
	if (way === 'file') return { command: 'cakey.import', fields: { ca, expiry, checksum }, files: { file: draft.file?.text } };
	return { command: 'cakey.import', fields: { ca, index: plain(draft.index), modulus: plain(draft.modulus), exponent: draft.exponent, expiry, checksum } };
}

export function ImportCaKey({ authorities }: { authorities: Authority[] }) {
	const { t } = useI18n();
	const act = useAct(['cert']);
	const [way, setWay] = useState<Way>('typed');
	const [chosen, setChosen] = useState<number | undefined>();
	const [draft, setDraft] = useState(blank);
	const ca = chosen ?? authorities[0]?.id;
	const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
	const submit = (event: FormEvent) => {
		event.preventDefault();
		if (ca) void act.run(orderOf(way, ca, draft), () => setDraft(blank));
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.cakey.import')}</h2></div>
			<form className="panel-body stack" data-form="cakey.import" onSubmit={submit}>
				<Segmented<Way> value={way} onChange={(next) => { setWay(next); change({ file: null }); }} options={ways.map((value) => ({ value, label: t(`keys.cert.way.${value}`) }))} />
				<Labelled label={t('keys.field.ca')} hint={authorities.length === 0 ? t('keys.cert.noAuthority') : undefined}>
					{(id) => <Select id={id} value={ca} onChange={setChosen} options={authorities.map((one) => ({ value: one.id, label: `${one.code} ${one.name}` }))} />}
				</Labelled>
				{way === 'typed' && <TypedKey draft={draft} change={change} />}
				{way === 'table' && <FileField label={t('keys.field.table')} hint={t('keys.cert.tableRule')} max={tableMax} wrong="keys.file.large" file={draft.file} onFile={(file) => change({ file })} />}
				{way === 'file' && <FileField label={t('keys.field.file')} binary max={schemeFileMax} wrong="keys.file.large" file={draft.file} onFile={(file) => change({ file })} />}
				{way !== 'table' && <Published draft={draft} change={change} />}
				<p className="small soft">{t('keys.cert.secondText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="cakey.import" disabled={!ca || (way !== 'typed' && !draft.file?.text)}>{t('keys.order.cakey.import')}</ActButton>
			</form>
		</section>
	);
}

interface PartProps {
	draft: Draft;
	change: (part: Partial<Draft>) => void;
}

function TypedKey({ draft, change }: PartProps) {
	const { t } = useI18n();

	return (
		<>
			<div className="row wrap top">
				<Labelled label={t('keys.field.index')} width={110}>
					{(id) => <Input id={id} data-field="index" className="mono" required maxLength={2} pattern="[0-9A-Fa-f]{2}" autoComplete="off" value={draft.index} onChange={(event) => change({ index: event.target.value.toUpperCase() })} />}
				</Labelled>
				<Labelled label={t('keys.field.exponent')} width={150}>
					{(id) => <Select id={id} value={draft.exponent} onChange={(exponent: string) => change({ exponent })} options={exponents.map((value) => ({ value, label: `${value} (${parseInt(value, 16)})` }))} />}
				</Labelled>
			</div>
			<Labelled label={t('keys.field.modulus')} hint={t('keys.cert.hexRule')}>
				{(id) => <Input.TextArea id={id} data-field="modulus" className="mono" required rows={5} autoComplete="off" spellCheck={false} value={draft.modulus} onChange={(event) => change({ modulus: event.target.value })} />}
			</Labelled>
		</>
	);
}

/** What the authority publishes beside the key. */
function Published({ draft, change }: PartProps) {
	const { t } = useI18n();
	const digits = plain(draft.checksum).length;

	return (
		<>
			<Labelled label={t('keys.field.expiry')}>
				{(id) => <DatePicker id={id} required value={draft.expiry} onChange={(expiry) => change({ expiry })} style={{ width: '100%' }} />}
			</Labelled>
			<Labelled label={t('keys.field.checksum')} hint={t('keys.cert.checksumRule')} error={digits > checksumDigits ? t('keys.cert.checksumLong') : undefined}>
				{(id) => <Input.TextArea id={id} data-field="checksum" className="mono" required rows={2} autoComplete="off" spellCheck={false} value={draft.checksum} onChange={(event) => change({ checksum: event.target.value })} />}
			</Labelled>
		</>
	);
}
