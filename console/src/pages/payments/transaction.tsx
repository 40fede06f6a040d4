// SPDX-License-Identifier: Apache-2.0
// transaction.tsx — how a transaction is shown wherever it appears: its columns, the sign of its money.
import type { PersonRef, Transaction, TransactionKind } from '../../api/schema';
import { MoneyCell } from '../../components/MoneyCell';
import { StateBadge } from '../../components/StateBadge';
import type { Column } from '../../components/KeyTable';
import { formatTime, type Key, type Params } from '../../i18n/i18n';

type Translate = (key: Key, params?: Params) => string;

export const transactionKinds: TransactionKind[] = [
	'purchase', 'purchase_void', 'refund', 'topup', 'topup_void', 'subsidy', 'reversal', 'opening', 'load', 'hold', 'capture', 'release',
	'adjustment', 'transfer', 'fee', 'payout', 'statement', 'closing', 'till_cash', 'tombstone', 'account_open', 'account_change', 'record',
];

const incoming = new Set<TransactionKind>(['topup', 'subsidy', 'refund', 'purchase_void', 'opening', 'load']);

export function Amount({ row }: { row: Transaction }) {
	return <MoneyCell fen={row.amount_fen} tone={row.state === 'refused' ? 'off' : incoming.has(row.kind) ? 'in' : undefined} />;
}

/** A name where there is one; some rosters have numbers only. */
export function personLabel(person: PersonRef | null): string {
	return person ? person.name || person.number : '—';
}

export function transactionColumns(t: Translate, without: string[] = []): Column<Transaction>[] {
	const columns: Column<Transaction>[] = [
		{ key: 'time', title: t('tx.time'), width: 150, render: (row) => <span className="num">{formatTime(row.event_time, true)}</span> },
		{ key: 'kind', title: t('tx.kind'), render: (row) => t(`tx.kind.${row.kind}`) },
		{ key: 'amount', title: t('tx.amount'), right: true, render: (row) => <Amount row={row} /> },
		{ key: 'balance', title: t('tx.balance'), right: true, render: (row) => <MoneyCell fen={row.balance_fen} /> },
		{ key: 'person', title: t('tx.person'), render: (row) => personLabel(row.person) },
		{ key: 'card', title: t('tx.card'), render: (row) => <span className="num">{row.card?.number ?? '—'}</span> },
		{ key: 'merchant', title: t('tx.merchant'), render: (row) => row.merchant?.name ?? '—' },
		{ key: 'terminal', title: t('tx.terminal'), render: (row) => <span className="num">{row.terminal?.number ?? '—'}</span> },
		{ key: 'state', title: t('tx.state'), render: (row) => <StateBadge state={`tx.state.${row.state}`} /> },
		{ key: 'lsn', title: t('tx.lsn'), right: true, render: (row) => <span className="num faint">{row.lsn}</span> },
	];

	return columns.filter((column) => !without.includes(column.key));
}
