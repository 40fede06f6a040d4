// SPDX-License-Identifier: Apache-2.0
// fields.tsx — what a value that comes in needs besides itself: its check value, and where it is on a card.
import { Input, InputNumber } from 'antd';

import { useI18n } from '../../../i18n/i18n';
import type { Fields } from '../../../keys/desk';
import { Labelled } from '../parts';

const kcvMax = 16;
const cardMax = 255;

export function KcvField({ value, onChange, required = false, hint }: { value: string; onChange: (kcv: string) => void; required?: boolean; hint: string }) {
	const { t } = useI18n();

	return (
		<Labelled label={t('keys.field.kcv')} hint={hint}>
			{(id) => <Input id={id} data-field="kcv" className="mono" required={required} maxLength={kcvMax} pattern="[0-9A-F]{6,16}" autoComplete="off" spellCheck={false} value={value}
				onChange={(event) => onChange(event.target.value.toUpperCase().replace(/[^0-9A-F]/g, ''))} />}
		</Labelled>
	);
}

export interface CardPlace {
	card_ki: number;
	card_kv: number;
}

export const noCard: CardPlace = { card_ki: 0, card_kv: 0 };

/** As fields of an order: what is 0 is not told, so that a block's own say holds. */
export function placeFields(place: CardPlace): Fields {
	return Object.fromEntries(Object.entries(place).filter(([, number]) => number > 0));
}

export function CardFields({ value, onChange }: { value: CardPlace; onChange: (place: CardPlace) => void }) {
	const { t } = useI18n();

	return (
		<div className="row wrap">
			{(['card_ki', 'card_kv'] as const).map((name) => (
				<Labelled key={name} label={t(`keys.field.${name}`)} width={120}>
					{(id) => <InputNumber id={id} min={0} max={cardMax} value={value[name]} onChange={(next) => onChange({ ...value, [name]: next ?? 0 })} style={{ width: '100%' }} />}
				</Labelled>
			))}
		</div>
	);
}
