// SPDX-License-Identifier: Apache-2.0
// parts.tsx — small things of the pages of key management: check values, times, secrets that are typed, files.
import { CopyOutlined, FolderOpenOutlined, PrinterOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import { useId, useRef, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

import { Labelled, SecretField } from '../../components/fields';
import { formatMicros, timeZone, useI18n, type Key } from '../../i18n/i18n';
import { hexOf } from '../../keys/seal';

export { Labelled, SecretField };

/** A check value in groups of four, as people compare it. */
export function Kcv({ value, large }: { value: string; large?: boolean }) {
	const groups = value.match(/.{1,4}/g) ?? [];

	if (!value) return <span className="faint">—</span>;
	return <span className={large ? 'kcv large' : 'kcv'} data-kcv={value}>{groups.map((group, index) => <span key={index}>{group}</span>)}</span>;
}

/** Many hexadecimal digits in groups of four: checksums and fingerprints that people compare. */
export function Digits({ value, large }: { value: string; large?: boolean }) {
	return <span className={large ? 'kcv digits large' : 'kcv digits'} data-digits={value}>{value.match(/.{1,4}/g)?.map((group, index) => <span key={index}>{group}</span>)}</span>;
}

export function When({ us }: { us: number }) {
	return us ? <span className="num">{formatMicros(us)} <span className="faint small">{timeZone}</span></span> : <span className="faint">—</span>;
}

/* --- a secret that is chosen now: typed twice --- */

export interface NewSecret {
	text: string;
	again: string;
	wrong: Key | null;
	shortest: number;
	setText: (text: string) => void;
	setAgain: (text: string) => void;
	/** Is it long enough and typed twice alike? Says so at the fields when it is not. */
	check: () => boolean;
	clear: () => void;
}

export function useNewSecret(shortest: number): NewSecret {
	const [text, setText] = useState('');
	const [again, setAgain] = useState('');
	const [wrong, setWrong] = useState<Key | null>(null);
	const check = () => {
		const found = [...text].length < shortest ? 'keys.secret.short' : text === again ? null : 'keys.secret.differs';

		setWrong(found);
		return found === null;
	};
	const clear = () => {
		setText('');
		setAgain('');
		setWrong(null);
	};

	return { text, again, wrong, shortest, setText, setAgain, check, clear };
}

export function NewSecretFields({ secret, label, again, name, autoFocus }: { secret: NewSecret; label: string; again: string; name: string; autoFocus?: boolean }) {
	const { t } = useI18n();
	const said = secret.wrong ? t(secret.wrong, { count: secret.shortest }) : undefined;

	return (
		<>
			<SecretField label={label} name={name} autoFocus={autoFocus} value={secret.text} onChange={secret.setText}
				hint={t('keys.secret.rule', { count: secret.shortest })} error={secret.wrong === 'keys.secret.short' ? said : undefined} />
			<SecretField label={again} name={`${name}-again`} value={secret.again} onChange={secret.setAgain}
				error={secret.wrong === 'keys.secret.differs' ? said : undefined} />
		</>
	);
}

/* --- texts and files --- */

/** A text to be read off or copied. */
export function Copyable({ text, name }: { text: string; name: string }) {
	const { t } = useI18n();
	const { message } = App.useApp();
	const copy = async () => {
		await navigator.clipboard.writeText(text);
		void message.success(t('problem.copied'));
	};

	return (
		<span className="row wrap">
			<span className="kcv copyable" data-told={name}>{text.match(/.{1,4}/g)?.map((group, index) => <span key={index}>{group}</span>)}</span>
			<Button size="small" icon={<CopyOutlined />} onClick={() => void copy()}>{t('common.copy')}</Button>
		</span>
	);
}

const fileMax = 4096;

interface FileFieldProps {
	label: string;
	file: ChosenFile | null;
	onFile: (file: ChosenFile | null) => void;
	/** The file is no text: it is told in hexadecimal. */
	binary?: boolean;
	/** Bytes. */
	max?: number;
	/** What to say of a file that cannot be it. */
	wrong?: Key;
	hint?: string;
}

async function contentOf(chosen: File, binary: boolean): Promise<string> {
	return binary ? hexOf(new Uint8Array(await chosen.arrayBuffer())) : chosen.text();
}

/** A small file that is chosen; its text is empty when it cannot be what is asked for. */
export function FileField({ label, file, onFile, binary = false, max = fileMax, wrong = 'keys.file.wrong', hint }: FileFieldProps) {
	const { t } = useI18n();
	const input = useRef<HTMLInputElement>(null);
	const id = useId();
	const read = async (chosen: File | undefined) => {
		if (chosen) onFile({ name: chosen.name, text: chosen.size <= max ? await contentOf(chosen, binary) : '' });
	};

	return (
		<div className="field">
			<label htmlFor={id}>{label}</label>
			<span className="row wrap">
				<Button icon={<FolderOpenOutlined />} onClick={() => input.current?.click()}>{t('keys.file.choose')}</Button>
				<span className={file ? 'mono small' : 'faint small'}>{file?.name ?? t('keys.file.none')}</span>
			</span>
			<input ref={input} id={id} type="file" className="hidden-text" tabIndex={-1} onChange={(event) => { void read(event.target.files?.[0]); event.target.value = ''; }} />
			{hint && <span className="small faint">{hint}</span>}
			{file && !file.text && <span className="error" role="alert">{t(wrong)}</span>}
		</div>
	);
}

export interface ChosenFile {
	name: string;
	text: string;
}

export interface Sheet {
	print: (made: ReactNode) => void;
	/** Has to be in the page as long as it prints: where what is printed does not vanish with the answer. */
	place: ReactNode;
}

/** A sheet for paper; on the screen it is never seen. */
export function useSheet(): Sheet {
	const [sheet, setSheet] = useState<ReactNode | null>(null);
	const print = (made: ReactNode) => {
		setSheet(made);
		// After the sheet is in the page; the call returns when the dialog is closed.
		window.setTimeout(() => {
			window.print();
			setSheet(null);
		}, 50);
	};

	return { print, place: sheet && createPortal(<div className="print-sheet">{sheet}</div>, document.body) };
}

/** Puts a sheet on paper. */
export function PrintButton({ label, load, disabled }: { label: string; load: () => Promise<ReactNode | null>; disabled?: boolean }) {
	const sheet = useSheet();
	const print = async () => {
		const made = await load();
		if (made) sheet.print(made);
	};

	return (
		<>
			<Button icon={<PrinterOutlined />} disabled={disabled} onClick={() => void print()}>{label}</Button>
			{sheet.place}
		</>
	);
}
