// SPDX-License-Identifier: Apache-2.0
// ProblemNotice.tsx — a refusal in words: what happened, whether anything changed, what to do, code and reference.
import { ExclamationCircleFilled } from '@ant-design/icons';
import { Button } from 'antd';

import { Refusal } from '../api/client';
import { useI18n, type Key } from '../i18n/i18n';

function adviceFor(refusal: Refusal): Key {
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

	if (!problem) {
		const title = t(error.code === 'TIMEOUT' ? 'problem.timeout' : 'problem.network');
		return <Notice title={title} lines={[t('problem.nothing')]} action={retry} />;
	}
	return (
		<Notice
			title={language === 'en' ? problem.title_en : problem.title_zh}
			lines={[`${t('problem.nothing')} ${t(adviceFor(error))}`]}
			violations={problem.violations.map((row) => t(`problem.violation.${row.what}`, { field: row.field }))}
			code={problem.code} reference={problem.reference} action={retry}
		/>
	);
}

interface NoticeProps {
	title: string;
	lines: string[];
	violations?: string[];
	code?: string;
	reference?: string;
	action?: React.ReactNode;
}

function Notice({ title, lines, violations = [], code, reference, action }: NoticeProps) {
	const { t } = useI18n();

	return (
		<div className="problem" role="alert">
			<ExclamationCircleFilled aria-hidden />
			<div className="grow">
				<strong>{title}</strong>
				{lines.map((line) => <div key={line}>{line}</div>)}
				{violations.length > 0 && <ul>{violations.map((line) => <li key={line}>{line}</li>)}</ul>}
				{code && reference && (
					<div className="meta">
						<span>{t('problem.code', { code })}</span>
						<span className="mono">{t('problem.reference', { reference })}</span>
					</div>
				)}
			</div>
			{action}
		</div>
	);
}
