// SPDX-License-Identifier: Apache-2.0
// ImportBatch.tsx — a batch key file comes in: it is checked whole and shown line by line first; a second person agrees; the
// same file again changes nothing, and that is said.
import { CheckCircleFilled } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Checkbox } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';

import { Facts } from '../../../components/Facts';
import { formatCount, useI18n } from '../../../i18n/i18n';
import { faultIn, isOfRow, isSameCheck, readBatch, type BatchFile, type BatchVerdict } from '../../../keys/exchange';
import { ActButton, ActProblem, useAct } from '../acts';
import { FileField, Kcv, type ChosenFile } from '../parts';
import { BatchLines } from './BatchLines';
import { CarrierField } from './pickers';
import type { Carrier, Keys } from './useKeys';

const fileMax = 8 << 20;

export function ImportBatch({ keys }: { keys: Keys }) {
	const { t } = useI18n();
	const [file, setFile] = useState<ChosenFile | null>(null);
	const [chosenCarrier, setCarrier] = useState<number | undefined>();
	const [defineMissing, setDefineMissing] = useState(false);
	const [checked, setChecked] = useState<BatchVerdict | null>(null);
	const [done, setDone] = useState<BatchVerdict | null>(null);
	const queries = useQueryClient();
	const check = useAct(['key']);
	const act = useAct(['key']);
	const carriers = keys.carriers.filter((one) => one.ways.includes('in') && one.definition.usage !== 'K2');
	const batch = useMemo(() => file ? readBatch(file.text) : null, [file]);
	const carrier = carrierFor(carriers, chosenCarrier, batch);
	const order = { fields: { zmk: carrier?.version, ...(defineMissing && { define_missing: true }) }, files: { file: file?.text } };
	const verdict = done ?? checked;
	const isReady = checked !== null && !checked.done_before && done === null;
	// What was checked is one file under one key: with another one it has to be checked again.
	const forget = () => {
		setChecked(null);
		setDone(null);
		check.clear();
		act.clear();
	};
	const look = (event: FormEvent) => {
		event.preventDefault();
		forget();
		// The lines are compared with what the store has now: somebody elsewhere may have changed it.
		void queries.invalidateQueries({ queryKey: ['keys'] });
		void check.run<BatchVerdict>({ command: 'batch.check', ...order }, setChecked);
	};

	return (
		<div className="columns">
			<section className="panel" data-verdict={done ? 'done' : checked ? (checked.done_before ? 'again' : 'holds') : check.error ? 'refused' : 'none'}>
				<div className="panel-head"><h2>{t('keys.batch.content')}</h2></div>
				{verdict && <Verdict verdict={verdict} isDone={done !== null} />}
				{batch && <Header batch={batch} />}
				<BatchLines keys={keys} batch={batch} isShown={checked !== null || isOfRow(check.error)} fault={faultIn(check.error)} defineMissing={defineMissing} />
			</section>
			<section className="panel">
				<div className="panel-head"><h2>{t('keys.order.batch.import')}</h2></div>
				<form className="panel-body stack" data-form="batch.import" onSubmit={look}>
					<FileField label={t('keys.batch.file')} max={fileMax} wrong="keys.batch.fileWrong" file={file && { ...file, text: batch ? file.text : '' }} onFile={(next) => { setFile(next); forget(); }} />
					<CarrierField label={t('keys.field.zmk')} carriers={carriers} value={carrier?.version} onChange={(next) => { setCarrier(next); forget(); }} />
					<Checkbox data-field="define_missing" checked={defineMissing} onChange={(event) => { setDefineMissing(event.target.checked); forget(); }}>{t('keys.field.define_missing')}</Checkbox>
					<p className="small soft">{t('keys.batch.importText')}</p>
					<ActProblem act={check} />
					<ActButton act={check} type={isReady ? 'default' : 'primary'} htmlType="submit" data-act="batch.check" disabled={!carrier || !batch}>{t('keys.batch.check')}</ActButton>
					<ActProblem act={act} />
					<ActButton act={act} type={isReady ? 'primary' : 'default'} data-act="batch.import" disabled={!isReady} onClick={() => void act.run<BatchVerdict>({ command: 'batch.import', ...order }, setDone)}>{t('keys.order.batch.import')}</ActButton>
				</form>
			</section>
		</div>
	);
}

/** The one that was chosen, else the one whose check value the file names. */
function carrierFor(carriers: Carrier[], chosen: number | undefined, batch: BatchFile | null): Carrier | undefined {
	return carriers.find((one) => one.version === chosen) ?? carriers.find((one) => batch && isSameCheck(one.kcv, batch.check)) ?? carriers[0];
}

/* --- what the file is, and what became of it --- */

function Verdict({ verdict, isDone }: { verdict: BatchVerdict; isDone: boolean }) {
	const { t } = useI18n();
	const counts = { imported: formatCount(verdict.imported), skipped: formatCount(verdict.skipped) };
	const title = verdict.done_before ? 'keys.batch.again' : isDone ? 'keys.batch.imported' : 'keys.batch.holds';

	return (
		<div className="panel-body">
			<div className="verdict good" role="status">
				<CheckCircleFilled className="good" />
				<div className="grow">
					<strong>{t(title)}</strong>
					<span className="small">{verdict.done_before ? t('keys.batch.againText') : t(isDone ? 'keys.batch.importedText' : 'keys.batch.holdsText', counts)}</span>
				</div>
			</div>
		</div>
	);
}

function Header({ batch }: { batch: BatchFile }) {
	const { t } = useI18n();

	return (
		<div className="panel-body">
			<Facts rows={[
				[t('keys.field.batch'), <b className="mono">{batch.batch}</b>], [t('keys.field.issuer'), <span className="mono">{batch.issuer}</span>],
				[t('keys.batch.carrier'), <span className="row wrap"><span className="mono">{batch.carrier}</span><Kcv value={batch.check} /></span>],
				[t('keys.field.batch.count'), <span className="num">{formatCount(batch.count)}</span>],
			]} />
		</div>
	);
}
