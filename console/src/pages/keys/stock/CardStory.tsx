// SPDX-License-Identifier: Apache-2.0
// CardStory.tsx — the way of one card: by which vouchers it went from whom to whom.
import { Skeleton } from 'antd';

import { Facts } from '../../../components/Facts';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import type { CardStep, StockCard } from '../../../keys/stock';
import { useTold } from '../acts';
import { When } from '../parts';

export function CardStory({ chip }: { chip: string }) {
	const { t } = useI18n();
	const told = useTold<StockCard & { history: CardStep[] }>('stock.card', { chip });

	if (told.error) return <ProblemNotice error={told.error} onRetry={() => void told.refetch()} />;
	if (!told.data) return <Skeleton active paragraph={{ rows: 6 }} />;
	const { kind, state, place, number, history } = told.data;
	return (
		<div className="stack" data-card={chip} data-state={state}>
			<Facts rows={[
				[t('keys.stock.kind'), t(`keys.stock.kind.${kind}`)], [t('keys.version.state'), <StateBadge state={`keys.stock.state.${state}`} />],
				[t('keys.field.stock.place'), place], [t('keys.stock.number'), number ? <span className="mono">{number}</span> : '—'],
			]} />
			<ol className="story">
				{history.map((step, index) => (
					<li key={index} className={index === history.length - 1 ? 'here' : undefined}>
						<div>
							<b>{t(`keys.stock.state.${step.to}`)}</b> <span className="mono small">{step.voucher_number}</span>
							<span className="block small soft">{step.giver} → {step.taker}{step.reason && ` · ${step.reason}`}</span>
						</div>
						<span className="small"><When us={step.at_us} /></span>
					</li>
				))}
			</ol>
		</div>
	);
}
