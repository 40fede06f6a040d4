// SPDX-License-Identifier: Apache-2.0
// CatalogPanels.tsx — an issuer and its products, a product: renamed, removed when nothing is left below.
import { Button } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { useI18n } from '../../../i18n/i18n';
import type { Issuer } from '../../../keys/answers';
import type { ProductPlace } from '../../../keys/picture';
import { ActButton, ActProblem, useAct } from '../acts';
import { NameField, NoteField } from './CatalogForms';

export function IssuerPanel({ issuer, products, onProduct }: { issuer: Issuer; products: ProductPlace[]; onProduct: (id: number) => void }) {
	const { t } = useI18n();
	const columns = useMemo((): Column<ProductPlace>[] => [
		{ key: 'code', title: t('keys.field.code'), render: (row) => <span className="mono">{row.code}</span> },
		{ key: 'name', title: t('keys.field.name'), render: (row) => row.name },
		{ key: 'kind', title: t('keys.field.kind'), render: (row) => t(`keys.kind.${row.kind}`) },
		{ key: 'place', title: t('keys.field.place'), render: (row) => t(`keys.place.${row.place}`) },
	], [t]);

	return (
		<section className="panel" data-issuer={issuer.code}>
			<div className="panel-head">
				<h2><span className="mono">{issuer.code}</span> {issuer.name}</h2>
				<Change kind="issuer" row={issuer} />
			</div>
			{issuer.note && <p className="small soft padded-x">{issuer.note}</p>}
			<KeyTable<ProductPlace> label={`${issuer.code} ${issuer.name}`} columns={columns} rows={products} keyOf={(row) => String(row.id)}
				onOpen={(row) => onProduct(row.id)} empty={{ title: t('keys.product.none') }} />
		</section>
	);
}

export function ProductPanel({ product, onBack }: { product: ProductPlace; onBack: () => void }) {
	const { t } = useI18n();

	return (
		<section className="panel" data-product={product.code}>
			<div className="panel-head">
				<h2><span className="mono">{product.issuer}.{product.code}</span> {product.name}</h2>
				<span className="row wrap"><Change kind="product" row={product} onGone={onBack} /><Button size="small" onClick={onBack}>{t('keys.back')}</Button></span>
			</div>
			<div className="panel-body">
				<Facts rows={[
					[t('keys.field.kind'), t(`keys.kind.${product.kind}`)], [t('keys.field.place'), `${t(`keys.place.${product.place}`)} — ${t(`keys.place.${product.place}.text`)}`],
					...(product.note ? [[t('keys.field.note'), product.note] as [string, string]] : []),
				]} />
			</div>
		</section>
	);
}

/** Rename or remove; only role conf sees the buttons, removing needs mk to agree. */
function Change({ kind, row, onGone }: { kind: 'issuer' | 'product'; row: { id: number; name: string; note: string; code: string }; onGone?: () => void }) {
	const { t } = useI18n();
	const act = useAct(['conf']);
	const [editing, setEditing] = useState(false);
	const [asking, setAsking] = useState(false);
	const [name, setName] = useState(row.name);
	const [note, setNote] = useState(row.note);
	const save = async (event: FormEvent) => {
		event.preventDefault();
		if (await act.run({ command: `${kind}.save`, fields: { id: row.id, name: name.trim(), note: note.trim() } })) setEditing(false);
	};

	if (!act.actor) return null;
	return (
		<span className="row wrap">
			{!editing && <Button size="small" onClick={() => setEditing(true)}>{t('keys.rename')}</Button>}
			{!editing && <Button size="small" danger onClick={() => setAsking(true)}>{t('keys.remove')}</Button>}
			{editing && (
				<form className="row wrap" onSubmit={(event) => void save(event)}>
					<NameField value={name} onChange={setName} label={t('keys.field.name')} />
					<NoteField value={note} onChange={setNote} label={t('keys.field.note')} />
					<ActButton act={act} size="small" type="primary" htmlType="submit">{t('keys.save')}</ActButton>
					<Button size="small" onClick={() => setEditing(false)}>{t('confirm.cancel')}</Button>
				</form>
			)}
			<ActProblem act={act} />
			<DangerConfirm open={asking} title={t(`keys.order.${kind}.remove`)} effect={t('keys.removeText', { name: `${row.code} ${row.name}` })} action={t('keys.remove')}
				onCancel={() => setAsking(false)} onConfirm={() => { setAsking(false); void act.run({ command: `${kind}.remove`, fields: { id: row.id } }, onGone); }} />
		</span>
	);
}
