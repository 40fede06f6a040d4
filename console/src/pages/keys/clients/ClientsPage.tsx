// SPDX-License-Identifier: Apache-2.0
// ClientsPage.tsx — machine clients of the computing service (密码服务客户端): who may ask for which operations, with which
// keys, how fast; and how much each asks for now.
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button, Progress } from 'antd';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useQueryState } from '../../../components/queryState';
import { formatCount, useI18n } from '../../../i18n/i18n';
import { paceOf, wordsOf, type Client } from '../../../keys/clients';
import { useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { ClientForm } from './ClientForm';
import { ClientPanel } from './ClientPanel';
import { OpsWords, UsageWords } from './RightWords';

const names = ['client'] as const;
const lookEveryMs = 5_000;

export default function ClientsPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.clients')}><Clients /></KeysPage>;
}

/** Items a second of each client, between the last two answers. */
function usePaces(clients: Client[] | undefined, atMs: number): Map<number, number> {
	const seen = useRef(new Map<number, { used: number; atMs: number }>());
	const [paces, setPaces] = useState(new Map<number, number>());

	useEffect(() => {
		if (!clients) return;
		const next = new Map<number, number>();
		for (const one of clients) {
			const pace = paceOf(seen.current.get(one.id), one.used_today, atMs);
			if (pace !== null) next.set(one.id, pace);
			seen.current.set(one.id, { used: one.used_today, atMs });
		}
		setPaces(next);
	}, [clients, atMs]);
	return paces;
}

function Clients() {
	const [values, setValues] = useQueryState(names);
	const list = useTold<{ clients: Client[] }>('client.list', {}, { refetchMs: lookEveryMs });
	const paces = usePaces(list.data?.clients, list.dataUpdatedAt);
	const clients = list.data?.clients;
	const chosen = clients?.find((one) => one.id === Number(values.client));
	const choose = (id: number) => setValues({ client: id ? String(id) : '' });

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<>
			<ClientTable rows={clients} paces={paces} onOpen={(row) => choose(row.id)} />
			{chosen
				? (
					<div className="columns wide-side">
						<ClientPanel key={`panel-${chosen.id}`} client={chosen} pace={paces.get(chosen.id)} onClose={() => choose(0)} />
						<ClientForm key={`${chosen.id} ${chosen.state} ${chosen.ops} ${chosen.usages} ${chosen.labels} ${chosen.rate}`} client={chosen} />
					</div>
				)
				: <ClientForm onMade={choose} />}
		</>
	);
}

function ClientTable({ rows, paces, onOpen }: { rows: Client[] | undefined; paces: Map<number, number>; onOpen: (row: Client) => void }) {
	const { t } = useI18n();
	const columns = useMemo((): Column<Client>[] => [
		{ key: 'name', title: t('keys.field.client.name'), render: (row) => <b>{row.name}</b> },
		{ key: 'state', title: t('keys.version.state'), render: (row) => <StateBadge state={`keys.client.state.${row.state}`} /> },
		{ key: 'ops', title: t('keys.field.ops'), render: (row) => <OpsWords ops={row.ops} /> },
		{ key: 'usages', title: t('keys.field.usages'), render: (row) => <UsageWords usages={row.usages} short /> },
		{ key: 'labels', title: t('keys.field.labels'), render: (row) => <Patterns text={row.labels} /> },
		{ key: 'pace', title: t('keys.client.pace'), render: (row) => <Pace client={row} pace={paces.get(row.id)} /> },
		{ key: 'today', title: t('keys.client.today'), right: true, render: (row) => <Today client={row} /> },
		{ key: 'open', title: '', right: true, render: (row) => <Button size="small" type="link" tabIndex={-1} onClick={() => onOpen(row)}>{t('keys.client.open')}</Button> },
	], [t, paces, onOpen]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.client.list')}</h2></div>
			<KeyTable<Client> label={t('keys.client.list')} columns={columns} rows={rows} keyOf={(row) => String(row.id)} onOpen={onOpen}
				empty={{ title: t('keys.client.none'), hint: t('keys.client.noneText') }} />
		</section>
	);
}

function Patterns({ text }: { text: string }) {
	const [first, ...rest] = wordsOf(text);

	return first ? <span className="mono" title={text}>{first}{rest.length > 0 && ` +${rest.length}`}</span> : <span className="faint">—</span>;
}

/** How fast now, of how fast it may. */
export function Pace({ client, pace }: { client: Client; pace: number | undefined }) {
	const { t } = useI18n();
	const percent = pace === undefined ? 0 : Math.min(100, 100 * pace / client.rate);
	const words = t('keys.client.perSecond', { now: pace === undefined ? '—' : formatCount(Math.round(pace)), rate: formatCount(client.rate) });

	return (
		<span className="pace" data-pace={pace === undefined ? '' : Math.round(pace)}>
			<Progress percent={percent} size="small" showInfo={false} aria-label={t('keys.client.pace')} status={percent >= 90 ? 'exception' : 'normal'} />
			<span className="num small">{words}</span>
		</span>
	);
}

export function Today({ client }: { client: Client }) {
	const { t } = useI18n();

	return (
		<span className="num" data-used={client.used_today}>
			{formatCount(client.used_today)}<span className="faint small"> / {client.quota_day ? formatCount(client.quota_day) : t('keys.client.noQuota')}</span>
		</span>
	);
}
