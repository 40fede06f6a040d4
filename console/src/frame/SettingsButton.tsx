// SPDX-License-Identifier: Apache-2.0
import { BgColorsOutlined, TranslationOutlined } from '@ant-design/icons';
import { Button, Popover, Segmented, Switch, Tooltip } from 'antd';

import { useI18n, type Language } from '../i18n/i18n';
import { textSizes, usePreferences, type Choices, type Density, type Theme } from '../theme/preferences';

const themes: Theme[] = ['light', 'dark', 'contrast'];
const densities: Density[] = ['comfortable', 'compact'];

export function LanguageSwitch() {
	const { language, change } = usePreferences();

	return (
		<Segmented<Language> value={language} options={[{ label: '中文', value: 'zh-CN' }, { label: 'English', value: 'en' }]}
			onChange={(next) => change({ language: next })} />
	);
}

export function ThemeSwitch() {
	const { t } = useI18n();
	const { theme, change } = usePreferences();

	return (
		<Segmented<Theme> value={theme} options={themes.map((value) => ({ value, label: t(`settings.theme.${value}`) }))}
			onChange={(next) => change({ theme: next })} />
	);
}

function SettingsPanel() {
	const { t } = useI18n();
	const { density, textSize, singleKeys, change } = usePreferences();

	return (
		<div className="filters" style={{ flexDirection: 'column', alignItems: 'stretch', padding: 4, minWidth: 280 }}>
			<div className="field"><span className="label">{t('settings.language')}</span><LanguageSwitch /></div>
			<div className="field"><span className="label">{t('settings.theme')}</span><ThemeSwitch /></div>
			<div className="field">
				<span className="label">{t('settings.density')}</span>
				<Segmented<Density> value={density} options={densities.map((value) => ({ value, label: t(`settings.density.${value}`) }))}
					onChange={(next) => change({ density: next })} />
			</div>
			<div className="field">
				<span className="label">{t('settings.text')}</span>
				<Segmented<Choices['textSize']> value={textSize} options={textSizes.map((value) => ({ value, label: `${value}%` }))}
					onChange={(next) => change({ textSize: next })} />
			</div>
			<label className="between">
				<span>{t('keys.enabled')}</span>
				<Switch checked={singleKeys} onChange={(next) => change({ singleKeys: next })} />
			</label>
		</div>
	);
}

export function SettingsButton() {
	const { t } = useI18n();
	const { language, change } = usePreferences();

	return (
		<span className="row">
			<Tooltip title={language === 'en' ? '中文' : 'English'}>
				<Button icon={<TranslationOutlined />} aria-label={language === 'en' ? '中文' : 'English'}
					onClick={() => change({ language: language === 'en' ? 'zh-CN' : 'en' })} />
			</Tooltip>
			<Popover trigger="click" placement="bottomRight" title={t('settings.title')} content={<SettingsPanel />}>
				<Button icon={<BgColorsOutlined />} aria-label={t('settings.title')} />
			</Popover>
		</span>
	);
}
