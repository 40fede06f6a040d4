// SPDX-License-Identifier: Apache-2.0
// i18n.tsx — the language in use: texts with parameters and plural forms, money and times as people write them.
import { createContext, useContext, useMemo, type ReactNode } from 'react';

import { usePreferences } from '../theme/preferences';
import { en } from './en';
import { zh, type Key, type Message } from './zh-CN';

export type { Key };
export type Language = 'zh-CN' | 'en';
export type Params = Record<string, string | number>;

export const dictionaries: Record<Language, Record<Key, Message>> = { 'zh-CN': zh, en };

/** The text of a key; `count` chooses the plural form. */
export function translate(language: Language, key: Key, params: Params = {}): string {
	const message = dictionaries[language][key];
	const text = typeof message === 'string' ? message : message[pluralForm(language, params.count)];

	return text.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value = params[name];
		return typeof value === 'number' ? formatCount(value) : (value ?? '');
	});
}

function pluralForm(language: Language, count: string | number | undefined): 'one' | 'other' {
	return new Intl.PluralRules(language).select(Number(count ?? 0)) === 'one' ? 'one' : 'other';
}

/** 1234567 → "1,234,567" */
export function formatCount(value: number): string {
	return value.toLocaleString('en-US');
}

/** Whole fen as "¥1,234.50", the same in both languages. */
export function formatMoney(fen: number): string {
	const sign = fen < 0 ? '-' : '';
	const digits = String(Math.abs(fen)).padStart(3, '0');
	const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');

	return `${sign}¥${yuan}.${digits.slice(-2)}`;
}

/** What a person typed as yuan in fen; null when it is no amount. */
export function parseMoney(text: string): number | null {
	const match = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text.trim());

	return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : null;
}

/** The service sends instants with the offset of the site, so the wall-clock time is in the text itself. */
export function formatTime(instant: string, withSeconds = false): string {
	return instant.slice(0, withSeconds ? 19 : 16).replace('T', ' ');
}

/** The zone of the site, for instants that come without one. */
export const timeZone = 'UTC+8';
const zoneMs = 8 * 3600 * 1000;

/** Microseconds since 1970 as the wall clock of the site. */
export function formatMicros(us: number): string {
	return new Date(Math.floor(us / 1000) + zoneMs).toISOString().slice(0, 19).replace('T', ' ');
}

export interface I18n {
	language: Language;
	t: (key: Key, params?: Params) => string;
}

const Context = createContext<I18n | null>(null);

export function I18nProvider({ children }: { children: ReactNode }) {
	const { language } = usePreferences();
	const value = useMemo<I18n>(() => ({
		language,
		t: (key, params) => translate(language, key, params),
	}), [language]);

	return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
	const value = useContext(Context);
	if (!value) throw new Error('useI18n outside I18nProvider');
	return value;
}
