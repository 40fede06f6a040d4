// SPDX-License-Identifier: Apache-2.0
// useBook.ts — all that the pages of certificates show, read together: lists are short.
import { keepPreviousData, useQuery } from '@tanstack/react-query';

import type { KeyDefinition, KeyVersion } from '../../../keys/answers';
import type { Authority, CaKey, Certificate, CertificateBook, Request } from '../../../keys/certificates';
import { askAs, useOfficers, type LoggedIn } from '../../../keys/officers';
import { labelOf } from '../names';
import { useTold } from '../acts';
import { useTree, type Tree } from '../tree/useTree';

/** A version of an RSA key of an issuer that may be certified. */
export interface Pair {
	version: number;
	label: string;
	bits: number;
	kcv: string;
}

async function pairsOf(reader: LoggedIn, tree: Tree): Promise<Pair[]> {
	const pairs: Pair[] = [];

	for (const product of tree.products.filter((one) => one.kind === 'RSA')) {
		const { keys } = await askAs<{ keys: KeyDefinition[] }>(reader, { command: 'key.list', fields: { product: product.id } });
		for (const key of keys) {
			const { versions } = await askAs<{ versions: KeyVersion[] }>(reader, { command: 'version.list', fields: { key: key.id } });
			for (const one of versions.filter((version) => version.state === 'PRE' || version.state === 'ACTIVE'))
				pairs.push({ version: one.id, label: labelOf(key, one.version), bits: key.bits, kcv: one.kcv });
		}
	}
	return pairs;
}

export interface Book extends Omit<CertificateBook, 'pairs'> {
	pairs: Pair[];
}

export function useBook(): { book: Book | undefined; error: unknown; refetch: () => void } {
	const reader = useOfficers()[0];
	const tree = useTree();
	const authorities = useTold<{ authorities: Authority[] }>('ca.list');
	const keys = useTold<{ keys: CaKey[] }>('cakey.list');
	const requests = useTold<{ requests: Request[] }>('request.list');
	const certificates = useTold<{ certificates: Certificate[] }>('certificate.list');
	const pairs = useQuery({
		queryKey: ['keys', 'pairs', tree.dataUpdatedAt], enabled: Boolean(reader && tree.data), retry: false, placeholderData: keepPreviousData,
		queryFn: () => reader && tree.data ? pairsOf(reader, tree.data) : [],
	});
	const all = [tree, authorities, keys, requests, certificates, pairs];
	const error = all.find((one) => one.error)?.error ?? null;
	const book = authorities.data && keys.data && requests.data && certificates.data && pairs.data && {
		authorities: authorities.data.authorities, keys: keys.data.keys, requests: requests.data.requests,
		certificates: certificates.data.certificates, pairs: pairs.data,
	};

	return { book, error, refetch: () => { for (const one of all) void one.refetch(); } };
}
