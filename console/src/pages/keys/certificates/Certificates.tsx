// SPDX-License-Identifier: Apache-2.0
// Certificates.tsx — certificates (发卡行公钥证书): an answer is imported with a verdict, then used, revoked or taken out; its
// XML is shown and kept (keys 16.4).
import { CheckCircleFilled, DownloadOutlined } from '@ant-design/icons';
import { Button, Select, Skeleton } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts, Hash } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import { monthOf, type Certificate, type Imported } from '../../../keys/certificates';
import { download } from '../../../keys/download';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { FileField, Labelled, When, type ChosenFile } from '../parts';
import type { Book } from './useBook';

const answerMax = 1024;

export function Certificates({ book, onImported }: { book: Book; onImported: () => void }) {
	const { t } = useI18n();
	const [chosen, setChosen] = useState(0);
	const certificate = book.certificates.find((one) => one.id === chosen);
	const columns = useMemo((): Column<Certificate>[] => [
		{ key: 'label', title: t('keys.cert.pair'), render: (row) => <span className="mono">{row.label}</span> },
		{ key: 'serial', title: t('keys.field.serial'), render: (row) => <span className="mono">{row.serial}</span> },
		{ key: 'ca', title: t('keys.field.ca_key'), render: (row) => <span className="mono">{row.rid} {row.index}</span> },
		{ key: 'expiry', title: t('keys.cert.month'), render: (row) => <span className="num">{monthOf(row.expiry)}</span> },
		{ key: 'state', title: t('keys.version.state'), render: (row) => <StateBadge state={`keys.cert.state.${row.state}`} /> },
	], [t]);

	return (
		<div className="columns">
			<div className="page">
				<section className="panel">
					<div className="panel-head"><h2>{t('keys.cert.step.certificate')}</h2></div>
					<KeyTable<Certificate> label={t('keys.cert.step.certificate')} columns={columns} rows={book.certificates} keyOf={(row) => String(row.id)} onOpen={(row) => setChosen(row.id)}
						empty={{ title: t('keys.cert.noCertificate'), hint: t('keys.cert.noCertificateText') }} />
				</section>
				{certificate && <CertificatePanel key={certificate.id} certificate={certificate} onClose={() => setChosen(0)} />}
			</div>
			<Import book={book} onDone={(id) => { onImported(); setChosen(id); }} />
		</div>
	);
}

/* --- an answer comes in --- */

function Import({ book, onDone }: { book: Book; onDone: (id: number) => void }) {
	const { t } = useI18n();
	const act = useAct(['cert']);
	// The answer of before again changes nothing, and says so.
	const open = book.requests.filter((one) => one.state !== 'DRAFT');
	const [chosen, setChosen] = useState<number | undefined>();
	const [file, setFile] = useState<ChosenFile | null>(null);
	const [verdict, setVerdict] = useState<Imported | null>(null);
	const request = open.find((one) => one.id === chosen) ?? open.find((one) => one.state === 'SENT') ?? open[0];
	const submit = (event: FormEvent) => {
		event.preventDefault();
		setVerdict(null);
		void act.run<Imported>({ command: 'certificate.import', fields: { request: request?.id }, files: { file: file?.text } }, (answer) => {
			setVerdict(answer);
			setFile(null);
			onDone(answer.id);
		});
	};

	return (
		<section className="panel" data-verdict={verdict ? (verdict.again ? 'again' : 'holds') : act.error ? 'refused' : 'none'}>
			<div className="panel-head"><h2>{t('keys.order.certificate.import')}</h2></div>
			<form className="panel-body stack" data-form="certificate.import" onSubmit={submit}>
				<p className="small soft">{t('keys.cert.importText')}</p>
				<Labelled label={t('keys.field.request')} hint={open.length === 0 ? t('keys.cert.noSent') : undefined}>
					{(id) => <Select id={id} value={request?.id} onChange={setChosen} options={open.map((one) => ({ value: one.id, label: `${one.tracking}  ${one.label}` }))} />}
				</Labelled>
				<FileField label={t('keys.cert.answer')} binary max={answerMax} wrong="keys.file.large" file={file} onFile={setFile} />
				{verdict && (
					<div className="verdict good" role="status">
						<CheckCircleFilled className="good" />
						<div className="grow">
							<strong>{t(verdict.again ? 'keys.cert.again' : 'keys.cert.holds')}</strong>
							<span className="small mono">{verdict.label} {verdict.serial}</span>
						</div>
					</div>
				)}
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="certificate.import" disabled={!request || !file?.text}>{t('keys.order.certificate.import')}</ActButton>
			</form>
		</section>
	);
}

