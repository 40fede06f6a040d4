// SPDX-License-Identifier: Apache-2.0
// Authorities.tsx — certification authorities (认证机构): the part of role conf; removed with the administrator's leave.
import { Button, Input, Select } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { useI18n } from '../../../i18n/i18n';
import { ridOf, schemes, type Authority, type Scheme } from '../../../keys/certificates';
import { ActButton, ActProblem, useAct } from '../acts';
import { DangerAct } from '../DangerAct';
import { Labelled } from '../parts';
import { CodeField, NameField, NoteField } from '../tree/CatalogForms';
import type { Book } from './useBook';

export function Authorities({ book }: { book: Book }) {
	const { t } = useI18n();
	const [chosen, setChosen] = useState(0);
	const authority = book.authorities.find((one) => one.id === chosen);
	const columns = useMemo((): Column<Authority>[] => [
		{ key: 'code', title: t('keys.field.code'), render: (row) => <span className="mono">{row.code}</span> },
		{ key: 'name', title: t('keys.field.name'), render: (row) => row.name },
		{ key: 'scheme', title: t('keys.field.scheme'), render: (row) => t(`keys.scheme.${row.scheme}`) },
		{ key: 'rid', title: t('keys.field.rid'), render: (row) => <span className="mono">{row.rid}</span> },
		{ key: 'keys', title: t('keys.cert.keysOf'), right: true, render: (row) => <span className="num">{book.keys.filter((one) => one.ca === row.id).length}</span> },
		{ key: 'note', title: t('keys.field.note'), render: (row) => row.note || <span className="faint">—</span> },
	], [t, book.keys]);

	return (
		<div className="columns">
			<section className="panel">
				<div className="panel-head"><h2>{t('keys.cert.step.authority')}</h2></div>
				<KeyTable<Authority> label={t('keys.cert.step.authority')} columns={columns} rows={book.authorities} keyOf={(row) => String(row.id)}
					onOpen={(row) => setChosen(row.id)} empty={{ title: t('keys.cert.noAuthority'), hint: t('keys.cert.noAuthorityText') }} />
			</section>
			<AuthorityForm key={authority?.id ?? 0} authority={authority} onDone={() => setChosen(0)} />
		</div>
	);
}

/** A new one, or the chosen one. */
function AuthorityForm({ authority, onDone }: { authority: Authority | undefined; onDone: () => void }) {
	const { t } = useI18n();
	const act = useAct(['conf']);
	const [code, setCode] = useState(authority?.code ?? '');
	const [name, setName] = useState(authority?.name ?? '');
	const [note, setNote] = useState(authority?.note ?? '');
	const [scheme, setScheme] = useState<Scheme>(authority?.scheme ?? 'unionpay');
	const [rid, setRid] = useState(authority?.rid ?? ridOf.unionpay);
	const order = authority ? 'ca.save' : 'ca.add';
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		const fields = { name: name.trim(), scheme, rid, note: note.trim() };
		const done = await act.run({ command: order, fields: authority ? { id: authority.id, ...fields } : { code, ...fields } });
		if (!done) return;
		setCode('');
		setName('');
		setNote('');
		onDone();
	};

	return (
		<section className="panel" data-authority={authority?.code ?? 'new'}>
			<div className="panel-head"><h2>{authority ? <><span className="mono">{authority.code}</span> {authority.name}</> : t('keys.order.ca.add')}</h2></div>
			<form className="panel-body stack" data-form={order} onSubmit={(event) => void submit(event)}>
				{!authority && <CodeField value={code} onChange={setCode} label={t('keys.field.code')} />}
				<NameField value={name} onChange={setName} label={t('keys.field.name')} />
				<Labelled label={t('keys.field.scheme')}>
					{(id) => (
						<Select id={id} value={scheme} onChange={(next: Scheme) => { setScheme(next); setRid(ridOf[next] || rid); }}
							options={schemes.map((value) => ({ value, label: t(`keys.scheme.${value}`) }))} />
					)}
				</Labelled>
				<Labelled label={t('keys.field.rid')} hint={t('keys.cert.ridRule')}>
					{(id) => <Input id={id} data-field="rid" className="mono" required maxLength={10} pattern="[0-9A-Fa-f]{10}" autoComplete="off" value={rid}
						onChange={(event) => setRid(event.target.value.toUpperCase())} />}
				</Labelled>
				<NoteField value={note} onChange={setNote} label={t('keys.field.note')} />
				<ActProblem act={act} />
				<span className="row wrap">
					<ActButton act={act} type="primary" htmlType="submit" data-act={order}>{t(`keys.order.${order}`)}</ActButton>
					{authority && <Remove authority={authority} onDone={onDone} />}
					{authority && <Button onClick={onDone}>{t('keys.close')}</Button>}
				</span>
			</form>
		</section>
	);
}

function Remove({ authority, onDone }: { authority: Authority; onDone: () => void }) {
	const { t } = useI18n();

	return (
		<DangerAct roles={['conf']} order={{ command: 'ca.remove', fields: { id: authority.id } }} isExtra action={t('keys.remove')} title={t('keys.order.ca.remove')}
			effect={t('keys.removeText', { name: `${authority.code} ${authority.name}` })} onDone={onDone} />
	);
}
