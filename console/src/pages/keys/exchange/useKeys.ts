// SPDX-License-Identifier: Apache-2.0
// useKeys.ts — definitions of keys all over the tree, and versions of those that carry others.
import { keepPreviousData, useQuery } from '@tanstack/react-query';

import type { KeyDefinition, KeyVersion } from '../../../keys/answers';
import { carries, mayCarry } from '../../../keys/exchange';
import { askAs, useOfficers, type LoggedIn } from '../../../keys/officers';
import { labelOf } from '../names';
import { useTree, type Tree } from '../tree/useTree';

export interface Definition extends KeyDefinition {
	/** "CAMPUS01.EP.DPK" */
	name3: string;
	issuer: string;
	product: string;
}

export interface Carrier {
	version: number;
	label: string;
	kcv: string;
	definition: Definition;
	/** Ways on which it may carry. */
	ways: ('out' | 'in')[];
}

export interface Keys {
	tree: Tree;
	definitions: Definition[];
	carriers: Carrier[];
}

async function definitionsOf(reader: LoggedIn, tree: Tree): Promise<Definition[]> {
	const lists = await Promise.all(tree.products.map((product) => askAs<{ keys: KeyDefinition[] }>(reader, { command: 'key.list', fields: { product: product.id } })));

	return lists.flatMap(({ keys }, index) => keys.map((key) => ({ ...key, name3: labelOf(key), issuer: tree.products[index]?.issuer ?? '', product: tree.products[index]?.code ?? '' })));
}

async function carriersOf(reader: LoggedIn, definitions: Definition[]): Promise<Carrier[]> {
	const carriers: Carrier[] = [];

	for (const definition of definitions.filter((one) => carries(one, 'out') || carries(one, 'in'))) {
		const { versions } = await askAs<{ versions: KeyVersion[] }>(reader, { command: 'version.list', fields: { key: definition.id } });
		for (const one of versions) {
			const ways = (['out', 'in'] as const).filter((way) => carries(definition, way) && mayCarry(one.state, way));
			if (ways.length > 0) carriers.push({ version: one.id, label: labelOf(definition, one.version), kcv: one.kcv, definition, ways });
		}
	}
	return carriers;
}

export function useKeys(): { keys: Keys | undefined; error: unknown; refetch: () => void } {
	const reader = useOfficers()[0];
	const tree = useTree();
	const rest = useQuery({
		queryKey: ['keys', 'exchange', tree.dataUpdatedAt], enabled: Boolean(reader && tree.data), retry: false, placeholderData: keepPreviousData,
		queryFn: async () => {
			if (!reader || !tree.data) return undefined;
			const definitions = await definitionsOf(reader, tree.data);

			return { definitions, carriers: await carriersOf(reader, definitions) };
		},
	});

	return {
		keys: tree.data && rest.data && { tree: tree.data, ...rest.data }, error: tree.error ?? rest.error,
		refetch: () => { void tree.refetch(); void rest.refetch(); },
	};
}
