// SPDX-License-Identifier: Apache-2.0
// ProofForm.tsx — how somebody proves who he is, an operator of the platform or a key officer: name, password, an officer's
// one-time code; what was refused. What proves it leaves the form after every try.
import { Button } from 'antd';
import { useState, type ReactNode } from 'react';

import { useI18n } from '../i18n/i18n';
import { CodeField, NameField, SecretField } from './fields';
import { ProblemNotice } from './ProblemNotice';
import { useSubmit } from './useSubmit';

export interface Proof {
	name: string;
	password: string;
	code: string;
}

interface ProofFormProps {
	/** An operator's browser may keep name and password; officers share a window. */
	whose: 'operator' | 'officer';
	/** What stands in the first field already. */
	name?: string;
	/** Nobody else is asked for: the name is no field. */
	isKnown?: boolean;
	/** Does not take the focus. */
	quiet?: boolean;
	prove: (proof: Proof) => Promise<unknown>;
	action: string;
	className: string;
	/** Above the fields. */
	children?: ReactNode;
	after?: ReactNode;
}

export function ProofForm({ whose, name: given = '', isKnown, quiet, prove, action, className, children, after }: ProofFormProps) {
	const { t } = useI18n();
	const [name, setName] = useState(given);
	const [password, setPassword] = useState('');
	const [code, setCode] = useState('');
	const { error, busy, submit } = useSubmit(async () => {
		try {
			await prove({ name: name.trim(), password, code: code.trim() });
		} finally {
			setPassword('');
			setCode('');
		}
	});
	const isOfficer = whose === 'officer';
	const size = isOfficer ? undefined : 'large';

	return (
		<form className={className} autoComplete={isOfficer ? 'off' : 'on'} onSubmit={submit}>
			{children}
			{error !== null && <ProblemNotice error={error} />}
			{isKnown
				? <input type="text" autoComplete="username" value={name} readOnly hidden />
				: <NameField label={t(isOfficer ? 'keys.login.name' : 'login.login')} size={size} autoComplete={isOfficer ? 'off' : 'username'} autoFocus={!given && !quiet} value={name} onChange={setName} />}
			<SecretField label={t(isOfficer ? 'keys.login.password' : 'login.password')} name="password" size={size} autoComplete={isOfficer ? 'off' : 'current-password'}
				autoFocus={Boolean(given) && !quiet} value={password} onChange={setPassword} />
			{isOfficer && <CodeField label={t('keys.login.code')} value={code} onChange={setCode} />}
			<Button type="primary" size={size} htmlType="submit" block={!isOfficer} loading={busy}>{action}</Button>
			{after}
		</form>
	);
}
