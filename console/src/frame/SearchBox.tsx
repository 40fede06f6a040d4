// SPDX-License-Identifier: Apache-2.0
// SearchBox.tsx — one field for everything: Ctrl+K or F2, type, arrows, Enter.
import { CreditCardOutlined, SearchOutlined, TransactionOutlined, UserOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Input, Modal } from 'antd';
import { useEffect, useState, type KeyboardEvent, type ReactNode } from 'react';

import { get } from '../api/client';
import type { SearchHit, SearchResult } from '../api/schema';
import { ProblemNotice } from '../components/ProblemNotice';
import { useI18n } from '../i18n/i18n';
import { pages } from './pages';
import { useSession } from './session';
import { useShortcut } from './shortcuts';
import { useTabs } from './tabs';

const typingPauseMs = 180;

interface Choice {
	key: string;
	path: string;
	icon: ReactNode;
	label: string;
	detail: string;
}

const icons: Record<SearchHit['kind'], ReactNode> = {
	person: <UserOutlined />, card: <CreditCardOutlined />, transaction: <TransactionOutlined />,
};

export function SearchBox() {
	const { t } = useI18n();
	const [open, setOpen] = useState(false);

	useShortcut({ key: 'k', ctrl: true }, () => setOpen(true));
	useShortcut({ key: 'F2' }, () => setOpen(true));
	return (
		<>
			<button type="button" className="search-button" onClick={() => setOpen(true)} aria-haspopup="dialog">
				<SearchOutlined aria-hidden /><span className="grow">{t('search.open')}</span><kbd>Ctrl K</kbd>
			</button>
			<Modal open={open} onCancel={() => setOpen(false)} footer={null} closable={false} width={620} style={{ top: 88 }}
				destroyOnHidden title={<span className="hidden-text">{t('search.label')}</span>}>
				<Palette onDone={() => setOpen(false)} />
			</Modal>
		</>
	);
}

function Palette({ onDone }: { onDone: () => void }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const [text, setText] = useState('');
	const [active, setActive] = useState(0);
	const [isEntered, setIsEntered] = useState(false);
	const { choices, error, isSettled } = useChoices(text.trim());
	const open = (choice: Choice | undefined) => {
		if (!choice) return;
		onDone();
		show(choice.path);
	};
	const onKeyDown = (event: KeyboardEvent) => {
		if (event.key === 'ArrowDown') setActive(Math.min(active + 1, choices.length - 1));
		else if (event.key === 'ArrowUp') setActive(Math.max(active - 1, 0));
		else if (event.key === 'Enter' && !event.nativeEvent.isComposing) setIsEntered(true);
		else return;
		event.preventDefault();
	};

	// A card reader types the number and Enter in one go: the first result opens when it comes.
	useEffect(() => {
		if (!isEntered || !isSettled) return;
		setIsEntered(false);
		open(choices[active]);
	});

	return (
		<div>
			<Input size="large" autoFocus prefix={<SearchOutlined />} placeholder={t('search.placeholder')} value={text} maxLength={64}
				role="combobox" aria-expanded={choices.length > 0} aria-controls="search-results" aria-label={t('search.label')}
				aria-activedescendant={choices[active] ? `search-${active}` : undefined} autoComplete="off"
				onChange={(event) => { setText(event.target.value); setActive(0); setIsEntered(false); }} onKeyDown={onKeyDown} />
			{error ? <ProblemNotice error={error} /> : (
				<ul className="palette-list" id="search-results" role="listbox" aria-label={t('search.results')}>
					{choices.map((choice, index) => (
						<li key={choice.key} id={`search-${index}`} role="option" aria-selected={index === active}
							onMouseMove={() => setActive(index)} onClick={() => open(choice)}>
							{choice.icon}<span className="grow">{choice.label}</span><span className="faint small">{choice.detail}</span>
						</li>
					))}
				</ul>
			)}
			{text.trim() !== '' && isSettled && choices.length === 0 && !error && (
				<p className="grid-empty" role="status">{t('search.empty', { query: text.trim() })}</p>
			)}
			<div className="palette-foot"><span>{t('search.hint')}</span></div>
		</div>
	);
}

/** Pages whose name holds the text, then what the service finds. */
function useChoices(text: string) {
	const { t } = useI18n();
	const { session } = useSession();
	const [asked, setAsked] = useState(text);
	const result = useQuery({
		queryKey: ['search', asked],
		queryFn: ({ signal }) => get<SearchResult>('/search', { query: asked }, signal),
		enabled: asked !== '' && session.operator.permissions.includes('people.read'),
	});

	useEffect(() => {
		const timer = window.setTimeout(() => setAsked(text), typingPauseMs);
		return () => window.clearTimeout(timer);
	}, [text]);

	const fromPages = pages
		.filter((page) => page.section && session.operator.permissions.includes(page.permission))
		.filter((page) => t(page.title).toLowerCase().includes(text.toLowerCase()))
		.map((page): Choice => ({ key: page.path, path: page.path, icon: page.icon, label: t(page.title), detail: t('search.pages') }));
	const hits = asked === text && text !== '' ? result.data?.hits ?? [] : [];
	const fromService = hits.map((hit): Choice => ({
		key: `${hit.kind}${hit.id}${hit.label}`,
		path: hit.kind === 'transaction' ? `/transactions/${hit.id}` : `/people/${hit.id}`,
		icon: icons[hit.kind], label: `${hit.label}  ${hit.detail}`, detail: t(`search.${hit.kind}`),
	}));

	return {
		choices: [...fromService, ...fromPages],
		error: asked === text ? result.error : null,
		isSettled: text === '' || (asked === text && !result.isFetching),
	};
}
