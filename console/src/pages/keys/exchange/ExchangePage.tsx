// SPDX-License-Identifier: Apache-2.0
// ExchangePage.tsx — keys out and in (密钥交换, keys 12, 13): many in a batch key file, one under a transport key, a value by
// the components of custodians, key letters.
import { Segmented, Skeleton } from 'antd';

import { ProblemNotice } from '../../../components/ProblemNotice';
import { useQueryState } from '../../../components/queryState';
import { useI18n } from '../../../i18n/i18n';
import { KeysPage } from '../KeysPage';
import { Batches } from './Batches';
import { Entries } from './Entries';
import { ExportKey } from './ExportKey';
import { ImportKey } from './ImportKey';
import { LettersPanel } from './LettersPanel';
import { useKeys } from './useKeys';

const names = ['view', 'way'] as const;
const views = ['batches', 'single', 'entries', 'letters'] as const;
type View = (typeof views)[number];

export default function ExchangePage() {
	const { t } = useI18n();
	const [values, setValues] = useQueryState(names);
	const view = views.find((one) => one === values.view) ?? 'batches';

	return (
		<KeysPage title={t('menu.keys.exchange')} extra={(
			<Segmented<View> aria-label={t('menu.keys.exchange')} value={view} onChange={(next) => setValues({ view: next === 'batches' ? '' : next, way: '' })}
				options={views.map((value) => ({ value, label: t(`keys.exchange.view.${value}`) }))} />
		)}>
			<Loaded view={view} way={values.way === 'in' ? 'in' : 'out'} onWay={(way) => setValues({ way: way === 'out' ? '' : way })} />
		</KeysPage>
	);
}

interface LoadedProps {
	view: View;
	way: 'out' | 'in';
	onWay: (way: 'out' | 'in') => void;
}

function Loaded({ view, way, onWay }: LoadedProps) {
	const { keys, error, refetch } = useKeys();

	if (error) return <ProblemNotice error={error} onRetry={refetch} />;
	if (!keys) return <Skeleton active paragraph={{ rows: 10 }} />;
	switch (view) {
	case 'batches': return <Batches keys={keys} way={way} onWay={onWay} />;
	case 'single': return <div className="columns even"><ExportKey keys={keys} /><ImportKey keys={keys} /></div>;
	case 'entries': return <Entries keys={keys} />;
	case 'letters': return <LettersPanel keys={keys} />;
	}
}
