// SPDX-License-Identifier: Apache-2.0
// VoucherForm.tsx — a voucher (凭证): new cards, a move to another state, or their end before a second person who signs.
import { Button, Input, Segmented, Select } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import type { Role } from '../../../keys/answers';
import type { Order } from '../../../keys/desk';
import { cardsIn, nextSteps, type Kind, type State } from '../../../keys/stock';
import { ActButton, ActProblem, useAct } from '../acts';
import { FileField, Labelled } from '../parts';

const listMax = 1 << 18;

type What = 'receive' | 'move' | 'shred';

/** An operator finishes the cards that he was given, and finds them waste; all else is the store's. */
function rolesOf(from: State, to: State | undefined): Role[] {
	if (from !== 'ISSUED_TO_OP') return ['store'];
	return to === 'FINISHED' ? ['oper'] : to === 'WASTE' ? ['oper', 'store'] : ['store'];
}

interface Draft {
	number: string;
	to?: State;
	giver: string;
	taker: string;
	place: string;
	reason: string;
	cards: string;
}

const blank: Draft = { number: '', giver: '', taker: '', place: '', reason: '', cards: '' };

function orderOf(what: What, kind: Kind, to: State | undefined, draft: Draft): Order {
	const { number, giver, taker, place, reason } = draft;
	const trimmed = Object.fromEntries(Object.entries({ number, giver, taker, place, reason }).map(([name, text]) => [name, text.trim()]));

	return { command: `stock.${what}`, fields: { kind, ...(what === 'move' && { to }), ...trimmed }, files: { cards: draft.cards.trim() } };
}

interface VoucherProps {
	kind: Kind;
	/** The state that was chosen in the picture; it says where cards may go. */
	from: State;
	/** Chips that were selected in the list. */
	selected: ReadonlySet<string>;
	onDone: () => void;
}

export function VoucherForm({ kind, from, selected, onDone }: VoucherProps) {
	const { t } = useI18n();
	const steps = nextSteps(from).filter((one) => one.to !== 'SHREDDED');
	const whats: What[] = ['receive', ...(steps.length > 0 ? ['move' as const] : []), ...(from === 'WASTE_STORE' ? ['shred' as const] : [])];
	const [what, setWhat] = useState<What>(from === 'WASTE_STORE' ? 'shred' : steps.length > 0 ? 'move' : 'receive');
	const [draft, setDraft] = useState(blank);
	const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
	const step = steps.find((one) => one.to === draft.to) ?? steps[0];
	const act = useAct(what === 'move' ? rolesOf(from, step?.to) : ['store']);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run(orderOf(what, kind, step?.to, draft), () => {
			setDraft(blank);
			onDone();
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.stock.voucher')}</h2></div>
			<form className="panel-body stack" data-form="stock" onSubmit={submit}>
				<Segmented<What> value={what} onChange={setWhat} options={whats.map((value) => ({ value, label: t(`keys.order.stock.${value}`) }))} />
				<Line draft={draft} change={change} name="number" required max={32} mono />
				{what === 'move' && (
					<Labelled label={t('keys.stock.moves', { from: t(`keys.stock.state.${from}`) })}>
						{(id) => <Select id={id} data-field="to" value={step?.to} onChange={(to: State) => change({ to })} options={steps.map((one) => ({ value: one.to, label: t(`keys.stock.state.${one.to}`) }))} />}
					</Labelled>
				)}
				<div className="row wrap top">
					<Line draft={draft} change={change} name="giver" required={what !== 'move'} max={64} width={140} />
					<Line draft={draft} change={change} name="taker" required max={64} width={140} />
				</div>
				<Line draft={draft} change={change} name="place" max={64} hint={t('keys.stock.placeRule')} />
				<Line draft={draft} change={change} name="reason" required={what === 'move' && step?.needsReason === true} max={200} />
				<CardList cards={draft.cards} selected={what === 'receive' ? new Set() : selected} onCards={(cards) => change({ cards })} />
				{what === 'shred' && <p className="small soft">{t('keys.stock.shredText')}</p>}
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" danger={what === 'shred'} data-act={`stock.${what}`} disabled={cardsIn(draft.cards) === 0}>{t(`keys.order.stock.${what}`)}</ActButton>
			</form>
		</section>
	);
}

interface LineProps {
	draft: Draft;
	change: (part: Partial<Draft>) => void;
	name: 'number' | 'giver' | 'taker' | 'place' | 'reason';
	max: number;
	required?: boolean;
	mono?: boolean;
	width?: number;
	hint?: string;
}

function Line({ draft, change, name, max, required = false, mono, width, hint }: LineProps) {
	const { t } = useI18n();

	return (
		<Labelled label={t(`keys.field.stock.${name}`)} width={width} hint={hint}>
			{(id) => <Input id={id} data-field={name} className={mono ? 'mono' : undefined} required={required} maxLength={max} autoComplete="off" value={draft[name]} onChange={(event) => change({ [name]: event.target.value })} />}
		</Labelled>
	);
}

/** Typed, scanned one after another, those selected beside, or from a file. */
function CardList({ cards, selected, onCards }: { cards: string; selected: ReadonlySet<string>; onCards: (cards: string) => void }) {
	const { t } = useI18n();

	return (
		<>
			<Labelled label={t('keys.field.cards')} hint={`${t('keys.stock.listRule')} ${t('keys.stock.cards', { count: cardsIn(cards) })}`}>
				{(id) => <Input.TextArea id={id} data-field="cards" className="mono" required rows={5} spellCheck={false} autoComplete="off" value={cards} onChange={(event) => onCards(event.target.value)} />}
			</Labelled>
			{selected.size > 0 && <span><Button size="small" data-act="stock.selected" onClick={() => onCards([...selected].join('\n'))}>{t('keys.stock.useSelected', { count: selected.size })}</Button></span>}
			<FileField label={t('keys.stock.listFile')} max={listMax} wrong="keys.file.large" file={null} onFile={(file) => { if (file?.text) onCards(file.text); }} />
		</>
	);
}
