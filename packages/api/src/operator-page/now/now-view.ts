import type { Activity } from '@waybill/operations/activity/activity.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { type Html, html } from '../html/html.ts';
import { facts, processes } from './facts.ts';
import { headline } from './headline.ts';
import { plots } from './plots.ts';

/** What `/` shows. All of it is one live part: what stands in it comes and goes with how Waybill is. */
export function nowView(status: Status, activity: Activity | null, nowMs: number): Html {
  return html`<div id="now" class="stack" data-live>
${headline(status, activity, nowMs)}
${plots(status, activity)}
${facts(status, activity, nowMs)}
${processes(activity, nowMs)}
</div>`;
}
