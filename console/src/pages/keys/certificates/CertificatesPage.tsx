// SPDX-License-Identifier: Apache-2.0
// CertificatesPage.tsx — certificates of issuers' keys (发卡行公钥证书, keys 16.2 to 16.4): the way from an authority to a
// certificate in use as a picture to click on, what comes next on it, and below it the step that was chosen.
import { ArrowRightOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';

import { ProblemNotice } from '../../../components/ProblemNotice';
import { useQueryState } from '../../../components/queryState';
import { useTabs } from '../../../frame/tabs';
import { formatCount, useI18n } from '../../../i18n/i18n';
import type { Role } from '../../../keys/answers';
import { certificateSteps, countsOf, nextOfBook, stepOfNext, type CertificateBook, type CertificateStep } from '../../../keys/certificates';
import { KeysPage } from '../KeysPage';
import { Advice } from '../master/Advice';
import { Authorities } from './Authorities';
import { CaKeys } from './CaKeys';
import { Certificates } from './Certificates';
import { Requests } from './Requests';
import { useBook, type Book } from './useBook';

const names = ['step'] as const;
const people: Record<CertificateStep, Role> = { authority: 'conf', caKey: 'cert', pair: 'cert', request: 'cert', certificate: 'cert' };

export default function CertificatesPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.certificates')}><Loaded /></KeysPage>;
}

function Loaded() {
	const { book, error, refetch } = useBook();

	if (error) return <ProblemNotice error={error} onRetry={refetch} />;
	return book ? <Whole book={book} /> : <Skeleton active paragraph={{ rows: 10 }} />;
}

function Whole({ book }: { book: Book }) {
	const { t } = useI18n();
	const counted: CertificateBook = { ...book, pairs: book.pairs.length };
	const { next, subject } = nextOfBook(counted);
	const [values, setValues] = useQueryState(names);
	const step = certificateSteps.find((one) => one === values.step) ?? stepOfNext(next);
	const choose = (to: CertificateStep) => setValues({ step: to });

	return (
		<>
			<Way book={counted} step={step} onStep={choose} />
			<Advice text={t(`keys.cert.next.${next}`, { subject })} done={next === 'done'} />
			{step === 'authority' && <Authorities book={book} />}
			{(step === 'caKey' || step === 'pair') && <CaKeys book={book} />}
			{step === 'request' && <Requests book={book} />}
			{step === 'certificate' && <Certificates book={book} onImported={() => choose('certificate')} />}
		</>
	);
}

/** Five boxes and the arrows between them; key pairs are the tree's, so that box leads there. */
function Way({ book, step, onStep }: { book: CertificateBook; step: CertificateStep; onStep: (step: CertificateStep) => void }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const counts = countsOf(book);

	return (
		<ol className="way panel" aria-label={t('keys.cert.way')}>
			{certificateSteps.map((one) => (
				<li key={one}>
					<button type="button" className="node" data-step={one} data-count={counts[one]} aria-pressed={one === step}
						onClick={() => one === 'pair' ? show('/keys/tree') : onStep(one)}>
						<span className="way-count num">{formatCount(counts[one])}</span>
						<span className="way-words"><b>{t(`keys.cert.step.${one}`)}</b><small>{t(`keys.cert.step.${one}.text`)}</small><small>{t(`keys.role.${people[one]}`)}</small></span>
					</button>
					<ArrowRightOutlined aria-hidden />
				</li>
			))}
		</ol>
	);
}
