import type { NotificationState } from '@waybill/notifier/notifications/notification-state.ts';
import type { NotificationView } from '@waybill/operations/notifications/notification-view.ts';
import { type Html, html } from '../html/html.ts';
import { foreign } from '../html/words.ts';

/** Each state as people read it. */
export const stateNames = {
  notified: 'told',
  failed: 'failed',
  'requirements-not-met': 'requirements not met',
} as const satisfies Readonly<Record<NotificationState, string>>;

export function stateTag(state: NotificationState): Html {
  const look = { notified: '', failed: ' warn', 'requirements-not-met': ' plain' }[state];
  return html`<span class="tag${look}">${stateNames[state]}</span>`;
}

/** Why it was not told, in what the notifier has written down; nothing for what was told. */
export function whyNotTold({ state, unmet, lastError }: NotificationView): Html {
  if (state === 'notified') return html``;
  if (unmet.length > 0) return html`requires ${foreign(unmet.join(', '))}`;
  return html`${lastError !== null && foreign(lastError)}`;
}
