// SPDX-License-Identifier: Apache-2.0
// KeyTreePage.tsx — what keys there are (密钥体系): the hierarchy as a picture to click on, below it what was chosen.
import { Button, Skeleton } from 'antd';
import { useMemo } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { useQueryState } from '../../../components/queryState';
import { useI18n } from '../../../i18n/i18n';
import type { KeyDefinition } from '../../../keys/answers';
import type { ProductPlace } from '../../../keys/picture';
import { useKmsStatus } from '../../../keys/status';
import { algorithmNames, useOf } from '../../../keys/uses';
import { KeysPage } from '../KeysPage';
import { AddIssuer, AddProduct } from './CatalogForms';
import { DefineKey } from './DefineKey';
import { Hierarchy } from './Hierarchy';
import { IssuerPanel, ProductPanel } from './CatalogPanels';
import { KeyPanel } from './KeyPanel';
import { useKeysOf, useTree, type Tree } from './useTree';

const names = ['product', 'key'] as const;

export default function KeyTreePage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.tree')}><Loaded /></KeysPage>;
}

function Loaded() {
	const tree = useTree();

	if (tree.error) return <ProblemNotice error={tree.error} onRetry={() => void tree.refetch()} />;
	if (!tree.data) return <Skeleton active paragraph={{ rows: 10 }} />;
	return <Whole tree={tree.data} />;
}

function Whole({ tree }: { tree: Tree }) {
	const { t } = useI18n();
	const status = useKmsStatus();
	const [values, setValues] = useQueryState(names);
	const product = tree.products.find((one) => one.id === Number(values.product));
	const keys = useKeysOf(product?.id ?? 0);
	const key = keys?.find((one) => one.id === Number(values.key));
	const masters = status.data?.masters.filter((one) => one.state === 'ACTIVE' || one.state === 'OLD') ?? [];
	const chooseProduct = (id: number) => setValues({ product: String(id), key: '' });

	return (
		<>
			<Hierarchy masters={masters} products={tree.products} keys={keys ?? []} product={product?.id ?? 0} chosenKey={key?.id ?? 0}
				onProduct={chooseProduct} onKey={(id) => setValues({ key: String(id) })} />
			{product && key && <KeyPanel keyDefinition={key} product={product} onBack={() => setValues({ key: '' })} />}
			{product && !key && (
				<div className="columns">
					<div className="page">
						<ProductPanel product={product} onBack={() => setValues({ product: '', key: '' })} />
						<Keys product={product} rows={keys} onOpen={(row) => setValues({ key: String(row.id) })} />
					</div>
					<DefineKey product={product} onDone={(id) => setValues({ key: String(id) })} />
				</div>
			)}
			{!product && (
				<div className="columns">
					<div className="page">
						{tree.issuers.map((issuer) => <IssuerPanel key={issuer.id} issuer={issuer} products={tree.products.filter((one) => one.issuer === issuer.code)} onProduct={chooseProduct} />)}
						{tree.issuers.length === 0 && <section className="panel grid-empty"><b>{t('keys.issuer.none')}</b><span>{t('keys.issuer.noneText')}</span></section>}
					</div>
					<div className="page">
						<AddIssuer />
						<AddProduct issuers={tree.issuers} onDone={chooseProduct} />
					</div>
				</div>
			)}
		</>
	);
}

function Keys({ product, rows, onOpen }: { product: ProductPlace; rows: KeyDefinition[] | undefined; onOpen: (row: KeyDefinition) => void }) {
	const { t, language } = useI18n();
	const columns = useMemo((): Column<KeyDefinition>[] => [
		{ key: 'code', title: t('keys.field.code'), render: (row) => <span className="mono">{row.code}</span> },
		{ key: 'name', title: t('keys.field.name'), render: (row) => row.name },
		{ key: 'usage', title: t('keys.field.usage'), render: (row) => <><span className="mono">{row.usage}</span> {useOf(row.usage)?.name[language]}</> },
		{ key: 'algorithm', title: t('keys.field.algorithm'), render: (row) => `${algorithmNames[row.algorithm] ?? row.algorithm} ${row.bits}` },
		{ key: 'exportability', title: t('keys.field.exportability'), render: (row) => t(`keys.export.${row.exportability as 'E' | 'S' | 'N'}`) },
		{ key: 'open', title: '', right: true, render: (row) => <Button size="small" type="link" tabIndex={-1} onClick={() => onOpen(row)}>{t('keys.key.versions')}</Button> },
	], [t, language, onOpen]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.key.list', { product: `${product.issuer}.${product.code}` })}</h2></div>
			<KeyTable<KeyDefinition> label={t('keys.key.list', { product: product.code })} columns={columns} rows={rows} keyOf={(row) => String(row.id)} onOpen={onOpen} empty={{ title: t('keys.key.none'), hint: t('keys.key.noneText') }} />
		</section>
	);
}
