// SPDX-License-Identifier: Apache-2.0
// useSubmit.ts — the one order of a form: busy while it runs, and what was refused.
import { useState, type FormEvent } from 'react';

export function useSubmit(run: () => Promise<unknown>) {
	const [error, setError] = useState<unknown>(null);
	const [busy, setBusy] = useState(false);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		setBusy(true);
		setError(null);
		run().catch(setError).finally(() => setBusy(false));
	};

	return { error, busy, submit };
}
