// SPDX-License-Identifier: Apache-2.0
// Frame.tsx — what is around every page: menu, top bar with search, open tabs, and the pages kept behind them.
import { Activity, Suspense, useEffect } from 'react';

import { EventFeedProvider, FeedBadge } from '../components/EventFeed';
import { PageBoundary } from '../components/PageBoundary';
import { Routes, Route } from 'react-router';
import { useI18n } from '../i18n/i18n';
import { usePreferences } from '../theme/preferences';
import { useKeyIdle } from '../keys/idle';
import { KeyBanner } from './KeyBanner';
import { Menu } from './Menu';
import { pages } from './pages';
import { SearchBox } from './SearchBox';
import { SettingsButton } from './SettingsButton';
import { StartPage } from './StartPage';
import { TabBar } from './TabBar';
import { homePath, TabPath, TabsProvider, useKeptScroll, useTabs, type Tab } from './tabs';
import { UnknownPage } from './UnknownPage';
import { UserMenu } from './UserMenu';
import { useMay } from './session';

export default function Frame() {
	const { t } = useI18n();
	const { menuCollapsed } = usePreferences();
	const hasFeed = useMay('transactions.read');

	useKeyIdle();
	return (
		<EventFeedProvider enabled={hasFeed}>
			<TabsProvider>
				<a className="skip" href="#main">{t('skip.main')}</a>
				<div className={menuCollapsed ? 'frame collapsed' : 'frame'}>
					<Menu />
					<div className="frame-main">
						<header className="topbar">
							<SearchBox />
							<span className="grow" />
							{hasFeed && <FeedBadge />}
							<SettingsButton />
							<UserMenu />
						</header>
						<KeyBanner />
						<TabBar />
						<Panes />
					</div>
				</div>
			</TabsProvider>
		</EventFeedProvider>
	);
}

function Panes() {
	const { tabs, active } = useTabs();

	return (
		<main className="panes" id="main">
			{tabs.map((tab) => (
				<Activity key={tab.path} mode={tab.path === active ? 'visible' : 'hidden'}>
					<TabPath path={tab.path}><Pane tab={tab} visible={tab.path === active} /></TabPath>
				</Activity>
			))}
		</main>
	);
}

function Pane({ tab, visible }: { tab: Tab; visible: boolean }) {
	const { t } = useI18n();
	const box = useKeptScroll(visible);
	const location = { pathname: tab.path, search: tab.search, hash: '', state: null, key: tab.path };

	useEffect(() => {
		// Where nothing in the page holds the focus, the keyboard starts in the page that came to the front.
		if (visible && (document.activeElement === document.body || !document.activeElement)) box.current?.focus();
	}, [visible, box]);
	return (
		<div className="pane" ref={box} tabIndex={-1} data-tab={tab.path}>
			<PageBoundary>
				<Suspense fallback={<div className="center">{t('app.loading')}</div>}>
					<Routes location={location}>
						{pages.map((page) => <Route key={page.path} path={page.path} element={<Guarded page={page} />} />)}
						<Route path="*" element={<UnknownPage />} />
					</Routes>
				</Suspense>
			</PageBoundary>
		</div>
	);
}

function Guarded({ page }: { page: (typeof pages)[number] }) {
	const allowed = useMay(page.permission);
	const Shown = page.component;

	if (!allowed && page.path === homePath) return <StartPage />;
	return allowed ? <Shown /> : <UnknownPage />;
}
