// SPDX-License-Identifier: Apache-2.0
// useTree.ts — issuers with their products, and the keys of one product.
import { useQuery } from '@tanstack/react-query';

import type { Issuer, KeyDefinition, Product } from '../../../keys/answers';
import { askAs, useOfficers } from '../../../keys/officers';
import type { ProductPlace } from '../../../keys/picture';
import { useTold } from '../acts';

export interface Tree {
	issuers: Issuer[];
	products: ProductPlace[];
}

export function useTree() {
	const reader = useOfficers()[0];

	return useQuery({
		queryKey: ['keys', 'tree'], enabled: Boolean(reader), retry: false,
		queryFn: async (): Promise<Tree> => {
			if (!reader) return { issuers: [], products: [] };
			const { issuers } = await askAs<{ issuers: Issuer[] }>(reader, { command: 'issuer.list' });
			const lists = await Promise.all(issuers.map((issuer) =>
				askAs<{ products: Product[] }>(reader, { command: 'product.list', fields: { issuer: issuer.id } })));

			return { issuers, products: lists.flatMap((list, index) => list.products.map((one) => ({ ...one, issuer: issuers[index]?.code ?? '' }))) };
		},
	});
}

export function useKeysOf(product: number): KeyDefinition[] | undefined {
	const list = useTold<{ keys: KeyDefinition[] }>('key.list', { product }, { enabled: product > 0 });

	return product > 0 ? list.data?.keys : [];
}
