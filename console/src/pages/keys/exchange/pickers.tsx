// SPDX-License-Identifier: Apache-2.0
// pickers.tsx — which transport key, which key, which of its versions: chosen by name.
import { Select } from 'antd';

import { useI18n } from '../../../i18n/i18n';
import type { KeyVersion } from '../../../keys/answers';
import { algorithmNames } from '../../../keys/uses';
import { useTold } from '../acts';
import { Labelled } from '../parts';
import type { Carrier, Definition } from './useKeys';

interface PickProps<T> {
	label: string;
	value: T | undefined;
	onChange: (value: T) => void;
}

export function CarrierField({ label, carriers, value, onChange }: PickProps<number> & { carriers: Carrier[] }) {
	const { t } = useI18n();
	const chosen = carriers.find((one) => one.version === value);

	return (
		<Labelled label={label} hint={chosen ? t('keys.exchange.carrierKcv', { kcv: chosen.kcv }) : carriers.length === 0 ? t('keys.exchange.noCarrier') : undefined}>
			{(id) => (
				<Select id={id} data-field="carrier" value={value} onChange={onChange} popupMatchSelectWidth={380}
					options={carriers.map((one) => ({ value: one.version, label: one.label, kcv: one.kcv }))} optionRender={({ data }) => `${data.label}  ${data.kcv}`} />
			)}
		</Labelled>
	);
}

/** Typed or chosen: there may be hundreds. */
export function KeyField({ label, definitions, value, onChange }: PickProps<number> & { definitions: Definition[] }) {
	return (
		<Labelled label={label}>
			{(id) => (
				<Select id={id} data-field="key" value={value} showSearch={{ optionFilterProp: 'label' }} popupMatchSelectWidth={420} onChange={onChange}
					options={definitions.map((one) => ({ value: one.id, label: `${one.name3} ${one.name} · ${algorithmNames[one.algorithm] ?? one.algorithm} ${one.bits}` }))} />
			)}
		</Labelled>
	);
}

export function useVersionsOf(definition: Definition | undefined): KeyVersion[] {
	const { data } = useTold<{ versions: KeyVersion[] }>('version.list', { key: definition?.id }, { enabled: definition !== undefined });

	return definition && data ? data.versions : [];
}

export function VersionField({ versions, value, onChange }: Omit<PickProps<number>, 'label'> & { versions: KeyVersion[] }) {
	const { t } = useI18n();

	return (
		<Labelled label={t('keys.version.number')}>
			{(id) => (
				<Select id={id} data-field="version" value={value} onChange={onChange} popupMatchSelectWidth={260}
					options={versions.map((one) => ({ value: one.id, label: `${String(one.version).padStart(2, '0')}  ${one.kcv}  ${t(`keys.state.${one.state}`)}` }))} />
			)}
		</Labelled>
	);
}
