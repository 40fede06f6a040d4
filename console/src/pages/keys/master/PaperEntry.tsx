// SPDX-License-Identifier: Apache-2.0
// PaperEntry.tsx — a component typed from paper: hidden, twice, each line's check shown as soon as the line is whole.
import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { isSamePaper, lineState, type LineState } from '../../../keys/paper';

const lineMax = 28;

function emptyLines(count: number): string[] {
	return Array.from({ length: count }, () => '');
}

/** `count`: of lines. */
export function PaperEntry({ count, busy, onPaper }: { count: number; busy: boolean; onPaper: (paper: string) => void }) {
	const { t } = useI18n();
	const [first, setFirst] = useState(() => emptyLines(count));
	const [second, setSecond] = useState(() => emptyLines(count));
	const isWhole = [...first, ...second].every((line) => lineState(line) === 'right');
	const differs = isWhole && !isSamePaper(first, second);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		if (!isWhole || differs) return;
		onPaper(first.join('\n'));
		setFirst(emptyLines(count));
		setSecond(emptyLines(count));
	};

	return (
		<form className="stack" autoComplete="off" data-stage="paper" onSubmit={submit}>
			<p className="small soft">{t('keys.paper.text')}</p>
			<div className="columns even">
				<Lines title={t('keys.paper.first')} name="first" lines={first} onChange={setFirst} />
				<Lines title={t('keys.paper.second')} name="second" lines={second} onChange={setSecond} />
			</div>
			{differs && <span className="error" role="alert">{t('keys.secret.differs')}</span>}
			<span><Button type="primary" htmlType="submit" loading={busy} disabled={!isWhole || differs}>{t('keys.paper.submit')}</Button></span>
		</form>
	);
}

function Lines({ title, name, lines, onChange }: { title: string; name: string; lines: string[]; onChange: (lines: string[]) => void }) {
	const { t } = useI18n();

	return (
		<fieldset className="paper-lines">
			<legend>{title}</legend>
			{lines.map((line, index) => {
				const state = lineState(line);
				const label = t('keys.paper.line', { title, line: String(index + 1) });

				return (
					<div key={index} className="row">
						<span className="faint num" aria-hidden>{index + 1}</span>
						<Input.Password className="mono" aria-label={label} data-line={`${name}-${index}`} maxLength={lineMax} autoComplete="off" spellCheck={false}
							status={state === 'wrong' ? 'error' : ''} value={line}
							onChange={(event) => onChange(lines.map((old, at) => at === index ? event.target.value : old))} />
						<LineMark state={state} />
					</div>
				);
			})}
		</fieldset>
	);
}

function LineMark({ state }: { state: LineState }) {
	const { t } = useI18n();

	return (
		<span className="line-mark" data-line-state={state} role="status">
			{state === 'right' && <span className="good"><CheckCircleFilled /> {t('keys.paper.right')}</span>}
			{state === 'wrong' && <span className="bad"><CloseCircleFilled /> {t('keys.paper.wrong')}</span>}
		</span>
	);
}
