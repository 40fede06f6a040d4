// SPDX-License-Identifier: Apache-2.0
import { useI18n } from '../../../i18n/i18n';
import type { Part } from '../../../keys/components';
import { Kcv } from '../parts';

/** A component of a key on paper, for a sealed envelope: printed once, never shown on the screen. */
export function PartSheet({ title, subject, part, keyKcv, paper }: { title: string; subject: string; part: Part; keyKcv?: string; paper: string }) {
	const { t } = useI18n();

	return (
		<article className="sheet">
			<h1>{title}</h1>
			<p>{subject} · {part.custodian}</p>
			<pre>{paper}</pre>
			<p>{t('keys.component.kcv')}：<Kcv value={part.kcv} /></p>
			{keyKcv && <p>{t('keys.letter.keyKcv')}：<Kcv value={keyKcv} /></p>}
			<p>{t('keys.sheet.text')}</p>
			<p className="sheet-sign"><span>{t('keys.sheet.officer')}</span><span>{t('keys.sheet.date')}</span></p>
		</article>
	);
}
