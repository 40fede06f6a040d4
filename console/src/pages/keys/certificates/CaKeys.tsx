// SPDX-License-Identifier: Apache-2.0
// CaKeys.tsx — public keys of authorities (认证机构公钥): which there are, and how one comes in.
import { Button } from 'antd';
import { useMemo, useState } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts, Hash } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import { caKeyName, type CaKey } from '../../../keys/certificates';
import { ActProblem, NeedsRole, useAct } from '../acts';
import { Digits, When } from '../parts';
import { ImportCaKey } from './ImportCaKey';
import type { Book } from './useBook';

export function CaKeys({ book }: { book: Book }) {
	const { t } = useI18n();
	const [chosen, setChosen] = useState(0);
	const key = book.keys.find((one) => one.id === chosen);
	const columns = useMemo((): Column<CaKey>[] => [
		{ key: 'ca', title: t('keys.field.ca'), render: (row) => book.authorities.find((one) => one.id === row.ca)?.name ?? '' },
		{ key: 'index', title: t('keys.field.index'), render: (row) => <b className="mono">{row.index}</b> },
		{ key: 'bits', title: t('keys.field.bits'), right: true, render: (row) => <span className="num">{row.bits}</span> },
		{ key: 'expiry', title: t('keys.field.expiry'), render: (row) => <span className="num">{row.expiry}</span> },
		{ key: 'state', title: t('keys.version.state'), render: (row) => <StateBadge state={`keys.caKey.state.${row.state}`} /> },
		{ key: 'checksum', title: t('keys.field.checksum'), render: (row) => <span className="mono">{row.checksum.slice(0, 12)}…</span> },
	], [t, book.authorities]);

	return (
		<div className="columns">
			<div className="page">
				<section className="panel">
					<div className="panel-head"><h2>{t('keys.cert.step.caKey')}</h2></div>
					<KeyTable<CaKey> label={t('keys.cert.step.caKey')} columns={columns} rows={book.keys} keyOf={(row) => String(row.id)} onOpen={(row) => setChosen(row.id)}
						empty={{ title: t('keys.cert.noCaKey'), hint: t('keys.cert.noCaKeyText') }} />
				</section>
				{key && <CaKeyPanel key={key.id} caKey={key} onClose={() => setChosen(0)} />}
			</div>
			<ImportCaKey authorities={book.authorities} />
		</div>
	);
}

function CaKeyPanel({ caKey, onClose }: { caKey: CaKey; onClose: () => void }) {
	const { t } = useI18n();
	const act = useAct(['cert']);
	const [asking, setAsking] = useState<'revoke' | 'remove' | null>(null);
	const name = caKeyName(caKey);

	return (
		<section className="panel" data-ca-key={caKey.index} data-state={caKey.state}>
			<div className="panel-head"><h2 className="mono">{name}</h2><Button size="small" onClick={onClose}>{t('keys.close')}</Button></div>
			<div className="panel-body stack">
				<Facts rows={[
					[t('keys.version.state'), <StateBadge state={`keys.caKey.state.${caKey.state}`} />], [t('keys.field.expiry'), <span className="num">{caKey.expiry}</span>],
					[t('keys.field.checksum'), <Digits value={caKey.checksum} />], [t('keys.field.exponent'), <span className="mono">{caKey.exponent}</span>],
					[t('keys.field.modulus'), <Hash value={caKey.modulus} />],
					...(caKey.source_sha256 ? [[t('keys.cert.source'), <Hash value={caKey.source_sha256} />] as [string, React.ReactNode]] : []),
					[t('keys.cert.imported'), <When us={caKey.created_us} />],
				]} />
				<ActProblem act={act} />
				<span className="row wrap">
					{caKey.state === 'ACTIVE' && <Button danger disabled={!act.actor} loading={act.busy} data-act="cakey.revoke" onClick={() => setAsking('revoke')}>{t('keys.order.cakey.revoke')}</Button>}
					<Button danger disabled={!act.actor} loading={act.busy} data-act="cakey.remove" onClick={() => setAsking('remove')}>{t('keys.remove')}</Button>
					<NeedsRole act={act} />
				</span>
			</div>
			<DangerConfirm open={asking !== null} title={t(`keys.order.cakey.${asking ?? 'revoke'}`)} effect={asking === 'remove' ? t('keys.removeText', { name }) : t('keys.cert.revokeKeyText', { name })}
				action={t(asking === 'remove' ? 'keys.remove' : 'keys.order.cakey.revoke')} onCancel={() => setAsking(null)}
				onConfirm={() => { const what = asking ?? 'revoke'; setAsking(null); void act.run({ command: `cakey.${what}`, fields: { id: caKey.id } }); }} />
		</section>
	);
}
