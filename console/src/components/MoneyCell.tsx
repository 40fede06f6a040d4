// SPDX-License-Identifier: Apache-2.0
import { formatMoney } from '../i18n/i18n';

/** An amount in tabular figures; `tone` colours money that comes in or was refused. */
export function MoneyCell({ fen, tone }: { fen: number | null; tone?: 'in' | 'off' }) {
	const className = tone === 'in' ? 'num good' : tone === 'off' ? 'num faint' : 'num';

	return <span className={className}>{fen === null ? '—' : formatMoney(fen)}</span>;
}
