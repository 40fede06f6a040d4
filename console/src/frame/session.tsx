// SPDX-License-Identifier: Apache-2.0
import { createContext, useContext } from 'react';

import type { Session } from '../api/schema';

interface SessionControl {
	session: Session;
	signOut: () => Promise<void>;
	update: (session: Session) => void;
}

export const SessionContext = createContext<SessionControl | null>(null);

export function useSession(): SessionControl {
	const value = useContext(SessionContext);
	if (!value) throw new Error('useSession outside SessionGate');
	return value;
}

export function useMay(permission: string): boolean {
	return useSession().session.operator.permissions.includes(permission);
}
