// SPDX-License-Identifier: Apache-2.0
// Requests.tsx — requests for certificates (证书申请): made from a key pair, downloaded, sent, and their hash told to the
// authority by another channel (keys 16.3).
import { DownloadOutlined } from '@ant-design/icons';
import { Button, Skeleton, Steps } from 'antd';
import { useMemo, useState, type ReactNode } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import { certificateWay, monthOf, type Request, type RequestFiles } from '../../../keys/certificates';
import { download } from '../../../keys/download';
import { bytesOf } from '../../../keys/seal';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { AuthorityName, CaKeyName } from '../names';
import { Digits, When } from '../parts';
import { MakeRequest } from './MakeRequest';
import type { Book } from './useBook';

export function Requests({ book }: { book: Book }) {
	const { t } = useI18n();
	const [chosen, setChosen] = useState(0);
	const request = book.requests.find((one) => one.id === chosen);
	const columns = useMemo((): Column<Request>[] => [
		{ key: 'label', title: t('keys.cert.pair'), render: (row) => <span className="mono">{row.label}</span> },
		{ key: 'ca', title: t('keys.field.ca'), render: (row) => book.authorities.find((one) => one.id === row.ca)?.code ?? '' },
		{ key: 'iin', title: t('keys.field.iin'), render: (row) => <span className="mono">{row.iin}</span> },
		{ key: 'tracking', title: t('keys.field.tracking'), render: (row) => <span className="mono">{row.tracking}</span> },
		{ key: 'expiry', title: t('keys.cert.month'), render: (row) => <span className="num">{monthOf(row.expiry)}</span> },
		{ key: 'state', title: t('keys.version.state'), render: (row) => <StateBadge state={`keys.cert.state.${row.state}`} /> },
	], [t, book.authorities]);

	return (
		<div className="columns">
			<div className="page">
				<section className="panel">
					<div className="panel-head"><h2>{t('keys.cert.step.request')}</h2></div>
					<KeyTable<Request> label={t('keys.cert.step.request')} columns={columns} rows={book.requests} keyOf={(row) => String(row.id)} onOpen={(row) => setChosen(row.id)}
						empty={{ title: t('keys.cert.noRequest'), hint: t('keys.cert.noRequestText') }} />
				</section>
				{request && <RequestPanel key={request.id} request={request} onClose={() => setChosen(0)} />}
			</div>
			<MakeRequest book={book} onMade={setChosen} />
		</div>
	);
}

function RequestPanel({ request, onClose }: { request: Request; onClose: () => void }) {
	const { t } = useI18n();
	const files = useTold<RequestFiles>('request.show', { id: request.id });
	const reached = certificateWay.findIndex((one) => one === request.state);

	return (
		<section className="panel" data-request={request.tracking} data-state={request.state}>
			<div className="panel-head"><h2><span className="mono">{request.label}</span> {request.tracking}</h2><Button size="small" onClick={onClose}>{t('keys.close')}</Button></div>
			<div className="panel-body stack">
				<Steps size="small" current={reached < 0 ? certificateWay.length : reached} items={certificateWay.map((one) => ({ title: t(`keys.cert.state.${one}`) }))} />
				<Facts rows={[
					[t('keys.field.ca'), <AuthorityName id={request.ca} />], ...(request.ca_key ? [[t('keys.field.ca_key'), <CaKeyName id={request.ca_key} />] as [string, ReactNode]] : []),
					[t('keys.field.profile'), t(`keys.profile.${request.profile}`)], [t('keys.field.iin'), <span className="mono">{request.iin}</span>],
					[t('keys.cert.month'), <span className="num">{monthOf(request.expiry)}</span>], [t('keys.cert.made'), <When us={request.created_us} />],
				]} />
				{files.error ? <ProblemNotice error={files.error} /> : files.data ? <Files files={files.data} /> : <Skeleton active paragraph={{ rows: 3 }} />}
				<RequestActs request={request} onGone={onClose} />
			</div>
		</section>
	);
}

function Files({ files }: { files: RequestFiles }) {
	const { t } = useI18n();
	const save = (name: string, hex: string) => download(name, bytesOf(hex), 'application/octet-stream');

	return (
		<>
			<div className="formed" data-hash-shown={files.hash_shown}>
				<span className="soft">{t('keys.cert.hash')}</span>
				<Digits value={files.hash_shown} large />
				<span className="small faint">{t('keys.cert.hashText')}</span>
			</div>
			<span className="row wrap">
				<Button icon={<DownloadOutlined />} data-act="request.file" onClick={() => save(files.file_name, files.file_hex)}>{t('keys.cert.download', { name: files.file_name })}</Button>
				{files.hash_name && files.hash_hex && (
					<Button icon={<DownloadOutlined />} data-act="request.hash" onClick={() => save(files.hash_name ?? '', files.hash_hex ?? '')}>{t('keys.cert.download', { name: files.hash_name })}</Button>
				)}
			</span>
		</>
	);
}

function RequestActs({ request, onGone }: { request: Request; onGone: () => void }) {
	const { t } = useI18n();
	const act = useAct(['cert']);
	const [asking, setAsking] = useState(false);

	return (
		<>
			<ActProblem act={act} />
			<span className="row wrap">
				{request.state === 'DRAFT' && <ActButton act={act} type="primary" data-act="request.sent" onClick={() => void act.run({ command: 'request.sent', fields: { id: request.id } })}>{t('keys.order.request.sent')}</ActButton>}
				<Button danger disabled={!act.actor} data-act="request.remove" onClick={() => setAsking(true)}>{t('keys.remove')}</Button>
			</span>
			<DangerConfirm open={asking} title={t('keys.order.request.remove')} effect={t('keys.removeText', { name: `${request.label} ${request.tracking}` })} action={t('keys.remove')}
				onCancel={() => setAsking(false)} onConfirm={() => { setAsking(false); void act.run({ command: 'request.remove', fields: { id: request.id } }, onGone); }} />
		</>
	);
}
