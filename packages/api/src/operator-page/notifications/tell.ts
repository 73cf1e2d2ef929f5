import type { NotificationView } from '@waybill/operations/notifications/notification-view.ts';
import { type Sent, sentShape } from '@waybill/operations/notifications/sent-shape.ts';
import { z } from 'zod';
import { Problem } from '../../problems/problem.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id } from '../html/words.ts';
import { notificationPath } from '../layout/record-paths.ts';

/** Characters of a reason, at most; as the API takes it. */
const longestReason = 1_024;

export const tellForm = z.strictObject({
  because: z.string().regex(/\S/, 'a reason').max(longestReason),
  again: z.literal('yes').optional(),
});

/** The form that tells a parcel's milestones now; shown to who may. */
export function tellNow({ notificationId, parcelId, state }: NotificationView): Html {
  const isTold = state === 'notified';
  return html`<section class="panel" aria-labelledby="tell-title"><details id="tell"><summary><h2 id="tell-title">${isTold ? 'Tell it again…' : 'Tell it now…'}</h2></summary>
<p class="hint">${
    isTold
      ? html`The webhook is called once more for all that was told of parcel ${id(parcelId)}, under the same ids: a receiver that remembers <code>webhook-id</code> takes it once.`
      : html`The webhook is called for all of parcel ${id(parcelId)} that can be told and was not. What was told is not told again.`
  }</p>
<form class="form" method="post" action="${notificationPath(notificationId)}">
${isTold && html`<input type="hidden" name="again" value="yes">`}
<div><label for="because">Why? It goes on record</label><input id="because" name="because" required maxlength="${longestReason}" autocomplete="off"></div>
<button>${isTold ? 'Tell it again' : 'Tell it now'}</button>
</form></details></section>`;
}

/** What stands in place of the form. */
export function cannotTell({ parcelId }: NotificationView): Html {
  return html`<p class="note">This API calls no webhook. Where its settings are (<code>WEBHOOK_URL</code> and the others), <code>waybill notifications send --parcel ${parcelId} --because …</code> tells it now.</p>`;
}

/** The lists that a problem comes with; undefined where it has none. */
export function sentOf(error: unknown): Sent | undefined {
  return error instanceof Problem ? sentShape.safeParse(error.more.members).data : undefined;
}

/** What came of it. */
export function toldScreen(sent: Sent, notificationId: string): Html {
  return html`<p class="sentence">${resultOf(sent)}</p>
<p>It is on record under <a href="/operations">Operations</a>.</p>
<p class="next"><a class="button quiet" href="${notificationPath(notificationId)}">The notification</a> <a href="/notifications">What was not told</a></p>`;
}

function resultOf({ notified, alreadyNotified, requirementsNotMet, failed, notFound }: Sent): Html {
  const [failure] = failed;
  const [unmet] = requirementsNotMet;
  if (failure) {
    const next = failure.retryable ? 'The same may work later.' : 'The same fails again until that is mended.';
    return html`Parcel ${id(failure.parcelId)} was not told: ${foreign(failure.reason)}. ${next}`;
  }
  if (notified.length > 0) return html`Parcel ${id(notified.join(', '))} was told.`;
  if (unmet)
    return html`Parcel ${id(unmet.parcelId)} was not told: it does not meet ${foreign(unmet.unmet.join(', '))}.`;
  if (alreadyNotified.length > 0)
    return html`Parcel ${id(alreadyNotified.join(', '))} was told before: nothing was left to tell.`;
  return html`Parcel ${id(notFound.join(', '))} is not stored, so there is nothing to tell.`;
}
