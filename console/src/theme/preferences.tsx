// SPDX-License-Identifier: Apache-2.0
// preferences.tsx — what a person chose about language, theme, density and text size; kept in the browser.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';

import type { Language } from '../i18n/i18n';

export type Theme = 'light' | 'dark' | 'contrast';
export type Density = 'comfortable' | 'compact';
export const textSizes = [100, 125, 150, 200] as const;

export interface Choices {
	language: Language;
	theme: Theme;
	density: Density;
	textSize: (typeof textSizes)[number];
	singleKeys: boolean;
	menuCollapsed: boolean;
}

interface Preferences extends Choices {
	change: (part: Partial<Choices>) => void;
}

const storageKey = 'yika.preferences';
const Context = createContext<Preferences | null>(null);

function parsed(text: string): Partial<Choices> {
	return JSON.parse(text) as Partial<Choices>;
}

function initial(): Choices {
	const asked = window.matchMedia?.('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
	const defaults: Choices = {
		language: navigator.language?.startsWith('zh') === false && navigator.language ? 'en' : 'zh-CN',
		theme: asked, density: 'comfortable', textSize: 100, singleKeys: true, menuCollapsed: false,
	};
	const stored = localStorage.getItem(storageKey);

	return stored ? { ...defaults, ...parsed(stored) } : defaults;
}

export function PreferencesProvider({ children }: { children: ReactNode }) {
	const [choices, setChoices] = useState(initial);
	const change = useCallback((part: Partial<Choices>) => setChoices((now) => ({ ...now, ...part })), []);
	const value = useMemo(() => ({ ...choices, change }), [choices, change]);

	useEffect(() => {
		const root = document.documentElement;

		localStorage.setItem(storageKey, JSON.stringify(choices));
		root.lang = choices.language;
		root.dataset.theme = choices.theme;
		root.dataset.density = choices.density;
		root.style.setProperty('--zoom', String(choices.textSize / 100));
	}, [choices]);
	useEffect(() => {
		// Another window of this browser chose something: follow it.
		const follow = ({ key, newValue }: StorageEvent) => {
			if (key === storageKey && newValue) setChoices((now) => ({ ...now, ...parsed(newValue) }));
		};

		window.addEventListener('storage', follow);
		return () => window.removeEventListener('storage', follow);
	}, []);
	return <Context value={value}>{children}</Context>;
}

export function usePreferences(): Preferences {
	const value = useContext(Context);
	if (!value) throw new Error('usePreferences outside PreferencesProvider');
	return value;
}
