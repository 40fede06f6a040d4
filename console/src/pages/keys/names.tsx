// SPDX-License-Identifier: Apache-2.0
// names.tsx — what a number in an order stands for, in words: a master key, an officer, a key and its version.
import { useQuery } from '@tanstack/react-query';

import { useI18n, type I18n } from '../../i18n/i18n';
import type { Ceremony, Issuer, KeyDefinition, KeyVersion, MasterKey, Officer, Product } from '../../keys/answers';
import { caKeyName, type Authority, type CaKey, type Certificate, type Request } from '../../keys/certificates';
import type { Client } from '../../keys/clients';
import { askAs, useOfficers, type LoggedIn } from '../../keys/officers';
import { useTold } from './acts';

export function masterName(t: I18n['t'], master: Pick<MasterKey, 'algorithm' | 'gen'>): string {
	return t('keys.master.name', { algorithm: master.algorithm, gen: String(master.gen) });
}

export function ceremonyName(t: I18n['t'], ceremony: Ceremony): string {
	return `${t(`keys.ceremony.purpose.${ceremony.purpose}`)} · ${masterName(t, ceremony)}`;
}

/* --- the tree of keys, walked until the wanted one is found --- */

type Wanted = 'product' | 'key' | 'version';

async function findInTree(reader: LoggedIn, wanted: Wanted, id: number): Promise<string> {
	const told = <T,>(command: string, fields = {}) => askAs<T>(reader, { command, fields });
	const { issuers } = await told<{ issuers: Issuer[] }>('issuer.list');

	for (const issuer of issuers) {
		const { products } = await told<{ products: Product[] }>('product.list', { issuer: issuer.id });
		for (const product of products) {
			const found = wanted === 'product'
				? product.id === id && `${issuer.code}.${product.code}`
				: await findInProduct(told, product, wanted, id);
			if (found) return found;
		}
	}
	return '';
}

async function findInProduct(told: <T>(command: string, fields?: object) => Promise<T>, product: Product, wanted: Wanted, id: number): Promise<string> {
	const { keys } = await told<{ keys: KeyDefinition[] }>('key.list', { product: product.id });

	for (const key of keys) {
		if (wanted === 'key' && key.id === id) return labelOf(key);
		if (wanted !== 'version') continue;
		const { versions } = await told<{ versions: KeyVersion[] }>('version.list', { key: key.id });
		const version = versions.find((one) => one.id === id);
		if (version) return `${labelOf(key, version.version)}  ${version.kcv}`;
	}
	return '';
}

/** "CAMPUS01.EP.DPK" or with its version "CAMPUS01.EP.DPK.01", whatever the key manager put behind the key's code. */
export function labelOf(key: KeyDefinition, version?: number): string {
	const name = key.label.split('.').slice(0, 3).join('.');

	return version === undefined ? name : `${name}.${String(version).padStart(2, '0')}`;
}

/** Kind of thing that the field `id` of a command names. */
function kindOf(command: string): string {
	return command.split('.')[0] ?? '';
}

/** The object of an order in words, as far as it is known; its number otherwise. */
export function ObjectName({ command, id }: { command: string; id: number }) {
	const kind = kindOf(command);

	switch (kind) {
	case 'officer': return <OfficerName id={id} />;
	case 'issuer': return <IssuerName id={id} />;
	case 'product': case 'key': case 'version': return <TreeName wanted={kind} id={id} />;
	case 'ca': return <AuthorityName id={id} />;
	case 'cakey': return <CaKeyName id={id} />;
	case 'request': return <RequestName id={id} />;
	case 'certificate': return <CertificateName id={id} />;
	case 'client': return <ClientName id={id} />;
	default: return <span className="num">{id}</span>;
	}
}

export function MasterName({ id }: { id: number }) {
	const { t } = useI18n();
	const { data } = useTold<{ masters: MasterKey[] }>('lmk.list');
	const master = data?.masters.find((one) => one.id === id);

	return <span>{master ? `${masterName(t, master)}  ${master.kcv}` : `#${id}`}</span>;
}

function OfficerName({ id }: { id: number }) {
	const { data } = useTold<{ officers: Officer[] }>('officer.list');
	const officer = data?.officers.find((one) => one.id === id);

	return <span>{officer ? `${officer.display}（${officer.name}）` : `#${id}`}</span>;
}

function IssuerName({ id }: { id: number }) {
	const { data } = useTold<{ issuers: Issuer[] }>('issuer.list');
	const issuer = data?.issuers.find((one) => one.id === id);

	return <span>{issuer ? `${issuer.code} ${issuer.name}` : `#${id}`}</span>;
}

export function AuthorityName({ id }: { id: number }) {
	const { data } = useTold<{ authorities: Authority[] }>('ca.list');
	const authority = data?.authorities.find((one) => one.id === id);

	return <span>{authority ? `${authority.code} ${authority.name}` : `#${id}`}</span>;
}

export function CaKeyName({ id }: { id: number }) {
	const { data } = useTold<{ keys: CaKey[] }>('cakey.list');
	const key = data?.keys.find((one) => one.id === id);

	return <span className="mono">{key ? caKeyName(key) : `#${id}`}</span>;
}

function RequestName({ id }: { id: number }) {
	const { data } = useTold<{ requests: Request[] }>('request.list');
	const request = data?.requests.find((one) => one.id === id);

	return <span className="mono">{request ? `${request.label}  ${request.tracking}` : `#${id}`}</span>;
}

function CertificateName({ id }: { id: number }) {
	const { data } = useTold<{ certificates: Certificate[] }>('certificate.list');
	const certificate = data?.certificates.find((one) => one.id === id);

	return <span className="mono">{certificate ? `${certificate.label}  ${certificate.serial}` : `#${id}`}</span>;
}

function ClientName({ id }: { id: number }) {
	const { data } = useTold<{ clients: Client[] }>('client.list');
	const client = data?.clients.find((one) => one.id === id);

	return <span>{client?.name ?? `#${id}`}</span>;
}

export function TreeName({ wanted, id }: { wanted: Wanted; id: number }) {
	const reader = useOfficers()[0];
	const { data } = useQuery({
		queryKey: ['keys', 'find', wanted, id], enabled: Boolean(reader), retry: false,
		queryFn: () => reader ? findInTree(reader, wanted, id) : '',
	});

	return <span className="mono">{data || `#${id}`}</span>;
}