/* --- one certificate --- */

type What = 'revoke' | 'remove';

function CertificatePanel({ certificate, onClose }: { certificate: Certificate; onClose: () => void }) {
	const { t } = useI18n();
	const act = useAct(['cert']);
	const [asking, setAsking] = useState<What | null>(null);
	const [showing, setShowing] = useState(false);
	const name = `${certificate.label} ${certificate.serial}`;
	const { state } = certificate;
	const run = (what: What) => {
		setAsking(null);
		void act.run({ command: `certificate.${what}`, fields: { id: certificate.id } }, what === 'remove' ? onClose : undefined);
	};

	return (
		<section className="panel" data-certificate={certificate.serial} data-state={state}>
			<div className="panel-head"><h2 className="mono">{name}</h2><Button size="small" onClick={onClose}>{t('keys.close')}</Button></div>
			<div className="panel-body stack">
				<Facts rows={[
					[t('keys.version.state'), <StateBadge state={`keys.cert.state.${state}`} />], [t('keys.field.iin'), <span className="mono">{certificate.iin}</span>],
					[t('keys.cert.month'), <span className="num">{monthOf(certificate.expiry)}</span>], [t('keys.field.ca_key'), <span className="mono">{certificate.rid} {certificate.index}</span>],
					[t('keys.cert.source'), <Hash value={certificate.source_sha256} />], [t('keys.cert.verified'), <When us={certificate.verified_us} />],
				]} />
				<ActProblem act={act} />
				<span className="row wrap">
					{state === 'ISSUED' && <ActButton act={act} type="primary" data-act="certificate.use" onClick={() => void act.run({ command: 'certificate.use', fields: { id: certificate.id } })}>{t('keys.order.certificate.use')}</ActButton>}
					<Button aria-expanded={showing} data-act="certificate.xml" onClick={() => setShowing(!showing)}>XML</Button>
					{(state === 'ISSUED' || state === 'IN_USE') && <Button danger disabled={!act.actor} data-act="certificate.revoke" onClick={() => setAsking('revoke')}>{t('keys.order.certificate.revoke')}</Button>}
					{state !== 'IN_USE' && <Button danger disabled={!act.actor} data-act="certificate.remove" onClick={() => setAsking('remove')}>{t('keys.remove')}</Button>}
				</span>
				{showing && <Xml certificate={certificate} />}
			</div>
			<DangerConfirm open={asking !== null} title={t(`keys.order.certificate.${asking ?? 'revoke'}`)} effect={t(asking === 'remove' ? 'keys.removeText' : 'keys.cert.revokeText', { name })}
				action={t(asking === 'remove' ? 'keys.remove' : 'keys.order.certificate.revoke')} onCancel={() => setAsking(null)} onConfirm={() => asking && run(asking)} />
		</section>
	);
}

function Xml({ certificate }: { certificate: Certificate }) {
	const { t } = useI18n();
	const told = useTold<{ xml: string }>('certificate.xml', { id: certificate.id });

	if (told.error) return <ProblemNotice error={told.error} />;
	if (!told.data) return <Skeleton active paragraph={{ rows: 4 }} />;
	const { xml } = told.data;
	return (
		<>
			<pre className="xml mono" tabIndex={0} data-told="xml">{xml}</pre>
			<span><Button icon={<DownloadOutlined />} onClick={() => download(`${certificate.label}-${certificate.serial}.xml`, xml, 'application/xml')}>{t('keys.cert.download', { name: `${certificate.label}-${certificate.serial}.xml` })}</Button></span>
		</>
	);
}
