// SPDX-License-Identifier: Apache-2.0
import type { MouseEvent, ReactNode } from 'react';

import { useTabs } from './tabs';

/** A link to another page of the console: it opens as a tab, and as a new window with the usual keys. */
export function TabLink({ to, children }: { to: string; children: ReactNode }) {
	const { show } = useTabs();
	const open = (event: MouseEvent) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		event.stopPropagation();
		show(to);
	};

	return <a href={to} onClick={open}>{children}</a>;
}
