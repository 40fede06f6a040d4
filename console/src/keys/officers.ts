// SPDX-License-Identifier: Apache-2.0
// officers.ts — key officers who are logged in at this window. Their tokens are in this variable and nowhere else: a reload
// asks them to log in again, and the window logs them out when it goes away.
import { useSyncExternalStore } from 'react';

import { Refusal } from '../api/client';
import type { Login, Role } from './answers';
import { ask, askAndLeave, type Order } from './desk';

export interface LoggedIn {
	id: number;
	name: string;
	display: string;
	roles: Role[];
	session: string;
}

let present: LoggedIn[] = [];
const listeners = new Set<() => void>();

function change(next: LoggedIn[]): void {
	present = next;
	for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export function presentOfficers(): LoggedIn[] {
	return present;
}

export function useOfficers(): LoggedIn[] {
	return useSyncExternalStore(subscribe, presentOfficers);
}

export function rolesOf(text: string): Role[] {
	return text.split(' ').filter(Boolean) as Role[];
}

/** Who of these may act for one of the roles; without roles anybody may. */
export function officerFor(officers: LoggedIn[], roles: readonly Role[]): LoggedIn | undefined {
	return roles.length === 0 ? officers[0] : officers.find((one) => one.roles.some((role) => roles.includes(role)));
}

export async function logIn(name: string, password: string, code: string): Promise<void> {
	const login = await ask<Login>({ command: 'login', fields: { name }, secrets: { password, code } });
	const again = present.find((one) => one.id === login.id);

	// Whoever logs in twice has one session; the older one must not outlive its window.
	if (again) askAndLeave({ command: 'logout' }, again.session);
	change([...present.filter((one) => one.id !== login.id), { ...login, roles: rolesOf(login.roles) }]);
}

function forget(officer: LoggedIn): void {
	change(present.filter((one) => one.session !== officer.session));
}

export async function logOut(officer: LoggedIn): Promise<void> {
	forget(officer);
	try {
		await ask({ command: 'logout' }, officer.session);
	} catch (error) {
		// A session that is over already is what was wanted.
		if (!(error instanceof Refusal)) throw error;
	}
}

export async function logOutAll(): Promise<void> {
	await Promise.all(present.map(logOut));
}

/** Give an order as an officer; one whose session has ended leaves the window. */
export async function askAs<T>(officer: LoggedIn, order: Order): Promise<T> {
	try {
		return await ask<T>(order, officer.session);
	} catch (error) {
		if (error instanceof Refusal && error.code === 'OFFICER_SESSION') forget(officer);
		throw error;
	}
}

window.addEventListener('pagehide', () => {
	for (const officer of present) askAndLeave({ command: 'logout' }, officer.session);
	change([]);
});
