// SPDX-License-Identifier: Apache-2.0
// RightWords.tsx — what a client may do in the words of people: "mac decrypt" as "MAC、解密", "20" as its use.
import { useI18n } from '../../../i18n/i18n';
import { groups, operations, wordsOf, type Group } from '../../../keys/clients';
import { useOf } from '../../../keys/uses';

/** A group by its title, an operation by its name, what is unknown as it stands. */
export function OpsWords({ ops }: { ops: string }) {
	const { t, language } = useI18n();
	const nameOf = (word: string) => {
		if (word === 'all') return t('keys.client.allOps');
		if (word in groups) return t(`keys.client.group.${word as Group}`);
		return operations.find((one) => one.word === word || one.code.padStart(4, '0') === word.toUpperCase())?.name[language] ?? word;
	};

	return <span title={ops}>{wordsOf(ops).map(nameOf).join(language === 'en' ? ', ' : '、')}</span>;
}

export function UsageWords({ usages, short }: { usages: string; short?: boolean }) {
	const { t, language } = useI18n();
	const nameOf = (word: string) => {
		if (word === 'all') return t('keys.client.allUsages');
		return short ? word : `${word} ${useOf(word)?.name[language] ?? ''}`.trim();
	};

	return <span title={usages}>{wordsOf(usages).map(nameOf).join(language === 'en' ? ', ' : '、') || '—'}</span>;
}
