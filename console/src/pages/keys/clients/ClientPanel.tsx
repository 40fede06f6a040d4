// SPDX-License-Identifier: Apache-2.0
// ClientPanel.tsx — what one client may do, as a picture of its four gates: operations, uses of keys, labels, rate.
import { LockFilled } from '@ant-design/icons';
import { Button } from 'antd';
import type { ReactNode } from 'react';

import { Facts } from '../../../components/Facts';
import { StateBadge } from '../../../components/StateBadge';
import { formatCount, useI18n } from '../../../i18n/i18n';
import { operations, operationsOf, wordsOf, type Client } from '../../../keys/clients';
import { useOf } from '../../../keys/uses';
import { DangerAct } from '../DangerAct';
import { Digits, When } from '../parts';
import { Pace, Today } from './ClientsPage';

export function ClientPanel({ client, pace, onClose }: { client: Client; pace: number | undefined; onClose: () => void }) {
	const { t } = useI18n();

	return (
		<section className="panel" data-client={client.name} data-state={client.state}>
			<div className="panel-head">
				<h2>{client.name}</h2>
				<span className="row wrap"><StateBadge state={`keys.client.state.${client.state}`} /><Button size="small" onClick={onClose}>{t('keys.close')}</Button></span>
			</div>
			<ol className="gates" aria-label={t('keys.client.gates')}>
				<Gate title={t('keys.field.ops')}><Operations ops={client.ops} /></Gate>
				<Gate title={t('keys.field.usages')}><Usages usages={client.usages} /></Gate>
				<Gate title={t('keys.field.labels')}>{wordsOf(client.labels).map((one) => <span key={one} className="badge mono">{one}</span>)}</Gate>
				<Gate title={t('keys.client.rateTitle')}>
					<Pace client={client} pace={pace} />
					<span className="small soft">{t('keys.client.burstText', { burst: formatCount(client.burst) })}</span>
					<span className="small soft">{t('keys.client.today')} <Today client={client} /></span>
				</Gate>
			</ol>
			<div className="panel-body stack">
				<Facts rows={[[t('keys.field.fingerprint'), <Digits value={client.fingerprint} />], [t('keys.client.created'), <When us={client.created_us} />]]} />
				{client.state === 'ACTIVE' && <Stop client={client} />}
			</div>
		</section>
	);
}

function Gate({ title, children }: { title: string; children: ReactNode }) {
	return <li><b>{title}</b><div className="row wrap">{children}</div></li>;
}

/** What has to be named is marked: it gives keys or clear data away. */
function Operations({ ops }: { ops: string }) {
	const { t, language } = useI18n();
	const allowed = operationsOf(ops);

	return operations.filter((one) => allowed.has(one.word)).map((one) => (
		<span key={one.word} className={one.named ? 'badge warn' : 'badge info'} title={`${one.word} ${one.code}${one.named ? ` — ${t('keys.client.named')}` : ''}`}>
			{one.named && <LockFilled />}{one.name[language]}
		</span>
	));
}

function Usages({ usages }: { usages: string }) {
	const { t, language } = useI18n();
	const words = wordsOf(usages);

	if (words.length === 0) return <span className="faint">{t('keys.client.noUsage')}</span>;
	return words.map((one) => <span key={one} className="badge">{one === 'all' ? t('keys.client.allUsages') : `${one} ${useOf(one)?.name[language] ?? ''}`}</span>);
}

function Stop({ client }: { client: Client }) {
	const { t } = useI18n();

	return <DangerAct roles={['conf']} order={{ command: 'client.stop', fields: { id: client.id } }} action={t('keys.order.client.stop')} effect={t('keys.client.stopText', { name: client.name })} />;
}
