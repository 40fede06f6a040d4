// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';

import type { Terminal } from '../../api/schema';
import type { Column } from '../../components/KeyTable';
import { SimpleListPage } from '../../components/SimpleListPage';
import { StateBadge } from '../../components/StateBadge';
import { formatTime, useI18n } from '../../i18n/i18n';

const refetchMs = 10_000; // the line of a till changes by itself

export default function TerminalsPage() {
	const { t } = useI18n();
	const columns = useMemo((): Column<Terminal>[] => [
		{ key: 'number', title: t('terminals.number'), render: (row) => <span className="num">{row.number}</span> },
		{ key: 'name', title: t('terminals.name'), render: (row) => row.name || '—' },
		{ key: 'type', title: t('terminals.type'), render: (row) => t(`terminals.type.${row.type}`) },
		{ key: 'merchant', title: t('terminals.merchant'), render: (row) => row.merchant?.name ?? '—' },
		{ key: 'state', title: t('terminals.state'), render: (row) => <StateBadge state={`terminals.state.${row.state}`} /> },
		{ key: 'line', title: t('terminals.line'), render: (row) => <StateBadge state={row.signed_in ? 'terminals.online' : 'terminals.offline'} /> },
		{ key: 'seen', title: t('terminals.seen'), render: (row) => <span className="num">{row.last_seen_at ? formatTime(row.last_seen_at, true) : t('terminals.never')}</span> },
	], [t]);

	return (
		<SimpleListPage<Terminal> title={t('terminals.title')} path="/terminals" hint={t('terminals.search')} columns={columns} keyOf={(row) => row.id}
			refetchMs={refetchMs} />
	);
}
