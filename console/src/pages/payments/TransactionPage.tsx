// SPDX-License-Identifier: Apache-2.0
import { useTabPath } from '../../frame/tabs';
import { useI18n } from '../../i18n/i18n';
import { ChainView } from './ChainView';

export default function TransactionPage() {
	const { t } = useI18n();
	const lsn = useTabPath().split('/').pop() ?? '';

	return (
		<div className="page">
			<div className="page-head"><h1>{t('chain.title', { lsn })}</h1></div>
			<ChainView lsn={lsn} wide />
		</div>
	);
}
