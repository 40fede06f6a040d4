// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';

import type { Merchant } from '../../api/schema';
import type { Column } from '../../components/KeyTable';
import { MoneyCell } from '../../components/MoneyCell';
import { SimpleListPage } from '../../components/SimpleListPage';
import { StateBadge } from '../../components/StateBadge';
import { formatCount, useI18n } from '../../i18n/i18n';

export default function MerchantsPage() {
	const { t } = useI18n();
	const columns = useMemo((): Column<Merchant>[] => [
		{ key: 'number', title: t('merchants.number'), render: (row) => <span className="num">{row.number}</span> },
		{ key: 'name', title: t('merchants.name'), render: (row) => row.name },
		{ key: 'state', title: t('merchants.state'), render: (row) => <StateBadge state={`merchants.state.${row.state}`} /> },
		{ key: 'count', title: t('merchants.count'), right: true, render: (row) => <span className="num">{formatCount(row.today.count)}</span> },
		{ key: 'today', title: t('merchants.today'), right: true, render: (row) => <MoneyCell fen={row.today.amount_fen} /> },
	], [t]);

	return <SimpleListPage<Merchant> title={t('merchants.title')} path="/merchants" hint={t('merchants.search')} columns={columns} keyOf={(row) => row.id} />;
}
