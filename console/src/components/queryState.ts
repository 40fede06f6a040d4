// SPDX-License-Identifier: Apache-2.0
// queryState.ts — filters: what is searched lives in the address, what is being typed in the tab.
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useSearchParams } from 'react-router';

import { useTabState } from '../frame/tabs';

export type Values<Name extends string> = Record<Name, string>;

export function useQueryState<Name extends string>(names: readonly Name[]) {
	const [params, setParams] = useSearchParams();
	const text = params.toString();
	const values = useMemo(() => {
		const from = new URLSearchParams(text);
		return Object.fromEntries(names.map((name) => [name, from.get(name) ?? ''])) as Values<Name>;
	}, [text, names]);

	const setValues = useCallback((change: Partial<Values<Name>>) => {
		setParams((now) => {
			const next = new URLSearchParams(now);
			for (const [name, value] of Object.entries(change) as [string, string | undefined][]) {
				if (value) next.set(name, value);
				else next.delete(name);
			}
			return next;
		});
	}, [setParams]);

	return [values, setValues] as const;
}

/** What stands in the fields before it is searched; follows the address when that changes by itself. */
export function useDraft<Name extends string>(values: Values<Name>) {
	const [draft, setDraft] = useTabState('draft', values);
	const seen = useRef(values);

	useEffect(() => {
		if (seen.current === values) return;
		seen.current = values;
		setDraft(values);
	}, [values, setDraft]);

	const change = useCallback((part: Partial<Values<Name>>) => {
		setDraft((now) => ({ ...now, ...part }));
	}, [setDraft]);

	return [draft, change] as const;
}
