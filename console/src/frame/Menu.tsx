// SPDX-License-Identifier: Apache-2.0
import { MenuFoldOutlined, MenuUnfoldOutlined } from '@ant-design/icons';
import { Tooltip } from 'antd';
import { useEffect, useRef, type MouseEvent } from 'react';

import { BrandMark } from '../components/Brand';
import { useI18n, type Key } from '../i18n/i18n';
import { usePreferences } from '../theme/preferences';
import { pages, type Page } from './pages';
import { useSession } from './session';
import { useTabs } from './tabs';

/** The pages of the menu by section, in the order of the table. */
function sectionsOf(permissions: string[]): [Key, Page[]][] {
	const sections = new Map<Key, Page[]>();

	for (const page of pages) {
		if (!page.section || !permissions.includes(page.permission)) continue;
		sections.set(page.section, [...(sections.get(page.section) ?? []), page]);
	}
	return [...sections];
}

export function Menu() {
	const { t } = useI18n();
	const { menuCollapsed, change } = usePreferences();
	const { session } = useSession();
	const fold = t(menuCollapsed ? 'menu.expand' : 'menu.collapse');

	return (
		<nav className="menu" aria-label={t('menu.label')}>
			<div className="menu-brand">
				<BrandMark />
				<div><b>{t('app.name')}</b><small>{t('app.subtitle')}</small></div>
			</div>
			{sectionsOf(session.operator.permissions).map(([section, inside]) => (
				<div key={section}>
					{inside.length > 1 && <div className="menu-caption">{t(section)}</div>}
					<ul>{inside.map((page) => <MenuLink key={page.path} page={page} />)}</ul>
				</div>
			))}
			<div className="menu-foot">
				<button type="button" onClick={() => change({ menuCollapsed: !menuCollapsed })} aria-label={fold}>
					{menuCollapsed ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />}<span className="label">{fold}</span>
				</button>
			</div>
		</nav>
	);
}

function MenuLink({ page }: { page: Page }) {
	const { t } = useI18n();
	const { menuCollapsed } = usePreferences();
	const { active, show } = useTabs();
	const isCurrent = active === page.path || (page.path !== '/' && active.startsWith(`${page.path}/`));
	const link = useRef<HTMLAnchorElement>(null);
	const open = (event: MouseEvent) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
		event.preventDefault();
		show(page.path);
	};

	// In a low window the menu scrolls; where one is stays in sight.
	useEffect(() => {
		if (isCurrent) link.current?.scrollIntoView({ block: 'nearest' });
	}, [isCurrent]);
	return (
		<li>
			<Tooltip title={menuCollapsed ? t(page.title) : ''} placement="right">
				<a ref={link} href={page.path} onClick={open} aria-current={isCurrent ? 'page' : undefined} aria-label={t(page.title)}>
					{page.icon}<span className="label">{t(page.title)}</span>
				</a>
			</Tooltip>
		</li>
	);
}
