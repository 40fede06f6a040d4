// SPDX-License-Identifier: Apache-2.0
// DangerAct.tsx — an order that cannot be taken back: its button, the question before it, what was refused.
import { Button } from 'antd';
import { useState } from 'react';

import { DangerConfirm } from '../../components/DangerConfirm';
import type { Role } from '../../keys/answers';
import type { Order } from '../../keys/desk';
import { ActButton, ActProblem, useAct } from './acts';

interface DangerActProps {
	roles: readonly Role[];
	order: Order;
	/** On the button and in the question. */
	action: string;
	/** Of the question, where the button says less. */
	title?: string;
	effect: string;
	size?: 'small';
	/** Beside other buttons: not there at all without its officer. */
	isExtra?: boolean;
	onDone?: () => void;
}

export function DangerAct({ roles, order, action, title = action, effect, size, isExtra, onDone }: DangerActProps) {
	const act = useAct(roles);
	const [asking, setAsking] = useState(false);
	const button = { danger: true, size, 'data-act': order.command, onClick: () => setAsking(true) };
	const run = () => {
		setAsking(false);
		void act.run(order, onDone);
	};

	if (isExtra && !act.actor) return null;
	return (
		<>
			<ActProblem act={act} />
			{isExtra ? <Button {...button} loading={act.busy}>{action}</Button> : <ActButton {...button} act={act}>{action}</ActButton>}
			<DangerConfirm open={asking} title={title} effect={effect} action={action} onCancel={() => setAsking(false)} onConfirm={run} />
		</>
	);
}
