// SPDX-License-Identifier: Apache-2.0
// Hierarchy.tsx — the picture: LMK → classes → products → keys. Boxes are buttons, arrows move between them.
import { useRef, type KeyboardEvent } from 'react';

import { useTabs } from '../../../frame/tabs';
import { useI18n } from '../../../i18n/i18n';
import type { KeyDefinition, MasterKey } from '../../../keys/answers';
import { boxHeight, classes, pathOf, pictureOf, type Box, type ProductPlace } from '../../../keys/picture';
import { algorithmNames } from '../../../keys/uses';
import { masterName } from '../names';

interface HierarchyProps {
	masters: MasterKey[];
	products: ProductPlace[];
	keys: KeyDefinition[];
	product: number;
	chosenKey: number;
	onProduct: (id: number) => void;
	onKey: (id: number) => void;
}

export function Hierarchy(props: HierarchyProps) {
	const { t } = useI18n();
	const { show } = useTabs();
	const { masters, products, keys, product, chosenKey } = props;
	const picture = pictureOf({ masters, products, keys, product, key: chosenKey });
	const plane = useRef<HTMLDivElement>(null);
	const node = (id: string, content: [string, string], options: { onClick?: () => void; pressed?: boolean } = {}) => {
		const box = picture.boxes.get(id);
		return box && <Node key={id} box={box} first={content[0]} second={content[1]} {...options} />;
	};

	return (
		<section className="panel hierarchy" aria-label={t('keys.tree.picture')}>
			<div className="hierarchy-plane" ref={plane} style={{ width: picture.width, height: picture.height }} onKeyDown={(event) => moveFocus(event, plane.current)}>
				<svg width={picture.width} height={picture.height} aria-hidden>
					{picture.edges.map((edge) => <path key={`${edge.from.id} ${edge.to.id}`} d={pathOf(edge)} className={['edge', edge.strong && 'strong', edge.old && 'old'].filter(Boolean).join(' ')} />)}
				</svg>
				{masters.map((one) => node(`master-${one.id}`, [masterName(t, one), `${one.kcv} · ${t(`keys.master.state.${one.state}`)}`], { onClick: () => show('/keys/master') }))}
				{masters.length === 0 && node('master-none', [t('keys.tree.noMaster'), '—'], { onClick: () => show('/keys/master') })}
				{classes.map((name) => node(`class-${name}`, [t(`keys.class.${name}`), t(`keys.class.${name}.text`)]))}
				{products.map((one) => node(`product-${one.id}`, [one.name, `${one.issuer}.${one.code}`], { onClick: () => props.onProduct(one.id), pressed: one.id === product }))}
				{keys.map((one) => node(`key-${one.id}`, [one.name, `${one.code} · ${algorithmNames[one.algorithm] ?? one.algorithm} ${one.bits}`], { onClick: () => props.onKey(one.id), pressed: one.id === chosenKey }))}
			</div>
		</section>
	);
}

interface NodeProps {
	box: Box;
	first: string;
	second: string;
	onClick?: () => void;
	pressed?: boolean;
}

function Node({ box, first, second, onClick, pressed }: NodeProps) {
	const style = { left: box.x, top: box.y, width: box.width, height: boxHeight };
	const inside = <><b>{first}</b><small>{second}</small></>;

	return onClick
		? <button type="button" className={`node ${box.kind}`} style={style} data-node={box.id} aria-pressed={pressed} title={`${first} ${second}`} onClick={onClick}>{inside}</button>
		: <div className={`node ${box.kind}`} style={style} data-node={box.id}>{inside}</div>;
}

/** Up and down within a column, left and right to the nearest box of the next one. */
function moveFocus(event: KeyboardEvent, plane: HTMLElement | null): void {
	const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
	const from = document.activeElement;

	if (!direction || !plane || !(from instanceof HTMLButtonElement) || !plane.contains(from)) return;
	const [dx = 0, dy = 0] = direction;
	const here = from.getBoundingClientRect();
	const distance = (one: DOMRect) => dx === 0
		? (Math.abs(one.left - here.left) < 1 && (one.top - here.top) * dy > 0 ? Math.abs(one.top - here.top) : Infinity)
		: ((one.left - here.left) * dx > 1 ? Math.abs(one.left - here.left) * 10 + Math.abs(one.top - here.top) : Infinity);
	const [next] = [...plane.querySelectorAll('button')]
		.map((button) => ({ button, far: distance(button.getBoundingClientRect()) }))
		.filter(({ far }) => far < Infinity)
		.sort((one, other) => one.far - other.far);

	if (!next) return;
	event.preventDefault();
	next.button.focus();
}
