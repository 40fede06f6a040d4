// SPDX-License-Identifier: Apache-2.0
// ExportBatch.tsx — many keys out: which transport key, which keys of those that may leave; a second person agrees to the very
// keys that are shown.
import { BorderOutlined, CheckSquareFilled } from '@ant-design/icons';
import { Checkbox, Input, Select } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { formatCount, useI18n } from '../../../i18n/i18n';
import type { Fields } from '../../../keys/desk';
import type { Choice, Chosen } from '../../../keys/exchange';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { Kcv, Labelled } from '../parts';
import { CarrierField } from './pickers';
import type { Keys } from './useKeys';

/** So many are shown, and can be chosen one by one. */
const shownMax = 300;
const codeMax = 8;

type Scope = 'issuer' | 'product' | 'key';

/** "product:3" as the field of an order. */
function fieldsOf(scope: string): Fields {
	const [kind = '', id] = scope.split(':');

	return { [kind]: Number(id) };
}

export function ExportBatch({ keys }: { keys: Keys }) {
	const { t } = useI18n();
	const [scope, setScope] = useState<string | undefined>();
	const carriers = keys.carriers.filter((one) => one.ways.includes('out'));
	const [chosenCarrier, setCarrier] = useState<number | undefined>();
	const carrier = carriers.find((one) => one.version === chosenCarrier) ?? carriers[0];
	const choice = useTold<Choice>('batch.choice', { zmk: carrier?.version, ...(scope && fieldsOf(scope)) }, { enabled: scope !== undefined && carrier !== undefined });
	const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
	const rows = scope && choice.data ? choice.data.keys : [];
	const wanted = rows.filter((one) => !without.has(String(one.version)));
	const what = wanted.length === rows.length && scope ? fieldsOf(scope) : { versions: wanted.map((one) => one.version).join(' ') };
	const choose = (next: string) => {
		setScope(next);
		setWithout(new Set());
	};

	return (
		<div className="columns">
			<section className="panel" data-choice={wanted.length}>
				<ChoiceHead choice={scope ? choice.data : undefined} count={wanted.length} />
				{choice.error ? <div className="panel-body"><ProblemNotice error={choice.error} /></div> : (
					<ChoiceTable rows={scope && !choice.data ? undefined : rows} without={without} onWithout={setWithout} />
				)}
			</section>
			<ExportForm carrier={carrier?.version} what={what} count={wanted.length} onDone={() => setWithout(new Set())}>
				<CarrierField label={t('keys.field.zmk')} carriers={carriers} value={carrier?.version} onChange={setCarrier} />
				<ScopeField keys={keys} value={scope} onChange={choose} />
			</ExportForm>
		</div>
	);
}

/** All keys of an issuer, of a product, or all versions of one key. */
function ScopeField({ keys, value, onChange }: { keys: Keys; value: string | undefined; onChange: (scope: string) => void }) {
	const { t } = useI18n();
	const { issuers, products } = keys.tree;
	const group = (scope: Scope, options: { id: number; name: string }[]) => ({
		label: t(`keys.field.${scope}`), options: options.map((one) => ({ value: `${scope}:${one.id}`, label: one.name })),
	});

	return (
		<Labelled label={t('keys.batch.scope')}>
			{(id) => (
				<Select id={id} data-field="scope" value={value} onChange={onChange} showSearch={{ optionFilterProp: 'label' }} popupMatchSelectWidth={380}
					options={[
						group('issuer', issuers.map((one) => ({ id: one.id, name: `${one.code} ${one.name}` }))),
						group('product', products.map((one) => ({ id: one.id, name: `${one.issuer}.${one.code} ${one.name}` }))),
						group('key', keys.definitions.map((one) => ({ id: one.id, name: `${one.name3} ${one.name}` }))),
					]} />
			)}
		</Labelled>
	);
}

/* --- what would go --- */

function ChoiceHead({ choice, count }: { choice: Choice | undefined; count: number }) {
	const { t } = useI18n();

	return (
		<div className="panel-head">
			<h2>{t('keys.batch.choice')}</h2>
			{choice && (
				<span className="row wrap">
					<span className="badge good">{t('keys.batch.going', { count })}</span>
					{choice.left_out > 0 && <span className="badge mute">{t('keys.batch.leftOut', { count: choice.left_out })}</span>}
				</span>
			)}
		</div>
	);
}

interface ChoiceTableProps {
	rows: Chosen[] | undefined;
	without: ReadonlySet<string>;
	onWithout: (without: ReadonlySet<string>) => void;
}

function ChoiceTable({ rows, without, onWithout }: ChoiceTableProps) {
	const { t } = useI18n();
	const shown = rows?.slice(0, shownMax);
	const isWhole = rows !== undefined && rows.length <= shownMax;
	const toggle = (row: Chosen) => {
		const next = new Set(without);
		if (!next.delete(String(row.version))) next.add(String(row.version));
		onWithout(next);
	};
	const columns = useMemo((): Column<Chosen>[] => [
		{ key: 'goes', title: t('keys.batch.goes'), width: 80, render: (row) => without.has(String(row.version)) ? <BorderOutlined className="faint" /> : <CheckSquareFilled className="good" /> },
		{ key: 'label', title: t('keys.field.label'), render: (row) => <span className="mono">{row.label}</span> },
		{ key: 'kcv', title: t('keys.kcv'), render: (row) => <Kcv value={row.kcv} /> },
	], [t, without]);
	const selected = useMemo(() => new Set(shown?.map((one) => String(one.version)).filter((one) => !without.has(one))), [shown, without]);

	return (
		<>
			<KeyTable<Chosen> label={t('keys.batch.choice')} columns={columns} rows={shown} keyOf={(row) => String(row.version)}
				{...(isWhole && { onOpen: toggle, selected, onSelect: (keys: Set<string>) => onWithout(new Set(shown?.map((one) => String(one.version)).filter((one) => !keys.has(one)))) })}
				empty={{ title: t('keys.batch.noChoice'), hint: t('keys.batch.noChoiceText') }} />
			{shown && shown.length > 0 && <div className="grid-foot">{isWhole ? t('keys.batch.chooseRule') : t('keys.batch.shown', { shown: formatCount(shownMax), count: formatCount(rows?.length ?? 0) })}</div>}
		</>
	);
}

/* --- the order --- */

interface ExportFormProps {
	carrier: number | undefined;
	what: Fields;
	count: number;
	onDone: () => void;
	children: React.ReactNode;
}

function ExportForm({ carrier, what, count, onDone, children }: ExportFormProps) {
	const { t } = useI18n();
	const act = useAct(['key']);
	const [code, setCode] = useState('');
	const [bare, setBare] = useState(false);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'batch.export', fields: { zmk: carrier, ...what, ...(code && { batch: code }), ...(bare && { bare }) } }, () => {
			setCode('');
			onDone();
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.batch.export')}</h2></div>
			<form className="panel-body stack" data-form="batch.export" onSubmit={submit}>
				{children}
				<Labelled label={t('keys.field.batch')} hint={t('keys.batch.codeRule')}>
					{(id) => <Input id={id} data-field="batch" className="mono" maxLength={codeMax} pattern="[A-Z0-9]{1,8}" autoComplete="off" value={code} onChange={(event) => setCode(event.target.value.toUpperCase())} />}
				</Labelled>
				<Checkbox checked={bare} onChange={(event) => setBare(event.target.checked)}>{t('keys.field.bare')}</Checkbox>
				<p className="small soft">{t('keys.batch.exportText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="batch.export" disabled={!carrier || count === 0}>{t('keys.batch.exportCount', { count })}</ActButton>
			</form>
		</section>
	);
}
