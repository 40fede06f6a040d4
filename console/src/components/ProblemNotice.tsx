// SPDX-License-Identifier: Apache-2.0
// ProblemNotice.tsx — a refusal in words: what happened, whether anything changed, what to do, code and reference.
import { ExclamationCircleFilled } from '@ant-design/icons';
import { Button } from 'antd';

import { Refusal } from '../api/client';
import { useI18n, type Key } from '../i18n/i18n';

/** Codes whose advice the status alone does not give. */
const advice: Record<string, Key> = {
	OFFICER_LOGIN: 'problem.keys.login', OFFICER_LOCKED: 'problem.keys.locked', OFFICER_SESSION: 'problem.keys.session',
	OFFICER_ROLE_OTHER: 'problem.keys.role', APPROVAL_SELF: 'problem.keys.other', APPROVAL_STATE: 'problem.keys.agreed', APPROVAL_OTHER: 'problem.keys.asker',
	COMPONENT_PIN: 'problem.keys.pin', CEREMONY_MEDIUM_LOCKED: 'problem.keys.medium', CEREMONY_NOT_ALONE: 'problem.keys.alone',
	CEREMONY_OTHER: 'problem.keys.component', CEREMONY_STATE: 'problem.keys.ceremony', CEREMONY_SOFT: 'problem.keys.soft', MASTER_MIXED: 'problem.keys.mixed',
	MASTER_NODES: 'problem.keys.nodes', BACKUP_MISSING: 'problem.keys.backup', BACKUP_KEPT: 'problem.keys.kept',
	EMV_CERTIFICATE: 'problem.keys.answer', IPK_FILE: 'problem.keys.answer',
	OCKX_FORM: 'problem.keys.sender', OCKX_LIMIT: 'problem.keys.sender', OCKX_COUNT: 'problem.keys.sender', EXCHANGE_MAC: 'problem.keys.sender', EXCHANGE_VERSION: 'problem.keys.sender',
	EXCHANGE_ZMK_OTHER: 'problem.keys.sender', EXCHANGE_DEFINITION: 'problem.keys.sender', EXCHANGE_OTHER_VALUE: 'problem.keys.sender', EXCHANGE_BATCH_OTHER: 'problem.keys.sender',
	EXCHANGE_ZMK: 'problem.keys.carrier', EXCHANGE_STRENGTH: 'problem.keys.carrier', EXCHANGE_EXPORTABILITY: 'problem.keys.carrier', EXCHANGE_IN_DEVICE: 'problem.keys.carrier', EXCHANGE_FOREIGN: 'problem.keys.carrier',
	EXCHANGE_CUSTODIAN: 'problem.keys.custodian', EXCHANGE_EQUAL: 'problem.invalid',
	REST_KMS_ABSENT: 'problem.keys.absent', REST_KMS_SILENT: 'problem.keys.silent',
};

function adviceFor(refusal: Refusal): Key {
	const known = advice[refusal.code];

	if (known) return known;
	switch (refusal.status) {
	case 400: case 422: return 'problem.invalid';
	case 401: case 423: return 'problem.busy';
	case 403: return 'problem.forbidden';
	case 404: return 'problem.missing';
	case 409: case 429: case 503: return 'problem.busy';
	default: return 'problem.fault';
	}
}

export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
	const { t, language } = useI18n();

	if (!(error instanceof Refusal)) return <Notice title={t('problem.page')} lines={[]} />;
	const { problem } = error;
	const retry = onRetry && <Button size="small" onClick={onRetry}>{t('problem.again')}</Button>;

	if (error.code === 'SEAL_UNAVAILABLE') return <Notice title={t('problem.keys.seal')} lines={[t('problem.keys.sealText')]} />;
	if (!problem) {
		const title = t(error.code === 'TIMEOUT' ? 'problem.timeout' : 'problem.network');
		return <Notice title={title} lines={[t('problem.nothing')]} action={retry} />;
	}
	return (
		<Notice
			title={language === 'en' ? problem.title_en : problem.title_zh}
			lines={[[error.code in countsAnyway ? '' : t('problem.nothing'), t(adviceFor(error))].join(' ').trim()]}
			violations={problem.violations.map((row) => t(`problem.violation.${row.what}`, { field: row.field }))}
			code={problem.code} reference={problem.reference} detail={problem.detail} action={retry}
		/>
	);
}

/** Refusals after which something may be different: an error was counted, or nobody knows. */
const countsAnyway: Record<string, true> = { OFFICER_LOGIN: true, COMPONENT_PIN: true, REST_KMS_SILENT: true };

interface NoticeProps {
	title: string;
	lines: string[];
	violations?: string[];
	code?: string;
	reference?: string;
	detail?: string;
	action?: React.ReactNode;
}

function Notice({ title, lines, violations = [], code, reference, detail, action }: NoticeProps) {
	const { t } = useI18n();

	return (
		<div className="problem" role="alert">
			<ExclamationCircleFilled aria-hidden />
			<div className="grow">
				<strong>{title}</strong>
				{lines.map((line) => <div key={line}>{line}</div>)}
				{violations.length > 0 && <ul>{violations.map((line) => <li key={line}>{line}</li>)}</ul>}
				{code && (
					<div className="meta">
						<span>{t('problem.code', { code })}</span>
						{reference && <span className="mono">{t('problem.reference', { reference })}</span>}
						{detail && <span className="mono">{detail}</span>}
					</div>
				)}
			</div>
			{action}
		</div>
	);
}
