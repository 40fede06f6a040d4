// SPDX-License-Identifier: Apache-2.0
import { useI18n } from '../i18n/i18n';
import { pages } from './pages';
import { useSession } from './session';
import { TabLink } from './TabLink';

/** Home of an operator who may not see transactions: the pages there are for the role. */
export function StartPage() {
	const { t } = useI18n();
	const { session } = useSession();
	const mine = pages.filter((page) => page.section && session.operator.permissions.includes(page.permission));

	return (
		<div className="page">
			<div className="page-head"><h1>{t('menu.home')}</h1></div>
			<ul className="tiles start">
				{mine.map((page) => <li key={page.path}><TabLink to={page.path}><span className="tile">{page.icon} {t(page.title)}</span></TabLink></li>)}
			</ul>
		</div>
	);
}
