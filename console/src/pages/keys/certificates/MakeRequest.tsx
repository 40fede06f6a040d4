// SPDX-License-Identifier: Apache-2.0
// MakeRequest.tsx — what a request needs: an authority, which of its keys will sign if that is known, the issuer's pair,
// the layout of the scheme, and what stands in it.
import { DatePicker, Input, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { caKeyName, hasIndex, nextTracking, profilesOf, type Profile, type RequestFiles } from '../../../keys/certificates';
import { ActButton, ActProblem, useAct } from '../acts';
import { Labelled } from '../parts';
import type { Book } from './useBook';

interface Draft {
	ca?: number;
	caKey: number;
	pair?: number;
	profile?: Profile;
	iin: string;
	expiry: Dayjs | null;
	tracking: string;
	index: string;
	service: string;
}

const blank: Draft = { caKey: 0, iin: '', expiry: null, tracking: '', index: '', service: '' };

export function MakeRequest({ book, onMade }: { book: Book; onMade: (id: number) => void }) {
	const { t } = useI18n();
	const act = useAct(['cert']);
	const [draft, setDraft] = useState(blank);
	const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
	const authority = book.authorities.find((one) => one.id === draft.ca) ?? book.authorities[0];
	const pair = book.pairs.find((one) => one.version === draft.pair) ?? book.pairs[0];
	const layouts = authority ? profilesOf(authority.scheme) : [];
	const profile = draft.profile && layouts.includes(draft.profile) ? draft.profile : layouts[0];
	const tracking = draft.tracking || nextTracking(book.requests);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const fields = {
			ca: authority?.id, key_version: pair?.version, profile, iin: draft.iin, expiry: draft.expiry?.format('MMYY') ?? '', tracking,
			...(draft.caKey > 0 && { ca_key: draft.caKey }), ...(draft.service && { service: draft.service }),
			...(profile && hasIndex(profile) && { index: draft.index }),
		};

		void act.run<RequestFiles>({ command: 'request.make', fields }, (answer) => {
			setDraft(blank);
			onMade(answer.id);
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.request.make')}</h2></div>
			<form className="panel-body stack" data-form="request.make" onSubmit={submit}>
				<Labelled label={t('keys.field.ca')} hint={authority ? undefined : t('keys.cert.noAuthority')}>
					{(id) => <Select id={id} value={authority?.id} onChange={(ca: number) => change({ ca, caKey: 0 })} options={book.authorities.map((one) => ({ value: one.id, label: `${one.code} ${one.name}` }))} />}
				</Labelled>
				<Labelled label={t('keys.field.ca_key')}>
					{(id) => (
						<Select id={id} value={draft.caKey} onChange={(caKey: number) => change({ caKey })} options={[
							{ value: 0, label: t('keys.cert.anyKey') },
							...book.keys.filter((one) => one.ca === authority?.id && one.state === 'ACTIVE').map((one) => ({ value: one.id, label: caKeyName(one) })),
						]} />
					)}
				</Labelled>
				<Labelled label={t('keys.cert.pair')} hint={pair ? `${pair.bits} · ${pair.kcv}` : t('keys.cert.noPair')}>
					{(id) => <Select id={id} value={pair?.version} onChange={(version: number) => change({ pair: version })} options={book.pairs.map((one) => ({ value: one.version, label: one.label }))} />}
				</Labelled>
				<Labelled label={t('keys.field.profile')}>
					{(id) => <Select id={id} value={profile} onChange={(next: Profile) => change({ profile: next })} options={layouts.map((value) => ({ value, label: t(`keys.profile.${value}`) }))} />}
				</Labelled>
				<Values draft={draft} change={change} profile={profile} tracking={tracking} />
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="request.make" disabled={!authority || !pair}>{t('keys.order.request.make')}</ActButton>
			</form>
		</section>
	);
}

/** What stands in the request. */
function Values({ draft, change, profile, tracking }: { draft: Draft; change: (part: Partial<Draft>) => void; profile: Profile | undefined; tracking: string }) {
	const { t } = useI18n();
	const digits = (text: string) => text.replace(/\D/g, '');

	return (
		<>
			<div className="row wrap top">
				<Labelled label={t('keys.field.iin')} hint={t('keys.cert.iinRule')} width={140}>
					{(id) => <Input id={id} data-field="iin" className="mono" required minLength={3} maxLength={8} inputMode="numeric" autoComplete="off" value={draft.iin} onChange={(event) => change({ iin: digits(event.target.value) })} />}
				</Labelled>
				<Labelled label={t('keys.field.tracking')} hint={t('keys.cert.trackingRule')} width={140}>
					{(id) => <Input id={id} data-field="tracking" className="mono" required minLength={6} maxLength={6} inputMode="numeric" autoComplete="off" value={tracking} onChange={(event) => change({ tracking: digits(event.target.value) })} />}
				</Labelled>
			</div>
			<div className="row wrap top">
				<Labelled label={t('keys.cert.month')} width={140}>
					{(id) => <DatePicker id={id} picker="month" required value={draft.expiry} onChange={(expiry) => change({ expiry })} style={{ width: '100%' }} />}
				</Labelled>
				{profile && hasIndex(profile) && (
					<Labelled label={t('keys.field.request.index')} width={140}>
						{(id) => <Input id={id} data-field="index" className="mono" required maxLength={6} inputMode="numeric" autoComplete="off" value={draft.index} onChange={(event) => change({ index: digits(event.target.value) })} />}
					</Labelled>
				)}
				<Labelled label={t('keys.field.service')} hint={t('keys.cert.serviceRule')} width={140}>
					{(id) => <Input id={id} data-field="service" className="mono" maxLength={8} autoComplete="off" value={draft.service} onChange={(event) => change({ service: event.target.value.toUpperCase() })} />}
				</Labelled>
			</div>
		</>
	);
}
