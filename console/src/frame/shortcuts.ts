// SPDX-License-Identifier: Apache-2.0
// shortcuts.ts — keys that work anywhere in the window; single letters stay with the field one types in.
import { useEffect, useRef } from 'react';

export interface Shortcut {
	key: string;
	ctrl?: boolean;
	alt?: boolean;
	/** A bare character: only outside of fields, and only when single keys are on. */
	single?: boolean;
}

function isTyping(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function matches(event: KeyboardEvent, shortcut: Shortcut): boolean {
	return event.key.toLowerCase() === shortcut.key.toLowerCase()
		&& (event.ctrlKey || event.metaKey) === Boolean(shortcut.ctrl)
		&& event.altKey === Boolean(shortcut.alt)
		&& !(shortcut.single && isTyping(event.target));
}

export function useShortcut(shortcut: Shortcut, act: () => void, enabled = true): void {
	const latest = useRef(act);
	const { key, ctrl, alt, single } = shortcut;

	useEffect(() => { latest.current = act; });
	useEffect(() => {
		if (!enabled) return undefined;
		const listen = (event: KeyboardEvent) => {
			if (!matches(event, { key, ctrl, alt, single })) return;
			event.preventDefault();
			latest.current();
		};

		window.addEventListener('keydown', listen);
		return () => window.removeEventListener('keydown', listen);
	}, [key, ctrl, alt, single, enabled]);
}
