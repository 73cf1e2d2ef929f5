import type { KnownOfParcel } from '@waybill/operations/parcels/show-parcel.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id, timeWithAge } from '../html/words.ts';
import { failurePath, notificationPath } from '../layout/record-paths.ts';
import { stateTag, whyNotTold } from '../notifications/notification-words.ts';

/** The failures of a parcel that are not resolved. */
export function parcelFailures({ failures }: Pick<KnownOfParcel, 'failures'>, nowMs: number): Html {
  return html`<section class="part" aria-labelledby="failures"><h2 id="failures">Failures</h2>
${
  failures.length === 0
    ? html`<p class="hint">It has no open failure.</p>`
    : html`<table class="rows"><caption>Failures that are not resolved, the latest first</caption>
<thead><tr><th scope="col">Failure</th><th scope="col">Last failed</th><th scope="col">Reason</th><th scope="col">Detail</th></tr></thead>
<tbody>${failures.map(
        ({ failureId, lastFailedAtUtc, reason, detail }) => html`<tr>
<th scope="row"><a href="${failurePath(failureId)}">${id(failureId)}</a></th>
<td data-name="Last failed">${timeWithAge(lastFailedAtUtc, nowMs)}</td>
<td data-name="Reason">${foreign(reason)}</td>
<td data-name="Detail">${foreign(detail)}</td></tr>`,
      )}</tbody></table>`
}</section>`;
}

/** The notifications of a parcel, by milestone. */
export function parcelNotifications({ notifications }: Pick<KnownOfParcel, 'notifications'>, nowMs: number): Html {
  return html`<section class="part" aria-labelledby="notifications"><h2 id="notifications">Notifications</h2>
${
  notifications.length === 0
    ? html`<p class="hint">Nothing of it was told, and nothing was tried.</p>`
    : html`<table class="rows"><caption>What was told of its milestones</caption>
<thead><tr><th scope="col">Notification</th><th scope="col">State</th><th scope="col">Told</th><th scope="col">Why not</th></tr></thead>
<tbody>${notifications.map(
        (notification) => html`<tr>
<th scope="row"><a href="${notificationPath(notification.notificationId)}">${id(notification.notificationId)}</a></th>
<td data-name="State">${stateTag(notification.state)}</td>
<td data-name="Told">${timeWithAge(notification.notifiedAtUtc, nowMs)}</td>
<td data-name="Why not">${whyNotTold(notification)}</td></tr>`,
      )}</tbody></table>`
}</section>`;
}
