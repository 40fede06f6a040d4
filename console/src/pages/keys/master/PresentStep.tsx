// SPDX-License-Identifier: Apache-2.0
// PresentStep.tsx — all three officers in one sitting: each presents the component, the third joins them (keys 5.4). A key
// that was there before may also come back from recovery shares (keys 5.5).
import { CheckCircleFilled } from '@ant-design/icons';
import { Segmented } from 'antd';
import { useState } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { securityOfficers, type Ceremony, type Component } from '../../../keys/answers';
import { useOfficers } from '../../../keys/officers';
import { NeedsRole, useAct } from '../acts';
import { LoginForm } from '../LoginPanel';
import { MediumForm } from './ComponentStep';

type From = 'components' | 'shares';

export function PresentStep({ ceremony }: { ceremony: Ceremony }) {
	const { t } = useI18n();
	const [from, setFrom] = useState<From>('components');

	return (
		<section className="panel padded stack" data-stage="present">
			<h2>{t('keys.present.title')}</h2>
			<p className="soft">{t('keys.present.text')}</p>
			{ceremony.purpose === 'load' && (
				<span><Segmented<From> value={from} onChange={setFrom} options={(['components', 'shares'] as const).map((value) => ({ value, label: t(`keys.present.from.${value}`) }))} /></span>
			)}
			{from === 'components'
				? <ul className="officers-three">{ceremony.components.map((one) => <Present key={one.role} ceremony={ceremony} component={one} />)}</ul>
				: <PresentShares ceremony={ceremony} />}
		</section>
	);
}

function Present({ ceremony, component }: { ceremony: Ceremony; component: Component }) {
	const { t } = useI18n();
	const officers = useOfficers();
	const officer = officers.find((one) => one.roles.includes(component.role));
	const act = useAct([component.role], officer);
	const who = t(`keys.role.${component.role}`);

	return (
		<li className="tile stack" data-present={component.role}>
			<b>{who}</b>
			{component.presented ? <span className="good" role="status"><CheckCircleFilled /> {t('keys.component.presented')}</span> : null}
			{!component.presented && officer && <MediumForm act={act} command="ceremony.present" id={ceremony.id} label={t('keys.present.submit')} />}
			{!component.presented && !officer && <LoginForm quiet />}
		</li>
	);
}

function PresentShares({ ceremony }: { ceremony: Ceremony }) {
	const { t } = useI18n();
	const act = useAct(securityOfficers);
	const [given, setGiven] = useState(0);

	return (
		<div className="stack" data-stage="shares-in">
			<p className="small soft">{t('keys.present.sharesText')}</p>
			<span className="badge info" role="status">{t('keys.present.sharesGiven', { count: given })}</span>
			<NeedsRole act={act} />
			<MediumForm act={act} command="ceremony.present_share" id={ceremony.id} label={t('keys.present.shareSubmit')} onDone={() => setGiven(given + 1)} />
		</div>
	);
}
