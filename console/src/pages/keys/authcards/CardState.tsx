// SPDX-License-Identifier: Apache-2.0
// CardState.tsx — what has become of an authorisation card.
import { StateBadge } from '../../../components/StateBadge';
import { untilOf, type AuthCard } from '../../../keys/authcards';

/** Its state, and whether its time is over as far as this window's clock knows. */
export function CardState({ card }: { card: AuthCard }) {
	const until = untilOf(card);

	return <span className="row"><StateBadge state={`keys.authcard.state.${card.state}`} />{until > 0 && until < Date.now() * 1000 && <StateBadge state="keys.authcard.over" />}</span>;
}
