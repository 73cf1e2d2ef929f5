import { notificationStates } from '@waybill/notifier/notifications/notification-state.ts';
import type { z } from 'zod';
import type { notificationsQuery, notificationsShape } from '../../notifications/notifications.ts';
import { type Html, html } from '../html/html.ts';
import { figure, foreign, id, timeWithAge } from '../html/words.ts';
import { choices, pageLinks } from '../layout/lists.ts';
import { notificationPath } from '../layout/record-paths.ts';
import { stateNames, stateTag, whyNotTold } from './notification-words.ts';

type Asked = Pick<z.output<typeof notificationsQuery>, 'state' | 'cursor'>;

/** A page of notifications: those that were not told, or those in a state. */
export function notificationList(
  { notifications, nextCursor }: z.output<typeof notificationsShape>,
  { state, cursor }: Asked,
  nowMs: number,
): Html {
  const list = { path: '/notifications', filters: { state } };
  const values = notificationStates.toReversed().map((each) => [each, stateNames[each]] as const);
  const order = state === 'notified' ? 'in no order: no index has those that were told' : 'the last changed first';
  const which = state === undefined ? 'not told' : stateNames[state];
  return html`${choices('State', list, { filter: 'state', all: 'not told', values })}
<div id="notifications" class="part" data-live>${
    notifications.length === 0
      ? html`<p class="sentence">${nothing({ state, cursor }, nextCursor !== undefined)}</p>`
      : html`<table class="rows"><caption>Notifications: ${which}, ${order}</caption>
<thead><tr><th scope="col">Notification</th><th scope="col">State</th><th scope="col">Parcel</th><th scope="col" class="number">Attempts</th><th scope="col">${state === 'notified' ? 'Told' : 'First tried'}</th><th scope="col">Why not</th></tr></thead>
<tbody>${notifications.map(
          (notification) => html`<tr>
<th scope="row" class="tight"><a id="of-${notification.notificationId}" href="${notificationPath(notification.notificationId)}">${id(notification.notificationId)}</a></th>
<td data-name="State">${stateTag(notification.state)}</td>
<td data-name="Parcel" class="tight"><a href="/parcel/${notification.parcelId}">${id(notification.parcelId)}</a></td>
<td data-name="Attempts" class="number">${figure(notification.attempts)}</td>
<td data-name="${state === 'notified' ? 'Told' : 'First tried'}">${timeWithAge(state === 'notified' ? notification.notifiedAtUtc : notification.firstAttemptAtUtc, nowMs)}</td>
<td data-name="Why not">${whyNotTold(notification)}</td></tr>`,
        )}</tbody></table>`
  }
${pageLinks(list, { cursor, nextCursor })}</div>`;
}

function nothing({ state, cursor }: Asked, hasMore: boolean): Html {
  if (hasMore) return html`None among those looked at so far. The next page looks further.`;
  if (cursor !== undefined) return html`No more of them.`;
  if (state === undefined)
    return html`Nothing waits: what could be told was told. <a href="/notifications?state=notified">What was told</a>`;
  return html`No notification is in the state “${foreign(stateNames[state])}”.`;
}
