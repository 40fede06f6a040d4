// SPDX-License-Identifier: Apache-2.0
// tabs.tsx — the open pages: each keeps its address, what was typed and its scroll until it is closed, also over a reload.
import {
	createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type Dispatch, type ReactNode,
	type SetStateAction,
} from 'react';
import { useLocation, useNavigate } from 'react-router';

export interface Tab {
	/** The path; two addresses that differ only in their query share a tab. */
	path: string;
	search: string;
	/** What the page calls itself, such as a person's name; the menu's word otherwise. */
	title?: string;
}

interface Tabs {
	tabs: Tab[];
	active: string;
	/** Go to a page where it was left, or open it. */
	show: (path: string) => void;
	close: (path: string) => void;
	closeOthers: () => void;
	/** Show the neighbour, +1 or −1. */
	step: (by: number) => void;
	setTitle: (path: string, title: string) => void;
}

export const homePath = '/';
const listKey = 'yika.tabs';
const statePrefix = 'yika.tab:';

const TabsContext = createContext<Tabs | null>(null);
const PathContext = createContext(homePath);

function stored(): Tab[] {
	const text = sessionStorage.getItem(listKey);
	const tabs = text ? JSON.parse(text) as Tab[] : [];

	return tabs.some((tab) => tab.path === homePath) ? tabs : [{ path: homePath, search: '' }, ...tabs];
}

/** Forget every open page, as at sign-out. */
export function forgetTabs(): void {
	for (const key of Object.keys(sessionStorage))
		if (key === listKey || key.startsWith(statePrefix)) sessionStorage.removeItem(key);
}

function forgetTab(path: string): void {
	for (const key of Object.keys(sessionStorage))
		if (key.startsWith(`${statePrefix}${path}:`)) sessionStorage.removeItem(key);
}

/** The list with this address in it: a known tab takes the new query, an unknown path becomes a tab at the end. */
export function withAddress(tabs: Tab[], path: string, search: string): Tab[] {
	const at = tabs.findIndex((tab) => tab.path === path);

	if (at < 0) return [...tabs, { path, search }];
	if (tabs[at]?.search === search) return tabs;
	return tabs.map((tab, index) => index === at ? { ...tab, search } : tab);
}

export function TabsProvider({ children }: { children: ReactNode }) {
	const [tabs, setTabs] = useState(stored);
	const location = useLocation();
	const navigate = useNavigate();
	const path = location.pathname;
	// A tab in front can only go once the address has left it, or the address would open it again.
	const [closing, setClosing] = useState<string | null>(null);
	const gone = closing !== null && closing !== path;
	const kept = gone ? tabs.filter((tab) => tab.path !== closing) : tabs;
	const shown = withAddress(kept, path, location.search);

	if (shown !== tabs) setTabs(shown);
	if (gone) setClosing(null);
	useEffect(() => sessionStorage.setItem(listKey, JSON.stringify(shown)), [shown]);

	const show = useCallback((to: string) => {
		const tab = tabs.find((one) => one.path === to);
		void navigate({ pathname: to, search: tab?.search ?? '' });
	}, [tabs, navigate]);

	const close = useCallback((which: string) => {
		const at = tabs.findIndex((tab) => tab.path === which);
		const left = tabs.filter((tab) => tab.path !== which);
		const next = left[Math.max(0, at - 1)];

		if (which === homePath || at < 0) return;
		forgetTab(which);
		if (which === path && next) {
			setClosing(which);
			void navigate({ pathname: next.path, search: next.search }, { replace: true });
		} else {
			setTabs(left);
		}
	}, [tabs, path, navigate]);

	const closeOthers = useCallback(() => {
		setTabs((now) => now.filter((tab) => {
			const stays = tab.path === homePath || tab.path === path;
			if (!stays) forgetTab(tab.path);
			return stays;
		}));
	}, [path]);

	const step = useCallback((by: number) => {
		const at = tabs.findIndex((tab) => tab.path === path);
		const next = tabs[(at + by + tabs.length) % tabs.length];
		if (next) void navigate({ pathname: next.path, search: next.search });
	}, [tabs, path, navigate]);

	const setTitle = useCallback((which: string, title: string) => {
		setTabs((now) => now.map((tab) => tab.path === which && tab.title !== title ? { ...tab, title } : tab));
	}, []);

	const value = useMemo(() => ({ tabs: shown, active: path, show, close, closeOthers, step, setTitle }),
		[shown, path, show, close, closeOthers, step, setTitle]);

	return <TabsContext value={value}>{children}</TabsContext>;
}

export function useTabs(): Tabs {
	const value = useContext(TabsContext);
	if (!value) throw new Error('useTabs outside TabsProvider');
	return value;
}

export function TabPath({ path, children }: { path: string; children: ReactNode }) {
	return <PathContext value={path}>{children}</PathContext>;
}

/** The path of the tab this component lives in, whether it is the one in front or not. */
export function useTabPath(): string {
	return useContext(PathContext);
}

export function useTabTitle(title: string | undefined): void {
	const path = useTabPath();
	const { setTitle } = useTabs();

	useEffect(() => {
		if (title) setTitle(path, title);
	}, [path, title, setTitle]);
}

/** State of a page that lasts until its tab is closed, also over a reload of the browser's page. */
export function useTabState<T>(name: string, initial: T): [T, Dispatch<SetStateAction<T>>] {
	const key = `${statePrefix}${useTabPath()}:${name}`;
	const [value, setValue] = useState<T>(() => {
		const text = sessionStorage.getItem(key);
		return text === null ? initial : JSON.parse(text) as T;
	});

	useEffect(() => sessionStorage.setItem(key, JSON.stringify(value)), [key, value]);
	return [value, setValue];
}

/** Give the returned ref to the element that scrolls; it comes back to where it was. */
export function useKeptScroll(visible: boolean) {
	const element = useRef<HTMLDivElement>(null);
	const key = `${statePrefix}${useTabPath()}:scroll`;

	useEffect(() => {
		const box = element.current;
		const wanted = Number(sessionStorage.getItem(key) ?? 0);
		let waiting = wanted > 0;

		if (!box || !visible) return undefined;
		const restore = () => {
			if (!waiting) return;
			box.scrollTop = wanted;
			waiting = box.scrollTop < wanted;
		};
		const remember = () => {
			if (!waiting) sessionStorage.setItem(key, String(box.scrollTop));
		};
		const stop = () => { waiting = false; };
		// A list is filled after its answer came: try again while the content grows, until the person scrolls.
		const watch = new ResizeObserver(restore);

		restore();
		if (box.firstElementChild) watch.observe(box.firstElementChild);
		box.addEventListener('scroll', remember, { passive: true });
		box.addEventListener('wheel', stop, { passive: true });
		box.addEventListener('keydown', stop);
		return () => {
			watch.disconnect();
			box.removeEventListener('scroll', remember);
			box.removeEventListener('wheel', stop);
			box.removeEventListener('keydown', stop);
		};
	}, [key, visible]);
	return element;
}
