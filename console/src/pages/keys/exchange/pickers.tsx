// SPDX-License-Identifier: Apache-2.0
// pickers.tsx — which transport key: chosen by name.
import { Select } from 'antd';

import { useI18n } from '../../../i18n/i18n';
import { Labelled } from '../parts';
import type { Carrier } from './useKeys';

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
