// SPDX-License-Identifier: Apache-2.0
// DevicesPage.tsx — crypto devices (加密设备): what they are and can, their PIN; and the settings that loosen rules.
import { HddOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type FormEvent } from 'react';

import { Facts } from '../../../components/Facts';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n, type Key } from '../../../i18n/i18n';
import type { Device } from '../../../keys/answers';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { NewSecretFields, SecretField, useNewSecret } from '../parts';

const pinMin = 4;

export default function DevicesPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.devices')}><Devices /></KeysPage>;
}

function Devices() {
	const list = useTold<{ devices: Device[] }>('device.list');

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<div className="columns">
			<div className="page">{list.data?.devices.map((one) => <DevicePanel key={one.number} device={one} />)}</div>
			<div className="page"><Settings /><Sweep /></div>
		</div>
	);
}

function DevicePanel({ device }: { device: Device }) {
	const { t } = useI18n();
	const [changing, setChanging] = useState(false);

	return (
		<section className="panel" data-device={device.number}>
			<div className="panel-head">
				<h2><HddOutlined /> {t('keys.device.title', { number: String(device.number) })}</h2>
				<span className="row wrap">
					<StateBadge state={device.software ? 'keys.device.software' : 'keys.device.hardware'} />
					<StateBadge state={device.lost ? 'keys.device.lost' : 'keys.device.there'} />
				</span>
			</div>
			<div className="panel-body stack">
				<Facts rows={[
					[t('keys.device.vendor'), device.vendor || '—'], [t('keys.device.model'), device.model || '—'],
					[t('keys.device.serial'), <span className="mono">{device.serial || '—'}</span>], [t('keys.device.firmware'), <span className="mono">{device.firmware || '—'}</span>],
					[t('keys.device.can'), <span className="row wrap">{device.capabilities.map((one) => <span key={one} className="badge info">{t(`keys.can.${one}` as Key)}</span>)}</span>],
				]} />
				<span><Button aria-expanded={changing} onClick={() => setChanging(!changing)}>{t('keys.order.device.pin')}</Button></span>
				{changing && <PinForm number={device.number} onDone={() => setChanging(false)} />}
			</div>
		</section>
	);
}

function PinForm({ number, onDone }: { number: number; onDone: () => void }) {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [old, setOld] = useState('');
	const pin = useNewSecret(pinMin);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (!pin.check()) return;
		const done = await act.run({ command: 'device.pin', fields: { number }, secrets: { old_pin: old, new_pin: pin.text } });
		setOld('');
		pin.clear();
		if (done) onDone();
	};

	return (
		<form className="stack keys-form" autoComplete="off" onSubmit={(event) => void submit(event)}>
			<SecretField label={t('keys.device.oldPin')} name="old-pin" autoFocus value={old} onChange={setOld} maxLength={64} />
			<NewSecretFields secret={pin} name="new-pin" label={t('keys.device.newPin')} again={t('keys.device.newPinAgain')} />
			<ActProblem act={act} />
			<ActButton act={act} type="primary" htmlType="submit" data-act="device.pin">{t('keys.order.device.pin')}</ActButton>
		</form>
	);
}

/* --- settings --- */

const known = ['strict_roles', 'strict_strength', 'allow_soft_live'] as const;
const safe: Record<string, string> = { strict_roles: 'on', strict_strength: 'on', allow_soft_live: 'off' };

function Settings() {
	const { t } = useI18n();
	const list = useTold<{ settings: Record<string, string> }>('setting.list');

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.setting.title')}</h2></div>
			<ul className="settings">
				{known.map((name) => list.data && <Setting key={name} name={name} value={list.data.settings[name] ?? safe[name] ?? ''} />)}
			</ul>
		</section>
	);
}

function Setting({ name, value }: { name: (typeof known)[number]; value: string }) {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const isSafe = value === safe[name];
	const other = value === 'on' ? 'off' : 'on';

	return (
		<li className="stack" data-setting={name} data-value={value}>
			<div className="between"><b>{t(`keys.setting.${name}`)}</b><span className={isSafe ? 'badge good' : 'badge warn'}>{t(`keys.setting.${value as 'on' | 'off'}`)}</span></div>
			<p className="small soft">{t(`keys.setting.${name}.text`)}</p>
			<ActProblem act={act} />
			<ActButton act={act} size="small" danger={isSafe} data-act="setting.set" onClick={() => void act.run({ command: 'setting.set', fields: { name, value: other } })}>
				{t(isSafe ? 'keys.setting.loosen' : 'keys.setting.restore')}
			</ActButton>
		</li>
	);
}

function Sweep() {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [erased, setErased] = useState<number | null>(null);

	return (
		<section className="panel padded stack">
			<b>{t('keys.order.device.sweep')}</b>
			<p className="small soft">{t('keys.device.sweepText')}</p>
			<ActProblem act={act} />
			<ActButton act={act} size="small" onClick={() => void act.run<{ erased: number }>({ command: 'device.sweep' }, (answer) => setErased(answer.erased))}>{t('keys.order.device.sweep')}</ActButton>
			{erased !== null && <span className="good small" role="status">{t('keys.device.swept', { count: erased })}</span>}
		</section>
	);
}
