// SPDX-License-Identifier: Apache-2.0
// Advice.tsx — what to do next with a master key, said in one line; and the two ends of a key that waits.
import type { ReactNode } from 'react';

import { useI18n } from '../../../i18n/i18n';
import type { MasterKey } from '../../../keys/answers';
import { ActButton, ActProblem, useAct } from '../acts';

/** `done`: nothing comes next. */
export function Advice({ text, bad, done, children }: { text: string; bad?: boolean; done?: boolean; children?: ReactNode }) {
	const { t } = useI18n();

	return (
		<section className={['advice', bad && 'bad', done && 'done'].filter(Boolean).join(' ')} role="status">
			<span className="advice-mark">{t(done ? 'keys.next.done' : 'keys.next.mark')}</span>
			<strong className="grow">{text}</strong>
			{children}
		</section>
	);
}

export function Activate({ master }: { master: MasterKey }) {
	const { t } = useI18n();
	const act = useAct(['mk']);

	return (
		<div className="stack">
			<span className="row wrap">
				<ActButton act={act} type="primary" data-act="lmk.activate" onClick={() => void act.run({ command: 'lmk.activate', fields: { lmk: master.id } })}>{t('keys.order.lmk.activate')}</ActButton>
				<GiveUp master={master} />
			</span>
			<ActProblem act={act} />
		</div>
	);
}

/** A key that was formed and is not wanted. */
export function GiveUp({ master }: { master: MasterKey }) {
	const { t } = useI18n();
	const act = useAct(['mk']);

	if (!act.actor) return null;
	return <ActButton act={act} danger onClick={() => void act.run({ command: 'lmk.cancel', fields: { lmk: master.id } })}>{t('keys.order.lmk.cancel')}</ActButton>;
}
