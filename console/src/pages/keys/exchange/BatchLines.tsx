// SPDX-License-Identifier: Apache-2.0
// BatchLines.tsx — the lines of a batch key file beside what the store has of each key: new, there already, or another value.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { StateBadge } from '../../../components/StateBadge';
import { formatCount, useI18n } from '../../../i18n/i18n';
import type { KeyVersion } from '../../../keys/answers';
import { heldName, standingOf, standings, type BatchFile, type BatchRow, type Fault, type Held, type Standing } from '../../../keys/exchange';
import { askAs, useOfficers, type LoggedIn } from '../../../keys/officers';
import { algorithmNames, useOf } from '../../../keys/uses';
import { Kcv } from '../parts';
import type { Definition, Keys } from './useKeys';

const shownMax = 300;

interface Line extends BatchRow {
	standing: Standing;
}

async function heldOf(reader: LoggedIn, definitions: Definition[]): Promise<Held> {
	const lists = await Promise.all(definitions.map((one) => askAs<{ versions: KeyVersion[] }>(reader, { command: 'version.list', fields: { key: one.id } })));

	return new Map(definitions.map((one, index) => [heldName({ product: one.product, key: one.code }), new Map(lists[index]?.versions.map((version) => [version.version, version.kcv]))]));
}

/** What the store has of the keys in a file. */
function useHeld(keys: Keys, batch: BatchFile | null): Held | undefined {
	const reader = useOfficers()[0];
	const names = new Set(batch?.rows.map(heldName));
	const definitions = keys.definitions.filter((one) => one.issuer === batch?.issuer && names.has(heldName({ product: one.product, key: one.code })));
	const { data } = useQuery({
		queryKey: ['keys', 'held', definitions.map((one) => one.id)], enabled: Boolean(reader && batch), retry: false,
		queryFn: () => reader ? heldOf(reader, definitions) : new Map(),
	});

	return data;
}

interface BatchLinesProps {
	keys: Keys;
	batch: BatchFile | null;
	/** Nothing in a file is believed before it was checked. */
	isShown: boolean;
	fault: Fault | null;
	defineMissing: boolean;
}

export function BatchLines({ keys, batch, isShown, fault, defineMissing }: BatchLinesProps) {
	const { t, language } = useI18n();
	const held = useHeld(keys, batch);
	const lines = useMemo((): Line[] => {
		const all = batch && held && isShown ? batch.rows.map((row) => ({ ...row, standing: standingOf(row, held, defineMissing, fault) })) : [];

		// Those that stop the file come first.
		return all.sort((one, other) => standings.indexOf(one.standing) - standings.indexOf(other.standing) || one.line - other.line);
	}, [batch, held, isShown, fault, defineMissing]);
	const columns = useMemo((): Column<Line>[] => [
		{ key: 'line', title: t('keys.batch.line'), right: true, render: (row) => <span className="num">{row.line}</span> },
		{ key: 'label', title: t('keys.field.label'), render: (row) => <span className="mono">{row.product}.{row.key}.{String(row.version).padStart(2, '0')}</span> },
		{ key: 'usage', title: t('keys.field.usage'), render: (row) => <><span className="mono">{row.usage}</span> {useOf(row.usage)?.name[language]}</> },
		{ key: 'algorithm', title: t('keys.field.algorithm'), render: (row) => `${algorithmNames[row.algorithm] ?? row.algorithm} ${row.bits}` },
		{ key: 'kcv', title: t('keys.kcv'), render: (row) => <Kcv value={row.kcv} /> },
		{ key: 'standing', title: t('keys.version.state'), render: (row) => <span data-standing={row.standing}><StateBadge state={`keys.batch.standing.${row.standing}`} /></span> },
	], [t, language]);

	return (
		<>
			<KeyTable<Line> label={t('keys.batch.content')} columns={columns} rows={isShown && !held ? undefined : lines.slice(0, shownMax)} keyOf={(row) => String(row.line)}
				empty={{ title: t(batch ? 'keys.batch.notChecked' : 'keys.batch.noFile'), hint: t('keys.batch.noFileText') }} />
			{lines.length > shownMax && <div className="grid-foot">{t('keys.batch.shown', { shown: formatCount(shownMax), count: formatCount(lines.length) })}</div>}
		</>
	);
}
