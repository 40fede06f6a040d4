// SPDX-License-Identifier: Apache-2.0
// SimpleListPage.tsx — a list with one search field and numbered pages.
import { SearchOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Input } from 'antd';

import { get } from '../api/client';
import { useI18n } from '../i18n/i18n';
import type { Column } from './KeyTable';
import { Field, Filters, ListPage, NumberedPager } from './ListPage';
import { useDraft, useQueryState } from './queryState';

const names = ['query', 'page'] as const;
const pageSize = 20;

interface Answer<Row> {
	items: Row[];
	total: number;
}

interface SimpleListPageProps<Row> {
	title: string;
	path: string;
	hint: string;
	columns: Column<Row>[];
	keyOf: (row: Row) => string;
	onOpen?: (row: Row) => void;
	refetchMs?: number;
}

export function SimpleListPage<Row>({ title, path, hint, columns, keyOf, onOpen, refetchMs }: SimpleListPageProps<Row>) {
	const { t } = useI18n();
	const [values, setValues] = useQueryState(names);
	const [draft, changeDraft] = useDraft(values);
	const page = Number(values.page) || 1;
	const list = useQuery({
		queryKey: [path, values],
		queryFn: ({ signal }) => get<Answer<Row>>(path, { query: values.query, page, page_size: pageSize }, signal),
		placeholderData: keepPreviousData, refetchInterval: refetchMs ?? false,
	});
	const search = (query: string) => {
		changeDraft({ query });
		setValues({ query, page: '' });
		if (query === values.query && page === 1) void list.refetch();
	};

	return (
		<ListPage<Row>
			title={title} error={list.error} isFetching={list.isFetching && !refetchMs} onRefresh={() => void list.refetch()}
			filters={(
				<Filters onSearch={() => search(draft.query.trim())} onReset={() => search('')}>
					<Field label={t('list.find')} id={`${path}-query`} width={380}>
						<Input id={`${path}-query`} prefix={<SearchOutlined />} placeholder={hint} value={draft.query} maxLength={64} allowClear autoComplete="off"
							onChange={(event) => changeDraft({ query: event.target.value })} />
					</Field>
				</Filters>
			)}
			table={{ label: title, columns, rows: list.data?.items, keyOf, onOpen }}
			footer={<NumberedPager page={page} pageSize={pageSize} total={list.data?.total} onPage={(next) => setValues({ page: next === 1 ? '' : String(next) })} />}
		/>
	);
}
