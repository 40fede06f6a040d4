// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { Button, DatePicker, Input, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';

import { get } from '../../api/client';
import type { MerchantPage, TerminalPage } from '../../api/schema';
import { Field, Filters } from '../../components/ListPage';
import type { Values } from '../../components/queryState';
import { useMay } from '../../frame/session';
import { parseMoney, useI18n } from '../../i18n/i18n';
import { transactionKinds } from './transaction';

export const filterNames = [
	'from', 'to', 'kind', 'state', 'merchant', 'terminal', 'person', 'card', 'code', 'min', 'max', 'before', 'open',
] as const;
export type Draft = Values<(typeof filterNames)[number]>;

const blank = Object.fromEntries(filterNames.map((name) => [name, ''])) as Draft;
const fewMerchants = 100;

interface Props {
	draft: Draft;
	change: (part: Partial<Draft>) => void;
	onSearch: (draft: Draft) => void;
}

export function TransactionFilters({ draft, change, onSearch }: Props) {
	const { t } = useI18n();
	const [more, setMore] = useState(() => ['terminal', 'code', 'min', 'max', 'person'].some((name) => draft[name as keyof Draft]));
	const amountError = (text: string) => text && parseMoney(text) === null ? t('tx.amountBad') : undefined;
	const isWrong = Boolean(amountError(draft.min) ?? amountError(draft.max));
	const all = { value: '', label: t('list.any') };

	return (
		<Filters onSearch={() => { if (!isWrong) onSearch(draft); }} onReset={() => { change(blank); onSearch(blank); }}
			more={<Button type="link" aria-expanded={more} onClick={() => setMore(!more)}>{t(more ? 'list.less' : 'list.more')}</Button>}>
			<DayField name="from" draft={draft} change={change} label={t('tx.from')} />
			<DayField name="to" draft={draft} change={change} label={t('tx.to')} />
			<Field label={t('tx.kind')} id="tx-kind" width={128}>
				<Select id="tx-kind" popupMatchSelectWidth={210} value={draft.kind} onChange={(kind: string) => change({ kind })}
					options={[all, ...transactionKinds.map((value) => ({ value, label: t(`tx.kind.${value}`) }))]} />
			</Field>
			<Field label={t('tx.state')} id="tx-state" width={104}>
				<Select id="tx-state" value={draft.state} onChange={(state: string) => change({ state })}
					options={[all, ...(['done', 'refused'] as const).map((value) => ({ value, label: t(`tx.state.${value}`) }))]} />
			</Field>
			<MerchantField value={draft.merchant} onChange={(merchant) => change({ merchant })} />
			<TextField name="card" draft={draft} change={change} label={t('tx.card')} width={124} />
			{more && (
				<>
					<TerminalField value={draft.terminal} onChange={(terminal) => change({ terminal })} />
					<TextField name="code" draft={draft} change={change} label={t('tx.code')} width={190} />
					<TextField name="person" draft={draft} change={change} label={t('tx.personId')} width={120} />
					<TextField name="min" draft={draft} change={change} label={t('tx.min')} width={120} error={amountError(draft.min)} />
					<TextField name="max" draft={draft} change={change} label={t('tx.max')} width={120} error={amountError(draft.max)} />
				</>
			)}
		</Filters>
	);
}

interface FieldProps extends Omit<Props, 'onSearch'> {
	name: keyof Draft;
	label: string;
	width?: number;
	error?: string;
}

function TextField({ name, label, width, error, draft, change }: FieldProps) {
	return (
		<Field label={label} id={`tx-${name}`} width={width} error={error}>
			<Input id={`tx-${name}`} value={draft[name]} allowClear maxLength={48} status={error ? 'error' : ''} autoComplete="off"
				onChange={(event) => change({ [name]: event.target.value.trim() })} />
		</Field>
	);
}

function DayField({ name, label, draft, change }: FieldProps) {
	return (
		<Field label={label} id={`tx-${name}`} width={130}>
			<DatePicker id={`tx-${name}`} value={draft[name] ? dayjs(draft[name]) : null}
				onChange={(day) => change({ [name]: day ? day.format('YYYY-MM-DD') : '' })} />
		</Field>
	);
}

function MerchantField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
	const { t } = useI18n();
	const may = useMay('merchants');
	const list = useQuery({
		queryKey: ['merchants', 'choices'], enabled: may, staleTime: 300_000,
		queryFn: ({ signal }) => get<MerchantPage>('/merchants', { page_size: fewMerchants }, signal),
	});
	const options = (list.data?.items ?? []).map((row) => ({ value: row.id, label: row.name }));

	if (!may) return null;
	return (
		<Field label={t('tx.merchant')} id="tx-merchant" width={150}>
			<Select id="tx-merchant" value={value} showSearch={{ optionFilterProp: 'label' }} onChange={onChange} popupMatchSelectWidth={240}
				options={[{ value: '', label: t('list.any') }, ...options]} />
		</Field>
	);
}

function TerminalField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
	const { t } = useI18n();
	const may = useMay('terminals');
	const [typed, setTyped] = useState('');
	const list = useQuery({
		queryKey: ['terminals', 'choices', typed], enabled: may, staleTime: 60_000,
		queryFn: ({ signal }) => get<TerminalPage>('/terminals', { query: typed, page_size: 50 }, signal),
	});
	const options = (list.data?.items ?? []).map((row) => ({ value: row.id, label: `${row.number} ${row.name}` }));

	if (!may) return null;
	return (
		<Field label={t('tx.terminal')} id="tx-terminal" width={170}>
			<Select id="tx-terminal" value={value} showSearch={{ filterOption: false, onSearch: setTyped }} onChange={onChange} popupMatchSelectWidth={260}
				options={[{ value: '', label: t('list.any') }, ...options]} />
		</Field>
	);
}
