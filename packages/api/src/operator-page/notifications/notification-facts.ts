import { requirements } from '@waybill/notifier/requirements/requirements.ts';
import type { NotificationView } from '@waybill/operations/notifications/notification-view.ts';
import { counted } from '@waybill/shared/counted.ts';
import { agoOf } from '@waybill/shared/times.ts';
import { type Html, html } from '../html/html.ts';
import { figure, foreign, id, scanTimeWithAge, timeWithAge } from '../html/words.ts';
import { failurePath } from '../layout/record-paths.ts';
import { stateTag } from './notification-words.ts';

/** Whether a milestone of a parcel was told, when, or why not. */
export function notificationFacts(notification: NotificationView, nowMs: number): Html {
  const { notificationId, state, parcelId, milestone, eventId, timeUtc, unmet, lastStatus, lastError } = notification;
  const none = html`<span class="none">–</span>`;
  return html`<p class="sentence">${sentenceOf(notification, nowMs)}</p>
<section class="panel" aria-labelledby="facts"><h2 id="facts">Facts</h2><dl class="facts">
<div><dt>Notification</dt><dd>${id(notificationId)}</dd></div>
<div><dt>State</dt><dd>${stateTag(state)}</dd></div>
<div><dt>Parcel</dt><dd><a href="/parcel/${parcelId}">${id(parcelId)}</a></dd></div>
<div><dt>Milestone</dt><dd>${foreign(milestone)}<br>${timeUtc === null ? none : scanTimeWithAge(timeUtc, nowMs)}</dd></div>
<div><dt>EventId</dt><dd>${eventId === null ? none : id(eventId)}</dd></div>
<div><dt>Attempts</dt><dd>${figure(notification.attempts)}</dd></div>
<div><dt>Times told</dt><dd>${figure(notification.notifiedCount)}</dd></div>
<div><dt>Last status</dt><dd>${lastStatus === null ? none : id(lastStatus)}</dd></div>
<div><dt>First tried</dt><dd>${timeWithAge(notification.firstAttemptAtUtc, nowMs)}</dd></div>
<div><dt>Told</dt><dd>${timeWithAge(notification.notifiedAtUtc, nowMs)}</dd></div>
<div><dt>Reported</dt><dd>${timeWithAge(notification.reportedAtUtc, nowMs)}</dd></div>
</dl></section>
${lastError !== null && html`<section class="panel" aria-labelledby="error"><h2 id="error">Last error</h2><p>${foreign(lastError)}</p></section>`}
${unmet.length > 0 && unmetOf(unmet)}
${state === 'failed' && html`<p>Where the notifier gave it up, <a href="${failurePath(`notification-${notificationId}`)}">its failure's record</a> says since when.</p>`}`;
}

function unmetOf(unmet: readonly string[]): Html {
  return html`<section class="panel" aria-labelledby="unmet"><h2 id="unmet">Not met</h2><ul>${unmet.map((name) => {
    const says = requirements.find((each) => each.name === name)?.says.replaceAll('`', '');
    return html`<li>${foreign(name)}${says !== undefined && `: ${says}`}</li>`;
  })}</ul></section>`;
}

function sentenceOf({ state, parcelId, milestone, ...rest }: NotificationView, nowMs: number): Html {
  const { notifiedAtUtc, notifiedCount, attempts, unmet, lastStatus } = rest;
  const what = html`The ${foreign(milestone)} of parcel ${id(parcelId)}`;
  switch (state) {
    case 'notified':
      return html`${what} was told${notifiedAtUtc !== null && ` ${agoOf(notifiedAtUtc, nowMs)}`}${notifiedCount > 1 && `, ${counted(notifiedCount, 'time')} in all`}.`;
    case 'requirements-not-met':
      return html`${what} was not told: ${unmet.length === 0 ? 'it did not meet the requirements' : html`it does not meet ${foreign(unmet.join(', '))}`}. It is looked at again when the parcel changes.`;
    case 'failed':
      return html`${what} was not told: ${lastStatus === null ? 'the webhook did not take it' : `the webhook returned ${lastStatus}`}, after ${counted(attempts, 'request')}.`;
  }
}

/** Shown for an id of which there is nothing. */
export function noSuchNotification(notificationId: string): Html {
  return html`<p class="sentence">There is no notification ${id(notificationId)}.</p>
<p>Its id is the milestone and the ParcelId, as in <code>delivery-5002</code>. What nobody tried to tell has none: the parcel's own screen says how far it is.</p>
<p class="next"><a class="button quiet" href="/notifications">What was not told</a></p>`;
}

/** Shown where the deployment has no table of notifications. */
export function notifiesNobody(): Html {
  return html`<p class="sentence">This deployment notifies nobody, so there is nothing to see here.</p>
<p>To have milestones told to a webhook, run the notifier, and set <code>NOTIFICATIONS_TABLE</code> for the API.</p>`;
}
