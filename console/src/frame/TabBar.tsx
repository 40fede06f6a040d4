// SPDX-License-Identifier: Apache-2.0
import { CloseOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useEffect, useRef, type MouseEvent } from 'react';

import { useI18n } from '../i18n/i18n';
import { useShortcut } from './shortcuts';
import { pageOf } from './pages';
import { homePath, useTabs, type Tab } from './tabs';

export function TabBar() {
	const { t } = useI18n();
	const { tabs, active, close, closeOthers, step } = useTabs();

	useShortcut({ key: ']', alt: true }, () => step(1));
	useShortcut({ key: '[', alt: true }, () => step(-1));
	useShortcut({ key: 'w', alt: true }, () => close(active));
	return (
		<nav className="tabs" aria-label={t('tabs.label')}>
			<ul>{tabs.map((tab) => <TabItem key={tab.path} tab={tab} isActive={tab.path === active} />)}</ul>
			{tabs.length > 2 && (
				<Tooltip title={t('tabs.closeOthers')}>
					<Button type="text" size="small" icon={<CloseOutlined />} aria-label={t('tabs.closeOthers')} onClick={closeOthers} />
				</Tooltip>
			)}
		</nav>
	);
}

function TabItem({ tab, isActive }: { tab: Tab; isActive: boolean }) {
	const { t } = useI18n();
	const { show, close } = useTabs();
	const item = useRef<HTMLLIElement>(null);
	const found = pageOf(tab.path);
	const name = tab.title ?? (found ? t(found.page.title, { id: found.id }) : t('problem.unknownPage'));
	const open = (event: MouseEvent) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		show(tab.path);
	};
	const closeByMiddle = (event: MouseEvent) => {
		if (event.button !== 1) return;
		event.preventDefault();
		close(tab.path);
	};

	useEffect(() => {
		if (isActive) item.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
	}, [isActive]);
	return (
		<li ref={item} className={isActive ? 'active' : undefined} onAuxClick={closeByMiddle}>
			<a href={tab.path + tab.search} onClick={open} aria-current={isActive ? 'page' : undefined} title={name}>{name}</a>
			{tab.path !== homePath && (
				<button type="button" aria-label={t('tabs.close', { name })} onClick={() => close(tab.path)}><CloseOutlined /></button>
			)}
		</li>
	);
}
