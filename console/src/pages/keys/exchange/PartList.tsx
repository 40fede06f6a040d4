// SPDX-License-Identifier: Apache-2.0
import { CheckCircleFilled, ClockCircleOutlined } from '@ant-design/icons';

import { useI18n } from '../../../i18n/i18n';
import type { Part } from '../../../keys/components';
import { Kcv } from '../parts';

/** The components of a value: who has which, with its check value; null or nobody: not yet. */
export function PartList({ parts, missing }: { parts: (Part | null)[]; missing: string }) {
	const { t } = useI18n();

	return (
		<ol className="approval-people" aria-label={t('keys.entry.people')}>
			{parts.map((part, index) => (
				<li key={index} data-custodian={part?.custodian ?? ''}>
					{part?.custodian ? <CheckCircleFilled className="good" /> : <ClockCircleOutlined />}
					<span className="grow"><b>{t('keys.entry.part', { number: String(index + 1) })}</b> {part?.custodian || <span className="soft">{missing}</span>}</span>
					{part && <Kcv value={part.kcv} />}
				</li>
			))}
		</ol>
	);
}
