// SPDX-License-Identifier: Apache-2.0
// fields.tsx — the fields of an order in words, for those who are asked to agree to it.
import { StateBadge } from '../../../components/StateBadge';
import { formatCount, useI18n, type Key } from '../../../i18n/i18n';
import { zh } from '../../../i18n/zh-CN';
import { rolesOf } from '../../../keys/officers';
import { OpsWords, UsageWords } from '../clients/RightWords';
import { AuthorityName, CaKeyName, MasterName, ObjectName, TreeName } from '../names';
import { Digits } from '../parts';

/** A field that means something else in the order of one family: "keys.field.stock.place" before "keys.field.place". */
export function fieldName(t: (key: Key) => string, command: string, name: string): string {
	const family = command.split('.')[0] ?? '';
	const key = [`keys.field.${family}.${name}`, `keys.field.${name}`].find((one) => one in zh);

	return key ? t(key as Key) : name;
}

type Value = string | number | boolean;

const byNumber: Record<string, (id: number, command: string) => React.ReactNode> = {
	id: (id, command) => <ObjectName command={command} id={id} />,
	lmk: (id) => <MasterName id={id} />,
	ca: (id) => <AuthorityName id={id} />,
	ca_key: (id) => <CaKeyName id={id} />,
	key_version: (id) => <TreeName wanted="version" id={id} />,
	product: (id) => <TreeName wanted="product" id={id} />,
	key: (id) => <TreeName wanted="key" id={id} />,
	issuer: (id) => <ObjectName command="issuer" id={id} />,
	zmk: (id) => <TreeName wanted="version" id={id} />,
	carrier: (id) => <TreeName wanted="version" id={id} />,
	// Of an import it is the number that the version gets, else the version itself.
	version: (id, command) => command === 'key.import' ? <span className="num">{id}</span> : <TreeName wanted="version" id={id} />,
};

const inGroups = new Set(['checksum', 'fingerprint', 'table_sha256', 'file_sha256', 'cards_sha256', 'keys_sha256', 'kcv', 'transport']);

export function FieldValue({ command, name, value }: { command: string; name: string; value: Value }) {
	const { t } = useI18n();
	const wordKey = [`keys.${command.split('.')[0]}.${name}.${value}`, `keys.value.${name}.${value}`].find((one) => one in zh);

	if (typeof value === 'number' && byNumber[name]) return byNumber[name](value, command);
	if (name === 'to' && `keys.state.${value}` in zh) return <StateBadge state={`keys.state.${value}` as Key} />;
	if (name === 'roles') return <>{rolesOf(String(value)).map((role) => t(`keys.role.${role}`)).join('、')}</>;
	if (name === 'ops') return <><OpsWords ops={String(value)} /> <span className="mono small faint">{String(value)}</span></>;
	if (name === 'usages') return <UsageWords usages={String(value)} />;
	if (wordKey) return <>{t(wordKey as Key)}</>;
	if (inGroups.has(name)) return <>{String(value).split(' ').map((one) => <Digits key={one} value={one} />)}</>;
	if (typeof value === 'number') return <span className="num">{formatCount(value)}</span>;
	return <span className="mono">{String(value)}</span>;
}
