// SPDX-License-Identifier: Apache-2.0
import { useI18n } from '../../../i18n/i18n';
import type { Ceremony, Component } from '../../../keys/answers';
import { ceremonyName } from '../names';
import { Kcv } from '../parts';

/** A component on paper, for a sealed envelope: printed once, never shown on the screen. */
export function PaperSheet({ ceremony, component, paper }: { ceremony: Ceremony; component: Component; paper: string }) {
	const { t } = useI18n();

	return (
		<article className="sheet">
			<h1>{t('keys.sheet.title')}</h1>
			<p>{ceremonyName(t, ceremony)} · {t(`keys.role.${component.role}`)} · {t(`keys.master.status.${ceremony.status}`)}</p>
			<pre>{paper}</pre>
			<p>{t('keys.component.kcv')}：<Kcv value={component.kcv} /></p>
			<p>{t('keys.sheet.text')}</p>
			<p className="sheet-sign"><span>{t('keys.sheet.officer')}</span><span>{t('keys.sheet.date')}</span></p>
		</article>
	);
}
