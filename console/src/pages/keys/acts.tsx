// SPDX-License-Identifier: Apache-2.0
// acts.tsx — orders that change something: given by whoever at this window may, and left waiting when others must agree.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Button, type ButtonProps } from 'antd';
import { createContext, useContext, useId, useState } from 'react';

import { Refusal } from '../../api/client';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useI18n } from '../../i18n/i18n';
import type { Role } from '../../keys/answers';
import type { Fields, Order } from '../../keys/desk';
import { keepFiles } from '../../keys/files';
import { askAs, officerFor, useOfficers, type LoggedIn } from '../../keys/officers';

export interface Acts {
	/** After an order was carried out: what is shown is read anew, an invitation in the answer is shown. */
	finish: (answer: unknown) => void;
	/** Others must agree first: shows the approval; `onDone` once it is carried out. */
	wait: (id: number, onDone: (answer: unknown) => void) => void;
}

export const ActsContext = createContext<Acts | null>(null);

export function useActs(): Acts {
	const value = useContext(ActsContext);
	if (!value) throw new Error('useActs outside KeysPage');
	return value;
}

/** The number of what others have to agree to, when that is why an order was refused. */
function approvalIn(error: unknown): number | undefined {
	return error instanceof Refusal && error.code === 'APPROVAL_NEEDED' ? error.answer?.approval : undefined;
}

export interface Act {
	actor: LoggedIn | undefined;
	roles: readonly Role[];
	busy: boolean;
	error: unknown;
	clear: () => void;
	/** True when the order was carried out at once. */
	run: <T>(order: Order, onDone?: (answer: T) => void) => Promise<boolean>;
}

/** Orders of one of these roles; without roles anybody who is logged in. `by` when it must be that officer. */
export function useAct(roles: readonly Role[], by?: LoggedIn): Act {
	const acts = useActs();
	const officers = useOfficers();
	const actor = by ?? officerFor(officers, roles);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>(null);
	const run = async <T,>(order: Order, onDone?: (answer: T) => void): Promise<boolean> => {
		if (!actor) return false;
		setBusy(true);
		setError(null);
		try {
			const answer = await askAs<T>(actor, order);
			acts.finish(answer);
			onDone?.(answer);
			return true;
		} catch (failure) {
			const approval = approvalIn(failure);

			if (approval) {
				keepFiles(approval, order.files);
				acts.wait(approval, (answer) => onDone?.(answer as T));
			} else setError(failure);
			return false;
		} finally {
			setBusy(false);
		}
	};

	return { actor, roles, busy, error, clear: () => setError(null), run };
}

/** Who has to log in before this can be done; nothing when somebody has. */
export function NeedsRole({ act, id }: { act: Act; id?: string }) {
	const { t } = useI18n();

	if (act.actor) return null;
	return <span className="small needs" id={id}>{t('keys.act.needs', { roles: act.roles.map((role) => t(`keys.role.${role}`)).join(' / ') })}</span>;
}

/** A button of an act: without its officer it stays visible, with the reason beside it. */
export function ActButton({ act, children, ...props }: { act: Act } & ButtonProps) {
	const reason = useId();

	return (
		<span className="row wrap">
			<Button {...props} loading={act.busy} disabled={!act.actor || props.disabled} aria-describedby={act.actor ? undefined : reason}>{children}</Button>
			<NeedsRole act={act} id={reason} />
		</span>
	);
}

export function ActProblem({ act }: { act: Act }) {
	return act.error ? <ProblemNotice error={act.error} /> : null;
}

/** What a command of the key manager tells, asked by whoever at this window may. Kept out of the browser's storage. */
export function useTold<T>(command: string, fields: Fields = {}, options: { roles?: readonly Role[]; refetchMs?: number; enabled?: boolean } = {}): UseQueryResult<T> {
	const reader = officerFor(useOfficers(), options.roles ?? []);

	return useQuery({
		queryKey: ['keys', command, fields],
		queryFn: () => {
			if (!reader) throw new Refusal('OFFICER_SESSION', 401);
			return askAs<T>(reader, { command, fields });
		},
		enabled: Boolean(reader) && options.enabled !== false,
		refetchInterval: options.refetchMs ?? false,
		retry: false,
	});
}
