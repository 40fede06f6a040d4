// SPDX-License-Identifier: Apache-2.0
import { CopyOutlined } from '@ant-design/icons';
import { App, Button, Tooltip } from 'antd';
import type { ReactNode } from 'react';

import { useI18n } from '../i18n/i18n';

/** Names and values side by side. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
	return (
		<dl className="facts">
			{rows.map(([name, value]) => <FactRow key={name} name={name} value={value} />)}
		</dl>
	);
}

function FactRow({ name, value }: { name: string; value: ReactNode }) {
	return <><dt>{name}</dt><dd>{value}</dd></>;
}

/** A hash, short enough to read and whole when copied or pointed at. */
export function Hash({ value }: { value: string }) {
	const { t } = useI18n();
	const { message } = App.useApp();
	const copy = async () => {
		await navigator.clipboard.writeText(value);
		void message.success(t('problem.copied'));
	};

	return (
		<span className="row">
			<Tooltip title={<span className="mono">{value}</span>}>
				<span className="mono" data-hash={value}>{`${value.slice(0, 12)}…${value.slice(-8)}`}</span>
			</Tooltip>
			<Button size="small" type="text" icon={<CopyOutlined />} aria-label={t('common.copy')} onClick={() => void copy()} />
		</span>
	);
}
