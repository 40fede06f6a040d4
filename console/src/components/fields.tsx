// SPDX-License-Identifier: Apache-2.0
// fields.tsx — fields of forms with their labels; what several pages ask for in the same way.
import { Input } from 'antd';
import { useId, type ReactNode } from 'react';

/** A label and the field it belongs to. */
export function Labelled({ label, hint, error, width, children }: { label: string; hint?: string; error?: string; width?: number; children: (id: string) => ReactNode }) {
	const id = useId();

	return (
		<div className="field" style={width ? { width } : undefined}>
			<label htmlFor={id}>{label}</label>
			{children(id)}
			{hint && <span className="small faint">{hint}</span>}
			{error && <span className="error" role="alert">{error}</span>}
		</div>
	);
}

interface TextProps {
	label: string;
	value: string;
	onChange: (text: string) => void;
	autoFocus?: boolean;
	size?: 'large';
	/** What the browser may offer for it, "off" where several people use one window. */
	autoComplete?: string;
}

export function NameField({ label, value, onChange, autoFocus, size, autoComplete = 'off' }: TextProps) {
	return (
		<Labelled label={label}>
			{(id) => <Input id={id} data-field="name" autoFocus={autoFocus ?? false} size={size} required maxLength={32} autoCapitalize="none" spellCheck={false} autoComplete={autoComplete} value={value} onChange={(event) => onChange(event.target.value)} />}
		</Labelled>
	);
}

export function CodeField({ label, value, onChange }: TextProps) {
	return (
		<Labelled label={label}>
			{(id) => <Input id={id} data-field="code" required maxLength={8} inputMode="numeric" autoComplete="one-time-code" className="mono" value={value} onChange={(event) => onChange(event.target.value)} />}
		</Labelled>
	);
}

interface SecretProps extends TextProps {
	/** For tests; not the name of a form's field, so that no browser offers to keep it. */
	name: string;
	error?: string;
	hint?: string;
	maxLength?: number;
	optional?: boolean;
}

export function SecretField({ label, name, value, onChange, autoFocus, size, autoComplete = 'off', error, hint, maxLength = 128, optional }: SecretProps) {
	return (
		<Labelled label={label} error={error} hint={hint}>
			{(id) => (
				<Input.Password id={id} data-field={name} autoFocus={autoFocus ?? false} size={size} required={!optional} maxLength={maxLength} autoComplete={autoComplete} spellCheck={false}
					status={error ? 'error' : ''} value={value} onChange={(event) => onChange(event.target.value)} />
			)}
		</Labelled>
	);
}
