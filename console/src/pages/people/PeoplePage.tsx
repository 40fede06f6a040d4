// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';

import type { Person } from '../../api/schema';
import type { Column } from '../../components/KeyTable';
import { SimpleListPage } from '../../components/SimpleListPage';
import { StateBadge } from '../../components/StateBadge';
import { useTabs } from '../../frame/tabs';
import { useI18n } from '../../i18n/i18n';

export default function PeoplePage() {
	const { t } = useI18n();
	const { show } = useTabs();
	const columns = useMemo((): Column<Person>[] => [
		{ key: 'number', title: t('people.number'), render: (row) => <span className="num">{row.number}</span> },
		{ key: 'name', title: t('people.name'), render: (row) => row.name || '—' },
		{ key: 'department', title: t('people.department'), render: (row) => row.department || '—' },
		{ key: 'class', title: t('people.class'), render: (row) => t('people.classNumber', { number: row.class }) },
		{ key: 'card', title: t('people.card'), render: (row) => row.card_number ? <span className="num">{row.card_number}</span> : <span className="faint">{t('people.none')}</span> },
		{ key: 'state', title: t('people.state'), render: (row) => <StateBadge state={`people.state.${row.state}`} /> },
	], [t]);

	return (
		<SimpleListPage<Person> title={t('people.title')} path="/people" hint={t('people.search')} columns={columns}
			keyOf={(row) => row.id} onOpen={(row) => show(`/people/${row.id}`)} />
	);
}
