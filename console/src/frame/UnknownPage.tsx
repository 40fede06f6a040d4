// SPDX-License-Identifier: Apache-2.0
import { useI18n } from '../i18n/i18n';

export function UnknownPage() {
	const { t } = useI18n();

	return (
		<div className="center">
			<div>
				<h1>{t('problem.unknownPage')}</h1>
				<p>{t('problem.unknownPage.text')}</p>
			</div>
		</div>
	);
}
