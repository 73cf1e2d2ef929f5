import type { Selection } from '@waybill/operations/redrive/selection.ts';
import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import { type Fragment, type Html, html } from '../html/html.ts';

/** Which dead letters are meant, as forms and records have it. */
export type RedriveFilter = Partial<Selection>;

/** A button that leads to the plan of a redrive. */
export function planForm(
  filter: RedriveFilter,
  label: Fragment,
  look: 'button' | 'quiet' = 'button',
  deployedAtUtc?: string,
): Html {
  return html`<form method="post" action="/redrives/plan">${hiddenFilter(filter)}${deployedAtUtc !== undefined && html`<input type="hidden" name="deployedAtUtc" value="${deployedAtUtc}">`}<button class="${look}">${label}</button></form>`;
}

/** The filter in fields that nobody sees. */
export function hiddenFilter({ failureIds = [], ...others }: RedriveFilter): Html {
  const given = Object.entries(others).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const fields = [...given, ...failureIds.map((failureId): [string, string] => ['failureId', failureId])];
  return html`${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

/** Its messages are in the dead-letter queue of the announcements, which the page does not redrive. */
const ofNotifier: FailureReason = 'NOTIFICATION_REFUSED';

/** Whether failures of this reason have their messages where the page redrives. */
export function isInScanQueue(reason: string): boolean {
  return reason !== ofNotifier;
}

/** How the page sends back failures of this reason, at the end of what to do about it. */
export function redriveWords(reason: string): string {
  return isInScanQueue(reason) ? 'redrive these' : 'waybill notifications send PARCEL_ID';
}
