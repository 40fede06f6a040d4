// SPDX-License-Identifier: Apache-2.0
// Batches.tsx — batch key files (批量密钥文件): which went out and came in, and a new one either way.
import { Segmented } from 'antd';
import { useMemo } from 'react';

import { Hash } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { formatCount, useI18n } from '../../../i18n/i18n';
import type { Batch } from '../../../keys/exchange';
import { useTold } from '../acts';
import { When } from '../parts';
import { ExportBatch } from './ExportBatch';
import { ImportBatch } from './ImportBatch';
import type { Keys } from './useKeys';

type Way = 'out' | 'in';

export function Batches({ keys, way, onWay }: { keys: Keys; way: Way; onWay: (way: Way) => void }) {
	const { t } = useI18n();

	return (
		<>
			<span>
				<Segmented<Way> aria-label={t('keys.batch.direction')} value={way} onChange={onWay} options={(['out', 'in'] as const).map((value) => ({ value, label: t(`keys.batch.way.${value}`) }))} />
			</span>
			{way === 'out' ? <ExportBatch keys={keys} /> : <ImportBatch keys={keys} />}
			<BatchList />
		</>
	);
}

function BatchList() {
	const { t } = useI18n();
	const list = useTold<{ batches: Batch[] }>('batch.list');
	const columns = useMemo((): Column<Batch>[] => [
		{ key: 'direction', title: t('keys.batch.direction'), render: (row) => <StateBadge state={`keys.batch.direction.${row.direction}`} /> },
		{ key: 'batch', title: t('keys.field.batch'), render: (row) => <b className="mono">{row.batch}</b> },
		{ key: 'count', title: t('keys.field.batch.count'), right: true, render: (row) => <span className="num">{formatCount(row.count)}</span> },
		{ key: 'carrier', title: t('keys.field.zmk'), render: (row) => <span className="mono">{row.carrier}</span> },
		{ key: 'sha256', title: t('keys.field.file_sha256'), render: (row) => <Hash value={row.sha256} /> },
		{ key: 'created', title: t('keys.batch.when'), render: (row) => <When us={row.created_us} /> },
	], [t]);

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<section className="panel" data-list="batches">
			<div className="panel-head"><h2>{t('keys.batch.list')}</h2></div>
			<KeyTable<Batch> label={t('keys.batch.list')} columns={columns} rows={list.data?.batches} keyOf={(row) => String(row.id)} empty={{ title: t('keys.batch.none'), hint: t('keys.batch.noneText') }} />
		</section>
	);
}
