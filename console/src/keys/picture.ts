// SPDX-License-Identifier: Apache-2.0
// picture.ts — places of the hierarchy (keys 4) on a plane: master keys, classes, products, keys of the chosen product.
import type { KeyDefinition, MasterKey, Product, ProductKind } from './answers';

export const classes = ['KEK', 'DKEY', 'PAIR', 'PSAM', 'DAY'] as const;
export type KeyClass = (typeof classes)[number];

export interface ProductPlace extends Product {
	issuer: string;
}

export interface Box {
	id: string;
	kind: 'master' | 'class' | 'product' | 'key';
	x: number;
	y: number;
	width: number;
}

export interface Picture {
	boxes: Map<string, Box>;
	/** `old`: of a master key that only opens blocks of before. */
	edges: { from: Box; to: Box; strong: boolean; old?: boolean }[];
	width: number;
	height: number;
}

export const boxHeight = 46;
const rowHeight = 56;
const gap = 76;
const widths = { master: 176, class: 170, product: 220, key: 220 };
const columns = {
	master: 0, class: widths.master + gap, product: widths.master + widths.class + 2 * gap, key: widths.master + widths.class + widths.product + 3 * gap,
};

export function classOf(kind: ProductKind): KeyClass {
	return kind === 'RSA' || kind === 'SM2' ? 'PAIR' : kind;
}

interface Shown {
	masters: MasterKey[];
	products: ProductPlace[];
	/** Of the chosen product. */
	keys: KeyDefinition[];
	product: number;
	key: number;
}

export function pictureOf({ masters, products, keys, product, key }: Shown): Picture {
	const boxes = new Map<string, Box>();
	const edges: Picture['edges'] = [];
	const put = (kind: Box['kind'], id: string, row: number): Box => {
		const box = { id: `${kind}-${id}`, kind, x: columns[kind], y: row * rowHeight, width: widths[kind] };

		boxes.set(box.id, box);
		return box;
	};
	const chosen = products.find((one) => one.id === product);
	let row = 0;

	const classBoxes = classes.map((name) => {
		const inside = products.filter((one) => classOf(one.kind) === name);
		const box = put('class', name, row + (Math.max(1, inside.length) - 1) / 2);

		for (const [index, one] of inside.entries()) edges.push({ from: box, to: put('product', String(one.id), row + index), strong: one === chosen });
		row += Math.max(1, inside.length);
		return box;
	});
	const loaded = masters.length > 0 ? masters.map((one) => ({ id: String(one.id), old: one.state === 'OLD' })) : [{ id: 'none', old: false }];
	for (const [index, { id, old }] of loaded.entries()) {
		const box = put('master', id, (row - 1) / 2 + (index - (loaded.length - 1) / 2));
		for (const to of classBoxes) edges.push({ from: box, to, strong: !old && chosen !== undefined && to.id === `class-${classOf(chosen.kind)}`, old });
	}
	const from = boxes.get(`product-${product}`);
	const first = from ? Math.max(0, Math.min(from.y / rowHeight - (keys.length - 1) / 2, Math.max(row, keys.length) - keys.length)) : 0;
	for (const [index, one] of keys.entries())
		if (from) edges.push({ from, to: put('key', String(one.id), first + index), strong: one.id === key });

	return {
		boxes, edges, width: columns.key + widths.key,
		height: (Math.max(row, from ? keys.length : 0) - 1) * rowHeight + boxHeight,
	};
}

/** The line of an edge: out of one box to the right, into the next from the left. */
export function pathOf({ from, to }: { from: Box; to: Box }): string {
	const x1 = from.x + from.width;
	const y1 = from.y + boxHeight / 2;
	const y2 = to.y + boxHeight / 2;
	const middle = (x1 + to.x) / 2;

	return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${to.x} ${y2}`;
}
